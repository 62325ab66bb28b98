"""What stands under `match`: a tree of conditions, checked against the names, types and operators there are."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from tocsin.judge.rules.fields import Field, field_name, suggestion
from tocsin.judge.rules.tree import Node, RuleError, shortened
from tocsin.judge.rules.values import hours, moment, number, offset, text_of, truth, weekday, whole
from tocsin.model.rules import All, AnyOf, Condition, Count, Not, Operator, Test

MAX_PATTERN = 2000
_WORDS = ("all", "any", "not", "count")
_TEXT: tuple[Operator, ...] = ("equals", "contains", "starts", "ends", "regex", "cidr", "present")
_NUMBER: tuple[Operator, ...] = ("equals", "less", "more", "at_least", "at_most")
_TIME: tuple[Operator, ...] = ("before", "after", "weekday", "hours", "present")
_OPERATORS = {"text": _TEXT, "number": _NUMBER, "truth": ("equals",), "time": _TIME}
# What goes with operators and is none itself.
_BESIDE = {"text": ("case",), "time": ("zone",)}
_TEXT_FIELD = Field("text", lambda text, context: text)

Fields = Mapping[str, Field]
Zone = Callable[[str], datetime.tzinfo]


def read_condition(node: Node, source: str, fields: Fields, zone: Zone) -> Condition:
    """The condition that this node states; every entry of a mapping must apply. Raises RuleError."""
    place = f"{source}, line {node.line}"
    if node.items is not None:
        raise RuleError(f"{place}: a condition is a list; put `all:` or `any:` above it")
    if not node.entries:
        raise RuleError(
            f"{place}: a condition is {node.kind}; expected a field or one of {', '.join(_WORDS)}"
        )
    parts = [_entry(key, value, source, fields, zone) for key, value in node.entries]
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _entry(key: Node, value: Node, source: str, fields: Fields, zone: Zone) -> Condition:
    word, place = key.text or "", f"{source}, line {key.line}"
    if word in ("all", "any"):
        parts = _parts(value, f"{place}: {word}", source, fields, zone)
        return All(parts) if word == "all" else AnyOf(parts)
    if word == "not":
        if value.items is not None:
            raise RuleError(
                f"{place}: not is a list; put `any:` below it to refuse each, or `all:` to refuse all at once"
            )
        return Not(read_condition(value, source, fields, zone))
    if word == "count":
        return _count(value, place, source, fields, zone)
    name = field_name(word, fields)
    if name is None:
        raise RuleError(f"{place}: unknown field {shortened(word)!r}; {suggestion(word, (*fields, *_WORDS))}")
    field = fields[name]
    if field.items is not None:
        return Count(name, read_condition(value, source, field.items, zone))
    return _test(name, field, value, source, zone)


def _parts(node: Node, place: str, source: str, fields: Fields, zone: Zone) -> tuple[Condition, ...]:
    if not node.items:
        raise RuleError(
            f"{place} is {node.kind if node.items is None else 'empty'}; expected conditions, each after a -"
        )
    return tuple([read_condition(item, source, fields, zone) for item in node.items])


def _count(node: Node, place: str, source: str, fields: Fields, zone: Zone) -> Count:
    keys = ("of", "where", "at_least", "at_most")
    if node.entries is None:
        raise RuleError(
            f"{place}: count is {node.kind}; expected count: {{of: beacons, where: …, at_least: 3}}"
        )
    given: dict[str, Node] = {}
    for key, value in node.entries:
        if key.text not in keys:
            raise RuleError(
                f"{source}, line {key.line}: unknown key {shortened(key.text or '')!r} in count; "
                f"{suggestion(key.text or '', keys)}"
            )
        given[key.text] = value
    if "of" not in given:
        raise RuleError(f"{place}: count has no `of`; name the list to count, such as beacons")
    least = whole(given["at_least"], f"{place}: at_least") if "at_least" in given else None
    most = whole(given["at_most"], f"{place}: at_most") if "at_most" in given else None
    if least is None and most is None:
        raise RuleError(f"{place}: count has neither at_least nor at_most; say how many")
    if most is not None and (least or 0) > most:
        raise RuleError(f"{place}: at_least {least} is more than at_most {most}; swap them")
    least = least if least is not None else 0
    counted = given["of"]
    if counted.items is not None:
        if "where" in given:
            raise RuleError(f"{place}: count of conditions takes no `where`; put it into each of them")
        return Count(_parts(counted, f"{place}: of", source, fields, zone), None, least, most)
    lists = [name for name, field in fields.items() if field.items is not None or field.many]
    name = field_name(text_of(counted, f"{place}: of"), fields)
    if name is None or name not in lists:
        raise RuleError(
            f"{place}: {shortened(counted.text or '')!r} is no list that can be counted; "
            f"{suggestion(counted.text or '', lists)}"
        )
    where, items = None, fields[name].items
    if "where" in given:
        where = (
            read_condition(given["where"], source, items, zone)
            if items is not None
            else _test("", _TEXT_FIELD, given["where"], source, zone)
        )
    return Count(name, where, least, most)


def _test(name: str, field: Field, node: Node, source: str, zone: Zone) -> Test:
    place = f"{source}, line {node.line}: {name or 'where'}"
    kind = field.kind
    if node.entries is None:  # short for equals
        if kind == "time":
            raise RuleError(
                f"{place} is {node.kind}; expected one of {', '.join(_TIME)}, as in {{after: 2026-03-01}}"
            )
        values = _values("equals", node, kind, place, datetime.UTC)
        _check_words(values, field, place)
        return Test(name, (("equals", values),))
    known, beside = _OPERATORS[kind], _BESIDE.get(kind, ())
    given: dict[str, Node] = {}
    for key, value in node.entries:
        word = key.text or ""
        if word not in known and word not in beside:
            raise RuleError(
                f"{source}, line {key.line}: unknown operator {shortened(word)!r} for {name or 'where'}, which is "
                f"{_KINDS[kind]}; {suggestion(word, (*known, *beside))}"
            )
        given[word] = value
    case = truth(given["case"], f"{place}: case") if "case" in given else False
    where = _zone(given.get("zone"), place, zone)
    operators = tuple(
        [
            (word, _values(word, given[word], kind, f"{place}: {word}", where))
            for word in known
            if word in given
        ]
    )
    for word, values in operators:
        if word == "equals":
            _check_words(values, field, place)
    if not operators:
        raise RuleError(f"{place} has no operator; expected one of {', '.join(known)}")
    return Test(name, operators, case, where if kind == "time" else None)


_KINDS = {"text": "a text", "number": "a number", "truth": "true or false", "time": "a time"}


def _zone(node: Node | None, place: str, zone: Zone) -> datetime.tzinfo:
    if node is None:
        return datetime.UTC
    name = text_of(node, f"{place}: zone")
    found = offset(name)
    if found is not None:
        return found
    try:
        return zone(name)
    except ValueError as error:
        raise RuleError(f"{place}: zone is {shortened(name)!r}; {error}") from None


def _values(word: str, node: Node, kind: str, place: str, zone: datetime.tzinfo) -> tuple[Any, ...]:
    nodes = node.items if node.items is not None else (node,)
    if not nodes:
        raise RuleError(f"{place} is an empty list; expected at least one value")
    if word == "present" or kind == "truth":
        return (truth(node, place),)
    if kind == "number":
        return tuple([number(item, place) for item in nodes])
    if word in ("before", "after"):
        return (moment(node, place, zone),)
    if word == "weekday":
        return tuple([weekday(item, place) for item in nodes])
    if word == "hours":
        return tuple([hours(item, place) for item in nodes])
    texts = tuple([text_of(item, place) for item in nodes])
    for text in texts:
        if word == "regex":
            _check_pattern(text, place)
        elif word == "cidr":
            _check_network(text, place)
        elif not text:
            raise RuleError(f"{place} is an empty text; to ask for one, write present: false")
    return texts


def _check_words(values: tuple[Any, ...], field: Field, place: str) -> None:
    for value in values if field.words else ():
        if str(value).lower() not in field.words:
            raise RuleError(f"{place} is {shortened(str(value))!r}; {suggestion(str(value), field.words)}")


def _check_pattern(text: str, place: str) -> None:
    from tocsin.judge.rules.patterns import PatternError, compile_pattern

    if len(text) > MAX_PATTERN:
        raise RuleError(f"{place} has {len(text):,} characters; expected at most {MAX_PATTERN:,}")
    try:
        compile_pattern(text, case=False)
    except PatternError as error:
        raise RuleError(
            f"{place}: {shortened(text)!r} is not a regular expression here: {error}; RE2 has no look-around and no "
            "back-references"
        ) from None


def _check_network(text: str, place: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise RuleError(
            f"{place}: {shortened(text)!r} is no network ({error}); expected one such as 192.0.2.0/24 or 2001:db8::/32"
        ) from None
