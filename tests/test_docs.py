"""Generated pages are those that the code would write now; README tells the truth about commands."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[1] / "docs"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_schemas_are_current() -> None:
    pages = load("make_schemas").pages()
    assert pages
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run make pages"
    assert {path.name for path in (DOCS / "schemas").glob("*.json")} == {path.name for path in pages}


def test_the_table_of_habits_is_current() -> None:
    made = load("make_habits")
    text = made.page()
    assert made.HEAD in text
    assert made.PAGE.read_text(encoding="utf-8") == text, "docs/exposure.md is old: run make pages"
