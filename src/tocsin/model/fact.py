"""Facts that a notice could tell, each with the mark of its source: the mark decides who may be told."""

from __future__ import annotations

import msgspec

from tocsin.model.claim import Claim
from tocsin.model.exposure import Exposure

# To whom a text goes. "person" was sent the mails; "delegate" reads that mailbox for them; "owner" answers for a
# domain; "affected" are met by an incident; "public" is everyone.
AUDIENCES = ("person", "delegate", "owner", "affected", "public")


class Mark(msgspec.Struct, frozen=True):
    """How a fact may be used: TLP 2.0 and PAP as in `model.intel` ("" where not stated), and whose fact it is.

    `source` names who marked it, "" for what is the operator's own; `ask` is whom to ask for release. `ref` is what
    a release is recorded for: the id of a claim, of a source of intelligence, an incident, a judgement. `all_of` are
    marks of what it was made from, each of which has to let it out; of `any_of` one is enough, since each of them
    shows the same alone.
    """

    tlp: str = ""
    pap: str = ""
    source: str = ""
    ask: str = ""
    ref: str = ""
    all_of: tuple[Mark, ...] = ()
    any_of: tuple[Mark, ...] = ()


class SentMails(msgspec.Struct, frozen=True, tag="sent-mails"):
    """That the person was sent these mails; `personas` are names that the mails gave as their sender.

    `addresses` are those of the person that were hit, `private` those of them outside the organisation's domains.
    """

    mark: Mark
    person: str
    count: int
    first_s: float | None
    last_s: float | None
    addresses: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


class CouldShow(msgspec.Struct, frozen=True, tag="could-show"):
    """What the mails could have shown."""

    mark: Mark
    exposure: Exposure


class Signs(msgspec.Struct, frozen=True, tag="signs"):
    """How strong the signs are that the mails were reconnaissance: "strong", "some" or "few", and why (keys)."""

    mark: Mark
    strength: str
    reasons: tuple[str, ...] = ()


class Others(msgspec.Struct, frozen=True, tag="others"):
    """How many others were sent mails of the same hand; never who."""

    mark: Mark
    people: int
    organisations: int
    countries: int = 0


class Matched(msgspec.Struct, frozen=True, tag="matched"):
    """That intelligence of `mark.source`, received at `at_s`, met the person's mails; `value` is what it looked for."""

    mark: Mark
    at_s: float
    value: str = ""


class Claimed(msgspec.Struct, frozen=True, tag="claimed"):
    """What somebody said about who did it; `answers` are what was said against it, each with a mark of its own."""

    mark: Mark
    claim: Claim
    answers: tuple[Claim, ...] = ()


class Judged(msgspec.Struct, frozen=True, tag="judged"):
    """A signed judgement: who the operator's analyst thinks it was. `strength` is "strong", "some" or "few"."""

    mark: Mark
    title: str
    strength: str
    level: str


class Happened(msgspec.Struct, frozen=True, tag="happened"):
    """Something else that happened about that time, by nobody known; `day` as given."""

    mark: Mark
    incident: str
    title: str
    day: str


Fact = SentMails | CouldShow | Signs | Others | Matched | Claimed | Judged | Happened


class Release(msgspec.Struct, frozen=True):
    """That a source let a fact out: `ref` as in Mark, `audience` of AUDIENCES, by whom and on what ground.

    One that was withdrawn stays on record, and lets out nothing from then on.
    """

    id: str
    ref: str
    audience: str
    by: str
    at_s: float
    ground: str
    recorded_by: str
    withdrawn_s: float | None = None
    withdrawn_by: str = ""
    withdrawn_because: str = ""


class Withheld(msgspec.Struct, frozen=True):
    """A fact that was left out: its kind in neutral words, its mark, why, and whom to ask; never its content."""

    kind: str
    tlp: str
    source: str
    ref: str
    why: str
    ask: str


class Cleared(msgspec.Struct, frozen=True):
    """What may be told to one audience, and what had to be left out."""

    audience: str
    facts: tuple[Fact, ...]
    withheld: tuple[Withheld, ...]
