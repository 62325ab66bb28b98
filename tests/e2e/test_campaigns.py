"""`tocsin campaigns` and `tocsin incidents` over a scanned exercise, as an analyst uses them."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import WRONG_USE, Result, run
from tests.e2e.test_scan import records
from tocsin.app.campaigns import load_campaigns
from tocsin.app.incidents import IncidentError, moments
from tocsin.app.memory import open_store

HOST = "news-pictures.edgecache.example"


@pytest.fixture
def home(scanned: Path, tmp_path: Path) -> Path:
    shutil.copy(scanned / "p.db", tmp_path / "p.db")
    return tmp_path


def tocsin(home: Path, *arguments: str | Path, code: int = 0) -> Result:
    result = run(*arguments[:2], "--store", home / "p.db", *arguments[2:], home=home)
    assert result.returncode == code, result.stderr
    return result


def listed(home: Path) -> list[dict[str, Any]]:
    return records(tocsin(home, "campaigns", "list", "--json").stdout)


def members(home: Path) -> dict[str, set[str]]:
    store = open_store(str(home / "p.db"))
    found = {one.id: {member.sha256 for member in one.members} for one in load_campaigns(store)}
    store.close()
    return found


def words_of(result: Result) -> str:
    return " ".join(result.stdout.decode().split())


def test_campaigns_are_those_of_the_exercise_with_countries_and_sectors(scanned: Path) -> None:
    truth = [json.loads(line) for line in (scanned / "ex/truth.jsonl").read_text().splitlines()]
    actors: dict[str, set[str]] = {}
    for one in truth:
        if one["label"] == "reconnaissance":
            actors.setdefault(one["campaign"], set()).add(one["sha256"])
    found = listed(scanned)
    alarming = [one for one in found if one["alerts"]]
    known = set(map(frozenset, actors.values()))
    assert len(alarming) >= 4
    assert {frozenset(m["sha256"] for m in one["members"]) for one in alarming} <= known
    assert all(one["countries"] and one["sectors"] and one["organisations"] for one in alarming)
    assert all(one["first_seen"] <= one["last_seen"] < one["known"] for one in found)
    assert all(
        link["a"] < link["b"] and link["reason"] and link["weight"] for one in found for link in one["links"]
    )
    assert [one["alerts"] > 0 for one in found] == sorted((one["alerts"] > 0 for one in found), reverse=True)
    said = words_of(tocsin(scanned, "campaigns", "list"))
    assert f"{len(alarming)} campaigns with alerts" in said
    assert "EXERCISE" in said
    assert HOST not in said


def test_one_campaign_is_told_with_reasons_and_what_is_not_known(home: Path) -> None:
    (one,) = [one for one in listed(home) if any(link["shared"] == HOST for link in one["links"])]
    said = words_of(tocsin(home, "campaigns", "show", one["id"][:6]))
    assert "all 4 mails call the host news-pictures[.]edgecache[.]example, as no other kept mail does" in said
    assert HOST not in said
    assert "hang together most weakly" in said
    assert "What is not known" in said
    assert "nothing here says who sent them" in said
    (record,) = records(tocsin(home, "campaigns", "show", one["id"], "--json").stdout)
    assert record["campaign"] == one
    assert record["shared"][0]["mails"] == len(record["mails"]) == 4
    assert record["weakest"]["apart"]
    audit = records(tocsin(home, "store", "audit", "--json").stdout)
    shows = [entry for entry in audit if entry["action"] == "show" and one["id"] in entry["detail"]]
    assert len(shows) == 2
    assert shows[0]["count"] == 4


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "data")
        ]


def test_the_page_has_pictures_and_leads_nowhere(home: Path) -> None:
    tocsin(home, "incidents", "add", *OUTAGE)
    id = listed(home)[0]["id"]
    tocsin(home, "campaigns", "show", id, "--html", home / "c.html")
    text = (home / "c.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.tags.count("svg") == 2
    assert page.tags.count("desc") == 2
    assert not {"script", "img", "iframe", "link", "image", "use"} & set(page.tags)
    assert all(address.startswith("#") for address in page.addresses)
    assert HOST not in text
    assert "Power cut" in text
    assert "no author is stated" in text
    (home / "mine.txt").write_text("keep me")
    result = tocsin(home, "campaigns", "show", id, "--html", home / "mine.txt", code=WRONG_USE)
    assert b"no report of Tocsin" in result.stderr
    assert (home / "mine.txt").read_text() == "keep me"


def test_analysts_join_part_and_take_back_and_it_survives_linking_anew(home: Path) -> None:
    before = members(home)
    one, other = sorted(before, key=lambda id: -len(before[id]))[:2]
    merged = tocsin(home, "campaigns", "merge", one, other, "--because", "same hand", "--as", "R. Tennick")
    (whole,) = [id for id, mails in members(home).items() if mails == before[one] | before[other]]
    gone = ({one, other} - {whole}).pop()
    assert f"{gone} is part of {whole} now" in words_of(tocsin(home, "campaigns", "show", gone))
    tocsin(home, "campaigns", "undo", merged.stdout.split(b":")[0].decode(), "--because", "not so")
    assert members(home) == before
    leaving = sorted(before[one])[:2]
    split = tocsin(home, "campaigns", "split", one, leaving[0][:10], leaving[1])
    parted = members(home)
    assert parted[one] == before[one] - set(leaving)
    tocsin(home, "campaigns", "rebuild")
    assert members(home) == parted
    split_id = split.stdout.split(b":")[0].decode()
    tocsin(home, "campaigns", "undo", split_id)
    assert set(map(frozenset, members(home).values())) == set(map(frozenset, before.values()))
    again = tocsin(home, "campaigns", "undo", split_id, code=WRONG_USE)
    assert b"was undone before" in again.stderr
    decisions = records(tocsin(home, "campaigns", "decisions", "--json").stdout)
    assert [one["action"] for one in decisions] == ["undo", "split", "undo", "merge"]
    assert [one["undone"] for one in decisions] == [False, True, False, True]
    assert decisions[-1]["who"] == "R. Tennick"
    assert decisions[-1]["because"] == "same hand"


def test_wrong_use_is_told_and_changes_nothing(home: Path) -> None:
    before = members(home)
    one = next(iter(before))
    for arguments, said in (
        (("show", "c-none"), b"there is no such campaign"),
        (("merge", one, one[:8]), b"are one campaign already"),
        (("split", one, "ffffffffffff"), b"no mail of"),
        (("split", one, *before[one]), b"these are all its mails"),
    ):
        assert said in tocsin(home, "campaigns", *arguments, code=WRONG_USE).stderr
    assert members(home) == before


def test_a_store_without_mail_or_people_says_so(tmp_path: Path, scanned: Path) -> None:
    (tmp_path / "empty").mkdir()
    run("scan", tmp_path / "empty", "--store", tmp_path / "p.db", "--plain", "--quiet", home=tmp_path)
    assert "No campaign is listed" in words_of(tocsin(tmp_path, "campaigns", "list"))
    result = tocsin(tmp_path, "campaigns", "show", "c-0123", code=WRONG_USE)
    assert b"this store lists no campaign" in result.stderr
    assert run("campaigns", "list", home=tmp_path).returncode == WRONG_USE
    box = sorted((scanned / "ex").glob("bastien*.mbox"))[0]
    run("scan", box, "--store", tmp_path / "n.db", "--practice", "--plain", "--quiet", home=tmp_path)
    shown = run("campaigns", "list", "--all", "--json", "--store", tmp_path / "n.db", home=tmp_path)
    for one in records(shown.stdout)[:1]:
        said = run("campaigns", "show", one["id"], "--store", tmp_path / "n.db", home=tmp_path)
        assert b"does not name them" in b" ".join(said.stdout.split())


OUTAGE = (
    *("--title", "Power cut http://evil.test/x", "--kind", "outage", "--observed", "2021-01-24"),
    *("--reported", "2021-01", "--place", "Ostrey", "--source", "Harbour Chronicle"),
)


def test_incidents_stand_on_timelines_without_an_author_until_withdrawn(home: Path) -> None:
    (kept,) = records(tocsin(home, "incidents", "add", *OUTAGE, "--json").stdout)
    (again,) = records(tocsin(home, "incidents", "add", *OUTAGE, "--json").stdout)
    assert kept == again
    assert not {name for name in kept if "actor" in name or "author" in name}
    id = listed(home)[0]["id"]
    said = words_of(tocsin(home, "campaigns", "show", id))
    assert "Incident: outage: Power cut hxxp://evil[.]test/x, Ostrey; no author is stated" in said
    assert "nothing ties them to these mails" in said
    assert records(tocsin(home, "incidents", "list", "--json", "--since", "2021-02").stdout) == []
    tocsin(home, "incidents", "withdraw", kept["id"][:6], "--because", "another quarter")
    assert "Power cut" not in words_of(tocsin(home, "campaigns", "show", id))
    (gone,) = records(tocsin(home, "incidents", "list", "--json").stdout)
    assert gone["withdrawn_because"] == "another quarter"
    assert "another quarter" in words_of(tocsin(home, "incidents", "list"))
    result = tocsin(home, "incidents", "withdraw", kept["id"], "--because", "twice", code=WRONG_USE)
    assert b"was withdrawn before" in result.stderr


CLAIMED = f"""
exercise = true
[[claims]]
id = "a"
kind = "attribution"
event = "e"
by = "Ore Post"
by_kind = "press"
about = "GREY HERON"
said = "2021-03-02"
words = "{"very " * 700}likely them"
strength = "highly-likely"
source = "x"
[[claims]]
kind = "denial"
event = "e"
by = "Embassy"
by_kind = "government"
words = "we refuse this"
answers = "a"
source = "x"
"""


def test_a_claim_names_whom_an_incident_cannot_and_its_denial_is_not_crowded_out(home: Path) -> None:
    hostile = ["RED OWL did it → RED OWL" if "Power cut" in str(one) else one for one in OUTAGE]
    (kept,) = records(tocsin(home, "incidents", "add", *hostile, "--json").stdout)
    id = listed(home)[0]["id"]
    assert "RED OWL did it → RED OWL, Ostrey; no author is stated" in words_of(
        tocsin(home, "campaigns", "show", id)
    )
    (home / "c.toml").write_text(CLAIMED)
    claims = records(tocsin(home, "claims", "add", home / "c.toml", "--json").stdout)
    (first,) = [one["id"] for one in claims if one["kind"] == "attribution"]
    tocsin(home, "claims", "tie", first, "--campaign", id, "--incident", kept["id"])
    said = words_of(tocsin(home, "campaigns", "show", id))
    assert "RED OWL, Ostrey; Ore Post names GREY HERON (holds it highly likely): “very" in said
    assert said.count("Embassy denies") == 2  # beside the incident, and beside the claim, for it has no date
    tocsin(home, "claims", "withdraw", first, "--because", "misread")
    assert "RED OWL, Ostrey; no author is stated" in words_of(tocsin(home, "campaigns", "show", id))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1970-01-01", "check the year"),
        ("2099-01-01", "lies in the future"),
        ("2021-02-30", "is no date"),
        ("2021-01-20T10:00", "no time zone"),
        ("yesterday", "expected a day"),
        ("", "expected a day"),
    ],
)
def test_dates_that_cannot_be_are_refused(text: str, said: str) -> None:
    with pytest.raises(IncidentError, match=said):
        moments("--observed", text, 1_780_000_000.0)


def test_what_is_reported_was_seen_before(home: Path) -> None:
    result = tocsin(home, "incidents", "add", *OUTAGE, "--reported", "2021-01-23", code=WRONG_USE)
    assert b"lies before --observed" in result.stderr
    assert moments("--observed", "2021-01") == (1_609_459_200.0, 1_612_137_599.0)
