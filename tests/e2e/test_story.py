"""The whole case, played once as `make demo` plays it: what each step says, writes and keeps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import WRONG_USE, Result, environment, run

HOST = "img.brinewater.invalid"
PEOPLE = ("verstraeten", "aubertin", "corrigan", "wiesholler", "lorquet", "harkness", "adriaens")


class Story:
    """A played case: what the play printed, what each command said, and further questions to its store."""

    def __init__(self, home: Path, played: Result) -> None:
        self.folder = home / "demo"
        self.home = home
        self.printed = played.stdout.decode()

    def texts(self) -> list[Path]:
        return sorted((self.folder / "made").glob("[0-9]*.txt"))

    def all_of(self, command: str) -> list[str]:
        """What all runs of one command said, in order."""
        return [path.read_text("utf-8") for path in self.texts() if path.stem.endswith(f"-{command}")]

    def one(self, *words: str) -> str:
        """What the command said whose line holds these words."""
        found = [
            text
            for path in self.texts()
            if all(word in (text := path.read_text("utf-8")).splitlines()[1] for word in words)
        ]
        assert found, words
        return found[0]

    def ask(self, *arguments: str) -> list[dict[str, Any]]:
        """A question of one's own to the store that the play left, with its settings."""
        lines = (self.folder / "settings.sh").read_text("utf-8").splitlines()[1:]
        own = dict(line.removeprefix("export ").split("=", 1) for line in lines if "PATH" not in line)
        done = run(*arguments, "--json", home=self.home, env={**environment(self.home), **own})
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    home = tmp_path_factory.mktemp("story")
    played = run(
        "exercise", "story", "-o", "demo", "--play", home=home, cwd=home,
        env={**environment(home), "TOCSIN_THRESHOLD": "0.99", "TOCSIN_STORE": "/nowhere"},
    )  # fmt: skip
    assert played.returncode == 0, played.stderr.decode()
    return Story(home, played)


def text_of(page: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(page)
    try:
        return "\n".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    finally:
        document.close()


def test_everything_is_marked(story: Story) -> None:
    made = story.folder / "made"
    assert story.printed.startswith("EXERCISE")
    assert len(story.texts()) >= 15
    for path in made.rglob("*"):
        if path.suffix == ".pdf":
            assert "EXERCISE" in text_of(path), path
        elif path.is_file():
            assert b"EXERCISE" in path.read_bytes()[:4_000], path


def test_nothing_of_the_users_is_read_or_written(story: Story) -> None:
    """The play sets its own settings and keys: those of whoever runs it played no part."""
    outside = {path.name for path in story.home.iterdir()} - {"demo", "cache", "state"}
    assert not outside, outside
    assert (story.folder / "keys").stat().st_mode & 0o777 == 0o700


def test_january_and_spring_are_kept_and_hang_together(story: Story) -> None:
    first, second = story.all_of("scan")
    assert "17 with signs of reconnaissance" in first
    assert "9 mails to 6 people" in first
    assert "it holds 312 now" in second
    campaign = story.ask("campaigns", "list")[0]
    truth = [json.loads(line) for line in (story.folder / "truth.jsonl").read_text("utf-8").splitlines()]
    expected = {one["sha256"] for one in truth if one["scenario"] == "invented-agency"}
    assert {one["sha256"] for one in campaign["members"]} == expected
    assert len(campaign["people"]) == 6
    assert (campaign["first_seen"][:7], campaign["last_seen"][:7]) == ("2021-01", "2021-04")


def test_spring_asks_for_a_click_under_the_same_name_host_and_token(story: Story) -> None:
    raws = [path.read_bytes() for path in (story.folder / "spring/joke-verstraeten").rglob("*.exercise*")]
    asking = [raw for raw in raws if b"maren.tolland@tern-wire.test" in raw and b"/dossier/" in raw]
    assert len(asking) == 2
    winter = [path.read_bytes() for path in (story.folder / "january/joke-verstraeten").rglob("*.exercise*")]
    tokens = {raw.split(b"/dossier/")[1][:10] for raw in asking}
    assert all(any(token in raw and b"/dossier/" not in raw for raw in winter) for token in tokens)


def test_the_outage_stands_on_the_timeline_without_an_author(story: Story) -> None:
    (incident,) = story.ask("incidents", "list")
    assert (incident["kind"], incident["observed"]) == ("outage", "2021-05-06")
    page = (story.folder / "made/campaign.html").read_text("utf-8")
    assert "hearing on Karsun put off" in page
    assert "GREY HERON" not in page


def test_intelligence_finds_what_no_scan_could_tell(story: Story) -> None:
    added = story.one("intel", "add")
    assert "3 indicators met mail of 6 people: 41 hits, 41 new" in " ".join(added.split())
    assert "TLP:AMBER+STRICT" in added
    assert "nothing new" in story.one("tocsin hunt")
    hits = [one for one in story.ask("hunt") if one["schema"].startswith("tocsin.hit")]
    truth = [json.loads(line) for line in (story.folder / "truth.jsonl").read_text("utf-8").splitlines()]
    plain = {one["sha256"] for one in truth if one["campaign"] and one["label"] == "no-sign"}
    assert plain
    assert plain <= {one["sha256"] for one in hits}


def test_the_machine_names_nobody_and_claims_are_quoted_side_by_side(story: Story) -> None:
    weighed = story.one("tocsin attribute")
    assert "Whose hand it is, is not known" in weighed
    assert "published actor 1" in weighed
    assert "GREY HERON" not in weighed
    said = " ".join(story.one("claims", "show").split())
    for words in (
        "we have reason to think",
        "could not be established",
        "presque certainement",
        "reject this",
    ):
        assert words in said
    assert {one["kind"] for one in story.ask("claims", "list")} == {"attribution", "answer", "denial"}


def test_an_analyst_signed_and_reports_say_no_more_than_that(story: Story) -> None:
    (judgement,) = story.ask("judgements", "list")
    assert judgement["analyst"]
    minister = " ".join(text_of(story.folder / "made/report-minister.pdf").split())
    assert "It is likely" in minister
    assert "We quote them; we neither share nor reject them" in minister
    assert "we know of no such group" in minister
    target = " ".join(text_of(story.folder / "made/report-target-nl.pdf").split())
    assert "OEFENING" in target
    assert "U kreeg 5 mails" in target
    assert "Clément" not in target


def test_what_was_delivered_displayed_and_fetched_is_kept_apart(story: Story) -> None:
    campaign = story.ask("campaigns", "list")[0]["id"]
    log = str(story.folder / "proxy.log")
    found = {one["person"]: one for one in story.ask("exposure", campaign, "--log", log)}
    assert len(found) == 6
    steps = [
        {step["step"]: step["answer"] for step in mail["steps"]}
        for person, one in found.items()
        for mail in one["mails"]
        if person.startswith("joke.")
    ]
    assert all(one["delivered"] == "yes" for one in steps)
    assert [one["fetched"] for one in steps].count("yes") == 1
    assert {one["displayed"] for one in steps} == {"likely", "not-known"}  # a scanner can ask as well
    others = [one for person, one in found.items() if not person.startswith("joke.")]
    assert all(
        step["answer"] == "not-known"
        for one in others
        for mail in one["mails"]
        for step in mail["steps"]
        if step["step"] == "fetched"
    )


def test_the_press_waits_for_those_who_were_sent_the_mails(story: Story) -> None:
    held, told = [
        path.read_text("utf-8") for path in story.texts() if "--audience press" in path.read_text("utf-8")
    ]
    assert "6 of 6 targets were not told" in held
    assert "held back" not in told
    press = " ".join(text_of(story.folder / "made/report-press.pdf").split())
    assert "nobody told me of these mails for two years" in press
    assert "reject this" in press
    assert "Verstraeten" not in press
    assert HOST not in press.replace("[.]", ".")


def test_a_notice_holds_back_what_is_marked_until_its_source_lets_it_out(story: Story) -> None:
    shown = story.one("notify", "--dry-run")
    assert "TLP:AMBER+STRICT" in shown
    assert "Ask for release: EXERCISE Response team of the coast" in shown
    texts = shown.partition("Left out:")[0]
    assert "some signs that the group" not in texts
    drafts = story.ask("notices", "list")
    assert len(drafts) == 7  # six people, and one who reads a mailbox for one of them
    for one in drafts:
        let_out = one["audience"] == "person"  # the release names them, and not those who read along
        assert bool(one["left_out"]) is not let_out
        assert ("GREY HERON" in one["text"].rpartition("reject this")[2]) is let_out
    assert "/dossier/" not in "".join(one["text"] for one in drafts)
    for one in drafts:
        others = {each["name"] for each in drafts if each["person"] != one["person"]}
        assert not any(name in one["text"] for name in others), "nobody is told who else was sent mails"
        assert "://" not in one["text"]


def test_each_is_told_in_their_language_and_every_page_says_exercise(story: Story) -> None:
    spoken = {one["to"].partition(".")[0]: one["language"] for one in story.ask("notices", "list")}
    assert spoken == {
        "joke": "nl", "ruben": "fr", "clement": "fr", "bastien": "fr", "niamh": "en", "tobias": "en", "annegret": "de",
    }  # fmt: skip
    marks = {"en": "EXERCISE", "fr": "EXERCICE", "nl": "OEFENING", "de": "ÜBUNG"}
    seen = set()
    for path in (story.folder / "made/notices").iterdir():
        language = path.stem[-2:]
        seen.add(language)
        text = text_of(path) if path.suffix == ".pdf" else path.read_text("utf-8")
        assert marks[language] in text.lstrip().splitlines()[0], path
    assert seen == set(marks)
    joke = next(one for one in story.ask("notices", "list") if one["language"] == "nl")["text"]
    assert "privéadres" in joke
    assert "logboek" in joke, "the log shows that something was asked for"
    assert "reject this" in joke


def test_notices_are_signed_by_two_and_each_call_is_noted(story: Story) -> None:
    refused = story.one("notices", "approve", "Ada")
    assert "somebody else approves" in refused
    for one in story.ask("notices", "list"):
        log = [(entry["state"], entry["by"]) for entry in one["log"]]
        assert log[1:3] == [("confirmed", "EXERCISE Ada Norrland"), ("approved", "EXERCISE Ben Sundwik")]
        assert "told" in [state for state, _ in log]
    tellings = story.ask("campaigns", "told", story.ask("campaigns", "list")[0]["id"])
    assert len({one["person"] for one in tellings}) == 6
    assert {one["result"] for one in tellings} == {"told"}


def test_a_code_is_good_once(story: Story) -> None:
    first, second = [text for path in story.texts() if "notices check" in (text := path.read_text("utf-8"))]
    assert "Genuine" in first
    assert "Used before" in second


def test_the_case_knows_who_was_told_and_how_long_it_took(story: Story) -> None:
    (case,) = story.ask("cases", "show", story.ask("campaigns", "list")[0]["id"])
    assert {one["state"] for one in case["people"]} <= {"told", "checked"}
    assert len(case["people"]) == 7
    assert case["median_days"] > 365
    (witness,) = case["affected"]
    assert witness["name"].startswith("EXERCISE Alba Sorrel")
    assert witness["how"] == "telephone"
    assert [one["rule"] for one in case["clocks"]] == ["own"]
    kinds = {one["kind"] for one in case["timeline"]}
    assert {"mail", "incident", "notice", "told", "claim"} <= kinds
    assert len(case["custody"]) == 18
    assert "EXERCISE 01 55 01 23" in (story.folder / "made/call-list.txt").read_text("utf-8")


def test_who_was_met_by_the_outage_hears_of_it_alone(story: Story) -> None:
    told = story.one("notify", "case-")
    assert "network down, hearing on Karsun put off" in " ".join(told.split())
    assert "you were sent" not in told
    assert "GREY HERON" not in told
    assert "Verstraeten" not in told


def test_the_case_goes_out_whole_to_the_house_and_without_names_to_partners(story: Story) -> None:
    sheet = text_of(story.folder / "made/case.pdf")
    assert "Joke Verstraeten" in sheet
    assert sheet.count("EXERCISE: fictional people, outlets and actors") > 1
    shared = (story.folder / "made/case-stix.json").read_text("utf-8")
    kinds = {one["type"] for one in json.loads(shared)["objects"]}
    assert "grouping" in kinds
    assert not any(name in shared.lower() for name in PEOPLE)
    assert "/dossier/" not in shared


def test_letters_are_printed_for_each_with_codes_of_their_own(story: Story) -> None:
    letters = sorted((story.folder / "made/notices").glob("*.pdf"))
    texts = sorted((story.folder / "made/notices").glob("*.txt"))
    assert len(texts) == 7
    assert 1 <= len(letters) < 7, "who is called needs no letter"
    codes = {re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", path.read_text("utf-8"))[0] for path in texts}
    assert len(codes) == 7


def test_the_play_ends_with_paths_that_are_there(story: Story) -> None:
    ending = story.printed.partition("What was made")[2]
    paths = [line.split()[0] for line in ending.splitlines() if line.startswith("  demo/")]
    assert len(paths) >= 5
    assert all((story.home / path).exists() for path in paths)


def test_only_a_case_can_be_played(tmp_path: Path) -> None:
    result = run("exercise", "january", "-o", tmp_path / "x", "--play", home=tmp_path)
    assert result.returncode == WRONG_USE
    assert b"exercise story --play" in result.stderr
    assert not (tmp_path / "x").exists()
    result = run("exercise", "story", "-o", tmp_path / "x", "--play", "--seed", "3", home=tmp_path)
    assert result.returncode == WRONG_USE
    assert b"leave out --seed" in result.stderr
