"""Text from mail loses what hides, steers or can be clicked, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.render.shown import escaped, isolated, place, short, shown, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("two\r\n\tlines", "two lines"),
        ("a\x00b\x1b[2Jc", "a⟨U+0000⟩b⟨U+001B⟩[2Jc"),
        ("exe.\u202efdp", "exe.⟨U+202E⟩fdp"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("caf\udce9", "caf⟨U+DCE9⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("می‌خواهم", "می‌خواهم"),
        ("👩‍💻 שלום العربية", "👩‍💻 שלום العربية"),
        ("e\u0301te", "e\u0301te"),
        ("Z" + "\u0335" * 40 + "algo", "Z\u0335\u0335\u0335\u0335⟨…⟩algo"),
    ],
)
def test_unseen_characters_are_written_out(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_addresses_cannot_be_clicked() -> None:
    assert shown("see https://evil.example/a?b=c") == "see hxxps://evil[.]example/a?b=c"


def test_long_text_is_cut_and_says_so() -> None:
    assert shown("x" * 500, 10) == "xxxxxxxxxx… (cut, 500 characters in all)"
    assert short("x" * 500, 10) == "xxxxxxxxx…"
    assert short("x" * 10, 10) == "x" * 10


def test_path_can_be_typed_and_member_cannot_be_clicked() -> None:
    assert place("/mail/take.zip#www.evil.example/a.eml") == "/mail/take.zip#www[.]evil[.]example/a.eml"


@given(st.text(st.characters(codec=None)))
def test_html_holds_no_markup_and_no_control(text: str) -> None:
    written = isolated(text)
    inner = written.removeprefix("<bdi>").removesuffix("</bdi>")
    assert not set(inner) & set("<>\"'\x00\x1b\u202e\u2066")
    assert written.encode("utf-8")


def test_attribute_quotes_are_escaped() -> None:
    assert escaped("\"'<>&") == "&quot;&#x27;&lt;&gt;&amp;"
