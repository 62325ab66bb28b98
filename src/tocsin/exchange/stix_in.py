"""STIX 2.1 and 2.0 bundles as indicators; everything else they hold is counted or listed.

Read by ourselves, object by object: one that is damaged is listed, and the others are used. Of several versions of
one object the newest counts. TAXII envelopes, bare objects and lists of objects are read as bundles are.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from tocsin.exchange.entries import (
    Entry,
    LeftOut,
    UnreadableIntel,
    as_utf8,
    confidence_of,
    derived_id,
    grade_of,
    quoted,
    time_of,
)
from tocsin.exchange.stix_marks import OWN_EXTENSION, SILENT, Mark, known_mark, mark_of, strictest
from tocsin.exchange.stix_pattern import EXACT_HOST, read_pattern
from tocsin.model.intel import Indicator, NotUnderstood

EXPECTED = "expected a STIX 2.1 bundle"
MAX_NAMES = 50  # that one indicator is linked to
_NAMED = frozenset({"campaign", "intrusion-set", "malware", "threat-actor", "tool"})
_VERSIONS = ("2.0", "2.1")
_RULES = {
    "sigma": "a Sigma rule is for logs",
    "yara": "a YARA rule is for files; put it into the folder of your YARA rules",
    "snort": "a Snort rule is for network traffic",
    "suricata": "a Suricata rule is for network traffic",
    "pcre": "a bare regular expression does not say what it is for",
}


class _Head(msgspec.Struct, frozen=True):
    """What is needed of every object but indicators; any value may have any type."""

    type: Any = None
    id: Any = None
    spec_version: Any = None
    modified: Any = None
    created: Any = None
    name: Any = None
    revoked: Any = None
    relationship_type: Any = None
    source_ref: Any = None
    target_ref: Any = None
    definition: Any = None
    extensions: Any = None


class _Indicator(msgspec.Struct, frozen=True):
    id: Any = None
    name: Any = None
    description: Any = None
    pattern: Any = None
    pattern_type: Any = None
    valid_from: Any = None
    valid_until: Any = None
    confidence: Any = None
    revoked: Any = None
    created: Any = None
    modified: Any = None
    labels: Any = None
    object_marking_refs: Any = None
    granular_markings: Any = None
    extensions: Any = None


class _Kept(msgspec.Struct):
    """The newest version of an object so far: its place in the bundle, and what it says of itself."""

    place: int
    modified_s: float
    head: _Head


_HEADS = msgspec.json.Decoder(_Head)
_INDICATORS = msgspec.json.Decoder(_Indicator)


def is_old_stix(data: bytes) -> bool:
    """Whether it is STIX 1.x, in XML or JSON."""
    head = data[:20_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"<":
        return b"stix.mitre.org" in head or b"STIX_Package" in head
    return head[:1] == b"{" and b'"stix_header"' in head and b'"objects"' not in head


def refused_old(place: str) -> UnreadableIntel:
    """What is said of STIX 1.x."""
    return UnreadableIntel(
        f"{place}: is STIX 1.x, which is not read; ask its publisher for STIX 2.1, or convert it first "
        "(the OASIS elevator does)"
    )


def read_stix(data: bytes, source: str, place: str) -> Iterator[Entry]:
    """Indicators of a bundle, an envelope, a list of objects or one object; `source` is the id of their source.

    Raises UnreadableIntel for what is no JSON, no STIX, or STIX 1.x or of a version to come.
    """
    objects = _objects(as_utf8(data), place)
    kept: dict[str, _Kept] = {}
    marks: dict[str, Mark] = {}
    for number, raw in enumerate(objects):
        where = f"{place}: objects[{number}]"
        try:
            head = _HEADS.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield NotUnderstood(_start_of(raw), where, f"is no object of STIX ({_said(error)})")
            continue
        if not isinstance(head.type, str) or not head.type:
            yield NotUnderstood(_start_of(raw), where, "is an object without a type")
            continue
        if isinstance(head.spec_version, str) and head.spec_version not in _VERSIONS:
            yield NotUnderstood(
                _start_of(raw), where, f"is of STIX {quoted(head.spec_version)}, not of 2.1 or 2.0"
            )
            continue
        if head.type not in ("indicator", "relationship", "marking-definition") and head.type not in _NAMED:
            yield LeftOut(quoted(head.type))
            continue
        id_ = head.id if isinstance(head.id, str) and head.id else f"{place} {number}"
        modified_s = _time(head.modified) or _time(head.created) or 0.0
        known = kept.get(id_)
        if known is not None:
            yield LeftOut(f"older version of the same {head.type}")
            if modified_s < known.modified_s:
                continue
        kept[id_] = _Kept(number, modified_s, head)
    heads = {id_: one.head for id_, one in kept.items()}
    yield from _marks(heads, marks)
    names = yield from _links(heads)
    missing: set[str] = set()
    for id_, one in kept.items():
        if one.head.type == "indicator":
            where = f"{place}: objects[{one.place}]"
            yield from _indicator(objects[one.place], source, where, marks, names.get(id_, ()), missing)


def _objects(data: bytes, place: str) -> list[msgspec.Raw]:
    if is_old_stix(data):
        raise refused_old(place)
    try:
        if data.lstrip()[:1] == b"[":
            return msgspec.json.decode(data, type=list[msgspec.Raw])
        top = _top(data)
        if "objects" not in top:
            kind = _text_of(top.get("type"))
            if kind == "bundle" or set(top) == {"more"}:  # one without objects leaves them out
                return []
            if kind is not None and "id" in top:
                return [msgspec.Raw(data)]
            raise UnreadableIntel(f"{place}: is JSON, but no STIX; {EXPECTED}")
        version = _text_of(top.get("spec_version")) or "2.1"
        if version.startswith("1"):
            raise refused_old(place)
        if version not in _VERSIONS:
            raise UnreadableIntel(f"{place}: is of STIX {quoted(version)}, which is not known; {EXPECTED}")
        return msgspec.json.decode(top["objects"], type=list[msgspec.Raw])
    except RecursionError as error:
        raise UnreadableIntel(f"{place}: is JSON nested too deeply; {EXPECTED}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableIntel(
            f"{place}: is damaged JSON ({_said(error)}); {EXPECTED}, whole: nothing of it was used, get it again"
        ) from error


def _top(data: bytes) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(data, type=dict[str, msgspec.Raw])


def _text_of(raw: msgspec.Raw | None) -> str | None:
    if raw is None:
        return None
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) else None


def _marks(heads: dict[str, _Head], marks: dict[str, Mark]) -> Iterator[Entry]:
    for id_, head in heads.items():
        if head.type == "marking-definition":
            marks[id_] = mark_of(id_, head.name, head.definition, head.extensions)
            if marks[id_] == SILENT:
                yield LeftOut("marking-definition")


def _links(heads: dict[str, _Head]) -> Generator[Entry, None, dict[str, tuple[str, ...]]]:
    """Names that indicators are said to indicate, by the indicator's id (returned); what is not used is counted."""
    names: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()
    for head in heads.values():
        if head.type != "relationship":
            continue
        target = heads.get(head.target_ref) if isinstance(head.target_ref, str) else None
        begin = heads.get(head.source_ref) if isinstance(head.source_ref, str) else None
        usable = (
            head.relationship_type == "indicates"
            and head.revoked is not True
            and begin is not None
            and begin.type == "indicator"
            and target is not None
            and target.type in _NAMED
            and isinstance(target.name, str)
        )
        if not usable or target is None:
            yield LeftOut("relationship")
            continue
        used.add(head.target_ref)
        known = names.get(head.source_ref, ())
        name = quoted(target.name)
        if name not in known and len(known) < MAX_NAMES:
            names[head.source_ref] = (*known, name)
    for id_, head in heads.items():
        if head.type in _NAMED and id_ not in used:
            yield LeftOut(head.type)
    return names


def _indicator(
    raw: msgspec.Raw,
    source: str,
    where: str,
    marks: dict[str, Mark],
    names: tuple[str, ...],
    missing: set[str],
) -> Iterator[Entry]:
    try:
        one = _INDICATORS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield NotUnderstood(_start_of(raw), where, f"is no indicator of STIX ({_said(error)})")
        return
    if isinstance(one.id, str) and one.id:
        where = f"{where} ({quoted(one.id)})"
    if not isinstance(one.pattern, str):
        yield NotUnderstood(_start_of(raw), where, "is an indicator without a pattern")
        return
    kind = one.pattern_type.lower() if isinstance(one.pattern_type, str) else "stix"
    if kind != "stix":
        reason = _RULES.get(kind, "its kind of pattern is not known")
        yield NotUnderstood(quoted(one.pattern), where, f"{reason} (pattern_type {quoted(kind)})")
        return
    exact = isinstance(one.labels, list) and EXACT_HOST in one.labels
    reading = read_pattern(one.pattern, where=where, exact_host=exact)
    yield from reading.left_out
    for field, value in (("valid_from", one.valid_from), ("valid_until", one.valid_until)):
        if value is not None and _time(value) is None:
            yield NotUnderstood(
                quoted(str(value)), where, f"{field} is no time; the indicator is used without"
            )
    if reading.pattern is None:
        return
    mark = yield from _marks_of(one, where, marks, missing)
    grade, own_names = _own(one.extensions)
    yield Indicator(
        id=quoted(one.id) if isinstance(one.id, str) and one.id else derived_id(source, reading.pattern),
        source=source,
        pattern=reading.pattern,
        written=quoted(one.pattern),
        name=quoted(one.name) if isinstance(one.name, str) else "",
        description=quoted(one.description) if isinstance(one.description, str) else "",
        valid_from_s=_time(one.valid_from),
        valid_until_s=_time(one.valid_until),
        confidence=_confidence(one.confidence),
        grade=grade,
        tlp=mark.tlp,
        pap=mark.pap,
        names=tuple(dict.fromkeys((*own_names, *names)))[:MAX_NAMES],
        revoked=one.revoked is True,
        created_s=_time(one.created),
        modified_s=_time(one.modified),
    )


def _own(extensions: Any) -> tuple[str, tuple[str, ...]]:
    """Grade and names out of the extension that our own exports carry."""
    own = extensions.get(OWN_EXTENSION) if isinstance(extensions, dict) else None
    if not isinstance(own, dict):
        return "", ()
    grade, names = own.get("grade"), own.get("names")
    return (
        grade_of(grade) if isinstance(grade, str) else "",
        tuple(quoted(name) for name in names if isinstance(name, str)) if isinstance(names, list) else (),
    )


def _marks_of(
    one: _Indicator, where: str, marks: dict[str, Mark], missing: set[str]
) -> Generator[Entry, None, Mark]:
    """The strictest of all marks (returned); what marks single properties, or is not there, is listed."""
    refs: list[str] = []
    if isinstance(one.object_marking_refs, list):
        refs += [ref for ref in one.object_marking_refs if isinstance(ref, str)]
    granular = one.granular_markings if isinstance(one.granular_markings, list) else []
    for part in granular[:100]:
        ref = part.get("marking_ref") if isinstance(part, dict) else None
        if not isinstance(ref, str):
            continue
        refs.append(ref)
        selectors = part.get("selectors")
        yield NotUnderstood(
            quoted(f"{ref} on {selectors}"),
            where,
            "marks single properties; it is applied to the whole indicator",
        )
    found: list[Mark] = []
    for ref in refs:
        mark = marks.get(ref) or known_mark(ref)
        if mark is not None:
            found.append(mark)
        elif ref not in missing:
            missing.add(ref)
            yield NotUnderstood(
                quoted(ref), where, "is a marking whose definition is not there; ask before sharing"
            )
    return strictest(found)


def _time(value: Any) -> float | None:
    return time_of(value) if isinstance(value, str) else None


def _confidence(value: Any) -> int | None:
    return confidence_of(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _start_of(raw: msgspec.Raw) -> str:
    return quoted(bytes(memoryview(raw)[:600]).decode("utf-8", "replace"))


def _said(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:150]
