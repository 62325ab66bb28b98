"""Ways to judge the same mails for an evaluation: scanned, each by itself, or as one mailbox."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from tocsin.app.owners import OwnerLearner, owner_of
from tocsin.app.scan import Scan, ScanRequest
from tocsin.app.spill import row_of
from tocsin.judge.fanout import moment
from tocsin.judge.gathering import Gathering
from tocsin.judge.history import History
from tocsin.judge.known import known_from
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.verdict import judge
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import Observed
from tocsin.model.people import Owner, People
from tocsin.model.scan import Judged
from tocsin.model.source import ReadError
from tocsin.model.verdict import Verdict
from tocsin.model.weights import Weights

READER = "reader@house.invalid"  # the one owner of mails of many recipients


def scanned(
    paths: Iterable[Path], weights: Weights, people: People | None = None, jobs: int = 1
) -> tuple[list[Judged], list[ReadError]]:
    """What `tocsin scan PATHS` judges, and what it could not read."""
    request = ScanRequest(tuple(map(str, paths)), weights, people or People(), jobs=jobs)
    scan = Scan(request)
    judged: list[Judged] = []
    errors: list[ReadError] = []
    try:
        for item in scan:
            if isinstance(item, Judged):
                judged.append(item)
            else:
                errors.append(item)
    finally:
        scan.close()
    return judged, errors


def each_alone(mails: Iterable[Observed], weights: Weights, catalogue: Catalogue) -> list[Verdict]:
    """Each mail as a scan of that file alone judges it: its recipient the owner, no history, no reach."""
    history = History(known=known_from(catalogue))
    verdicts = []
    for mail in mails:
        row = row_of(mail, 0, 0, 0)
        learner = OwnerLearner({})
        learner.add(row)
        owner = unlisted_owner(owner_of(row, learner.learn(), {}), catalogue)
        verdicts.append(judge(mail, history.context(mail, owner), weights))
    return verdicts


def as_one_mailbox(mails: Sequence[Observed], weights: Weights, catalogue: Catalogue) -> list[Verdict]:
    """The verdicts, in the order given, as if one person had got all of these mails."""
    owner: Owner = unlisted_owner(READER, catalogue)
    builder = Gathering()
    for mail in mails:
        builder.add(mail, owner)
    history = History(builder.freeze(), known_from(catalogue))
    verdicts: dict[int, Verdict] = {}
    for number in sorted(range(len(mails)), key=lambda number: _when(mails[number])):
        mail = mails[number]
        verdicts[number] = judge(mail, history.context(mail, owner), weights)
        history.remember(mail, owner, verdicts[number])
    return [verdicts[number] for number in range(len(mails))]


def _when(mail: Observed) -> tuple[float, str]:
    at = moment(mail)
    return (at if at is not None else math.inf, mail.sha256)


def phones_home(mail: Observed) -> bool:
    """Whether something in it calls on receipt, opening or reply, without a click."""
    return any(beacon.trigger in ("receipt", "open", "reply") for beacon in mail.beacons)
