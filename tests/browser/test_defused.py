"""Defused samples, drawn by Chromium: nothing is asked for, and the text is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.comparing import documents
from tests.browser.likeness import grey, similarity
from tests.browser.recorder import QUICK, missing_programs, record
from tests.respond.hostile import PAGES
from tocsin.mail.mime import scan
from tocsin.respond.defuse import defuse
from tocsin.respond.notice import ADDED

SAMPLES = Path(__file__).parents[1] / "samples"
pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}")
DRAWN_TOGETHER = 32  # documents joined on one page, to draw all of them in little time


def test_defused_samples_ask_for_nothing() -> None:
    pages: list[str] = []
    for path in sorted(SAMPLES.glob("*/hit-*.eml")):
        pages.extend(documents(scan(defuse(path.read_bytes()).raw)))
    for page in PAGES:
        raw = f"From: tom@weekly-observer.example\nContent-Type: text/html; charset=utf-8\n\n{page}".encode()
        pages.extend(documents(scan(defuse(raw).raw)))
    pages = list(dict.fromkeys(pages))
    assert len(pages) > 250
    joined = ["\n".join(pages[at : at + DRAWN_TOGETHER]) for at in range(0, len(pages), DRAWN_TOGETHER)]
    for page, recording in zip(joined, record(joined, settings=(QUICK[0],), looks=True), strict=True):
        assert not recording.problem
        assert (*recording.urls, *recording.names) == (), page
        assert recording.text.strip()


DRAWN = """<style>td { font: 14px/1.4 serif } .x { background: #dde url(https://b.example/ground) }
@media (max-width: 300px) { td { display: none } }</style><script>x()</script>
<body bgcolor=#eeeeee><table width=600 align=center class=x cellpadding=12
style="--c: #226; border: 2px solid var(--c)">
<tr><td><img src=https://b.example/logo width=120 height=40 alt=Logo><h1>The week in town</h1>
<tr><td background=https://b.example/cell><p>Dear Ruth, <label style="font-size:0">hidden</label>
<a href=https://paper.example/a>read on</a> or go to <a href=https://phish.example/>www.paper.example</a>.
<ul style="list-style: url(https://b.example/dot) square"><li>One<li>Two</ul>
<form action=https://b.example/><input value=Name><select><option>Often<option>Never</select>
<button>Send</button></form>
<tr><td><pre wrap>A line that is broken where it meets the end of the page, as is usual in letters of this kind.</pre>
</table>"""
TYPES = (
    "",
    "<!DOCTYPE html>",
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1.dtd">',
)


def test_a_defused_page_looks_and_reads_as_with_remote_content_blocked() -> None:
    before = [kind + DRAWN for kind in TYPES]
    head = "From: tom@weekly-observer.example\nContent-Type: text/html; charset=utf-8\n\n"
    after = [documents(scan(defuse((head + page).encode()).raw))[0] for page in before]
    blocked = record(before, settings=QUICK[:1], looks=True, blocked=True)
    for old, new in zip(blocked, record(after, settings=QUICK, looks=True, without=ADDED), strict=True):
        assert (*new.urls, *new.names) == ()
        assert new.text.split() == old.text.split()
        assert similarity(grey(old.picture), grey(new.picture)) > 0.97
