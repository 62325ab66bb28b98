"""MISP events: which attributes become indicators, what their tags say, and what is damaged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pymisp import MISPEvent, MISPObject

from tocsin.exchange.entries import UnreadableIntel
from tocsin.exchange.reading import format_of, read_whole
from tocsin.model.intel import Combination, Comparison, Indicator


def an_event() -> MISPEvent:
    """An event as PyMISP writes it."""
    event = MISPEvent()
    event.info = "January letters"
    event.set_date("2021-01-06")
    event.add_tag("tlp:amber")
    event.add_tag("PAP:GREEN")
    event.add_tag('admiralty-scale:source-reliability="b"')
    event.add_tag('admiralty-scale:information-credibility="2"')
    event.add_tag('misp-galaxy:threat-actor="FICTION"')
    return event


def read(event: MISPEvent | dict[str, Any]) -> Any:
    text = event.to_json() if isinstance(event, MISPEvent) else json.dumps(event)
    if isinstance(event, MISPEvent):
        text = f'{{"Event": {text}}}'
    return read_whole(text.encode(), "s", "event.json")


@pytest.mark.parametrize(
    ("kind", "value", "pattern"),
    [
        ("domain", "evil.example", Comparison("host", "under", ("evil.example",))),
        ("hostname", "a.evil.example", Comparison("host", "=", ("a.evil.example",))),
        ("url", "https://evil.example/a", Comparison("url", "=", ("https://evil.example/a",))),
        ("ip-dst", "203.0.113.9", Comparison("ip", "=", ("203.0.113.9",))),
        ("ip-src", "198.51.100.0/24", Comparison("ip", "cidr", ("198.51.100.0/24",))),
        ("ip-dst|port", "203.0.113.9|443", Comparison("ip", "=", ("203.0.113.9",))),
        ("email-src", "A@evil.example", Comparison("address", "=", ("a@evil.example",))),
        ("email-reply-to", "r@evil.example", Comparison("address", "=", ("r@evil.example",))),
        ("email-subject", "A  Request", Comparison("subject", "=", ("a request",))),
        ("email-x-mailer", "Mailer 1.0", Comparison("mailer", "=", ("mailer 1.0",))),
        ("sha256", "b" * 64, Comparison("hash", "=", ("b" * 64,))),
        ("filename|sha256", "x.doc|" + "b" * 64, Comparison("hash", "=", ("b" * 64,))),
        (
            "domain|ip",
            "evil.example|203.0.113.9",
            Combination(
                "or",
                (Comparison("host", "under", ("evil.example",)), Comparison("ip", "=", ("203.0.113.9",))),
            ),
        ),
    ],
)
def test_attributes_that_mail_can_show_become_indicators(kind: str, value: str, pattern: object) -> None:
    event = an_event()
    event.add_attribute(kind, value, to_ids=True)
    (one,) = read(event).indicators
    assert one.pattern == pattern
    assert one.id == event.attributes[0].uuid


def test_an_attribute_has_the_marks_of_its_event_and_its_own_stand_above() -> None:
    event = an_event()
    event.add_attribute(
        "domain", "evil.example", to_ids=True, first_seen="2021-01-06T00:00:00+00:00", comment="seen"
    )
    other = event.add_attribute("domain", "other.example", to_ids=True)
    other.add_tag("tlp:red")  # type: ignore[union-attr]
    other.add_tag('estimative-language:confidence-in-analytic-judgment="high"')  # type: ignore[union-attr]
    first, second = read(event).indicators
    assert (first.tlp, first.pap, first.grade, first.names) == ("AMBER", "GREEN", "B2", ("FICTION",))
    assert (first.name, first.description, first.valid_from_s) == ("January letters", "seen", 1609891200.0)
    assert (second.tlp, second.confidence) == ("RED", 85)


def test_objects_give_their_attributes_but_no_receivers() -> None:
    event = an_event()
    mail = MISPObject("email")
    mail.add_attribute("from", "a@evil.example")
    mail.add_attribute("to", "person@parliament.example")
    mail.add_attribute("subject", "A request")
    for attribute in mail.attributes:
        attribute.to_ids = True
    event.add_object(mail)
    found = read(event)
    assert sorted(one.pattern.kind for one in found.indicators) == ["address", "subject"]
    assert found.other["receiver of a mail"] == 1


def test_what_is_not_for_detection_is_counted_and_what_mail_never_shows_is_listed() -> None:
    event = an_event()
    event.add_attribute("domain", "near.example", to_ids=False)
    event.add_attribute("mutex", "abc", to_ids=True)
    event.add_attribute("domain", "evil.example", to_ids=True, deleted=True)
    found = read(event)
    assert found.other["attribute without to_ids"] == 1
    ((listed),) = found.not_understood
    assert "mutex" in listed.reason
    ((gone),) = found.indicators
    assert gone.revoked


def test_an_event_that_pymisp_refuses_is_read_as_far_as_it_goes() -> None:
    found = read(
        {
            "Event": {
                "uuid": "80e680e2-9253-4ee0-8599-74d4ff9c3950",
                "Attribute": [
                    {"type": 1, "value": 2},
                    {
                        "type": "domain",
                        "value": "evil.example",
                        "uuid": "80e680e2-9253-4ee0-8599-74d4ff9c3951",
                    },
                ],
            }
        }
    )
    assert [one.written for one in found.indicators] == ["evil.example"]
    assert [one.reason.split()[0] for one in found.not_understood] == ["PyMISP", "no"]


def test_answers_of_a_server_hold_several_events() -> None:
    event = an_event()
    event.add_attribute("domain", "evil.example", to_ids=True)
    other = an_event()
    other.add_attribute("domain", "other.example", to_ids=True)
    text = f'{{"response": [{{"Event": {event.to_json()}}}, {{"Event": {other.to_json()}}}]}}'
    assert len(read_whole(text.encode(), "s", "f").indicators) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"Event": {"info": "x", "Attribute": [', "damaged JSON"),
        (b'{"Event":' * 60_000, "nested too deeply"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"Event": []}', "no readable MISP event"),
        (b'{"some": "thing"}', "JSON of another kind"),
        (b'{"80e680e2-9253-4ee0-8599-74d4ff9c3951": {"info": "x"}}', "table of contents"),
    ],
)
def test_damage_is_told_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableIntel, match=said):
        read_whole(data, "s", "event.json")


def test_json_is_told_apart_by_its_keys() -> None:
    assert format_of(b'{"type": "bundle", "id": "bundle--1", "objects": []}', "f") == "stix"
    assert format_of(b'\xef\xbb\xbf {"Event": {}}', "f") == "misp"


def test_ids_are_the_same_each_time() -> None:
    event = an_event()
    event.add_attribute("domain", "evil.example", to_ids=True)
    first: tuple[Indicator, ...] = read(event).indicators
    assert first == read(event).indicators
