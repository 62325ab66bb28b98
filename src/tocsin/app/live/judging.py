"""One arriving mail to opinions: judged for everybody it came for, by what is remembered, then remembered itself."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.app.catalogue import load_catalogue
from tocsin.app.dates import load_dates
from tocsin.app.names import load_names
from tocsin.app.scan import ScanRequest
from tocsin.judge.history import History
from tocsin.judge.known import Known, known_from
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.pointers import Pointer
from tocsin.judge.rules.book import RuleBook, compile_rules
from tocsin.judge.verdict import judge
from tocsin.model.arrival import Opinion, Opinions
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.weights import Weights

MOST_OWNERS = 50


class Grounds(msgspec.Struct, frozen=True):
    """By what live mail is judged beside the mails: weights, lists, people and rules of the operator."""

    weights: Weights
    known: Known
    rules: RuleBook
    threshold: float
    people: dict[str, Owner]  # by each of their addresses

    def owner(self, address: str) -> Owner:
        """Who is reached at an address."""
        known = self.people.get(address)
        return known if known is not None else unlisted_owner(address, self.known.catalogue)


def grounds_of(request: ScanRequest) -> Grounds:
    """Read the lists that a scan would read; what is wrong with them was found when the request was made."""
    catalogue = load_catalogue(request.lists.vendors)
    dates = request.lists.domain_dates
    registered = load_dates(dates) if dates is not None else None
    names = load_names(request.lists.names)
    return Grounds(
        request.weights,
        known_from(catalogue, names, request.people, registered),
        compile_rules(request.rules.rules),
        request.threshold,
        {address: owner for owner in request.people.owners for address in owner.addresses},
    )


def judge_alone(grounds: Grounds, mail: Observed, owners: Iterable[str], reason: str) -> Opinions:
    """What is thought of a mail by itself: no history, no intelligence; `reason` says why."""
    wanted, left = _first(mail, owners, grounds)
    history = History(known=grounds.known)
    return Opinions(
        tuple(_opinion(grounds, history, mail, owner, (), left) for owner in wanted), reason, reason
    )


def _first(mail: Observed, owners: Iterable[str], grounds: Grounds) -> tuple[list[str], int]:
    """The owners to judge for, and how many are left out; mail that somebody here sent is its sender's."""
    if mail.outgoing and mail.sender.address:
        owners = (mail.sender.address,)
    found = list(dict.fromkeys(_main(grounds, owner) for owner in owners)) or [""]
    return found[:MOST_OWNERS], max(0, len(found) - MOST_OWNERS)


def _main(grounds: Grounds, address: str) -> str:
    known = grounds.people.get(address)
    return known.addresses[0] if known is not None else address


def _opinion(
    grounds: Grounds,
    history: History,
    mail: Observed,
    owner: str,
    pointers: tuple[Pointer, ...],
    left: int,
) -> Opinion:
    context = history.context(mail, grounds.owner(owner))
    if pointers:
        context = msgspec.structs.replace(context, indicators=pointers)
    verdict = judge(mail, context, grounds.weights, grounds.threshold, grounds.rules)
    if left:
        said = f"It came for {left} more people: only the first {MOST_OWNERS} mailboxes were asked about their past."
        verdict = msgspec.structs.replace(verdict, not_evaluated=(*verdict.not_evaluated, said))
    return Opinion(owner, verdict)
