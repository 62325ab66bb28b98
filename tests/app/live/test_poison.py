"""A mail on which judging fails costs what is remembered of it, never what is remembered of others."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.live.remembering import LENA, NOW_S, Memory, count, letter, setup_of, until
from tests.e2e.mailboxes import mail

from tocsin.app.config import Config
from tocsin.app.live.bench import Bench, BenchSetup, Handled, LiveMail
from tocsin.app.live.journal import Journal
from tocsin.app.live.memory import fallback
from tocsin.app.live.pool import Pool
from tocsin.app.matcher import Matcher
from tocsin.app.observing import observer_factory
from tocsin.app.requests import make_request
from tocsin.judge.growing import GrowingGathering
from tocsin.judge.history import History
from tocsin.link import traits
from tocsin.model.arrival import Arrival, Opinion, Opinions
from tocsin.model.handling import Handling, Handlings
from tocsin.model.observation import Observed
from tocsin.model.verdict import Verdict

POISON = "Report 13"
NO_SIGN = Verdict("no-sign", 0.02, 0.01, "almost no chance", False, (), (), ())


def failing_on_poison(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, but for one mail."""

    def function(self: object, mail: Any, *arguments: Any, **more: Any) -> Any:
        for one in mail if isinstance(mail, list) else [mail]:
            if getattr(one, "subject", getattr(getattr(one, "mail", None), "subject", "")) == POISON:
                raise TypeError("somebody@desk.test is no number")
        return real(self, mail, *arguments, **more)

    return function


@pytest.mark.parametrize(
    ("where", "name"),
    [(GrowingGathering, "reach"), (GrowingGathering, "add"), (History, "context"), (History, "remember")],
)
def test_it_is_judged_without_history_and_the_next_with_it(
    where: type, name: str, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, failing_on_poison(getattr(where, name)))
    memory = Memory(setup_of(tmp_path, url))
    poison = letter(13)
    memory.arrive(letter(1))
    assert memory.answer(poison) is None
    memory.answer(poison)  # a mail server tries again
    assert memory.arrive(letter(2)).history == ""
    assert memory.said.count(poison.sha256) == 1
    assert "somebody@desk.test" not in memory.said, "an error can repeat what a mail says"
    opinions = Opinions((Opinion(LENA, NO_SIGN),), "judging failed", "judging failed")
    memory.journal.append(Arrival(poison, opinions, "tag", NOW_S, (LENA,)))
    memory.kill()
    for _ in range(2):  # once from the journal, once from the store
        memory = Memory(setup_of(tmp_path, url))
        assert memory.arrive(letter(3)).history == ""
        until(lambda: count(url) == 4, "the mails")
        assert not memory.ended
        memory.kill()


def test_intelligence_that_fails_on_it_is_said(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Matcher.hits
    monkeypatch.setattr(Matcher, "hits", failing_on_poison(real))
    memory = Memory(setup_of(tmp_path, url))
    found = memory.ask(letter(13))
    assert (found.history, found.intelligence) == ("", "not looked up (TypeError)")
    assert memory.ask(letter(2)).intelligence == ""
    memory.kill()


def test_one_that_cannot_be_kept_is_set_aside_alone(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(found: Observed) -> bytes:
        if found.subject == POISON:
            raise TypeError("somebody@desk.test is no number")
        return traits.pack(found)

    monkeypatch.setattr("tocsin.app.live.keeper.pack", pack)
    setup = setup_of(tmp_path, url)
    journal = Journal(setup.journal)
    for number in range(12, 15):
        opinions = Opinions((Opinion(LENA, NO_SIGN),))
        journal.append(Arrival(letter(number), opinions, "tag", NOW_S, (LENA,)))
    journal.close()
    memory = Memory(setup)
    until(lambda: count(url) == 2, "the others")
    until(lambda: letter(13).sha256 in memory.said, "a line")
    until(lambda: len(list(setup.journal.rglob("*.unreadable"))) == 1, "the record, set aside")
    assert "has ended" not in memory.said
    assert "somebody@desk.test" not in memory.said
    memory.kill()


def test_linking_that_fails_does_not_end_keeping(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def update(*arguments: object, **more: object) -> None:
        raise TypeError("no number")

    monkeypatch.setattr("tocsin.app.live.keeper.update_campaigns", update)
    memory = Memory(setup_of(tmp_path, url))
    alert = Verdict("reconnaissance", 0.9, 0.01, "very likely", True, (), (), ())
    for number in range(3):
        opinions = Opinions((Opinion(LENA, alert),))
        memory.journal.append(Arrival(letter(number), opinions, "tag", NOW_S, (LENA,)))
        until(lambda wanted=number + 1: count(url) == wanted, "the mail")  # type: ignore[misc]
    until(lambda: "campaigns were not linked" in memory.said, "a line")
    assert "has ended" not in memory.said
    memory.kill()


def test_a_mail_that_cannot_be_judged_at_all_is_handled_as_unread(tmp_path: Path) -> None:
    request = make_request(Config(), ())
    alone = fallback(setup_of(tmp_path, "unused"))

    def judge(found: Observed, owners: tuple[str, ...], now_s: float, reason: str) -> Opinions:
        if found.subject == POISON:
            raise TypeError("somebody@desk.test is no number")
        return alone(found, owners, now_s, reason)

    journal = Journal(tmp_path / "spool")
    pool = Pool(observer_factory(request.lists)(), journal, 1, 20.0)
    handlings = Handlings(default=Handling(alert="tag", tracked="tag", other="tag", unread="quarantine"))
    bench = Bench(pool, journal, judge, BenchSetup(handlings, {}))
    pool.start()
    try:
        for number in (13, 14):
            bench.submit(LiveMail(number, mail(number), (LENA,), NOW_S))
        done: dict[int, Handled] = {}
        end_s = time.monotonic() + 30
        while len(done) < 2:
            assert time.monotonic() < end_s
            done |= {one.ticket: one for one in bench.results()}
            time.sleep(0.01)
    finally:
        pool.close()
    assert (done[13].action, done[13].kind, done[14].action) == ("quarantine", "unread", "tag")
    assert "history=no" in done[13].tag
    (line,) = bench.problems
    assert hashlib.sha256(mail(13)).hexdigest() in line
    assert "somebody@desk.test" not in line
