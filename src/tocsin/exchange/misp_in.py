"""MISP events and feeds (MISP core format, https://www.misp-standard.org/rfc/misp-standard-core.html) as indicators.

Attributes that are marked for detection (`to_ids`) and that mail can show become indicators; the rest is counted or
listed. `first_seen` is the begin of validity; `last_seen` is when somebody last saw the value, which is no expiry, and
is kept in the description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tocsin.exchange.entries import Entry, LeftOut, UnreadableIntel, as_utf8, derived_id, quoted, time_of
from tocsin.exchange.misp_tags import Marks, marks_of
from tocsin.exchange.stix_pattern import read_pattern
from tocsin.hunt.refang import refang
from tocsin.hunt.terms import Unusable, guess, term
from tocsin.model.intel import Combination, Indicator, NotUnderstood, Pattern

PYMISP_BYTES = (
    1024 * 1024
)  # larger events are read by this module alone: PyMISP takes seconds for each megabyte

# Attribute type to `hunt.terms.TERMS`; of a composite type, one entry a piece, "" for what mail does not show.
_TYPES: dict[str, tuple[str, ...]] = {
    "domain": ("domain",),
    "hostname": ("host",),
    "onion-address": ("host",),
    "url": ("url",),
    "link": ("url",),
    "uri": ("path",),
    "ip-src": ("ip",),
    "ip-dst": ("ip",),
    "ip-src|port": ("ip", ""),
    "ip-dst|port": ("ip", ""),
    "hostname|port": ("host", ""),
    "domain|ip": ("domain", "ip"),
    "email": ("address",),
    "email-src": ("address",),
    "email-reply-to": ("address",),
    "email-subject": ("subject",),
    "email-x-mailer": ("mailer",),
    "md5": ("hash",),
    "sha1": ("hash",),
    "sha256": ("hash",),
    "filename|md5": ("", "hash"),
    "filename|sha1": ("", "hash"),
    "filename|sha256": ("", "hash"),
    "malware-sample": ("", "hash"),
}
_OWN = re.compile(r"tocsin:(template|token)")  # relations of the objects that Tocsin itself writes
_NAMING = frozenset({"threat-actor", "campaign-name", "malware-type"})  # say what the event is linked to
_RECEIVERS = frozenset({"to", "cc", "bcc", "to-display-name", "cc-display-name", "bcc-display-name"})


_NONE = msgspec.Raw()  # a key that is not there


class _Tag(msgspec.Struct, frozen=True, gc=False):
    name: str = ""


class _Attribute(msgspec.Struct, frozen=True, gc=False):
    type: str
    value: str
    uuid: str = ""
    to_ids: bool | int | str = True
    comment: str | None = ""
    deleted: bool | int | str = False
    first_seen: str | int | float | None = None
    last_seen: str | int | float | None = None
    timestamp: str | int | float | None = None
    object_relation: str | None = None
    Tag: tuple[_Tag, ...] = ()


class _Object(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    deleted: bool | int | str = False
    Attribute: tuple[msgspec.Raw, ...] = ()


class _Event(msgspec.Struct, frozen=True, gc=False):
    uuid: str = ""
    info: str = ""
    date: str | None = None
    timestamp: str | int | float | None = None
    Attribute: tuple[msgspec.Raw, ...] = ()
    Object: tuple[msgspec.Raw, ...] = ()
    Tag: tuple[_Tag, ...] = ()


class _Top(msgspec.Struct, frozen=True, gc=False):
    Event: msgspec.Raw = _NONE
    response: msgspec.Raw = _NONE
    Attribute: msgspec.Raw = _NONE


class Event(msgspec.Struct, frozen=True):
    """What an event says of all its attributes."""

    title: str
    marks: Marks
    created_s: float | None


def read_misp(data: bytes, source: str, place: str, *, by_pymisp: bool = True) -> Iterator[Entry]:
    """Indicators of an event, of several (`response`, a list), or of a list of attributes.

    Events up to PYMISP_BYTES go through PyMISP first, where `by_pymisp` allows: what it objects to is listed, and the
    event is read all the same. Raises UnreadableIntel for what is no JSON or no event.
    """
    data = as_utf8(data)
    for raw in _events(data, place):
        if by_pymisp and len(raw) <= PYMISP_BYTES:
            checked, objection = _through_pymisp(bytes(raw))
            if objection:
                yield NotUnderstood(
                    "", place, f"PyMISP objects to the event ({objection}); what could be read of it was read"
                )
            yield from _event(checked, source, place)
        else:
            yield from _event(bytes(raw), source, place)


def manifest_of(data: bytes) -> tuple[str, ...] | None:
    """Ids of the events that a feed's manifest names, in its order; None for what is no manifest."""
    try:
        names = msgspec.json.decode(as_utf8(data), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not names or not all(map(_UUID.fullmatch, names)):
        return None
    return tuple(names)


_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _decode(raw: bytes | msgspec.Raw, kind: Any, place: str) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except RecursionError as error:
        raise UnreadableIntel(f"{place}: is nested too deeply to be a MISP event") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableIntel(
            f"{place}: is no readable MISP event ({str(error)[:200]}); expected MISP core format, whole, in UTF-8"
        ) from error


def _events(data: bytes, place: str) -> Iterator[msgspec.Raw]:
    if data.lstrip()[:1] == b"[":
        for raw in _decode(data, list[msgspec.Raw], place):
            yield from _events(bytes(raw), place)
        return
    top = _decode(data, _Top, place)
    if len(top.response) > 0:
        yield from _events(bytes(top.response), place)
    elif len(top.Event) > 0:
        yield top.Event
    else:  # an event without its wrapper, or what a search for attributes answers
        yield msgspec.Raw(data)


def _through_pymisp(raw: bytes) -> tuple[bytes, str]:
    """The event as PyMISP writes it after reading it, and "", or as it was and what PyMISP objects to."""
    from pymisp import MISPEvent, PyMISPError

    event = MISPEvent()
    try:
        event.from_dict(**msgspec.json.decode(raw))
        return event.to_json().encode(), ""
    except (PyMISPError, msgspec.DecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        return raw, " ".join(str(error).split())[:200] or type(error).__name__
    except RecursionError:
        return raw, "it is nested too deeply"


def _event(raw: bytes, source: str, place: str) -> Iterator[Entry]:
    event = _decode(raw, _Event, place)
    where = f"{place}, event {event.uuid}" if event.uuid else place
    named = tuple(_named(event.Attribute))
    marks = marks_of(tag.name for tag in event.Tag)
    about = Event(
        quoted(event.info),
        msgspec.structs.replace(marks, names=tuple(dict.fromkeys(marks.names + named))),
        time_of(event.date),
    )
    for attribute in event.Attribute:
        yield from _attribute(attribute, about, source, where, "")
    for number, raw_object in enumerate(event.Object, 1):
        try:
            thing = msgspec.json.decode(raw_object, type=_Object)
        except (msgspec.DecodeError, RecursionError) as error:
            yield NotUnderstood(
                _start(raw_object), f"{where}, object {number}", f"no MISP object ({error})"[:200]
            )
            continue
        if not thing.Attribute:
            yield LeftOut("object without attributes")
        for attribute in thing.Attribute:
            yield from _attribute(attribute, about, source, where, thing.name, gone=_yes(thing.deleted))


def _named(attributes: tuple[msgspec.Raw, ...]) -> Iterator[str]:
    for raw in attributes:
        if not any(kind.encode() in bytes(raw) for kind in _NAMING):
            continue
        try:
            one = msgspec.json.decode(raw, type=_Attribute)
        except (msgspec.DecodeError, RecursionError):
            continue  # listed when its turn comes
        if one.type in _NAMING:
            yield quoted(one.value)


def _attribute(
    raw: msgspec.Raw, event: Event, source: str, where: str, thing: str, *, gone: bool = False
) -> Iterator[Entry]:
    try:
        one = msgspec.json.decode(raw, type=_Attribute)
    except (msgspec.DecodeError, RecursionError) as error:
        yield NotUnderstood(_start(raw), where, f"no MISP attribute ({error})"[:200])
        return
    if one.type in _NAMING:
        yield LeftOut(f"attribute {one.type}")
        return
    if thing == "email" and one.object_relation in _RECEIVERS:
        yield LeftOut("receiver of a mail")
        return
    if not _yes(one.to_ids):
        yield LeftOut("attribute without to_ids")
        return
    place = f"{where}, attribute {one.uuid}" if one.uuid else where
    if one.type == "stix2-pattern":
        reading = read_pattern(one.value, where=place)
        yield from reading.left_out
        if reading.pattern is None:
            return
        pattern = reading.pattern
    else:
        try:
            pattern = _pattern(one)
        except Unusable as reason:
            yield NotUnderstood(quoted(f"{one.type} {one.value}"), place, str(reason))
            return
    marks = marks_of(tag.name for tag in one.Tag)
    said = [one.comment or "", f"of the object {thing}" if thing else ""]
    if one.last_seen is not None:
        said.append(f"last seen {one.last_seen}")
    yield Indicator(
        one.uuid.lower() if _UUID.fullmatch(one.uuid) else derived_id(source, pattern),
        source,
        pattern,
        quoted(one.value),
        event.title,
        quoted("; ".join(filter(None, said))),
        time_of(one.first_seen),
        marks.valid_until_s,
        marks.confidence if marks.confidence is not None else event.marks.confidence,
        marks.grade or event.marks.grade,
        marks.tlp or event.marks.tlp,
        marks.pap or event.marks.pap,
        tuple(dict.fromkeys(event.marks.names + marks.names)),
        gone or _yes(one.deleted),
        event.created_s,
        time_of(one.timestamp),
    )


def _pattern(one: _Attribute) -> Pattern:
    own = _OWN.fullmatch(one.object_relation or "") or _OWN.fullmatch(one.type)
    if own is not None:
        return term(own[1], one.value)
    kinds = _TYPES.get(one.type)
    if kinds is None:
        raise Unusable(f"attributes of type {quoted(one.type)[:60]} are nothing that a mail shows")
    pieces = one.value.split("|") if len(kinds) > 1 else [one.value]
    patterns = []
    for piece, kind in zip(pieces, kinds, strict=False):
        if kind:
            written = refang(piece.strip())
            if kind == "path" and guess(written) != "path":
                kind = "url"
            patterns.append(term(kind, written))
    if not patterns:
        raise Unusable(
            f"a value of type {one.type} has the form {'|'.join(kind or 'text' for kind in kinds)}"
        )
    return patterns[0] if len(patterns) == 1 else Combination("or", tuple(patterns))


def _yes(flag: bool | int | str) -> bool:
    return flag not in (False, 0, "0", "false", "False", "")


def _start(raw: msgspec.Raw) -> str:
    return quoted(bytes(raw)[:400].decode("utf-8", "replace"))
