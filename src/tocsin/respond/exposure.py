"""What a mail could have shown its sender about one reader: four steps, each answered by itself, and what follows.

Nothing here assumes the worse or the better: what no evidence bears is "not-known".
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import msgspec

from tocsin.model.exposure import SHOWN, Exposure, Fetched, Leak, MailExposure, Step
from tocsin.model.observation import Beacon, Observed

_AT_ONCE = ("receipt", "open")  # triggers that need no more than that the mail is displayed
# What a request carries by the leaks of a beacon; "address" is the network's there, and the mail's here.
_CARRIED = {
    "address": "network",
    "client": "client",
    "time": "time",
    "cookies": "cookies",
    "resolver": "resolver",
    "ntlm": "ntlm",
    "plaintext": "plaintext",
    "account": "account",
}
_BY_SERVERS = frozenset(
    ("receiver-dns",)
)  # asked for by the receiving server, whoever reads the mail or none
# What programs send by other settings than that for pictures.
_BY_OTHER_SETTINGS = frozenset(("receipt-request", "certificate", "anchor-dns", "calendar", "header-url"))
_ONE_OF_SEVERAL = frozenset(("image-candidates",))  # conditional each, and yet one of them is asked for
_TAKEN_OUT = ("defuse", "quarantine")
_HIDDEN_BY_PROXY = ("network", "client", "system", "cookies", "language", "more")
_RANK = {
    "yes": 0,
    "likely": 1,
    "not-known": 2,
    "unlikely": 3,
    "no": 4,
}  # what weighs most for the reader first
_MOST_REASONS = 6
Reasons = tuple[tuple[str, tuple[str, ...]], ...]


class Habit(msgspec.Struct, frozen=True):
    """How a program or provider treats remote pictures when a mail is displayed, as far as is published.

    `pictures` is "shown", "blocked" or "asks"; `proxy` tells that the provider fetches them in the reader's place,
    `early` that it does so before anybody displays the mail. `name` is for people.
    """

    id: str
    name: str
    pictures: str
    proxy: bool = False
    early: bool = False
    source: str = ""


class Circumstances(msgspec.Struct, frozen=True):
    """What is known around one mail in one mailbox.

    `flags` are the mailbox's own ("S" seen, "R" replied, "P" passed on, "U" none of them, "N" new to every program),
    None where it keeps none. `answered` and `passed_on` tell that a mail of the owner does so, the first of them at
    `acted_s`. `junk` tells that it lies among unwanted mail. `handled` is what was done with it when it came, of
    `model.handling.ACTIONS`, "" where that is not known. `pictures` is "shown", "blocked" or ""; `habits` are those of
    the programs and providers that the reader uses, `by_address` tells that only the address suggests them.
    `readers` are names of those who read the mailbox as well. `fetched` are the lines of logs that ask for this mail's
    beacons and for no other reader's, `stopped` those of them that a proxy refused, `asked_by_somebody` those that can
    be another reader's; `logs` tells that any were handed in.
    """

    flags: str | None = None
    answered: bool = False
    passed_on: bool = False
    acted_s: float | None = None
    junk: bool = False
    handled: str = ""
    pictures: str = ""
    habits: tuple[Habit, ...] = ()
    by_address: bool = False
    readers: tuple[str, ...] = ()
    fetched: tuple[Fetched, ...] = ()
    stopped: tuple[Fetched, ...] = ()
    asked_by_somebody: tuple[Fetched, ...] = ()
    logs: bool = False


class _Firing(msgspec.Struct, frozen=True):
    """Whether one beacon could work, and by whose servers it would then be asked for, and whether before reading."""

    answer: str
    reasons: Reasons
    proxies: tuple[str, ...] = ()
    early: bool = False


def expose_mail(
    mail: Observed,
    person: str,
    address: str,
    around: Circumstances,
    *,
    sent_s: float | None,
) -> MailExposure:
    """The four steps for one mail, and what its beacons could have shown."""
    firings = [(one, _fires(one, around)) for one in mail.beacons]
    counted = [
        pair for pair in firings if pair[0].trigger in _AT_ONCE or pair[1].answer != "unlikely"
    ] or firings
    delivered = Step("delivered", "yes", (("in-mailbox", ()),), sent_s)
    if around.handled == "quarantine" and not around.fetched:
        delivered = Step("delivered", "no", (("quarantine", ()),))
    return MailExposure(
        mail.sha256,
        person,
        address,
        sent_s,
        (delivered, _displayed(around), _could_have_fired(counted, around), _fetched(around)),
        _leaks(counted),
        tuple(dict.fromkeys(one.technique for one in mail.beacons)),
        around.readers,
        mail.subject,
        mail.sender.name or mail.sender.address,
    )


def gathered(
    person: str, campaign: str, mails: Sequence[MailExposure], *, delegates: bool = False
) -> Exposure:
    """All mails of one person, the earliest first, with the highest answer for each thing, and what to do now."""
    ordered = tuple(
        sorted(mails, key=lambda one: (one.sent_s if one.sent_s is not None else 0.0, one.sha256))
    )
    best: dict[str, Leak] = {}
    for mail in ordered:
        for leak in mail.leaks:
            if leak.what not in best or _RANK[leak.answer] < _RANK[best[leak.what].answer]:
                best[leak.what] = leak
    leaks = tuple(sorted(best.values(), key=lambda leak: SHOWN.index(leak.what)))
    delegates = delegates or any(mail.readers for mail in ordered)
    said = {key for mail in ordered for step in mail.steps for key, _ in step.reasons}
    return Exposure(person, campaign, ordered, leaks, _advice(leaks, said, delegates=delegates))


def _displayed(around: Circumstances) -> Step:
    """Whether somebody displayed it; a mark is a hint, as rules and "mark all as read" set it too."""
    flags = around.flags or ""
    at_s = None
    if around.answered or around.passed_on:
        answer, key, at_s = "yes", "answered" if around.answered else "passed-on", around.acted_s
    elif "R" in flags or "P" in flags:
        answer, key = "yes", "marked-answered" if "R" in flags else "marked-passed-on"
    elif around.fetched or around.stopped:  # a virus scanner, or a proxy that looks ahead, asks as well
        first = min((*around.fetched, *around.stopped), key=lambda one: one.at_s)
        reasons: Reasons = (("asked-for", (first.place,)), *_read_along(around))
        return Step("displayed", "likely", reasons, first.at_s)
    elif around.handled == "quarantine":
        answer, key = "unlikely", "quarantine"
    elif "S" in flags:
        answer, key = "likely", "marked-read"
    elif around.flags is None:
        answer, key = "not-known", "no-flags"
    else:
        answer, key = "not-known", "still-new" if "N" in flags else "not-marked-read"
    also: Reasons = (("passed-on", ()),) if around.answered and around.passed_on else ()
    return Step("displayed", answer, ((key, ()), *also, *_read_along(around)), at_s)


def _read_along(around: Circumstances) -> Reasons:
    return (("read-along", (", ".join(around.readers),)),) if around.readers else ()


def _fires(one: Beacon, around: Circumstances) -> _Firing:
    """Whether a beacon could work where and how this mail is read."""
    lines = [line for line in around.fetched if line.host == one.host]
    if lines:
        line = next((line for line in lines if line.url), lines[0])
        return _Firing("yes" if line.url else "likely", (("asked-for", (line.place,)),))
    if one.technique in _BY_SERVERS:
        return _Firing("likely", (("by-server", ()),))
    if one.trigger not in _AT_ONCE and not (one.trigger == "reply" and around.answered):
        return _Firing("unlikely", (("needs-an-act", ()),))
    if around.handled in _TAKEN_OUT:
        return _Firing("no", ((around.handled, ()),))
    if one.technique in _BY_OTHER_SETTINGS:
        return _Firing("not-known", (("other-settings", ()),))
    answer, reasons = _pictures(around)
    showing = [habit for habit in around.habits if habit.pictures != "blocked" or around.pictures == "shown"]
    proxies = tuple(habit.name for habit in showing) if all(habit.proxy for habit in showing) else ()
    early = bool(proxies) and all(habit.early for habit in showing)
    limited = bool(one.fires_in) or (one.conditional and one.technique not in _ONE_OF_SEVERAL)
    if limited and answer == "likely":
        return _Firing("not-known", (("certain-programs", ()), *reasons), proxies, early)
    return _Firing(answer, reasons, proxies, early)


def _pictures(around: Circumstances) -> tuple[str, Reasons]:
    """Whether pictures from the internet are shown when this mail is displayed, as far as can be told."""
    if around.pictures in ("blocked", "shown"):
        return ("unlikely" if around.pictures == "blocked" else "likely"), (
            (f"pictures-{around.pictures}", ()),
        )
    if around.junk:
        return "unlikely", (("in-junk", ()),)
    if not around.habits:
        return "not-known", (("program-not-known", ()),)
    reasons: Reasons = tuple((f"habit-{one.pictures}", (one.name,)) for one in around.habits)
    if around.by_address:
        reasons = (*reasons, ("by-address", ()))
    kinds = {one.pictures for one in around.habits}
    return ("likely" if "shown" in kinds else "unlikely" if kinds == {"blocked"} else "not-known"), reasons


def _could_have_fired(firings: Sequence[tuple[Beacon, _Firing]], around: Circumstances) -> Step:
    """The highest answer of what a reader's program asks for; what servers ask for by themselves is no part of it."""
    step = "could-have-fired"
    by_readers = [firing for one, firing in firings if one.technique not in _BY_SERVERS]
    if by_readers:
        best = min(by_readers, key=lambda one: _RANK[one.answer])
        return Step(step, best.answer, best.reasons)
    if around.handled in _TAKEN_OUT:
        return Step(step, "no", ((around.handled, ()),))
    return Step(step, "unlikely", (("by-server" if firings else "no-beacon", ()),))


def _fetched(around: Circumstances) -> Step:
    def told(key: str, lines: Sequence[Fetched]) -> tuple[str, tuple[str, ...]]:
        return key, (lines[0].host, lines[0].client, lines[0].place)

    in_order = [
        sorted(lines, key=lambda one: one.at_s)
        for lines in (around.fetched, around.stopped, around.asked_by_somebody)
    ]
    fetched, stopped, somebody = in_order
    with_url = [line for line in fetched if line.url]
    if with_url:
        return Step("fetched", "yes", (told("in-log", with_url),), with_url[0].at_s)
    if fetched:
        return Step("fetched", "likely", (told("host-in-log", fetched),), fetched[0].at_s)
    if stopped:
        return Step("fetched", "unlikely", (told("stopped", stopped),), stopped[0].at_s)
    elsewhere: Reasons = tuple(("asks-itself", (one.name,)) for one in around.habits if one.proxy)
    if somebody:
        return Step("fetched", "not-known", (told("asked-by-somebody", somebody), *elsewhere))
    return Step("fetched", "not-known", (("not-in-logs" if around.logs else "no-logs", ()), *elsewhere))


def _leaks(firings: Sequence[tuple[Beacon, _Firing]]) -> tuple[Leak, ...]:
    """Thing by thing the highest answer of the beacons that carry it."""
    best: dict[str, Leak] = {}
    for one, firing in firings:
        for what in _carried(one):
            leak = _leak(what, firing)
            if what not in best or _RANK[leak.answer] < _RANK[best[what].answer]:
                best[what] = leak
    return tuple(best[what] for what in SHOWN if what in best)


def _carried(one: Beacon) -> set[str]:
    """What a request for a beacon shows whoever answers it, of SHOWN."""
    carried = {"address"} if one.personal is not None else set()
    if one.technique in _BY_SERVERS:
        return carried | {"resolver"}
    carried |= {"opened", "time", *(_CARRIED[leak] for leak in one.leaks if leak in _CARRIED)}
    if "client" in carried:
        carried |= {"system", "language", "more"}
    return carried


def _leak(what: str, firing: _Firing) -> Leak:
    could = _RANK[firing.answer] <= _RANK["not-known"]
    if (
        could and firing.early and what in ("opened", "time")
    ):  # it is asked for whether anybody reads it or not
        return Leak(what, "unlikely", tuple(("asked-early", (name,)) for name in firing.proxies))
    if could and firing.proxies and what in _HIDDEN_BY_PROXY:
        also = tuple(reason for reason in firing.reasons if reason[0] == "by-address")
        return Leak(what, "unlikely", (*(("image-proxy", (name,)) for name in firing.proxies), *also))
    if what == "more" and could:
        return Leak(what, "not-known", firing.reasons[:_MOST_REASONS])
    return Leak(what, firing.answer, firing.reasons[:_MOST_REASONS])


def _advice(leaks: Sequence[Leak], said: Set[str], *, delegates: bool) -> tuple[str, ...]:
    """What to do now: about the mails first, then accounts, people, network and devices."""
    could = {leak.what for leak in leaks if _RANK[leak.answer] <= _RANK["not-known"]}
    advice = ["block-pictures", "leave-alone", "keep-original"]
    if said & {"in-log", "host-in-log", "stopped", "asked-by-somebody"}:
        advice.append("keep-logs")
    if "ntlm" in could:
        advice.append("passwords")
    if delegates:
        advice.append("tell-staff")
    if said & {"passed-on", "marked-passed-on"}:
        advice.append("tell-receivers")
    if could & {"network", "resolver"}:
        advice.append("home-router")
    return (*advice, "updates", "private-mailbox", "family")
