"""A short text from a stranger with one link to follow.

Fires: fewer than 400 visible characters and exactly one place that links lead to, from a sender without
earlier contact.
Silent: list mail; people and organisations with earlier contact; forwards.
Doubt: friends of friends write so, too.
Source: phishing pretexts as published in CERT advisories; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    if content.text_length >= 400 or not 1 <= content.links <= 3 or len(content.link_sites) != 1:
        return None
    if not context.traits.sender_known or context.traits.listed or context.same_house or content.unsubscribe:
        return None
    if context.wrote_to_address or context.wrote_to_site or context.site.mails > context.site.suspect:
        return None
    return Finding("A stranger sends a short text with one place to click.", content.link_sites[0])
