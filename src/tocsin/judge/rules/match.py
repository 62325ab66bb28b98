"""Conditions to functions: made once, asked for each mail.

A function answers True, False, or None where the mail or the mailbox does not tell: `not` leaves None as it is, so
what is unknown never counts as a sign.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from tocsin.judge.rules.fields import FIELDS, Field, Get
from tocsin.judge.rules.patterns import compile_pattern
from tocsin.model.rules import All, Condition, Count, Not, Test

Known = bool | None
Ask = Callable[[Any, Any], Known]
Check = Callable[[Any], bool]

_VALUE = Field("text", lambda text, context: text)


def compile_condition(condition: Condition, fields: Mapping[str, Field] = FIELDS) -> Ask:
    """The function of (mail, context) that tells whether this condition applies."""
    if isinstance(condition, Test):
        return _compile_test(condition, fields[condition.field] if condition.field else _VALUE)
    if isinstance(condition, Not):
        return _negated(compile_condition(condition.part, fields))
    if isinstance(condition, Count):
        return _compile_count(condition, fields)
    # The quick ones first: what is asked of a mail has no side effects.
    parts = [compile_condition(part, fields) for part in sorted(condition.parts, key=_cost)]
    return _every(parts) if isinstance(condition, All) else _some(parts)


_COSTS = {"regex": 6, "cidr": 3, "hours": 3, "weekday": 3}


def _cost(condition: Condition) -> int:
    """How long asking takes, roughly, in comparisons of two texts."""
    if isinstance(condition, Test):
        return sum(_COSTS.get(word, 1) for word, _ in condition.operators)
    if isinstance(condition, Not):
        return _cost(condition.part)
    if isinstance(condition, Count) and isinstance(condition.of, str):
        return 10 * (_cost(condition.where) if condition.where is not None else 0) + 1
    return sum(map(_cost, condition.parts if not isinstance(condition, Count) else ()))


def _every(parts: Sequence[Ask]) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        answer: Known = True
        for part in parts:
            known = part(mail, context)
            if known is False:
                return False
            if known is None:
                answer = None
        return answer

    return ask


def _some(parts: Sequence[Ask]) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        answer: Known = False
        for part in parts:
            known = part(mail, context)
            if known:
                return True
            if known is None:
                answer = None
        return answer

    return ask


def _negated(part: Ask) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        known = part(mail, context)
        return None if known is None else not known

    return ask


def _compile_count(count: Count, fields: Mapping[str, Field]) -> Ask:
    least, most = count.at_least, count.at_most
    if not isinstance(count.of, str):
        return _counted([compile_condition(part, fields) for part in count.of], least, most)
    field = fields[count.of]
    get = field.get
    if count.where is None:

        def ask_size(mail: Any, context: Any) -> Known:
            size = len(get(mail, context))
            return size >= least and (most is None or size <= most)

        return ask_size
    where = compile_condition(count.where, field.items if field.items is not None else fields)

    def ask(mail: Any, context: Any) -> Known:
        found = 0
        for thing in get(mail, context):
            if where(thing, context):
                found += 1
                if most is None and found >= least:
                    return True
        return found >= least and (most is None or found <= most)

    return ask


def _counted(parts: Sequence[Ask], least: int, most: int | None) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        sure = possible = 0
        for part in parts:
            known = part(mail, context)
            sure += known is True
            possible += known is not False
        if possible < least or (most is not None and sure > most):
            return False
        return True if sure >= least and (most is None or possible <= most) else None

    return ask


def _compile_test(test: Test, field: Field) -> Ask:
    get = field.get
    checks = [_check(word, values, test, field) for word, values in test.operators]
    check = checks[0] if len(checks) == 1 else _all_of(checks)
    if field.many:
        if test.operators[0][0] == "present":
            return _presence(get, bool(test.operators[0][1][0]))
        if len(checks) == 1 and test.operators[0][0] == "cidr":
            return _any_within(get, _masks(test.operators[0][1]))
        return _any_of(get, check)
    if any(word == "present" for word, _ in test.operators):
        if len(test.operators) == 1:
            return _presence(get, bool(test.operators[0][1][0]))
        checks = [_check(word, values, test, field) for word, values in test.operators if word != "present"]
        check = _all_of(checks)

    def ask(mail: Any, context: Any) -> Known:
        value = get(mail, context)
        return None if value is None else check(value)

    return ask


def _presence(get: Get, wanted: bool) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        value = get(mail, context)
        return (value is not None and value != "" and value != ()) is wanted

    return ask


def _any_of(get: Get, check: Check) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        return any(check(value) for value in get(mail, context))

    return ask


def _all_of(checks: Sequence[Check]) -> Check:
    return lambda value: all(check(value) for check in checks)


def _check(word: str, values: tuple[Any, ...], test: Test, field: Field) -> Check:
    """Whether one value of the field is what an operator wants."""
    if field.kind == "text":
        return _check_text(word, values, test.case)
    if field.kind == "time":
        return _check_time(word, values, test.zone or UTC)
    first = values[0]
    if field.kind == "truth":
        return lambda value: value is first
    if word == "equals":
        return lambda value: value in values
    if word == "less":
        return lambda value: any(value < one for one in values)
    if word == "more":
        return lambda value: any(value > one for one in values)
    if word == "at_least":
        return lambda value: any(value >= one for one in values)
    return lambda value: any(value <= one for one in values)


def _check_text(word: str, values: tuple[str, ...], case: bool) -> Check:
    if word == "present":
        wanted = bool(values[0])
        return lambda value: bool(value) is wanted
    if word == "regex":
        found = [compile_pattern(value, case=case) for value in values]
        if len(found) == 1:
            return found[0]
        return lambda value: any(one(value) for one in found)
    if word == "cidr":
        networks = _masks(values)
        return lambda value: _within(value, networks)
    if case:
        return _check_exactly(word, values)
    check = _check_exactly(word, tuple([value.casefold() for value in values]))
    return lambda value: check(value.casefold())


def _check_exactly(word: str, values: tuple[str, ...]) -> Check:
    if word == "starts":
        return lambda value: value.startswith(values)
    if word == "ends":
        return lambda value: value.endswith(values)
    if word == "equals":
        wanted = frozenset(values)
        return lambda value: value in wanted
    if len(values) == 1:
        only = values[0]
        return lambda value: only in value
    return lambda value: any(one in value for one in values)


def _any_within(get: Get, networks: Sequence[tuple[int, int, int]]) -> Ask:
    def ask(mail: Any, context: Any) -> Known:
        for version, number in _addresses(get(mail, context)):
            for of, mask, start in networks:
                if number & mask == start and version == of:
                    return True
        return False

    return ask


@lru_cache(maxsize=64)  # of one mail, many rules ask
def _addresses(values: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    return tuple([address for value in values if (address := _address(value)) is not None])


def _masks(networks: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """(version, mask, address under the mask) of each."""
    parsed = [ipaddress.ip_network(network) for network in networks]
    return tuple([(one.version, int(one.netmask), int(one.network_address)) for one in parsed])


def _within(value: str, networks: Sequence[tuple[int, int, int]]) -> bool:
    address = _address(value)
    if address is None:
        return False
    version, number = address
    for of, mask, start in networks:  # noqa: SIM110 - a generator takes three times as long
        if number & mask == start and version == of:
            return True
    return False


@lru_cache(maxsize=8192)
def _address(value: str) -> tuple[int, int] | None:
    """Version and number of the address that a text is, in brackets or not; names are no addresses."""
    bare = value.strip("[]").removeprefix("IPv6:")
    if not bare[-1:].isalnum() or not (bare[:1].isdigit() or ":" in bare):
        return None
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version, int(address)


def _check_time(word: str, values: tuple[Any, ...], zone: tzinfo) -> Check:
    first = values[0]
    if word == "before":
        return lambda value: value < first
    if word == "after":
        return lambda value: value >= first
    if word == "weekday":
        days = frozenset(values)
        return lambda value: (at := _local(value, zone)) is not None and at.weekday() in days

    def within(value: float) -> bool:
        at = _local(value, zone)
        if at is None:
            return False
        minute = at.hour * 60 + at.minute
        return any(
            start <= minute < end if start < end else minute >= start or minute < end for start, end in values
        )

    return within


@lru_cache(maxsize=64)  # of one mail, many rules ask
def _local(value: float, zone: tzinfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, zone)
    except (ValueError, OverflowError, OSError):  # mails claim dates beyond the calendar
        return None
