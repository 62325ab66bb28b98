"""Its text is that of an article handed in, and its publisher did not send it.

Fires: half or more of the shorter of mail and article stands in both ("whole"), or a quarter or more
("part"), word by word, and the article's publisher is known and is not the sender, or From names the
publisher while the receiver found that it does not vouch; or it is not known who published it ("unsourced",
from half on).
Silent: no articles were handed in; the sender's domain is the publisher's and vouches, or nothing is known
against it; list headers; forwards and answers; people the owner writes to, regular senders and colleagues.
Doubt: readers send one another articles; agencies' reports appear in many papers under other names.
Source: indictment of 25 March 2024 ("appeared to contain legitimate news articles"); Broder, On the
resemblance and containment of documents, 1997.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import related
from tocsin.model.observation import Observed

_WHOLE = 0.5
_REGULAR = 3  # mails from which on an address is a regular sender


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if "article-copy" not in traits.kinds:
        return None
    if traits.listed or "forward-mark" in traits.kinds or mail.content.forwarded_inline:
        return None
    if not traits.sender_known or mail.sender.in_reply_to or context.same_house:
        return None
    if context.wrote_to_address or context.address.mails >= _REGULAR:
        return None
    title, share = _copied(mail)
    sites = [o.value for o in mail.observations if o.kind == "article-publisher"]
    if not traits.unaligned and any(related(mail.sender.site, site) for site in sites):
        return None
    if not sites:
        if share < _WHOLE:
            return None
        return Finding(f"Its text is that of the article “{title}”, word by word.", "body", "unsourced")
    if share < _WHOLE:
        return Finding(
            f"It copies a part of “{title}”, an article of {sites[0]}, which did not send it.", "body", "part"
        )
    return Finding(
        f"Its text is that of “{title}”, an article of {sites[0]}, which did not send it.", "body", "whole"
    )


def _copied(mail: Observed) -> tuple[str, float]:
    for observation in mail.observations:
        if observation.kind == "article-copy":
            return observation.value[:80], float(observation.where or 0)
    return "", 0.0
