"""Plain lists, maltrail blocks and tables: what becomes an indicator, and why the rest does not."""

from __future__ import annotations

import pytest

from tocsin.exchange.entries import UnreadableIntel
from tocsin.exchange.reading import format_of, read_whole
from tocsin.model.intel import Comparison, Indicator, Intelligence


def compared(text: str | bytes) -> list[tuple[str, str, tuple[str, ...]]]:
    """Kind, operator and values of each indicator in a file."""
    data = text.encode() if isinstance(text, str) else text
    found = []
    for one in read_whole(data, "s", "list.txt").indicators:
        assert isinstance(one.pattern, Comparison)
        found.append((one.pattern.kind, one.pattern.operator, one.pattern.values))
    return found


def reasons(text: str) -> list[tuple[str, str]]:
    return [(one.written, one.reason) for one in read_whole(text.encode(), "s", "f").not_understood]


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("evil[.]example", ("host", "under", ("evil.example",))),
        ("hxxps://evil[.]example/a.gif?id=1", ("url", "=", ("https://evil.example/a.gif?id=1",))),
        ("evil.example/a", ("url", "in", ("http://evil.example/a", "https://evil.example/a"))),
        ("http://evil.example", ("host", "=", ("evil.example",))),
        ("http://203.0.113.9:81/", ("ip", "=", ("203.0.113.9",))),
        ("a[at]evil.example", ("address", "=", ("a@evil.example",))),
        ("203.0.113[.]9", ("ip", "=", ("203.0.113.9",))),
        ("198.51.100.0/24", ("ip", "cidr", ("198.51.100.0/24",))),
        ("2001:db8::1", ("ip", "=", ("2001:db8::1",))),
        ("D41D8CD98F00B204E9800998ECF8427E", ("hash", "=", ("d41d8cd98f00b204e9800998ecf8427e",))),
        ("0.0.0.0 evil.example", ("host", "under", ("evil.example",))),
        ("münchen.example", ("host", "under", ("xn--mnchen-3ya.example",))),
        ("/gate/panel9x/open", ("url", "like", ("%://%/gate/panel9x/open%",))),
    ],
)
def test_a_line_is_what_it_looks_like(line: str, pattern: tuple[str, str, tuple[str, ...]]) -> None:
    assert compared(line) == [pattern]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("com", "a whole top-level domain"),
        ("co.uk", "a public suffix"),
        ("github.io", "a public suffix"),
        ("0.0.0.0/0", "wider than /8"),
        ("2001::/16", "wider than /19"),
        ("10.1.2.3", "inside a network of one's own"),
        ("::1", "inside a network of one's own"),
        ("127.0.0.1:8080", "inside a network of one's own"),
        ("localhost", "inside a network of one's own"),
        ("x", "one character"),
        ("/a.php", "a short path"),
        ("what is this", "looks like no"),
        ("host..example", "no name that a host can have"),
    ],
)
def test_what_would_meet_everybody_is_refused_with_words(line: str, reason: str) -> None:
    ((written, said),) = reasons(f"{line}\nevil.example\n")
    assert written == line
    assert reason in said


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_byte_order_and_windows_line_ends_are_no_part_of_a_value(encoding: str) -> None:
    text = "# seen\r\nevil.example # January\r\n\r\nbad.example\r\n"
    assert compared(text.encode(encoding)) == [
        ("host", "under", ("evil.example",)),
        ("host", "under", ("bad.example",)),
    ]


def test_comments_stay_with_their_value() -> None:
    (one,) = read_whole(b"evil.example  # seen in January\n", "s", "f").indicators
    assert one.description == "seen in January"


def test_binary_and_empty_files_are_refused() -> None:
    for data in (b"", b"  \n", b"\x7fELF" + bytes(200)):
        with pytest.raises(UnreadableIntel, match="expected a STIX"):
            read_whole(data, "s", "f")


MALTRAIL = b"""# Copyright (c) 2014-2026 Maltrail developers
# Aliases: Somebody

# Reference: https://report.example/1

evil.example
203.0.113.7:8080 # panel
http://203.0.113.8

# Reference: https://report.example/2

other.example
"""


def test_a_maltrail_block_keeps_its_references_and_the_name_it_quotes() -> None:
    read = read_whole(MALTRAIL, "s", "apt_fiction.txt")
    by_value = {one.written: one for one in read.indicators}
    assert by_value["evil.example"].description == "https://report.example/1"
    assert by_value["203.0.113.7:8080"].description == "panel; https://report.example/1"
    assert by_value["other.example"].description == "https://report.example/2"
    assert {one.names for one in read.indicators} == {("fiction",)}
    assert not read.not_understood
    assert read.other["aliases of an actor"] == 1


def test_a_value_in_several_maltrail_blocks_keeps_their_reports_apart() -> None:
    blocks = "".join(
        f"# Reference: https://report.example/{number}\n# Reference: https://report.example/{number}b\n\n"
        f"evil.example # seen\nonly{number}.example\n\n"
        for number in range(30)
    )
    read = read_whole(f"# Copyright (c) Maltrail developers\n\n{blocks}".encode(), "s", "apt_fiction.txt")
    by_value = {one.written: one for one in read.indicators}
    assert by_value["only3.example"].description == "https://report.example/3; https://report.example/3b"
    several = by_value["evil.example"].description.removeprefix("seen; ").split(" | ")
    assert several == [f"https://report.example/{number}" for number in range(len(several))]
    assert 5 < len(several) < 30
    assert len({(one.id, one.description) for one in read.indicators}) == len(by_value)


def one_row(text: str) -> Indicator:
    (one,) = read_whole(text.encode(), "s", "f").indicators
    return one


def test_our_own_table_keeps_everything_a_row_says() -> None:
    one = one_row(
        "comment;TLP;type;valid_until;value;confidence;pap;grade;name;names;valid_from\n"
        "says;TLP:AMBER+STRICT;domain;2021-03-01;evil[.]example;85;GREEN;b2;January;FICTION|Two;2021-01-06T00:00:00Z\n"
    )
    assert one.pattern == Comparison("host", "under", ("evil.example",))
    assert (one.tlp, one.pap, one.grade, one.confidence) == ("AMBER+STRICT", "GREEN", "B2", 85)
    assert (one.valid_from_s, one.valid_until_s) == (1609891200.0, 1614556800.0)
    assert (one.name, one.names, one.description) == ("January", ("FICTION", "Two"), "says")


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("Indicator type,Indicator,Description\nFileHash-MD5," + "a" * 32 + ",x\n", ("a" * 32,)),
        ("IP,Country,abuseConfidenceScore\n203.0.113.9,BE,90\n", ("203.0.113.9",)),
        (
            '# notes\n# id,dateadded,url,threat\n"1","2024-01-01","http://evil.example/x","m"\n',
            ("http://evil.example/x",),
        ),
        (
            "uuid,type,value,to_ids\n80e680e2-9253-4ee0-8599-74d4ff9c3951,ip-dst|port,203.0.113.9:80,1\n",
            ("203.0.113.9",),
        ),
        ("value\nevil.example\n", ("evil.example",)),
        ("url\tdomain\n\tevil.example\n", ("evil.example",)),
    ],
)
def test_tables_of_others_are_known_by_their_columns(table: str, values: tuple[str, ...]) -> None:
    assert format_of(table.encode(), "f") == "csv"
    pattern = one_row(table).pattern
    assert isinstance(pattern, Comparison)
    assert pattern.values == values


def test_rows_that_cannot_be_used_are_listed() -> None:
    read = read_whole(b"type,value\nmutex,abc\n,\ndomain,\ndomain,com\ndomain,evil.example\n", "s", "f")
    assert [(one.where, one.reason.partition(":")[0]) for one in read.not_understood] == [
        ("f, row 1", "type mutex"),
        ("f, row 3", "the row has no value"),
        ("f, row 4", "a whole top-level domain"),
    ]


def test_one_value_written_twice_counts_once() -> None:
    read: Intelligence = read_whole(b"evil.example # a\nevil.example # b\n", "s", "f")
    assert len(read.indicators) == 1
    assert read.other == {"earlier entry with the same id": 1}
