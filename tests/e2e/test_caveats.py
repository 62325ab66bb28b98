"""Marks through the command line: what `tocsin notify` tells, what it leaves out and whom to ask, and releases."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.campaign_stores import CAMPAIGN, filled, judged, mail, run_here
from tocsin.app.analysts import add_analyst
from tocsin.app.campaigns import load_campaigns
from tocsin.app.claims import add_claims, load_claims, tie_claim
from tocsin.app.config import Config
from tocsin.app.deciding import find_campaign
from tocsin.app.judgements import sign_judgement
from tocsin.app.memory import open_store
from tocsin.app.notice_release import hindrance
from tocsin.app.notices import followed
from tocsin.app.notify import Wish, draft_notices
from tocsin.app.releases import add_release, withdraw_release
from tocsin.app.report import Asked, ReportError, make_report
from tocsin.cli import incidents, notify, releases
from tocsin.model.claim import Claim
from tocsin.model.intel import TLPS, Comparison, Hit, Indicator, IntelSource
from tocsin.model.judgement import Judgement
from tocsin.model.observable import Observable
from tocsin.model.people import People
from tocsin.model.verdict import Reason

ANN, BEN = "ann@house.example", "ben@house.example"
OURS = {"alert": True, "likelihood": 0.97, "log_odds": 3.5, "class_": "reconnaissance"}
LENT = {
    "alert": True, "likelihood": 0.9, "log_odds": 2.2, "indicator": True,
    "for_": (Reason("known-indicator", "Zqlisted", 5.0, ""),),
}  # fmt: skip
NOW_S = 1.7e9


def case(
    path: Path,
    *,
    source: str = "",
    indicator: str = "",
    says: str = "",
    denies: str = "",
    ours: bool = True,
    met: tuple[str, ...] = (ANN, BEN),
) -> Path:
    """Two people's mails, met by a feed; an agency's accusation, a denial, and a judgement on the accusation."""
    filled(path, [mail(1, ANN), mail(2, BEN)])
    store = open_store(str(path))
    feed = IntelSource("s-feed", "Zqfeed", "list", "list.txt", 1.0, 1.0, tlp=source)
    store.put("source", feed.id, msgspec.msgpack.encode(feed))
    pattern = Comparison("host", "=", ("zqhost.example",))
    store.add_indicators([(Indicator("x-1", feed.id, pattern, "zqhost.example", tlp=indicator), ())])
    (one,) = load_campaigns(store)
    for member in one.members:
        judged(store, member.number, **(OURS if ours else LENT))
        if member.owner in met:
            store.add_hits([Hit("x-1", member.number, "host", Observable("host", "zqhost.example"), 1.61e9)])
    first, _ = add_claims(
        store,
        [
            Claim("a", "attribution", "Zqagency", "agency", "mails", "Zqaccuse", "Zqletter", about="Zqheron",
                  actor="zqheron", tlp=says),
            Claim("d", "denial", "Zqembassy", "government", "mails", "Zqdeny", "Zqanswer", answers="a", tlp=denies),
        ],
        now_s=NOW_S,
    )  # fmt: skip
    tie_claim(store, first.id, now_s=NOW_S, campaign=find_campaign(load_campaigns(store), CAMPAIGN))
    analyst, _ = add_analyst(store, "Ada", now_s=NOW_S)
    members = tuple(sorted({member.sha256 for member in one.members}))
    wish = Judgement(
        "", CAMPAIGN, members, "", NOW_S, "zqheron", "Zqjudged", 80, 94, "moderate", "actor", "basis",
        claims=(first.id,),
    )  # fmt: skip
    sign_judgement(store, wish, analyst)
    store.close()
    return path


def tocsin(command: Any, *arguments: str | Path) -> Result:
    return run_here(command, *arguments)


def notices(path: Path, *more: str) -> list[dict[str, Any]]:
    result = tocsin(
        notify.command, CAMPAIGN, "--dry-run", "--json", "--office", "Desk", "--store", path, *more
    )
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def test_what_may_be_told_is_told_and_the_rest_is_listed(tmp_path: Path) -> None:
    path = case(tmp_path / "s.db", source="GREEN", indicator="RED", says="AMBER+STRICT", denies="CLEAR")
    for notice in notices(path):
        assert "Zq" not in notice["text"]
        assert {(one["tlp"], one["ask"]) for one in notice["left_out"]} == {
            ("RED", "Zqfeed"),
            ("AMBER+STRICT", "Zqagency"),
        }
    shown = tocsin(notify.command, CAMPAIGN, "--dry-run", "--office", "Desk", "--store", path).output
    assert "Left out: a match with intelligence of Zqfeed [s-feed] (TLP:RED)" in shown
    assert "Ask for release: Zqagency." in shown


def test_a_release_lets_out_what_it_names_until_it_is_taken_back(tmp_path: Path) -> None:
    path = case(tmp_path / "s.db", source="RED", says="RED")
    refs = {one["ref"] for one in notices(path)[0]["left_out"]}
    assert len(refs) == 2
    ground = ("--audience", "person", "--by", "the source", "--ground", "letter of 4 May", "--store", path)
    ids = []
    for ref in refs:
        made = tocsin(releases.command, "add", ref[:9], *ground, "--json")
        assert made.exit_code == 0, made.output
        ids.append(json.loads(made.stdout)["id"])
        assert json.loads(tocsin(releases.command, "add", ref, *ground, "--json").stdout)["id"] == ids[-1]
    for notice in notices(path):
        assert not notice["left_out"]
        assert all(word in notice["text"] for word in ("Zqfeed", "Zqaccuse", "Zqdeny", "Zqjudged"))
        assert "zqhost" not in notice["text"]  # what is looked for is named to nobody
    for id in ids:
        gone = tocsin(releases.command, "withdraw", id, "--because", "a slip", "--store", path)
        assert gone.exit_code == 0, gone.output
    assert "Zq" not in notices(path)[0]["text"]
    listed = [
        json.loads(line)
        for line in tocsin(releases.command, "list", "--json", "--store", path).stdout.splitlines()
    ]
    assert [one["withdrawn_because"] for one in listed] == ["a slip", "a slip"]
    assert "taken back" in tocsin(releases.command, "list", "--store", path).output
    again = tocsin(releases.command, "withdraw", ids[0], "--because", "x", "--store", path)
    assert again.exit_code == 2
    assert "was taken back before" in again.output


@pytest.mark.parametrize(
    ("ref", "more", "says"),
    [
        ("k-nothing", {}, "there is nothing here of that name"),
        ("k-", {}, "several things here begin so"),
        ("Zqfeed", {"--audience": "press"}, "expected one of person"),
        ("Zqfeed", {"--ground": " "}, "--ground: is empty"),
    ],
)
def test_a_release_of_nothing_is_refused(tmp_path: Path, ref: str, more: dict[str, str], says: str) -> None:
    path = case(tmp_path / "s.db")
    given = {"--audience": "person", "--by": "X", "--ground": "letter", "--store": str(path)} | more
    result = tocsin(releases.command, "add", ref, *(part for pair in given.items() for part in pair))
    assert result.exit_code == 2
    assert says in result.output


def test_nobody_is_told_of_mails_that_red_intelligence_alone_singled_out(tmp_path: Path) -> None:
    path = case(tmp_path / "s.db", source="RED", ours=False)
    (one, two) = notices(path)
    assert not one["text"]
    assert not two["text"]
    ground = ("--audience", "person", "--by", "Zqfeed", "--ground", "letter", "--store", path)
    assert tocsin(releases.command, "add", "zqfeed", *ground).exit_code == 0
    assert all("Zqfeed" in notice["text"] for notice in notices(path))


def test_signs_are_those_of_the_campaign_without_what_intelligence_lent(tmp_path: Path) -> None:
    doubted = {"alert": False, "likelihood": 0.3, "log_odds": -0.8, "class_": "no-sign"}

    def signs(ann: dict[str, Any], *, met: tuple[str, ...]) -> list[str]:
        path = case(tmp_path / f"{ann['likelihood']}-{len(met)}.db", source="GREEN", met=met)
        store = open_store(str(path))
        (one,) = load_campaigns(store)
        for member in one.members:
            judged(store, member.number, **(ann if member.owner == ANN else doubted))
        store.close()
        found = (re.search(r"(?i)we found (\w+)\s+signs", notice["text"]) for notice in notices(path))
        return [match[1] for match in found if match]

    assert signs(OURS, met=(ANN,)) == ["strong", "strong"]  # of one hand
    assert signs(OURS, met=(ANN, BEN)) == ["strong", "few"]  # intelligence singled Ben's mail out
    assert signs(doubted, met=(ANN, BEN)) == ["few", "few"]


def test_no_report_tells_of_mails_that_red_intelligence_alone_singled_out(tmp_path: Path) -> None:
    store = open_store(str(case(tmp_path / "s.db", source="RED", ours=False)))
    for audience in ("target", "minister", "peer", "press"):
        with pytest.raises(ReportError, match="alone singled out its mails: Zqfeed"):
            make_report(store, Config(), Asked(CAMPAIGN, audience), now_s=NOW_S)
    assert make_report(store, Config(), Asked(CAMPAIGN, "analyst"), now_s=NOW_S).front
    add_release(store, "zqfeed", audience="person", by="Zqfeed", ground="letter", now_s=NOW_S)
    assert make_report(store, Config(), Asked(CAMPAIGN, "target"), now_s=NOW_S).front
    store.close()


def test_a_release_that_was_taken_back_holds_what_was_drafted_on_it(tmp_path: Path) -> None:
    path = case(tmp_path / "s.db", says="RED")
    store = open_store(str(path))
    (claim,) = [one for one in load_claims(store) if one.tlp == "RED"]
    one = add_release(store, claim.id, audience="person", by="X", ground="letter", now_s=NOW_S)
    wish, office = Wish(CAMPAIGN), Config(office="Desk")
    made = draft_notices(store, office, People(), wish, now_s=NOW_S + 1).notices
    assert all("Zqaccuse" in each.text for each in made)
    assert "no analyst" in str(hindrance(store, office, followed(store)))
    withdraw_release(store, one.id, "a slip", now_s=NOW_S + 2)
    assert str(hindrance(store, office, followed(store))).count(f"{one.id} was taken back") == 2
    draft_notices(store, office, People(), wish, now_s=NOW_S + 3)
    waiting = [each for each in followed(store) if not each.ended]
    assert len(waiting) == 2
    assert "taken back" not in str(hindrance(store, office, waiting))
    assert not any("Zqaccuse" in each.notice.text for each in waiting)
    store.close()


def test_what_else_happened_can_be_marked(tmp_path: Path) -> None:
    path = case(tmp_path / "s.db")
    given = ("--kind", "outage", "--observed", "2020-09-20", "--place", "Farland", "--source", "Zqlog")
    for title, more in (("Zqopen", ()), ("Zqsecret", ("--tlp", "RED"))):
        made = tocsin(incidents.command, "add", "--title", title, *given, *more, "--store", path)
        assert made.exit_code == 0, made.output
    wrong = tocsin(incidents.command, "add", "--title", "x", *given, "--tlp", "PINK", "--store", path)
    assert "expected one of CLEAR" in wrong.output
    assert "TLP:RED" in tocsin(incidents.command, "list", "--store", path).output
    notice = notices(path)[0]
    assert "Zqopen" in notice["text"]
    assert "Zqsecret" not in notice["text"]
    (left,) = notice["left_out"]
    assert (left["kind"], left["ask"]) == ("something else that happened", "Zqlog")


def test_a_claim_that_names_another_reader_needs_their_word(tmp_path: Path) -> None:
    path = case(tmp_path / "s.db")
    store = open_store(str(path))
    claim = Claim(
        "", "attribution", "Zqpaper", "press", "mails", f"they wrote to {BEN} too", "page", about="X"
    )
    add_claims(store, [claim], now_s=NOW_S)
    store.close()
    ann, ben = notices(path)
    assert "Zqpaper" in ben["text"]
    assert "Zqpaper" not in ann["text"]
    assert [one["ref"] for one in ann["left_out"]] == [BEN]
    ground = ("--audience", "person", "--by", "Ben", "--ground", "call", "--store", path)
    assert tocsin(releases.command, "add", BEN, *ground).exit_code == 0
    assert "Zqpaper" in notices(path)[0]["text"]


@settings(max_examples=12, deadline=None)
@given(st.fixed_dictionaries({
    name: st.sampled_from(("", *TLPS)) for name in ("source", "indicator", "says", "denies")
}), st.booleans(), st.sampled_from(("en", "fr")))  # fmt: skip
def test_random_marks_leak_nothing_on_the_command_line(
    tmp_path_factory: pytest.TempPathFactory, marked: dict[str, Any], ours: bool, language: str
) -> None:
    path = case(tmp_path_factory.mktemp("store") / "s.db", ours=ours, **marked)
    strict = {name for name, tlp in marked.items() if tlp in ("AMBER+STRICT", "RED")}
    for notice in notices(path, "--lang", language):
        if strict & {"source", "indicator"}:
            assert "Zqfeed" not in notice["text"]
            assert bool(notice["text"]) == ours
        else:
            assert "Zqfeed" in notice["text"]
        hidden = strict & {"says", "denies"}
        for word in ("Zqagency", "Zqaccuse", "Zqdeny", "Zqembassy"):
            assert (word in notice["text"]) == (not hidden and bool(notice["text"]))
        assert ("Zqjudged" in notice["text"]) == ("says" not in strict and bool(notice["text"]))
