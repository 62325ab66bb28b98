"""The terminal says the answer first, ends with advice, and obeys nothing that mail says."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console, RenderableType

from tests.render import factories
from tocsin.render import words
from tocsin.render.explanation import choice_line, render_explanation
from tocsin.render.progress import ProgressLine
from tocsin.render.text import render_alert, render_scan


def printed(*pieces: RenderableType, width: int = 100) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, highlight=False, force_terminal=False)
    for piece in pieces:
        console.print(piece)
    return stream.getvalue()


def flat(output: str) -> str:
    return " ".join(output.split())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_answer_is_in_the_first_lines(width: int) -> None:
    output = printed(*render_scan(factories.summary(exercise=True), factories.alerts(), 20), width=width)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    assert lines[:2] == [words.EXERCISE, "4 of 1,187 mails need a look."]
    assert all(len(line) <= width for line in output.splitlines())


def test_each_alert_ends_with_advice() -> None:
    for number, judged in enumerate(factories.alerts(), 1):
        output = flat(printed(render_alert(number, judged)))
        assert output.startswith(f"{number}. {words.CLASS_TITLE[judged.verdict.class_]}")
        assert output.endswith(words.ADVICE_LINE)


def test_alerts_past_the_limit_are_counted() -> None:
    output = flat(printed(*render_scan(factories.summary(), factories.alerts(), 1)))
    assert "3 more alerts not shown here" in output
    assert "2. Looks like" not in output


def test_no_alert_says_what_was_read_and_how_often_we_miss() -> None:
    output = flat(printed(*render_scan(factories.empty(), [], 20)))
    assert output.startswith("We found no sign of reconnaissance or phishing in what we could read.")
    assert words.MISS_RATE in output
    assert "amina.verlinde@parlement[.]example (learnt from Delivered-To), 1,088 mails" in output
    assert "a password-protected archive" in output
    assert "17 mails could not be checked in full" in output


def test_explanation_of_mail_without_alert_gives_no_alarm() -> None:
    verdict = factories.verdict(class_="bulk", likelihood=0.002, band="almost no chance", alert=False)
    output = flat(printed(*render_explanation(factories.judged(verdict=verdict))))
    assert output.startswith("Bulk mail (almost no chance of reconnaissance, under 1 %)")
    assert words.ADVICE_LINE not in output
    assert words.MISS_RATE in output


def test_explanation_shows_everything() -> None:
    judged = factories.judged()
    output = flat(printed(*render_explanation(judged), width=300))
    for reason in (*judged.verdict.for_, *judged.verdict.against):
        assert words.weight(reason.weight) in output
        assert reason.detector in output
    for expected in (
        "from a prior of 0.05%",
        judged.observed.sha256,
        judged.observed.fingerprint,
        "MassMailer 4.1",
        "192[.]0[.]2[.]44",
        "missing-terminator",
        "part 2, at character 4,312",
    ):
        assert expected in output


HOSTILE = {
    "scan": lambda: printed(
        *render_scan(factories.hostile_summary(), [factories.hostile()], 20), width=100_000
    ),
    "explanation": lambda: printed(*render_explanation(factories.hostile()), width=100_000),
    "choice": lambda: choice_line(factories.hostile()),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_mail_cannot_steer_the_terminal(what: str) -> None:
    output = HOSTILE[what]()
    assert output.encode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", output)
    assert "🔔" not in output


@pytest.mark.parametrize("what", ["scan", "explanation"])
def test_markup_in_mail_is_text(what: str) -> None:
    assert "[/bold] [link=" in HOSTILE[what]()


@pytest.mark.parametrize("what", HOSTILE)
def test_no_address_can_be_clicked(what: str) -> None:
    output = HOSTILE[what]()
    assert not re.search(r"https?://|evil\.(example|test)", output)


def test_messages_above_the_progress_line_are_harmless() -> None:
    stream = io.StringIO()
    ProgressLine(stream, enabled=False).print("caf\udce9\x1b]0;x\x07.mbox: cut")
    assert stream.getvalue() == "caf⟨U+DCE9⟩⟨U+001B⟩]0;x⟨U+0007⟩.mbox: cut\n"
