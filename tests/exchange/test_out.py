"""What leaves for other programs: they can read it, it comes back as it was, and it gives no reader away."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import msgspec
import pytest
import stix2
from pymisp import MISPEvent
from tests.store.engines import observed

from tocsin.exchange.csv_out import csv_table
from tocsin.exchange.cutting import cut_url
from tocsin.exchange.misp_out import misp_events
from tocsin.exchange.own_indicators import own_indicators
from tocsin.exchange.reading import read_whole
from tocsin.exchange.shares import allowed
from tocsin.exchange.stix_out import stix_bundle
from tocsin.model.campaign import Campaign, Link, Member
from tocsin.model.claim import Claim
from tocsin.model.intel import Combination, Comparison, Indicator
from tocsin.model.judgement import Judgement
from tocsin.model.observation import Beacon, Content, Observation, Personal, Sender
from tocsin.model.sharing import Met, SharedCampaign, SharedMail, Sharing

NOW_S = 1_700_000_000.0
READER = "anna.peeters@parliament.example"
TOKEN = "Zm9vYmFyMTIzNDU2Nzg5"
HIDDEN = Beacon(
    "image",
    f"https://px.beacons.example/t/{TOKEN}.gif?u={READER}&c=spring",
    "px.beacons.example",
    "beacons.example",
    "open",
    False,
    (),
    ("address", "client", "time"),
    "1.2",
    Personal("plain", READER),
    hidden=True,
)


def letter(number: int, **fields: Any) -> Any:
    return observed(
        number,
        subject="Your view on the harbour bill",
        beacons=(HIDDEN,),
        sender=Sender(
            name="The Harbour Post",
            address="desk@harbour-post.example",
            site="harbour-post.example",
            dmarc="fail",
        ),
        content=Content(text_hash="9f" * 16, text_length=400),
        observations=(Observation("claims-name", "The Harbour Post", "from"),),
        **fields,
    )


MAILS = [letter(number) for number in range(3)]
CAMPAIGN = Campaign(
    id="c-0123456789ab",
    members=tuple(Member(mail.sha256, mail.message_id, READER, NOW_S, n) for n, mail in enumerate(MAILS)),
    links=(Link(MAILS[0].sha256, MAILS[1].sha256, "beacon-host", 9.0),),
    people=(READER,),
    first_seen_s=NOW_S - 86_400,
    last_seen_s=NOW_S,
    aliases=("c-ba9876543210",),
    sectors=("parliament",),
    likelihood=0.9,
)
LISTED = (
    Indicator("indicator--6a2b1c8e-9d7f-4e5a-8b3c-1f2e3d4c5b6a", "s", Comparison("host", "under", ("evil.example",)),
              "evil.example", "Listed", "seen in letters", NOW_S - 9e5, NOW_S + 9e5, 70, "B2", "GREEN", "AMBER",
              ("Ore Post",), False, NOW_S - 9e5, NOW_S - 8e5),
    Indicator("i-0001", "s", Comparison("url", "=", ("https://evil.example/a?b=c",)), "", valid_from_s=NOW_S),
    Indicator("i-0002", "s", Comparison("url", "like", ("https://%.evil.example/%.gif",)), "", valid_from_s=NOW_S),
    Indicator("i-0003", "s", Comparison("ip", "cidr", ("198.51.100.0/24",)), "", valid_from_s=NOW_S),
    Indicator("i-0004", "s", Comparison("address", "=", ("a@evil.example",)), "", valid_from_s=NOW_S, tlp="CLEAR"),
    Indicator("i-0005", "s", Comparison("hash", "=", ("ab" * 32,)), "", valid_from_s=NOW_S, revoked=True),
    Indicator("i-0006", "s", Comparison("template", "=", ("cd" * 16,)), "", valid_from_s=NOW_S),
    Indicator("i-0007", "s", Comparison("host", "=", ("only.evil.example",)), "", valid_from_s=NOW_S),
    Indicator("i-0008", "s", Combination("and", (
        Comparison("subject", "=", ("your view",)), Comparison("mailer", "=", ("merge 1",)))), "", valid_from_s=NOW_S),
)  # fmt: skip


def sharing(**fields: Any) -> Sharing:
    shared = SharedCampaign(
        CAMPAIGN,
        tuple(SharedMail(mail, "target-1a2b3c4d", NOW_S) for mail in MAILS),
        own_indicators(CAMPAIGN, MAILS),
    )
    whole = Sharing(
        (shared,), LISTED, (Met(LISTED[0].id, 2, NOW_S - 5.0, NOW_S),), "Help line", "AMBER", "", NOW_S
    )
    return msgspec.structs.replace(whole, **fields)


def objects(data: bytes, kind: str = "") -> list[dict[str, Any]]:
    return [one for one in json.loads(data)["objects"] if not kind or one["type"] == kind]


def read_back(data: bytes, name: str) -> dict[str, Indicator]:
    read = read_whole(data, "s", name)
    assert not read.not_understood
    return {one.id: one for one in read.indicators}


def test_the_stix_library_reads_the_bundle_and_all_references_lead_somewhere() -> None:
    data = stix_bundle(sharing())
    stix2.parse(data.decode(), allow_custom=True, version="2.1")
    there = {one["id"] for one in objects(data)}
    assert len(there) == len(objects(data))
    for one in objects(data):
        for key, value in one.items():
            if key.endswith("_ref") and key != "raw_email_ref":
                assert value in there, (one["type"], key)
            elif key.endswith("_refs"):
                assert set(value) <= there, (one["type"], key)


def test_campaigns_techniques_and_sightings_are_told() -> None:
    data = stix_bundle(sharing())
    (campaign,) = objects(data, "campaign")
    assert campaign["aliases"] == ["c-ba9876543210"]
    techniques = {one["external_references"][0]["external_id"] for one in objects(data, "attack-pattern")}
    assert techniques == {"T1598.003", "T1589.002", "T1590.005", "T1592.004", "T1656", "T1672"}
    counts = {one["sighting_of_ref"]: one["count"] for one in objects(data, "sighting")}
    assert counts == {campaign["id"]: 3, LISTED[0].id: 2}
    assert {one["relationship_type"] for one in objects(data, "relationship")} == {"indicates", "uses"}
    assert not any("attributed" in one["relationship_type"] for one in objects(data, "relationship"))


def test_mails_with_one_sender_and_subject_stay_as_many_as_they_are() -> None:
    data = stix_bundle(sharing())
    assert len(objects(data, "email-message")) == len(MAILS)
    assert len(objects(data, "observed-data")) == len(MAILS)


@pytest.mark.parametrize(
    "write", [stix_bundle, lambda one: misp_events(one)[0], lambda one: csv_table(one)[0]]
)
def test_no_reader_and_no_token_leaves(write: Any) -> None:
    text = write(sharing()).decode()
    for private in (READER, "anna", "peeters", TOKEN):
        assert private not in text


def test_tokens_leave_when_the_operator_asks_and_the_reader_still_does_not() -> None:
    text = stix_bundle(sharing(whole=True)).decode()
    assert TOKEN in text
    assert not [one for one in objects(text.encode(), "email-addr") if one["value"] == READER]


@pytest.mark.parametrize(
    ("url", "cut"),
    [
        ("https://a.example/t/9f2c.gif?id=77&lang=fr", "https://a.example/t/xxxx.gif?id=xxxx&lang=fr"),
        ("https://a.example:8443/open", "https://a.example:8443/open"),
        ("https://u1:p@a.example/#r=1", "https://a.example/"),
        ("https://a.example/anna@b.example/x", "https://a.example/xxxx/x"),
        ("mailto:desk@a.example?subject=anna", "mailto:xxxx"),
    ],
)
def test_urls_are_cut_to_plain_words(url: str, cut: str) -> None:
    assert cut_url(msgspec.structs.replace(HIDDEN, url=url, host="a.example", site="a.example")) == cut


def test_labels_of_hosts_that_may_name_a_reader_are_cut() -> None:
    beacon = msgspec.structs.replace(
        HIDDEN, url="https://a9f3b2c77d.px.beacons.example/", host="a9f3b2c77d.px.beacons.example"
    )
    assert cut_url(beacon) == "https://xxxx.px.beacons.example/"
    found = own_indicators(CAMPAIGN, [msgspec.structs.replace(letter(0), beacons=(beacon,))])
    assert Comparison("host", "under", ("beacons.example",)) in [one.pattern for one in found]


def test_stix_comes_back_as_it_was() -> None:
    back = read_back(stix_bundle(sharing(campaigns=())), "bundle.json")
    for one in LISTED:
        again = next(found for found in back.values() if found.pattern == one.pattern)
        assert (again.valid_from_s, again.valid_until_s) == (one.valid_from_s, one.valid_until_s)
        assert (again.confidence, again.revoked, again.tlp or "AMBER") == (
            one.confidence,
            one.revoked,
            one.tlp or "AMBER",
        )
        assert (again.grade, again.names, again.pap) == (one.grade, one.names, one.pap)
    assert back[LISTED[0].id].name == "Listed"


def test_own_indicators_come_back_from_stix() -> None:
    data = stix_bundle(sharing(indicators=(), met=()))
    own = own_indicators(CAMPAIGN, MAILS)
    assert {one.pattern for one in read_back(data, "bundle.json").values()} == {one.pattern for one in own}


def test_misp_loads_and_comes_back_but_for_what_it_says() -> None:
    data, left = misp_events(sharing())
    for wrapped in json.loads(data)["response"]:
        event = MISPEvent()
        event.from_dict(**wrapped["Event"])
        assert not event.published
        for tag in wrapped["Event"]["Tag"]:
            assert tag.get("local") or not tag["name"].startswith("misp-galaxy:")
    assert [(one.what, one.count) for one in left] == [("indicators", 2)]
    back = {one.pattern: one for one in read_whole(data, "s", "event.json").indicators}
    for one in (LISTED[0], LISTED[1], LISTED[3], LISTED[4], LISTED[5], LISTED[6]):
        again = back[one.pattern]
        assert (again.valid_from_s, again.valid_until_s) == (one.valid_from_s, one.valid_until_s)
        assert (again.confidence, again.grade, again.names) == (one.confidence, one.grade, one.names)
        assert (again.tlp or "AMBER", again.revoked) == (one.tlp or "AMBER", one.revoked)


def test_a_table_comes_back_but_for_what_it_says() -> None:
    data, left = csv_table(sharing(campaigns=()))
    assert [(one.what, one.count) for one in left] == [("indicators", 2)]
    back = {one.pattern: one for one in read_whole(data, "s", "table.csv").indicators}
    for one in (LISTED[0], LISTED[1], LISTED[3], LISTED[4], LISTED[5], LISTED[6], LISTED[7]):
        again = back[one.pattern]
        fields = (
            "valid_from_s",
            "valid_until_s",
            "confidence",
            "grade",
            "tlp",
            "pap",
            "names",
            "revoked",
            "name",
        )
        assert [getattr(again, name) for name in fields] == [getattr(one, name) for name in fields]


def test_no_cell_is_a_formula() -> None:
    bad = Indicator("i-9", "s", Comparison("subject", "=", ("=cmd|' /c calc'!a0",)), "")
    data, left = csv_table(sharing(campaigns=(), indicators=(bad, LISTED[1])))
    rows = list(csv.reader(io.StringIO(data.decode())))
    assert len(rows) == 2
    assert any("formula" in one.why for one in left)


def test_marks_decide_what_may_leave() -> None:
    marked = [
        msgspec.structs.replace(LISTED[1], id=tlp, tlp=tlp)
        for tlp in ("CLEAR", "AMBER", "AMBER+STRICT", "RED", "")
    ]
    kept, left = allowed(marked, "AMBER")
    assert [one.id for one in kept] == ["CLEAR", "AMBER", ""]
    assert {(one.what, one.count) for one in left} == {
        ("indicators marked TLP:AMBER+STRICT", 1),
        ("indicators marked TLP:RED", 1),
    }
    kept, left = allowed(marked, "GREEN")
    assert [one.id for one in kept] == ["CLEAR"]
    kept, _ = allowed(marked, "RED")
    assert "RED" not in [one.id for one in kept]


def test_every_object_of_an_exercise_says_so() -> None:
    data = stix_bundle(sharing(exercise=True))
    for one in objects(data, "campaign") + objects(data, "indicator") + objects(data, "observed-data"):
        assert "exercise" in one["labels"]
    events, _ = misp_events(sharing(exercise=True))
    assert all(one["Event"]["info"].startswith("EXERCISE") for one in json.loads(events)["response"])


def test_the_same_export_gives_the_same_bytes() -> None:
    assert stix_bundle(sharing()) == stix_bundle(sharing())
    assert misp_events(sharing()) == misp_events(sharing())


# Who signed what, and what others claim --------------------------------------------------------------------

SIGNED = Judgement(
    "j-0123456789ab", CAMPAIGN.id, (), "a-0123456789ab", NOW_S, "grey-heron", "GREY HERON", 80, 94, "moderate",
    "actor", "the same host, twice", grades=(("infrastructure evil.example", "B2"),),
)  # fmt: skip
SAID = Claim("k-000000000001", "attribution", "The Ore Post", "press", "flood", "very probably GREY HERON", "3 May",
             about="GREY HERON")  # fmt: skip
DENIED = Claim("k-000000000002", "denial", "Embassy", "government", "flood", "we reject this", "5 May",
               answers=SAID.id)  # fmt: skip


def judged(judgement: Judgement | None, *claims: Claim) -> Sharing:
    whole = sharing()
    return msgspec.structs.replace(
        whole, campaigns=(msgspec.structs.replace(whole.campaigns[0], judgement=judgement, claims=claims),)
    )


def test_one_signed_judgement_is_one_attribution_and_the_rest_are_notes() -> None:
    data = stix_bundle(judged(SIGNED, SAID, DENIED))
    stix2.parse(data.decode(), allow_custom=True, version="2.1")
    edges = [one for one in objects(data, "relationship") if one["relationship_type"] == "attributed-to"]
    assert len(edges) == 1
    assert edges[0]["confidence"] == 50
    (actor,) = objects(data, "intrusion-set")
    assert edges[0]["target_ref"] == actor["id"]
    notes = [one["content"] for one in objects(data, "note")]
    assert len(notes) == 3
    assert any("“we reject this”" in note and note.startswith("Embassy denies") for note in notes)
    assert not any(SIGNED.analyst in note for note in notes)
    (opinion,) = objects(data, "opinion")
    assert (opinion["opinion"], opinion["object_refs"]) == ("agree", [LISTED[0].id])
    for sentence in next(note for note in notes if "Confidence" in note).split(". "):
        assert not ("likely" in sentence and "onfidence" in sentence)


@pytest.mark.parametrize(
    "weaker",
    [None, msgspec.structs.replace(SIGNED, level="resembles"), msgspec.structs.replace(SIGNED, hypothesis="unknown",
     title="an actor of whom nothing fitting is published", level="cluster")],
)  # fmt: skip
def test_nothing_weaker_becomes_an_attribution(weaker: Judgement | None) -> None:
    shared = judged(weaker, SAID, DENIED)
    data = stix_bundle(shared)
    assert not objects(data, "intrusion-set")
    assert b"attributed-to" not in data
    events, _ = misp_events(shared)
    assert b"misp-galaxy:threat-actor" not in events


def test_misp_keeps_what_is_said_at_home_and_tags_only_what_was_signed() -> None:
    data, _ = misp_events(judged(SIGNED, SAID, DENIED))
    event = json.loads(data)["response"][0]["Event"]
    MISPEvent().from_dict(**event)
    assert event["published"] is False
    assert {"name": 'misp-galaxy:threat-actor="GREY HERON"'} in event["Tag"]
    said = [one for one in event["Attribute"] if one["category"] == "Attribution"]
    assert len(said) == 3
    assert all(one["distribution"] == "0" and not one["to_ids"] for one in said)


def test_signers_are_named_only_where_asked_for_and_a_claim_stays_with_every_campaign() -> None:
    plain = judged(SIGNED, SAID)
    (one,) = plain.campaigns
    other = msgspec.structs.replace(one, campaign=msgspec.structs.replace(one.campaign, id="c-bbbbbbbbbbbb"))
    named = msgspec.structs.replace(
        plain, campaigns=(msgspec.structs.replace(one, signer="Ada Norrland"), other)
    )
    for write in (stix_bundle, lambda sharing: misp_events(sharing)[0]):
        assert b"Ada Norrland" not in write(plain)
        assert b"Ada Norrland" in write(named)
    claims = [note for note in objects(stix_bundle(named), "note") if note["abstract"].startswith("Claim")]
    assert len({ref for note in claims for ref in note["object_refs"]}) == 2
    said = [
        each["uuid"]
        for event in json.loads(misp_events(named)[0])["response"]
        for each in event["Event"]["Attribute"]
        if each["category"] == "Attribution" and SAID.words in each["value"]
    ]
    assert len(set(said)) == 2


def test_an_exercise_attributes_nothing_that_could_be_taken_for_real() -> None:
    practice = msgspec.structs.replace(judged(SIGNED), exercise=True)
    (actor,) = objects(stix_bundle(practice), "intrusion-set")
    assert actor["name"] == "EXERCISE GREY HERON"
    tags = json.loads(misp_events(practice)[0])["response"][0]["Event"]["Tag"]
    assert [tag["local"] for tag in tags if "threat-actor" in tag["name"]] == [True]


def test_grades_that_judge_nothing_leave_no_tag_in_misp() -> None:
    whole = sharing()
    listed = tuple(msgspec.structs.replace(one, grade="F6") for one in whole.indicators)
    data, _ = misp_events(msgspec.structs.replace(whole, indicators=listed))
    assert b"admiralty-scale" not in data


def test_notes_and_opinions_come_back_as_no_indicators() -> None:
    plain = read_back(stix_bundle(sharing()), "a.json")
    assert read_back(stix_bundle(judged(SIGNED, SAID, DENIED)), "a.json").keys() == plain.keys()
