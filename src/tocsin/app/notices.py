"""Notices as the store keeps them, and what became of each: a log to which entries are only added."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.model.campaign import Campaign
from tocsin.model.notice import STATES, Notice, NoticeEvent
from tocsin.store.interface import Store

_LONGEST = 1_000
# What ends the way of a notice: nothing more is to be sent or told by it.
ENDED = frozenset({"told", "sent", "answered", "checked", "declined", "withdrawn"})
_HEARD = frozenset({"told", "sent", "checked"})

_notice = msgspec.msgpack.Decoder(Notice)
_event = msgspec.msgpack.Decoder(NoticeEvent)


class NoticeError(ValueError):
    """A notice cannot be found, made or sent as asked; the message says what was expected and what to do."""


class Followed(msgspec.Struct, frozen=True):
    """A notice with its log, the earliest entry first.

    `intact` tells that its text is the one that it was drafted with.
    """

    notice: Notice
    log: tuple[NoticeEvent, ...]
    intact: bool

    @property
    def state(self) -> str:
        """The last thing that happened, of STATES; checks that failed say nothing about the notice."""
        told = [one.state for one in self.log if one.state != "check-failed"]
        return told[-1] if told else "drafted"

    @property
    def reached(self) -> bool:
        """Whether its reader was told by it: it left, and nothing came back since."""
        reached = False
        for one in self.log:
            reached = one.state in _HEARD or (reached and one.state not in ("bounced", "refused"))
        return reached

    @property
    def last_s(self) -> float:
        """When the last thing happened to it; what is noted next is never earlier, however clocks are set."""
        return max((one.at_s for one in self.log), default=self.notice.made_s)

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be done with it."""
        return self.state in ENDED


def text_digest(text: str) -> str:
    """What people sign for a text: SHA-256 of its UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def followed(store: Store, subjects: Collection[str] | None = None) -> tuple[Followed, ...]:
    """All notices, or those about these campaigns and mails, with their logs; the first drafted first."""
    logs: dict[str, list[NoticeEvent]] = {}
    for id, body in store.documents("notice-event"):
        one = _read_event(id, body)
        logs.setdefault(one.notice, []).append(one)
    found = []
    for id, body in store.documents("notice"):
        notice = _read_notice(id, body)
        if subjects is None or notice.subject in subjects:
            log = sorted(logs.get(id, ()), key=lambda one: (one.at_s, _order(one), one.id))
            found.append(Followed(notice, tuple(log), text_digest(notice.text) == notice.text_sha256))
    return tuple(sorted(found, key=lambda one: (one.notice.made_s, one.notice.person, one.notice.id)))


def notices(store: Store) -> tuple[Notice, ...]:
    """All notices, the first drafted first."""
    return tuple(one.notice for one in followed(store))


def events(store: Store, notice: str = "") -> tuple[NoticeEvent, ...]:
    """What happened to all notices or to one, the earliest first."""
    found = (_read_event(id, body) for id, body in store.documents("notice-event"))
    return tuple(
        sorted((one for one in found if notice in ("", one.notice)), key=lambda one: (one.at_s, one.id))
    )


def find_notice(store: Store, wanted: str) -> Followed:
    """The notice by id or the beginning of one. Raises NoticeError."""
    wanted = wanted.strip().lower()
    found = [one for one in followed(store) if wanted and one.notice.id.startswith(wanted)]
    if len(found) != 1:
        why = "several notices begin so" if found else "there is no such notice"
        raise NoticeError(f"{wanted or 'nothing'}: {why}; tocsin notices list shows them")
    return found[0]


def names_of(campaign: Campaign) -> tuple[str, ...]:
    """All ids that notices may know a campaign by."""
    return (campaign.id, *campaign.aliases)


def keep_notice(store: Store, notice: Notice, *, by: str = "") -> None:
    """Keep a draft, and note that it was made."""
    with store.transaction():
        store.put("notice", notice.id, msgspec.msgpack.encode(notice))
        record(store, notice.id, "drafted", at_s=notice.made_s, by=by)


def record(
    store: Store, notice: str, state: str, *, at_s: float, by: str = "", how: str = "", note: str = ""
) -> NoticeEvent:
    """Note what happened to a notice. Raises NoticeError for a state that is not of STATES, or text too long."""
    if state not in STATES:
        raise NoticeError(f"{state}: expected one of {', '.join(STATES)}")
    for what, text in (("how", how), ("note", note), ("by", by)):
        if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise NoticeError(f"{what}: expected UTF-8 of at most {_LONGEST:,} characters")
    one = NoticeEvent("", notice, state, at_s, by or account(), how, note)
    id = "ne-" + blake2b(msgspec.msgpack.encode(one), digest_size=8).hexdigest()
    kept = msgspec.structs.replace(one, id=id)
    store.put("notice-event", id, msgspec.msgpack.encode(kept))
    return kept


def forget_notices(store: Store, people: Collection[str]) -> int:
    """Remove what was drafted for these people, with logs and codes; returns how many notices."""
    gone = [one for one in followed(store) if one.notice.person in people or one.notice.to in people]
    with store.transaction():
        for one in gone:
            store.remove("notice", one.notice.id)
            store.remove("notice-code", one.notice.id)
            for event in one.log:
                store.remove("notice-event", event.id)
    return len(gone)


def by_person(found: Sequence[Followed]) -> Mapping[str, tuple[Followed, ...]]:
    """Notices by the person whose mailbox they are about, readers beside them."""
    grouped: dict[str, list[Followed]] = {}
    for one in found:
        grouped.setdefault(one.notice.person, []).append(one)
    return {person: tuple(group) for person, group in grouped.items()}


def _order(one: NoticeEvent) -> int:
    return STATES.index(one.state) if one.state in STATES else 0


def _read_notice(id: str, body: bytes) -> Notice:
    """A notice as it was kept; one that cannot be read has no text, so that it is never intact."""
    try:
        return msgspec.structs.replace(_notice.decode(body), id=id)
    except msgspec.DecodeError:
        return Notice(id, "", "", "", "(a notice that cannot be read)", "person", "", "", "", "", 0.0)


def _read_event(id: str, body: bytes) -> NoticeEvent:
    try:
        return msgspec.structs.replace(_event.decode(body), id=id)
    except msgspec.DecodeError:
        return NoticeEvent(id, "", "", 0.0, "")
