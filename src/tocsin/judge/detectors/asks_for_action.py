"""It wants something done, as marketing, invitations and fraud do.

Fires: a donation, purchase, registration, credentials, payment, download or click is asked for
("action"); or it holds five links or more ("links"); or it is little more than a picture with a link
("lure").
Silent: questions a letter asks: an answer, a comment, a meeting.
Doubt: a reconnaissance mail can carry a pretext.
Source: reports on the hostile families (nothing asked, or an answer only); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_ACTIONS = frozenset({"credentials", "payment", "donation", "download", "click"})


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if any(ask in _ACTIONS for ask in mail.content.asks):
        return Finding("It asks the reader to do something.", "body", "action")
    content = mail.content
    if content.links and content.text_length < 200 and (content.pictures or content.attachments):
        return Finding("It is little more than a picture and a link to follow.", "body", "lure")
    if content.links >= 5:
        return Finding("It offers many links to follow.", "body", "links")
    return None
