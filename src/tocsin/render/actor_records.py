"""Published actors as JSON objects, one a line; schemas in docs/schemas."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.actor import Actor, ActorCheck, ActorName, Statement
from tocsin.render.actors import newest

ACTOR_SCHEMA = "tocsin.actor/1"
ACTOR_CHECK_SCHEMA = "tocsin.actor-check/1"


class ActorRecord(msgspec.Struct, frozen=True):
    """One published actor with all that is said of its mail; values are real, not defanged.

    `newest` is the date of the newest source, as far as it is known.
    """

    schema: str
    id: str
    name: str
    kind: str
    origin: str
    note: str
    references: tuple[tuple[str, str], ...]
    names: tuple[ActorName, ...]
    statements: tuple[Statement, ...]
    newest: str


class ActorCheckRecord(msgspec.Struct, frozen=True):
    """Whether an operator's profiles can be used: `valid` where there is no mistake.

    `adds_to` are those of `actors` that are known already; `notes` is what is allowed and yet worth a look.
    """

    schema: str
    valid: bool
    actors: tuple[str, ...]
    adds_to: tuple[str, ...]
    statements: int
    mistakes: tuple[str, ...]
    notes: tuple[str, ...]


def actor_line(actor: Actor) -> bytes:
    """One actor as a line of JSON, line end included."""
    record = ActorRecord(
        ACTOR_SCHEMA,
        actor.id,
        actor.name,
        actor.kind,
        actor.origin,
        actor.note,
        actor.references,
        actor.names,
        actor.statements,
        newest(actor),
    )
    return plain_json(record) + b"\n"


def actor_check_line(checked: ActorCheck) -> bytes:
    """The check as a line of JSON, line end included."""
    record = ActorCheckRecord(
        ACTOR_CHECK_SCHEMA,
        not checked.mistakes,
        checked.actors,
        checked.adds_to,
        checked.statements,
        checked.mistakes,
        checked.notes,
    )
    return plain_json(record) + b"\n"
