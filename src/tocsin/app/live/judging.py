"""One arriving mail to opinions: judged for everybody it came for, by what is remembered, then remembered itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from tocsin.app.catalogue import load_catalogue
from tocsin.app.dates import load_dates
from tocsin.app.matching import OwnerBook
from tocsin.app.names import load_names
from tocsin.app.scan import ScanRequest
from tocsin.judge import copies
from tocsin.judge.fanout import WINDOW_S, digest, moment, owner_key
from tocsin.judge.gathering import Gathered
from tocsin.judge.growing import GrowingGathering
from tocsin.judge.history import History
from tocsin.judge.known import Known, known_from
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.pointers import Pointer, with_pointers
from tocsin.judge.receivers import held_to_receivers
from tocsin.judge.recent_copies import RecentCopies
from tocsin.judge.rules.book import RuleBook, compile_rules
from tocsin.judge.session import hands_by
from tocsin.judge.verdict import judge
from tocsin.model.arrival import Opinion, Opinions
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict
from tocsin.model.weights import Weights

MOST_OWNERS = 50
_OPINIONS_KEPT = 4_096
_FORGET_EVERY_S = 6 * 3600.0
_NOBODY: frozenset[str] = frozenset()

Failed = Callable[[Observed, Exception], None]


class Grounds(msgspec.Struct, frozen=True):
    """By what live mail is judged beside the mails: weights, lists, people and rules of the operator."""

    weights: Weights
    known: Known
    rules: RuleBook
    threshold: float
    people: Mapping[str, Owner]  # by any form of their addresses

    def owner(self, address: str) -> Owner:
        """Who is reached at an address."""
        known = self.people.get(address)
        return known if known is not None else unlisted_owner(address, self.known.catalogue)

    def verdict(
        self,
        history: History,
        mail: Observed,
        owner: Owner,
        pointers: tuple[Pointer, ...] = (),
    ) -> Verdict:
        """What is thought of a mail in this owner's mailbox."""
        context = history.context(mail, owner)
        if pointers:
            context = msgspec.structs.replace(context, indicators=pointers)
        return judge(mail, context, self.weights, self.threshold, self.rules)


def grounds_of(request: ScanRequest) -> Grounds:
    """Read the lists that a scan would read; what is wrong with them was found when the request was made."""
    dates = request.lists.domain_dates
    registered = load_dates(dates) if dates is not None else None
    names = load_names(request.lists.names)
    return Grounds(
        request.weights,
        known_from(load_catalogue(request.lists.vendors), names, request.people, registered),
        compile_rules(request.rules.rules),
        request.threshold,
        OwnerBook(request.people),
    )


def judge_alone(grounds: Grounds, mail: Observed, owners: Iterable[str], reason: str) -> Opinions:
    """What is thought of a mail by itself: no history, no intelligence; `reason` says why."""
    wanted, left_out = _wanted(grounds, mail, owners)
    history = History(known=grounds.known)
    found = tuple(
        Opinion(owner, _with_left_out(grounds.verdict(history, mail, grounds.owner(owner)), left_out))
        for owner in wanted
    )
    return Opinions(found, reason, reason)


class LiveJudge:
    """Judges mails as they come and remembers them; mutable, for one process.

    Mails are known by their bytes and owner: one that comes again (a mail server tries twice) gets the opinion that it
    got before, and is not remembered twice. A mail that cannot be remembered is told to `failed`, and passed
    over; without one its error is raised.
    """

    def __init__(self, grounds: Grounds, failed: Failed | None = None) -> None:
        self._grounds = grounds
        self._failed = failed
        self._gathering = GrowingGathering(hands_by(grounds.weights, grounds.known))
        self._gathered: Gathered = self._gathering.gathered
        self._history = History(self._gathered, grounds.known)
        self._copies = RecentCopies()
        self._met: dict[int, float] = {}  # what came within the window, and when
        self._put_off: set[int] = set()  # what of that is not yet remembered
        self._opinions: OrderedDict[int, Verdict] = OrderedDict()
        self._unfinished: set[int] = set()  # opinions that were formed before history was loaded
        self._forget_s = 0.0
        self.mails = 0  # how many are remembered

    def judge(
        self,
        mail: Observed,
        owners: Iterable[str],
        pointers: tuple[Pointer, ...] = (),
        *,
        remember: bool = True,
        put_off: bool = False,
    ) -> tuple[Opinion, ...]:
        """What is thought of a mail in each of these mailboxes, as `session.judge_in_order` would.

        Where judging fails, with whatever error, what was remembered before still holds.

        Without `remember` nothing stays of it; with `put_off` it counts for the reach of others at once, and is to be
        remembered by `recall` once what came before it is.
        """
        wanted, left_out = _wanted(self._grounds, mail, owners)
        mail = copies.apply(mail, self._copies.differences(mail, wanted))
        if remember:
            self._meet(mail, wanted)
        return tuple(
            Opinion(owner, _with_left_out(self._opinion(mail, owner, pointers, remember, put_off), left_out))
            for owner in wanted
        )

    def meet(self, mail: Observed, owners: Iterable[str]) -> None:
        """Let a mail that was judged elsewhere count for the reach of others; to be remembered by `recall`."""
        try:
            wanted, _ = _wanted(self._grounds, mail, owners)
            self._meet(copies.apply(mail, self._copies.differences(mail, wanted)), wanted)
        except Exception as error:
            if self._failed is None:
                raise
            self._failed(mail, error)

    def _opinion(
        self, mail: Observed, address: str, pointers: tuple[Pointer, ...], remember: bool, put_off: bool
    ) -> Verdict:
        key = key_of(mail.sha256, address)
        told = self._opinions.get(key)
        if told is not None:
            grounds = self._grounds
            if told.indicator:
                return told
            return with_pointers(told, pointers, grounds.weights, grounds.threshold)  # what was learnt since
        owner = self._grounds.owner(address)
        new = remember and not put_off and key in self._put_off
        if new:
            self._gathering.add(mail, owner)
        mail = self._held(mail, owner)
        verdict = self._grounds.verdict(self._history, mail, owner, pointers)
        if new:
            self._history.remember(mail, owner, verdict)
            self._put_off.discard(key)
            self.mails += 1
        if remember:
            self._opinions[key] = verdict
            if put_off:
                self._unfinished.add(key)
            if len(self._opinions) > _OPINIONS_KEPT:
                gone, _ = self._opinions.popitem(last=False)
                self._unfinished.discard(gone)
        return verdict

    def is_unfinished(self, mail: Observed, owners: Iterable[str]) -> bool:
        """Whether an opinion on this mail that is given again was formed before history was loaded."""
        wanted, _ = _wanted(self._grounds, mail, owners)
        return any(key_of(mail.sha256, owner) in self._unfinished for owner in wanted)

    def _meet(self, mail: Observed, owners: Sequence[str]) -> None:
        """Let a mail count for the reach of others, once."""
        at = moment(mail)
        for owner in owners:
            key = key_of(mail.sha256, owner)
            if key not in self._met:
                self._met[key] = at if at is not None else 0.0
                self._put_off.add(key)
                self._gathering.reach(mail, self._grounds.owner(owner))
        self._copies.add(mail, owners)

    def recall(self, mail: Observed, address: str, verdict: Verdict | None, *, recent: bool) -> bool:
        """Remember a mail that was judged before; in time order. Whether it was not remembered yet.

        `recent` tells that it lies within the window of reach.
        """
        try:
            return self._recall(mail, address, verdict, recent=recent)
        except Exception as error:
            if self._failed is None:
                raise
            self._failed(mail, error)
            return False

    def _recall(self, mail: Observed, address: str, verdict: Verdict | None, *, recent: bool) -> bool:
        key = key_of(mail.sha256, address)
        if key in self._met and key not in self._put_off:
            return False
        owner = self._grounds.owner(address)
        if recent:
            self._meet(mail, (address,))
            self._put_off.discard(key)
        self._gathering.add(mail, owner)
        self._history.remember(self._held(mail, owner), owner, verdict)
        self.mails += 1
        return True

    def has(self, sha256: str, owner: str) -> bool:
        """Whether a mail of the window is remembered, or about to be."""
        return key_of(sha256, owner) in self._met

    def forget_at(self, now_s: float) -> None:
        """Forget what lies before the window, where only that counts; does something every few hours."""
        if now_s < self._forget_s:
            return
        self._forget_s = now_s + _FORGET_EVERY_S
        before_s = now_s - WINDOW_S
        self._gathering.forget(before_s)
        self._met = {key: at for key, at in self._met.items() if at >= before_s}
        self._put_off &= self._met.keys()

    def _held(self, mail: Observed, owner: Owner) -> Observed:
        learnt = self._gathered.receivers.get(owner_key(owner))
        return held_to_receivers(mail, learnt) if learnt else mail


def key_of(sha256: str, owner: str) -> int:
    """64 bits that stand for a mail in a mailbox."""
    return digest(f"{sha256} {owner}")


def _wanted(grounds: Grounds, mail: Observed, owners: Iterable[str]) -> tuple[list[str], int]:
    """The owners to judge for, and how many are left out; mail that somebody here sent is its sender's."""
    if mail.outgoing and mail.sender.address:
        owners = (mail.sender.address,)
    people = grounds.people
    found = list(
        dict.fromkeys(people[owner].addresses[0] if owner in people else owner for owner in owners)
    ) or [""]
    return sorted(found[:MOST_OWNERS]), max(0, len(found) - MOST_OWNERS)


def _with_left_out(verdict: Verdict, left_out: int) -> Verdict:
    if not left_out:
        return verdict
    said = f"It came for {left_out} more people: only the mailboxes of the first {MOST_OWNERS} were asked."
    return msgspec.structs.replace(verdict, not_evaluated=(*verdict.not_evaluated, said))
