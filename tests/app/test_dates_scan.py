"""Registration days in a scan: read once, wrong files told before any mail is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.config import Config
from tocsin.app.requests import RequestError, make_request
from tocsin.app.scan import Scan
from tocsin.model.scan import Judged

MAIL = (
    b"Received: from mx.writer.example (mx.writer.example [192.0.2.4]) by mx.house.example"
    b" for <ann@house.example>; Tue, 12 Jan 2021 09:30:00 +0100\r\n"
    b"From: A Writer <a@writer.example>\r\nTo: ann@house.example\r\nDate: Tue, 12 Jan 2021 09:29:00 +0100\r\n"
    b"Message-ID: <1@writer.example>\r\nSubject: A word\r\nContent-Type: text/html\r\n\r\n"
    b"<p>Good morning, could we talk about the hearing next week? I would need ten minutes only.</p>"
    b'<img src="https://t.stranger.test/9f8e7d6c5b4a3928.gif" width=1 height=1>\r\n'
)


def judged(tmp_path: Path, dates: str) -> Judged:
    mail, file = tmp_path / "one.eml", tmp_path / "dates.csv"
    mail.write_bytes(MAIL)
    file.write_text(dates, "utf-8")
    scan = Scan(make_request(Config(domain_dates=file, jobs=1), [str(mail)]))
    try:
        return next(item for item in scan if isinstance(item, Judged))
    finally:
        scan.close()


def test_a_young_domain_is_a_reason(tmp_path: Path) -> None:
    reasons = {
        r.detector: r for r in judged(tmp_path, "domain,registered\nstranger.test,2021-01-09\n").verdict.for_
    }
    assert "3 days" in reasons["young-domain"].text


def test_a_day_after_the_mail_is_said_and_no_reason(tmp_path: Path) -> None:
    verdict = judged(tmp_path, "stranger.test,2023-01-09\n").verdict
    assert "young-domain" not in {reason.detector for reason in verdict.for_}
    assert any("stranger.test" in said for said in verdict.not_evaluated)


def test_a_wrong_file_ends_before_any_mail_is_read(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"dates\.csv, line 1"):
        judged(tmp_path, "stranger.test;2021-01-09\n")
