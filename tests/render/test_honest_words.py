"""What we say ourselves never claims more than was found, and never alarms beyond it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.render import factories
from tocsin.judge.likelihood import band
from tocsin.model.observation import Personal
from tocsin.render import words

SOURCE = Path(__file__).parents[2] / "src" / "tocsin"
# Every module whose strings reach people: reports, reasons, errors, defects, help; not lists that mail
# and texts are matched with.
SPOKEN = [
    path
    for folder in ("render", "judge", "mail", "connect", "attribute", "app", "cli")
    for path in sorted((SOURCE / folder).rglob("*.py"))
    if path.name not in ("charsets.py", "states.py", "strength.py", "strength_words.py")
]
FORBIDDEN = re.compile(
    r"\b(safe|safely|clean|hacked|infected|compromised|victims?|spied on|you opened|your location|urgent|"
    r"urgently|Chinese|Russian|Iranian|North Korean|Belarusian|American|Israeli|Indian)\b",
    re.IGNORECASE,
)


def spoken(path: Path) -> Iterator[str]:
    """Every string of a module except its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(SOURCE)))
def test_forbidden_words_are_never_said(path: Path) -> None:
    assert not [text for text in spoken(path) if FORBIDDEN.search(text)]


def test_the_check_finds_what_it_looks_for() -> None:
    assert FORBIDDEN.search("The account was hacked.")
    assert not FORBIDDEN.search("We found no sign in what we could read.")


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(SOURCE)))
def test_likelihood_and_confidence_never_share_a_sentence(path: Path) -> None:
    for text in spoken(path):
        for sentence in re.split(r"[.!?] ", text):
            assert not re.search(r"confiden", sentence, re.IGNORECASE) or not re.search(
                r"likel|chance|probab|%", sentence, re.IGNORECASE
            )


@pytest.mark.parametrize("value", [0.0, 0.01, 0.05, 0.19, 0.2, 0.45, 0.54, 0.55, 0.8, 0.8312, 0.95, 1.0])
def test_words_for_likelihood_are_those_of_the_judge(value: float) -> None:
    verdict = factories.verdict(class_="phishing", phishing=value)
    assert words.band(verdict) == band(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "under 1 %"),
        (0.0099, "under 1 %"),
        (0.01, "1 %"),
        (0.5, "50 %"),
        (0.99, "99 %"),
        (0.9901, "over 99 %"),
        (1.0, "over 99 %"),
    ],
)
def test_nothing_is_certain_or_impossible(value: float, expected: str) -> None:
    assert words.percent(value) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("plain", "it carries the reader's address, readable as it is"),
        ("md5-local", "it carries the first half of the reader's address, as a fingerprint (MD5)"),
        ("crc32", "it carries the reader's address, as a checksum (CRC-32)"),
        (
            "base64-md5-local",
            "it carries the first half of the reader's address, as a fingerprint (MD5), encoded once more",
        ),
        ("differs", "it carries an identifier that is another one in other readers' copies"),
        ("high-entropy", "it carries an identifier that can pick out one reader"),
    ],
)
def test_tokens_are_told_in_words(kind: str, expected: str) -> None:
    personal = Personal(kind, "x")
    assert words.personal(factories.beacon(personal=personal)) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", "whole mail"),
        ("2", "part 2"),
        ("1.2/last-content-type", "part 1.2/last-content-type"),
        ("1.2.1.1", "part 1.2.1.1"),
        ("203.0.113.9", "203.0.113.9"),
        ("9lives.example", "9lives.example"),
        ("Reply-To", "Reply-To"),
    ],
)
def test_places_are_told_in_words(place: str, expected: str) -> None:
    assert words.where(place) == expected


def test_a_beacon_without_token_says_nothing() -> None:
    assert words.personal(factories.beacon(personal=None)) == ""
