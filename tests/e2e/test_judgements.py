"""`tocsin judgements`: signed, checked whenever they are read, taken back and never overwritten; who was told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.running import WRONG_USE, Result, run
from tests.e2e.test_scan import records
from tocsin.app.analysts import AnalystError, add_analyst, retire_analyst, sign
from tocsin.app.campaigns import known_people, load_campaigns
from tocsin.app.claims import add_claims, withdraw_claim
from tocsin.app.export import Wish, export
from tocsin.app.judgements import (
    JudgementError,
    draft,
    likelihood_range,
    sign_judgement,
    standing_judgement,
    withdrawal,
)
from tocsin.app.memory import Store, open_store
from tocsin.app.telling import TellingError, record_telling, untold
from tocsin.model.actor import Actor
from tocsin.model.campaign import Campaign, Member
from tocsin.model.claim import Claim
from tocsin.model.judgement import Analyst, Judgement

NOW_S = 1_700_000_000.0
HERON = Actor("grey-heron", "GREY HERON", (), ())
OTTER = Actor("blue-otter", "BLUE OTTER", (), ())
MAILS = tuple(Member(f"{n:064x}", f"<{n}@a.example>", "anna@house.example", NOW_S) for n in range(3))
CAMPAIGN = Campaign(
    "c-0123456789ab", MAILS, (), ("anna@house.example",), NOW_S, NOW_S, aliases=("c-ffffffffffff",)
)
HOST = ("infrastructure", "px.evil.example")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    opened = open_store(str(tmp_path / "s.db"), create=True, plain=True)
    yield opened
    opened.close()


def analyst(store: Store, name: str = "Ada Norrland") -> Analyst:
    return add_analyst(store, name, now_s=NOW_S)[0]


def wish(who: Analyst, **fields: Any) -> Judgement:
    usual = Judgement(
        "",
        "",
        (),
        who.id,
        NOW_S + 5,
        "grey-heron",
        "",
        55,
        79,
        "moderate",
        "resembles",
        "the same host, twice",
    )
    return msgspec.structs.replace(usual, **fields)


def signed(store: Store, who: Analyst, campaign: Campaign = CAMPAIGN, **fields: Any) -> Judgement:
    return sign_judgement(store, draft(campaign, wish(who, **fields), (HERON, OTTER), [HOST]), who)


def test_a_judgement_stands_under_every_id_of_its_campaign(store: Store) -> None:
    one = signed(store, analyst(store))
    assert standing_judgement(store, CAMPAIGN).judgement == one
    renamed = msgspec.structs.replace(CAMPAIGN, id="c-999999999999", aliases=(CAMPAIGN.id,))
    assert standing_judgement(store, renamed).judgement == one


@pytest.mark.parametrize(
    "change",
    [{"high": 99}, {"hypothesis": "blue-otter"}, {"signature": b"\0" * 64}, {"analyst": "a-000000000000"}],
)
def test_what_was_changed_after_signing_is_told_and_never_counts(
    store: Store, change: dict[str, Any]
) -> None:
    one = signed(store, analyst(store))
    store.put("judgement", one.id, msgspec.msgpack.encode(msgspec.structs.replace(one, **change)))
    standing = standing_judgement(store, CAMPAIGN)
    assert standing.judgement is None
    (found,) = standing.all
    assert not found.counts
    assert "signature does not fit" in found.problem or "not known" in found.problem


def test_a_key_put_in_place_of_another_signs_for_nobody(store: Store) -> None:
    ada, eve = analyst(store), analyst(store, "Eve")
    one = signed(store, ada)
    stolen = msgspec.structs.replace(ada, public_key=eve.public_key)
    store.put("analyst", ada.id, msgspec.msgpack.encode(stolen))
    (found,) = standing_judgement(store, CAMPAIGN).all
    assert (found.judgement, found.counts) == (one, False)
    assert "another than the one" in found.problem
    store.put("analyst", ada.id, b"\xc1")  # no msgpack at all
    (found,) = standing_judgement(store, CAMPAIGN).all
    assert not found.counts


def test_what_was_signed_before_a_key_was_retired_stays(store: Store) -> None:
    ada = analyst(store)
    early = signed(store, ada)
    later = signed(store, ada, signed_s=NOW_S + 99, basis="another day")
    retire_analyst(store, ada.id, now_s=NOW_S + 50)
    standing = standing_judgement(store, CAMPAIGN)
    assert standing.judgement == early
    assert [one.judgement for one in standing.all if "retired" in one.problem] == [later]


@pytest.mark.parametrize(
    "name", ["Chinese state hackers", "Russland-Gruppe", "Armée de l’Iran", "Noord-Koreaanse groep"]
)
def test_no_name_that_holds_a_state_is_signed(store: Store, name: str) -> None:
    with pytest.raises(JudgementError, match="holds a state or nationality"):
        draft(CAMPAIGN, wish(analyst(store)), (Actor("grey-heron", name, (), ()),), [HOST])


def test_only_claims_that_name_the_actor_carry_the_level_actor(store: Store) -> None:
    ada = analyst(store)
    said = Claim(
        "k-1", "attribution", "The Ore Post", "press", "flood", "it was", "3 May", actor="grey-heron"
    )
    denied = msgspec.structs.replace(said, kind="denial")
    other = msgspec.structs.replace(said, actor="blue-otter")
    gone = msgspec.structs.replace(said, withdrawn_s=NOW_S, withdrawn_because="misread")
    wanted = wish(ada, level="actor", claims=("k-1",))
    assert draft(CAMPAIGN, wanted, (HERON,), [HOST], [said]).claims == ("k-1",)
    for claims, why in (((), "no such claim"), ((denied,), "mail alone"), ((other,), "mail alone"),
                        ((gone,), "was withdrawn")):  # fmt: skip
        with pytest.raises(JudgementError, match=why):
            draft(CAMPAIGN, wanted, (HERON,), [HOST], claims)


def test_a_judgement_says_that_a_claim_it_rests_on_was_withdrawn(store: Store) -> None:
    ada = analyst(store)
    said = Claim(
        "", "attribution", "The Ore Post", "press", "flood", "it was them", "3 May", about="GREY HERON"
    )
    (kept,) = add_claims(store, [said], now_s=NOW_S)
    one = draft(CAMPAIGN, wish(ada, claims=(kept.id,)), (HERON,), [HOST], [kept])
    sign_judgement(store, one, ada)
    before = standing_judgement(store, CAMPAIGN)
    assert before.all[0].problem == ""
    withdraw_claim(store, kept.id, "another river", now_s=NOW_S + 9)
    after = standing_judgement(store, CAMPAIGN)
    assert after.judgement == before.judgement
    assert after.all[0].lost_claims == (kept.id,)
    assert f"{kept.id} (another river)" in after.all[0].problem


def test_a_host_that_mail_alone_shows_carries_an_actor_only_where_it_is_graded(store: Store) -> None:
    wanted = wish(analyst(store), level="actor", evidence=(" ".join(HOST),))
    assert draft(CAMPAIGN, wanted, (HERON,), [HOST]).level == "actor"
    for grades in ((), ((" ".join(HOST), "F6"),), ((" ".join(HOST), "B5"),)):
        doubtful = msgspec.structs.replace(wanted, grades=grades)
        with pytest.raises(JudgementError, match="mail alone"):
            draft(CAMPAIGN, doubtful, (HERON,), [HOST], mail_alone=[HOST])
    graded = msgspec.structs.replace(wanted, grades=((" ".join(HOST), "B2"),))
    assert draft(CAMPAIGN, graded, (HERON,), [HOST], mail_alone=[HOST]).level == "actor"


def test_a_campaign_that_changed_is_told(store: Store) -> None:
    one = signed(store, analyst(store))
    grown = msgspec.structs.replace(
        CAMPAIGN, members=(*MAILS, Member("f" * 64, "<x>", "b@house.example", NOW_S))
    )
    (found,) = standing_judgement(store, grown).all
    assert found.counts
    assert found.problem == "signed on 3 mails; the campaign now has 4"
    parted = msgspec.structs.replace(CAMPAIGN, members=MAILS[:2])
    standing = standing_judgement(store, parted)
    assert standing.judgement is None
    assert "no longer in the campaign" in standing.all[0].problem
    assert standing_judgement(store, CAMPAIGN).judgement == one


def test_what_was_replaced_does_not_come_back_when_mails_leave(store: Store) -> None:
    ada = analyst(store)
    parted = msgspec.structs.replace(CAMPAIGN, members=MAILS[:2])
    named = signed(store, ada, parted)
    signed(store, ada, hypothesis="unknown", level="cluster", claims=(), signed_s=NOW_S + 9)
    standing = standing_judgement(store, parted)
    assert named.hypothesis != "unknown"
    assert [one.counts for one in standing.all] == [False, True]
    assert standing.judgement is None


def test_analysts_who_disagree_leave_nothing_to_say_outside(store: Store) -> None:
    ada, bo = analyst(store), analyst(store, "Bo")
    strong = signed(store, ada, low=80, high=94)
    weak = signed(store, bo, low=20, high=44)
    assert (
        standing_judgement(store, CAMPAIGN).judgement == weak
    )  # of those that agree, the one that says least
    other = signed(store, bo, hypothesis="blue-otter", signed_s=NOW_S + 9)
    standing = standing_judgement(store, CAMPAIGN)
    assert standing.judgement is None
    assert standing.disagree
    taken = sign_judgement(store, withdrawal(store, other.id, "misread", now_s=NOW_S + 12), bo)
    assert taken.withdraws == other.id
    assert standing_judgement(store, CAMPAIGN).judgement == weak
    taken = sign_judgement(store, withdrawal(store, weak.id, "misread", now_s=NOW_S + 13), bo)
    assert standing_judgement(store, CAMPAIGN).judgement == strong
    assert len(standing_judgement(store, CAMPAIGN).all) == 5  # nothing is deleted


def test_nobody_takes_back_what_another_signed(store: Store) -> None:
    ada, bo = analyst(store), analyst(store, "Bo")
    one = signed(store, ada)
    forged = msgspec.structs.replace(withdrawal(store, one.id, "no", now_s=NOW_S), analyst=bo.id)
    sign_judgement(store, forged, bo)
    assert standing_judgement(store, CAMPAIGN).judgement == one


def test_a_key_that_others_can_read_or_that_is_retired_signs_nothing(store: Store) -> None:
    ada, file = add_analyst(store, "Ada", now_s=NOW_S, passphrase="a long one")
    assert file is not None
    assert b"ENCRYPTED" in file.read_bytes()
    with pytest.raises(AnalystError, match="locked by a passphrase"):
        sign(ada, b"x")
    with pytest.raises(AnalystError, match="does not open it"):
        sign(ada, b"x", "another")
    assert len(sign(ada, b"x", "a long one")) == 64
    file.chmod(0o644)
    with pytest.raises(AnalystError, match="expected 0600"):
        sign(ada, b"x", "a long one")
    with pytest.raises(AnalystError, match="is retired"):
        sign(msgspec.structs.replace(ada, retired_s=NOW_S), b"x")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"hypothesis": "farland"}, "A state is no actor"),
        ({"confidence": "total"}, "expected one of low"),
        ({"level": "certain"}, "expected one of none"),
        ({"level": "cluster"}, "names no actor"),
        ({"hypothesis": "unknown"}, "names none"),
        ({"basis": " "}, "say what the judgement rests on"),
        ({"level": "actor"}, "mail alone shows habits"),
        (
            {"level": "actor", "evidence": ("infrastructure px.evil.example",), "confidence": "low"},
            "low confidence",
        ),
        ({"evidence": ("sign hidden-beacon",)}, "is no evidence of"),
        ({"grades": (("infrastructure px.evil.example", "G7"),)}, "expected a source A to F"),
        ({"grades": (("infrastructure px.evil.example", "A1"),)}, "confirmed by others"),
    ],
)
def test_what_cannot_be_answered_for_is_not_signed(store: Store, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(JudgementError, match=why):
        signed(store, analyst(store), **fields)
    assert not list(store.documents("judgement"))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("very likely", 80, 94), ("Likely", 55, 79), ("80-90", 80, 90), ("60 – 70 %", 60, 70), ("almost certain", 95, 99),
     ("almost no chance", 1, 4), ("50", 50, 50)],
)  # fmt: skip
def test_likelihoods_are_rows_of_icd_203(text: str, low: int, high: int) -> None:
    assert likelihood_range(text) == (low, high)


@pytest.mark.parametrize("text", ["certain", "100", "0", "50-90", "-3", "very", "1e2", "90-80", ""])
def test_other_likelihoods_are_refused(text: str) -> None:
    with pytest.raises(JudgementError):
        likelihood_range(text)


def test_a_telling_lies_in_the_past_and_one_that_cannot_be_read_tells_nobody(store: Store) -> None:
    anna = CAMPAIGN.people[0]
    with pytest.raises(TellingError, match="lies in the future"):
        record_telling(store, CAMPAIGN, anna, how="letter", result="told", on="2999-01-01", now_s=NOW_S)
    assert untold(store, CAMPAIGN) == (anna,)
    kept = record_telling(store, CAMPAIGN, anna, how="letter", result="attempted", now_s=NOW_S)
    assert untold(store, CAMPAIGN) == ()
    store.put("telling", kept.id, b"\xc1")
    assert untold(store, CAMPAIGN) == (anna,)


def test_signing_and_telling_by_the_command_line(scanned: Path, tmp_path: Path) -> None:
    shutil.copy(scanned / "p.db", tmp_path / "p.db")

    def tocsin(*arguments: str | Path, code: int = 0) -> Result:
        result = run(*arguments[:2], "--store", tmp_path / "p.db", *arguments[2:], home=tmp_path)
        assert result.returncode == code, result.stderr
        return result

    one = records(tocsin("campaigns", "list", "--json").stdout)[0]
    tocsin("analysts", "add", "Ada Norrland", "--no-passphrase", "--role", "duty analyst")
    wished = (
        *("--hypothesis", "APT31", "--likelihood", "unlikely", "--confidence", "low", "--level", "resembles"),
        *(
            "--basis",
            "habits that others share",
            "--evidence",
            "e3",
            "--grade",
            "e3=C3",
            "--as",
            "Ada Norrland",
        ),
    )
    dry = tocsin("judgements", "sign", one["id"], *wished, "--dry-run").stderr.decode()
    assert "That it is APT31 is unlikely (20 to 44 %)." in dry
    assert "Confidence in this is low." in dry
    assert b"Nobody has signed" in tocsin("judgements", "list").stdout
    (kept,) = records(tocsin("judgements", "sign", one["id"], *wished, "--json").stdout)
    assert kept["counts"]
    assert b"1 of 1 signatures hold" in tocsin("judgements", "verify").stdout
    page = tocsin("judgements", "show", kept["id"]).stdout.decode()
    assert "The signature holds." in page
    assert all(sha256 in page for sha256 in kept["members"])
    refused = tocsin("judgements", "sign", one["id"], *wished[2:], "--hypothesis", "Nearland", code=WRONG_USE)
    assert b"A state is none" in refused.stderr
    told = json.loads(tocsin("attribute", one["id"], "--json").stdout)
    assert [each["id"] for each in told["judgements"]] == [kept["id"]]
    assert told["names_shown"] is False
    assert all(each["kind"] != "actor" or each["name"].startswith("actor-") for each in told["hypotheses"])
    graded = [each for each in told["evidence"] + told["against"] if each["id"] == "e3"]
    assert (graded[0]["grade"], graded[0]["graded_by"]) == ("C3", "Ada Norrland")

    person = one["people"][0]
    tocsin(
        "campaigns", "told", one["id"], person, "--how", "telephone", "--result", "attempted", "--as", "Ada"
    )
    listed = tocsin("campaigns", "told", one["id"]).stdout.decode()
    assert listed.count("not told yet") == len(one["people"]) - 1
    assert "tried, telephone, by Ada" in listed
    told = records(tocsin("campaigns", "told", one["id"], "--json").stdout)
    assert {each["person"]: each["result"] for each in told} == {
        each: "attempted" if each == person else "not-told" for each in one["people"]
    }
    wrong = tocsin("campaigns", "told", one["id"], "nobody@else.example", "--how", "letter", code=WRONG_USE)
    assert b"did not reach this address" in wrong.stderr

    store = open_store(str(tmp_path / "p.db"))
    assert len(load_campaigns(store)) > 1
    body = dict(store.documents("judgement"))[kept["id"]]
    store.put("judgement", kept["id"], body.replace(b"habits that", b"hobbits tha"))
    store.close()
    broken = tocsin("judgements", "verify", code=3).stdout.decode()
    assert "was changed after it was signed" in broken
    assert "0 of 1 signatures hold" in broken


def test_no_claim_leaves_that_names_a_target_or_is_marked_too_strictly(scanned: Path, tmp_path: Path) -> None:
    shutil.copy(scanned / "p.db", tmp_path / "p.db")
    store = open_store(str(tmp_path / "p.db"))
    one = next(each for each in load_campaigns(store) if each.alerts)
    name = known_people(store)[one.people[0]].name
    given: dict[str, Any] = {
        "kind": "answer",
        "by_kind": "press",
        "event": "e-1",
        "source": "a talk",
        "campaigns": (one.id,),
    }
    kept = add_claims(
        store,
        [
            Claim(id="", by=name.upper(), words="I was not told", tlp="CLEAR", **given),
            Claim(id="", by="The Ore Post", words=f"{name}  was written to", tlp="CLEAR", **given),
            Claim(id="", by="The Ore Post", words="for colleagues", tlp="AMBER", **given),
            Claim(id="", by="The Ore Post", words="nobody knows", tlp="CLEAR", **given),
        ],
        now_s=NOW_S,
    )
    assert len(kept) == 4
    data, _, left = export(store, Wish("stix", tlp="GREEN"), [one], now_s=NOW_S)
    store.close()
    notes = [each["content"] for each in json.loads(data)["objects"] if each["type"] == "note"]
    assert len(notes) == 1
    assert "“nobody knows”" in notes[0]
    assert name.casefold() not in data.decode().casefold()
    counted = {each.why: each.count for each in left if "claims" in each.what}
    assert counted == {"marked stricter than TLP:GREEN": 1, "they name somebody who was sent the mails": 2}
