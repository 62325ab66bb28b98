"""The pages of techniques are what the table and the docstrings say now."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_pages_are_current() -> None:
    pages: dict[Path, str] = runpy.run_path(str(DOCS / "make_pages.py"))["render_pages"]()
    stale = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run: python docs/make_pages.py"


def test_no_page_is_left_over() -> None:
    pages = runpy.run_path(str(DOCS / "make_pages.py"))["render_pages"]()
    assert {path.name for path in (DOCS / "techniques").iterdir()} == {path.name for path in pages}
