"""It is about what the reader works on.

Fires: a topic written for this person in people.toml appears in the subject or at the beginning of the
text of a mail from somebody without earlier contact, as whole words in their plain inflections; or the mail
speaks of an event of people.toml that is near, and it is not known how often chance gives that.
Silent: no topics are known; earlier contact; a quarter or more of what strangers send this person is about
the same topics (counted from fifty such mails on); the time of the mail already tells more ("event-near").
Doubt: everyone who has business with the person writes about the person's topics.
Source: Le Soir and Libération on the Belgian case (information offered on the very subject of a
resolution).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.event_near import level_of
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.timing import words_of
from tocsin.judge.topics import compile_topics, find_topic
from tocsin.model.observation import Observed

_COMMON = 0.25  # share of the mail by strangers from which on a topic tells nothing


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    owner, near, share = context.owner, context.nearness, context.topic_share
    if context.wrote_to_address or context.address.mails or context.same_house or level_of(near):
        return None
    if owner.topics and (share is None or share < _COMMON):
        topic = find_topic(words_of(mail), compile_topics(owner.topics, owner.languages))
        if topic:
            in_subject = topic.lower() in mail.subject.lower()
            text = f"It is about {topic}, which this person works on."
            return Finding(text, "Subject" if in_subject else "body")
    if near is not None and not near.mails:
        return Finding(
            f"It speaks of “{near.event[:80]}”, which is near in this person's calendar.", "Subject or body"
        )
    return None
