"""Warning lists stop what strangers share, and nothing that belongs to somebody."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from tocsin.app.warning_lists import WarningListError, load_warning_lists
from tocsin.hunt.terms import guess, term
from tocsin.hunt.warnings import SHARED, WarningList, Warnings, with_warnings
from tocsin.model.intel import Combination, Comparison, Indicator, Pattern


@pytest.fixture(scope="module")
def shipped() -> Warnings:
    lists = Warnings(load_warning_lists())
    assert lists.problems == []
    return lists


def warning(value: str, lists: Warnings, kind: str = "") -> str:
    (one,) = with_warnings(Indicator("i", "s", term(kind or guess(value), value), value), lists)
    return one.warning


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        ("google.com", "very popular sites"),
        ("www.youtube.com", "very popular sites"),
        ("ct.sendgrid.net", "mail service"),
        ("click.sendgrid.net", "mail service"),
        ("gmail.com", "free mail"),
        ("bit.ly", "link shorteners"),
        ("dropbox.com", "file hosts"),
        ("https://drive.google.com/", "file hosts"),
        ("sites.google.com", "free hosting"),
        ("bbc.co.uk", "genuine domain"),
        ("somewhere.ac.uk", "universities"),
        ("8.8.8.8", "public name servers"),
        ("131.253.18.11", "sinkholes"),
        ("abuse@evil.example", "contacts of every domain"),
    ],
)
def test_shared_things_do_not_alarm_and_say_why(value: str, listed: str, shipped: Warnings) -> None:
    assert listed in warning(value, shipped)


@pytest.mark.parametrize(
    "value",
    [
        "evil.example",
        "evil.duckdns.org",
        "evil.github.io",
        "evil.slack.com",
        "u1234.ct.sendgrid.net",
        "https://drive.google.com/file/d/abc",
        "https://bit.ly/abc",
        "somebody@gmail.com",
        "broken-server.somewhere.ac.uk",
        "203.0.113.9",
    ],
)
def test_what_belongs_to_somebody_alarms(value: str, shipped: Warnings) -> None:
    assert warning(value, shipped) == ""


def test_of_alternatives_only_the_shared_ones_are_stopped(shipped: Warnings) -> None:
    evil, shared = Comparison("host", "under", ("evil.example",)), Comparison("ip", "=", ("8.8.8.8",))
    first, second = with_warnings(Indicator("i", "s", Combination("or", (evil, shared)), "x"), shipped)
    assert (first.id, first.pattern, first.warning) == ("i", evil, "")
    assert (second.id, second.pattern) == ("i" + SHARED, shared)
    assert "8.8.8.8" in second.warning


def test_of_what_must_come_together_one_part_of_its_own_is_enough(shipped: Warnings) -> None:
    pattern: Pattern = Combination(
        "and", (Comparison("host", "=", ("google.com",)), Comparison("subject", "=", ("a request",)))
    )
    (one,) = with_warnings(Indicator("i", "s", pattern, "x"), shipped)
    assert one.warning == ""


def test_lists_of_misp_are_read_as_their_types_say(tmp_path: Path) -> None:
    lists = {
        "names": {"type": "hostname", "list": ["site.test", ".rented.test"]},
        "hashes": {"type": "string", "list": ["a" * 32], "matching_attributes": ["md5"]},
        "networks": {"type": "cidr", "list": ["203.0.113.0/24", "nonsense"]},
        "mail": {"type": "regex", "list": ["/^info@/i", "/(/"], "matching_attributes": ["email-src"]},
    }
    for name, body in lists.items():
        data = json.dumps({"name": name, "description": "", "version": 1, **body}).encode()
        (tmp_path / f"{name}.json.xz").write_bytes(lzma.compress(data))
    ready = Warnings(load_warning_lists(tmp_path))
    assert warning("www.site.test", ready) == "names: www.site.test"
    assert warning("rented.test", ready) == "names: rented.test"
    assert warning("evil.rented.test", ready) == ""
    assert warning("A" * 32, ready) == "hashes: " + "a" * 32
    assert warning("203.0.113.64/26", ready) == "networks: 203.0.113.64/26"
    assert warning("Info@evil.example", ready) == "mail: info@evil.example"
    assert len(ready.problems) == 2


def test_an_unreadable_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(WarningListError, match=r"list\.json: is no MISP warning list"):
        load_warning_lists(tmp_path)
    with pytest.raises(WarningListError, match="expected a folder"):
        load_warning_lists(tmp_path / "nowhere")


def test_an_unknown_type_of_list_is_a_problem_that_is_said() -> None:
    assert Warnings([WarningList("x", "strange", ("a.test",))]).problems == [
        "x: lists of type strange are not known"
    ]
