"""The place in a mail that a hit rests on, as people look for it: a header, a host, a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.judge.rules.fields import FIELDS
from tocsin.judge.rules.match import compile_condition
from tocsin.model.rules import All, AnyOf, Condition, Count, Test

Place = Callable[[Any, Any], str]

_HEADERS = {
    "subject": "Subject", "from": "From", "from_name": "From", "to": "To", "date": "Date", "arrival": "Received",
    "message_id": "Message-ID", "sender.name": "From", "sender.address": "From", "sender.domain": "From",
    "sender.site": "From", "sender.reply_to": "Reply-To", "sender.reply_site": "Reply-To",
    "sender.return_path": "Return-Path", "sender.return_site": "Return-Path", "sender.message_id_host": "Message-ID",
    "sender.dkim_domains": "DKIM-Signature", "sender.spf": "Authentication-Results",
    "sender.dkim": "Authentication-Results", "sender.dmarc": "Authentication-Results",
    "sender.dmarc_policy": "Authentication-Results",
    "sender.arc": "Authentication-Results", "sender.authserv_id": "Authentication-Results",
    "sender.relays": "Received", "sender.mailer": "X-Mailer", "sender.list_id": "List-ID",
    "sender.list_unsubscribe": "List-Unsubscribe", "sender.one_click": "List-Unsubscribe-Post",
    "sender.precedence": "Precedence", "sender.auto_submitted": "Auto-Submitted", "sender.in_reply_to": "In-Reply-To",
}  # fmt: skip
# Of a thing that fits, the first of these that it has.
_OF_THINGS = {
    "beacons": ("host", "part"),
    "observations": ("where",),
    "defects": ("where",),
    "context.domain_ages": ("domain",),
}


def place_of(condition: Condition) -> Place:
    """A function of (mail, context) that names the place, "" for the mail as a whole; for mails that were hit."""
    if isinstance(condition, Test):
        header = _HEADERS.get(condition.field, "body" if condition.field.startswith("content.") else "")
        return lambda mail, context: header
    if isinstance(condition, Count) and isinstance(condition.of, str):
        return _place_of_thing(condition) if condition.at_least > 0 else _nowhere
    if isinstance(condition, Count | All | AnyOf):
        parts = condition.of if isinstance(condition, Count) else condition.parts
        return _first(
            [(compile_condition(part), place_of(part)) for part in parts if not isinstance(part, str)]
        )
    return _nowhere


def _nowhere(mail: Any, context: Any) -> str:
    return ""


def _first(parts: list[tuple[Any, Place]]) -> Place:
    def place(mail: Any, context: Any) -> str:
        named = (where(mail, context) for ask, where in parts if ask(mail, context))
        return next((name for name in named if name), "")

    return place


def _place_of_thing(count: Count) -> Place:
    field = FIELDS[str(count.of)]
    header, names = _HEADERS.get(str(count.of), ""), _OF_THINGS.get(str(count.of), ())
    if field.items is None:
        return lambda mail, context: header
    fits = compile_condition(count.where, field.items) if count.where is not None else None

    def place(mail: Any, context: Any) -> str:
        for thing in field.get(mail, context):
            if fits is None or fits(thing, context):
                return next((value for value in (getattr(thing, name) for name in names) if value), "")
        return ""

    return place
