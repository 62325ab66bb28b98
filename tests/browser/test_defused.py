"""Defused samples, drawn by Chromium: nothing is asked for, and the text is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.comparing import documents
from tests.browser.recorder import QUICK, missing_programs, record
from tocsin.mail.mime import scan
from tocsin.respond.defuse import defuse

SAMPLES = Path(__file__).parents[1] / "samples"
pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}")
DRAWN_TOGETHER = 8  # documents joined on one page, to draw all of them in little time


def test_defused_samples_ask_for_nothing() -> None:
    pages: list[str] = []
    for path in sorted(SAMPLES.glob("*/hit-*.eml")):
        pages.extend(documents(scan(defuse(path.read_bytes()).raw)))
    pages = list(dict.fromkeys(pages))
    assert len(pages) > 150
    joined = ["\n".join(pages[at : at + DRAWN_TOGETHER]) for at in range(0, len(pages), DRAWN_TOGETHER)]
    for page, recording in zip(joined, record(joined, settings=(QUICK[0],), looks=True), strict=True):
        assert not recording.problem
        assert (*recording.urls, *recording.names) == (), page
        assert recording.text.strip()
