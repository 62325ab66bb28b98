"""Examples of rules: a mail built from values of fields, and what a condition saw in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.judge.ages import Age
from tocsin.judge.context import Context, Seen
from tocsin.judge.fanout import Reach
from tocsin.judge.rules.fields import FIELDS, Field
from tocsin.judge.rules.match import compile_condition
from tocsin.judge.rules.tree import shortened
from tocsin.judge.rules.values import WEEKDAYS
from tocsin.judge.traits import read_traits
from tocsin.model.message import Defect
from tocsin.model.observation import Beacon, Content, Observation, Observed, Personal, Sender
from tocsin.model.people import Owner
from tocsin.model.rules import Condition, Count, Not, Test

_READER = Owner(("reader@house.example",), "Reader", "House")
_SENDER_OF = {"from": "address", "from_name": "name"}
_TIME_OF = {"date": "date_s", "arrival": "arrival_s"}
_SEEN_OF = {"context.earlier_mails": "mails", "context.earlier_days": "days"}
_MOST_LINES = 24


def observed_from(facts: Mapping[str, Any]) -> Observed:
    """A mail of which the named fields have these values, and nothing else is known."""
    sender: dict[str, Any] = {}
    content: dict[str, Any] = {}
    mail: dict[str, Any] = {}
    for name, value in facts.items():
        group, _, field = name.rpartition(".")
        if name in _SENDER_OF:
            sender[_SENDER_OF[name]] = value
        elif name in _TIME_OF:
            mail[_TIME_OF[name]] = value
        elif group == "sender":
            sender[field] = value
        elif group == "content":
            content[field] = _as(value, FIELDS[name])
        elif name in ("beacons", "observations", "defects"):
            mail[name] = tuple([_thing(name, thing) for thing in value])
        elif not group and name != "owner":
            mail[name] = _as(value, FIELDS[name])
    if "address" in sender:
        domain = sender["address"].rpartition("@")[2]
        sender = {"domain": domain, "site": domain, **sender}
    defaults: dict[str, Any] = {
        "source": "example", "mailbox": "", "folder": "", "sha256": "", "fingerprint": "", "message_id": "",
        "date_s": None, "arrival_s": None, "subject": "", "to": (), "delivered_to": (), "beacons": (),
        "observations": (), "defects": (), "not_evaluated": (), "size": 0,
    }  # fmt: skip
    return Observed(**{**defaults, **mail}, sender=Sender(**sender), content=Content(**content))


def _as(value: Any, field: Field) -> Any:
    return int(value) if field.kind == "number" else value


def _thing(name: str, values: Mapping[str, Any]) -> Any:
    if name == "observations":
        return Observation(values.get("kind", ""), values.get("value", ""), values.get("where", ""))
    if name == "defects":
        return Defect(values.get("code", ""), values.get("text", ""), values.get("where", ""))
    plain = {key: value for key, value in values.items() if "." not in key}
    if "offset" in plain:
        plain["offset"] = int(plain["offset"])
    personal = None
    if "personal.kind" in values or "personal.value" in values:
        personal = Personal(values.get("personal.kind", ""), values.get("personal.value", ""))
    host = plain.get("host") or plain.get("url", "").partition("//")[2].partition("/")[0]
    defaults: dict[str, Any] = {
        "technique": "image", "url": "", "host": host, "site": host, "trigger": "open", "conditional": False,
        "fires_in": (), "leaks": (), "part": "",
    }  # fmt: skip
    return Beacon(**{**defaults, **plain}, personal=personal)


def context_from(mail: Observed, facts: Mapping[str, Any], context: Context | None = None) -> Context:
    """The context of this mail with these facts of `context.…` and `owner` in the place of what it says."""
    context = context if context is not None else Context(owner=_READER, traits=read_traits(mail))
    changes: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for name, value in facts.items():
        field = name.partition("context.")[2]
        if name == "owner":
            changes["owner"] = Owner((value,), value, value.rpartition("@")[2])
        elif name in _SEEN_OF:
            seen[_SEEN_OF[name]] = int(value)
        elif name == "context.earlier_mails_of_site":
            changes["site"] = Seen(mails=int(value))
        elif name == "context.domain_ages":
            changes["ages"] = tuple(
                [Age(age.get("role", ""), age.get("domain", ""), int(age.get("days", 0))) for age in value]
            )
        elif field in Context.__struct_fields__:
            changes[field] = value
    people, organisations = facts.get("context.people"), facts.get("context.organisations")
    if people is not None or organisations is not None:
        changes["reaches"] = (Reach("sender", int(people or organisations or 1), int(organisations or 1)),)
    if seen:
        changes["address"] = Seen(**seen)
    if any(name.startswith("context.") for name in facts) and "history_known" not in changes:
        changes["history_known"] = True  # who states a fact about the past knows it
    return msgspec.structs.replace(context, **changes)


def trace(condition: Condition, mail: Observed, context: Context) -> tuple[str, ...]:
    """What each piece of the condition saw in this mail, a line each, indented as the condition is."""
    lines = list(_trace(condition, mail, context, FIELDS, 0))
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES} more lines"]
    return tuple(lines)


_ANSWERS = {True: "yes", False: "no", None: "not known"}


def _trace(
    condition: Condition, mail: Any, context: Context, fields: Mapping[str, Field], depth: int
) -> Iterator[str]:
    answer = _ANSWERS[compile_condition(condition, fields)(mail, context)]
    indent = "  " * depth
    if isinstance(condition, Test):
        saw = fields[condition.field].get(mail, context) if condition.field else mail
        yield f"{indent}{answer}: {_told(condition)}; saw {_seen(saw, fields.get(condition.field))}"
    elif isinstance(condition, Not):
        yield f"{indent}{answer}: not"
        yield from _trace(condition.part, mail, context, fields, depth + 1)
    elif isinstance(condition, Count) and isinstance(condition.of, str):
        field = fields[condition.of]
        things = field.get(mail, context)
        most = f", at most {condition.at_most}" if condition.at_most is not None else ""
        yield f"{indent}{answer}: {condition.of}, at least {condition.at_least}{most}; saw {len(things)} in all"
        if condition.where is not None:
            for thing in things[:3]:
                yield from _trace(condition.where, thing, context, field.items or {}, depth + 1)
    else:
        parts = condition.of if isinstance(condition, Count) else condition.parts
        word = type(condition).__name__.lower() if not isinstance(condition, Count) else "count"
        yield f"{indent}{answer}: {'any' if word == 'anyof' else word}"
        for part in parts:
            if not isinstance(part, str):
                yield from _trace(part, mail, context, fields, depth + 1)


def _told(test: Test) -> str:
    said = []
    for word, values in test.operators:
        shown = [_value(value, word) for value in values[:3]]
        more = f" or {len(values) - 3} more" if len(values) > 3 else ""
        said.append(f"{word} {' or '.join(shown)}{more}")
    return f"{test.field or 'text'} {' and '.join(said)}"


def _value(value: Any, word: str) -> str:
    if word in ("before", "after"):
        return _moment(value)
    if word == "weekday":
        return WEEKDAYS[value].capitalize()
    if word == "hours":
        return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else repr(shortened(str(value)))


def _seen(value: Any, field: Field | None) -> str:
    if value is None:
        return "nothing that is known"
    if field is not None and field.kind == "time":
        return _moment(value)
    if isinstance(value, tuple):
        shown = ", ".join(repr(shortened(str(one))) for one in value[:5])
        return (shown + (f" and {len(value) - 5} more" if len(value) > 5 else "")) or "none"
    return _value(value, "")


def _moment(value: float) -> str:
    try:
        return datetime.fromtimestamp(value, UTC).isoformat()[:16] + "Z"
    except (ValueError, OverflowError, OSError):
        return f"{value:g} s"
