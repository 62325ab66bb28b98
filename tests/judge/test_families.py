"""Templates: letters of different senders whose calls are written alike."""

from __future__ import annotations

import pytest

from tests.judge.factories import DAY_S, NOON_S, content, mail, pixel, sender
from tocsin.judge.families import template_of
from tocsin.judge.fanout import Fanout, FanoutBuilder, Reach
from tocsin.mail.callbacks import split_callbacks
from tocsin.mail.url_shape import url_shape
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

PAGE = content(structure_hash="page")


@pytest.mark.parametrize(
    ("url", "shape"),
    [
        ("https://t.a.test/p/9f8e7d6c5b4a.gif", "p/h12.gif"),
        ("http://t.b.test/p/0a0011112222.gif#top", "p/h12.gif"),
        ("https://t.a.test/o/Ab3dE9fGh1234567.png?u=12", "o/x2.png?u=9"),
        ("https://t.a.test/c/f47ac10b-58cc-4372-a567-0e02b2c3d479", "c/uuid"),
        ("https://t.a.test/?k=ann@house.example&e=5d41402abc4b2a76b9719d911017c592", "?k=x2&e=h32"),
        ("https://t.a.test/Logo.PNG", "logo.png"),
        ("https://t.a.test", ""),
        ("", ""),
        ("no scheme at all", ""),
    ],
)
def test_url_shapes(url: str, shape: str) -> None:
    assert url_shape(url) == shape


@pytest.mark.parametrize(
    "url", ["https://a/" + "/" * 100_000, "https://a/?" + "&=" * 50_000, "https://a/" + "a." * 900]
)
def test_long_urls_end(url: str) -> None:
    assert len(url_shape(url)) < 10_000


def test_a_template_needs_structure_and_a_token() -> None:
    call = pixel("https://t.a.test/p/9f8e7d6c5b4a.gif")
    assert template_of(mail(call, content=PAGE), [call])
    assert template_of(mail(call), [call]) == ""
    assert template_of(mail(call, content=PAGE), []) == ""
    plain = pixel("https://t.a.test/spacer.gif")
    assert template_of(mail(plain, content=PAGE), [plain]) == ""


def owner(number: int, protected: bool = True) -> Owner:
    return Owner((f"p{number}@house{number}.example",), organisation=f"House {number}", protected=protected)


def call_of(number: int, **values: object) -> Observed:
    """A letter whose sender, host and text are its own, and whose call is written as all of them are."""
    return mail(
        pixel(f"https://t.host{number}.test/p/a{number:011x}.gif"),
        sender=sender(f"w@writer{number}.test"),
        content=content(**{"structure_hash": "page", "text_hash": f"text {number}", **values}),
        arrival_s=NOON_S + number * DAY_S,
    )


def index(mails: list[tuple[Observed, Owner]]) -> Fanout:
    builder = FanoutBuilder()
    for observed, whose in mails:
        builder.add(observed, whose)
    return builder.freeze()


def reaches(fanout: Fanout, observed: Observed) -> dict[str, Reach]:
    _, strangers, own = split_callbacks(observed)
    return {reach.kind: reach for reach in fanout.reaches(observed, strangers, own)}


def test_letters_written_alike_reach_several_people() -> None:
    letters = [(call_of(n), owner(n)) for n in range(3)]
    found = reaches(index(letters), letters[0][0])
    assert set(found) == {"template"}
    assert (found["template"].people, found["template"].organisations, found["template"].senders) == (3, 3, 3)


def test_letters_written_alike_in_one_mailbox() -> None:
    found = reaches(index([(call_of(n), owner(0)) for n in range(2)]), call_of(0))
    assert found["template"].senders == 2


def test_mailings_have_no_template() -> None:
    letters = [(call_of(n, unsubscribe=True), owner(n)) for n in range(3)]
    assert reaches(index(letters), letters[0][0]) == {}


def test_beyond_two_weeks_letters_are_not_counted_together() -> None:
    assert (
        reaches(index([(call_of(0), owner(0)), (call_of(15), owner(1))]), call_of(0))["template"].people == 1
    )


@pytest.mark.parametrize(
    ("protected", "outsiders", "others", "low", "high"),
    [
        (4, 0, 20, 0.0, 0.01),  # four of four protected among twenty-four
        (4, 4, 0, 0.99, 1.0),  # everybody
        (4, 0, 0, 1.0, 1.0),  # nothing to compare with
    ],
)
def test_how_unusual_the_overlap_is(
    protected: int, outsiders: int, others: int, low: float, high: float
) -> None:
    letter = call_of(0)
    same = [(letter, owner(n)) for n in range(protected)]
    same += [(letter, owner(100 + n, protected=False)) for n in range(outsiders)]
    rest = [
        (call_of(1 + n % 5, structure_hash=f"{n}"), owner(200 + n, protected=False)) for n in range(others)
    ]
    found = reaches(index(same + rest), letter)["sender"]
    assert (found.people, found.outsiders) == (protected, outsiders)
    assert low <= found.chance <= high
