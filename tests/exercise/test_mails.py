"""What an exercise writes: the same every time, on reserved hosts, true to its truth.jsonl."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import mailbox
import re
import tomllib
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest

from tocsin.app.exercise import Exercise, Request, listed, make_exercise, write_exercise
from tocsin.app.people import load_people
from tocsin.app.scenarios import load_cast, load_scenario, names
from tocsin.exercise.hosts import RESERVED, foreign_hosts
from tocsin.exercise.mime import MARK
from tocsin.model.names import KnownName
from tocsin.model.scenario import Mix, Scenario

FAMILIES = [name for name in names() if isinstance(load_scenario(name, load_cast()), Scenario)]


@pytest.fixture(scope="module")
def everything() -> Exercise:
    return make_exercise(Request("all", seed=5))


@pytest.fixture(scope="module")
def folder(everything: Exercise, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("exercise") / "all"
    write_exercise(everything, target, 5, force=False)
    return target


def readable(raw: bytes) -> str:
    """Header fields unfolded and every text part decoded."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [f"{name}: {value}" for name, value in message.items()]
    parts += [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(parts)


def test_same_request_same_bytes(everything: Exercise) -> None:
    again = make_exercise(Request("all", seed=5))
    assert [mail.raw for mail in again.mails] == [mail.raw for mail in everything.mails]
    assert again.truth == everything.truth
    other = make_exercise(Request("mass-mail-news-agency", seed=6))
    assert [m.raw for m in other.mails] != [
        m.raw for m in make_exercise(Request("mass-mail-news-agency")).mails
    ]


def test_a_family_alone_is_as_it_is_among_others(everything: Exercise) -> None:
    alone = make_exercise(Request("diplomat-relay", seed=5))
    apart = {m.raw for m in alone.mails if m.scenario == "diplomat-relay"}
    assert apart == {m.raw for m in everything.mails if m.scenario == "diplomat-relay"}
    assert {m.scenario for m in alone.mails} == {"diplomat-relay", "ordinary-mail"}


def test_every_host_is_reserved(everything: Exercise) -> None:
    for mail in everything.mails:
        assert foreign_hosts(unquote(readable(mail.raw))) == (), mail.scenario


def test_every_address_is_for_documentation(everything: Exercise) -> None:
    nets = re.compile(r"^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$")
    for mail in everything.mails:
        found = re.findall(rb"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", mail.raw)
        assert all(nets.match(address.decode()) for address in found), mail.scenario


def test_truth_matches_the_mailboxes(everything: Exercise, folder: Path) -> None:
    truth: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "truth.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        assert set(one) == {"sha256", "message_id", "owner", "label", "scenario", "campaign"}
        truth[one["owner"]].append(one["sha256"])
    for owner in everything.owners:
        box = mailbox.mbox(folder / f"{owner.slug}.mbox", create=False)
        raws = [re.sub(rb"(?m)^>(>*From )", rb"\1", box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118
        box.close()
        assert [hashlib.sha256(raw).hexdigest() for raw in raws] == truth[owner.addresses[0]]
        assert all(raw.endswith(b"\n") and not raw.endswith(b"\n\n") for raw in raws)
    assert b"\r" not in b"".join(mail.raw for mail in everything.mails)


def test_some_line_needs_from_quoting(folder: Path) -> None:
    assert any(re.search(rb"(?m)^>From ", path.read_bytes()) for path in folder.glob("*.mbox"))


def test_the_mark_is_the_last_header_and_nowhere_else(everything: Exercise) -> None:
    name, value = MARK
    for mail in everything.mails:
        head, _, body = mail.raw.partition(b"\n\n")
        assert head.split(b"\n")[-1] == f"{name}: {value}".encode()
        rest = readable(mail.raw).replace(f"{name}: {value}", "")
        assert "EXERCISE" not in rest
        assert "tocsin" not in rest.lower()
        assert body


def test_what_people_open_says_exercise(folder: Path) -> None:
    assert (folder / "README.txt").read_text("utf-8").startswith("EXERCISE")
    assert (folder / "people.toml").read_text("utf-8").startswith("# EXERCISE")
    assert all(b"EXERCISE" in path.read_bytes() for path in folder.glob("*.mbox"))


def test_people_are_read_back(everything: Exercise, folder: Path) -> None:
    people = load_people(folder / "people.toml").owners
    assert [one.addresses for one in people] == [owner.addresses for owner in everything.owners]
    assert all(one.protected for one in people)
    assert len({one.organisation for one in people}) == 4


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_speaks_four_languages_in_several_wordings(name: str) -> None:
    cast = load_cast()
    scenario = load_scenario(name, cast)
    assert isinstance(scenario, Scenario)
    first = scenario.steps[0].text if scenario.steps[0].by == "sender" else "first"
    pool = [*scenario.texts, *(text for group in scenario.borrow for text in cast.texts[group])]
    bodies = {(text.lang, text.subject, text.body) for text in pool if text.step == first}
    assert {lang for lang, _, _ in bodies} == {"en", "fr", "nl", "de"}
    assert len(bodies) >= 6
    assert {lang for sender in scenario.senders for lang in sender.languages} == {"en", "fr", "nl", "de"}


def test_the_shipped_mix_holds_every_family(everything: Exercise) -> None:
    assert {mail.scenario for mail in everything.mails} == set(FAMILIES)
    mix = load_scenario("all", load_cast())
    assert isinstance(mix, Mix)
    sides = Counter(
        scenario.side
        for name in FAMILIES
        if isinstance(scenario := load_scenario(name, load_cast()), Scenario)
    )
    assert sides["hostile"] >= 8
    assert sides["benign"] >= 8
    assert 1800 <= len(everything.mails) <= 2500


def test_hostile_campaigns_reach_several_organisations_within_days(everything: Exercise) -> None:
    reached: dict[str, set[str]] = defaultdict(set)
    for mail in everything.mails:
        if mail.campaign:
            reached[mail.campaign].add(mail.owner.rpartition("@")[2])
    assert reached
    assert all(len(domains) >= 2 for domains in reached.values())


def test_benign_mail_spreads_as_widely(everything: Exercise) -> None:
    reached: dict[bytes, set[str]] = defaultdict(set)
    for mail in everything.mails:
        if mail.scenario == "press-blasts-and-advocacy":
            found = re.search(rb"(?m)^From: .*@([\w.-]+)", mail.raw)
            assert found
            reached[found[1]].add(mail.owner.rpartition("@")[2])
    assert len([domains for domains in reached.values() if len(domains) >= 3]) >= 5


def test_benign_mail_has_no_campaign_and_its_own_labels(everything: Exercise) -> None:
    labels = {"reconnaissance", "phishing", "bulk", "tracked-personal", "no-sign"}
    side = {one.name: one.side for one in listed()}
    for mail in everything.mails:
        assert mail.label in labels
        if mail.label in ("reconnaissance", "phishing"):
            assert mail.campaign
        if mail.campaign:
            assert side[mail.scenario] == "hostile"


def test_a_mail_counts_as_hostile_only_if_it_asks_something_of_the_reader(everything: Exercise) -> None:
    """An opener that calls nowhere is no sign of reconnaissance, whoever sends it."""
    for mail in everything.mails:
        if mail.label == "reconnaissance":
            assert re.search(r"://|Disposition-Notification-To|src=", readable(mail.raw)), mail.scenario
        elif mail.campaign and mail.label == "no-sign":
            assert "src=" not in readable(mail.raw)


def test_the_ending_of_a_host_tells_nothing(everything: Exercise) -> None:
    """Each reserved ending carries between a sixth and two thirds of either side's sending domains."""
    endings: dict[bool, dict[str, set[str]]] = {True: defaultdict(set), False: defaultdict(set)}
    for mail in everything.mails:
        found = re.search(r"(?m)^From: .*@([\w.-]+)", mail.raw.decode("utf-8", "replace"))
        assert found
        endings[mail.campaign is not None][found[1].rpartition(".")[2]].add(found[1])
    for side in endings.values():
        total = sum(map(len, side.values()))
        assert all(total / 6 <= len(side[ending]) <= total * 2 / 3 for ending in RESERVED)


def test_sent_mail_is_there_and_owners_answer(everything: Exercise) -> None:
    for owner in everything.owners:
        sent = [m for m in everything.mails if m.sent_from in owner.addresses]
        assert any(b"\nIn-Reply-To:" in mail.raw for mail in sent)
        assert any(b"\nIn-Reply-To:" not in mail.raw for mail in sent)


def test_received_mail_has_what_servers_add(everything: Exercise) -> None:
    sent = {address for owner in everything.owners for address in owner.addresses}
    for mail in everything.mails:
        if mail.sent_from in sent:
            continue
        head = mail.raw.partition(b"\n\n")[0]
        for field in (
            b"Return-Path: ",
            b"\nDelivered-To: ",
            b"\nReceived: ",
            b"\nAuthentication-Results: ",
            b"\nDate: ",
        ):
            assert field in head, (mail.scenario, field)


def test_mails_parse_without_defects(everything: Exercise) -> None:
    for mail in everything.mails:
        message = email.message_from_bytes(mail.raw, policy=email.policy.default)
        assert all(not part.defects for part in message.walk()), mail.scenario
        assert message["Message-ID"] == mail.message_id


def test_more_people_and_more_mail() -> None:
    small = make_exercise(Request("ordinary-mail"))
    many = make_exercise(Request("ordinary-mail", people=20))
    much = make_exercise(Request("ordinary-mail", scale=2))
    assert len(many.owners) == 20
    assert len({owner.slug for owner in many.owners}) == 20
    assert len(many.mails) > 2.5 * len(small.mails)
    assert len(much.mails) > 1.6 * len(small.mails)


def test_the_demonstration_stays_small() -> None:
    mails = make_exercise(Request("january")).mails
    assert 200 <= len(mails) <= 340
    assert {m.at.strftime("%Y-%m") for m in mails if m.campaign} == {"2021-01"}


def test_what_an_operator_would_hand_in_is_read_back(everything: Exercise, folder: Path) -> None:
    people = load_people(folder / "people.toml").owners
    assert any(one.unpublished for one in people)
    assert any(len(one.addresses) > len(one.unpublished) + 1 for one in people), (
        "some private ones are public"
    )
    assert all(one.events and one.topics for one in people)
    entries = tomllib.loads((folder / "names.toml").read_text("utf-8"))["name"]
    assert [msgspec.convert(entry, KnownName) for entry in entries] == list(everything.known)
    dates = (folder / "dates.csv").read_text("utf-8").splitlines()
    assert dates[0] == "domain,registered"
    assert all(
        re.fullmatch(r"[a-z0-9-]+\.(example|test|invalid),\d{4}-\d\d-\d\d", line) for line in dates[1:]
    )


def test_the_lists_name_genuine_senders_but_not_all_and_nobody_made_up(everything: Exercise) -> None:
    listed_domains = {domain for entry in everything.known for domain in entry.domains}
    side = {one.name: one.side for one in listed()}
    sites: dict[str, set[str]] = defaultdict(set)
    for mail in everything.mails:
        aligned = b"dmarc=pass" in mail.raw
        found = re.search(rb"(?m)^From: .*@[\w.-]*?([\w-]+\.[\w-]+)>?$", mail.raw)
        if found and aligned:
            sites[side[mail.scenario]].add(found[1].decode())
    assert sites["benign"] & listed_domains
    assert sites["benign"] - listed_domains
    assert not sites["hostile"] & listed_domains


def test_ages_of_domains_are_known_for_a_part_of_either_side(everything: Exercise) -> None:
    side = {one.name: one.side for one in listed()}
    named: dict[str, list[bool]] = defaultdict(list)
    old: dict[str, int] = Counter()
    for mail in everything.mails:
        found = re.search(rb"(?m)^From: .*@[\w.-]*?([\w-]+\.[\w-]+)>?$", mail.raw)
        if found:
            day = everything.registered.get(found[1].decode())
            named[side[mail.scenario]].append(day is not None)
            assert day is None or day < mail.at.date()
            old[side[mail.scenario]] += day is not None and (mail.at.date() - day).days > 365
    for one in ("hostile", "benign"):
        assert 0.25 < sum(named[one]) / len(named[one]) < 0.85
        assert old[one]


def test_events_lie_near_some_hostile_campaigns_and_far_from_most(everything: Exercise) -> None:
    begins: dict[str, date] = {}
    for mail in everything.mails:
        if mail.campaign:
            begins.setdefault(mail.campaign, mail.at.date())
    events = {date.fromisoformat(o.event.day) for owner in everything.owners for o in owner.occasions}
    near = [any(0 <= (day - begin).days <= 3 for day in events) for begin in begins.values()]
    assert any(near)
    assert not all(near)


def test_adversarial_mail_wears_what_speaks_for_newsletters(everything: Exercise) -> None:
    strata = {one.name: one.stratum for one in listed()}
    mails = [mail for mail in everything.mails if strata[mail.scenario] == "adversarial"]
    assert len({mail.scenario for mail in mails}) >= 2
    domains: dict[str, set[str]] = defaultdict(set)
    for mail in mails:
        assert mail.label == "reconnaissance"
        for field in (b"\nList-Id:", b"\nList-Unsubscribe-Post:", b"dmarc=pass", b"dkim=pass"):
            assert field in mail.raw, (mail.scenario, field)
        domains[mail.campaign or ""].add(mail.owner.rpartition("@")[2])
    assert all(len(found) >= 2 for found in domains.values())
    private = {address for owner in everything.owners for address in owner.unpublished}
    assert any(f"Delivered-To: {address}".encode() in mail.raw for mail in mails for address in private)


def test_hard_negatives_are_many_and_of_many_kinds() -> None:
    strata = {one.name: one.stratum for one in listed()}
    exercise = make_exercise(Request("all", seed=11, people=9))
    own = {address for owner in exercise.owners for address in owner.addresses}
    hard = [
        mail
        for mail in exercise.mails
        if strata[mail.scenario] == "hard-negative" and mail.sent_from not in own
    ]
    assert len(hard) >= 1000
    assert len({mail.scenario for mail in hard}) >= 15
    assert Counter(strata.values())["adversarial"] >= 2


def test_habits_of_programs_are_on_both_sides(everything: Exercise) -> None:
    """Encodings, mail without a text version, weekends and answers elsewhere tell nothing."""
    side = {one.name: one.side for one in listed()}
    seen: dict[str, Counter[str]] = {"hostile": Counter(), "benign": Counter()}
    for mail in everything.mails:
        counted = seen[side[mail.scenario]]
        head = mail.raw.partition(b"\n\n")[0]
        counted["html only"] += b"Content-Type: text/html" in head
        counted["weekend"] += mail.at.weekday() >= 5
        counted["reply-to"] += b"\nReply-To:" in head
        counted["base64"] += b"Content-Transfer-Encoding: base64" in mail.raw
        counted["plain http"] += b"http://" in mail.raw
        counted["all"] += 1
    for habit in ("html only", "weekend", "reply-to", "base64", "plain http"):
        shares = [counted[habit] / counted["all"] for counted in seen.values()]
        assert all(share > 0.003 for share in shares), habit
        assert max(shares) < 0.4, habit
