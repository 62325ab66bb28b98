"""A news article or headline arrives from somebody who is not a publisher writing to subscribers.

Fires: the body reads like a published article and the subject like its headline ("article"), or the
subject alone reads like a headline ("headline"), in a mail that phones home by itself and carries no list
headers.
Silent: list headers, a footer to unsubscribe, earlier mail of the same kind from this address, or the many
links and pictures of a newsletter that forgot its headers.
Doubt: friends forward articles; press offices paste them.
Source: indictment of 25 March 2024 ("appeared to contain legitimate news articles"); Proofpoint, 14 July
2022 (subjects copied from current headlines).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_MOST_LINKS, _MOST_PICTURES = 5, 3  # of a letter with an article in it; newsletters have more


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    if context.traits.listed or content.unsubscribe or context.wrote_to_address or context.address.mails >= 3:
        return None
    if content.links > _MOST_LINKS or content.pictures > _MOST_PICTURES:
        return None
    if content.article and content.headline:
        return Finding(
            "It carries a news article under a headline, outside any newsletter.", "Subject", "article"
        )
    if content.headline:
        return Finding(
            "Its subject reads like a news headline, outside any newsletter.", "Subject", "headline"
        )
    return None
