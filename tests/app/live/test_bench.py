"""A mail that ends or holds up what reads it costs what could not be read of it, and no other mail."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.app.live.remembering import LENA, NOW_S, setup_of
from tests.e2e.mailboxes import mail

from tocsin.app.config import Config
from tocsin.app.live.bench import Bench, BenchSetup, Handled, LiveMail
from tocsin.app.live.journal import Journal
from tocsin.app.live.memory import fallback
from tocsin.app.live.pool import Pool
from tocsin.app.observing import observer_factory
from tocsin.app.requests import make_request
from tocsin.model.handling import Handling, Handlings
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail

TAGGING = Handlings(default=Handling(alert="tag", tracked="tag", other="tag", unread="quarantine"))


@pytest.mark.parametrize("way", ["ends", "holds up"])
def test_it_is_read_once_more_without_attachments_then_given_up(way: str, tmp_path: Path) -> None:
    real = observer_factory(make_request(Config(), ()).lists)()

    def observe(found: RawMail, without_attachments: str) -> Observed:
        if b"Report 13" in found.raw or (b"Report 14" in found.raw and not without_attachments):
            if way == "ends":
                os._exit(9)
            time.sleep(60)
        return real(found, without_attachments)

    pool = Pool(observe, Journal(tmp_path / "spool"), 2, 1.5)
    bench = Bench(
        pool, Journal(tmp_path / "spool"), fallback(setup_of(tmp_path, "unused")), BenchSetup(TAGGING, {})
    )
    pool.start()
    done: dict[int, Handled] = {}
    try:
        for number in (13, 14, 15):
            bench.submit(LiveMail(number, mail(number), (LENA,), NOW_S))
        end_s = time.monotonic() + 60
        while len(done) < 3:
            assert time.monotonic() < end_s, "mails were lost"
            done |= {one.ticket: one for one in bench.results()}
            time.sleep(0.01)
    finally:
        pool.close()
    assert [done[number].action for number in (13, 14, 15)] == ["quarantine", "tag", "tag"]
    given_up, partly, whole = (done[number].observed for number in (13, 14, 15))
    assert given_up is not None
    assert partly is not None
    assert whole is not None
    assert (given_up.unread, partly.unread, whole.unread) == (True, False, False)
    assert partly.subject == "Report 14"
    assert whole.not_evaluated == ()
