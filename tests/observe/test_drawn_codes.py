"""Codes that a mail draws itself are read like those in pictures."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.code_pictures import WEB
from tests.observe.drawn_codes import drawn_markup, drawn_texts, half_blocks, modules, plain_markup

from tocsin.mail.mime import scan
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.drawn_codes import codes_in_text
from tocsin.observe.html import read_html
from tocsin.observe.tokens import needles_for
from tocsin.observe.vendors import index_catalogue

MARKUP = dict(drawn_markup())
TEXTS = dict(drawn_texts())
PLAIN = dict(plain_markup())


def codes(body: str, subtype: str) -> list[tuple[str, str]]:
    mail = EmailMessage()
    mail["From"] = "Paul Renard <paul@lettre-du-parc.example>"
    mail.set_content(body, subtype=subtype, cte="base64")
    found = observe_beacons(scan(mail.as_bytes()), index_catalogue((), {}), needles_for((), ()))
    return [(beacon.url, beacon.trigger) for beacon in found.beacons if beacon.technique == "qr"]


@pytest.mark.parametrize("name", MARKUP)
def test_code_drawn_by_markup(name: str) -> None:
    assert codes(MARKUP[name], "html") == [(WEB, "click")]


@pytest.mark.parametrize("name", TEXTS)
def test_code_drawn_by_text(name: str) -> None:
    assert codes(TEXTS[name], "plain") == [(WEB, "click")]


@pytest.mark.parametrize("name", PLAIN)
def test_other_drawings(name: str) -> None:
    assert codes(PLAIN[name], "html") == []


def test_code_that_only_outlook_draws_is_conditional() -> None:
    view = read_html(f"<p>x<!--[if mso]><img src=https://a.example/i>{MARKUP['bgcolor']}<![endif]-->")
    assert [(node.conditional, bool(node.fires_in)) for node in view.tagged("@code")] == [(True, True)]


def test_small_drawings_are_not_looked_at() -> None:
    assert list(codes_in_text("\n".join(["█ ▀▄" * 5] * 30))) == []
    assert list(codes_in_text("\n".join(["█ ▀▄" * 20] * 10))) == []
    assert len(list(codes_in_text("\n".join(["█ ▀▄" * 20] * 11)))) == 1


def test_many_drawings_are_read_to_a_limit() -> None:
    drawn = half_blocks(modules())
    assert len(codes("\n\nor\n\n".join([drawn] * 20), "plain")) == 1
    assert len(list(codes_in_text("\n\nor\n\n".join([drawn] * 20)))) == 5


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="█▀▄▌⬛ \n", max_size=3000))
def test_any_drawing_is_taken(text: str) -> None:
    assert all(url for url, _ in codes(text, "plain"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("td", "span", "tr", "br")),
            st.sampled_from(
                (
                    "bgcolor=",
                    "bgcolor=#12",
                    "style='background:rgb(1)'",
                    "style='background:rgba(1,2,3,0)'",
                    "colspan=999",
                    "colspan=²",
                    "width=0",
                    "style='width:1.2.3px;background:#0000'",
                )
            ),
        ),
        max_size=20,
    )
)
def test_any_boxes_are_taken(boxes: list[tuple[str, str]]) -> None:
    row = "".join(f"<{tag} {attribute}>" for tag, attribute in boxes)
    assert all(url for url, _ in codes("<table>" + ("<tr>" + row) * 40, "html"))
