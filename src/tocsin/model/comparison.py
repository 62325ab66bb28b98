"""Two organisations find the targets they have in common: the files they exchange, and what each side remembers."""

from __future__ import annotations

import msgspec

QUESTION_SCHEMA = "tocsin.psi-question/1"
ANSWER_SCHEMA = "tocsin.psi-answer/1"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The asker's file: `entries` points of 33 bytes each, one after the other, in an order of chance.

    `id` is 32 hexadecimal digits of chance that every point of this exchange depends on. `form` is the version of
    `mail.canonical`. `asker` and `answerer` are names as people write them; times are RFC 3339 UTC. `check` is the
    SHA-256 of all other fields, which finds damage; what finds forgery is the fingerprint that people compare.
    """

    schema: str
    exercise: bool
    id: str
    form: int
    asker: str
    answerer: str
    purpose: str
    tlp: str
    made: str
    expires: str
    entries: int
    points: bytes
    check: str = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answerer's file: the question's points raised to their key, and `listed` points of their own, sorted.

    `question` is the `check` of the question that it answers.
    """

    schema: str
    exercise: bool
    id: str
    form: int
    question: str
    answerer: str
    asker: str
    tlp: str
    made: str
    expires: str
    entries: int
    returned: bytes
    listed: int
    points: bytes
    check: str = ""


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """What the asker must remember until the answer comes, and what nobody else may see.

    `addresses` are those behind the points, in their order, "" for one that was filled in.
    """

    id: str
    campaign: str
    answerer: str
    made_s: float
    expires_s: float
    question: str
    fingerprint: str
    key: bytes
    addresses: tuple[str, ...]


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """That a question was answered: whose, about which campaign ("" for a list), how many entries it had."""

    id: str
    campaign: str
    asker: str
    at_s: float
    entries: int
    question: str
    fingerprint: str


Exchange = Asked | Answered


class Common(msgspec.Struct, frozen=True):
    """What the asker learns: the addresses that both have. `asked` is how many of their own were compared."""

    id: str
    campaign: str
    answerer: str
    addresses: tuple[str, ...]
    asked: int
    listed_at_most: int
    exercise: bool = False
