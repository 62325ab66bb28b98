"""Comparing targets through the command line: two stores, two files, and everything that can go wrong between them."""

from __future__ import annotations

import base64
import json
import stat
import sys
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from tests.e2e.campaign_stores import CAMPAIGN, filled, mail, targets
from tocsin.app import comparing
from tocsin.app.memory import open_store
from tocsin.exchange import psi
from tocsin.exchange.psi_files import encoded, fingerprint, read_question, sealed
from tocsin.mail.canonical import canonical
from tocsin.model.comparison import Answered, Asked

ASKER = (
    "Ada.Byron@parliament.example",
    "bo+mail@gmail.com",
    "cy@büro.example",
    "dee@press.example",
    "canary@press.example",
)
ANSWERER = (
    "ada.byron@Parliament.example",
    "b.o@googlemail.com",
    "cy@xn--bro-hoa.example",
    "eve@secret-canary.example",
)
BOTH = ["Ada.Byron@parliament.example", "bo+mail@gmail.com", "cy@büro.example"]


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    pytest.importorskip(
        "private_set_intersection.python", reason="openmined-psi has no wheel for this system (tocsin[psi])"
    )


@pytest.fixture(autouse=True)
def _open_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tocsin.app.scan.close_network", lambda *_: None)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class House:
    """One organisation: a store, a list, and the files that it writes."""

    def __init__(
        self, folder: Path, name: str, addresses: tuple[str, ...], *, exercise: bool = False
    ) -> None:
        self.folder, self.name = folder, name
        self.store = filled(
            folder / f"{name}.db",
            [mail(n, one.lower()) for n, one in enumerate(addresses, 1)],
            exercise=exercise,
        )
        self.list = folder / f"{name}.txt"
        self.list.write_text("# our list\n\n" + "\n".join(addresses), encoding="utf-8")

    def compare(self, *arguments: str | Path) -> Result:
        return targets("compare", *arguments, "--store", self.store)

    def ask(self, *arguments: str | Path, out: str = "q.json", source: tuple[str | Path, ...] = ()) -> Result:
        chosen = source or ("--list", self.list)
        return self.compare(
            "ask", *chosen, "--from", self.name, "--to", "B", "-o", self.folder / out, *arguments
        )

    def answer(
        self,
        heard: str,
        *arguments: str | Path,
        file: str = "q.json",
        who: str = "A",
        source: tuple[str | Path, ...] = (),
    ) -> Result:
        return self.compare(
            "answer", self.folder / file, *(source or ("--list", self.list)), "--from", self.name, "--to", who,
            "--fingerprint", heard, "-o", self.folder / "a.json", *arguments,
        )  # fmt: skip

    def finish(self, heard: str, *arguments: str | Path, file: str = "a.json") -> Result:
        return self.compare("finish", self.folder / file, "--fingerprint", heard, *arguments)


@pytest.fixture
def a(tmp_path: Path) -> House:
    return House(tmp_path, "A", ASKER)


@pytest.fixture
def b(tmp_path: Path) -> House:
    return House(tmp_path, "B", ANSWERER)


def digits(result: Result) -> str:
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("Fingerprint: ")]
    return line.removeprefix("Fingerprint: ")


def refused(result: Result, said: str) -> None:
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_only_the_asker_learns_and_learns_only_what_is_common(a: House, b: House) -> None:
    heard = digits(a.ask("--purpose", "January mails"))
    question = (a.folder / "q.json").read_bytes()
    assert stat.S_IMODE((a.folder / "q.json").stat().st_mode) == 0o600
    back = digits(b.answer(heard))
    answer = (b.folder / "a.json").read_bytes()
    for data in (question, answer):
        fields = json.loads(data)
        plain = data + b"".join(
            base64.b64decode(fields[name]) for name in ("points", "returned") if name in fields
        )
        assert not [
            one for one in (*ASKER, *ANSWERER) if one.rpartition("@")[0].encode() + b"@" in plain.lower()
        ]
        assert b"canary" not in plain
        assert fields["entries"] == 20  # how many there are is rounded up
    result = a.finish(back, "--json", "-o", a.folder / "both.txt")
    assert result.exit_code == 0, result.output
    common = json.loads(result.stdout)
    assert common["schema"] == "tocsin.common-targets/1"
    assert common["addresses"] == BOTH
    assert (common["asked"], common["listed_at_most"], common["partner"]) == (5, 20, "B")
    assert (a.folder / "both.txt").read_text(encoding="utf-8").splitlines() == BOTH
    for house in (a, b):  # neither keeps a key or a list
        assert not [one for one in kept(house) if isinstance(one, Asked)]


def test_campaigns_are_compared_by_what_they_hit(a: House, b: House) -> None:
    heard = digits(a.ask(source=(CAMPAIGN,)))
    back = digits(b.answer(heard, source=(CAMPAIGN,)))
    text = a.finish(back).stdout
    assert "3 of 5 addresses are in the list of B as well, which has 20 at most." in text
    assert "ada.byron@parliament[.]example" in text
    assert "dee@" not in text


def test_a_person_is_found_by_another_address(a: House, b: House) -> None:
    """Ada was hit at parliament; the other side knows her by her private address alone."""
    people = a.folder / "people.toml"
    people.write_text('[[person]]\naddresses = ["ada.byron@parliament.example", "ada@home.test"]\n')
    b.list.write_text("ada@home.test\nw@y.example\nx@y.example\n")
    for more, expected in (((), []), (("--all-addresses",), ["ada@home.test"])):
        heard = digits(a.ask("--people", people, *more, source=(CAMPAIGN,)))
        common = json.loads(a.finish(digits(b.answer(heard)), "--json").stdout)
        assert common["addresses"] == expected


def kept(house: House) -> tuple[Asked | Answered, ...]:
    store = open_store(str(house.store), read_only=True)
    try:
        return comparing.exchanges(store)
    finally:
        store.close()


def test_nothing_of_two_questions_can_be_compared(a: House) -> None:
    digits(a.ask(out="1.json"))
    digits(a.ask(out="2.json"))
    one, two = (json.loads((a.folder / name).read_bytes()) for name in ("1.json", "2.json"))
    points = [base64.b64decode(file["points"]) for file in (one, two)]
    assert not set(parts(points[0])) & set(parts(points[1]))
    first, second = (each for each in kept(a) if isinstance(each, Asked))
    assert first.key != second.key
    orders = {tuple(address for address in each.addresses if address) for each in (first, second)}
    digits(a.ask(out="3.json"))
    orders |= {
        tuple(address for address in each.addresses if address) for each in kept(a) if isinstance(each, Asked)
    }
    assert len(orders) > 1, "the order is one of chance"


def parts(points: bytes) -> list[bytes]:
    return [points[start : start + 33] for start in range(0, len(points), 33)]


def test_points_are_made_of_the_documented_form(a: House) -> None:
    """Another version must come to the same: the form's number, the exchange's id, the canonical address."""
    digits(a.ask())
    file = json.loads((a.folder / "q.json").read_bytes())
    (one,) = (each for each in kept(a) if isinstance(each, Asked))
    named = [(place, address) for place, address in enumerate(one.addresses) if address]
    _, points = psi.ask(
        [f"tocsin targets 1\n{file['id']}\n{canonical(address)}" for _, address in named], one.key
    )
    written = parts(base64.b64decode(file["points"]))
    assert tuple(written[place] for place, _ in named) == points


def test_a_file_without_its_fingerprint_is_not_believed(a: House, b: House) -> None:
    heard = digits(a.ask())
    refused(b.answer("12345 67890 12345 67890 12345"), "misheard")
    forged = sealed(
        msgspec.structs.replace(read_question((a.folder / "q.json").read_bytes(), ""), purpose="other")
    )
    (a.folder / "f.json").write_bytes(encoded(forged))
    refused(b.answer(heard, file="f.json"), "misheard")
    digits(b.answer(heard))
    refused(a.finish(heard), "misheard")
    assert kept(a), "the question stays open"


def test_the_wrong_order_is_said(a: House, b: House) -> None:
    heard = digits(a.ask())
    refused(a.answer(heard), "by the other side")
    refused(a.finish(heard, file="q.json"), "is a question")
    back = digits(b.answer(heard))
    refused(b.answer(heard), "a question is answered once")
    refused(b.answer(back, file="a.json"), "is an answer")
    refused(b.finish(back), "it is for the asker")
    assert a.finish(back).exit_code == 0
    refused(a.finish(back), "no open question")


def test_damage_is_said(a: House, b: House) -> None:
    heard = digits(a.ask())
    whole = (a.folder / "q.json").read_bytes()
    for broken in (whole[:-100], b"", b"\x00" * 100, whole.replace(b'"entries":20', b'"entries":21')):
        (a.folder / "d.json").write_bytes(broken)
        refused(b.answer(heard, file="d.json"), "damaged")
    refused(b.answer(heard, file="missing.json"), "cannot be read")
    points = base64.b64encode(b"\x02" + b"\x01" * 32 + base64.b64decode(json.loads(whole)["points"])[33:])
    fields = msgspec.json.decode(whole)
    forged = sealed(
        msgspec.convert({**fields, "points": points.decode(), "check": ""}, type(read_question(whole, "")))
    )
    (a.folder / "d.json").write_bytes(encoded(forged))
    refused(b.answer(fingerprint(forged), file="d.json"), "no point of the curve")


def test_guessing_is_bounded(a: House, b: House) -> None:
    """Entries are counted by asker and campaign, and over all askers; each question has 20."""

    def answered(who: str, most: int = 40) -> Result:
        return b.answer(digits(a.ask()), "--at-most", str(most), who=who)

    refused(answered("A", most=19), "expected 20 to 10,000")
    assert answered("Agency A").exit_code == 0
    assert answered(" agency  a ").exit_code == 0
    refused(answered("Agency A"), "40 entries about lists were answered within 30 days")
    assert b.answer(digits(a.ask()), "--at-most", "40", who="Agency A", source=(CAMPAIGN,)).exit_code == 0
    for who in ("C", "D", "E", "F"):
        assert answered(who).exit_code == 0
    refused(answered("G"), "all askers: 120 entries")
    entries = [one for one in kept(b) if isinstance(one, Answered)]
    assert sum(one.entries for one in entries) == 140


def test_a_large_question_is_refused(a: House, b: House) -> None:
    a.list.write_text("\n".join(f"guess{n}@parliament.example" for n in range(60)))
    refused(b.answer(digits(a.ask()), "--at-most", "50"), "has 100 entries, and at most 50 are answered")


def test_counts_end_with_the_period(a: House, b: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert b.answer(digits(a.ask()), "--at-most", "20").exit_code == 0
    refused(b.answer(digits(a.ask()), "--at-most", "20"), "within 30 days")
    later_s = time.time() + 31 * 86_400
    monkeypatch.setattr(time, "time", lambda: later_s)
    assert b.answer(digits(a.ask()), "--at-most", "20").exit_code == 0


def test_files_expire(a: House, b: House, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = digits(a.ask("--days", "2"))
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s - 3 * 86_400)
    refused(b.answer(heard), "still to come")
    monkeypatch.setattr(time, "time", lambda: now_s + 3 * 86_400)
    refused(b.answer(heard), "expired")
    assert "Nothing is being compared" in a.compare("list").stdout
    assert not kept(a), "key and list are forgotten"


def test_practice_and_real_mail_stay_apart(a: House, tmp_path: Path) -> None:
    practice = House(tmp_path, "P", ANSWERER, exercise=True)
    refused(practice.answer(digits(a.ask())), "exercises and real mail stay apart")
    result = practice.ask(out="p.json")
    assert "EXERCISE" in result.stderr
    assert json.loads((tmp_path / "p.json").read_bytes())["exercise"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one@x.example\ntwo@x.example\n", "talk instead"),
        ("one@x.example\nOne+a@x.example\none@X.example\n", "talk instead"),
        ("one@x.example\nnot an address\n", "line 2: expected one address"),
        ("\n".join(f"a{n}@x.example" for n in range(10_001)), "at most 10,000"),
    ],
)
def test_lists_that_cannot_be_compared_are_refused(a: House, text: str, said: str) -> None:
    a.list.write_text(text)
    refused(a.ask(), said)


def test_wrong_use_is_said(a: House) -> None:
    refused(a.ask(source=(CAMPAIGN, "--list", a.list)), "one of both")
    refused(a.ask("--from", " "), "--from: expected")
    refused(a.ask(source=("--list", a.folder / "missing")), "cannot be read")
    refused(a.ask(source=("c-ffff",)), "no such campaign")
    refused(a.compare("drop", "ffff"), "no open question")


def test_a_question_can_be_dropped_and_files_be_looked_at(a: House, b: House) -> None:
    heard = digits(a.ask("--purpose", "January \x1b[31mmails"))
    listed = a.compare("list", "--json").stdout
    assert "canary" not in listed
    one = json.loads(listed)
    assert (one["state"], one["partner"], one["entries"], one["fingerprint"]) == ("asked", "B", 20, heard)
    looked = targets("compare", "look", a.folder / "q.json").stdout
    assert "A question from A to B" in looked
    assert heard not in looked, "it is heard from the sender"
    assert "\x1b" not in looked
    assert json.loads(targets("compare", "look", a.folder / "q.json", "--json").stdout)["kind"] == "question"
    back = digits(b.answer(heard))
    assert "open until" in a.compare("list").stdout
    assert a.compare("drop", one["id"][:8]).exit_code == 0
    refused(a.finish(back), "no open question")


def test_somebody_who_is_erased_is_in_no_open_question(a: House, b: House) -> None:
    heard = digits(a.ask())
    store = open_store(str(a.store))
    try:
        comparing.forget_compared(store, ["ada.byron@parliament.example"])
    finally:
        store.close()
    common = json.loads(a.finish(digits(b.answer(heard)), "--json").stdout)
    assert common["addresses"] == BOTH[1:]


def test_a_missing_library_is_said(a: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "private_set_intersection.python", None)
    refused(a.ask(), "pip install 'tocsin[psi]'")


def test_what_left_is_audited(a: House, b: House) -> None:
    back = digits(b.answer(digits(a.ask("--mandate", "the board"))))
    assert a.finish(back).exit_code == 0
    store = open_store(str(a.store), read_only=True)
    try:
        last = [(entry.action, entry.mandate, entry.detail) for entry in store.audit_entries()][-2:]
    finally:
        store.close()
    assert [entry[:2] for entry in last] == [("export", "the board"), ("read", "")]
    assert "3 of 5 in common" in last[1][2]
