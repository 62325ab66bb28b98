"""`tocsin scan --store`: ended anywhere and run again, in parts or at once, it keeps and says the same."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailboxes import OWNER, mail, mbox
from tests.e2e.running import ALERT, INTERRUPTED, UNREAD, WRONG_USE, Result, run
from tests.e2e.stores import RECON, broken, content, keep, mailbox, opinions, versions
from tests.e2e.test_scan import records
from tocsin.app.memory import open_store

OTHER = "joke.peeters@parliament.example"


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, Result, dict[tuple[str, str], Any]]]:
    """A mailbox, what a scan of it says, and what that keeps."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOCSIN_KEY_FILE", str(folder / "key"))
        result = keep(mailbox(folder), store=folder / "whole.db", home=folder)
        assert result.returncode == ALERT
        yield folder / "inbox.mbox", result, content(folder / "whole.db")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("stage", "at", "number"),
    [
        ("reading", 4, signal.SIGKILL),
        ("storing", 6, signal.SIGKILL),
        ("judging", 6, signal.SIGKILL),
        ("judging", 2, signal.SIGINT),
    ],
)
def test_a_scan_that_ended_early_goes_on(
    tmp_path: Path,
    home: Path,
    whole: tuple[Path, Result, dict[tuple[str, str], Any]],
    stage: str,
    at: int,
    number: signal.Signals,
) -> None:
    box, expected, held = whole
    store = tmp_path / "mail.db"
    ended = broken(stage, number, at, box, "--store", store, "--json", "--jobs", "1", home=home)
    if number == signal.SIGKILL:
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    else:
        assert ended.returncode in (INTERRUPTED, ALERT)
        assert b"run the same command again to go on" in ended.stderr
        assert b"Traceback" not in ended.stderr
    # the second batch of two was on its way to the disk while the third was made
    kept = {"reading": (0,), "storing": (2, 4), "judging": (7,)}[stage]
    assert len(content(store)) in kept
    assert not any(verdict for _, _, verdict in content(store).values())
    subject, address = b"Report 3", OWNER.encode()
    for file in (*tmp_path.glob("mail.db*"), *home.rglob("*")):
        if file.is_file():
            assert subject not in file.read_bytes(), file
            assert address not in file.read_bytes(), file
    if stage in ("reading", "storing"):
        assert [file.stat().st_size for file in home.rglob("*.spill")]
    again = keep(box, store=store, home=home)
    assert (again.returncode, again.stdout) == (expected.returncode, expected.stdout)
    assert content(store) == held
    assert {str(one) for one in versions(store).values()} == {"[('first', False)]"}
    assert not list(home.rglob("*.spill"))


def test_in_parts_it_keeps_what_one_scan_of_all_keeps(tmp_path: Path, home: Path) -> None:
    """By person and by half of time; a second scan adds nothing, and says so."""
    boxes = [
        mailbox(tmp_path, "a1.mbox", mails=4),
        mailbox(tmp_path, "a2.mbox", first=4, mails=4),
        mailbox(tmp_path, "b.mbox", mails=6, To=OTHER, Delivered_To=OTHER),
    ]
    assert keep(*boxes, store=tmp_path / "whole.db", home=home).returncode == ALERT
    whole = opinions(tmp_path / "whole.db")
    assert len(whole) == 14
    store = tmp_path / "parts.db"
    for part in (2, 1, 0):
        keep(boxes[part], store=store, home=home)
    assert opinions(store) == whole
    before = versions(store)
    assert {reason for found in before.values() for reason, _ in found} <= {"first", "later-mail"}
    again = keep(*boxes, store=store, home=home)
    assert "0 mails added, 14 known before; it holds 14 now" in " ".join(again.stderr.decode().split())
    assert versions(store) == before
    assert again.stdout == run("scan", *boxes, "--json", "--jobs", "1", home=home).stdout


def test_later_mail_tells_of_earlier_mail_with_the_reason(tmp_path: Path, home: Path) -> None:
    """What a scan did not read is judged from its record, and that is said."""
    letters = [
        mail(n, html=RECON.format(n=1, who=person), To=person, Delivered_To=person, Subject="Minutes")
        for n, person in enumerate((OWNER, OTHER, "an@parliament.example"))
    ]
    store = tmp_path / "mail.db"
    for number, letter in enumerate(letters):
        keep(mbox(tmp_path / f"{number}.mbox", [letter]), store=store, home=home)
    found = list(versions(store).values())
    assert all(one[0] == ("first", False) for one in found)
    later = [one for versions_ in found for one in versions_[1:]]
    assert {reason for reason, _ in later} == {"later-mail"}
    held = open_store(str(store))
    sentences = [one.because for row in list(held.rows()) for one in held.verdicts(row.number)[1:]]
    alerts = [row.number for row in held.rows() if row.raw]
    assert all(held.raw(number) for number in alerts)
    held.close()
    assert all("Mail that was read since" in one for one in sentences)


def test_the_same_mail_in_two_mailboxes_and_places(tmp_path: Path, home: Path) -> None:
    box, store = mailbox(tmp_path), tmp_path / "mail.db"
    other = tmp_path / "copy.mbox"
    other.write_bytes(box.read_bytes())
    keep(box, store=store, home=home)
    result = keep(box, other, store=store, home=home)
    found = content(store)
    assert len(found) == 7
    assert all(len(places) == 2 for places, _, _ in found.values())
    assert {tuple(sorted(one["occurrences"])) for one in records(result.stdout)} == {
        tuple(places) for places, _, _ in found.values()
    }
    assert {str(one) for one in versions(store).values()} == {"[('first', False)]"}


@pytest.mark.parametrize("also_elsewhere", [False, True])
def test_an_owner_who_becomes_known(tmp_path: Path, home: Path, also_elsewhere: bool) -> None:
    """The old owner's copy goes, unless it lies in a mailbox that is still theirs; other lists do not hinder it."""
    box, store = mailbox(tmp_path), tmp_path / "mail.db"
    keep(box, store=store, home=home)
    elsewhere = mailbox(tmp_path, "elsewhere.mbox", mails=7)
    if also_elsewhere:
        keep(elsewhere, store=store, home=home)
    people = tmp_path / "people.toml"
    people.write_text(f'[[person]]\nname = "Joke Peeters"\naddresses = ["{OTHER}", "{OWNER}"]\n')
    names = tmp_path / "names.toml"
    names.write_text(
        '[[name]]\nid = "hc"\nname = "The Harbour Chronicle"\nkind = "online"\ndomains = ["harbour-chronicle.test"]\n'
        'country = "BE"\nsource = "https://harbour-chronicle.test/"\n'
    )
    result = keep(box, "--people", people, "--names", names, store=store, home=home)
    assert {one["owner"] for one in records(result.stdout)} == {OTHER}, result.stderr
    owners = {owner for _, owner in content(store)}
    assert owners == ({OTHER, OWNER} if also_elsewhere else {OTHER})


def test_other_lists_and_other_rules_are_the_reason(tmp_path: Path, home: Path) -> None:
    box, store = mailbox(tmp_path), tmp_path / "mail.db"
    assert keep(box, store=store, home=home).returncode == ALERT
    assert keep(box, "--threshold", "1", store=store, home=home).returncode in (0, UNREAD)
    changed = [one for one in versions(store).values() if len(one) > 1]
    assert {tuple(one) for one in changed} == {(("first", False), ("rules", False))}
    vendors = tmp_path / "vendors.toml"
    vendors.write_text(
        '[[vendor]]\nid = "beacons"\nname = "Beacons"\nkind = "esp"\nhosts = ["strange-1.test"]\nsource = "https://b.test/"\n'
    )
    result = keep(box, "--vendors", vendors, store=store, home=home)
    assert result.returncode != WRONG_USE, result.stderr
    again = [one[2] for one in versions(store).values() if len(one) > 2]
    assert again
    assert set(again) == {("observed-again", False)}


def test_practice_and_real_mail_stay_apart(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways, before anything is kept; a store that was made for nothing goes again, with its key."""
    monkeypatch.delenv("TOCSIN_KEY_FILE")
    box = mailbox(tmp_path)
    practice = mailbox(tmp_path, "practice.mbox", X_Tocsin_Exercise="a test")
    for number, (first, flags, then) in enumerate(((box, (), practice), (practice, ("--practice",), box))):
        store = tmp_path / f"{number}.db"
        refused = keep(then, *flags, store=store, home=home)
        assert refused.returncode == WRONG_USE
        assert b"nothing of this scan was kept" in refused.stderr
        assert b"is removed again" in refused.stderr
        assert not list(tmp_path.glob(f"{number}.db*"))
        assert not list(home.rglob("*.key"))
        assert not list(home.rglob("*.spill"))
        assert keep(first, *flags, store=store, home=home).returncode == ALERT
        held = run("store", "status", "--store", store, "--json", home=home)
        assert keep(first, then, store=store, home=home).returncode == WRONG_USE
        assert records(run("store", "status", "--store", store, "--json", home=home).stdout) == records(
            held.stdout
        )
        for key in home.rglob("*.key"):
            key.unlink()
