"""How a mail lies to what stands in its reader's calendar, against what chance gives for that reader's mail.

With enough events everything is near one. So nearness counts only against the same person's other mail: the share of
the first mails of strangers that came at least as close to something they speak of. By construction no more than that
share of them can lie so close, however many events there are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date

import msgspec

from tocsin.judge.fanout import moment, owner_key
from tocsin.judge.topics import Topic, compile_name, compile_topics, find_topic, fold_words
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

BEFORE_DAYS, AFTER_DAYS = 30, 3  # how far from an event a mail can come and still be about it
ENOUGH = 50  # mails by strangers below which no share is taken from them
_FAR = 1_000  # days: near nothing
_DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
# Nearness says something only where the time does: not where a quarter of the mail lies as close to the same events,
# nor where nearly all of it lies as close to any.
_MOST_BY_TIME, _MOST_BY_ANY = 0.25, 0.9


class Nearness(msgspec.Struct, frozen=True, gc=False):
    """The event that a mail speaks of and came close to: `days` before it, negative after it.

    `as_close` of `mails` first mails by strangers came at least as close to an event they speak of, this one included.
    `mails` is 0 where they are too few to tell.
    """

    event: str
    days: int
    as_close: int = 0
    mails: int = 0

    @property
    def share(self) -> float | None:
        """The share of this person's mail by strangers that comes as close, None where that is not known."""
        return max(self.as_close, 1) / self.mails if self.mails else None


class _Entry(msgspec.Struct, frozen=True):
    name: str
    day: int
    topics: tuple[Topic, ...]


class Agenda(msgspec.Struct, frozen=True):
    """One person's calendar, and when the mail of strangers came.

    `days` are those of the mails in the time that the calendar covers, in order (days since 1970-01-01, UTC); `near`
    and `near_any`, in order, how far each came from an event that it speaks of, and from any. `about` of `mails` speak
    of the person's topics.
    """

    entries: tuple[_Entry, ...]
    days: Sequence[int] = ()
    near: Sequence[int] = ()
    near_any: Sequence[int] = ()
    about: int = 0
    mails: int = 0

    @property
    def topic_share(self) -> float | None:
        """The share of the mail by strangers that speaks of this person's topics, None where mails are too few."""
        return self.about / self.mails if self.mails >= ENOUGH else None

    def nearness(self, mail: Observed) -> Nearness | None:
        """How the mail lies to the event it speaks of; None where it speaks of none, came close to none, or where
        time says nothing. A mail without a usable date is close to nothing.
        """
        day = _day(mail)
        if day is None or not self.entries:
            return None
        spoken = _spoken(mail, self.entries)
        close = min(spoken, key=lambda entry: _distance(day, (entry,)), default=None)
        if close is None or (distance := _distance(day, (close,))) >= _FAR:
            return None
        total = len(self.days)
        if total < ENOUGH:
            return Nearness(close.name, close.day - day)
        by_time = _within(self.days, [entry.day for entry in spoken], distance)
        by_any = bisect_right(self.near_any, distance)
        if by_time > _MOST_BY_TIME * total or by_any > _MOST_BY_ANY * total:
            return None
        return Nearness(close.name, close.day - day, bisect_right(self.near, distance), total)


class _Gathered:
    __slots__ = ("calendar", "first", "sent_to", "topics")

    def __init__(self, owner: Owner) -> None:
        self.topics = compile_topics(owner.topics, owner.languages)
        self.calendar = _calendar(owner)
        self.first: dict[int, tuple[int, int, int, bool]] = {}  # sender -> day, near, near any, on topic
        self.sent_to: set[int] = set()


class AgendaBuilder:
    """Gathers, for people with topics or events, one row for each stranger who wrote to them."""

    def __init__(self) -> None:
        self._people: dict[str, _Gathered] = {}

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox, in any order."""
        if not owner.topics and not owner.events:
            return
        name = owner_key(owner)
        person = self._people.get(name)
        if person is None:
            person = self._people[name] = _Gathered(owner)
        address = mail.sender.address
        if mail.outgoing or (address and address in owner.addresses):
            person.sent_to.update(map(hash, mail.to))
            return
        day = _day(mail)
        if day is None or not address:
            return
        known = person.first.get(hash(address))
        if known is not None and known[0] <= day:
            return
        near, near_any = _FAR, _distance(day, person.calendar)
        if near_any < _FAR:
            near = _distance(day, _spoken(mail, person.calendar))
        about = bool(person.topics) and bool(find_topic(words_of(mail), person.topics))
        person.first[hash(address)] = (day, near, near_any, about)

    def freeze(self) -> dict[str, Agenda]:
        """By owner (`fanout.owner_key`); the builder is empty afterwards."""
        found = {name: _agenda(person) for name, person in self._people.items()}
        self._people = {}
        return found


class GrowingAgendas(AgendaBuilder):
    """The agendas while mail is taken in; those of people with much mail may be some mails behind."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, tuple[int, Agenda]] = {}  # for how many more questions it holds

    def get(self, name: str, /) -> Agenda | None:
        """The agenda of this owner, None where there is none."""
        person = self._people.get(name)
        if person is None:
            return None
        known = self._known.get(name)
        if known is None or known[0] <= 0:
            known = (1 + len(person.first) // 50, _agenda(person))
        self._known[name] = (known[0] - 1, known[1])
        return known[1]


def words_of(mail: Observed) -> list[str]:
    """The words of the subject and of the beginning of the text, folded."""
    return fold_words(f"{mail.subject[:300]} \n {mail.content.excerpt}")


def _agenda(person: _Gathered) -> Agenda:
    rows = [row for sender, row in person.first.items() if sender not in person.sent_to]
    calendar = person.calendar
    covered = []
    if calendar:  # outside the time that the calendar covers nobody knows what a mail came close to
        start = calendar[0].day - BEFORE_DAYS
        stop = calendar[-1].day + BEFORE_DAYS
        covered = [row for row in rows if start <= row[0] <= stop]
    return Agenda(
        calendar,
        array("l", sorted(row[0] for row in covered)),
        array("l", sorted(row[1] for row in covered)),
        array("l", sorted(row[2] for row in covered)),
        sum(row[3] for row in rows),
        len(rows),
    )


def _calendar(owner: Owner) -> tuple[_Entry, ...]:
    entries = []
    for event in owner.events:
        try:
            day = date.fromisoformat(event.day).toordinal() - _EPOCH
        except ValueError:
            continue
        name = compile_name(event.name, owner.languages)
        topics = compile_topics(event.topics, owner.languages)
        if name is not None or topics:
            entries.append(_Entry(event.name, day, (*topics, name) if name is not None else topics))
    return tuple(sorted(entries, key=lambda entry: entry.day))


def _day(mail: Observed) -> int | None:
    at = moment(mail)
    if at is None or not 0 < at < 1e11:
        return None
    return int(at // _DAY_S)


def _spoken(mail: Observed, entries: Sequence[_Entry]) -> list[_Entry]:
    words = words_of(mail)
    return [entry for entry in entries if find_topic(words, entry.topics)]


def _distance(day: int, entries: Sequence[_Entry]) -> int:
    """Days to the closest of these events, `_FAR` where none is near enough."""
    best = _FAR
    for entry in entries:
        days = entry.day - day
        if -AFTER_DAYS <= days <= BEFORE_DAYS:
            best = min(best, abs(days))
    return best


def _within(days: Sequence[int], events: Sequence[int], distance: int) -> int:
    """How many of these days (in order) lie at least as close to one of the events (in order)."""
    count, reached = 0, -1
    for event in events:
        start = bisect_left(days, max(event - distance, reached + 1))
        reached = event + min(distance, AFTER_DAYS)
        count += max(bisect_right(days, reached) - start, 0)
    return count
