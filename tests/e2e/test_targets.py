"""Targets through the command line: each domain's owner gets what is theirs, and nothing about anybody else."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.campaign_stores import CAMPAIGN, filled, judged, mail, targets
from tocsin.app.domain_owners import DomainError, Register, domain_of, load_owners
from tocsin.app.memory import open_store
from tocsin.app.targets import TargetError, addresses_of_targets
from tocsin.app.targets import share as share_of
from tocsin.model.fact import Release
from tocsin.model.intel import Comparison, Hit, Indicator, IntelSource
from tocsin.model.observable import Observable
from tocsin.model.people import Owner, People
from tocsin.model.targets import DomainOwner, SentTo, Targets
from tocsin.render.targets import share_csv, share_json
from tocsin.store.interface import Store

PEOPLE = """
[[person]]
name = "Ada Lindqvist"
addresses = ["ada@parliament.example", "ada.home@allesmail.example", "ada@lindqvist.test"]
unpublished = ["ada@lindqvist.test"]

[[person]]
name = "Bo Canary"
addresses = ["bo.canary@canary-press.example"]

[[person]]
name = "Cy"
addresses = ["cy@committee.parliament.example"]
"""
# What no other domain's owner may be given.
CANARIES = ("canary", "allesmail", "lindqvist.test", "Lindqvist", "Ada L")


@pytest.fixture(autouse=True)
def _open_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands run in this process, whose network other tests need."""
    monkeypatch.setattr("tocsin.app.scan.close_network", lambda *_: None)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.toml").write_text(PEOPLE)
    return tmp_path


MAILS = (
    mail(1, "ada@parliament.example"),
    # Written to both addresses, delivered to the private one: the employer's server never saw this copy.
    mail(
        2,
        "ada@parliament.example",
        to=("ada@parliament.example", "ada.home@allesmail.example"),
        delivered=("ada.home@allesmail.example",),
    ),
    mail(3, "ada@parliament.example", to=("ada@lindqvist.test",)),
    mail(4, "bo.canary@canary-press.example"),
    mail(
        5,
        "cy@committee.parliament.example",
        to=("cy@committee.parliament.example", "bo.canary@canary-press.example"),
    ),
    mail(6, "ada@parliament.example", message_id="x.bo.canary=canary-press.example@bulk.example"),
    mail(7, "ada@parliament.example", message_id="=ada=parliament.example@bulk.example"),
    mail(8, "ada@parliament.example", to=("list@lists.example",)),  # nobody knows to which of three addresses
)  # fmt: skip


@pytest.fixture
def store(folder: Path) -> Path:
    return filled(folder / "s.db", MAILS)


def share(store: Path, *arguments: str | Path, domain: str = "parliament.example") -> tuple[str, str]:
    """What goes out, and what the operator is told."""
    result = targets(
        "share", CAMPAIGN, "--domain", domain, "--store", store, "--people", store.parent / "people.toml", *arguments
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_an_owner_gets_their_mails_and_nothing_else(store: Path) -> None:
    table, told = share(store)
    assert [(row["address"], row["time"]) for row in rows(table)] == [
        ("ada@parliament.example", "2020-09-13T12:26:41Z"),
        ("cy@committee.parliament.example", "2020-09-13T12:26:45Z"),
        ("ada@parliament.example", "2020-09-13T12:26:46Z"),
        ("ada@parliament.example", "2020-09-13T12:26:47Z"),
    ]
    first = rows(table)[0]
    assert first["message_id"] == "<1@sender.example>"
    assert first["sha256"] == MAILS[0].observed.sha256
    assert first["tlp"] == "TLP:AMBER"
    assert first["exercise"] == ""
    for text in (table, share(store, "--format", "json")[0]):
        assert not [canary for canary in CANARIES if canary.lower() in text.lower()]
        for number in (1, 2, 3, 7):
            assert MAILS[number].observed.sha256 not in text
    assert "1 Message-IDs: they hold the address of somebody else" in told
    assert "1 mails of the campaign: it is not known to which" in told


def test_any_form_of_an_address_is_known(folder: Path) -> None:
    """A plus-address is its person's, and as private as the address without it."""
    mails = [
        mail(1, "ada@parliament.example", to=("ada+lists@parliament.example",)),
        mail(2, "ada@parliament.example", to=("ada+x@lindqvist.test",)),
        mail(3, "ada@parliament.example", message_id="1.ada+x=lindqvist.test@bulk.example"),
        mail(
            4,
            "ada@parliament.example",
            to=("ada+a@parliament.example",),
            message_id="ada+a=parliament.example@b.test",
        ),
    ]
    table, _ = share(filled(folder / "forms.db", mails))
    assert [(row["address"], row["message_id"]) for row in rows(table)] == [
        ("ada+lists@parliament.example", "<1@sender.example>"),
        ("ada@parliament.example", ""),
        ("ada+a@parliament.example", "<ada+a=parliament.example@b.test>"),
    ]


def test_a_message_id_with_the_readers_own_address_is_theirs(store: Path) -> None:
    ids = [row["message_id"] for row in rows(share(store)[0])]
    assert ids[2:] == ["", "<=ada=parliament.example@bulk.example>"]


@pytest.mark.parametrize("domain", ["allesmail.example", "lindqvist.test"])
def test_private_addresses_go_to_nobody(store: Path, domain: str) -> None:
    people = store.parent / "people.toml"
    result = targets("share", CAMPAIGN, "--domain", domain, "--store", store, "--people", people)
    assert result.exit_code == 2
    assert "tell the people themselves" in result.stderr
    assert result.stdout == ""


def test_lists_name_everybody_for_the_operator_alone(store: Path) -> None:
    people = store.parent / "people.toml"
    listed = targets("list", CAMPAIGN, "--store", store, "--people", people, "--json")
    found = {(one["address"], one["private"]) for one in map(json.loads, listed.stdout.splitlines())}
    assert found == {
        ("ada@parliament.example", False), ("ada.home@allesmail.example", True), ("ada@lindqvist.test", True),
        ("bo.canary@canary-press.example", False), ("cy@committee.parliament.example", False),
    }  # fmt: skip
    text = targets("list", CAMPAIGN, "--store", store, "--people", people).stdout
    assert "Ada Lindqvist" in text
    assert "1 mail: not known to which of the person's addresses" in text
    domains = targets("list", CAMPAIGN, "--store", store, "--people", people, "--by-domain", "--json").stdout
    lines = {one["domain"]: one for one in map(json.loads, domains.splitlines())}
    assert lines["parliament.example"]["mails"] == 3
    assert (lines["allesmail.example"]["mails"], lines["allesmail.example"]["private"]) == (0, 1)


def test_a_register_says_whose_a_subdomain_is(store: Path) -> None:
    owners = store.parent / "owners.toml"
    owners.write_text(
        '[[owner]]\nname = "IT of parliament"\ndomains = ["parliament.example"]\n'
        '[[owner]]\nname = "The committee"\ndomains = ["committee.parliament.example"]\n'
    )
    mine = rows(share(store, "--owners", owners)[0])
    assert {row["address"] for row in mine} == {"ada@parliament.example"}
    assert {row["for"] for row in mine} == {"IT of parliament"}
    theirs = rows(share(store, "--owners", owners, domain="committee.parliament.example")[0])
    assert [row["address"] for row in theirs] == ["cy@committee.parliament.example"]


def test_a_former_name_of_a_domain_belongs_to_its_owner() -> None:
    register = Register(
        renamed=[
            ("old-parliament.example", "parliament.example"),
            ("oldest.example", "old-parliament.example"),
        ]
    )
    owner = register.named("parliament.example")
    assert register.is_theirs(owner, "mail.oldest.example")
    assert not register.is_theirs(owner, "notparliament.example")
    named = Register([DomainOwner("P", ("parliament.example",))], [("former.example", "parliament.example")])
    assert named.owner("x.former.example") == DomainOwner("P", ("parliament.example",))


def test_former_names_of_domains_are_compared_as_well() -> None:
    sent = SentTo(
        "ada@parliament.example", "parliament.example", "ada@parliament.example", "0" * 64, "", 1.0, 1
    )
    everybody = People(
        (Owner(("ada@parliament.example", "ada@home.test")), Owner(("bo@press.test",))),
        renamed=(("old.example", "parliament.example"),),
    )
    hit = Targets(CAMPAIGN, (sent,), {})
    assert addresses_of_targets(hit, everybody) == ("ada@parliament.example",)
    assert addresses_of_targets(hit, everybody, everything=True) == (
        "ada@home.test", "ada@old.example", "ada@parliament.example",
    )  # fmt: skip


def test_what_is_written_is_private_marked_and_audited(store: Path) -> None:
    out = store.parent / "out.csv"
    assert share(store, "-o", out, "--mandate", "asked by the speaker", "--tlp", "green")[0] == ""
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert {row["tlp"] for row in rows(out.read_text())} == {"TLP:GREEN"}
    opened = open_store(str(store), read_only=True)
    try:
        last = list(opened.audit_entries())[-1]
    finally:
        opened.close()
    assert (last.action, last.mandate, last.count) == ("export", "asked by the speaker", 4)
    assert "parliament.example" in last.detail


def test_an_exercise_is_marked(folder: Path) -> None:
    store = filled(folder / "p.db", MAILS[:1], exercise=True)
    table, told = share(store)
    assert [row["exercise"] for row in rows(table)] == ["EXERCISE"]
    assert "EXERCISE" in told
    assert json.loads(share(store, "--format", "json")[0])["exercise"] is True


def test_no_cell_is_a_formula(folder: Path) -> None:
    address = "=cmd@parliament.example"
    store = filled(folder / "f.db", [mail(1, address, message_id="a\x1b[31m@x.example")])
    (row,) = rows(share(store)[0])
    assert row["address"] == f"'{address}"
    assert "\x1b" not in row["message_id"]


@pytest.fixture
def marked(folder: Path) -> Path:
    """A campaign of two mails at one domain: one alarms by its signs, one by RED intelligence alone."""
    path = filled(
        folder / "m.db", [mail(1, "ada@parliament.example"), mail(2, "cy@committee.parliament.example")]
    )
    store = open_store(str(path))
    try:
        source = IntelSource("s-1", "The service", "list", "x", 1.0, 1.0, tlp="RED")
        store.put("source", "s-1", msgspec.msgpack.encode(source))
        store.add_indicators([(Indicator("i-1", "s-1", Comparison("host", "=", ("b.test",)), "b.test"), ())])
        store.add_hits([Hit("i-1", 2, "host", Observable("host", "b.test"), 1.0)])
        judged(store, 1, alert=True, likelihood=0.9, log_odds=2.0, class_="reconnaissance")
        judged(store, 2, alert=True, indicator=True, log_odds=-3.0)
    finally:
        store.close()
    return path


def test_what_red_intelligence_alone_singled_out_needs_a_release(marked: Path) -> None:
    table, told = share(marked)
    assert [row["address"] for row in rows(table)] == ["ada@parliament.example"]
    ask = (
        "compare",
        "ask",
        CAMPAIGN,
        "--from",
        "A",
        "--to",
        "B",
        "-o",
        marked.parent / "q.json",
        "--store",
        marked,
    )
    assert "The service marked TLP:RED alone singled them out" in targets(*ask).stderr
    assert "The service marked TLP:RED alone singled them out; ask for release" in told
    assert "The service" not in table
    store = open_store(str(marked))
    try:
        release = Release("r-1", "s-1", "owner", "the service", 1.0, "by telephone", "Eve")
        store.put("release", "r-1", msgspec.msgpack.encode(release))
    finally:
        store.close()
    assert len(rows(share(marked)[0])) == 2
    people = marked.parent / "people.toml"
    freer = targets(
        "share",
        CAMPAIGN,
        "--domain",
        "parliament.example",
        "--tlp",
        "CLEAR",
        "--store",
        marked,
        "--people",
        people,
    )
    assert freer.exit_code == 2
    assert "give --tlp AMBER or a stricter mark" in freer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("share", CAMPAIGN, "--domain", "example"), "no single owner"),
        (("share", CAMPAIGN, "--domain", "co.uk"), "no single owner"),
        (("share", CAMPAIGN, "--domain", "a@b.example"), "is no domain"),
        (("share", CAMPAIGN, "--domain", "x..example"), "is no domain"),
        (("share", CAMPAIGN, "--domain", "elsewhere.example"), "no mail of c-0123456789ab went"),
        (("share", "c-ffffffffffff", "--domain", "parliament.example"), "no such campaign"),
        (("share", CAMPAIGN, "--domain", "parliament.example", "-o", "/nowhere/x.csv"), "folder that exists"),
        (("list", CAMPAIGN, "--owners", "/nowhere.toml"), "cannot be read"),
    ],
)
def test_wrong_use_is_said(store: Path, arguments: tuple[str, ...], said: str) -> None:
    result = targets(*arguments, "--store", store)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[owner]]\nname = 'A'", "missing required field `domains`"),
        ("[[owner]]\nnam = 'A'\ndomains = ['a.example']", "did you mean 'name'"),
        ("[[owner]]\nname = ' '\ndomains = ['a.example']", "name and domains are needed"),
        ("[[owner]]\nname = 'A'\ndomains = ['com']", "no single owner"),
        ("[[owner]]\nname = 'A'\ndomains = 'a.example'", "owner 1"),
        (
            "[[owner]]\nname='A'\ndomains=['a.example']\n[[owner]]\nname='B'\ndomains=['A.example.']",
            "both A and B",
        ),
        ("[owners]", "nothing else"),
        ("owner = 3", "nothing else"),
        ("= 3", "not valid TOML"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_register_that_cannot_be_used_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "owners.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DomainError, match=said):
        load_owners(path)


@given(st.text(max_size=80))
def test_a_domain_is_one_or_is_refused(text: str) -> None:
    try:
        domain = domain_of(text)
    except DomainError:
        return
    assert domain == domain_of(domain)
    assert domain.isascii()
    assert "." in domain


SITES = (
    "parliament.example",
    "sub.parliament.example",
    "notparliament.example",
    "press.test",
    "allesmail.example",
)
ADDRESSES = st.builds("canary{}x@{}".format, st.integers(0, 9), st.sampled_from(SITES))
MESSAGE_IDS = st.one_of(
    st.builds(
        "{}.{}@bulk.example".format, st.integers(0, 99), ADDRESSES.map(lambda one: one.replace("@", "="))
    ),
    st.builds("{}%40{}@bulk.example".format, st.just("canary3x"), st.sampled_from(SITES)),
    ADDRESSES,
    st.just("1@bulk.example"),
)
SENT = st.builds(
    lambda address, id, sha, private: SentTo(
        address, address.rpartition("@")[2], "p@press.test", sha, id, 1.6e9, 1, private
    ),
    ADDRESSES,
    MESSAGE_IDS,
    st.uuids().map(lambda one: one.hex * 2),
    st.booleans(),
)


@pytest.fixture(scope="module")
def any_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(str(tmp_path_factory.mktemp("any") / "s.db"), create=True, plain=True)
    yield store
    store.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(SENT, min_size=1, max_size=12), more=st.sets(ADDRESSES))
def test_no_mixture_of_mails_tells_of_others(any_store: Store, sent: list[SentTo], more: set[str]) -> None:
    known = frozenset({one.address for one in sent} | more)
    everything = Targets(CAMPAIGN, tuple(sent), {"p@press.test": "Canary"}, known=known)
    register = Register()
    owner = register.named("parliament.example")
    theirs = {one.address for one in sent if one.domain in SITES[:2] and not one.private}
    try:
        given_out = share_of(any_store, everything, owner, register, tlp="AMBER", mandate="", now_s=1.0)
    except TargetError:
        assert not theirs
        return
    for text in (share_csv(given_out).decode(), share_json(given_out).decode()):
        plain = text.replace("=", "@").replace("%40", "@")
        assert not [one for one in known - theirs if one in plain]
        assert not [one.sha256 for one in sent if one.address not in theirs and one.sha256 in text]
        assert "Canary" not in text
