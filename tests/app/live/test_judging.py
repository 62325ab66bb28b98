"""Mail by mail comes to what a scan of all mail up to then comes to."""

from __future__ import annotations

import random

import msgspec

from tocsin.app.config import Config
from tocsin.app.exercise import Request, make_exercise
from tocsin.app.live.judging import LiveJudge, grounds_of
from tocsin.app.observing import observer_factory
from tocsin.app.requests import make_request
from tocsin.judge.copies import copy_keys
from tocsin.judge.fanout import moment
from tocsin.judge.session import compare_copies, judge_in_order, time_order
from tocsin.model.source import RawMail

SAMPLES = 25


def test_each_mail_is_judged_as_by_a_scan_when_it_was_the_newest() -> None:
    exercise = make_exercise(Request("january", seed=5, people=4, scale=0.5))
    request = make_request(Config(), ())
    observe = observer_factory(request.lists)()
    mails = [
        (observe(RawMail(f"m#{n}", one.owner, one.raw, arrival_s=one.at.timestamp()), ""), one.owner)
        for n, one in enumerate(exercise.mails)
    ]
    mails.sort(key=lambda one: time_order(moment(one[0]), one[0].sha256, one[1]))
    grounds = grounds_of(request)
    live = LiveJudge(grounds)
    verdicts = [live.judge(mail, (owner,))[0].verdict for mail, owner in mails]
    assert sum(verdict.alert for verdict in verdicts) >= 3

    def scanned(count: int) -> object:
        part = mails[:count]
        owners = [owner for _, owner in part]
        differences = compare_copies(
            [copy_keys(mail) for mail, _ in part],
            owners,
            [moment(mail) for mail, _ in part],
            lambda place: part[place][0],
        )
        *_, (_, verdict) = judge_in_order(
            lambda place: part[place][0],
            [grounds.owner(owner) for owner in owners],
            differences,
            grounds.weights,
            grounds.known,
            grounds.threshold,
            lambda stage, done: None,
        )
        return verdict

    alerts = [place for place, verdict in enumerate(verdicts) if verdict.alert]
    others = random.Random(2).sample(range(len(mails)), SAMPLES)
    for place in {*alerts[:SAMPLES], *others, len(mails) - 1}:
        assert msgspec.to_builtins(verdicts[place]) == msgspec.to_builtins(scanned(place + 1)), mails[place]
