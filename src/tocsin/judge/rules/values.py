"""Scalars of a rule file as the values they stand for."""

from __future__ import annotations

import datetime
import re
from typing import Any

from tocsin.judge.rules.fields import Field, suggestion
from tocsin.judge.rules.tree import Node, RuleError, shortened

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{1,10})?|\.\d{1,10})")
_HOURS = re.compile(r"([01]?\d|2[0-4])(?::([0-5]\d))?\s*-\s*([01]?\d|2[0-4])(?::([0-5]\d))?")
_OFFSET = re.compile(r"([+-])([01]\d):?([0-5]\d)")
_MAX_TEXT = 1_000_000


def text_of(node: Node, place: str) -> str:
    """A text; true and false without quotes are none."""
    if node.text is None:
        raise RuleError(f"{place} is {node.kind}; expected a text")
    if not node.quoted and node.text in ("true", "false", "null", "~"):
        raise RuleError(f"{place} is {node.text}; expected a text, in quotes if that is the text")
    if len(node.text) > _MAX_TEXT:
        raise RuleError(f"{place} has {len(node.text):,} characters; expected at most {_MAX_TEXT:,}")
    return node.text


def number(node: Node, place: str) -> float:
    """A number written plainly, such as 3 or -1.5."""
    if node.text is None or node.quoted or not _NUMBER.fullmatch(node.text):
        raise RuleError(f"{place} is {node.kind}; expected a number without quotes")
    return float(node.text)


def whole(node: Node, place: str) -> int:
    """A whole number of 0 or more."""
    value = number(node, place)
    if value < 0 or value != int(value):
        raise RuleError(f"{place} is {node.kind}; expected a whole number of 0 or more")
    return int(value)


def truth(node: Node, place: str) -> bool:
    """true or false."""
    if node.text is None or node.quoted or node.text.lower() not in ("true", "false"):
        raise RuleError(f"{place} is {node.kind}; expected true or false, without quotes")
    return node.text.lower() == "true"


def moment(node: Node, place: str, zone: datetime.tzinfo) -> float:
    """A day or a time as Unix seconds; `zone` holds where the text names none."""
    text = text_of(node, place)
    try:
        at = datetime.datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        return at.timestamp()
    except (ValueError, OverflowError):
        raise RuleError(
            f"{place} is {shortened(text)!r}; expected a day or time such as 2026-03-01 or 2026-03-01T18:00+01:00"
        ) from None


def hours(node: Node, place: str) -> tuple[int, int]:
    """From and to as minutes of the day; 22:00-06:00 goes over midnight."""
    text = text_of(node, place)
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise RuleError(f"{place} is {shortened(text)!r}; expected hours such as 22:00-06:00")
    start, end = (int(match[i]) * 60 + int(match[i + 1] or 0) for i in (1, 3))
    if start == end or max(start, end) > 1440:
        raise RuleError(
            f"{place} is {shortened(text)!r}, which is no span of the day; expected 22:00-06:00 or the like"
        )
    return start, end


def weekday(node: Node, place: str) -> int:
    """0 for Monday to 6; English names, or their first three letters."""
    text = text_of(node, place).strip().lower()
    for index, name in enumerate(WEEKDAYS):
        if text in (name, name[:3]):
            return index
    raise RuleError(f"{place} is {shortened(text)!r}; {suggestion(text, WEEKDAYS)}")


def offset(text: str) -> datetime.tzinfo | None:
    """The zone that "+01:00", "Z" or "UTC" names; None for other names."""
    if text.upper() in ("Z", "UTC"):
        return datetime.UTC
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return datetime.timezone(datetime.timedelta(minutes=-minutes if match[1] == "-" else minutes))


def fact(node: Node, field: Field, place: str) -> Any:
    """A value that a field could have, for examples."""
    if field.kind == "truth":
        return truth(node, place)
    if field.kind == "number":
        return number(node, place)
    if field.kind == "time":
        return moment(node, place, datetime.UTC)
    if field.many:
        return tuple([text_of(item, place) for item in (node.items if node.items is not None else (node,))])
    return text_of(node, place)
