"""What the way of a mail shows: who handed it in, loops, clocks, and the programs that made it."""

from __future__ import annotations

import pytest

from tocsin.app.catalogue import load_catalogue
from tocsin.mail.mime import scan
from tocsin.observe.envelope import observe_zone
from tocsin.observe.hops import observe_chain, read_chain
from tocsin.observe.mailers import message_id_maker
from tocsin.observe.sender import observe_sender

AT = "; Tue, 12 Jan 2021 09:30:00 +0100"


def seen(*values: str) -> dict[str, str]:
    return {found.kind: found.value for found in observe_chain(read_chain([value + AT for value in values]))}


@pytest.mark.parametrize(
    ("hop", "kind", "value"),
    [
        ("from mx.a.example (mail.a.example [192.0.2.4]) by mx.b.example", "handed-in-by", "mail.a.example"),
        ("from mx.a.example (unknown [192.0.2.4]) by mx.b.example", "handed-in-by", "mx.a.example"),
        ("from box (unknown [192.0.2.4]) by mx.b.example", "handed-in-by", "192.0.2.4"),
        (
            "from x.a.example (dsl-7.pool.isp.example [192.0.2.4]) by mx.b.example",
            "handed-in-line",
            "dsl-7.pool.isp.example",
        ),
        (
            "from x.a.example (vps31.host.example [192.0.2.4]) by mx.b.example",
            "handed-in-rented",
            "vps31.host.example",
        ),
        (
            "from x.a.example (ip-192-0-2-4.host.example [192.0.2.4]) by mx.b.example",
            "handed-in-rented",
            "ip-192-0-2-4.host.example",
        ),
        (
            "from x.a.example (4.2.0.192.host.example [192.0.2.4]) by mx.b.example",
            "handed-in-rented",
            "4.2.0.192.host.example",
        ),
        (
            "from x.a.example (c0000204.host.example [192.0.2.4]) by mx.b.example",
            "handed-in-rented",
            "c0000204.host.example",
        ),
    ],
)
def test_who_handed_it_in(hop: str, kind: str, value: str) -> None:
    assert seen(hop)[kind] == value


@pytest.mark.parametrize(
    "name",
    ["mail.a.example", "smtp-out3.a.example", "mx-192.a.example", "statics.a.example", "shipping.a.example"],
)
def test_named_machines_are_not_rented_ones(name: str) -> None:
    kinds = seen(f"from {name} ({name} [192.0.2.4]) by mx.b.example")
    assert "handed-in-rented" not in kinds
    assert "handed-in-line" not in kinds


def test_inner_hops_hand_nothing_in() -> None:
    assert "handed-in-by" not in seen("from store.b.example (store.b.example [10.0.0.4]) by mx.b.example")


def test_a_loop_is_told_and_a_long_way_is_not_one() -> None:
    loop = "from a.example (a.example [192.0.2.4]) by b.example"
    assert seen(*[loop] * 60)["received-loop"] == "b.example"
    assert "received-loop" not in seen(*[loop] * 3)
    assert "received-loop" not in seen(
        *(f"from h{n}.example (h{n}.example [192.0.2.4]) by h{n + 1}.example" for n in range(40))
    )


@pytest.mark.parametrize(
    ("message_id", "maker"),
    [
        ("Ab3" * 13 + "Zz@web.example", "PHPMailer"),
        ("0123456789abcdef0123456789abcdef@web.example", "PHPMailer"),
        ("161044020012.4711.12345678901234567890@host.example", "Python"),
        ("1234567890.12.1610440200123.JavaMail.app@host.example", "Java"),
        ("E1kzFGH-0004bC-7x@host.example", "a mail server"),
        ("20210112083000.1A2B3C4D5E@host.example", "a mail server"),
        ("CAF+abc_def=ghi@mail.post.example", ""),
        ("f47ac10b-58cc-4372-a567-0e02b2c3d479@host.example", ""),
        ("", ""),
        ("@", ""),
        ("a" * 100_000, ""),
    ],
)
def test_who_shaped_the_message_id(message_id: str, maker: str) -> None:
    assert message_id_maker(message_id) == maker


@pytest.mark.parametrize(
    ("date", "received", "domain", "kinds"),
    [
        ("Tue, 12 Jan 2021 16:30:00 +0800", (), "outlet.be", {"zone-unlike-domain": "+0800"}),
        ("Tue, 12 Jan 2021 09:30:00 +0200", (), "outlet.be", {}),
        ("Tue, 12 Jan 2021 08:30:00 +0000", (), "outlet.jp", {}),
        ("Tue, 12 Jan 2021 16:30:00 +0800", (), "outlet.example", {}),
        ("Tue, 12 Jan 2021 03:30:00 -0500", (), "outlet.fr", {"zone-unlike-domain": "-0500"}),
        ("Tue, 12 Jan 2021 16:30:00 +0800", (AT,), "outlet.example", {"zone-unlike-hop": "+0800 +0100"}),
        ("Tue, 12 Jan 2021 08:30:00 +0000", (AT,), "outlet.example", {}),
        ("Tue, 12 Jan 2021 08:30:00 +9999", (AT,), "outlet.be", {}),
        ("Tue, 12 Jan 2021 08:30:00 +1575", (AT,), "outlet.be", {}),
        ("", ("",), "", {}),
        (" +0800" * 50_000, (";" * 50_000,), "." * 1000, {}),
    ],
)
def test_clocks(date: str, received: tuple[str, ...], domain: str, kinds: dict[str, str]) -> None:
    assert {found.kind: found.value for found in observe_zone(date, received, domain)} == kinds


def test_all_of_it_is_read_from_a_mail() -> None:
    lines = (
        f"Received: from web (vps3.host.example [192.0.2.4]) by mx.house.example{AT}",
        "From: A <a@outlet.be>",
        "Date: Tue, 12 Jan 2021 16:30:00 +0800",
        "Message-ID: <E1kzFGH-0004bC-7x@vps3.host.example>",
    )
    kinds = {found.kind for found in observe_sender(scan("\r\n".join(lines).encode()), load_catalogue())[1]}
    assert {
        "handed-in-rented",
        "zone-unlike-domain",
        "zone-unlike-hop",
        "message-id-maker",
        "helo-no-domain",
    } <= kinds
