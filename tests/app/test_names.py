"""Lists of names: the shipped ones hold together, an operator's own comes first, and errors say what to change."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from tocsin.app.config import Config
from tocsin.app.names import SHIPPED, NamesError, decode_shipped_names, load_names
from tocsin.app.requests import RequestError, make_request
from tocsin.app.scan import Scan
from tocsin.model.names import KnownName
from tocsin.model.scan import Judged

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
    own = ENTRY.replace("harbour-post", shipped[0].id)
    entries = load_names(written(tmp_path, own)).entries
    assert [e.name for e in entries if e.id == shipped[0].id] == ["Harbour Post"]
    assert len(entries) == len(shipped)


def test_ids_of_the_shipped_names_are_unique() -> None:
    ids = [entry.id for entry in load_names().entries]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_quick_reading_of_a_shipped_list_is_that_of_toml(name: str) -> None:
    text = resources.files("tocsin").joinpath("data", name).read_text(encoding="utf-8")
    tables = tomllib.loads(text)["name"]
    quick = decode_shipped_names(text)
    assert len(quick) == len(tables)
    for entry, table in zip(quick, tables, strict=True):
        assert entry == msgspec.convert(table, KnownName)


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


def test_a_bad_list_is_said_before_any_mail_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, ENTRY.replace('"newspaper"', '"gazette"'))
    with pytest.raises(RequestError, match="kind is 'gazette'"):
        make_request(Config(names=file), [str(tmp_path)])


MAIL = """\
From: Harbour Post Newsroom <desk@{host}>
To: reader@house.example
Subject: Question
Date: Mon, 5 Feb 2024 10:00:00 +0000
Message-ID: <one@{host}>
Content-Type: text/html

<p>Hello, may I ask you something?</p><img src="https://t.river.test/p.gif" width=1 height=1>
"""


@pytest.mark.parametrize(
    ("host", "detector", "said"),
    [
        (
            "harbourpost-desk.test",
            "look-alike",
            "its domain harbourpost-desk.test joins the name of Harbour Post",
        ),
        ("river.test", "claimed-name", "this came from river.test"),
        ("mail.harbourpost.example", "", ""),
    ],
)
def test_names_handed_in_reach_the_verdict(tmp_path: Path, host: str, detector: str, said: str) -> None:
    mail = tmp_path / "one.eml"
    mail.write_text(MAIL.format(host=host), encoding="utf-8")
    scan = Scan(make_request(Config(names=written(tmp_path, ENTRY), jobs=1), [str(mail)]))
    try:
        (judged,) = (item for item in scan if isinstance(item, Judged))
    finally:
        scan.close()
    texts = {reason.detector: reason.text for reason in judged.verdict.for_}
    assert said in texts.get(detector, "")
    assert bool(detector) == bool({"look-alike", "claimed-name"} & set(texts))
