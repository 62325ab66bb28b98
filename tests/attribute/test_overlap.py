"""Whose infrastructure: what names an actor, what makes the program silent, and what nobody can turn by planting."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.app.calibration import load_calibration
from tocsin.attribute.overlap import Calibration, Known, Tie, attribute_domains

SHIPPED = load_calibration("infrastructure", Calibration)
DAY_S = 86_400.0
AT_S = 1_700_000_000.0
# Two actors of whom much was published.
MANY = [
    Tie(f"{actor}-old{number}.example", actor, (f"https://lab.example/{actor}/{number}",), "feed")
    for actor in ("heron", "osprey")
    for number in range(200)
]
ACTORS = ("heron", "osprey", "plover")


def ties(actor: str, values: list[str], report: str, date_s: float | None = None) -> list[Tie]:
    return [Tie(value, actor, (report,), "feed", date_s) for value in values]


def test_domains_of_two_reports_name_an_actor_and_say_why() -> None:
    known = Known(
        MANY + ties("heron", ["desk.example", "gate.test"], "r1") + ties("heron", ["desk.example"], "r2")
    )
    first = attribute_domains(["mail.desk.example", "gate.test", "own.invalid"], known, SHIPPED, AT_S)[0]
    assert (first.actor, first.answers, first.because, first.origins) == ("heron", True, "", 2)
    assert 0.0 < first.low <= first.probability <= first.high <= 1.0
    assert [(one.value, one.known, one.actors, one.origins) for one in first.shared] == [
        ("desk.example", "desk.example", 1, ("r1", "r2")),
        ("gate.test", "gate.test", 1, ("r1",)),
    ]


def test_nothing_shared_and_nothing_asked_name_nobody() -> None:
    known = Known(MANY)
    assert attribute_domains(["own.invalid", "192.0.2.7"], known, SHIPPED, AT_S) == ()
    assert attribute_domains([], known, SHIPPED, AT_S) == ()
    assert attribute_domains(["heron-old1.example"], Known([]), SHIPPED, AT_S) == ()
    assert attribute_domains(["", "."], Known([Tie("", "heron", ("r",))]), SHIPPED, AT_S) == ()


def test_an_actor_of_whom_one_report_exists_is_not_named_by_one_domain() -> None:
    (only,) = attribute_domains(
        ["nest.example"], Known(ties("plover", ["nest.example"], "r1")), SHIPPED, AT_S
    )
    assert not only.answers
    assert "too often" in only.because


def test_a_report_counts_once_however_many_domains_it_names_and_wherever_it_is_quoted() -> None:
    values = [f"host{number}.example" for number in range(8)]
    one = Known(MANY + ties("heron", values, "r1"))
    several = Known(MANY + [tie for value in values for tie in ties("heron", [value], f"r-{value}")])
    # The same statements, each quoted from a page of its own and from one that all have in common.
    quoted = Known(MANY + [Tie(value, "heron", (f"copy-{value}", "r1"), "feed") for value in values])
    asked = [attribute_domains(values, known, SHIPPED, AT_S)[0] for known in (one, several, quoted)]
    assert [each.origins for each in asked] == [1, 8, 1]
    assert asked[0].probability == asked[2].probability < asked[1].probability


def test_hosts_of_one_domain_count_once_but_customers_of_a_hoster_apart() -> None:
    known = MANY + ties("heron", ["a.free.example"], "r1")
    (found,) = attribute_domains(["b.free.example", "www.a.free.example"], Known(known), SHIPPED, AT_S)
    assert [one.value for one in found.shared] == ["free.example"]
    rented = Known(known, rented=("free.example",))
    assert attribute_domains(["b.free.example"], rented, SHIPPED, AT_S) == ()
    (found,) = attribute_domains(["b.free.example", "www.a.free.example"], rented, SHIPPED, AT_S)
    assert [one.value for one in found.shared] == ["a.free.example"]


def test_a_domain_that_only_lends_names_is_known_by_how_it_is_named() -> None:
    hosts = [f"guest{number}.lender.example" for number in range(6)]
    lent = [tie for number, host in enumerate(hosts) for tie in ties("heron", [host], f"r{number % 4}")]
    assert attribute_domains(["stranger.lender.example"], Known(MANY + lent), SHIPPED, AT_S) == ()
    (found,) = attribute_domains(["www.guest3.lender.example"], Known(MANY + lent), SHIPPED, AT_S)
    assert [one.value for one in found.shared] == ["guest3.lender.example"]
    owned = Known(MANY + lent + ties("heron", ["lender.example"], "r9"))
    assert attribute_domains(["stranger.lender.example"], owned, SHIPPED, AT_S)[0].answers


@given(
    own=st.lists(
        st.tuples(st.sampled_from(ACTORS), st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=24
    ),
    shown=st.sets(st.integers(0, 9), min_size=1, max_size=6),
    rival=st.sampled_from(ACTORS),
    reports=st.integers(1, 12),
    new=st.sampled_from(["planted.test", "morning3.test", "192.0.2.7"]),
)
@settings(max_examples=60, deadline=None)
def test_one_planted_domain_never_turns_an_answer(
    own: list[tuple[str, int, int]], shown: set[int], rival: str, reports: int, new: str
) -> None:
    planted = [tie for number in range(reports) for tie in ties(rival, [new], f"plant{number}")]
    said = [Tie(f"morning{number}.example", actor, (f"r{report}",)) for actor, number, report in own]
    known = Known(MANY + said + planted)
    values = [f"morning{number}.example" for number in sorted(shown)]
    eager = Calibration(0.0, {}, 0.0)  # names whoever leads
    before = next((one.actor for one in attribute_domains(values, known, eager, AT_S) if one.answers), "")
    after = next(
        (one.actor for one in attribute_domains([*values, new], known, eager, AT_S) if one.answers),
        "",
    )
    if before:
        assert after in (before, "")


def test_one_known_and_one_planted_domain_name_nobody() -> None:
    known = Known(MANY)
    assert attribute_domains(["heron-old1.example"], known, SHIPPED, AT_S)[0].answers
    both = attribute_domains(["heron-old1.example", "osprey-old1.example"], known, SHIPPED, AT_S)
    assert [one.answers for one in both] == [False, False]
    assert all("other actors" in one.because for one in both)


def test_two_actors_behind_one_name_are_not_told_apart() -> None:
    values = ["desk.example", "gate.test"]
    clash = [tie for actor in ("heron", "osprey") for tie in ties(actor, values, "r1")]
    ranked = attribute_domains(values, Known(MANY + clash), SHIPPED, AT_S)
    assert {one.actor for one in ranked} == {"heron", "osprey"}
    assert not any(one.answers for one in ranked)
    assert {one.actors for each in ranked for one in each.shared} == {2}


def test_the_same_name_under_another_ending_supports_but_never_names_alone() -> None:
    known = Known(MANY + ties("heron", ["morning-desk.example", "desk.example"], "r1"))
    (alone,) = attribute_domains(["morning-desk.test"], known, SHIPPED, AT_S)
    assert not alone.answers
    assert [(one.value, one.known) for one in alone.shared] == [("morning-desk.test", "morning-desk.example")]
    (beside,) = attribute_domains(["morning-desk.test", "heron-old1.example"], known, SHIPPED, AT_S)
    (without,) = attribute_domains(["other-desk.test", "heron-old1.example"], known, SHIPPED, AT_S)
    assert beside.answers
    assert beside.probability > without.probability
    assert attribute_domains(["desk.test"], known, SHIPPED, AT_S) == ()  # too short to tell


def test_what_is_old_or_no_longer_holds_counts_less() -> None:
    def asked(date_s: float | None, until_s: float | None = None) -> tuple[float, bool]:
        known = Known([*MANY, Tie("desk.example", "heron", ("r1",), "feed", date_s, until_s)])
        (one,) = attribute_domains(["desk.example"], known, SHIPPED, AT_S)
        return one.probability, one.answers

    fresh, old, ancient = asked(AT_S), asked(AT_S - 500 * DAY_S), asked(AT_S - 5_000 * DAY_S)
    assert fresh[0] > old[0] > ancient[0]
    assert fresh[1]
    assert not ancient[1]
    assert asked(None) == fresh == asked(AT_S + 90 * DAY_S)  # undated, or told afterwards
    assert asked(AT_S, until_s=AT_S - DAY_S)[0] < fresh[0]


def test_reports_and_actors_can_be_looked_away_from() -> None:
    known = Known(MANY + ties("heron", ["desk.example"], "r1") + ties("osprey", ["desk.example"], "r2"))
    report = known.report("r2")
    assert report is not None
    assert known.report("nowhere") is None
    for without in (
        attribute_domains(["desk.example"], known, SHIPPED, AT_S, without_reports=frozenset({report})),
        attribute_domains(["desk.example"], known, SHIPPED, AT_S, without_actors=frozenset({"osprey"})),
    ):
        assert [(one.actor, one.answers) for one in without] == [("heron", True)]
