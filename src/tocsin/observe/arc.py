"""ARC (RFC 8617): what each station on the way saw, and whether its seals hold against keys that were handed in."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from tocsin.mail.authresults import AuthResults, parse_authentication_results
from tocsin.mail.dns_records import Records
from tocsin.model.message import Header
from tocsin.observe.signatures import canonical_forms, check_body, covered_names
from tocsin.observe.signed_text import (
    SignedText,
    Tags,
    Unverifiable,
    domain_of,
    fits,
    header_bytes,
    read_tags,
    signed_header,
    value_of,
    without_signature,
)

_RESULTS, _SIGNATURE, _SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"
_INSTANCE = re.compile(r"(?:^|[;\s])i\s{0,20}=\s{0,20}(\d{1,3})")
_SEALED_BY = re.compile(r"(?:^|[;\s])d\s{0,20}=\s{0,20}([A-Za-z0-9._-]{1,253})")
_MOST_SETS = 50  # RFC 8617 4.2.1
_MOST_VERIFIED = 10


class Station(msgspec.Struct, frozen=True):
    """One set of fields: the domain that sealed it and what it says it saw. Anybody can write one."""

    sealed_by: str
    results: AuthResults


def read_stations(headers: Sequence[Header]) -> tuple[Station, ...]:
    """The stations in order, the first one that saw the mail first; () where sets are missing, doubled or too many."""
    sets: dict[str, dict[int, str]] = {_RESULTS: {}, _SIGNATURE: {}, _SEAL: {}}
    for header in headers:
        place = sets.get(header.name)
        if place is None:
            continue
        instance = _INSTANCE.search(header.value[:2_000])
        if instance is None or int(instance[1]) in place or len(place) == _MOST_SETS:
            return ()
        place[int(instance[1])] = header.value
    count = len(sets[_SEAL])
    wanted = set(range(1, count + 1))
    if not count or any(set(place) != wanted for place in sets.values()):
        return ()
    stations = []
    for instance_number in range(1, count + 1):
        sealed = _SEALED_BY.search(sets[_SEAL][instance_number][:2_000])
        if sealed is None:
            return ()
        results = parse_authentication_results(
            sets[_RESULTS][instance_number].partition(";")[2]
            if instance_number <= 2 or instance_number == count
            else ""
        )
        stations.append(Station(sealed[1].lower().rstrip("."), results))
    return tuple(stations)


def check_chain(text: SignedText, records: Records) -> str:
    """ "pass" for a chain whose seals and newest signature hold, "fail" for a broken one, "" where that is not known.

    A newest signature that holds for the header, but not for the body, is unknown: something was added after it.
    """
    try:
        return "pass" if _holds(text, records) else "fail"
    except Unverifiable:
        return ""


def _holds(text: SignedText, records: Records) -> bool:
    sets: dict[str, dict[int, tuple[Tags, bytes]]] = {_RESULTS: {}, _SIGNATURE: {}, _SEAL: {}}
    for name, field in text.fields:
        place = sets.get(name)
        if place is None:
            continue
        found = _INSTANCE.search(value_of(field).decode("latin-1")[:2_000])
        if found is None or int(found[1]) in place:
            raise Unverifiable("malformed")
        place[int(found[1])] = ({} if name == _RESULTS else read_tags(value_of(field)), field)
    count = len(sets[_SEAL])
    wanted = set(range(1, count + 1))
    if not 1 <= count <= _MOST_VERIFIED or any(set(place) != wanted for place in sets.values()):
        raise Unverifiable("malformed")
    if any(
        sets[_SEAL][number][0].get("cv", "") != ("none" if number == 1 else "pass")
        for number in sorted(wanted)
    ):
        return False
    tags, field = sets[_SIGNATURE][count]
    header_relaxed, body_relaxed = canonical_forms(tags, "relaxed")
    names = covered_names(tags)
    holds = fits(records, tags, signed_header(text.fields, names, field, header_relaxed))
    if not check_body(text.body, tags, body_relaxed, {}):
        raise Unverifiable("altered")
    if not holds:
        return False
    covered = b""
    for number in range(1, count + 1):
        covered += header_bytes(sets[_RESULTS][number][1], True) + header_bytes(
            sets[_SIGNATURE][number][1], True
        )
        seal_tags, seal = sets[_SEAL][number]
        domain_of(seal_tags)
        if "h" in seal_tags or "b" not in seal_tags:
            raise Unverifiable("malformed")
        itself = header_bytes(without_signature(seal), True).removesuffix(b"\r\n")
        if not fits(records, seal_tags, covered + itself):
            return False
        covered += header_bytes(seal, True)
    return True
