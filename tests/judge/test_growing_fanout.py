"""The index that grows mail by mail says what the one made of all mail says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.judge.factories import DAY_S, NOON_S, content, mail, pixel, sender
from tocsin.judge.fanout import FanoutBuilder, GrowingFanout
from tocsin.mail.callbacks import split_callbacks
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

PEOPLE = [
    Owner((f"p{n}@house{n % 3}.example",), organisation=f"House {n % 3}", protected=n != 4) for n in range(5)
]


def letter(host: int, who: int, text: int, hours: int) -> Observed:
    return mail(
        pixel(f"https://t.host{host}.test/p/a{host:07x}{who:04x}.gif"),
        sender=sender(f"w@writer{who}.test"),
        content=content(structure_hash="page", text_hash=f"text {text}", text_length=300),
        arrival_s=NOON_S + hours * 3600,
    )


letters = st.lists(
    st.tuples(
        st.builds(letter, st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 24 * 13)),
        st.sampled_from(PEOPLE),
    ),
    max_size=14,
)


@given(letters)
def test_both_indexes_say_the_same(mails: list[tuple[Observed, Owner]]) -> None:
    growing, builder = GrowingFanout(), FanoutBuilder()
    for observed, owner in mails:
        growing.add(observed, owner)
        builder.add(observed, owner)
    frozen = builder.freeze()
    for observed, _ in mails:
        _, strangers, own = split_callbacks(observed)
        assert growing.reaches(observed, strangers, own) == frozen.reaches(observed, strangers, own)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    growing = GrowingFanout()
    for n in range(5):
        growing.add(letter(0, 0, 0, 0), PEOPLE[n])
    late = letter(0, 0, 0, 24 * 40)
    growing.add(late, PEOPLE[0])
    growing.add(letter(0, 0, 0, 24 * 41), PEOPLE[1])
    _, strangers, own = split_callbacks(late)
    assert {reach.people for reach in growing.reaches(late, strangers, own)} == {2}
    assert growing.size == 2 * 4


def test_the_window_lies_on_both_sides() -> None:
    growing = GrowingFanout()
    first, last = letter(0, 0, 0, 0), letter(0, 0, 0, int(15 * DAY_S // 3600))
    growing.add(last, PEOPLE[0])
    growing.add(first, PEOPLE[1])
    _, strangers, own = split_callbacks(first)
    assert {reach.people for reach in growing.reaches(first, strangers, own)} == {1}
