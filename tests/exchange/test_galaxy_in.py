"""The threat-actor galaxy as actors: names, targets and pages come over, what is claimed of states does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.attribute.signs import SECTORS
from tocsin.exchange.entries import UnreadableIntel
from tocsin.exchange.galaxy_in import read_galaxy
from tocsin.exchange.galaxy_sectors import SECTOR_OF
from tocsin.model.actor import Source

GALAXY = Source("threat-actor galaxy, version 7", "MISP Project", url="https://github.com/MISP/misp-galaxy")


def galaxy(*values: Any, **more: Any) -> bytes:
    return json.dumps({"type": "threat-actor", "version": 7, "values": values, **more}).encode()


def value(name: str, uuid: str = "", **meta: Any) -> dict[str, Any]:
    return {"value": name, "uuid": uuid or f"0000-{name}", "meta": meta, "description": "of some country"}


OTTER = value(
    "Quiet Otter",
    "aaaa-1",
    synonyms=["APT-900", "G9001", "APT-900"],
    refs=["https://vendor.example/otter", "javascript:alert(1)", "https://attack.mitre.org/groups/G9001/"],
    country="XX",
    **{
        "origin:APT-900": "Some Vendor",
        "cfr-suspected-state-sponsor": "Atlantis",
        "attribution-confidence": "90",
        "targeted-sector": ["News - Media", "Other"],
        "cfr-suspected-victims": ["Czech Republic", "Belgium", "Some Bank"],
        "cfr-target-category": ["Civil society"],
    },
)


def test_a_value_becomes_an_actor() -> None:
    (otter,), _ = read_galaxy(galaxy(OTTER))
    assert (otter.id, otter.kind, otter.origin) == ("quiet-otter", "group", "misp-galaxy")
    assert otter.references == (("misp-galaxy", "aaaa-1"), ("attack", "G9001"))
    assert [(name.name, name.by) for name in otter.names] == [
        ("Quiet Otter", ""),
        ("APT-900", "Some Vendor"),
    ]


def test_targets_and_pages_have_their_sources() -> None:
    (otter,), _ = read_galaxy(galaxy(OTTER))
    targets = {one.value: one.sources for one in otter.statements if one.kind == "target"}
    assert targets == dict.fromkeys(("sector:press", "sector:ngo", "country:CZ", "country:BE"), (GALAXY,))
    (pages,) = (one.sources for one in otter.statements if one.kind == "observable")
    assert [page.url for page in pages] == [
        "https://vendor.example/otter",
        "https://attack.mitre.org/groups/G9001/",
    ]


def test_what_is_claimed_of_states_is_not_taken_over_and_that_is_told() -> None:
    actors, problems = read_galaxy(galaxy(OTTER, value("Loud Heron")))
    assert not any(word in repr(actors) for word in ("Atlantis", "XX", "90'", "of some country"))
    assert any("what 1 entry claimed of the state" in one for one in problems)
    assert any("1 target in no sector" in one for one in problems)
    assert any("1 target in no single country" in one for one in problems)


def test_several_numbers_of_att_ck_are_none() -> None:
    (otter,), problems = read_galaxy(galaxy(value("Otter", "aaaa", synonyms=["G9001", "G9002"])))
    assert otter.references == (("misp-galaxy", "aaaa"),)
    assert any("G9001 and G9002 of ATT&CK at once" in one for one in problems)


def test_crime_is_told_from_the_rest() -> None:
    values = [value("A1", motive="Cybercrime"), value("B1", motive=["Espionage", "Cybercrime"]), value("C1")]
    assert [one.kind for one in read_galaxy(galaxy(*values))[0]] == ["criminal", "group", "group"]


@pytest.mark.parametrize(
    "more", [{"type": "vendor-activity", "category": "actor"}, {"type": "mitre-intrusion-set"}]
)
def test_other_galaxies_of_actors_are_read(more: dict[str, str]) -> None:
    (otter,), _ = read_galaxy(galaxy(OTTER, **more))
    assert otter.statements[0].sources[0].title == f"{more['type']} galaxy, version 7"


def test_sectors_are_those_of_profiles() -> None:
    assert set(SECTOR_OF.values()) <= set(SECTORS)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"{", "damaged JSON"),
        (b"[1]", "another kind"),
        (b'{"values": {}}', "another kind"),
        (b'{"type": "tool", "values": []}', 'type "tool"'),
        (b'{"values": ' + b'[{"a":' * 50_000, "nested too deeply"),
    ],
)
def test_what_is_no_galaxy_is_refused_with_what_was_expected(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableIntel, match=said) as caught:
        read_galaxy(data)
    assert "threat-actor galaxy of MISP" in str(caught.value)


def test_damaged_values_cost_themselves_alone() -> None:
    values = [
        7,
        {"value": 3},
        {"uuid": "x"},
        OTTER,
        OTTER,
        value("獺"),
        value("Otters"),
        value("otters", "b"),
    ]
    actors, problems = read_galaxy(galaxy(*values))
    assert [one.id for one in actors] == ["quiet-otter", "misp-0000", "otters-0000-otters", "otters-b"]
    assert sum(one.startswith("values[") for one in problems) == 4
    assert "its uuid is there twice" in problems[3]


def test_one_actor_cannot_fill_the_memory() -> None:
    hostile = value(
        "Otter",
        synonyms=[f"n{number}" for number in range(5_000)],
        refs=[f"https://[{number}.example/" for number in range(5_000)],
        motive=["x" * 9_000] * 5_000,
    )
    (otter,), _ = read_galaxy(galaxy(hostile))
    assert len(otter.names) <= 201
    (pages,) = otter.statements
    assert len(pages.sources) <= 60


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
META = (
    "synonyms",
    "refs",
    "targeted-sector",
    "cfr-suspected-victims",
    "motive",
    "origin:x",
    "cfr-type-of-incident",
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"value": JSON, "uuid": JSON, "meta": JSON | st.dictionaries(st.sampled_from(META), JSON)},
            optional={"related": JSON},
        )
        | JSON,
        max_size=4,
    ),
    JSON,
)
def test_reading_any_galaxy_never_raises(values: list[Any], version: Any) -> None:
    actors, _ = read_galaxy(galaxy(OTTER, *values, version=version))
    assert actors[0].name == "Quiet Otter"
