"""`tocsin exercise` as people use it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from tocsin.cli.exercise import command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_list_names_every_scenario() -> None:
    result = run("--list")
    assert result.exit_code == 0
    for name in ("all", "january", "mass-mail-news-agency", "ordinary-mail"):
        assert name in result.output
    rows = [json.loads(line) for line in run("--list", "--json").output.splitlines()]
    assert {"schema", "name", "title", "side", "label"} <= set(rows[0])


def test_writes_and_says_what(tmp_path: Path) -> None:
    target = tmp_path / "out"
    result = run("bec-pixel", "-o", str(target), "--json")
    assert result.exit_code == 0
    said = json.loads(result.output)
    assert said["mails"] == len((target / "truth.jsonl").read_text("utf-8").splitlines())
    assert {Path(name).name for name in said["files"]} == {path.name for path in target.iterdir()}


def test_a_full_folder_is_refused_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "mine.mbox").write_text("my own mail", "utf-8")
    refused = run("bec-pixel", "-o", str(tmp_path))
    assert refused.exit_code == 2
    assert "not empty" in refused.output
    assert "--force" in refused.output
    assert run("bec-pixel", "-o", str(tmp_path), "--force").exit_code == 0
    assert (tmp_path / "mine.mbox").read_text("utf-8") == "my own mail"


def test_force_replaces_the_mailboxes_of_an_earlier_exercise(tmp_path: Path) -> None:
    assert run("bec-pixel", "-o", str(tmp_path), "--people", "8").exit_code == 0
    assert run("bec-pixel", "-o", str(tmp_path), "--people", "3", "--force").exit_code == 0
    assert len(list(tmp_path.glob("*.mbox"))) == 3


def test_wrong_use_says_what_to_do(tmp_path: Path) -> None:
    for arguments, words in (
        ((), "--list"),
        (("january",), "-o DIR"),
        (("januray", "-o", str(tmp_path / "a")), "january"),
        (("january", "-o", str(tmp_path / "b"), "--people", "1"), "--people"),
        (("january", "-o", str(tmp_path / "c"), "--scale", "0"), "--scale"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert words in result.output
