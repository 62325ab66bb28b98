"""Copies of one mailing in several mailboxes: which of their URLs tell the readers apart.

Two passes, both bounded: `CopyIndex` keeps a number or two a mail and names the groups whose mails are worth reading
again; `compare` takes one such group. Only other readers' copies are evidence: what differs between two copies of
one reader may be a date or a counter.
"""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import msgspec

from tocsin.judge.fanout import WINDOW_S, moment
from tocsin.model.observation import Beacon, Observed, Personal

KIND = "differs"
MOST_COPIES = 256  # compared with each other at once
_MOST_BEACONS = 400  # of a mail
_LONGEST_URL = 4_000
_MOST_PIECES = 64
_FEW = 3  # pieces of one URL that may differ: more make it another URL
_LEAST_TEXT = 80  # characters of a body that can be told from another
_MAILING_S = 86_400.0
_CLOCK_S = 30 * 86_400.0
_SAME = 0xFFFF  # instead of a piece: other readers' copies call the very same URL

_FORM = (
    1  # bit of a key: the mails have subject and structure in common, which another day's issue may have too
)
_DIGITS = re.compile(r"\d+")

# Per mail, for `apply`: pairs of a beacon's and a piece's number.
Differences = bytes


def copy_keys(mail: Observed) -> tuple[int, ...]:
    """Hashes that copies of this mail share: sender's site and text, or sender's site, subject and structure."""
    content, sender = mail.content, mail.sender
    if mail.outgoing or not any(beacon.host for beacon in mail.beacons):
        return ()
    site = sender.site or sender.address
    keys = []
    if content.text_hash and content.text_length >= _LEAST_TEXT:
        keys.append(_hash(f"{site} {content.text_hash}") & ~_FORM)
    if content.structure_hash and mail.subject:
        keys.append(_hash(f"{site} {_DIGITS.sub('', mail.subject.lower())} {content.structure_hash}") | _FORM)
    return tuple(keys)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def window_of(key: int) -> float:
    """How long after each other, in seconds, mails with this key can be copies of each other."""
    return _MAILING_S if key & _FORM else WINDOW_S


class CopyIndex:
    """Finds groups of copies by their keys; sixteen bytes a key."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._numbers = array("L")

    def add(self, number: int, keys: Iterable[int]) -> None:
        """Take in the keys of one mail; `number` must grow with its time."""
        for key in keys:
            self._keys.append(key)
            self._numbers.append(number)

    def groups(self, owners: Sequence[str], times: Sequence[float]) -> Iterator[list[int]]:
        """Numbers of mails that are copies for several owners, at most `MOST_COPIES` at once.

        The same text counts within fourteen days, the same subject and structure within one. `owners` and `times`
        (Unix seconds) are looked up by number.
        """
        keys, numbers = self._keys, self._numbers
        order = sorted(range(len(keys)), key=keys.__getitem__)  # stable: by time within a key
        group: list[int] = []
        last = 0
        for at in order:
            key, number = keys[at], numbers[at]
            if group and (
                key != last or len(group) >= MOST_COPIES or times[number] - times[group[0]] > window_of(key)
            ):
                yield from _shared(group, owners)
                group = []
            last = key
            group.append(number)
        yield from _shared(group, owners)


def _shared(group: list[int], owners: Sequence[str]) -> Iterator[list[int]]:
    if len(group) > 1 and any(owners[member] != owners[group[0]] for member in group):
        yield group


class _Slot(msgspec.Struct, frozen=True, gc=False):
    """One call of one copy, cut into pieces."""

    copy: int
    beacon: int
    pieces: tuple[str, ...]


def compare(copies: Sequence[tuple[Observed, str]]) -> list[Differences]:
    """What `apply` must change in each of these mails, given with their owners, b"" for nothing.

    A URL that nobody else's copy has tells its reader if one piece of it (path segment, query value, fragment,
    label of the host), or few, differ between readers and never agree. A random or repeated identifier in a URL
    that another reader's copy has as well, in another message, is none of a reader.
    """
    callers = _callers(copies)
    found: list[list[tuple[int, int]]] = [[] for _ in copies]
    wanted: set[tuple[str, str]] = set()
    for number, (mail, _) in enumerate(copies):
        for index, beacon in enumerate(mail.beacons[:_MOST_BEACONS]):
            personal = beacon.personal
            if not beacon.host:
                continue
            owner, shared = callers[beacon.technique, beacon.url]
            if shared and personal is not None and personal.kind in ("high-entropy", "echo"):
                found[number].append((index, _SAME))
            elif owner and personal is None:
                wanted.add((beacon.technique, beacon.site))
    for slots in _slots(copies, callers, wanted) if wanted else ():
        piece = _telling_piece(slots, copies)
        if piece is not None:
            for slot in slots:
                if copies[slot.copy][0].beacons[slot.beacon].personal is None:
                    found[slot.copy].append((slot.beacon, piece))
    return [array("H", [one for pair in sorted(pairs) for one in pair]).tobytes() for pairs in found]


def merged(first: Differences, second: Differences) -> Differences:
    """What two groups found of one mail, whichever came first."""
    if not first or not second:
        return first or second
    pieces: dict[int, int] = {}
    for differences in (first, second):
        numbers = array("H", differences)
        for index, piece in zip(numbers[::2], numbers[1::2], strict=True):
            pieces[index] = max(piece, pieces.get(index, 0))
    return array("H", [one for pair in sorted(pieces.items()) for one in pair]).tobytes()


def apply(mail: Observed, differences: Differences) -> Observed:
    """The mail with its beacons called personal, or not, as `compare` found."""
    if not differences:
        return mail
    beacons = list(mail.beacons)
    numbers = array("H", differences)
    for index, piece in zip(numbers[::2], numbers[1::2], strict=True):
        personal = None
        if piece != _SAME:
            cut = _cut(beacons[index])
            personal = Personal(KIND, cut[1][piece][:200]) if cut is not None else None
        beacons[index] = msgspec.structs.replace(beacons[index], personal=personal)
    return msgspec.structs.replace(mail, beacons=tuple(beacons))


def _callers(copies: Sequence[tuple[Observed, str]]) -> dict[tuple[str, str], tuple[str, bool]]:
    """For each (technique, URL) its only owner, "" if there are several, and whether several messages have it then."""
    callers: dict[tuple[str, str], tuple[str, bool]] = {}
    messages: dict[tuple[str, str], str] = {}
    for mail, owner in copies:
        for beacon in mail.beacons[:_MOST_BEACONS]:
            key = beacon.technique, beacon.url
            known = callers.get(key)
            if known is None:
                callers[key] = (owner, False)
                messages[key] = mail.message_id or mail.sha256
            elif known[0] != owner:
                callers[key] = ("", known[1] or messages[key] != (mail.message_id or mail.sha256))
    return callers


def _slots(
    copies: Sequence[tuple[Observed, str]],
    callers: dict[tuple[str, str], tuple[str, bool]],
    wanted: set[tuple[str, str]],
) -> Iterable[list[_Slot]]:
    """The calls that stand for each other in the copies: same technique, same shape, same place among those alike."""
    slots: dict[tuple[object, ...], list[_Slot]] = {}
    for number, (mail, _) in enumerate(copies):
        alike: dict[tuple[object, ...], list[_Slot]] = {}
        for index, beacon in enumerate(mail.beacons[:_MOST_BEACONS]):
            if (beacon.technique, beacon.site) not in wanted or not callers[beacon.technique, beacon.url][0]:
                continue
            cut = _cut(beacon)
            if cut is not None:
                shape, pieces = cut
                alike.setdefault((beacon.technique, *shape), []).append(_Slot(number, index, pieces))
        for key, members in alike.items():
            for place, slot in enumerate(members):
                slots.setdefault((*key, len(members), place), []).append(slot)
    return slots.values()


def _cut(beacon: Beacon) -> tuple[tuple[object, ...], tuple[str, ...]] | None:
    """A URL as its shape and the pieces that can hold a token; None for one that is too long to compare."""
    if len(beacon.url) > _LONGEST_URL:
        return None
    rest, _, fragment = beacon.url.partition("#")
    rest, _, query = rest.partition("?")
    folders = rest.partition("://")[2].split("/")[1:]
    labels = beacon.host[: -len(beacon.site)].rstrip(".").split(".") if beacon.site else []
    names = []
    values = []
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        names.append(name if equals else "")
        values.append(value if equals else name)
    pieces = (*labels, *folders, *values, fragment)
    if len(pieces) > _MOST_PIECES:
        return None
    return (beacon.site, len(labels), len(folders), *names), pieces


def _telling_piece(slots: list[_Slot], copies: Sequence[tuple[Observed, str]]) -> int | None:
    """The piece by which these calls tell their readers apart, the longest of several."""
    if len({copies[slot.copy][1] for slot in slots}) < 2:
        return None
    mails = [copies[slot.copy] for slot in slots]
    differing = [
        (place, pieces)
        for place, pieces in enumerate(zip(*[slot.pieces for slot in slots], strict=True))
        if len(set(pieces)) > 1
    ]
    if len(differing) > _FEW:
        return None
    telling = [place for place, pieces in differing if _tells(pieces, mails)]
    if not telling:
        return None
    return max(telling, key=lambda place: (len(slots[0].pieces[place]), -place))


def _tells(pieces: Sequence[str], copies: Sequence[tuple[Observed, str]]) -> bool:
    holders: dict[str, str] = {}
    held: dict[str, set[str]] = {}
    for piece, (_, owner) in zip(pieces, copies, strict=True):
        if not piece or holders.setdefault(piece, owner) != owner:
            return False
        held.setdefault(owner, set()).add(piece)
    if all(_is_time(piece, mail) for piece, (mail, _) in zip(pieces, copies, strict=True)):
        return False
    several_senders = len({mail.sender.address for mail, _ in copies}) > 1
    if (len(held) == 2 or several_senders) and not all(map(_is_identifier, pieces)):
        return False  # one picture or the other, one colleague's or the other's
    if all(len(values) == 1 for values in held.values()):
        return True
    return _differs_in_one_mailing(copies)


def _differs_in_one_mailing(copies: Sequence[tuple[Observed, str]]) -> bool:
    """Whether several readers got theirs within a day: else what differs may differ from mailing to mailing."""
    stamped = sorted((moment(mail) or 0.0, owner) for mail, owner in copies)
    return any(
        later[0] - earlier[0] <= _MAILING_S and later[1] != earlier[1]
        for earlier, later in itertools.pairwise(stamped)
    )


def _is_identifier(piece: str) -> bool:
    return len(piece) >= 4 and any(map(str.isdigit, piece))


_DAY = re.compile(r"(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])\D?\d{0,6}")


def _is_time(piece: str, mail: Observed) -> bool:
    """Whether a piece is a day, or a clock's seconds or milliseconds around the time of the mail."""
    if _DAY.fullmatch(piece):
        return True
    at = moment(mail)
    if at is None or not piece.isascii() or not piece.isdigit() or len(piece) not in (10, 13):
        return False
    return abs(int(piece[:10]) - at) <= _CLOCK_S
