"""The queue: mails of one hand are one case, the likeliest first, a budget draws a line."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.judge.factories import beacon, content, mail, pixel, sender
from tocsin.judge.queue import Queue
from tocsin.model.observation import Observed
from tocsin.model.scan import Judged, Queued
from tocsin.model.verdict import Verdict


def judged(observed: Observed, likelihood: float, owner: str = "a@house.example", **values: Any) -> Judged:
    verdict = Verdict(
        class_=values.pop("class_", "reconnaissance" if likelihood >= 0.5 else "bulk"),
        likelihood=likelihood,
        prior=0.0005,
        band="",
        alert=likelihood >= 0.5,
        for_=(),
        against=(),
        not_evaluated=(),
        log_odds=10 * likelihood - 5,
    )
    return Judged(observed, msgspec.structs.replace(verdict, **values), owner, (observed.source,))


def one(number: int, *, address: str = "", host: str = "", text: str = "") -> Observed:
    return mail(
        *((pixel(f"https://{host}/p.gif"),) if host else ()),
        sha256=f"{number:064x}",
        sender=sender(address or f"w{number}@o{number}.test"),
        content=content(text_hash=text),
    )


def queue_of(*mails: Judged, budget: int = 0) -> tuple[Queued, ...]:
    queue = Queue()
    for each in mails:
        queue.add(each)
    return queue.freeze(budget)


def test_mails_that_share_sender_host_or_text_are_one_case() -> None:
    chain = (
        judged(one(1, address="x@o.test"), 0.9),
        judged(one(2, address="x@o.test", host="t.stranger.test"), 0.8, "b@house.example"),
        judged(one(3, host="t.stranger.test", text="same"), 0.7, "c@house.example"),
        judged(one(4, text="same"), 0.6, "a@house.example"),
    )
    for order in (chain, chain[::-1], (chain[0], chain[3], chain[1], chain[2])):
        (case,) = queue_of(*order)
        assert (len(case.members), case.alerts, len(case.people)) == (4, 4, 3)
        assert case.sha256 == f"{1:064x}"


def test_strangers_are_cases_of_their_own_the_likeliest_first() -> None:
    cases = queue_of(judged(one(1), 0.6), judged(one(2), 0.9), judged(one(3), 0.7))
    assert [case.sha256 for case in cases] == [f"{n:064x}" for n in (2, 3, 1)]
    assert [case.rank for case in cases] == [1, 2, 3]


def test_an_ordinary_picture_host_ties_nothing_together() -> None:
    shared = [
        judged(
            mail(
                beacon("https://cdn.pictures.test/a.png"), sha256=f"{n:064x}", sender=sender(f"{n}@o{n}.test")
            ),
            0.9,
        )
        for n in range(3)
    ]
    assert len(queue_of(*shared)) == 3


def test_a_budget_draws_a_line_and_hides_nothing() -> None:
    mails = [judged(one(n), 0.9 - n / 100) for n in range(5)]
    cases = queue_of(*mails, budget=2)
    assert [case.within_budget for case in cases] == [True, True, False, False, False]


def test_intelligence_lies_above_the_line_and_takes_no_room() -> None:
    mails = [judged(one(n), 0.9 - n / 100) for n in range(3)]
    cases = queue_of(*mails, judged(one(9), 0.01, indicator=True), budget=2)
    assert [case.within_budget for case in cases] == [True, True, False, True]
    assert cases[-1].indicator


def test_the_middle_waits_in_the_queue_and_the_rest_does_not() -> None:
    cases = queue_of(judged(one(1), 0.2), judged(one(2), 0.01), judged(one(3), 0.9))
    assert [(case.alert, case.within_budget) for case in cases] == [(True, True), (False, False)]


def test_phishing_and_reconnaissance_of_one_sender_stay_apart() -> None:
    cases = queue_of(
        judged(one(1, address="x@o.test"), 0.9),
        judged(one(2, address="x@o.test"), 0.1, class_="phishing", phishing=0.95, alert=True),
    )
    assert [case.class_ for case in cases] == ["reconnaissance", "phishing"]
    assert cases[1].likelihood == 0.95
