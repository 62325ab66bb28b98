"""Every sample mail, drawn by Chromium: what is said to fire does, and what is asked for was said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from tests.browser.comparing import compare, documents, drawn_parts
from tests.browser.recorder import QUICK, Recording, Setting, missing_programs, record
from tocsin.mail.mime import scan
from tocsin.model.catalogue import Catalogue
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.beacons.references import BROWSER
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

SAMPLES = Path(__file__).parents[1] / "samples"
_VARYING = ("media", "srcset", "container", "print")
pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}")


@cache
def catalogue() -> Catalogue:
    return index_catalogue((), {})


def draw(texts: list[str], scripts: bool) -> dict[str, Recording]:
    """Draw documents in two browsers: those that can tell screens apart in several settings, the others in one."""
    varied = [text for text in texts if any(mark in text.lower() for mark in _VARYING)]
    plain = [text for text in texts if text not in set(varied)]
    first, second = plain[::2], plain[1::2]

    def run(batch: tuple[list[str], tuple[Setting, ...]]) -> list[tuple[str, Recording]]:
        return list(zip(batch[0], record(batch[0], scripts=scripts, settings=batch[1]), strict=True))

    with ThreadPoolExecutor(2) as pool:
        batches = [(first, QUICK[:1]), (second, QUICK[:1]), (varied, QUICK)]
        return dict(pair for done in pool.map(run, [batch for batch in batches if batch[0]]) for pair in done)


def disagreements(paths: list[Path], *, scripts: bool = False) -> list[str]:
    """Draw the mails in one browser; say each URL on which it and the observers differ."""
    messages = {path: scan(path.read_bytes()) for path in paths}
    texts = [text for message in messages.values() for text in documents(message)]
    recorded = draw(texts, scripts)
    found: list[str] = []
    for path, message in messages.items():
        recordings = [recorded[text] for text in documents(message)]
        found += [f"{path.parent.name}/{path.name}: {one.problem}" for one in recordings if one.problem]
        seen = observe_beacons(message, catalogue(), NO_NEEDLES)
        parts = [part.path for part in drawn_parts(message)]
        off, on = ([], recordings) if scripts else (recordings, [])
        for miss in compare(seen.beacons, parts, off, on).misses:
            if not (scripts and miss.kind == "unrequested"):
                found.append(f"{path.parent.name}/{path.name}: {miss.kind} {miss.url} {miss.label}")
    return found


def mails(kind: str) -> list[Path]:
    """The samples of techniques that a browser can set off."""
    paths = sorted(path for path in SAMPLES.glob(f"*/{kind}-*.eml") if path.parent.name in BROWSER)
    return [path for path in paths if documents(scan(path.read_bytes()))]


def test_hits_fire_in_a_browser() -> None:
    assert disagreements(mails("hit")) == []


def test_near_misses_ask_for_nothing_unsaid() -> None:
    assert disagreements(mails("near")) == []


def test_what_scripts_ask_for_is_said() -> None:
    scripted = [path for path in mails("hit") if b"<script" in path.read_bytes().lower()]
    assert disagreements(scripted, scripts=True) == []
