"""The pages about detectors say what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.judge.detectors import DETECTORS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_detector_pages", DOCS / "make_detector_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_current(generator: ModuleType) -> None:
    stale = [
        path.name
        for path, text in generator.pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    assert stale == [], "run python docs/make_detector_pages.py"


def test_there_is_no_page_without_a_detector(generator: ModuleType) -> None:
    assert {path.name for path in (DOCS / "detectors").glob("*.md")} == {
        path.name for path in generator.pages()
    }


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_every_docstring_has_its_headings(detector: object, generator: ModuleType) -> None:
    title, sections = generator.parse_docstring(detector.id)  # type: ignore[attr-defined]
    assert title.endswith(".")
    assert set(sections) == {"Fires", "Silent", "Doubt", "Source"}
