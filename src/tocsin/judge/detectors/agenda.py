"""Its subject is what the reader works on.

Fires: a topic written for this person in people.toml appears in the subject or at the beginning of the
text of a mail from somebody without earlier contact.
Silent: no topics are known; earlier contact.
Doubt: everyone who has business with the person writes about the person's topics.
Source: Le Soir and Libération on the Belgian case (information offered on the very subject of a
resolution).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    topics = context.owner.topics
    if not topics or context.wrote_to_address or context.address.mails or context.same_house:
        return None
    text = f"{mail.subject} {mail.content.excerpt}".lower()
    for topic in topics:
        if len(topic) >= 4 and topic.lower() in text:
            return Finding(f"It is about {topic}, which this person works on.", "Subject")
    return None
