"""Text that mails, feeds and lists bring: it reaches no terminal, page, table or pattern as anything but text.

Two worlds of one shape are made: in one all that others wrote is plain, in the other it is meant to do something. What
the commands show of the second may have nothing that the first lacks, but letters.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import html5lib
import pypdfium2
import pypdfium2.raw as raw
import pytest
import stix2
from click.testing import CliRunner
from pymisp import MISPEvent
from stix2patterns.validator import run_validator

from tests.e2e.mailboxes import OWNER, START
from tocsin.exchange.stix_pattern import read_pattern
from tocsin.hunt.terms import leaves
from tocsin.mail.plain_json import UNSEEN

HOST = "pictures.strange.test"
READERS = (OWNER, "jan.peeters@parliament.example", "an.claes@parliament.example")
# What others could write, by what it is meant to do. None of it may do so anywhere.
PAYLOADS = {
    "terminal": "\x1b[2J\x1b]0;x\x07\x1b]8;;http://x.test\x07y \x1b[31m\x9b31m\x90q\x9c",
    "direction": "gpj.\u202eexe.\u2066a\u2069\u200f\u061c \u200b\ufeff\u2028\u2029\u0085\u00ad",
    "markup": "<script>alert(1)</script><svg onload=x><base href=//x.test>",
    "attribute": "\"><img src=http://x.test>' onmouseover='x' --> ]]> </title></style></textarea>",
    "typesetting": '#import "@preview/x:1.0.0": * #read("/etc/passwd") $ sum $ *b* _i_ `c` @x <l> \\ }{ )( ][ // /*',
    "format": "%s %(x)s %n {0} {name} {} {{x}} ${x} %1$s",
    "rich": "[bold red]x[/] [link=http://x.test]y[/link] [/nothing] :smile:",
    "table": "=cmd|'/c calc'!A0,\"x\";+1\t-1\r@SUM(1)",
    "pattern": "' OR file:name = 'x' \\' ] OR [ \\",
    "reference": "[read](http://x.test) ![x](http://x.test/x) <http://x.test> &amp; &#60;img&#62;",
    "file": "\u202efdp.exe/../../x\\..\\y.test\x00.pdf",
    "long": "long " * 20_000 + "tail",
    "bytes": "a\x00b\udce9\udc80c\x7f",
}
PLAIN = "Seven grey herons"


def _b(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _mail(number: int, text: str, reader: str) -> bytes:
    """A mail with a hidden picture; all that its writer chooses is `text`."""
    one = " ".join(text.split("\n"))
    safe = quote(_b(one)[:300])
    when = format_datetime(START + timedelta(hours=7 * number))
    raw_url = one[:200].replace(" ", "").replace(">", "").replace("\r", "").replace("\t", "")
    body = (
        f"<html><body><p>{'Here is what we talked about last week. ' * 6}{number}</p><p>"
        f'{one[:2000].replace("<", "&lt;")}</p><img src="http://{HOST}/p.gif?u={reader}&amp;x={safe}" width=1 height=1>'
        f"<img src='http://{HOST}/{raw_url}.gif' width=1 height=1>"
        f'<a href="http://{HOST}/{safe}">{one[:200].replace("<", "&lt;")}</a></body></html>'
    )
    encoded = "=?utf-8?b?" + base64.b64encode(_b(one)[:3000]).decode() + "?="
    return b"\n".join(
        (
            b"Received: from mx.strange.test (mx.strange.test [192.0.2.9]) by mx.parliament.example; "
            + _b(when),
            b'From: "'
            + _b(one.replace('"', '\\"').replace("\r", " "))
            + b'" <desk'
            + _b(re.sub(r"[^!-~]|[<>\"]", "", one)[:60])
            + b"@strange.test>",
            b"To: " + (encoded.encode()) + b" <" + reader.encode() + b">",
            b"Delivered-To: " + reader.encode(),
            b"Reply-To: " + encoded.encode() + b" <a@strange.test>",
            b"Subject: " + (_b(one.replace("\r", " ")) if number % 2 else encoded.encode()),
            b"Date: " + when.encode(),
            b"Message-ID: <" + str(number).encode() + _b(re.sub(r"\s", "", one)[:80]) + b"@strange.test>",
            b"X-Mailer: " + _b(one.replace("\r", " ")[:500]),
            b"List-Unsubscribe: <http://" + HOST.encode() + b"/" + safe.encode() + b">",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/mixed; boundary="b"',
            b"",
            b"--b",
            b"Content-Type: text/html; charset=utf-8",
            b"",
            _b(body),
            b"--b",
            b"Content-Type: application/octet-stream",
            b"Content-Disposition: attachment; filename*=utf-8''" + safe.encode(),
            b"",
            b"x",
            b"--b--",
            b"",
        )
    )


def _toml(text: str) -> str:
    """A TOML string; surrogates, which TOML has not, as the sign for a lost letter."""
    return json.dumps(text.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")


def _people(texts: list[str]) -> str:
    return "\n".join(
        f'[[person]]\nname = {_toml(text[:150])}\naddresses = ["{reader}"]\norganisation = {_toml(text[:150])}\n'
        f'sector = {_toml(text[:80])}\ncountry = "BE"\nlanguages = ["en"]\n'
        f'[[person.way]]\nkind = "telephone"\nto = {_toml(text[:80])}\nnote = {_toml(text[:80])}\n'
        for reader, text in zip(READERS, texts, strict=True)
    )


def _feed(texts: dict[str, str]) -> bytes:
    """A MISP event whose values, comments and names others wrote."""
    clean = {name: text.encode("utf-8", "replace").decode() for name, text in texts.items()}
    attributes = (
        [
            {
                "type": "domain",
                "category": "Network activity",
                "value": HOST,
                "to_ids": True,
                "comment": text[:5000],
                "uuid": f"00000000-0000-4000-8000-{number:012d}",
                "Tag": [{"name": f'misp-galaxy:threat-actor="{text[:200]}"'}],
            }
            for number, text in enumerate(clean.values())
        ]
        + [
            {
                "type": "email-subject",
                "category": "Payload delivery",
                "value": text[:3000],
                "to_ids": True,
                "comment": text[:300],
                "uuid": f"00000000-0000-4000-8001-{number:012d}",
            }
            for number, text in enumerate(clean.values())
        ]
        + [
            {
                "type": "url",
                "category": "Network activity",
                "value": f"http://{HOST}/{text[:300]}",
                "to_ids": True,
                "comment": text[:300],
                "uuid": f"00000000-0000-4000-8002-{number:012d}",
            }
            for number, text in enumerate(clean.values())
        ]
    )
    event = {"info": clean["markup"], "uuid": "00000000-0000-4000-8003-000000000000", "Attribute": attributes}
    return json.dumps({"response": [{"Event": event}]}).encode()


class World:
    """A folder in which commands were run, with all that they wrote."""

    def __init__(self, home: Path, texts: dict[str, str]) -> None:
        self.home, self.texts = home, texts
        self.said: dict[str, str] = {}
        self.errors: dict[str, str] = {}

    def run(self, *arguments: str | Path, name: str = "", codes: tuple[int, ...] = (0, 1)) -> str:
        """Run a command in this process, once for people; what it says is kept under `name`."""
        words = [str(one) for one in arguments]
        command = import_module(f"tocsin.cli.{words[0]}").command
        with mock.patch("tocsin.app.scan.close_network", return_value=""):
            result = CliRunner().invoke(command, words[1:], env={"COLUMNS": "100"})
        name = name or " ".join(words[:2])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise AssertionError(name) from result.exception
        assert result.exit_code in codes, (name, result.exit_code, result.output[-1500:])
        self.said[name] = result.stdout_bytes.decode("utf-8", "surrogateescape")
        self.errors[name] = result.stderr_bytes.decode("utf-8", "surrogateescape")
        return self.said[name]

    def both(self, *arguments: str | Path, codes: tuple[int, ...] = (0, 1)) -> list[dict[str, Any]]:
        """Run a command for people and for programs."""
        name = " ".join(str(one) for one in arguments[:2] if not str(one).startswith(("-", "/")))
        self.run(*arguments, name=name, codes=codes)
        said = self.run(*arguments, "--json", name=f"{name} --json", codes=codes)
        return [json.loads(line) for line in said.split("\n") if line]


UNCERTAIN = (0, 1, 3)  # nothing alarmed, something did, not all could be evaluated
AUDIENCES = ("target", "minister", "peer", "analyst", "press")


def _fits(text: str, most: int) -> str:
    """What a person could type or a file could hold: no NUL, no half of a letter."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")[:most]


def made(home: Path, texts: dict[str, str]) -> World:
    """Every command that shows or writes, over mails, a feed, people, claims and profiles of these texts."""
    world = World(home, texts)
    mails = home / "mails"
    written = []
    for number, text in enumerate(texts.values()):
        written.append(mails / str(number % 3) / f"{number:02}.eml")
        written[-1].parent.mkdir(parents=True, exist_ok=True)
        written[-1].write_bytes(_mail(number, text, READERS[number % 3]))
    people = home / "people.toml"
    people.write_text(
        _people([texts["terminal"], texts["markup"] + texts["typesetting"], texts["direction"]])
    )
    config = home / "config.toml"
    config.write_text(
        f'people = "{people}"\nstore = "{home / "s.db"}"\nactor_names = true\noffice = "Help line"\n'
    )
    ours = ("--config", config)
    feed = home / "feed.json"
    feed.write_bytes(_feed(texts))
    world.run(
        "scan",
        mails,
        *ours,
        "--plain",
        "--jobs",
        "1",
        "--html",
        home / "scan.html",
        name="scan",
        codes=UNCERTAIN,
    )
    world.run("scan", mails, *ours, "--jobs", "1", "--json", name="scan --json", codes=UNCERTAIN)
    world.both("intel", "add", feed, "--name", _fits(texts["markup"], 100), "--tlp", "clear", *ours)
    world.both("hunt", *ours)
    world.both("intel", "list", *ours)
    world.both("intel", "show", HOST, *ours)
    campaigns = world.both("campaigns", "list", *ours)
    campaign = max(campaigns, key=lambda one: len(one["members"]))["id"]
    world.both("campaigns", "show", campaign, *ours)
    world.run("campaigns", "show", campaign, "--html", home / "campaign.html", *ours, name="campaigns page")
    for path in written:
        world.both("explain", hashlib.sha256(path.read_bytes()).hexdigest(), *ours)
    world.both("explain", written[0], *ours)
    world.both("attribute", campaign, *ours)
    for number, text in enumerate(_fits(one, 290) for one in texts.values()):
        said = (
            "--kind",
            "answer",
            "--by-kind",
            "person",
            "--event",
            "e",
            "--event-title",
            text,
            "--by",
            text or "x",
            "--about",
            text or "x",
            "--words",
            text or "x",
            "--source",
            text or "x",
            "--said",
            "2021-02-03",
            "--tlp",
            "CLEAR",
        )
        (claim,) = world.both("claims", "add", *said, *ours)
        world.run("claims", "tie", claim["id"], "--campaign", campaign, *ours)
        when = ("--kind", "other", "--observed", f"2021-01-{12 + number}")
        world.both("incidents", "add", "--title", text, "--place", text, "--source", text, *when, *ours)
    world.both("claims", "list", *ours)
    world.run("claims", "list", "--html", home / "claims.html", *ours, name="claims page")
    world.both("claims", "show", "e", *ours)
    world.both("incidents", "list", *ours)
    world.run("cases", "open", campaign, *ours)
    case = world.both("cases", "list", *ours)[0]["id"]
    world.run("cases", "note", case, _fits(texts["markup"] + texts["terminal"], 1000), *ours)
    world.both("cases", "show", case, *ours)
    world.run("cases", "export", case, "-o", home / "case.pdf", *ours)
    world.run("cases", "call-list", case, *ours)
    world.both("notify", campaign, "--channel", "letter", *ours)
    notices = world.both("notices", "list", *ours)
    world.both("notices", "show", notices[0]["id"], *ours)
    world.both("exposure", campaign, *ours)
    world.both("targets", "list", campaign, *ours)
    world.both("people", "list", *ours)
    world.both("store", "audit", *ours)
    world.both("store", "status", *ours)
    world.run("store", "export", OWNER, *ours)
    for reader in READERS:
        world.run(
            "campaigns",
            "told",
            campaign,
            reader,
            "--how",
            "letter",
            *ours,
            "--note",
            _fits(texts["rich"], 200),
        )
    world.both("campaigns", "told", campaign, *ours)
    for audience in AUDIENCES:
        for ending in ("html", "pdf"):
            path = home / f"{audience}.{ending}"
            world.run(
                "report",
                campaign,
                "--audience",
                audience,
                "-o",
                path,
                *ours,
                name=f"report {audience} {ending}",
                codes=(0, 2),
            )
        world.run(
            "report",
            campaign,
            "--audience",
            audience,
            "--json",
            *ours,
            name=f"report {audience} --json",
            codes=(0, 2),
        )
    for kind in ("stix", "misp", "csv"):
        more = ("--with-tokens", "--tlp", "amber+strict")
        world.run(
            "export",
            campaign,
            "--intel",
            "--format",
            kind,
            "-o",
            home / f"export.{kind}",
            *more,
            *ours,
            name=f"export {kind}",
        )
        world.run("export", campaign, "--intel", "--format", kind, *more, *ours, name=f"export {kind} -")
    return world


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    """The plain world and the hostile one."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("plain", "hostile"):
            home = tmp_path_factory.mktemp(name)
            for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
                patch.setenv(variable, str(home))
            plain = {each: f"{PLAIN} {number}" for number, each in enumerate(PAYLOADS)}
            found[name] = made(home, plain if name == "plain" else PAYLOADS)
        yield found


def test_no_control_reaches_the_terminal(worlds: dict[str, World]) -> None:
    found = worlds["hostile"]
    for name, text in [*found.said.items(), *found.errors.items()]:
        shown = text.replace("\r\n", "\n") if name == "export csv -" else text
        hidden = {hex(ord(each[0])) for each in UNSEEN.finditer(shown)} - {"0xa", "0x9"}
        assert not hidden, (name, hidden)


def _page(path: Path) -> tuple[set[tuple[str, ...]], set[str]]:
    """Elements with the names of their attributes, and everything in attributes that a browser could go to."""
    text = path.read_text("utf-8")
    elements: set[tuple[str, ...]] = set()
    addresses: set[str] = set()
    for one in html5lib.parse(text, treebuilder="lxml", namespaceHTMLElements=False).iter():
        if isinstance(one.tag, str):
            elements |= {(one.tag, name) for name in ("", *one.attrib)}
            addresses |= {each for each in one.attrib.values() if ":" in each.split("#")[0] or "//" in each}
        else:
            elements.add((str(one.tag),))
    return elements, addresses


@pytest.mark.parametrize("page", ["scan", "campaign", "claims", *AUDIENCES])
def test_pages_hold_no_element_that_others_wrote(worlds: dict[str, World], page: str) -> None:
    usual: set[tuple[str, ...]] = set()
    links: set[str] = set()
    for path in sorted(worlds["plain"].home.glob("*.html")):
        elements, addresses = _page(path)
        usual |= elements
        links |= addresses
    elements, addresses = _page(worlds["hostile"].home / f"{page}.html")
    assert elements <= usual
    assert addresses <= links
    hidden = set(UNSEEN.findall((worlds["hostile"].home / f"{page}.html").read_text("utf-8")))
    assert hidden <= {"\n"}


@pytest.mark.parametrize("document", ["case", *AUDIENCES])
def test_documents_show_what_was_written(worlds: dict[str, World], document: str) -> None:
    pdf = pypdfium2.PdfDocument(worlds["hostile"].home / f"{document}.pdf")
    text = "".join("".join(page.get_textpage().get_text_range().split()) for page in pdf)
    assert '#import"@preview/x:1.0.0":*#read("/etc/passwd")$sum$*b*_i_`c`@x<l>' in text
    assert "onmouseover='x'-->]]></title></style></textarea>" in text
    assert "root:x:0" not in text
    addresses = [raw.FPDFPage_GetAnnotCount(page) for page in pdf]
    assert not any(addresses), "something in it can be clicked"


def test_letters_and_notices_show_what_was_written(worlds: dict[str, World]) -> None:
    said = worlds["hostile"].said
    assert all(PAYLOADS["typesetting"] in said[name] for name in said if name == "cases show")
    assert "[bold red]x[/]" in said["campaigns told"]


def test_a_table_holds_no_formula(worlds: dict[str, World]) -> None:
    data = (worlds["hostile"].home / "export.csv").read_bytes().decode()
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(data), delimiter=separator):
            cells = [cell.strip(" \"'") for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "@", "+")) or re.match(r"-\D", cell)]
    values = {row["value"] for row in csv.DictReader(io.StringIO(data))}
    assert {HOST, PAYLOADS["format"], PAYLOADS["pattern"].lower()} <= values | {one.lower() for one in values}


def test_patterns_hold_the_value_and_nothing_else(worlds: dict[str, World]) -> None:
    data = (worlds["hostile"].home / "export.stix").read_bytes()
    stix2.parse(data, allow_custom=True)
    patterns = [one["pattern"] for one in json.loads(data)["objects"] if one["type"] == "indicator"]
    assert not [one for one in patterns if run_validator(one, "2.1")]
    read = [(one, read_pattern(one)) for one in patterns]
    back = {
        (leaf.kind, value)
        for _, one in read
        if one.pattern is not None
        for leaf in leaves(one.pattern)
        for value in leaf.values
    }
    # What stands in From and is no address is handed on as it is, and no reader has to take it.
    assert all(text.startswith("[email-addr:value = '") for text, one in read if one.pattern is None)
    kept = {
        ("subject", " ".join(PAYLOADS[name].split()).casefold())
        for name in ("pattern", "format", "attribute")
    }
    assert kept <= {(kind, " ".join(value.split()).casefold()) for kind, value in back}
    assert {kind for kind, _ in back} <= {"host", "url", "address", "subject", "template"}


def test_events_load_and_hold_the_value(worlds: dict[str, World]) -> None:
    events = json.loads((worlds["hostile"].home / "export.misp").read_bytes())["response"]
    values = set()
    for each in events:
        event = MISPEvent()
        event.from_dict(**each["Event"])
        values |= {one.value.casefold() for one in event.attributes if one.type == "email-subject"}
    assert PAYLOADS["pattern"].casefold() in values
