"""The sender's own domain is used for the call and for nothing else.

Fires: a letter that nothing marks as one of many reports to the sender's own domain, out of sight or in a way that
tells readers apart, and no link leads to that domain; it shows no picture from there either ("only"), or it does
("pictures").
Silent: free mailboxes; mail with list headers, a way to leave or a postal address; receipts; a domain that the mail
links to; domains that wrote here before or that the reader writes to.
Doubt: a small firm whose mail program counts on the firm's own host and whose signature names no web site.
Source: Microsoft on ZIRCONIUM, 10 September 2020 (web bugs on a domain bought for them); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import out_of_sight, related
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits, site = context.traits, mail.sender.site
    if traits.strangers or not traits.own or not traits.plain or traits.freemail or not traits.sender_known:
        return None
    if context.same_house or context.wrote_to_site or context.site.mails > context.site.suspect:
        return None
    telling = [b for b in traits.own if out_of_sight(b) or b.personal is not None]
    if not telling or any(related(linked, site) for linked in mail.content.link_sites):
        return None
    if len(telling) == len(traits.own):
        return Finding("The sender's domain serves for nothing but the call.", telling[0].host, "only")
    text = "The letter reports to the sender's domain, and no link leads there."
    return Finding(text, telling[0].host, "pictures")
