"""Lists of names: the shipped ones hold together, an operator's own comes first, and errors say what to change."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from tocsin.app.names import SHIPPED, NamesError, decode_shipped_names, load_names
from tocsin.model.names import KnownName

ENTRY = """
[[name]]
id = "harbour-post"
name = "Harbour Post"
kind = "newspaper"
domains = ["harbourpost.example"]
country = "BE"
source = "https://harbourpost.example"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "names.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_own_names_come_first(tmp_path: Path) -> None:
    names = load_names(written(tmp_path, ENTRY + 'aliases = ["The Post"]\n'))
    assert names.entries[0].name == "Harbour Post"
    assert names.entries[0].aliases == ("The Post",)
    assert names.entries[1:] == load_names().entries


def test_an_own_name_replaces_the_shipped_one_of_its_id(tmp_path: Path) -> None:
    shipped = load_names().entries
    if not shipped:
        pytest.skip("no list of names is shipped yet")
    own = ENTRY.replace("harbour-post", shipped[0].id)
    entries = load_names(written(tmp_path, own)).entries
    assert [e.name for e in entries if e.id == shipped[0].id] == ["Harbour Post"]
    assert len(entries) == len(shipped)


def test_ids_of_the_shipped_names_are_unique() -> None:
    ids = [entry.id for entry in load_names().entries]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_quick_reading_of_a_shipped_list_is_that_of_toml(name: str) -> None:
    file = resources.files("tocsin").joinpath("data", name)
    text = file.read_text(encoding="utf-8") if file.is_file() else ENTRY
    tables = tomllib.loads(text)["name"]
    quick = decode_shipped_names(text)
    assert len(quick) == len(tables)
    for entry, table in zip(quick, tables, strict=True):
        assert entry == KnownName(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 3", "expected [[name]]"),
        ("[[outlet]]\n", "unknown key 'outlet'"),
        ("[[name]\n", "not valid TOML"),
        ("[[name]]\nid = 1", "expected [[name]]"),
        (ENTRY + ENTRY, "stands there twice"),
        (ENTRY.replace("domains", "domain"), "did you mean 'domains'"),
        (ENTRY.replace('"newspaper"', '"newspapre"'), "did you mean 'newspaper'"),
        (ENTRY.replace('["harbourpost.example"]', "[]"), "domains is empty"),
        (ENTRY.replace('["harbourpost.example"]', '["https://harbourpost.example/"]'), "without scheme"),
        (ENTRY.replace('"harbour-post"', '"Harbour Post"'), "kebab case"),
        (ENTRY.replace('"BE"', '"Belgium"'), "two capitals"),
        (ENTRY.replace('"Harbour Post"', '" "'), "as people write it"),
    ],
)
def test_errors_say_what_to_change(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(NamesError) as error:
        load_names(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NamesError, match="cannot be read"):
        load_names(tmp_path / "none.toml")


def test_a_list_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "names.toml"
    file.write_bytes(ENTRY.replace("Harbour", "Hafen-Stra\xdfe").encode("latin-1"))
    with pytest.raises(NamesError, match="not UTF-8"):
        load_names(file)
