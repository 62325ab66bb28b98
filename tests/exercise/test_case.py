"""The mails of the whole case, and what is handed in with them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tocsin.app.exercise import Exercise, Request, make_exercise, write_exercise
from tocsin.app.scenarios import ExerciseError, load_cast, parse_scenario
from tocsin.app.story import load_play
from tocsin.exercise.hosts import foreign_hosts
from tocsin.exercise.proxy_log import picture

MIX = """
name: mine
title: a mix of my own
parts: {desk: 1, ordinary-mail: 0.1}
boxes: {early: "2025-01-06", late: "2025-03-01"}
own:
  - name: desk
    title: a made-up desk
    side: hostile
    label: reconnaissance
    sources: ["made up"]
    plan: {campaigns: 1, reach: all}
    senders:
      - {name: Desk, address: desk@desk.test, mechanics: [plain], hosts: {beacon: b.desk.invalid}}
    mechanics: {plain: {layout: letter, beacons: [pixel], beacon_url: ["https://{beacon}/{hex16}.gif"]}}
    texts: [{lang: en, subject: Hello, body: "{greeting}"}]
"""


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return make_exercise(Request("story"))


@pytest.fixture(scope="module")
def folder(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("case")
    write_exercise(exercise, folder, 1, force=False)
    return folder


def test_every_mail_lies_in_one_of_the_two_parts(exercise: Exercise, folder: Path) -> None:
    boxes = list(folder.glob("*/*.mbox"))
    mails = sum(map(_mails, boxes))
    maildir = list(folder.rglob("*.exercise*"))
    assert mails + len(maildir) == len(exercise.mails)
    truth = {json.loads(line)["sha256"] for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()}
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in maildir} <= truth
    assert not list(folder.glob("*.mbox"))


def _mails(path: Path) -> int:
    return len(re.findall(rb"(?m)^From ", path.read_bytes()))


def test_a_maildir_tells_what_its_program_has_shown(folder: Path) -> None:
    box = folder / "january/joke-verstraeten"
    assert {path.name for path in box.iterdir()} >= {"cur", "new", "tmp"}
    assert all(path.name.endswith(":2,S") for path in (box / "cur").iterdir())
    assert list((box / "new").iterdir())


def test_follow_ups_come_in_spring_and_some_call_nowhere(exercise: Exercise) -> None:
    agency = [mail for mail in exercise.mails if mail.scenario == "invented-agency"]
    assert {mail.at.strftime("%m") for mail in agency} >= {"01", "03", "04"}
    assert {mail.label for mail in agency} == {"reconnaissance", "no-sign"}
    assert all(b"http" not in mail.raw for mail in agency if mail.label == "no-sign")


def test_what_is_handed_in_names_reserved_hosts_and_says_exercise(exercise: Exercise) -> None:
    assert set(exercise.handed_in) >= {"intelligence.json", "claims.toml", "grey-heron.toml", "proxy.log"}
    for name, raw in exercise.handed_in.items():
        text = raw.decode()
        assert "EXERCISE" in text or name == "proxy.log", name
        if name.endswith((".json", ".log")):
            assert foreign_hosts(unquote(text)) == (), name
        assert not re.search(
            r"\b(?!192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)\d{1,3}(\.\d{1,3}){3}\b", text
        ), name


def test_one_line_of_the_log_asks_for_a_picture_of_the_readers_mail(exercise: Exercise) -> None:
    log = exercise.handed_in["proxy.log"].decode().splitlines()
    pictures = {
        picture(mail.raw) for mail in exercise.mails if mail.owner.startswith("joke.") and mail.campaign
    }
    asked = [line for line in log if line.split()[6] in pictures - {""}]
    assert len(asked) == 1
    assert "brinewater" in asked[0]
    assert len(log) > 20


def test_another_seed_plays_as_well() -> None:
    other = make_exercise(Request("story", seed=2, people=3))
    assert other.handed_in["proxy.log"]
    assert {mail.scenario for mail in other.mails} >= {"invented-agency"}


def test_a_mix_may_hold_scenarios_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MIX)
    made = make_exercise(Request(str(tmp_path / "mine.yaml")))
    assert any(mail.campaign and mail.scenario == "desk" for mail in made.mails)
    write_exercise(made, tmp_path / "out", 1, force=False)
    assert {path.parent.name for path in (tmp_path / "out").rglob("*.mbox")} == {"early", "late"}
    with pytest.raises(ExerciseError, match="exercise story --play"):
        load_play(made.case)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2025-03-01", "March", "late: 'March' is not a date"),
        (
            "mechanics: [plain]",
            "mechanics: [plane]",
            "mine.yaml: desk: senders[0]: no mechanics named 'plane'",
        ),
        ("boxes:", "boxen:", "unknown key 'boxen'"),
    ],
)
def test_faults_of_a_mix_are_said_with_their_place(old: str, new: str, said: str) -> None:
    with pytest.raises(ExerciseError) as raised:
        parse_scenario(MIX.replace(old, new), "mine.yaml", load_cast())
    assert said in str(raised.value)


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MIX + "case: elsewhere\n")
    with pytest.raises(ExerciseError, match="no case named 'elsewhere'"):
        make_exercise(Request(str(tmp_path / "mine.yaml")))
    (tmp_path / "mine.yaml").write_text(MIX + "case: ../../data\n")
    with pytest.raises(ExerciseError, match="no case named"):
        make_exercise(Request(str(tmp_path / "mine.yaml")))
