"""Mail and calendar: what lies close and speaks of it, against what chance gives for that person's mail."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from tests.judge.factories import DAY_S, NOON_S, content, mail, pixel, sender
from tocsin.judge.detectors import agenda, event_near
from tocsin.judge.gathering import Gathering
from tocsin.judge.history import History
from tocsin.judge.topics import compile_topics, find_topic, fold_words
from tocsin.model.observation import Observed
from tocsin.model.people import Event, Owner

START = datetime.datetime.fromtimestamp(NOON_S, datetime.UTC).date()


def day(number: int) -> str:
    return (START + datetime.timedelta(days=number)).isoformat()


def reader(*events: Event, topics: tuple[str, ...] = ()) -> Owner:
    return Owner(
        ("reader@house.example",), "Reader", "House", languages=("en",), topics=topics, events=events
    )


VOTE = Event("Vote on the ore resolution", day(40), ("resolution",))


def letter(
    number: int, on: float | None, subject: str = "A word about next week", text: str = ""
) -> Observed:
    at = None if on is None else NOON_S + on * DAY_S
    return mail(
        pixel(),
        sender=sender(f"writer{number}@outlet{number}.test"),
        subject=subject,
        content=content(excerpt=text),
        date_s=at,
        arrival_s=at,
        sha256=f"{number:064d}",
    )


def findings(mails: list[Observed], wanted: Observed, owner: Owner) -> tuple[str | None, bool]:
    """The level of event-near for `wanted`, and whether agenda speaks."""
    gathering = Gathering()
    for one in mails:
        gathering.add(one, owner)
    surroundings = History(gathering.freeze()).context(wanted, owner)
    near = event_near.detect(wanted, surroundings)
    return (near.level if near is not None else None), agenda.detect(wanted, surroundings) is not None


def strangers(count: int, over: int = 80) -> list[Observed]:
    """Mail of strangers about this and that, evenly over `over` days."""
    return [letter(number, over * number / count) for number in range(count)]


def test_a_mail_that_speaks_of_a_near_event_as_hardly_any_other_does_is_rare() -> None:
    wanted = letter(900, 37, "Your position on the resolution")
    assert findings([*strangers(300), wanted], wanted, reader(VOTE)) == ("rare", False)


def test_the_reason_counts_in_words() -> None:
    wanted = letter(900, 37, "Your position on the resolution")
    owner = reader(VOTE)
    gathering = Gathering()
    for one in [*strangers(300), wanted]:
        gathering.add(one, owner)
    found = event_near.detect(wanted, History(gathering.freeze()).context(wanted, owner))
    assert found is not None
    assert "3 days before “Vote on the ore resolution”" in found.text
    assert "only this one" in found.text


def test_with_a_hundred_mails_it_is_uncommon_at_most() -> None:
    wanted = letter(900, 37, "Your position on the resolution")
    assert findings([*strangers(90), wanted], wanted, reader(VOTE))[0] == "uncommon"


def test_with_few_mails_chance_is_unknown_and_only_the_topic_remains() -> None:
    wanted = letter(900, 37, "Your position on the resolution")
    assert findings([*strangers(20), wanted], wanted, reader(VOTE)) == (None, True)


def test_where_many_write_before_votes_nearness_says_nothing() -> None:
    campaign = [letter(500 + n, 36 + n % 4, "Please support the resolution") for n in range(40)]
    wanted = letter(900, 37, "Your position on the resolution")
    assert findings([*strangers(300), *campaign, wanted], wanted, reader(VOTE))[0] is None


@pytest.mark.parametrize("topics", [("resolution",), ()])
def test_a_person_with_an_event_every_day_never_gets_a_finding(topics: tuple[str, ...]) -> None:
    events = tuple(Event(f"Sitting {n} on resolution {n}", day(n), topics) for n in range(80))
    owner = reader(*events)
    spoken = [letter(900 + n, 7 * n + 3, f"Sitting {7 * n + 4} on resolution {7 * n + 4}") for n in range(10)]
    mails = [*strangers(400), *spoken]
    gathering = Gathering()
    for one in mails:
        gathering.add(one, owner)
    history = History(gathering.freeze())
    assert {event_near.detect(one, history.context(one, owner)) for one in mails} == {None}


def test_no_more_mails_get_a_finding_than_its_share_says() -> None:
    events = tuple(Event(f"Vote {n}", day(9 * n), ("resolution",)) for n in range(9))
    owner = reader(*events)
    mails = strangers(400)
    mails = [
        msgspec.structs.replace(one, subject="On the resolution") if number % 3 == 0 else one
        for number, one in enumerate(mails)
    ]
    gathering = Gathering()
    for one in mails:
        gathering.add(one, owner)
    history = History(gathering.freeze())
    levels = [event_near.level_of(history.context(one, owner).nearness) for one in mails]
    assert levels.count("rare") <= 4
    assert levels.count("rare") + levels.count("uncommon") <= 20


@pytest.mark.parametrize(
    ("on", "subject"),
    [
        (5, "Your position on the resolution"),  # long before
        (47, "Your position on the resolution"),  # long after
        (37, "Your position on the harbour"),
        (37, "The irresolution of our time"),
    ],
)
def test_a_mail_far_from_the_event_or_about_something_else_is_near_nothing(on: int, subject: str) -> None:
    wanted = letter(900, on, subject)
    assert findings([*strangers(300), wanted], wanted, reader(VOTE)) == (None, False)


@pytest.mark.parametrize(
    "at", [None, 0.0, -1e18, 1e18, float("nan"), float("inf"), 86_400.0, 4_070_908_800.0]
)
def test_dates_that_are_missing_or_absurd_are_silent(at: float | None) -> None:
    wanted = msgspec.structs.replace(letter(900, 37, "On the resolution"), date_s=at, arrival_s=None)
    assert findings([*strangers(300), wanted], wanted, reader(VOTE)) == (None, False)


def test_mail_outside_the_time_of_the_calendar_makes_nothing_rarer() -> None:
    wanted = letter(900, 37, "Your position on the resolution")
    years_before = [letter(1000 + n, -3000 + n) for n in range(600)]
    assert findings([*strangers(20), *years_before, wanted], wanted, reader(VOTE))[0] is None


def test_people_the_reader_writes_to_and_second_mails_do_not_count() -> None:
    owner = reader(VOTE)
    known = letter(700, 20)
    wrote = mail(
        sender=sender("reader@house.example"), to=(known.sender.address,), outgoing=True, sha256="9" * 64
    )
    wanted = letter(900, 37, "Your position on the resolution")
    gathering = Gathering()
    for one in [*strangers(80), known, known, wrote, wanted, letter(900, 39, "The resolution again")]:
        gathering.add(one, owner)
    agenda = gathering.freeze().agendas.get("reader@house.example")
    assert agenda is not None
    nearness = agenda.nearness(wanted)
    assert nearness is not None
    assert nearness.mails == 62  # 61 strangers in the time that the calendar covers, and this one


def test_a_common_topic_says_nothing() -> None:
    owner = reader(topics=("ore",))
    mails = [msgspec.structs.replace(one, subject="Ore prices") for one in strangers(60)]
    assert findings(mails, mails[3], owner) == (None, False)
    assert findings([*strangers(300), *mails[:3]], mails[2], owner) == (None, True)


@pytest.mark.parametrize(
    ("topic", "languages", "text"),
    [
        ("trade", ("en",), "Trade with the islands"),
        ("human rights", ("en",), "On human rights in the valley"),
        ("sanction", ("en",), "New sanctions debated"),
        ("sanctions", ("en",), "A sanction that bites"),
        ("policy", ("en",), "Policies compared"),
        ("élection", ("fr",), "Les elections de mai"),
        ("droits de l'homme", ("fr",), "Les droits de l’homme en question"),
        ("accord commercial", ("fr",), "Des accords commerciaux"),
        ("sanctie", ("nl",), "Nieuwe sancties"),
        ("mensenrecht", ("nl",), "Mensenrechten in het dal"),
        ("Oeigoer", ("nl",), "De Oeigoeren"),
        ("Resolution", ("de",), "Die Resolutionen des Rates"),
        ("Menschenrecht", ("de",), "Menschenrechte im Tal"),
        ("politisch", ("de",), "Politische Gefangene"),
        ("EU", ("en",), "What the EU wants"),
        ("人权", ("en",), "关于人权的信"),
    ],
)
def test_topics_match_whole_words_and_plain_inflections(
    topic: str, languages: tuple[str, ...], text: str
) -> None:
    assert find_topic(fold_words(text), compile_topics((topic,), languages)) == topic


@pytest.mark.parametrize(
    ("topic", "languages", "text"),
    [
        ("trade", ("en",), "Our trademark attorney"),
        ("trade", ("en", "nl", "fr"), "Traders and traditions"),
        ("human rights", ("en",), "The right of a human"),
        ("EU", ("en",), "The museum in Europe"),
        ("ore", ("en",), "More of it, before"),
        ("France", ("fr",), "Cent francs"),
        ("vote", ("en",), "A devoted reader"),
        ("", ("en",), "Anything"),
        ("!", ("en",), "Anything!"),
    ],
)
def test_topics_match_no_pieces_of_words(topic: str, languages: tuple[str, ...], text: str) -> None:
    assert find_topic(fold_words(text), compile_topics((topic,), languages)) == ""
