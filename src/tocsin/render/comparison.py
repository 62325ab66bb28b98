"""Comparisons of targets for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.comparison import Answer, Answered, Common, Exchange, Question
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown
from tocsin.render.words import EXERCISE, count, moment

EXCHANGE_SCHEMA = "tocsin.psi-exchange/1"
COMMON_SCHEMA = "tocsin.common-targets/1"
FILE_SCHEMA = "tocsin.psi-file/1"


class ExchangeRecord(msgspec.Struct, frozen=True):
    """A question of ours that is open ("asked"), or one of others that was answered ("answered").

    `entries` are those of the question's file, filled up; `campaign` is "" where a list was compared; `fingerprint` is
    that of the file that was written here. Neither key nor addresses are in it.
    """

    schema: str
    id: str
    state: str
    partner: str
    campaign: str
    entries: int
    at: str | None
    expires: str | None
    fingerprint: str


class CommonRecord(msgspec.Struct, frozen=True):
    """The addresses that both sides have, as our list has them; `listed_at_most` is how long theirs can be."""

    schema: str
    id: str
    partner: str
    campaign: str
    addresses: tuple[str, ...]
    asked: int
    listed_at_most: int
    exercise: bool


class FileRecord(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What a file says of itself, without its points: `kind` is "question" or "answer"; nothing of it is proven.

    `entries` are those of the question; `listed` those of the answerer, None in a question.
    """

    schema: str
    kind: str
    exercise: bool
    id: str
    from_: str
    to: str
    purpose: str
    tlp: str
    made: str
    expires: str
    entries: int
    listed: int | None


def exchange_line(one: Exchange) -> bytes:
    """An exchange as a line of JSON, line end included."""
    if isinstance(one, Answered):
        record = ExchangeRecord(
            EXCHANGE_SCHEMA, one.id, "answered", one.asker, one.campaign, one.entries, rfc3339(one.at_s), None,
            one.fingerprint,
        )  # fmt: skip
    else:
        record = ExchangeRecord(
            EXCHANGE_SCHEMA, one.id, "asked", one.answerer, one.campaign, len(one.addresses), rfc3339(one.made_s),
            rfc3339(one.expires_s), one.fingerprint,
        )  # fmt: skip
    return plain_json(record) + b"\n"


def common_line(one: Common) -> bytes:
    """What was learnt as a line of JSON, line end included."""
    record = CommonRecord(
        COMMON_SCHEMA, one.id, one.answerer, one.campaign, one.addresses, one.asked, one.listed_at_most, one.exercise
    )  # fmt: skip
    return plain_json(record) + b"\n"


def exchange_sentence(one: Exchange) -> str:
    """An exchange in a sentence for people."""
    about = one.campaign or "a list"
    if isinstance(one, Answered):
        return (
            f"{one.id[:8]}: {shown(one.asker)} asked about {about}, answered {moment(one.at_s)} "
            f"({one.entries:,} entries); our answer's fingerprint: {one.fingerprint}"
        )
    return (
        f"{one.id[:8]}: asked {shown(one.answerer)} about {about} on {moment(one.made_s)}, open until "
        f"{moment(one.expires_s)}; our question's fingerprint: {one.fingerprint}"
    )


def file_line(file: Question | Answer) -> bytes:
    """What a file says of itself as a line of JSON, line end included."""
    asked = isinstance(file, Question)
    names = (file.asker, file.answerer) if asked else (file.answerer, file.asker)
    record = FileRecord(
        FILE_SCHEMA,
        "question" if asked else "answer",
        file.exercise,
        file.id,
        *names,
        file.purpose if isinstance(file, Question) else "",
        file.tlp,
        file.made,
        file.expires,
        file.entries,
        None if isinstance(file, Question) else file.listed,
    )
    return plain_json(record) + b"\n"


def file_text(file: Question | Answer) -> Iterator[str]:
    """What a file says of itself; its fingerprint is heard from who sent it."""
    if file.exercise:
        yield EXERCISE
    if isinstance(file, Question):
        names = f"{shown(file.asker)} to {shown(file.answerer)}"
        yield f"A question from {names}: which of {file.entries:,} entries are yours as well?"
        if file.purpose:
            yield f"Purpose: {shown(file.purpose)}"
    else:
        yield f"An answer from {shown(file.answerer)} to {shown(file.asker)}: {file.listed:,} entries are listed."
    yield f"TLP:{shown(file.tlp)}; made {shown(file.made)}, good until {shown(file.expires)}; comparison {file.id[:8]}"
    yield "Anybody can write names into a file. Call the sender on a number that you know, and let them read out its"
    yield "fingerprint."


def written_text(file: Question | Answer, fingerprint: str) -> Iterator[str]:
    """What the writer of a file does next."""
    partner, next_ = (file.answerer, "answer") if isinstance(file, Question) else (file.asker, "finish")
    yield f"Fingerprint: {fingerprint}"
    yield f"Send the file to {shown(partner)}. When they call, read the fingerprint out: they need it for"
    yield f"tocsin targets compare {next_}."


def common_text(one: Common) -> Iterator[str]:
    """What was learnt, for people."""
    if one.exercise:
        yield EXERCISE
    yield (
        f"{len(one.addresses):,} of {count(one.asked, 'address', 'addresses')} are in the list of "
        f"{shown(one.answerer)} as well, which has {one.listed_at_most:,} at most."
    )
    yield from (f"  {shown(address)}" for address in one.addresses)
    yield "They learnt how many were asked about, rounded up, and nothing of the result. A match rests on their word:"
    yield "agree with them who tells whom before anybody is told."
