"""people.toml: what it gives, and how its mistakes are said."""

from __future__ import annotations

from pathlib import Path

import pytest

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
