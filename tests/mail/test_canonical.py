"""The form in which organisations compare addresses: fixed answers, since two versions must agree on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.mail.canonical import canonical

# A change of any of these needs another FORM: lists of two versions would no longer meet.
FORMS = {
    "Ada.Byron+tag@GMail.com": "adabyron@gmail.com",
    "ada.byron@googlemail.com": "adabyron@gmail.com",
    "Ada.Byron@parliament.example": "ada.byron@parliament.example",
    "<Jean@Büro.example.>": "jean@xn--bro-hoa.example",
    "a+b+c@x.example": "a@x.example",
    "+a@x.example": "+a@x.example",
    '"ada"@x.example': "ada@x.example",
    "ＡＤＡ@x.example": "ada@x.example",
    "e\u0301@x.example": "é@x.example",
    "a-b_c@sub.x.example": "a-b_c@sub.x.example",
}
NO_ADDRESSES = (
    "", "no-at", "a@b", "@x.example", "a@", "a b@x.example", '"a b"@x.example', "a@x..example", "a@@x.example",
    "a\x00@x.example", "x" * 300 + "@x.example", "a\u202e@x.example", "a\ud800@x.example",
)  # fmt: skip


@pytest.mark.parametrize("written", FORMS)
def test_one_mailbox_has_one_form(written: str) -> None:
    assert canonical(written) == FORMS[written]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_has_no_form(text: str) -> None:
    assert canonical(text) == ""


@given(st.text(max_size=40), st.text(max_size=30))
def test_a_form_is_its_own_form(local: str, domain: str) -> None:
    form = canonical(f"{local}@{domain}.example")
    assert canonical(form) == form
