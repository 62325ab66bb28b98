"""`tocsin claims`: the case of 2021 as an analyst sees it, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.running import Result, run
from tests.e2e.test_scan import records
from tocsin.app.claims import ClaimError, add_case, add_claims, read_case, shipped_cases
from tocsin.app.memory import open_store
from tocsin.attribute.arrows import arrows
from tocsin.model.campaign import Incident
from tocsin.model.claim import Claim
from tocsin.render.claims import by_government, draw_governments

NOW_S = 1_800_000_000.0
EVENT = "belgian-mp-mails-2021"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    open_store(str(tmp_path / "s.db"), create=True, plain=True).close()
    return tmp_path


def claims(home: Path, *arguments: str | Path, code: int = 0) -> Result:
    result = run("claims", arguments[0], "--store", home / "s.db", *arguments[1:], home=home)
    assert result.returncode == code, result.stderr
    return result


def words_of(result: Result) -> str:
    return " ".join(result.stdout.decode().split())


def claim(by: str, words: str = "it was them", **fields: Any) -> Claim:
    given = {
        "id": "",
        "kind": "attribution",
        "by_kind": "press",
        "event": "flood-2031",
        "source": "The Ore Post",
    }
    given |= {"about": "GREY HERON"} if "kind" not in fields else {}
    return Claim(by=by, words=words, **{**given, **fields})


def test_the_case_shows_three_strengths_for_one_event_and_the_denial(home: Path) -> None:
    claims(home, "add", "--case", "belgium-2021")
    again = records(claims(home, "add", "--case", "belgium-2021", "--json").stdout)
    assert len(records(claims(home, "list", "--json").stdout)) == len(again)
    voices = records(claims(home, "show", EVENT, "--json").stdout)
    strengths = {one["strength"] for one in voices if one["kind"] != "denial"}
    assert strengths == {"likely", "could-not-confirm", "highly-likely"}
    assert [one["words"] for one in voices if one["kind"] == "denial"] == ["refuse the unnecessary claim"]
    said = words_of(claims(home, "show", EVENT))
    for words in (
        "reasons to believe",
        "could not be confirmed",
        "most probably",
        "refuse the unnecessary claim",
    ):
        assert words in said
    assert "no date given" in said
    assert "none of them counts in an assessment" in said


def test_the_list_shows_who_attributes_publicly_by_year(home: Path) -> None:
    claims(home, "add", "--case", "belgium-2021")
    page = home / "claims.html"
    said = words_of(claims(home, "list", "--html", page))
    assert "Who attributes publicly" in said
    found = records(claims(home, "list", "--government", "be", "--json").stdout)
    assert {one["said"][:4] for one in found} >= {"2022", "2023"}
    assert {
        one["government"] for one in records(claims(home, "list", "--year", "2024", "--json").stdout)
    } >= {"US", "GB"}
    html = page.read_text()
    assert "<svg" in html
    assert "href" not in html
    incidents = run("incidents", "list", "--store", home / "s.db", home=home).stdout.decode()
    assert "Belnet" in incidents
    assert "No author is stated" in incidents


def test_every_shipped_case_is_whole() -> None:
    assert {"belgium-2021", "exercise-january"} <= set(shipped_cases())
    for name in shipped_cases():
        case = read_case(name=name)
        assert case.claims
        assert all(one.source and one.event for one in case.claims)
        assert case.exercise == name.startswith("exercise")


def test_practice_and_real_claims_do_not_mix(home: Path) -> None:
    store = open_store(str(home / "s.db"))
    with pytest.raises(ClaimError, match="holds real mail"):
        add_case(store, read_case(name="exercise-january"), now_s=NOW_S)
    store.close()


def test_answers_lead_to_what_they_answer(home: Path) -> None:
    claims(home, "add", "--by", "The Ore Post", "--event", "flood-2031", "--about", "GREY HERON",
           "--words", "very probably GREY HERON", "--source", "3 May", "--strength", "highly-likely")  # fmt: skip
    (first,) = records(claims(home, "list", "--json").stdout)
    assert "no answer is recorded here" in words_of(claims(home, "show", "flood-2031"))
    claims(home, "add", "--kind", "no-response", "--by", "Embassy of Nearland", "--event", "flood-2031",
           "--answers", first["id"], "--source", "asked by telephone")  # fmt: skip
    said = words_of(claims(home, "show", first["id"]))
    assert "Embassy of Nearland gave no response yet (no date given)" in said
    assert "no answer is recorded here" not in said
    claims(home, "withdraw", first["id"], "--because", "entered for the wrong event", "--as", "Ada")
    (gone,) = [one for one in records(claims(home, "list", "--json").stdout) if one["id"] == first["id"]]
    assert gone["withdrawn_because"] == "entered for the wrong event"
    page = home / "c.html"
    claims(home, "list", "--html", page)
    assert 'class="claim gone"' in page.read_text()
    claims(home, "tie", first["id"], "--actor", "apt31", code=2)


def test_a_tie_says_who_tied_and_a_correction_is_another_claim(home: Path) -> None:
    one = ("--by", "The Ore Post", "--event", "flood-2031", "--about", "GREY HERON", "--words", "likely them",
           "--source", "3 May")  # fmt: skip
    (first,) = records(claims(home, "add", *one, "--json").stdout)
    (tied,) = records(claims(home, "tie", first["id"], "--actor", "apt31", "--as", "Ada", "--json").stdout)
    assert [(tie["to"], tie["by"]) for tie in tied["ties"]] == [("apt31", "Ada")]
    assert "tied to apt31 by Ada" in words_of(claims(home, "tie", first["id"], "--actor", "apt31"))
    claims(home, "withdraw", first["id"], "--because", "strength left out")
    (second,) = records(claims(home, "add", *one, "--strength", "likely", "--json").stdout)
    assert second["id"] != first["id"]
    assert second["withdrawn"] is None
    (again,) = records(claims(home, "add", *one, "--json").stdout)
    assert again["withdrawn_because"] == "strength left out"


def test_claims_of_one_file_stand_in_any_order_and_answer_each_other(tmp_path: Path) -> None:
    some = [
        claim("A", id="a"),
        claim("B", kind="denial", id="b", answers="a"),
        claim("C", kind="answer", answers="b"),
    ]
    ids = []
    for number, order in enumerate((some, some[::-1])):
        store = open_store(str(tmp_path / f"{number}.db"), create=True, plain=True)
        kept = {one.by: one for one in add_claims(store, order, now_s=NOW_S)}
        assert (kept["B"].answers, kept["C"].answers) == (kept["A"].id, kept["B"].id)
        ids.append({one.id for one in kept.values()})
        store.close()
    assert ids[0] == ids[1]


VALID = 'by = "x"\nby_kind = "press"\nevent = "e"\nwords = "y"\nsource = "z"\n'


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ('[[claims]]\nby = "x"\nwrods = "y"\n', "did you mean 'words'"),
        (f'[[claims]]\nkind = "attribution"\n{VALID}', "names somebody"),
        ('title = "nothing"\n', "holds no .*claims"),
        ("[[claims]\n", "not valid TOML"),
        (f'[[claims]]\nid = "a"\nanswers = "a"\nkind = "denial"\n{VALID}', "in a circle"),
        (f'[[claims]]\nanswers = "k-0"\nkind = "denial"\n{VALID}', "is no claim here"),
        (f'[[claims]]\nkind = "denial"\n{VALID}said = "last year"\n', "is no date"),
        ('[[claims]]\nkind = "denial"\nby = 3\n', "claims 1"),
        (f'[[claims]]\nid = "a"\nkind = "denial"\n{VALID}' * 2, "two claims have it"),
        ('[events]\na = "A"\n[[claims]]\nkind = "denial"\nevent = ["a"]\n', "is not in .events"),
        (f'[[claims]]\nkind = "denial"\n{VALID}about = "{"x" * 301}"\n', "at most 300"),
        (f'[[claims]]\nkind = "denial"\n{VALID}said = 2131-05-02\n', "in the future"),
    ],
)
def test_bad_files_are_refused_with_the_reason(tmp_path: Path, file: str, why: str) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(file)
    store = open_store(str(tmp_path / "s.db"), create=True, plain=True)
    with pytest.raises(ClaimError, match=why):
        add_case(store, read_case(path), now_s=NOW_S)
    assert not list(store.documents("claim"))
    store.close()


def test_two_claims_that_answer_each_other_are_refused(home: Path) -> None:
    store = open_store(str(home / "s.db"))
    both = [claim("A", kind="denial", id="a", answers="b"), claim("B", kind="denial", id="b", answers="a")]
    with pytest.raises(ClaimError, match="circle"):
        add_claims(store, both, now_s=NOW_S)
    assert not list(store.documents("claim"))
    store.close()


def test_hostile_words_steer_neither_terminal_nor_page(home: Path) -> None:
    words = "\x1b[2J<script>alert(1)</script> https://evil.example/\u202e"
    claims(
        home,
        "add",
        "--by",
        "<b>X</b>",
        "--event",
        "e",
        "--about",
        "<i>Y</i>",
        "--words",
        words,
        "--source",
        "z",
    )
    page = home / "p.html"
    result = claims(home, "list", "--html", page)
    assert b"\x1b[2J" not in result.stdout
    assert "hxxps://evil[.]example" in words_of(result)
    html = page.read_text()
    assert "<script>" not in html
    assert "<b>X" not in html
    assert "https://evil.example" not in html


def test_claims_about_an_actor_are_found_by_each_of_its_names(home: Path) -> None:
    said = ("--by", "The Ore Post", "--event", "e", "--words", "it was them", "--source", "z")
    for about in ("Fancy Bear", "GREY HERON"):
        claims(home, "add", *said, "--about", about)
    for wanted, found in (("APT 28", ["Fancy Bear"]), ("grey heron", ["GREY HERON"]), ("nobody", [])):
        listed = records(claims(home, "list", "--about", wanted, "--json").stdout)
        assert [one["about"] for one in listed] == found


def test_governments_are_drawn_darker_for_stronger_words() -> None:
    some = [
        claim("A", government="BE", said="2022", strength="possible"),
        claim("B", government="BE", said="2023-02", strength="asserted"),
        claim("C", government="BE", said="2023-03", strength="likely"),
        claim("D", government="CZ", strength="near-certain"),
    ]
    counted = by_government(some)
    assert counted["BE"] == {"2022": (1, "possible"), "2023": (2, "asserted")}
    assert counted["CZ"] == {"": (1, "near-certain")}
    assert draw_governments(counted).count("<rect") == 3 + 7
    assert draw_governments({}) == ""


INCIDENT = Incident(
    "i-1", "GREY HERON did it", "outage", "2031-05-02", "", "Farland", "The Ore Post", "by GREY HERON"
)
KINDS = ("attribution", "confirmation", "denial", "answer", "no-response", "retraction")


@given(
    st.lists(
        st.builds(
            lambda n, kind, about, incident, gone, answers: claim(
                f"Speaker {n}", id=f"k-{n}", kind=kind, about=about, incidents=("i-1",) if incident else (),
                withdrawn_s=1.0 if gone else None, answers=answers,
            ),
            st.integers(0, 5), st.sampled_from(KINDS), st.sampled_from(("", "GREY HERON")), st.booleans(),
            st.booleans(), st.sampled_from(("", "k-0", "k-1")),
        ),
        max_size=6,
        unique_by=lambda one: one.id,
    )
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_arrow_without_somebody_who_says_so(some: list[Claim]) -> None:
    for arrow in arrows([INCIDENT], some):
        assert arrow.claim in some
        assert arrow.claim.kind in ("attribution", "confirmation")
        assert arrow.claim.withdrawn_s is None
        assert arrow.claim.by
        assert arrow.claim.words
        assert "i-1" in arrow.claim.incidents
    if not any(one.kind in ("attribution", "confirmation") and one.incidents for one in some):
        assert arrows([INCIDENT], some) == ()


def test_an_incident_gets_its_author_from_a_claim_with_the_denial_beside() -> None:
    said = claim("Agency", id="k-1", incidents=("i-1",))
    denied = claim("Embassy", "we refuse this", id="k-2", kind="denial", answers="k-1")
    assert arrows([INCIDENT], ()) == ()
    (arrow,) = arrows([INCIDENT], [said, denied])
    assert (arrow.actor, arrow.claim.by, [one.by for one in arrow.against]) == (
        "GREY HERON",
        "Agency",
        ["Embassy"],
    )
