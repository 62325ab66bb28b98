"""What stands in the owners' calendars: votes and hearings that others know of, and errands that nobody cares about."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tocsin.exercise import chance, words
from tocsin.model.people import Event
from tocsin.model.scenario import Cast, MailboxOwner, Occasion

_EACH_DAYS = 75  # an organisation has something on each topic about this often, a person an errand
MORNING = 9


def with_occasions(
    cast: Cast, people: Sequence[MailboxOwner], seed: int, start: str, days: int
) -> tuple[MailboxOwner, ...]:
    """The owners with their calendars for the period.

    What is about a topic is the same for everybody in an organisation who works on that topic.
    """
    first = datetime.strptime(start, "%Y-%m-%d")
    found = []
    for owner in people:
        place = owner.organisation
        mine: list[Occasion] = []
        for topic in owner.topics:
            shared = chance.stream(seed, "calendar", place.id, topic)
            mine += _drawn(cast, owner, topic, shared, first, days)
        mine += _drawn(cast, owner, "", chance.stream(seed, "calendar", owner.slug), first, days)
        found.append(
            msgspec.structs.replace(owner, occasions=tuple(sorted(mine, key=lambda one: one.event.day)))
        )
    return tuple(found)


def _drawn(
    cast: Cast, owner: MailboxOwner, topic: str, rng: random.Random, first: datetime, days: int
) -> list[Occasion]:
    lang = owner.organisation.languages[0]
    names = (cast.occasions if topic else cast.errands)[lang]
    values = {"topic": cast.topics[topic][lang]} if topic else {}
    found = []
    for _ in range(max(1, round(days / _EACH_DAYS))):
        day = first + timedelta(days=rng.randrange(days))
        day -= timedelta(days=max(0, day.weekday() - 4))
        name = words.fill(rng.choice(names), rng, lang, values, cast.slots)
        told = cast.topic_words.get(topic, ())
        found.append(Occasion(topic, Event(name, f"{day:%Y-%m-%d}", told)))
    return found


def near(
    readers: Sequence[MailboxOwner], rng: random.Random, earliest: datetime, latest: datetime
) -> tuple[datetime, str] | None:
    """A day up to twelve days before something in these readers' calendars, and its topic; None where there is none.

    Both `earliest` and `latest` bound the day.
    """
    known = sorted({(o.event.day, o.topic) for reader in readers for o in reader.occasions if o.topic})
    rng.shuffle(known)
    for day, topic in known:
        begin = datetime.strptime(day, "%Y-%m-%d") - timedelta(days=rng.randrange(1, 13))
        begin -= timedelta(days=max(0, begin.weekday() - 4))
        if earliest <= begin < latest:
            return begin, topic
    return None
