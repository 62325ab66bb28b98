"""What the machine says of hand-made campaigns: when it names, when it abstains, and what carries the answer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.attribute.assess import Case, Nature, assess, band_of
from tocsin.attribute.hypotheses import CRIMINAL, MARKETING, STANDING, UNKNOWN, Rates
from tocsin.attribute.signs import SIGN
from tocsin.attribute.veil import veiled
from tocsin.model.actor import Actor, ActorName, Source, Statement
from tocsin.model.assessment import Assessment, Calibrated, Evidence, Place
from tocsin.model.campaign import Campaign, Link, Member

REPORT = (Source("Of owls and mail", "Fictional Research", "2031-05-02"),)
RATES = Rates({"hidden-beacon": 0.5, "persona-journalist": 0.01}, {"hidden-beacon": 0.2})


def statement(kind: str, value: str, *, denied: bool = False) -> Statement:
    return Statement(kind, value, f"published: {value}", REPORT, denied)


def actor(id: str, *values: str, denied: Sequence[str] = (), theme: str = "") -> Actor:
    said = [statement("sign", value) for value in values] + [
        statement("sign", value, denied=True) for value in denied
    ]
    if theme:
        said.append(statement("theme", theme))
    return Actor(id, f"{id.title()} Group", (ActorName(f"{id.title()} Group"), ActorName(id)), tuple(said))


OWL = actor("owlet", "hidden-beacon", "persona-journalist", "personal-token", theme="tibet")
HEN = actor("henbane", "persona-think-tank", "attachment", theme="energy")
JAY = actor("jaybird", "look-alike-domain", denied=["hidden-beacon"])
ACTORS = (OWL, HEN, JAY, *(actor(f"other{n}", "freemail-sender") for n in range(12)))


def evidence(number: int, kind: str, value: str, *, names: Sequence[str] = (), origin: str = "") -> Evidence:
    sign = SIGN.get(value)
    return Evidence(
        f"e{number}", kind, value, f"shows {value}", (Place("ab" * 32, "header"),), 3, 3,
        f"source {number}" if names else "campaign", origin or (sign.origin if sign else value), None,
        sign.forgeability if sign else "with-effort", tuple(names),
    )  # fmt: skip


SEEN = (
    evidence(1, "sign", "hidden-beacon"),
    evidence(2, "sign", "persona-journalist"),
    evidence(3, "sign", "personal-token"),
    evidence(4, "theme", "tibet"),
)
CAMPAIGN = Campaign(
    "c-0123456789ab",
    tuple(
        Member(f"{n:064x}", f"<{n}@a.example>", f"r{n}@house.example", 1_600_000_000.0 + n) for n in range(3)
    ),
    (Link("a", "b", "beacon-host", 9.0), Link("a", "c", "text", 6.0)),
    ("r0@house.example", "r1@house.example"),
    1_600_000_000.0,
    1_600_000_002.0,
)


def case(
    seen: Sequence[Evidence] = SEEN,
    *,
    nature: Nature | None = None,
    campaign: Campaign = CAMPAIGN,
    actors: Sequence[Actor] = ACTORS,
) -> Case:
    return Case(campaign, nature or Nature(0.9, 0.02, 3), tuple(seen), tuple(actors), RATES, 1_700_000_000.0)


def silent(seen: Sequence[Evidence]) -> tuple[Calibrated, ...]:
    return ()


def overlap(seen: Sequence[Evidence]) -> tuple[Calibrated, ...]:
    """Names whoever two independent pieces of infrastructure name."""
    by: dict[str, set[str]] = {}
    for one in seen:
        if one.kind == "infrastructure":
            for name in one.names:
                by.setdefault(name, set()).add(one.origin)
    return tuple(
        Calibrated(name, "infrastructure", 0.9, 0.8, 0.95, True, "", (), len(origins))
        if len(origins) > 1
        else Calibrated(name, "infrastructure", 0.04, 0.0, 0.2, False, "one source is too little", (), 1)
        for name, origins in sorted(by.items())
    )


def probabilities(one: Assessment) -> dict[str, float]:
    return {each.id: each.probability for each in one.hypotheses}


def test_mail_alone_names_nobody_and_gives_no_words_of_likelihood() -> None:
    told = assess(case(), silent)
    assert told.abstains
    assert told.level == "cluster"
    assert told.leading == UNKNOWN
    assert told.band == ""
    assert told.confidence == "low"
    assert told.consistent_with == ("owlet",)
    found = probabilities(told)
    assert set(STANDING) <= set(found)
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["owlet"] < 0.45
    assert any("consistent with" in cap for cap in told.caps)


def test_every_hypothesis_has_an_interval_around_it() -> None:
    for one in assess(case(), silent).hypotheses:
        assert 0.0 < one.low <= one.probability <= one.high < 1.0


def test_infrastructure_of_two_sources_names_an_actor_and_a_planted_one_does_not_turn_it() -> None:
    two = [
        evidence(n, "infrastructure", f"h{n}.example", names=["owlet"], origin=f"report {n}") for n in (5, 6)
    ]
    told = assess(case([*SEEN, *two]), overlap)
    assert not told.abstains
    assert (told.level, told.leading, told.band) == ("resembles", "owlet", "very likely")
    leading = told.hypotheses[0]
    assert leading.calibration == "infrastructure"
    assert leading.low < leading.probability < leading.high
    planted = evidence(7, "infrastructure", "planted.example", names=["henbane"], origin="report 7")
    after = assess(case([*SEEN, *two, planted]), overlap)
    assert after.leading == "owlet"
    assert any("tied to 2 actors" in line for line in after.contradictions)
    assert after.confidence == "low"


def test_one_source_is_told_with_its_chance_and_names_nobody() -> None:
    one = evidence(5, "infrastructure", "h5.example", names=["owlet"], origin="report 5")

    def thin(seen: Sequence[Evidence]) -> tuple[Calibrated, ...]:
        return (
            Calibrated("owlet", "infrastructure", 0.5, 0.3, 0.7, False, "it was wrong too often", ("e5",), 1),
        )

    told = assess(case([*SEEN, one]), thin)
    assert told.abstains
    assert told.level == "cluster"
    assert told.band == ""
    assert "wrong too often" in told.because
    assert probabilities(told)["owlet"] == pytest.approx(0.5 * 0.92, abs=0.01)


def test_sources_that_disagree_name_nobody() -> None:
    both = [
        evidence(n, "infrastructure", f"h{n}.example", names=[name], origin=f"report {n}")
        for n, name in ((5, "owlet"), (6, "owlet"), (7, "henbane"), (8, "henbane"))
    ]
    told = assess(case([*SEEN, *both]), overlap)
    assert told.abstains
    assert "disagree" in told.because


def test_the_piece_that_carries_the_answer_is_told() -> None:
    two = [
        evidence(n, "infrastructure", f"h{n}.example", names=["owlet"], origin=f"report {n}") for n in (5, 6)
    ]
    told = assess(case([*SEEN, *two]), overlap)
    without = {one.evidence: one for one in told.without}
    assert without["e5",].level == "cluster"
    assert without["e1",].level == "resembles"
    assert any("e5" in line for line in told.would_change)
    assert told.confidence == "low"  # one piece carries it


def test_what_was_published_otherwise_disconfirms() -> None:
    told = assess(case([SEEN[0], evidence(2, "sign", "look-alike-domain")]), silent)
    marks = {cell.hypothesis: cell.mark for cell in told.cells if cell.evidence == "e1"}
    assert marks["jaybird"] == "strongly-inconsistent"
    assert "jaybird" not in told.consistent_with
    against = {one.id: one.inconsistency for one in told.hypotheses}
    assert against["jaybird"] < against[UNKNOWN] <= 0.0


def test_pieces_of_one_origin_count_once() -> None:
    one = assess(case(SEEN[:1]), silent)
    twice = assess(case([SEEN[0], msgspec.structs.replace(SEEN[0], id="e9")]), silent)
    assert probabilities(twice) == pytest.approx(probabilities(one))


def test_newsletters_get_no_actor() -> None:
    told = assess(case(nature=Nature(0.002, 0.001, 3)), silent)
    assert told.abstains
    assert told.leading == MARKETING
    assert "marketing" in told.because


def test_fraud_leads_to_criminals() -> None:
    assert assess(case(nature=Nature(0.05, 0.9, 3)), silent).leading == CRIMINAL


@pytest.mark.parametrize(
    ("campaign", "seen"),
    [
        (Campaign("c-000000000000", (), (), (), None, None), ()),
        (CAMPAIGN, ()),
        (msgspec.structs.replace(CAMPAIGN, members=CAMPAIGN.members[:1]), SEEN),
    ],
)
def test_nearly_nothing_is_told_as_such(campaign: Campaign, seen: tuple[Evidence, ...]) -> None:
    told = assess(case(seen, campaign=campaign), overlap)
    assert told.abstains
    assert told.because
    assert told.level == ("cluster" if len(campaign.members) > 1 else "none")


def test_no_profiles_at_hand() -> None:
    told = assess(case(actors=()), silent)
    assert {one.id for one in told.hypotheses} == set(STANDING)


def test_a_profile_that_contradicts_itself_says_nothing() -> None:
    odd = actor("oddity", "hidden-beacon", denied=["hidden-beacon"])
    told = assess(case(actors=(*ACTORS, odd)), silent)
    assert "oddity" not in {one.id for one in told.hypotheses}


def test_names_no_profile_bears_are_no_hypothesis() -> None:
    odd = evidence(5, "infrastructure", "h.example", names=["nobody-knows"], origin="report")
    assert "nobody-knows" not in probabilities(assess(case([*SEEN, odd]), overlap))


def test_the_veil_leaves_no_name() -> None:
    two = [
        msgspec.structs.replace(
            evidence(n, "infrastructure", f"h{n}.example", names=["owlet"], origin=f"report {n} on OWLET"),
            text="listed for Owlet Group",
        )
        for n in (5, 6)
    ]
    hidden = veiled(assess(case([*SEEN, *two]), overlap), ACTORS)
    assert b"owlet" not in msgspec.json.encode(hidden).lower()
    assert hidden.leading == "actor-1"
    assert hidden.hypotheses[0].title == "published actor 1"


@given(
    st.permutations([*SEEN, *(evidence(n, "sign", v) for n, v in ((5, "asks-nothing"), (6, "mail-service")))])
)
@settings(max_examples=20, deadline=None)
def test_the_order_of_evidence_changes_nothing(seen: list[Evidence]) -> None:
    told = assess(case(seen), silent)
    usual = assess(case(sorted(seen, key=lambda one: one.id)), silent)
    assert probabilities(told) == pytest.approx(probabilities(usual))
    assert told.leading == usual.leading


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "almost no chance"), (0.05, "very unlikely"), (0.45, "roughly even chance"), (0.549, "roughly even chance"),
     (0.55, "likely"), (0.8, "very likely"), (0.95, "almost certain"), (1.0, "almost certain")],
)  # fmt: skip
def test_bands_are_those_of_icd_203(probability: float, words: str) -> None:
    assert band_of(probability) == words


def test_fraud_and_marketing_are_compared_with_no_actor() -> None:
    assert "owlet" in assess(case(), silent).consistent_with
    for nature in (Nature(0.02, 0.9, 3), Nature(0.01, 0.01, 3)):
        assert assess(case(nature=nature), silent).consistent_with == ()
