"""`tocsin people`: added, imported, listed, sealed; and mail that finds its person in a sealed list."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailboxes import mail, mbox
from tests.e2e.running import UNREAD, WRONG_USE, run
from tests.e2e.test_scan import records
from tocsin.app.people import PeopleError, load_people
from tocsin.app.people_import import read_import
from tocsin.app.people_writing import Newcomer, add_people
from tocsin.model.people import Contact, Owner

CARDS = """\
BEGIN:VCARD
VERSION:3.0
FN:Zoë Ålund
EMAIL;TYPE=WORK:Zoe@parliament.example
item1.EMAIL;TYPE=HOME:zoe@home.example
TEL;TYPE=CELL:internal
  77
ORG:Parliament\\, lower house;Research
TITLE:Member
CATEGORIES:Trade,Foreign
URL:https://evil.example/
PHOTO;VALUE=URI:https://evil.example/p.gif
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen
EMAIL;INTERNET:jm@haus.example
ADR;WORK;ENCODING=QUOTED-PRINTABLE:;;Stra=C3=9Fe 1=
;Stadt;;1000;DE
END:VCARD
"""
TABLE = """\
name;email;phone;organisation;languages;private
Omar Idris;omar@press.example|o@post.example;internal 5;Press "Daily";fr|en;o@post.example
Nobody;;;;;
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def tocsin(home: Path, *arguments: str | Path) -> Any:
    return run("people", *arguments, "--people", home / "people.toml", home=home)


def test_people_are_added_and_what_is_there_stays(home: Path) -> None:
    (home / "people.toml").write_text('# ours\n[[person]]\nname = "Ann"\naddresses = ["ann@house.example"]\n')
    told = tocsin(
        home, "add", "Ilse Verhoeven", "--address", "Ilse@chamber.example", "--private", "i@post.example",
        "--language", "nl", "--way", "telephone=internal 4321", "--delegate", "Dora=dora@chamber.example",
        "--retention-days", "90",
    )  # fmt: skip
    assert told.returncode == 0
    text = (home / "people.toml").read_text()
    assert text.startswith("# ours\n[[person]]")
    people = load_people(home / "people.toml")
    assert [one.name for one in people.owners] == ["Ann", "Ilse Verhoeven"]
    (contact,) = people.contacts
    assert (contact.private, contact.retention_days) == (("i@post.example",), 90)
    assert contact.delegates[0].address == "dora@chamber.example"
    for arguments, words in (
        (("Ilse II", "--address", "ILSE+x@chamber.example"), b"is listed already, as Ilse Verhoeven"),
        (("Bad", "--address", "nobody"), b"is not a mail address"),
        (("Bad", "--address", "b@c.example", "--way", "pigeon=here"), b"expected one of telephone"),
        (("Bad", "--address", "b@c.example", "--way", "telephone"), b"expected KIND=TO"),
    ):
        refused = tocsin(home, "add", *arguments)
        assert refused.returncode == WRONG_USE
        assert words in refused.stderr
    assert (home / "people.toml").read_text() == text
    (listed,) = records(tocsin(home, "list", "ilse", "--json").stdout)
    assert listed["ways"] == [{"kind": "telephone", "to": "internal 4321", "note": ""}]
    assert b"read by Dora" in tocsin(home, "list").stdout


def test_address_books_and_tables_are_imported(home: Path) -> None:
    (home / "in.vcf").write_text(CARDS)
    (home / "in.csv").write_text(TABLE)
    shown = tocsin(home, "import", home / "in.vcf", "--dry-run")
    assert b"2 people would be added" in shown.stdout
    assert not (home / "people.toml").exists()
    assert tocsin(home, "import", home / "in.vcf").returncode == 0
    table = tocsin(home, "import", home / "in.csv")
    assert table.returncode == UNREAD
    assert b"Nobody" in table.stderr
    assert b"has no mail address" in table.stderr
    again = tocsin(home, "import", home / "in.vcf")
    assert again.returncode == 0
    assert b"0 people added, 2 left out" in again.stdout
    people = load_people(home / "people.toml")
    zoe, juergen, omar = people.owners
    assert (zoe.name, zoe.organisation, zoe.addresses) == (
        "Zoë Ålund",
        "Parliament, lower house",
        ("zoe@parliament.example", "zoe@home.example"),
    )
    assert juergen.name == "Jürgen Müller"
    assert (omar.languages, omar.organisation) == (("fr", "en"), 'Press "Daily"')
    contacts = {one.person: one for one in people.contacts}
    assert contacts["zoe@parliament.example"].private == ("zoe@home.example",)
    assert contacts["zoe@parliament.example"].ways[0].to == "internal 77"
    assert contacts["jm@haus.example"].ways[0].to == "Straße 1, Stadt, 1000, DE"
    assert "evil" not in (home / "people.toml").read_text()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"name,shoe size\nA,38\n", "is no column that is known"),
        (b"name\nA\n", "there is no column addresses"),
        (b"addresses,addresses\na@b.example,c@d.example\n", "twice"),
        (b"addresses\na@b.example,more\n", "has 2 fields"),
        (b"addresses,retention_days\na@b.example,long\n", "whole number"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"addresses\n\xff\n", "is not UTF-8"),
        (b"addresses\n\0\n", "zero bytes"),
        (b"BEGIN:VCARD\nFN:A\n", "does not end"),
        (b"BEGIN:VCARD\nBEGIN:VCARD\n", "another card begins"),
    ],
)
def test_files_that_cannot_be_imported_are_said(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "in").write_bytes(data)
    with pytest.raises(PeopleError, match=words):
        read_import(tmp_path / "in")


def test_hostile_values_stay_values(tmp_path: Path) -> None:
    name = 'A"\n[[person]]\nname = "B\x7f\x1b[31m\u202e'
    told = add_people(
        tmp_path / "p.toml",
        [Newcomer(Owner(("a@b.example",), name, "O'x"), Contact("a@b.example", mandate="\\u0041\ud800"))],
    )
    assert [one.why for one in told] == [""]
    (owner,) = load_people(tmp_path / "p.toml").owners
    assert owner.name == name.strip()
    assert (tmp_path / "p.toml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("hashes", [(), ("--hash-addresses",)])
def test_a_sealed_list_is_read_by_its_key_alone(home: Path, hashes: tuple[str, ...]) -> None:
    (home / "people.toml").write_text(
        '[matching]\nrenamed = { "old.test" = "house.test" }\n[[person]]\nname = "Ann Ander"\n'
        'addresses = ["ann@house.test"]\norganisation = "House"\n'
    )
    mbox(
        home / "in.mbox",
        [mail(n).replace(b"lena.maes@parliament.example", b"Ann+x@OLD.test") for n in range(3)],
    )
    before = run("scan", home / "in.mbox", "--json", "--people", home / "people.toml", home=home).stdout
    sealed = tocsin(home, "seal", *hashes)
    assert sealed.returncode == 0
    data = (home / "people.toml").read_bytes()
    assert b"Ann" not in data
    assert b"house.test" not in data
    after = run("scan", home / "in.mbox", "--json", "--people", home / "people.toml", home=home).stdout
    owners = {one["owner"] for one in records(after)}
    if hashes:
        (owner,) = owners
        assert owner.startswith("hash:")
        assert "ann@" not in tocsin(home, "open").stdout.decode()
    else:
        assert owners == {one["owner"] for one in records(before)} == {"ann@house.test"}
        assert tocsin(home, "add", "Bo", "--address", "bo@house.test").returncode == 0
        assert len(records(tocsin(home, "list", "--json").stdout)) == 2
    assert b"is sealed already" in tocsin(home, "seal").stderr
    changed = bytearray((home / "people.toml").read_bytes())
    changed[-1] ^= 1
    (home / "people.toml").write_bytes(bytes(changed))
    assert b"does not open with its key" in tocsin(home, "list").stderr
    changed[-1] ^= 1
    (home / "people.toml").write_bytes(bytes(changed))
    (key,) = (home / "data/tocsin/keys").iterdir()
    os.remove(key)
    refused = tocsin(home, "list")
    assert refused.returncode == WRONG_USE
    assert b"its key is not here" in refused.stderr


def test_a_hashed_list_that_is_sealed_again_keeps_its_key(home: Path) -> None:
    text = '[[person]]\nname = "Ann Ander"\naddresses = ["ann@house.test"]\norganisation = "House"\n'
    (home / "people.toml").write_text(text)
    assert tocsin(home, "seal", "--hash-addresses").returncode == 0
    sealed = (home / "people.toml").read_bytes()
    opened = tocsin(home, "open").stdout.decode()
    mbox(home / "in.mbox", [mail(1).replace(b"lena.maes@parliament.example", b"ann@house.test")])

    def owner() -> str:
        told = run("scan", home / "in.mbox", "--json", "--people", home / "people.toml", home=home).stdout
        return str(records(told)[0]["owner"])

    before = owner()
    assert before.startswith("hash:")
    (home / "open.toml").write_text(opened.replace("Ann Ander", "Ann A. Ander"))
    refused = run("people", "seal", "--people", home / "open.toml", home=home)
    assert refused.returncode == WRONG_USE
    assert b"mean nothing under a new key" in refused.stderr
    assert (home / "open.toml").read_text() == opened.replace("Ann Ander", "Ann A. Ander")
    again = run("people", "seal", "--people", home / "open.toml", "-o", home / "people.toml", home=home)
    assert again.returncode == 0
    assert (home / "people.toml").read_bytes() != sealed
    assert owner() == before
    assert "Ann A. Ander" in tocsin(home, "open").stdout.decode()


def test_what_cannot_be_hashed_stays_as_it_was(home: Path) -> None:
    text = '[[person]]\naddresses = ["ann@house.test", "ann@localhost"]\n'
    (home / "people.toml").write_text(text)
    refused = tocsin(home, "seal", "--hash-addresses")
    assert refused.returncode == WRONG_USE
    assert b"ann@localhost cannot be hashed" in refused.stderr
    assert (home / "people.toml").read_text() == text
    assert tocsin(home, "seal").returncode == 0
