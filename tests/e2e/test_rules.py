"""`tocsin rules check`, and scans with an operator's own rules, as a user runs them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailboxes import mail, mbox, phone_home_mailbox
from tests.e2e.running import ALERT, UNREAD, WRONG_USE, run
from tests.e2e.test_scan import records
from tests.e2e.test_zero_contact import TOCSIN, contacts, needs_strace, traced

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "rules"
FAILED = 1

RULE = """\
rules:
  - id: report-desk
    title: The mail comes from the desk that we know.
    source: A test.
    weight: {reconnaissance: 2.0}
    indicator: true
    match: {sender.domain: news-desk.test}
    examples:
      hit: [{fields: {sender.domain: news-desk.test}}]
      miss: [{fields: {sender.domain: other.test}}]
"""
YARA = """\
rule KnownMark {
  meta:
    title = "The mail bears a mark that we know."
    source = "A test."
    weight = 1.5
  strings:
    $mark = "mark-7f3a"
  condition:
    $mark
}
"""
SLOW = """\
rule Slow {
  strings:
    $a = "a"
  condition:
    $a and for all i in (0..100000000) : (uint8(i % filesize) != 0 or for any j in (0..100000) : (uint8(j) == i))
}
"""


def check(*arguments: str | Path, home: Path) -> tuple[int, dict[str, Any]]:
    result = run("rules", "check", *arguments, "--json", home=home)
    return result.returncode, json.loads(result.stdout) if result.stdout else {}


def refused(rule: Path, home: Path) -> str:
    result = run("rules", "check", rule, home=home)
    assert result.returncode == WRONG_USE
    assert result.stdout == b""
    return result.stderr.decode()


def test_the_examples_of_the_docs_hold(tmp_path: Path) -> None:
    code, record = check(EXAMPLES, home=tmp_path)
    assert code == 0
    assert record["proven"]
    assert record["examples"] == 17
    assert record["warnings"] == []
    text = run("rules", "check", EXAMPLES, home=tmp_path).stdout.decode()
    assert "All 17 examples of 6 rules hold." in text


def test_an_example_that_fails_tells_what_the_rule_saw(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text(
        RULE.replace("other.test", "news-desk.test").replace("hit: [", "hit: [{fields: {subject: X}}, ")
    )
    result = run("rules", "check", rule, home=tmp_path)
    text = " ".join(result.stdout.decode().split())
    assert result.returncode == FAILED
    assert "2 of 3 examples do not hold" in text
    assert "should hit and misses" in text
    assert "should miss and hits" in text
    assert "sender.domain equals 'news-desk[.]test'; saw nothing that is known" in text
    code, record = check(rule, home=tmp_path)
    assert code == FAILED
    assert [one["expected"] for one in record["failed"]] == [True, False]


def test_hits_in_benign_mail_are_counted_with_their_interval(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text(RULE)
    box = mbox(tmp_path / "box.mbox", [mail(n) for n in range(8)] + [mail(9, From="A <a@other.test>")] * 1)
    code, record = check(rule, "--benign", box, home=tmp_path)
    (measured,) = record["measured"]
    assert code == 0
    assert (record["mails"], measured["hits"], len(measured["mails"])) == (9, 8, 5)
    assert measured["share"] == pytest.approx(8 / 9)
    assert measured["upper"] == pytest.approx(0.9801, abs=1e-3)
    assert ["more than 0.1%" in one["text"] for one in record["warnings"]] == [True]
    text = run("rules", "check", rule, "--benign", box, home=tmp_path).stdout.decode()
    assert "88.889%" in text


def test_a_yara_rule_without_a_weight_is_counted_and_weighs_nothing(tmp_path: Path) -> None:
    rule = tmp_path / "own.yar"
    rule.write_text(YARA.replace("    weight = 1.5\n", ""))
    box = mbox(tmp_path / "box.mbox", [mail(1, html="<p>mark-7f3a</p>"), mail(2)])
    code, record = check(rule, "--benign", box, home=tmp_path)
    assert (code, record["measured"][0]["hits"], record["warnings"]) == (0, 1, [])
    result = run("scan", box, "--rules", rule, "--json", home=tmp_path)
    assert b"rule:KnownMark" not in result.stdout


def test_a_mail_can_come_with_a_past(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    past = '- {mail: "From: a@b.test\\n\\nx", context: {replied: %s}}'
    head = RULE.partition("    match:")[0]
    lines = [
        "    match: {not: {context.replied: true}}",
        "    examples:",
        "      hit:",
        "        " + past % "false",
    ]
    rule.write_text("\n".join([head.rstrip(), *lines, "      miss:", "        " + past % "true", ""]))
    assert check(rule, home=tmp_path)[0] == 0


def test_a_rule_that_alarms_alone_or_has_no_examples_is_worth_a_word(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text(RULE.partition("    examples:")[0].replace("{reconnaissance: 2.0}", "{phishing: 6}"))
    code, record = check(rule, home=tmp_path)
    assert code == 0
    said = " ".join(one["text"] for one in record["warnings"])
    assert "alone makes an alert for phishing" in said
    assert "no example of a hit and miss" in said


def test_benign_mail_that_cannot_be_read_is_an_exit_code(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text(RULE)
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "broken.pst").write_bytes(b"!BDN" + b"\xff" * 600)
    mbox(folder / "box.mbox", [mail(1)])
    code, record = check(rule, "--benign", folder, home=tmp_path)
    assert code == UNREAD
    assert record["mails"] == 1
    missing = run("rules", "check", rule, "--benign", tmp_path / "nowhere", home=tmp_path)
    assert missing.returncode == WRONG_USE


def test_hits_are_reasons_of_a_scan(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(RULE)
    (tmp_path / "rules" / "own.yar").write_text(YARA)
    box = mbox(tmp_path / "box.mbox", [mail(1, html="<p>mark-7f3a</p>"), mail(2, From="A <a@other.test>")])
    result = run("scan", box, "--rules", tmp_path / "rules", "--json", home=tmp_path)
    first, second = sorted(
        (one for one in records(result.stdout) if one["schema"] == "tocsin.mail/1"),
        key=lambda one: one["message_id"],
    )
    reasons = {one["detector"]: one for one in first["verdict"]["for"]}
    assert reasons["rule:report-desk"]["text"] == "The mail comes from the desk that we know."
    assert reasons["rule:KnownMark"]["weight"] == 1.5
    assert first["verdict"]["indicator"]
    assert not second["verdict"]["indicator"]
    assert "rule:" not in json.dumps(second["verdict"])
    told = run("explain", first["sha256"], "--in", box, "--rules", tmp_path / "rules", home=tmp_path)
    assert "rule:report-desk" in told.stdout.decode()
    assert "yara: KnownMark" in told.stdout.decode()


def test_yara_sees_parts_as_they_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "own.yar").write_text(YARA)
    (tmp_path / "own.yaml").write_text(
        "yara:\n  - rule: KnownMark\n    examples:\n      hit: [{file: m.eml}]\n"
    )
    head = b"From: a@b.test\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
    (tmp_path / "m.eml").write_bytes(head + b"PHA+bWFyay03ZjNhPC9wPgo=\n")
    assert b"mark-7f3a" not in (tmp_path / "m.eml").read_bytes()
    code, record = check(tmp_path, home=tmp_path)
    assert (code, record["examples"]) == (0, 1)


def test_yara_rules_that_take_too_long_are_stopped_and_said(tmp_path: Path) -> None:
    (tmp_path / "slow.yar").write_text(SLOW)
    box = mbox(tmp_path / "box.mbox", [mail(1)])
    result = run("scan", box, "--rules", tmp_path / "slow.yar", "--json", home=tmp_path)
    (record,) = records(result.stdout)
    assert result.returncode == UNREAD
    assert any("YARA rules took too long" in said for said in record["verdict"]["not_evaluated"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('include "other.yar"\nrule a { condition: true }', "include statements not allowed"),
        ('import "cuckoo"\nrule a { condition: cuckoo.sync.mutex(/x/) }', "imports 'cuckoo', not offered"),
        ("rule a { condition: unheard }", "line 1: unknown identifier"),
        ("rule a { condition: true }\nrule a { condition: true }", "line 2: duplicate rule"),
        (YARA.replace("1.5", "60"), "expected nats from -6 to 6"),
        (
            YARA.replace('    title = "The mail bears a mark that we know."\n', ""),
            "has a weight but no title",
        ),
        ("rule \xff", "is not UTF-8"),
    ],
)
def test_yara_rules_that_cannot_be_used_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    rule = tmp_path / "bad.yar"
    rule.write_bytes(text.encode("latin-1"))
    (tmp_path / "other.yar").write_text("rule other { condition: true }")
    assert expected in " ".join(refused(rule, tmp_path).split())


def test_things_that_are_no_files_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(RULE)
    os.mkfifo(tmp_path / "pipe.yaml")
    assert check(tmp_path, home=tmp_path)[0] == 0
    assert "not an ordinary file" in refused(tmp_path / "pipe.yaml", tmp_path)


@needs_strace
def test_checking_makes_no_network_call(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    box = phone_home_mailbox(tmp_path)
    result = traced([*TOCSIN, "rules", "check", str(EXAMPLES), "--benign", str(box)], trace)
    assert result.returncode == 0, result.stderr.decode()
    assert b"All 17 examples" in result.stdout
    assert contacts(trace) == []


def test_ids_are_taken_once_across_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE)
    (tmp_path / "b.yaml").write_text(RULE)
    said = refused(tmp_path, tmp_path)
    assert "b.yaml, line 2: rule 'report-desk' stands in" in said


@pytest.mark.parametrize("name", ["nothing", "rules.txt", "empty"])
def test_paths_without_rules_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "rules.txt").write_text(RULE)
    (tmp_path / "empty").mkdir()
    assert "Error" in refused(tmp_path / name, tmp_path)


def test_a_scan_with_rules_that_cannot_be_used_does_not_begin(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text(RULE.replace("sender.domain", "sender.domian", 1))
    box = mbox(tmp_path / "box.mbox", [mail(1)])
    result = run("scan", box, "--rules", rule, "--json", home=tmp_path)
    assert result.returncode == WRONG_USE
    assert b"did you mean 'sender.domain'?" in result.stderr


def test_examples_lie_beside_their_rule(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    for name in ("../outside.eml", "/etc/hostname", "absent.eml"):
        rule.write_text(RULE.replace("hit: [", f"hit: [{{file: {name}}}, "))
        code, record = check(rule, home=tmp_path)
        assert code == FAILED
        (failed,) = record["failed"]
        assert failed["hit"] is None
        assert name in failed["saw"][0]


def test_a_folder_of_thousands_of_files_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number}.yaml").write_text(RULE.replace("report-desk", f"desk-{number}"))
    (folder / "bytes.yaml").write_bytes(b"rules:\n  - \xff\xfe")
    said = refused(folder, tmp_path)
    assert "bytes.yaml, line 2: is not UTF-8" in said
    (folder / "bytes.yaml").unlink()
    code, record = check(folder, home=tmp_path)
    assert (code, record["rules"]) == (0, 2000)


def test_rules_come_from_the_settings_as_well(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(RULE)
    (tmp_path / "config.toml").write_text('rules = "own.yaml"\n')
    code, record = check("--config", tmp_path / "config.toml", home=tmp_path)
    assert (code, record["rules"]) == (0, 1)
    assert run("rules", "check", home=tmp_path).returncode == WRONG_USE


def test_a_rule_can_tip_the_scale(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text(RULE.replace("{reconnaissance: 2.0}", "{phishing: 6}"))
    box = mbox(tmp_path / "box.mbox", [mail(1, html='<p>Log in</p><a href="https://x.test/">Log in</a>')])
    result = run("scan", box, "--rules", rule, "--json", home=tmp_path)
    assert result.returncode == ALERT
    (record,) = [one for one in records(result.stdout) if one["schema"] == "tocsin.mail/1"]
    assert record["verdict"]["class"] == "phishing"
