"""STIX bundles: what becomes an indicator, what is counted, what is listed, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stix2

from tocsin.exchange.entries import UnreadableIntel
from tocsin.exchange.reading import read_whole
from tocsin.model.intel import Comparison, Intelligence

TIME = "2026-01-01T00:00:00.000Z"
RED_2 = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
AMBER_1 = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"


def uid(kind: str, number: int) -> str:
    return f"{kind}--00000000-0000-4000-8000-{number:012d}"


def indicator(number: int, pattern: Any = "", **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": uid("indicator", number),
        "created": TIME,
        "modified": TIME,
        "pattern": pattern or f"[domain-name:value = 'a{number}.evil.example']",
        "pattern_type": "stix",
        "valid_from": TIME,
        **more,
    }


def bundle(*objects: Any, **more: Any) -> bytes:
    return json.dumps({"type": "bundle", "id": uid("bundle", 1), "objects": objects, **more}).encode()


def read(*objects: Any, **more: Any) -> Intelligence:
    return read_whole(bundle(*objects, **more), "s", "f.json")


def test_an_indicator_keeps_what_its_source_says() -> None:
    written = stix2.Indicator(
        id=uid("indicator", 1),
        name="Beacon",
        description="Image in a mail",
        pattern="[url:value = 'https://track.evil.example/p?u=1']",
        pattern_type="stix",
        valid_from="2026-01-01T00:00:00Z",
        valid_until="2026-02-01T00:00:00Z",
        confidence=70,
        created="2026-01-01T00:00:00Z",
        modified="2026-01-02T00:00:00Z",
        object_marking_refs=[stix2.TLP_AMBER],
    )
    (one,) = read_whole(stix2.Bundle(written).serialize().encode(), "s", "f.json").indicators
    assert one.pattern == Comparison("url", "=", ("https://track.evil.example/p?u=1",))
    assert (one.name, one.description, one.confidence, one.tlp) == ("Beacon", "Image in a mail", 70, "AMBER")
    assert one.valid_from_s == 1767225600.0
    assert one.valid_until_s == one.valid_from_s + 31 * 86400
    assert one.modified_s == 1767225600.0 + 86400
    assert (one.id, one.source, one.revoked) == (uid("indicator", 1), "s", False)


def test_the_newest_version_counts_and_the_older_is_said() -> None:
    new = indicator(
        1, "[domain-name:value = 'new.evil.example']", modified="2026-03-01T00:00:00Z", revoked=True
    )
    for order in ([indicator(1), new], [new, indicator(1)]):
        found = read(*order)
        assert [(one.pattern, one.revoked) for one in found.indicators] == [
            (Comparison("host", "under", ("new.evil.example",)), True)
        ]
        assert found.other == {"older version of the same indicator": 1}


def test_marks_are_read_in_every_form_and_the_strictest_counts() -> None:
    extension = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": uid("marking-definition", 5),
        "name": "TLP:AMBER+STRICT",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {"tlp_2_0": "amber+strict"}
        },
    }
    pap = {
        "type": "marking-definition",
        "id": uid("marking-definition", 6),
        "definition_type": "statement",
        "definition": {"statement": "PAP:GREEN"},
    }
    found = read(
        extension,
        pap,
        indicator(1, object_marking_refs=[AMBER_1, extension["id"], pap["id"]]),
        indicator(2, granular_markings=[{"marking_ref": RED_2, "selectors": ["description"]}]),
        indicator(3, object_marking_refs=[uid("marking-definition", 9)]),
    )
    assert [(one.tlp, one.pap) for one in found.indicators] == [
        ("AMBER+STRICT", "GREEN"),
        ("RED", ""),
        ("", ""),
    ]
    assert [
        "single properties" in left.reason or "not there" in left.reason for left in found.not_understood
    ] == [
        True,
        True,
    ]


def test_what_an_indicator_indicates_is_quoted() -> None:
    def link(number: int, target: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "relationship",
            "id": uid("relationship", number),
            "relationship_type": "indicates",
            "source_ref": uid("indicator", 1),
            "target_ref": target["id"],
        }

    campaign = {"type": "campaign", "id": uid("campaign", 1), "name": "Winter visit"}
    actor = {"type": "threat-actor", "id": uid("threat-actor", 1), "name": "Unused"}
    gone = {"id": uid("malware", 7)}
    found = read(link(1, campaign), campaign, actor, link(2, gone), indicator(1))
    assert found.indicators[0].names == ("Winter visit",)
    assert found.other == {"relationship": 1, "threat-actor": 1}


def test_what_is_no_indicator_is_counted_and_other_rules_are_listed() -> None:
    found = read(
        {"type": "url", "id": uid("url", 1), "value": "http://a.example/"},
        {"type": "sighting", "id": uid("sighting", 1)},
        {"type": "observed-data", "id": uid("observed-data", 1)},
        indicator(1, "rule x { condition: true }", pattern_type="yara"),
        indicator(2, "title: x", pattern_type="sigma"),
        indicator(3, "alert tcp", pattern_type="snort"),
        indicator(4),
    )
    assert found.other == {"url": 1, "sighting": 1, "observed-data": 1}
    said = [left.reason.split()[1] for left in found.not_understood]
    assert said == ["YARA", "Sigma", "Snort"]
    assert all(uid("indicator", 0)[:12] in left.where for left in found.not_understood)
    assert len(found.indicators) == 1


def test_one_bad_object_leaves_the_others_in_use() -> None:
    found = read(
        7,
        None,
        [indicator(9)],
        {"id": "x"},
        indicator(1, pattern=["a"]),
        indicator(2, "[url:value ="),
        indicator(3, spec_version="3.0"),
        indicator(
            4, confidence="very", valid_until=5, name=7, object_marking_refs="x", labels=3, valid_from="soon"
        ),
        indicator(5),
    )
    assert [one.id for one in found.indicators] == [uid("indicator", 4), uid("indicator", 5)]
    assert [left.where.split(" ")[1] for left in found.not_understood] == [
        *(f"objects[{number}]" for number in (0, 1, 2, 3, 6, 4, 5, 7, 7)),
    ]


def test_bundles_of_2_0_and_envelopes_are_read_too() -> None:
    old = indicator(1)
    del old["spec_version"], old["pattern_type"]
    assert len(read(old, spec_version="2.0").indicators) == 1
    assert (
        len(read_whole(json.dumps({"more": False, "objects": [indicator(1)]}).encode(), "s", "x").indicators)
        == 1
    )
    assert len(read_whole(json.dumps(indicator(1)).encode(), "s", "x").indicators) == 1
    assert len(read_whole(json.dumps([indicator(1), indicator(2)]).encode(), "s", "x").indicators) == 2


DAMAGED = [
    (bundle(indicator(1))[:-30], "damaged"),
    (bundle(indicator(1), spec_version="1.2"), "STIX 1.x"),
    (bundle(indicator(1), spec_version="4.0"), "not known"),
    (b'<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"/>', "STIX 1.x"),
    (b'{"stix_header": {}, "version": "1.2"}', "STIX 1.x"),
    (b'{"type": "bundle", "objects": ' + b"[" * 100_000, "f.json"),
    (b'{"type": "bundle", "objects": {"a": 1}}', "damaged"),
]


@pytest.mark.parametrize(("data", "said"), DAMAGED, ids=[said for _, said in DAMAGED])
def test_what_cannot_be_read_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableIntel, match=r"f\.json") as refused:
        read_whole(data, "s", "f.json")
    assert said in str(refused.value)


def test_deep_nesting_is_refused_in_words() -> None:
    deep = "[" * 5000 + "]" * 5000
    data = bundle(indicator(1)).replace(
        b'"objects": [', b'"objects": [{"type": "x", "a": ' + deep.encode() + b"}, "
    )
    with pytest.raises(UnreadableIntel, match="nested too deeply"):
        read_whole(data, "s", "f.json")
