"""Defanged values become what they were; values that nobody defanged stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.hunt.refang import refang
from tocsin.mail.url import defang, defang_host

BRACKETS = (
    ("hxxps[:]//evil[.]example/a[.]html", "https://evil.example/a.html"),
    ("hXXp://evil.example/p", "http://evil.example/p"),
    ("https[://]evil[.]test:8080/x?y=1", "https://evil.test:8080/x?y=1"),
    ("h**p://evil.example", "http://evil.example"),
    (r"hxxp:\\evil.test/a", "http://evil.test/a"),
    ("fxp://files.example", "ftp://files.example"),
    ("evil(dot)example", "evil.example"),
    ("evil [dot] example", "evil.example"),
    ("evil[.example", "evil.example"),
    ("a[at]b[.]example", "a@b.example"),
    ("a [@] b{.}example", "a@b.example"),
    ("192.0.2[.]0/24", "192.0.2.0/24"),
    ("2001[:]db8[:][:]1", "2001:db8::1"),
)


@pytest.mark.parametrize(("written", "meant"), BRACKETS)
def test_what_was_made_unclickable_is_read(written: str, meant: str) -> None:
    assert refang(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "http://[2001:db8::1]/x",
        "https://evil.example/?q=[.]&who=a(at)b",
        "HTTPS://Evil.example/[at]",
        "Invitation (draft) for Thursday",
        "",
    ],
)
def test_what_nobody_touched_stays(text: str) -> None:
    assert refang(text) == text


@pytest.mark.parametrize("url", ["https://a.evil.example/p.png?id=1", "http://192.0.2.7/x"])
def test_it_undoes_what_people_are_shown(url: str) -> None:
    assert refang(defang(url)) == url


def test_hosts_as_people_are_shown_them() -> None:
    assert refang(defang_host("2001:db8::7")) == "2001:db8::7"
    assert refang(defang_host("mail.evil.example")) == "mail.evil.example"


@given(st.text(alphabet="hxtpsHXTP:/\\[](){}<>. @atdo%*_w?#\n\t\udc80é"))
def test_any_text_is_survived(text: str) -> None:
    assert len(refang(text)) <= len(text) + 4
