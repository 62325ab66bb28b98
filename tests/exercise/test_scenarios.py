"""Scenario files: what is refused, and how it is said."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from tocsin.app.scenarios import ExerciseError, load_cast, load_scenario, parse_scenario
from tocsin.exercise.hosts import foreign_hosts
from tocsin.model.scenario import Scenario

SOURCE = Path(__file__).parents[2] / "src" / "tocsin"
GOOD = """\
name: mine
title: A scenario of my own
side: hostile
label: reconnaissance
sources: [none]
plan: {campaigns: 1, reach: several}
senders:
  - {name: Desk, address: desk@desk.test, mechanics: [a], hosts: {beacon: b.desk.invalid}}
mechanics:
  a: {beacons: [pixel], beacon_url: ["https://{beacon}/{hex32}.gif"]}
texts:
  - {lang: en, subject: Hello, body: "{hi}"}
"""


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, "utf-8")
    scenario = load_scenario(str(path), load_cast())
    assert isinstance(scenario, Scenario)
    assert scenario.name == "mine"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("b.desk.invalid", "b.desk.com", ("line 8", "b.desk.com", "reserved")),
        ("desk@desk.test", "desk@desk.org", ("line 8", "desk.org")),
        ("https://{beacon}/", "https://evil{hex8}.net/", ("line 10", "net")),
        ("https://{beacon}/", "http://8.8.8.8/", ("line 10", "8.8.8.8")),
        ("https://{beacon}/", "https://intranet/", ("line 10", "intranet")),
        ("beacon: b.desk.invalid", "beacon: intranet", ("senders[0]", "intranet")),
        ("{hi}", "see paper.org for more", ("line 12", "paper.org")),
        ("beacons:", "becons:", ("line 10", "'becons'", "'beacons'")),
        ("side: hostile", "side: nasty", ("nasty",)),
        ("side: hostile", "side: hostile\nstratum: ordinary", ("stratum", "'ordinary'", "hostile")),
        ("texts:", "steps: [{text: first, otherwise: warm}]\ntexts:", ("'warm'",)),
        ("[pixel]", "[pixle]", ("pixle",)),
        ("mechanics: [a]", "mechanics: [b]", ("senders[0]", "'b'")),
        ("hosts: {b", "service: exercise-bulkwel, hosts: {b", ("'exercise-bulkwel'", "'exercise-bulkwell'")),
        ("texts:", "borrow: [newz]\ntexts:", ("'newz'", "'news'")),
        ("title: A", "title: [A", ("line 3", "not valid YAML")),
        ("sources: [none]", "sources: [none]\nstart: soon", ("soon", "date")),
        ("sources: [none]", "sources: [none]\ndays: 0", ("days",)),
    ],
)  # fmt: skip
def test_faults_are_said_with_their_place(old: str, new: str, said: tuple[str, ...]) -> None:
    assert old in GOOD
    with pytest.raises(ExerciseError) as raised:
        parse_scenario(GOOD.replace(old, new, 1), "mine.yaml", load_cast())
    assert "mine.yaml" in str(raised.value)
    for words in said:
        assert words in str(raised.value)


def test_yaml_makes_no_objects() -> None:
    with pytest.raises(ExerciseError):
        parse_scenario("name: !!python/object/apply:os.getcwd []\n", "mine.yaml", load_cast())


def test_not_a_mapping() -> None:
    with pytest.raises(ExerciseError, match="mapping"):
        parse_scenario("- one\n- two\n", "mine.yaml", load_cast())


def test_unknown_scenario_names_the_nearest_and_all() -> None:
    with pytest.raises(ExerciseError) as raised:
        load_scenario("januray", load_cast())
    assert "'january'" in str(raised.value)
    assert "mass-mail-news-agency" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://a.example/x.gif", ()),
        ("write to jan.peeters@post.test", ()),
        ("spf=pass smtp.mailfrom=a.test header.from=b.invalid header.d=c.example", ()),
        ("see report.pdf and z.B. this", ()),
        ("[192.0.2.7] 203.0.113.9", ()),
        ("http://203.0.113.9/a", ()),
        ("http://10.0.0.1/a", ("10.0.0.1",)),
        ("//cdn.site.net and www.site.org", ("cdn.site.net", "www.site.org")),
        ("a@b.com", ("b.com",)),
        ("https://localhost/", ()),
        ("a.example.com", ("a.example.com",)),
        ("https://münchen.de/", ("münchen.de",)),
    ],
)
def test_foreign_hosts(text: str, found: tuple[str, ...]) -> None:
    assert foreign_hosts(text) == found


def test_services_are_those_of_the_alias_table() -> None:
    table = tomllib.loads((SOURCE / "data" / "exercise-aliases.toml").read_text("utf-8"))
    hosts = {vendor["id"]: (*vendor["hosts"], *vendor["senders"]) for vendor in table["vendor"]}
    for name, service in load_cast().services.items():
        urls = (service.open_url, service.click_url, service.unsubscribe_url, service.picture_url)
        used = [url.split("/")[2] for url in urls if url] + [service.domain]
        used += [host for host in (service.relay, service.bounce.rpartition("@")[2]) if host]
        for host in used:
            assert any(host == known or host.endswith("." + known) for known in hosts[name]), (name, host)


def test_exercises_cannot_send() -> None:
    paths = [
        *(SOURCE / "exercise").glob("*.py"),
        *(SOURCE / layer / "exercise.py" for layer in ("app", "cli")),
    ]
    paths.append(SOURCE / "app" / "scenarios.py")
    banned = (
        "smtplib",
        "socket",
        "http",
        "urllib.request",
        "asyncio",
        "ssl",
        "ftplib",
        "subprocess",
        "email",
    )
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            for module in modules:
                assert not any(module == name or module.startswith(name + ".") for name in banned), path
