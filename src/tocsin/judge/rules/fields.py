"""What rules can ask for: the published names of `explain --json`, and stable facts about the surroundings."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec

from tocsin.judge.ages import Age
from tocsin.judge.context import Context
from tocsin.model.message import Defect
from tocsin.model.observation import LEAKS, TRIGGERS, Beacon, Content, Observation, Observed, Personal, Sender
from tocsin.observe.beacons.techniques import TECHNIQUES

# Reads the value off the mail (or the thing that is counted) and its context.
Get = Callable[[Any, Any], Any]

# Not recorded is not the same as no: `not` of a comparison with these does not apply while they are empty.
_UNKNOWN_WHEN_EMPTY = frozenset(
    {
        "sender.address",
        "sender.domain",
        "sender.site",
        "sender.spf",
        "sender.dkim",
        "sender.dmarc",
        "sender.arc",
        "sender.dmarc_policy",
    }
)


class Field(msgspec.Struct, frozen=True):
    """One name: `kind` is "text", "number", "truth", "time" or "things", `many` tells a list of texts.

    `get` gives the value, None for what is not known; `items` are the names inside each of the things. `about` is for
    people; `words` are all the values there are, where that is a closed list.
    """

    kind: str
    get: Get
    many: bool = False
    items: Mapping[str, Field] | None = None
    about: str = ""
    words: tuple[str, ...] = ()


def _plain(path: str) -> Get:
    read = attrgetter(path)
    return lambda mail, context: read(mail)


def _or_none(path: str) -> Get:
    read = attrgetter(path)
    return lambda mail, context: read(mail) or None


def _or_empty(path: str) -> Get:
    read = attrgetter(path)
    return lambda mail, context: read(mail) or ""


def _of_struct(struct: type[msgspec.Struct], prefix: str = "") -> dict[str, Field]:
    """The fields of a published struct by name: texts, lists of texts, numbers and truths."""
    found: dict[str, Field] = {}
    for field in msgspec.structs.fields(struct):
        name, at, kind = prefix + field.encode_name, prefix + field.name, field.type
        options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
        if Personal in options:
            for inner in ("kind", "value"):
                found[f"{name}.{inner}"] = Field("text", _inner(at, inner))
        elif kind is bool:
            found[name] = Field("truth", _plain(at))
        elif kind in (int, float):
            found[name] = Field("number", _plain(at))
        elif str in options:  # no vendor is an answer: it is none that we know
            read = _or_none if name in _UNKNOWN_WHEN_EMPTY else _or_empty if len(options) > 1 else _plain
            found[name] = Field("text", read(at))
        elif typing.get_origin(kind) is tuple:
            found[name] = Field("text", _plain(at), many=True)
    return found


def _inner(path: str, name: str) -> Get:
    outer, inner = attrgetter(path), attrgetter(name)

    def get(mail: Any, context: Any) -> Any:
        value = outer(mail)
        return inner(value) if value is not None else ""

    return get


def _relation(path: str) -> Get:
    """A fact about the past: when the past is not known, its absence says nothing."""
    read = attrgetter(path)

    def get(mail: Any, context: Context) -> Any:
        value = read(context)
        return value if value or context.history_known else None

    return get


def _context(path: str) -> Get:
    read = attrgetter(path)
    return lambda mail, context: read(context)


def _people(mail: Observed, context: Context) -> int:
    return max((reach.people for reach in context.reaches), default=1)


def _organisations(mail: Observed, context: Context) -> int:
    return max((reach.organisations for reach in context.reaches), default=1)


def _owner(mail: Observed, context: Context) -> str:
    return context.owner.addresses[0] if context.owner.addresses else ""


_WORDS = {"technique": tuple([technique.id for technique in TECHNIQUES]), "trigger": TRIGGERS, "leaks": LEAKS}
_BEACON = {
    name: msgspec.structs.replace(field, words=_WORDS.get(name, ()))
    for name, field in _of_struct(Beacon).items()
}

FIELDS: Mapping[str, Field] = {
    "subject": Field("text", _plain("subject"), about="the subject"),
    "from": Field("text", _or_none("sender.address"), about="the address in From"),
    "from_name": Field("text", _plain("sender.name"), about="the name in From"),
    "to": Field("text", _plain("to"), many=True, about="addresses of To, Cc and Bcc"),
    "date": Field("time", _plain("date_s"), about="what the mail itself says"),
    "arrival": Field("time", _plain("arrival_s"), about="when the receiver's server had it"),
    "message_id": Field("text", _plain("message_id"), about="without angle brackets"),
    "sha256": Field("text", _plain("sha256"), about="of the mail's bytes"),
    "fingerprint": Field("text", _plain("fingerprint"), about="the same for one mail that came several ways"),
    "owner": Field("text", _owner, about="the first address of the person whose mailbox it is"),
    "mailbox": Field("text", _plain("mailbox"), about="the mailbox it lies in"),
    "folder": Field("text", _plain("folder"), about="the folder inside the mailbox"),
    "flags": Field("text", _plain("flags"), about="letters of SRFDT"),
    "size": Field("number", _plain("size"), about="in bytes"),
    **_of_struct(Sender, "sender."),
    **_of_struct(Content, "content."),
    "beacons": Field("things", _plain("beacons"), items=_BEACON, about="every way in which it calls home"),
    "observations": Field("things", _plain("observations"), items=_of_struct(Observation), about="further facts"),
    "defects": Field("things", _plain("defects"), items=_of_struct(Defect), about="what is wrong with it"),
    "context.history_known": Field("truth", _context("history_known"), about="the mailbox tells of the past at all"),
    "context.own": Field("truth", _context("own"), about="the reader's own mail"),
    "context.same_house": Field("truth", _context("same_house"), about="the sender is of the reader's own domain"),
    "context.wrote_to_address": Field("truth", _relation("wrote_to_address"), about="the reader wrote to it before"),
    "context.wrote_to_site": Field("truth", _relation("wrote_to_site"), about="… to somebody of the sender's domain"),
    "context.replied": Field("truth", _relation("replied"), about="the reader answered the sender before"),
    "context.answers_owner": Field("truth", _relation("answers_owner"), about="answers a mail of the reader"),
    "context.earlier_mails": Field("number", _relation("address.mails"), about="earlier mails of this address here"),
    "context.earlier_days": Field("number", _relation("address.days"), about="days with mail of this address here"),
    "context.earlier_mails_of_site": Field("number", _relation("site.mails"), about="earlier mails of its domain"),
    "context.people": Field("number", _people, about="protected people reached by its sender, text or host in 14 days"),
    "context.organisations": Field("number", _organisations, about="their organisations"),
    "context.domain_ages": Field("things", _context("ages"), items=_of_struct(Age), about="how old its domains are"),
}  # fmt: skip


def field_name(written: str, fields: Mapping[str, Field]) -> str | None:
    """The name in `fields` that somebody wrote, or None; `mail.` in front is as good as nothing."""
    if written in fields:
        return written
    shorter = written.removeprefix("mail.")
    return shorter if fields is FIELDS and shorter in fields and "." not in shorter else None


def suggestion(written: str, known: typing.Iterable[str]) -> str:
    """What somebody could have meant, as the end of an error."""
    import difflib

    known = list(known)
    close = difflib.get_close_matches(written, known, 1, 0.6)
    if not close:  # the last part of a name is what people remember
        close = [name for name in known if name.rpartition(".")[2] == written.rpartition(".")[2]]
    if close:
        return f"did you mean {close[0]!r}?"
    return f"expected one of {', '.join(known)}" if len(known) <= 48 else "docs/rules.md lists the names"
