"""people.toml: what it gives, and how its mistakes are said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.matching import AddressBook
from tocsin.app.people import PeopleError, load_people, parse_people

WHOLE = """
[[person]]
name = "Ilse Verhoeven"
addresses = ["Ilse.Verhoeven@Chamber.example", "ilse@post.example"]
organisation = "Chamber of Deputies"
country = "BE"
languages = ["NL", "fr"]
topics = ["trade"]
protected = false
"""


def test_everything_written_is_read() -> None:
    (owner,) = parse_people(WHOLE).owners
    assert owner.addresses == ("ilse.verhoeven@chamber.example", "ilse@post.example")
    assert (owner.name, owner.organisation, owner.country) == ("Ilse Verhoeven", "Chamber of Deputies", "BE")
    assert (owner.languages, owner.topics, owner.protected) == (("nl", "fr"), ("trade",), False)


def test_an_address_is_enough() -> None:
    (owner,) = parse_people('[[person]]\naddresses = ["ann@house.example"]').owners
    assert (owner.name, owner.organisation, owner.protected) == ("ann@house.example", "house.example", True)


def test_an_empty_file_names_nobody() -> None:
    assert parse_people("").owners == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[person]]\nadresses = ["a@b.example"]', "did you mean 'addresses'"),
        ('[[persons]]\naddresses = ["a@b.example"]', "did you mean 'person'"),
        ('[person]\naddresses = ["a@b.example"]', "two brackets"),
        ('[[person]]\nname = "Ann"', "no addresses"),
        ('[[person]]\naddresses = "a@b.example"', "list of texts"),
        ('[[person]]\naddresses = ["house.example"]', "not a mail address"),
        ('[[person]]\naddresses = ["a@b.example"]\nname = 3', "text in quotes"),
        ('[[person]]\naddresses = ["a@b.example"]\nprotected = "yes"', "true or false"),
        (
            '[[person]]\nname = "A"\naddresses = ["a@b.example"]\n[[person]]\naddresses = ["A@b.example"]',
            "belongs to both",
        ),
        ("[[person]", "not valid TOML"),
        ('[[person]]\naddresses = ["a@b.example"]\nshoe_size = 38', "known here"),
    ],
)
def test_mistakes_are_said_with_their_place(text: str, says: str) -> None:
    with pytest.raises(PeopleError, match=r"people\.toml") as error:
        parse_people(text)
    assert says in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="cannot be read"):
        load_people(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b'[[person]]\nname = "\xe9"')
    with pytest.raises(PeopleError, match="not UTF-8"):
        load_people(tmp_path / "latin.toml")


@pytest.mark.skipif(not Path("/dev/zero").is_char_device(), reason="needs /dev/zero")
def test_an_endless_file_is_refused() -> None:
    with pytest.raises(PeopleError, match="no list of people"):
        load_people(Path("/dev/zero"))


CONTACTS = """
[matching]
renamed = { "old.example" = "chamber.example", "older.example" = "old.example" }

[[person]]
name = "Ilse Verhoeven"
addresses = ["ilse.verhoeven@chamber.example", "ilse.v@gmail.com"]
private = ["ilse.v@gmail.com"]
roles = ["rapporteur"]
groups = ["committee on trade"]
mandate = "written request, 3 May"
retention_days = 90
pictures = "blocked"
reads_with = ["Thunderbird"]

[[person.way]]
kind = "telephone"
to = "internal 4321"

[[person.delegate]]
name = "Dora Delegate"
address = "Dora@chamber.example"
languages = ["FR"]
[[person.delegate.way]]
kind = "in-person"
to = "room 4.12"

[[person]]
addresses = ["omar@chamber.example"]
"""


def test_how_people_are_reached_is_read() -> None:
    people = parse_people(CONTACTS)
    (contact,) = people.contacts
    assert contact.person == "ilse.verhoeven@chamber.example"
    assert (contact.private, contact.pictures, contact.retention_days) == (
        ("ilse.v@gmail.com",),
        "blocked",
        90,
    )
    assert [(way.kind, way.to) for way in contact.ways] == [("telephone", "internal 4321")]
    (delegate,) = contact.delegates
    assert (delegate.address, delegate.languages, delegate.ways[0].to) == (
        "dora@chamber.example",
        ("fr",),
        "room 4.12",
    )
    assert people.renamed == (("old.example", "chamber.example"), ("older.example", "chamber.example"))


@pytest.mark.parametrize(
    ("address", "person"),
    [
        ("ilse.verhoeven@chamber.example", "ilse.verhoeven@chamber.example"),
        ("Ilse.Verhoeven@Chamber.EXAMPLE", "ilse.verhoeven@chamber.example"),
        ("ilse.verhoeven+news@chamber.example", "ilse.verhoeven@chamber.example"),
        ("ilsev+x@googlemail.com", "ilse.verhoeven@chamber.example"),
        ("ilseverhoeven@chamber.example", None),
        ("ilse.verhoeven@older.example", "ilse.verhoeven@chamber.example"),
        ("omar@old.example", "omar@chamber.example"),
        ("omar@elsewhere.example", None),
        ("", None),
    ],
)
def test_any_form_of_an_address_leads_to_its_person(address: str, person: str | None) -> None:
    book = AddressBook(parse_people(CONTACTS))
    assert book.get(address) == person
    assert (address in book) is (person is not None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('private = ["x@y.example"]', "none of the person's addresses"),
        ('pictures = "perhaps"', '"shown" or "blocked"'),
        ("retention_days = 0", "whole number of days"),
        ('[[person.way]]\nkind = "pigeon"\nto = "x"', "expected one of telephone"),
        ('[[person.way]]\nkind = "telephone"', "no to"),
        ('[[person.way]]\nkind = "mail"\nto = "nobody"', "not a mail address"),
        ('[[person.delegate]]\nrole = "assistant"', "no name"),
        ('[[person.delegate]]\nname = "D"\nadress = "x"', "did you mean 'address'"),
        ('[person.way]\nkind = "mail"', "two brackets"),
        ('[matching]\nrenamed = { "a.example" = "b.example", "b.example" = "a.example" }', "back to itself"),
        ('[matching]\nrenamed = ["a.example"]', "expected renamed ="),
        ("[matching]\nrenames = {}", "did you mean 'renamed'"),
        ('[[person]]\nname = "B"\naddresses = ["ann+x@house.example"]', "come to one mailbox"),
    ],
)
def test_mistakes_in_contacts_are_said(text: str, says: str) -> None:
    with pytest.raises(PeopleError) as error:
        parse_people(f'[[person]]\nname = "A"\naddresses = ["ann@house.example"]\n{text}')
    assert says in str(error.value)
