"""`tocsin scan` and `tocsin explain` as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.e2e.mailboxes import OWNER, mail, mbox, phone_home_mailbox

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def tocsin(
    *arguments: str | Path, home: Path | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    environment = dict(os.environ)
    if home is not None:
        environment |= {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "c"),
            "XDG_STATE_HOME": str(home / "s"),
        }
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *map(str, arguments)],
        input=stdin, capture_output=True, timeout=120, check=False, env=environment,
    )  # fmt: skip


def records(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def check_schema(record: dict[str, Any]) -> None:
    schema = json.loads((SCHEMAS / (record["schema"].replace("/", "-") + ".json")).read_text())
    jsonschema.validate(record, schema)


def test_json_keeps_the_contract(tmp_path: Path) -> None:
    result = tocsin("scan", phone_home_mailbox(tmp_path), "--json", home=tmp_path)
    found = records(result.stdout)
    assert len(found) == 5
    for record in found:
        check_schema(record)
        assert record["owner"] == OWNER
        assert record["occurrences"] == [record["source"]]
        assert set(record["verdict"]) >= {
            "class", "likelihood", "prior", "band", "alert", "for", "against", "not_evaluated",
        }  # fmt: skip
    techniques = {beacon["technique"] for record in found for beacon in record["beacons"]}
    assert {"image", "css-import", "css-image", "frame", "refresh", "svg", "media", "link"} <= techniques
    beacon = next(b for r in found for b in r["beacons"] if b["technique"] == "image")
    assert beacon["host"] == "192.0.2.7"
    assert beacon["personal"] == {"kind": "plain", "value": OWNER}
    assert beacon["trigger"] == "open"


def test_quiet_mail_exits_0(tmp_path: Path) -> None:
    path = mbox(tmp_path / "box.mbox", [mail(n) for n in range(3)])
    result = tocsin("scan", path, home=tmp_path)
    assert result.returncode == 0
    assert b"no sign" in result.stdout
    assert b"3 mails" in result.stdout


def test_an_alert_exits_1_and_defangs(tmp_path: Path) -> None:
    result = tocsin("scan", phone_home_mailbox(tmp_path), home=tmp_path)
    assert result.returncode == 1
    assert b"http://" not in result.stdout
    assert b"block remote pictures" in result.stdout


def test_something_unreadable_exits_3_and_the_rest_is_read(tmp_path: Path) -> None:
    mbox(tmp_path / "good.mbox", [mail(1)])
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04" + b"\x00" * 50)
    result = tocsin("scan", tmp_path, "--json", home=tmp_path.parent / "home")
    assert result.returncode == 3
    found = records(result.stdout)
    assert [r["schema"] for r in found].count("tocsin.mail/1") == 1
    error = next(r for r in found if r["schema"] == "tocsin.error/1")
    check_schema(error)
    assert "bad.zip" in error["source"]
    assert b"bad.zip" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scan", "/nowhere/box.mbox"), "there is no such file or folder"),
        (("scan",), "Missing argument"),
        (("scan", ".", "--threshold", "7"), "not in the range"),
        (("scan", ".", "--people", "/nowhere/people.toml"), "people.toml"),
        (("scan", ".", "--html", "/nowhere/page.html"), "that folder does not exist"),
        (("skan", "."), "Did you mean 'scan'"),
        (("explain", "nothing"), "there is no such file"),
    ],
)
def test_wrong_use_exits_2_and_says_why(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = tocsin(*arguments, home=tmp_path)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.decode().split())


def test_standard_input(tmp_path: Path) -> None:
    result = tocsin("scan", "-", "--json", "--quiet", home=tmp_path, stdin=mail(1, html="<p>Hello</p>"))
    (record,) = records(result.stdout)
    assert record["message_id"] == "1@news-desk.test"
    assert result.stderr == b""


def test_one_mail_twice_is_one_with_two_occurrences(tmp_path: Path) -> None:
    mbox(tmp_path / "a.mbox", [mail(1), mail(2), mail(1)])
    found = records(tocsin("scan", tmp_path / "a.mbox", "--json", home=tmp_path).stdout)
    assert sorted(len(record["occurrences"]) for record in found) == [1, 2]


def test_two_people_get_two_verdicts_on_one_mail(tmp_path: Path) -> None:
    same = mail(9, To="both@lists.test", Delivered_To="")
    for name in ("ann", "ben"):
        own = [mail(n, To=f"{name}@house.example", Delivered_To=f"{name}@house.example") for n in range(3)]
        mbox(tmp_path / f"{name}.mbox", [*own, same])
    found = records(
        tocsin("scan", tmp_path / "ann.mbox", tmp_path / "ben.mbox", "--json", home=tmp_path).stdout
    )
    owners = [record["owner"] for record in found if record["message_id"] == "9@news-desk.test"]
    assert sorted(owners) == ["ann@house.example", "ben@house.example"]


def test_the_same_input_gives_the_same_output(tmp_path: Path) -> None:
    path = mbox(
        tmp_path / "box.mbox", [mail(n, html=f'<img src="http://h{n}.test/a.gif">') for n in range(200)]
    )
    first = tocsin("scan", path, "--json", "--jobs", "1", home=tmp_path).stdout
    assert tocsin("scan", path, "--json", "--jobs", "3", home=tmp_path).stdout == first


def test_the_page_is_written_whole(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = tocsin("scan", phone_home_mailbox(tmp_path), "--html", page, home=tmp_path)
    assert str(page).encode() in result.stdout.replace(b"\n", b"")
    text = page.read_text(encoding="utf-8")
    assert "</html>" in text
    assert "tracker.example" not in text, "a host was not defanged"


def test_explain_by_file_digest_and_message_id(tmp_path: Path) -> None:
    box = phone_home_mailbox(tmp_path)
    record = records(tocsin("scan", box, "--json", home=tmp_path).stdout)[0]
    for wanted in (
        record["sha256"],
        record["sha256"][:12],
        record["message_id"],
        f"<{record['message_id']}>",
    ):
        (full,) = records(tocsin("explain", wanted, "--in", box, "--json", home=tmp_path).stdout)
        check_schema(full)
        assert full["mail"]["sha256"] == record["sha256"]
    # What was scanned last need not be named again.
    shown = tocsin("explain", record["sha256"], home=tmp_path).stdout
    assert record["sha256"].encode() in b"".join(shown.split())


def test_explain_asks_when_several_fit(tmp_path: Path) -> None:
    result = tocsin("explain", phone_home_mailbox(tmp_path), home=tmp_path)
    assert result.returncode == 2
    assert b"5 mails fit" in result.stderr


def test_bare_tocsin_guides(tmp_path: Path) -> None:
    result = tocsin(home=tmp_path)
    assert result.returncode == 0
    assert b"tocsin scan" in result.stdout
    assert len(result.stdout.splitlines()) <= 14


def test_version(tmp_path: Path) -> None:
    assert tocsin("--version", home=tmp_path).stdout.startswith(b"tocsin ")
