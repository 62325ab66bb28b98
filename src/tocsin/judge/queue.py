"""What people should look at first: suspect mails, those of one hand together, the likeliest first.

A budget only draws a line: what lies below it stays in the queue and is counted. What intelligence points at lies above
it whatever its likelihood.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.judge.likelihood import logit
from tocsin.mail.callbacks import out_of_sight, split_callbacks
from tocsin.model.observation import Observed
from tocsin.model.scan import Judged, Queued
from tocsin.model.verdict import Verdict

# From this likelihood on, of reconnaissance or of phishing, a mail without alert stands in the queue.
QUEUED_AT = 0.05
_LEAST_TEXT = 80  # characters; shorter texts meet by chance
_LONGEST = 40  # marks of one mail
_SHOWN_PEOPLE = 200


class _Suspect(msgspec.Struct, frozen=True, gc=False):
    """What the queue keeps of a mail."""

    verdict: Verdict
    owner: str
    sha256: str
    subject: str
    sender: str
    at_s: float | None
    marks: tuple[str, ...]


class Queue:
    """Takes in judged mails in any order; `freeze` gives the queue."""

    def __init__(self) -> None:
        self._suspects: list[_Suspect] = []

    def add(self, judged: Judged) -> None:
        """Keeps the mail if people should look at it."""
        verdict = judged.verdict
        if not (verdict.alert or verdict.indicator or max(verdict.likelihood, verdict.phishing) >= QUEUED_AT):
            return
        mail = judged.observed
        self._suspects.append(
            _Suspect(
                verdict,
                judged.owner,
                mail.sha256,
                mail.subject,
                mail.sender.address,
                mail.arrival_s if mail.arrival_s is not None else mail.date_s,
                marks(mail),
            )
        )

    def freeze(self, budget: int = 0) -> tuple[Queued, ...]:
        """One entry for each hand, those with an alert first, then by likelihood.

        The first `budget` entries are within it (0: all that alarm), and so is every entry that intelligence
        points at; entries without an alert never are, unless it does.
        """
        groups = sorted((_entry(group) for group in _by_hand(self._suspects)), key=_order)
        limit = budget or len(groups)
        queue = []
        within = 0
        for rank, group in enumerate(groups, 1):
            inside = group.indicator or (group.alert and within < limit)
            within += inside and not group.indicator
            queue.append(msgspec.structs.replace(group, rank=rank, within_budget=inside))
        return tuple(queue)


def marks(mail: Observed) -> tuple[str, ...]:
    """What mails of one hand share: the address, a telling host, a long token, the text."""
    found = [f"address {mail.sender.address}"] if mail.sender.address else []
    if mail.beacons:
        _, strangers, own = split_callbacks(mail)
        telling = (b for b in (*strangers, *own) if out_of_sight(b) or b.personal is not None)
        found += [f"host {beacon.host}" for beacon in telling]
        if len(mail.content.link_sites) == 1:
            links = (b for b in mail.beacons if b.trigger == "click" and b.vendor is None and b.host)
            found += [f"link {beacon.host}" for beacon in links]
    content = mail.content
    if content.text_hash and content.text_length >= _LEAST_TEXT:
        found.append(f"text {content.text_hash}")
    return tuple(dict.fromkeys(found))[:_LONGEST]


def _by_hand(suspects: Iterable[_Suspect]) -> list[list[_Suspect]]:
    """Suspects that hang together by a shared mark, however indirectly; a mail without marks stands alone."""
    groups: dict[int, list[_Suspect]] = {}
    group_of: dict[tuple[str, str], int] = {}
    for number, suspect in enumerate(suspects):
        kind = "phishing" if suspect.verdict.class_ == "phishing" else "reconnaissance"
        keys = [(kind, mark) for mark in suspect.marks]
        joined = {group_of[key] for key in keys if key in group_of}
        target = max(joined, key=lambda one: len(groups[one])) if joined else number
        members = groups.setdefault(target, [])
        for other in joined - {target}:
            moved = groups.pop(other)
            members += moved
            for one in moved:
                group_of.update(((kind, mark), target) for mark in one.marks)
        members.append(suspect)
        group_of.update((key, target) for key in keys)
    return list(groups.values())


def _entry(group: list[_Suspect]) -> Queued:
    strongest = max(group, key=lambda one: (one.verdict.alert, _height(one.verdict), one.sha256))
    times = [one.at_s for one in group if one.at_s is not None]
    people = dict.fromkeys(one.owner for one in sorted(group, key=lambda one: one.owner) if one.owner)
    return Queued(
        class_=strongest.verdict.class_,
        likelihood=max(strongest.verdict.phishing, 0.0)
        if strongest.verdict.class_ == "phishing"
        else strongest.verdict.likelihood,
        alert=strongest.verdict.alert,
        indicator=any(one.verdict.indicator for one in group),
        sha256=strongest.sha256,
        subject=strongest.subject,
        sender=strongest.sender,
        members=tuple(sorted({one.sha256 for one in group})),
        alerts=sum(one.verdict.alert for one in group),
        people=tuple(people)[:_SHOWN_PEOPLE],
        first_s=min(times, default=None),
        last_s=max(times, default=None),
        height=_height(strongest.verdict),
    )


def _height(verdict: Verdict) -> float:
    """Log odds of what the mail is taken for."""
    if verdict.class_ == "phishing":
        return logit(min(max(verdict.phishing, 1e-6), 1 - 1e-6))
    return verdict.log_odds


def _order(entry: Queued) -> tuple[bool, bool, float, str]:
    return not entry.alert, entry.class_ == "phishing", -entry.height, entry.sha256
