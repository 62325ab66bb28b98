"""`tocsin report`: one page, four languages, never stronger than what was signed, the press last."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import click
import msgspec
import pypdfium2
import pytest

from tests.e2e.running import WRONG_USE, Result, run
from tests.e2e.test_scan import records
from tocsin.app.actors import load_profiles
from tocsin.app.analysts import add_analyst
from tocsin.app.campaigns import listed_campaigns
from tocsin.app.claims import add_claims, tie_claim, withdraw_claim
from tocsin.app.config import Config
from tocsin.app.incidents import add_incident
from tocsin.app.judgements import sign_judgement
from tocsin.app.memory import Store, open_store
from tocsin.app.releases import add_release
from tocsin.app.report import Asked, ReportError, make_report, report_pdf, shows_every_letter
from tocsin.app.telling import TellingError, record_telling
from tocsin.cli.report import _check_output
from tocsin.model.actor import Profiles
from tocsin.model.campaign import Campaign, Incident
from tocsin.model.claim import Claim
from tocsin.model.intel import Comparison, Hit, Indicator, IntelSource
from tocsin.model.judgement import Judgement
from tocsin.model.observable import Observable
from tocsin.render.records import rfc3339
from tocsin.render.report.page import render_report_page
from tocsin.render.report.values import AUDIENCES, Report, lines_of

NOW_S = 1_790_000_000.0
PROFILE = """
name = "Grey Heron"
[[alias]]
name = "GH12"
by = "Desk"
[sources.desk]
title = "Notes"
publisher = "Desk of the Ore Post"
date = "2026-06-02"
url = "https://desk.example/notes"
[[sign]]
id = ["hidden-beacon"]
text = "Each mail had a hidden picture."
sources = ["desk"]
"""
SAYS = Claim(
    id="", kind="attribution", by="Agency of Northmark", by_kind="agency", government="NM", event="mails",
    about="Grey Heron", accused="FD", words="raisons de croire que ces courriels viennent de Grey Heron",
    language="fr", translation="reasons to believe that these mails come from Grey Heron", translated_by="the desk",
    said="2021-05-03", source="Press line", tlp="CLEAR",
)  # fmt: skip
LANGUAGES = ("en", "fr", "nl", "de")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    scenario = ("exercise", "mass-mail-news-agency", "--people", "3", "--scale", "0.3")
    assert run(*scenario, "-o", home / "ex", home=home).returncode == 0
    result = run(
        *("scan", home / "ex", "--people", home / "ex/people.toml", "--store", home / "p.db", "--practice"),
        *("--plain", "--jobs", "1", "--quiet"),
        home=home,
    )
    assert result.returncode == 1, result.stderr
    (home / "actors").mkdir()
    (home / "actors/grey-heron.toml").write_text(PROFILE)
    (home / "config.toml").write_text(f'actors = "{home / "actors"}"\n')
    return home


@pytest.fixture
def home(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("p.db", "config.toml"):
        shutil.copy(scanned / name, tmp_path / name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "keys"))
    return tmp_path


@pytest.fixture
def store(home: Path) -> Any:
    opened = open_store(str(home / "p.db"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def profiles(scanned: Path) -> Profiles:
    return load_profiles(scanned / "actors")


@pytest.fixture
def make(store: Store, profiles: Profiles, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    monkeypatch.setattr("tocsin.app.report.load_profiles", lambda extra: profiles)  # read once
    settings = Config()
    one = campaign(store)

    def made(audience: str, **wish: str) -> Report:
        return make_report(store, settings, Asked(one.id, audience, **wish), now_s=NOW_S)

    return made


def campaign(store: Store) -> Campaign:
    return max(listed_campaigns(store), key=lambda one: (one.alerts, len(one.people)))


def sign(store: Store, **wish: Any) -> Judgement:
    analyst, _ = add_analyst(store, "Ada Norrland", now_s=NOW_S)
    one = campaign(store)
    drafted = Judgement(
        "", one.id, tuple(sorted({each.sha256 for each in one.members})), "", NOW_S, "grey-heron", "Grey Heron",
        55, 79, "moderate", "actor", "The same server.",
    )  # fmt: skip
    return sign_judgement(store, msgspec.structs.replace(drafted, **wish), analyst)


def say(store: Store, claim: Claim) -> Claim:
    (kept,) = add_claims(store, (claim,), now_s=NOW_S)
    return tie_claim(store, kept.id, campaign=campaign(store), now_s=NOW_S)


def told(store: Store) -> None:
    for person in campaign(store).people:
        record_telling(store, campaign(store), person, how="telephone", result="attempted", now_s=NOW_S)


def answered(store: Store, first: Claim) -> None:
    say(store, msgspec.structs.replace(
        SAYS, kind="denial", by="Ministry of Freedonia", by_kind="government", government="FD", accused="",
        answers=first.id, words="We refuse this", language="en", translation="", translated_by="",
    ))  # fmt: skip
    say(
        store,
        Claim(
            "", "no-response", "Whoever got the mails", "person", "mails", "", "call of 5 May", tlp="CLEAR"
        ),
    )


def text_of(report: Report) -> str:
    quotes = " ".join(one.words for section in report.front for one in section.quotes)
    return " ".join((*(one.text for one in lines_of(report)), quotes))


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    found = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return [" ".join(text.split()) for text in found]


def test_without_a_judgement_nobody_is_named(make: Callable[..., Report], store: Store) -> None:
    for audience in ("target", "minister", "peer", "analyst"):
        report = make(audience)
        said = text_of(report)
        assert "We do not know who sent these mails." in said
        assert "Grey Heron" not in said
        assert "APT" not in said
        assert "confidence" not in " ".join(one.text for section in report.front for one in section.lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_maker_gets_one_page(language: str, make: Callable[..., Report], store: Store) -> None:
    sign(store)
    answered(store, say(store, SAYS))
    told(store)
    mark = {"en": "EXERCISE", "fr": "EXERCICE", "nl": "OEFENING", "de": "ÜBUNG"}[language]
    for audience in AUDIENCES if language == "de" else ("press", "target"):
        report = make(audience, language=language)
        pdf = report_pdf(report)
        found = pages(pdf)
        assert len(found) == 1 or audience in ("peer", "analyst")
        assert all(mark in text for text in found)
        assert "Grey Heron" in found[0]
        assert "We refuse this" in found[0]
        assert f"/Lang ({language})".encode() in pdf or f"({language})".encode() in pdf
        html = render_report_page(report)
        tags = Page(html).tags
        assert ("html", {"lang": language}) in tags
        assert not {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "a", "object"}
        assert html.count(mark) >= 3
        assert "http:" not in html.replace("http://www.w3.org/2000/svg", "")
    assert report_pdf(report) == pdf
    assert shows_every_letter(pdf)


def test_likelihood_and_confidence_are_what_was_signed(make: Callable[..., Report], store: Store) -> None:
    sign(store, low=60, high=70)
    report = make("minister")
    (who,) = [one for one in report.front if one.id == "who"]
    assert who.strong[0].text == "It is likely (60 to 70 %) that Grey Heron is behind these mails."
    assert who.lines[0].text == "Our confidence in this judgement is moderate."
    (who,) = [one for one in make("target").front if one.id == "who"]
    assert who.strong[0].text == "There are some signs that Grey Heron is behind these mails."


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"level": "resembles"}, "It is likely (55 to 79 %) that these mails follow what was published of Grey Heron."),
        ({"hypothesis": "unknown", "level": "cluster"}, "We do not know who sent these mails."),
        ({"hypothesis": "criminal", "level": "cluster", "low": 80, "high": 94},
         "It is very likely (80 to 94 %) that these mails come from criminals."),
        ({"low": 5, "high": 19}, "It is very unlikely (5 to 19 %) that Grey Heron is behind these mails."),
        ({"low": 45, "high": 54}, "There is a roughly even chance (45 to 54 %) that Grey Heron is behind these mails."),
        ({"low": 95, "high": 99, "confidence": "high"},
         "It is almost certain (95 to 99 %) that Grey Heron is behind these mails."),
    ],
)  # fmt: skip
def test_every_judgement_has_its_sentence(
    wish: dict[str, Any], said: str, make: Callable[..., Report], store: Store
) -> None:
    sign(store, **wish)
    for language in LANGUAGES:
        report = make("minister", language=language)
        (who,) = [one for one in report.front if one.id == "who"]
        assert language != "en" or who.strong[0].text == said


def test_a_summary_is_held_to_what_was_signed(make: Callable[..., Report], store: Store) -> None:
    with pytest.raises(ReportError, match="names an actor that no standing judgement names"):
        make("minister", summary="GH12 wrote to them.")
    with pytest.raises(ReportError, match="certain"):
        make("minister", language="de", summary="Das ist zweifellos so.")
    assert "They were written with care." in text_of(make("minister", summary="They were written with care."))
    sign(store)
    with pytest.raises(ReportError, match=r"almost certain.*55 to 79 %"):
        make("minister", summary="It is almost certain that Grey Heron is behind it.")
    assert "likely that GH12 is behind" in text_of(
        make("minister", summary="It is likely that GH12 is behind it.")
    )
    with pytest.raises(ReportError, match="does not fit on one page"):
        report_pdf(make("minister", summary="\n\n".join(["They were written with care. " * 8] * 40)))


def test_quotes_of_recorded_claims_are_free_and_others_are_not(
    make: Callable[..., Report], store: Store
) -> None:
    kept = say(store, SAYS)
    quote = f"Agency of Northmark: “{SAYS.translation}”."
    assert "reasons to believe" in text_of(make("minister", summary=quote))
    with pytest.raises(ReportError, match="stronger than what was signed"):
        make("minister", summary=quote.replace("reasons", "every reason"))
    withdraw_claim(store, kept.id, "entered by mistake", now_s=NOW_S)
    with pytest.raises(ReportError, match="stronger than what was signed"):
        make("minister", summary=quote)


def test_the_press_waits_for_targets_and_for_both_sides(make: Callable[..., Report], store: Store) -> None:
    one = campaign(store)
    with pytest.raises(ReportError) as held:
        make("press")
    assert all(person in str(held.value) for person in one.people)
    told(store)
    first = say(store, SAYS)
    with pytest.raises(ReportError) as held:
        make("press")
    assert "were not told" not in str(held.value)
    assert "no answer of those who were sent the mails" in str(held.value)
    assert "no answer of the accused (FD)" in str(held.value)
    answered(store, first)
    said = text_of(make("press"))
    assert "Agency of Northmark says (3 May 2021):" in said
    assert "Ministry of Freedonia denies it" in said
    assert "no response yet" in said


def test_what_nobody_marked_is_not_for_the_press(make: Callable[..., Report], store: Store) -> None:
    told(store)
    first = say(store, msgspec.structs.replace(SAYS, tlp=""))
    with pytest.raises(
        ReportError, match=r"the accused \(FD\)"
    ):  # who is accused is heard, whoever may read it
        make("press")
    answered(store, first)
    report = make("press")
    assert "Northmark" not in text_of(report)
    assert "We refuse this" not in text_of(report)  # would tell what it answers
    assert report.left_out == 2
    assert "Northmark" in text_of(make("target"))
    add_release(store, first.id, audience="public", by="Northmark", ground="letter", now_s=NOW_S)
    assert "Northmark" in text_of(make("press"))
    assert make("press").left_out == 0


def test_an_accusation_is_not_told_without_its_denial(make: Callable[..., Report], store: Store) -> None:
    first = say(store, SAYS)
    say(store, msgspec.structs.replace(
        SAYS, kind="denial", by="Ministry of Freedonia", accused="", answers=first.id, words="We refuse this",
        tlp="AMBER+STRICT",
    ))  # fmt: skip
    assert "Northmark" not in text_of(make("minister"))
    assert "Northmark" in text_of(make("analyst"))


def test_who_confirms_an_accusation_accuses(make: Callable[..., Report], store: Store) -> None:
    told(store)
    say(
        store,
        Claim(
            "", "no-response", "Whoever got the mails", "person", "mails", "", "call of 5 May", tlp="CLEAR"
        ),
    )
    make("press")
    say(store, msgspec.structs.replace(SAYS, kind="confirmation", by="Second Agency", government="ZZ"))
    with pytest.raises(ReportError, match=r"the accused \(FD\)"):
        make("press")


def test_an_answer_is_a_targets_only_if_it_is_known_to_be(make: Callable[..., Report], store: Store) -> None:
    told(store)
    name = next(name for name in _names(store) if name)
    for claim in (
        Claim("", "answer", "The Ore Post", "press", "mails", "We wrote of it", "page 1"),
        Claim("", "answer", f"{name}bury Consulting", "company", "mails", "We know nothing", "letter"),
        Claim("", "no-response", "An office elsewhere", "organisation", "mails", "", "call of 6 May"),
    ):
        (kept,) = add_claims(store, (claim,), now_s=NOW_S)
        if claim.by_kind != "organisation":
            tie_claim(store, kept.id, campaign=campaign(store), now_s=NOW_S)
    with pytest.raises(ReportError, match="no answer of those who were sent the mails"):
        make("press")
    say(store, Claim("", "answer", f"{name}, in a letter", "person", "mails", "I was told late", "letter"))
    make("press")


def test_nobody_was_told_before_the_first_mail(store: Store) -> None:
    one = campaign(store)
    assert one.first_seen_s is not None
    with pytest.raises(TellingError, match="lies before the first mail"):
        record_telling(store, one, one.people[0], how="letter", result="told", on="2019-12", now_s=NOW_S)
    day = (rfc3339(one.first_seen_s) or "")[:10]
    assert record_telling(store, one, one.people[0], how="letter", result="told", on=day, now_s=NOW_S).at_s


def test_a_judgement_alone_accuses_as_well(make: Callable[..., Report], store: Store) -> None:
    told(store)
    say(
        store,
        Claim(
            "", "no-response", "Whoever got the mails", "person", "mails", "", "call of 5 May", tlp="CLEAR"
        ),
    )
    make("press")
    sign(store)
    with pytest.raises(ReportError, match="no answer of the accused"):
        make("press")


def test_texts_for_press_and_targets_name_no_target(make: Callable[..., Report], store: Store) -> None:
    one = campaign(store)
    report = make("minister")
    names = [name for name in _names(store) if name]
    first = say(
        store, msgspec.structs.replace(SAYS, words=f"we warned {names[0]}", translation="", translated_by="")
    )
    answered(store, first)
    say(store, Claim("", "answer", names[0], "person", "mails", "I was told late", "call of 6 May"))
    happened = Incident(
        "", f"{names[0]} postpones a journey", "other", "2021-01-21", "", "Northmark", "The Ore Post"
    )
    add_incident(store, happened, now_s=NOW_S)
    told(store)
    for made in (make("press"), make("target"), make("peer")):
        said = text_of(made) + render_report_page(made)
        assert not [name for name in (*names, *one.people) if name in said]
    own = text_of(make("target", person=one.people[0]))
    assert "You were sent" in own
    assert not [person for person in one.people[1:] if person in own]
    with pytest.raises(ReportError, match="names somebody who was sent the mails"):
        make("press", summary=f"{names[0]} got one.")
    with pytest.raises(ReportError, match="was sent no mail"):
        make("target", person="nobody@else.example")
    assert report.front


def _names(store: Store) -> list[str]:
    from tocsin.app.campaigns import known_people

    known = known_people(store)
    return [known[address].name for address in campaign(store).people if address in known]


def test_claims_that_may_not_be_shared_stay(make: Callable[..., Report], store: Store) -> None:
    say(store, msgspec.structs.replace(SAYS, tlp="AMBER+STRICT"))
    assert "Northmark" not in text_of(make("minister"))
    assert "Northmark" in text_of(make("analyst"))


def test_colleagues_and_analysts_get_evidence_and_method(make: Callable[..., Report], store: Store) -> None:
    one = campaign(store)
    for audience in ("peer", "analyst"):
        report = make(audience)
        ids = [section.id for section in report.annex]
        assert ids[-2:] == ["mails", "method"]
        assert {"hypotheses", "matrix", "evidence"} <= set(ids)
        said = text_of(report)
        assert all(member.sha256 in said for member in one.members)
        assert "ordinary marketing" in said
        assert "F6" in said
    assert make("minister").annex == ()


def test_evidence_is_told_in_the_language_of_the_report(make: Callable[..., Report], store: Store) -> None:
    english = "a hidden picture or other call fires when the mail is opened"
    for language, words in (
        ("fr", "une image cachée ou un autre appel part à l’ouverture du courriel"),
        ("nl", "een verborgen beeld of andere oproep vertrekt wanneer de mail wordt geopend"),
        ("de", "ein verborgenes Bild oder ein anderer Aufruf wird beim Öffnen der Mail ausgelöst"),
    ):
        told = {one.text for one in lines_of(make("peer", language=language))}
        assert words in told
        assert english not in told


def test_colleagues_learn_nothing_of_marked_intelligence(make: Callable[..., Report], store: Store) -> None:
    mails = campaign(store).members
    (host, *_) = {b.host for _, mail in store.records([mails[0].number]) for b in mail.beacons if b.hidden}
    store.put(
        "source",
        "s-1",
        msgspec.msgpack.encode(IntelSource("s-1", "The far desk", "csv", "x", 1.0, 1.0, tlp="AMBER")),
    )
    indicator = Indicator("i-1", "s-1", Comparison("host", "=", (host,)), "", names=("Grey Heron",))
    store.add_indicators([(indicator, ())])
    hits = [Hit("i-1", one.number, "host", Observable("host", host, "open"), 2.0) for one in mails]
    store.add_hits(hits)
    desk, others = make("analyst"), make("peer")
    assert any("s-1" in one.text or "The far desk" in one.text for one in lines_of(desk))
    assert not any("s-1" in one.text or "The far desk" in one.text for one in lines_of(others))
    assert (desk.held_back, others.held_back) == (0, 1)
    assert any("marked it for fewer readers" in one.text for one in lines_of(others))


def test_text_of_others_steers_nothing(make: Callable[..., Report], store: Store) -> None:
    hostile = '#panic("x") *bold* $x$ \\ <script>alert(1)</script> \u202e https://evil.test 报 ✈ @x'
    say(store, msgspec.structs.replace(SAYS, by=hostile, words=hostile, source=hostile))
    report = make("minister")
    page = render_report_page(report)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "hxxps://evil[.]test" in page
    (text,) = pages(report_pdf(report))
    assert '#panic("x") *bold*' in text


def test_the_command_line_writes_refuses_and_tells(home: Path, scanned: Path) -> None:
    def tocsin(*arguments: str | Path, code: int = 0) -> Result:
        result = run(
            *("report", arguments[0], "--store", home / "p.db", "--config", home / "config.toml"),
            *arguments[1:],
            home=home,
        )
        assert result.returncode == code, result.stderr
        return result

    opened = open_store(str(home / "p.db"))
    one = campaign(opened)
    opened.close()
    told = tocsin(one.id, "--audience", "minister", "-o", home / "r.pdf", "--json")
    assert (home / "r.pdf").read_bytes().startswith(b"%PDF-")
    (record,) = records(told.stdout)
    assert record["schema"] == "tocsin.report/1"
    assert record["exercise"]
    assert record["judgement"] is None
    assert json.dumps(record).count("We do not know who sent these mails.") == 1
    held = tocsin(one.id, "--audience", "press", "-o", home / "p.pdf", code=WRONG_USE).stderr.decode()
    assert one.people[0] in held
    assert "tocsin campaigns told" in held
    assert not (home / "p.pdf").exists()
    (home / "mine.html").write_text("my own page")
    with pytest.raises(click.UsageError, match="is no report of Tocsin"):
        _check_output(home / "mine.html")
    (home / "s.txt").write_text("This proves it.")
    strong = tocsin(
        one.id, "--audience", "minister", "-o", home / "s.pdf", "--summary", home / "s.txt", code=WRONG_USE
    )
    assert "“This proves it.”: “proves”" in strong.stderr.decode()
