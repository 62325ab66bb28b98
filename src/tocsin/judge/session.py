"""Judging many mails: compare the copies, sweep once over all, then judge one after the other in time order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from tocsin.judge import copies
from tocsin.judge.fanout import owner_key
from tocsin.judge.gathering import Gathering
from tocsin.judge.hands import Hands
from tocsin.judge.history import History
from tocsin.judge.known import Known
from tocsin.judge.pointers import Pointer
from tocsin.judge.receivers import held_to_receivers
from tocsin.judge.rules.book import NO_RULES, RuleBook
from tocsin.judge.verdict import judge
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict
from tocsin.model.weights import Weights

_REPORT_EVERY = 512


def time_order(time_s: float | None, sha256: str, owner: str) -> tuple[float, str, str]:
    """A sort key; mails without any usable date come last: they are judged with all the history there is."""
    return (time_s if time_s is not None else math.inf, sha256, owner)


def hands_by(weights: Weights, known: Known) -> Hands:
    """Hands whose mails are judged by these weights, each by itself."""
    history = History(known=known)

    def alone(mail: Observed, owner: Owner) -> float:
        return judge(mail, history.context(mail, owner), weights).log_odds

    return Hands(alone, known.catalogue)


def compare_copies(
    keys: Sequence[tuple[int, ...]],
    owners: Sequence[str],
    times: Sequence[float | None],
    read: Callable[[int], Observed],
) -> dict[int, copies.Differences]:
    """By number: what the copies in other mailboxes say of a mail's URLs. Reads only mails that have copies.

    `keys` are those of `copies.copy_keys`; all sequences are in time order, `read` gives a mail by its number.
    """
    index = copies.CopyIndex()
    for number, owner in enumerate(owners):
        if owner and times[number] is not None:
            index.add(number, keys[number])
    found: dict[int, copies.Differences] = {}
    for group in index.groups(owners, [at or 0.0 for at in times]):
        mails = [(read(number), owners[number]) for number in group]
        for number, differences in zip(group, copies.compare(mails), strict=True):
            if differences:
                found[number] = copies.merged(found.get(number, b""), differences)
    return found


def judge_in_order(
    read: Callable[[int], Observed],
    owners: Sequence[Owner],
    differences: Mapping[int, copies.Differences],
    weights: Weights,
    known: Known,
    threshold: float,
    report: Callable[[str, int], None],
    rules: RuleBook = NO_RULES,
    pointers: Mapping[int, tuple[Pointer, ...]] | None = None,
) -> Iterator[tuple[Observed, Verdict]]:
    """A verdict on each mail, in the order given, which is that of time; every mail is read twice.

    `owners` has the owner of each mail by number; `report` is told the stage and how many mails are done;
    `rules` are the operator's, `pointers` the intelligence that meets mails, by number.
    """
    gathering = Gathering(hands_by(weights, known))
    for number, owner in enumerate(owners):
        gathering.add(copies.apply(read(number), differences.get(number, b"")), owner)
        if number % _REPORT_EVERY == 0:
            report("comparing", number)
    gathered = gathering.freeze()
    history = History(gathered, known)
    for number, owner in enumerate(owners):
        mail = copies.apply(read(number), differences.get(number, b""))
        if gathered.receivers:
            mail = held_to_receivers(mail, gathered.receivers.get(owner_key(owner)) or frozenset())
        context = history.context(mail, owner)
        if pointers and number in pointers:
            context = msgspec.structs.replace(context, indicators=pointers[number])
        verdict = judge(mail, context, weights, threshold, rules)
        history.remember(mail, owner, verdict)
        yield mail, verdict
        if number % _REPORT_EVERY == 0:
            report("judging", number)
    report("judging", len(owners))
