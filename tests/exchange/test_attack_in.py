"""ATT&CK bundles as actors and reports: what is said, by whom, since when, and what hostile bundles do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.exchange.attack_in import read_attack, reports
from tocsin.exchange.entries import UnreadableIntel
from tocsin.model.actor import Actor, Source


def cited(label: str, said: str, path: str) -> dict[str, str]:
    return {"source_name": label, "description": said, "url": f"https://vendor.example/{path}"}


SPRING = cited(
    "Microsoft Otter May 2020", "Doe, J. (2020, May 7). Otters at work. Retrieved June 1, 2020.", "spring"
)
SUMMER = cited(
    "ESET Otter", "Roe, R. and Poe, E. (2021, July). More otters. Retrieved June 1, 2022.", "summer/"
)
SUMMER_AGAIN = cited("Otter pages", "ESET. (n.d.). More otters. Retrieved June 1, 2022.", "summer")
WINTER = cited("Somebody Winter 2019", "Somebody. (n.d.). Cold water. Retrieved June 1, 2022.", "winter")
SHARED = cited("Overview", "Vendor. (2022). All of them. Retrieved June 1, 2022.", "overview")


def group(number: str, name: str, **more: Any) -> dict[str, Any]:
    kind = "campaign" if number.startswith("C") else "intrusion-set"
    references = [
        {"source_name": "mitre-attack", "external_id": number, "url": f"https://attack.example/{number}"},
        *more.pop("references", []),
    ]
    return {"type": kind, "id": f"{kind}--{number}", "name": name, "external_references": references, **more}


def technique(number: str, name: str, **more: Any) -> dict[str, Any]:
    references = [{"source_name": "mitre-attack", "external_id": number}]
    return {
        "type": "attack-pattern", "id": f"attack-pattern--{number}", "name": name,
        "external_references": references, **more,
    }  # fmt: skip


def relation(source: str, target: str, *references: dict[str, str], kind: str = "uses") -> dict[str, Any]:
    prefix = {"G": "intrusion-set--", "C": "campaign--", "T": "attack-pattern--"}
    begin, end = prefix[source[0]] + source, prefix[target[0]] + target
    return {
        "type": "relationship", "id": f"relationship--{source}-{target}", "relationship_type": kind,
        "source_ref": begin, "target_ref": end, "external_references": list(references),
    }  # fmt: skip


def bundle(*objects: Any) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}).encode()


OTTER = group(
    "G9001",
    "Quiet Otter",
    aliases=["Quiet Otter", "APT-900", "River Group"],
    description="a nationality that is nobody's business",
    references=[
        {
            "source_name": "APT-900",
            "description": "(Citation: Microsoft Otter May 2020)(Citation: Not There)",
        },
        SPRING,
    ],
)
WHOLE = bundle(
    OTTER,
    group("G9002", "Loud Heron"),
    group("G9003", "Old Heron", revoked=True),
    group("C9001", "Operation Pond"),
    group("C9002", "Operation Lake"),
    technique("T9001", "Knocking"),
    technique("T9001.003", "Knocking Twice"),
    technique("T9002", "Whistling"),
    technique("T9003", "Gone", x_mitre_deprecated=True),
    relation("G9001", "T9001.003", SPRING, SUMMER),
    relation("G9001", "T9002", SUMMER_AGAIN, SHARED),
    relation("G9001", "T9003", SPRING),
    relation("G9002", "T9002", WINTER, SHARED),
    relation("G9002", "T9999", WINTER),
    relation("C9001", "T9001", SUMMER),
    relation("C9001", "G9001", kind="attributed-to"),
    relation("C9002", "T9002", WINTER),
)


def only(data: bytes, name: str) -> Actor:
    return next(actor for actor in read_attack(data)[0] if actor.name == name)


def test_a_group_becomes_an_actor_with_its_names() -> None:
    otter = only(WHOLE, "Quiet Otter")
    assert (otter.id, otter.origin, otter.references) == ("quiet-otter", "attack", (("attack", "G9001"),))
    assert [name.name for name in otter.names] == ["Quiet Otter", "APT-900", "River Group"]
    assert (otter.names[1].by, otter.names[1].note) == ("Microsoft", "“Otters at work” (2020-05-07)")
    assert otter.names[2].by == ""
    assert "nationality" not in repr(otter)


def test_techniques_come_with_the_reports_that_say_so() -> None:
    said = {one.value: one for one in only(WHOLE, "Quiet Otter").statements}
    assert said["T9001.003"].text == "Knocking: Knocking Twice"
    assert said["T9001.003"].sources == (
        Source("Otters at work", "Microsoft", "2020-05-07", "https://vendor.example/spring"),
        Source("More otters", "ESET", "2021-07", "https://vendor.example/summer/"),
    )
    assert [source.title for source in said["T9001"].sources] == ["More otters"]  # by its campaign
    assert "T9003" not in said


def test_a_date_may_stand_in_the_label_alone() -> None:
    (whistling,) = only(WHOLE, "Loud Heron").statements
    assert whistling.sources[0] == Source("Cold water", "", "2019", "https://vendor.example/winter")


def test_what_is_left_out_is_told() -> None:
    problems = read_attack(WHOLE)[1]
    assert any("1 group that ATT&CK has revoked" in one for one in problems)
    assert any("1 relation to what the bundle does not hold" in one for one in problems)
    assert any("the techniques of 1 campaign that" in one for one in problems)


def test_reports_are_one_for_each_actor_and_publication() -> None:
    by_actor = {(one.actor, one.campaign, one.name): one for one in reports(WHOLE)}
    summer = by_actor["G9001", "", "More otters"]
    assert (summer.techniques, summer.date, summer.year) == (("T9001.003", "T9002"), "2021-07", 2021)
    assert by_actor["G9001", "C9001", "More otters"].techniques == ("T9001",)
    assert by_actor["C9002", "C9002", "Cold water"].actors == ("C9002", "G9002")
    assert by_actor["G9001", "", "All of them"].actors == ("G9001", "G9002")
    assert by_actor["G9001", "", "Otters at work"].actors == ("G9001",)


def test_groups_of_one_name_are_told_apart() -> None:
    actors, _ = read_attack(bundle(group("G9001", "Otter"), group("G9002", "OTTER"), group("G9003", "獺")))
    assert [actor.id for actor in actors] == ["otter-g9001", "otter-g9002", "g9003"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\x00\x01\xfd7zXZ\x00" * 50, "unpack it first"),
        (b"{", "damaged JSON"),
        (b"[]", "JSON of another kind"),
        (b'{"type": "bundle"}', 'without "objects"'),
        (b'{"objects": 7}', "another kind"),
        (b'{"objects": ' + b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe{\x00", "damaged JSON"),
    ],
)
def test_what_is_no_bundle_is_refused_with_what_was_expected(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableIntel, match=said) as caught:
        read_attack(data)
    assert "ATT&CK bundle" in str(caught.value)


def test_a_damaged_object_costs_itself_alone() -> None:
    damaged: list[Any] = [
        7,
        "x",
        {"type": 3, "id": "a"},
        {"type": "relationship", "id": "r", "source_ref": []},
    ]
    damaged += [group("G9004", "")] * 2 + [{"type": "intrusion-set", "id": "intrusion-set--1"}] + [None] * 100
    actors, problems = read_attack(bundle(*damaged, OTTER))
    assert [actor.name for actor in actors] == ["Quiet Otter"]
    assert any("more objects that cannot be read" in one for one in problems)
    assert len(problems) < 40


def test_names_cannot_steer_a_terminal_or_grow_without_end() -> None:
    hostile = group("G9001", "Ot\x1b[2Jter\u202e", aliases=["a" * 100_000, *map(str, range(5_000))])
    (actor,), _ = read_attack(bundle(hostile))
    assert actor.name == "Ot [2Jter"
    assert len(actor.names) <= 201
    assert max(len(name.name) for name in actor.names) <= 500


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
FIELDS = (
    "name", "aliases", "revoked", "external_references", "relationship_type", "source_ref", "target_ref",
)  # fmt: skip


@given(
    st.lists(
        st.builds(
            lambda kind, more: {"type": kind, "id": f"{kind}--1", **more},
            st.sampled_from(["intrusion-set", "campaign", "attack-pattern", "relationship"]),
            st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5),
        ),
        max_size=5,
    )
)
def test_reading_any_bundle_never_raises(objects: list[Any]) -> None:
    data = bundle(OTTER, *objects)
    assert only(data, "Quiet Otter")
    reports(data)
