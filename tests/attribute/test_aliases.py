"""Whom a name stands for: however it is written, and nobody where several bear it."""

from __future__ import annotations

import pytest

from tocsin.attribute.aliases import NOBODY, actors_of, name_key, names_of, resolve
from tocsin.attribute.merging import merge_profiles
from tocsin.model.actor import Actor, ActorName, Profiles


def actor(id_: str, name: str, *names: str, **more: object) -> Actor:
    given = tuple(ActorName(one.rstrip("*"), ambiguous=one.endswith("*")) for one in names)
    return Actor(id_, name, given, (), **more)  # type: ignore[arg-type]


OTTER = actor(
    "quiet-otter", "APT900", "River Bandit", "Pond Group*", "Delta Group",
    references=(("attack", "G9001"), ("maltrail", "apt_pond")),
)  # fmt: skip
HERON = actor("loud-heron", "Heron Group", "Grey Wader", "Delta Team")
CRANE = actor("crane", "Crane", "River Bandits", "Grey Wader")
INDEX = names_of(merge_profiles([[OTTER, HERON, CRANE]]))


@pytest.mark.parametrize(
    "name",
    [
        "APT900", "apt 900", "APT-900", "apt_900", "apt_900.txt", "900", "ＡＰＴ９００", "river_bandit", "RIVERBANDIT",
        "quiet-otter", "G9001",
    ],
)  # fmt: skip
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    assert actors_of(INDEX, name) == ("quiet-otter",)


@pytest.mark.parametrize("name", ["heron", "Heron Team", "apt_heron", "malware_heron.txt", "HERON GROUP"])
def test_what_kind_of_group_it_is_makes_no_name(name: str) -> None:
    assert actors_of(INDEX, name) == ("loud-heron",)


@pytest.mark.parametrize(
    "name", ["", "  ", "-", "group", "unknown", "9", "River", "apt_", "\ud800", "x" * 1_000_000]
)
def test_an_unknown_name_stands_for_nobody(name: str) -> None:
    assert resolve(INDEX, name) == NOBODY


def test_a_name_that_several_bear_stands_for_nobody_and_all_are_told() -> None:
    assert resolve(INDEX, "grey wader").actors == ("crane", "loud-heron")
    assert actors_of(INDEX, "grey wader") == ()
    assert resolve(INDEX, "delta").actors == ("loud-heron", "quiet-otter")
    assert actors_of(INDEX, "Delta Team") == ("loud-heron",)


def test_a_name_marked_as_ambiguous_says_nothing_though_one_alone_bears_it() -> None:
    found = resolve(INDEX, "Pond Group")
    assert (found.actors, found.ambiguous) == (("quiet-otter",), True)
    assert actors_of(INDEX, "Pond Group") == actors_of(INDEX, "pond") == ()


def test_what_a_profile_says_of_a_feed_goes_before_names() -> None:
    assert actors_of(INDEX, "pond", kind="maltrail") == ("quiet-otter",)
    assert actors_of(INDEX, "apt_pond", kind="maltrail") == ("quiet-otter",)
    assert actors_of(INDEX, "heron", kind="maltrail") == ("loud-heron",)


def test_who_goes_by_a_name_keeps_it_where_others_bear_it_beside() -> None:
    profiles = merge_profiles([[actor("crane", "Crane"), actor("wader", "Wader", "Crane")]])
    assert actors_of(names_of(profiles), "crane") == ("crane",)
    profiles = merge_profiles([[actor("crane", "Crane"), actor("wader", "Wader", "Crane*")]])
    assert actors_of(names_of(profiles), "crane") == ()
    # Unmerged profiles of which one calls the name ambiguous are believed.
    assert (
        actors_of(names_of(Profiles((actor("crane", "Crane"), actor("wader", "Wader", "Crane*")))), "crane")
        == ()
    )


def test_a_profile_may_tell_names_apart_by_their_spelling() -> None:
    otter = actor("otter", "Otter", "COLDPOND", "Cold Pond*")
    names = names_of(merge_profiles([[otter], [actor("pond", "Cold Pond"), actor("otter", "", "Lily")]]))
    assert actors_of(names, "coldpond") == actors_of(names, "apt_coldpond") == ("otter",)
    assert resolve(names, "cold pond").actors == ("otter", "pond")
    assert actors_of(names, "Cold Pond") == actors_of(names, "cold-pond") == ()


def test_names_in_other_scripts_are_names() -> None:
    assert name_key("海莲花") == "海莲花"
    assert name_key("APT‑Q‑27,") == "aptq27"
