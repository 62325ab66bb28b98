"""What a mail could have shown its sender about one reader: four steps, each answered by itself, and what follows.

Nothing here assumes the worse or the better: what no evidence bears is "not-known".
"""

from __future__ import annotations

from collections.abc import Sequence

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
_TAKEN_OUT = ("defuse", "quarantine")
_HIDDEN_BY_PROXY = ("network", "client", "system", "cookies", "language")
_RANK = {
    "yes": 0,
    "likely": 1,
    "not-known": 2,
    "unlikely": 3,
    "no": 4,
}  # what weighs most for the reader first
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

    `flags` are the mailbox's own ("S" seen, "R" replied, "P" passed on), None where it keeps none. `answered` tells
    that a mail of the owner answers this one. `handled` is what was done with it when it came, of
    `model.handling.ACTIONS`, "" where that is not known.
    `pictures` is "shown", "blocked" or ""; `habits` are those of the programs and providers that the reader uses.
    `fetched` are the lines of logs that ask for this mail's beacons and for no other reader's, `asked_by_somebody`
    those that can be another reader's; `logs` tells that any were handed in.
    """

    flags: str | None = None
    answered: bool = False
    handled: str = ""
    pictures: str = ""
    habits: tuple[Habit, ...] = ()
    fetched: tuple[Fetched, ...] = ()
    asked_by_somebody: tuple[Fetched, ...] = ()
    logs: bool = False


def expose_mail(
    mail: Observed,
    person: str,
    address: str,
    around: Circumstances,
    *,
    sent_s: float | None,
    reader: str = "",
) -> MailExposure:
    """The four steps for one mail, and what its beacons could have shown."""
    displayed = _displayed(around)
    fired = _fired(mail.beacons, around)
    fetched = _fetched(around)
    delivered = Step("delivered", "yes", (("in-mailbox", ()),), sent_s)
    if around.handled == "quarantine" and not around.fetched:
        delivered = Step("delivered", "no", (("quarantine", ()),))
    steps = (delivered, displayed, fired, fetched)
    return MailExposure(
        mail.sha256,
        person,
        address,
        sent_s,
        steps,
        _leaks(mail.beacons, around, fired, fetched),
        tuple(dict.fromkeys(one.technique for one in mail.beacons)),
        reader,
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
    return Exposure(person, campaign, ordered, leaks, _advice(leaks, delegates=delegates))


def _displayed(around: Circumstances) -> Step:
    """Whether somebody displayed it; a mark is a hint, as rules and "mark all as read" set it too."""
    if around.fetched:
        return Step("displayed", "yes", (("asked-for", (around.fetched[0].place,)),), around.fetched[0].at_s)
    if around.answered or (around.flags and "R" in around.flags):
        return Step("displayed", "yes", (("answered", ()),))
    if around.flags and "P" in around.flags:
        return Step("displayed", "yes", (("passed-on", ()),))
    if around.flags and "S" in around.flags:
        return Step("displayed", "likely", (("marked-read", ()),))
    if around.flags is not None:
        return Step("displayed", "not-known", (("not-marked-read", ()),))
    return Step("displayed", "not-known", (("no-flags", ()),))


def _fired(beacons: Sequence[Beacon], around: Circumstances) -> Step:
    """Whether what phones home could work where and how this mail is read."""
    step = "could-have-fired"
    if around.fetched:
        return Step(step, "yes", (("asked-for", (around.fetched[0].place,)),))
    if around.handled in _TAKEN_OUT:
        return Step(step, "no", ((around.handled, ()),))
    if not any(one.trigger in _AT_ONCE for one in beacons):
        return Step(step, "unlikely", (("needs-an-act", ()),))
    if around.pictures == "blocked":
        return Step(step, "unlikely", (("pictures-blocked", ()),))
    if around.pictures == "shown":
        return Step(step, "likely", (("pictures-shown", ()),))
    if not around.habits:
        return Step(step, "not-known", (("program-not-known", ()),))
    reasons = tuple((f"habit-{one.pictures}", (one.name,)) for one in around.habits)
    kinds = {one.pictures for one in around.habits}
    if "shown" in kinds:
        return Step(step, "likely", reasons)
    return Step(step, "unlikely" if kinds == {"blocked"} else "not-known", reasons)


def _fetched(around: Circumstances) -> Step:
    if around.fetched:
        first = min(around.fetched, key=lambda one: one.at_s)
        return Step("fetched", "yes", (("in-log", (first.host, first.client, first.place)),), first.at_s)
    if around.asked_by_somebody:
        first = min(around.asked_by_somebody, key=lambda one: one.at_s)
        return Step("fetched", "not-known", (("asked-by-somebody", (first.host, first.client, first.place)),))
    if around.logs:
        return Step("fetched", "not-known", (("not-in-logs", ()),))
    return Step("fetched", "not-known", (("no-logs", ()),))


def _leaks(beacons: Sequence[Beacon], around: Circumstances, fired: Step, fetched: Step) -> tuple[Leak, ...]:
    at_once = [one for one in beacons if one.trigger in _AT_ONCE] or list(beacons)
    if not at_once:
        return ()
    answer = "yes" if fetched.answer == "yes" else fired.answer
    carried = {
        "opened",
        "time",
        *(_CARRIED[leak] for one in at_once for leak in one.leaks if leak in _CARRIED),
    }
    if "client" in carried:
        carried |= {"system", "language", "more"}
    if any(one.personal is not None for one in at_once):
        carried.add("address")
    proxied = bool(around.habits) and all(one.proxy for one in around.habits) and answer != "no"
    early = proxied and all(one.early for one in around.habits) and not around.answered
    found = []
    for what in SHOWN:
        if what not in carried:
            continue
        if early and what in ("opened", "time"):  # it is asked for whether anybody reads it or not
            found.append(Leak(what, "unlikely", tuple(("asked-early", (one.name,)) for one in around.habits)))
            continue
        if proxied and what in _HIDDEN_BY_PROXY:
            found.append(Leak(what, "unlikely", tuple(("image-proxy", (one.name,)) for one in around.habits)))
        elif what == "more" and answer in ("yes", "likely"):
            found.append(Leak(what, "not-known", fired.reasons))
        else:
            found.append(Leak(what, answer, fired.reasons))
    return tuple(found)


def _advice(leaks: Sequence[Leak], *, delegates: bool) -> tuple[str, ...]:
    could = {leak.what for leak in leaks if _RANK[leak.answer] <= _RANK["not-known"]}
    advice = ["block-pictures", "leave-alone", "keep-original"]
    if "ntlm" in could:
        advice.append("passwords")
    if delegates:
        advice.append("tell-staff")
    if could & {"network", "resolver"}:
        advice.append("home-router")
    return (*advice, "updates", "private-mailbox", "family")
