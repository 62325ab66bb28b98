"""Profiles of several origins become one where they are surely the same actor, and are else kept apart and told."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tocsin.attribute.merging import merge_profiles
from tocsin.model.actor import Actor, ActorName, Profiles, Source, Statement


def actor(origin: str, id_: str, name: str, *names: str, **references: str) -> Actor:
    given = tuple(ActorName(one.rstrip("*"), ambiguous=one.endswith("*")) for one in names)
    said = (Statement("technique", f"T-{origin}", "", (Source(origin, origin),)),)
    kinds = tuple((kind.replace("_", "-"), value) for kind, value in references.items())
    return Actor(id_, name, given, said, origin=origin, references=kinds)


def attack(number: str, name: str, *names: str) -> Actor:
    return actor("attack", name.lower().replace(" ", "-"), name, *names, attack=number)


def galaxy(uuid: str, name: str, *names: str, **references: str) -> Actor:
    return actor("misp-galaxy", name.lower().replace(" ", "-"), name, *names, misp_galaxy=uuid, **references)


def shipped(name: str, *names: str, **references: str) -> Actor:
    return actor("tocsin", name.lower().replace(" ", "-"), name, *names, **references)


def own(path: str, id_: str, name: str, *names: str, **references: str) -> Actor:
    return actor(path, id_, name, *names, **references)


def origins(profiles: Profiles) -> set[tuple[str, ...]]:
    """The origins of what became one, by the statements that each brings."""
    return {tuple(one.value.removeprefix("T-") for one in some.statements) for some in profiles.actors}


ALL = ("tocsin", "attack", "misp-galaxy")


def test_references_lead_all_origins_together() -> None:
    profiles = merge_profiles(
        [
            [galaxy("uuid-1", "Grey Wader", "River Group")],
            [attack("G9001", "MERCURIAL", "Pond Lily")],
            [shipped("Otter", "Brown Otter", attack="G9001", misp_galaxy="uuid-1")],
        ]
    )
    (otter,) = profiles.actors
    assert (otter.id, otter.name, otter.origin) == ("otter", "Otter", "tocsin")
    assert [one.name for one in otter.names] == [
        "Otter", "Brown Otter", "MERCURIAL", "Pond Lily", "Grey Wader", "River Group",
    ]  # fmt: skip
    assert origins(profiles) == {ALL}
    assert set(otter.references) == {("attack", "G9001"), ("misp-galaxy", "uuid-1")}
    assert profiles.problems == ()


def test_one_page_is_one_source_however_it_is_written() -> None:
    def says(origin: str, title: str, url: str) -> Actor:
        said = (Statement("technique", "T9", title, (Source(title, "", url=url), Source("Other", ""))),)
        return Actor("otter", "Otter", (), said, origin=origin)

    profiles = merge_profiles(
        [
            [
                says("misp-galaxy", "page", "http://www.report.example/a/"),
                says("tocsin", "Otters", "https://report.example/a"),
            ]
        ]
    )
    assert [one.sources[0].title for one in profiles.actors[0].statements] == ["Otters", "Otters"]


def test_bearers_that_a_profile_names_are_not_named_again() -> None:
    otter = Actor("otter", "Otter", (ActorName("Lily", ambiguous=True, also=("Heron (MISP galaxy)",)),), ())
    profiles = merge_profiles([[otter], [galaxy("u1", "Heron", "Lily"), galaxy("u2", "Crane", "Lily")]])
    (lily,) = (
        name for some in profiles.actors if some.id == "otter" for name in some.names if name.name == "Lily"
    )
    assert lily.also == ("Heron (MISP galaxy)", "crane")


def test_what_goes_by_one_name_is_one_however_it_is_written() -> None:
    profiles = merge_profiles([[attack("G1", "APT 900")], [galaxy("u1", "apt-900")], [shipped("APT900")]])
    assert origins(profiles) == {ALL}


def test_two_names_of_which_one_goes_by_one_are_enough() -> None:
    profiles = merge_profiles([[attack("G1", "Mercurial", "Otter", "Lily")], [galaxy("u1", "Otter", "Lily")]])
    assert origins(profiles) == {("attack", "misp-galaxy")}


def test_one_alias_never_makes_two_actors_one() -> None:
    profiles = merge_profiles([[attack("G1", "Otter", "Lily")], [galaxy("u1", "Heron", "Lily")]])
    assert origins(profiles) == {("attack",), ("misp-galaxy",)}
    assert profiles.problems == ("heron and otter share “Lily”: that does not make them one",)
    assert all(
        name.ambiguous and name.also for some in profiles.actors for name in some.names if name.name == "Lily"
    )


def test_people_s_own_profiles_are_not_joined_by_what_they_call_beside() -> None:
    profiles = merge_profiles(
        [[shipped("Otter", "Lily", "Rose")], [own("heron.toml", "heron", "Heron", "Otter", "Lily", "Rose")]]
    )
    assert origins(profiles) == {("tocsin",), ("heron.toml",)}
    assert "“Otter” (otter's)" in profiles.problems[0]


def test_a_file_with_the_id_of_a_shipped_profile_adds_to_it() -> None:
    profiles = merge_profiles([[own("otter.toml", "otter", "", "Lily")], [shipped("Otter")]])
    (otter,) = profiles.actors
    assert (otter.name, [one.name for one in otter.names]) == ("Otter", ["Otter", "Lily"])


def test_ambiguous_names_join_nobody() -> None:
    profiles = merge_profiles(
        [[shipped("Otter", "Lily*", "Rose*")], [galaxy("u1", "Lily", "Rose", "Otters")]]
    )
    assert len(profiles.actors) == 2
    assert all(
        one.ambiguous for some in profiles.actors for one in some.names if one.name in ("Lily", "Rose")
    )


def test_a_chain_of_aliases_is_kept_apart_and_told() -> None:
    """A shares two names with B, B two with C, C two with A or none: nobody says that A is C."""
    chain = [
        attack("G1", "Aaaa", "Xxxx"),
        galaxy("u1", "Xxxx", "Aaaa", "Yyyy", "Cccc"),
        own("c.toml", "cccc", "Cccc", "Yyyy"),
    ]
    profiles = merge_profiles([chain])
    assert len(profiles.actors) == 3
    assert any("kept apart" in one and "Aaaa (ATT&CK)" in one for one in profiles.problems)
    loop = [*chain[:2], own("c.toml", "cccc", "Cccc", "Yyyy", "Aaaa")]
    assert len(merge_profiles([loop]).actors) == 3


def test_an_origin_that_tells_two_apart_is_believed() -> None:
    profiles = merge_profiles(
        [[galaxy("u1", "Otter", attack="G1"), galaxy("u2", "Heron", attack="G1")], [attack("G1", "Crane")]]
    )
    assert len(profiles.actors) == 3
    assert any("kept apart" in one for one in profiles.problems)


def test_people_s_references_go_before_those_of_others() -> None:
    profiles = merge_profiles(
        [
            [galaxy("u1", "Otter", attack="G7"), galaxy("u2", "Otters", attack="G1")],
            [attack("G1", "Mercurial")],
            [shipped("Otter", attack="G1", misp_galaxy="u1")],
        ]
    )
    assert origins(profiles) == {ALL, ("misp-galaxy",)}


def test_two_editions_of_one_collection_are_one() -> None:
    profiles = merge_profiles([[attack("G1", "Otter", "Lily")], [attack("G1", "Otters", "Rose")]])
    assert len(profiles.actors) == 1


def test_ids_stay_different() -> None:
    profiles = merge_profiles(
        [[attack("G1", "Otter"), attack("G2", "OTTER")], [own("otter.toml", "otter", "Heron")]]
    )
    assert sorted(one.id for one in profiles.actors) == ["otter", "otter-g1", "otter-g2"]


def test_thousands_that_bear_one_name_are_told_in_one_sentence() -> None:
    many = [galaxy(f"u{number}", f"Otter {number}", "Lily", "Rose") for number in range(3_000)]
    profiles = merge_profiles([many, [attack("G1", "Lily", "Rose")]])
    assert len(profiles.actors) == 3_001
    assert len(profiles.problems) == 1
    assert len(profiles.problems[0]) < 500


NAMES = st.sampled_from(["Otter", "Heron", "Crane", "Lily", "Rose", "lily*", "OTTER"])


@st.composite
def anybody(draw: st.DrawFn) -> Actor:
    name, names = draw(NAMES).rstrip("*"), draw(st.lists(NAMES, max_size=3))
    number, uuid = draw(st.sampled_from("123")), draw(st.sampled_from("123"))
    match draw(st.integers(0, 3)):
        case 0:
            return attack(f"G{number}", name, *names)
        case 1:
            return galaxy(f"u{uuid}", name, *names, **draw(st.sampled_from([{}, {"attack": f"G{number}"}])))
        case 2:
            return shipped(name, *names, **draw(st.sampled_from([{}, {"misp_galaxy": f"u{uuid}"}])))
    return own(f"{number}.toml", draw(st.sampled_from(["otter", "pond"])), name, *names)


@given(st.lists(anybody(), max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_reading_makes_no_difference(actors: list[Actor], chance: random.Random) -> None:
    shuffled = list(actors)
    chance.shuffle(shuffled)
    cut = chance.randrange(len(actors) + 1)
    one, other = merge_profiles([actors]), merge_profiles([shuffled[:cut], shuffled[cut:]])
    assert one == other
    assert len({some.id for some in one.actors}) == len(one.actors)
    # Nothing is lost, and no origin's two actors become one.
    said = {(actor.origin, name.name) for actor in actors for name in actor.names if not name.ambiguous}
    kept = {name.name.casefold() for some in one.actors for name in some.names}
    assert {name.casefold() for _, name in said} <= kept
    for some in one.actors:
        assert (
            len({value for kind, value in some.references if kind == "misp-galaxy"}) <= 1
            or some.origin == "tocsin"
        )
