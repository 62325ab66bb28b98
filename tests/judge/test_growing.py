"""What grows mail by mail says what the sweep over all mail says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.judge.factories import DAY_S, NOON_S, READER, content, mail, pixel, sender
from tocsin.judge.fanout import WINDOW_S, FanoutBuilder
from tocsin.judge.growing import GrowingFanout
from tocsin.judge.mailings import GrowingMailings, MailingsBuilder
from tocsin.judge.receivers import GrowingReceivers, ReceiversBuilder
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
    growing.forget(NOON_S + 41 * DAY_S - WINDOW_S)
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


def test_forgetting_leaves_what_the_rest_says() -> None:
    growing, builder = GrowingFanout(), FanoutBuilder()
    for n, person in enumerate(PEOPLE):
        old, young = letter(0, n % 2, n % 3, 0), letter(1, n % 2, 3 + n % 2, 24 * 30)
        for one in (old, young):
            growing.add(one, person)
        growing.forget(NOON_S + DAY_S)
        builder.add(young, person)
    frozen = builder.freeze()
    for n in range(2):
        young = letter(1, n, 3 + n, 24 * 30)
        _, strangers, own = split_callbacks(young)
        assert growing.reaches(young, strangers, own) == frozen.reaches(young, strangers, own)


HIDDEN = [
    Owner(
        (f"p{n}@house{n % 3}.example", f"p{n}@post.example"),
        organisation=f"House {n % 3}",
        unpublished=(f"p{n}@post.example",) if n % 2 else (),
    )
    for n in range(4)
]


def written(writer: int, days: int, reader: Owner, private: bool) -> Observed:
    return mail(
        sender=sender(f"w@writer{writer}.test"),
        arrival_s=NOON_S + days * DAY_S,
        to=(reader.addresses[-1] if private else reader.addresses[0],),
        delivered_to=(),
    )


def answer(writer: int, days: int, reader: Owner) -> Observed:
    return mail(
        sender=sender(reader.addresses[0]),
        arrival_s=NOON_S + days * DAY_S,
        to=(f"w@writer{writer}.test",),
        outgoing=True,
    )


courses = st.lists(
    st.tuples(
        st.sampled_from(HIDDEN),
        st.integers(0, 5),
        st.integers(0, 60),
        st.booleans(),
        st.integers(0, 9).map(lambda n: n == 0),
    ),
    max_size=200,
)


@given(courses)
def test_mailings_say_the_same_mail_by_mail(course: list[tuple[Owner, int, int, bool, bool]]) -> None:
    growing, builder = GrowingMailings(), MailingsBuilder()
    for writer in range(10, 40):  # enough for a share to be taken of them
        for reader in HIDDEN:
            one = written(writer, 0, reader, private=writer % 3 == 0)
            growing.add(one, reader)
            builder.add(one, reader)
    for reader, writer, days, private, is_answer in sorted(course, key=lambda one: one[2]):
        one = answer(writer, days, reader) if is_answer else written(writer, days, reader, private)
        growing.add(one, reader)
        builder.add(one, reader)
    frozen = builder.freeze()
    for writer in range(6):
        asked = written(writer, 0, HIDDEN[0], private=False)
        assert growing.of(asked) == frozen.of(asked)


def test_receivers_are_learnt_and_told_as_they_are_after_a_sweep() -> None:
    growing, builder = GrowingReceivers(), ReceiversBuilder()
    for day in range(30):
        for server in ("mx.house.example", "mx.provider.test") if day % 2 else ("mx.house.example",):
            one = mail(
                sender=sender("w@writer.test", authserv_id=server, dmarc="pass"),
                arrival_s=NOON_S + day * DAY_S,
            )
            growing.add(one, READER)
            builder.add(one, READER)
        assert growing.get(READER.addresses[0]) is None or day >= 19
    assert growing.get(READER.addresses[0]) == builder.freeze()[READER.addresses[0]]
