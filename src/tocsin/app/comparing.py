"""Two organisations find the targets they have in common: asked, answered and ended by files exchanged by hand.

Only the asker learns which addresses both have; both learn how long the lists are at most. Keys are new for each
exchange. What the answerer counts in the store is the only bound on guessing, besides the people who know each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import known_people
from tocsin.exchange import psi
from tocsin.exchange.psi_files import (
    LEAST,
    LONGEST_DAYS,
    LONGEST_TEXT,
    MOST_ASKED,
    MOST_LISTED,
    filled_size,
    fingerprint,
    is_fingerprint,
    joined,
    parted,
    sealed,
    time_s,
)
from tocsin.mail.canonical import FORM, canonical
from tocsin.model.campaign import Campaign
from tocsin.model.comparison import (
    ANSWER_SCHEMA,
    QUESTION_SCHEMA,
    Answer,
    Answered,
    Asked,
    Common,
    Exchange,
    Question,
)
from tocsin.model.stored import AuditEntry
from tocsin.store.interface import Store

AT_MOST = 1_000  # entries that are answered to one asker about one campaign within PERIOD_DAYS
ALTOGETHER = 3  # times as many to all askers
PERIOD_DAYS = 30
FEWEST = 3  # about fewer people one talks
_DAY_S = 86_400.0
_KIND = "comparison"

_decoder: msgspec.msgpack.Decoder[Exchange] = msgspec.msgpack.Decoder(Exchange)


class CompareError(ValueError):
    """Targets cannot be compared as asked; the message says why and what to do."""


class Parties(msgspec.Struct, frozen=True):
    """Who writes a file to whom, and how it is marked; `campaign` is None where a list was given by hand."""

    ours: str
    theirs: str
    campaign: Campaign | None
    tlp: str = "AMBER"
    purpose: str = ""
    mandate: str = ""
    days: int = 14


def ask(store: Store, parties: Parties, addresses: Iterable[str], *, now_s: float) -> Question:
    """A question that asks which of these addresses the other side has; what only we may know stays in the store."""
    _check_parties(parties)
    mine = _forms(addresses, MOST_ASKED)
    expire_exchanges(store, now_s=now_s)
    entries, behind = _filled(mine, MOST_ASKED)
    id = secrets.token_hex(16)
    key, points = psi.ask([_entry(id, form) for form in entries])
    question = sealed(
        Question(
            QUESTION_SCHEMA, store.exercise, id, FORM, parties.ours, parties.theirs, parties.purpose, parties.tlp,
            _moment(now_s), _moment(now_s + parties.days * _DAY_S), len(points), joined(points),
        )
    )  # fmt: skip
    campaign = parties.campaign.id if parties.campaign is not None else ""
    kept = Asked(
        id, campaign, parties.theirs, now_s, time_s(question.expires, ""), question.check, fingerprint(question),
        key, behind,
    )  # fmt: skip
    with store.transaction():
        store.put(_KIND, id, msgspec.msgpack.encode(kept))
        _note(store, parties, len(mine), f"question {id[:8]} to {parties.theirs}", now_s)
    return question


def answer(
    store: Store,
    question: Question,
    parties: Parties,
    addresses: Iterable[str],
    *,
    heard: str,
    at_most: int = AT_MOST,
    now_s: float,
) -> Answer:
    """The answer to a question, whose fingerprint was heard from the asker. Raises CompareError where it is refused."""
    _check_parties(parties)
    _check_file(store, question, "question", now_s)
    if not is_fingerprint(question, heard):
        raise CompareError(
            f"the question's fingerprint is not {heard!r}: it was misheard, or this is another file than the "
            "asker's; call them on a number that you know, and have the file sent again if the digits still differ"
        )
    mine = _forms(addresses, MOST_LISTED)
    expire_exchanges(store, now_s=now_s)
    _check_limits(store, question, parties, at_most, now_s)
    entries, _ = _filled(mine, MOST_LISTED)
    try:
        returned, listed = psi.answer(
            parted(question.points), [_entry(question.id, form) for form in entries]
        )
    except psi.PsiRefused as error:
        raise CompareError(
            f"the question holds something that is no point of the curve ({error}); refused"
        ) from error
    made = sealed(
        Answer(
            ANSWER_SCHEMA, store.exercise, question.id, FORM, question.check, parties.ours, question.asker,
            parties.tlp, _moment(now_s), _moment(now_s + parties.days * _DAY_S), len(returned), joined(returned),
            len(listed), joined(listed),
        )
    )  # fmt: skip
    campaign = parties.campaign.id if parties.campaign is not None else ""
    kept = Answered(
        question.id, campaign, parties.theirs, now_s, question.entries, question.check, fingerprint(made)
    )
    with store.transaction():
        _check_limits(store, question, parties, at_most, now_s)  # somebody may have answered meanwhile
        store.put(_KIND, question.id, msgspec.msgpack.encode(kept))
        _note(store, parties, question.entries, f"answer {question.id[:8]} to {parties.theirs}", now_s)
    return made


def finish(store: Store, file: Answer, *, heard: str, mandate: str = "", now_s: float) -> Common:
    """What both have, by the answer to our question; our key and list are forgotten. Raises CompareError."""
    kept = {one.id: one for one in exchanges(store)}.get(file.id)
    if isinstance(kept, Answered):
        raise CompareError(
            "this answer was written here; it is for the asker, who ends the comparison with it"
        )
    if kept is None:
        raise CompareError(
            "there is no open question of this store that it answers: it was ended, dropped or expired, or asked from "
            "another store; tocsin targets compare list shows open ones"
        )
    _check_file(store, file, "answer", now_s)
    if file.question != kept.question or file.entries != len(kept.addresses):
        raise CompareError("it answers another file than the question of this store; ask again")
    if not is_fingerprint(file, heard):
        raise CompareError(
            f"the answer's fingerprint is not {heard!r}: it was misheard, or this is another file than the "
            "answerer's; call them on a number that you know, and have the file sent again if the digits still differ"
        )
    try:
        places = psi.common(kept.key, parted(file.returned), parted(file.points))
    except psi.PsiRefused as error:
        raise CompareError(
            f"the answer holds something that is no point of the curve ({error}); refused"
        ) from error
    both = sorted({kept.addresses[place] for place in places} - {""})
    asked = sum(1 for address in kept.addresses if address)
    detail = f"comparison {file.id[:8]} with {kept.answerer} ended: {len(both)} of {asked} in common"
    with store.transaction():
        store.remove(_KIND, file.id)
        store.audit(AuditEntry(now_s, account(), "read", (), count=len(both), mandate=mandate, detail=detail))
    return Common(file.id, kept.campaign, kept.answerer, tuple(both), asked, file.listed, store.exercise)


def exchanges(store: Store) -> tuple[Exchange, ...]:
    """Open questions of ours, and questions of others that were answered, the latest first."""
    found = [_decoder.decode(body) for _, body in store.documents(_KIND)]
    return tuple(sorted(found, key=lambda one: (-_since_s(one), one.id)))


def drop(store: Store, wanted: str, *, now_s: float) -> Asked:
    """Forget an open question with its key and list, by its id or the beginning of one. Raises CompareError."""
    name = wanted.strip().lower()
    near = [one for one in exchanges(store) if isinstance(one, Asked) and name and one.id.startswith(name)]
    if len(near) != 1:
        raise CompareError(
            f"{wanted}: is the beginning of no open question's id, or of several; see compare list"
        )
    with store.transaction():
        store.remove(_KIND, near[0].id)
        store.audit(AuditEntry(now_s, account(), "erase", (), detail=f"question {near[0].id[:8]} dropped"))
    return near[0]


def expire_exchanges(store: Store, *, now_s: float) -> None:
    """Forget questions that can be answered no more, and counts that bound nothing any longer."""
    for one in exchanges(store):
        until_s = one.expires_s if isinstance(one, Asked) else one.at_s + LONGEST_DAYS * _DAY_S
        if now_s > until_s:
            store.remove(_KIND, one.id)


def forget_compared(store: Store, addresses: Iterable[str]) -> None:
    """Take somebody out of open questions, with every address known of them; their points can tell nothing then."""
    known = known_people(store)
    every = {each for one in addresses for each in (one, *(known[one].addresses if one in known else ()))}
    forms = {canonical(address) for address in every} - {""}
    for one in exchanges(store):
        if isinstance(one, Asked) and any(canonical(address) in forms for address in one.addresses):
            left = tuple("" if canonical(address) in forms else address for address in one.addresses)
            store.put(_KIND, one.id, msgspec.msgpack.encode(msgspec.structs.replace(one, addresses=left)))


def _since_s(one: Exchange) -> float:
    return one.made_s if isinstance(one, Asked) else one.at_s


def _forms(addresses: Iterable[str], most: int) -> dict[str, str]:
    """An address by each canonical form, the first one that has it."""
    found: dict[str, str] = {}
    for address in sorted(addresses):
        if form := canonical(address):
            found.setdefault(form, address)
    if len(found) < FEWEST:
        raise CompareError(
            f"{len(found)} addresses are to be compared; below {FEWEST} it is a question about a person: talk instead"
        )
    if len(found) > most:
        raise CompareError(
            f"{len(found):,} addresses are to be compared, at most {most:,} are; compare in parts"
        )
    return found


def _filled(forms: dict[str, str], most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is compared, in an order of chance and filled up with entries of chance; and the address behind each."""
    entries = list(forms.items())
    size = min(filled_size(len(entries)), most)
    entries += [(f"{secrets.token_hex(32)}", "") for _ in range(size - len(entries))]
    secrets.SystemRandom().shuffle(entries)
    return tuple(form for form, _ in entries), tuple(address for _, address in entries)


def _entry(id: str, form: str) -> str:
    """What becomes a point: bound to this exchange, so that points of two can never be compared."""
    return f"tocsin targets {FORM}\n{id}\n{form}"


def _check_parties(parties: Parties) -> None:
    for option, text in (("--from", parties.ours), ("--to", parties.theirs), ("--purpose", parties.purpose)):
        broken = any("\ud800" <= letter <= "\udfff" for letter in text)
        if len(text) > LONGEST_TEXT or broken or (option != "--purpose" and not text.strip()):
            raise CompareError(f"{option}: expected UTF-8 of 1 to {LONGEST_TEXT} characters")
    if not 1 <= parties.days <= LONGEST_DAYS:
        raise CompareError(f"--days {parties.days}: expected 1 to {LONGEST_DAYS}")


def _check_file(store: Store, file: Question | Answer, what: str, now_s: float) -> None:
    if file.exercise != store.exercise:
        kinds = ("an exercise's", "a real store") if file.exercise else ("no exercise's", "a practice store")
        raise CompareError(
            f"the {what} is {kinds[0]}, and this is {kinds[1]}; exercises and real mail stay apart"
        )
    if time_s(file.made, what) > now_s + _DAY_S:
        raise CompareError(f"the {what} was made on {file.made}, which is still to come; compare the clocks")
    if now_s > time_s(file.expires, what):
        raise CompareError(f"the {what} expired on {file.expires}; ask for a new one")


def _check_limits(store: Store, question: Question, parties: Parties, at_most: int, now_s: float) -> None:
    """Refuse what would let somebody go through a list of guesses."""
    if not LEAST <= at_most <= MOST_ASKED:
        raise CompareError(f"--at-most {at_most}: expected {LEAST} to {MOST_ASKED:,}")
    if question.entries > at_most:
        raise CompareError(
            f"the question has {question.entries:,} entries, and at most {at_most:,} are answered (--at-most); the "
            "more are asked, the more can be guesses: talk to the asker about fewer"
        )
    known = exchanges(store)
    for one in known:
        if one.id == question.id or one.question == question.check:
            own = isinstance(one, Asked)
            why = "it was asked from this store" if own else f"it was answered on {_moment(_since_s(one))}"
            raise CompareError(f"{why}; a question is answered once, by the other side")
    names = {""} if parties.campaign is None else {parties.campaign.id, *parties.campaign.aliases}
    recent = [
        one
        for one in known
        if isinstance(one, Answered) and one.campaign in names and now_s - one.at_s < PERIOD_DAYS * _DAY_S
    ]
    name = _folded(parties.theirs)
    of_asker = sum(one.entries for one in recent if _folded(one.asker) == name)
    of_all = sum(one.entries for one in recent)
    about = parties.campaign.id if parties.campaign is not None else "lists"
    for whose, count, limit in (
        (parties.theirs, of_asker, at_most),
        ("all askers", of_all, ALTOGETHER * at_most),
    ):
        if count + question.entries > limit:
            raise CompareError(
                f"{whose}: {count:,} entries about {about} were answered within {PERIOD_DAYS} days, this would make "
                f"{count + question.entries:,}; at most {limit:,} are, so that nobody can go through a list of guesses"
            )


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _note(store: Store, parties: Parties, count: int, what: str, now_s: float) -> None:
    """Audit it: how many entries left under keys, of which mails."""
    members: Sequence[int] = (
        sorted({member.number for member in parties.campaign.members}) if parties.campaign is not None else ()
    )
    about = parties.campaign.id if parties.campaign is not None else "a list"
    detail = f"{what}: targets of {about} for comparison, TLP:{parties.tlp}"
    store.audit(
        AuditEntry(
            now_s, account(), "export", tuple(members), count=count, mandate=parties.mandate, detail=detail
        )
    )


def _moment(at_s: float) -> str:
    return datetime.fromtimestamp(int(at_s), UTC).isoformat()[:19] + "Z"
