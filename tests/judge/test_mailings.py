"""What the sweep tells of a sender: to whom it wrote, and when."""

from __future__ import annotations

from tests.judge.factories import DAY_S, NOON_S, letter, mail, sender
from tocsin.judge.mailings import Mailing, Mailings, MailingsBuilder
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

HOUSES = ("one", "two", "three")
PEOPLE = tuple(
    Owner(
        (f"reader@{house}.example", f"{house}@post.example"),
        house,
        house,
        unpublished=(f"{house}@post.example",),
    )
    for house in HOUSES
)
WRITER = sender(list_id="l.outlet.test", list_unsubscribe=True)


def _at(days: float, **values: object) -> Observed:
    at = NOON_S + days * DAY_S
    return letter(**{"arrival_s": at, "sender": WRITER, **values})


def _other(days: float) -> Observed:
    return _at(days, sender=sender("someone@elsewhere.test"))


def _swept(*extra: tuple[Observed, Owner], days: tuple[float, ...] = (0.0,), read: float = 30.0) -> Mailings:
    """Three people's mail, read for so many days before and after; the writer's mail came on these days."""
    builder = MailingsBuilder()
    for owner in PEOPLE:
        builder.add(_other(-read), owner)
        builder.add(_other(read), owner)
        for number, day in enumerate(days):
            builder.add(_at(day + number / 10), owner)
    for one, owner in extra:
        builder.add(one, owner)
    return builder.freeze()


def _of(mailings: Mailings) -> Mailing:
    found = mailings.of(_at(0))
    assert found is not None
    return found


def test_what_came_once_to_people_of_three_houses_is_sudden_and_over() -> None:
    found = _of(_swept())
    assert (found.people, found.organisations, found.bursts, found.outsiders) == (3, 3, 1, 0)
    assert found.sudden
    assert found.over


def test_what_comes_every_week_is_not_sudden() -> None:
    found = _of(_swept(days=(0, 7, 14, 21)))
    assert found.bursts == 4
    assert not found.sudden


def test_a_mailbox_that_was_read_for_days_only_tells_nothing() -> None:
    found = _of(_swept(read=10.0))
    assert not found.sudden
    assert not found.over


def test_readers_outside_the_protected_group_make_it_ordinary() -> None:
    outsider = Owner(("else@four.example",), "Else", "four", protected=False)
    found = _of(_swept((_at(0), outsider)))
    assert found.outsiders == 1
    assert not found.sudden


def test_whoever_was_written_to_is_no_stranger() -> None:
    for address in ("writer@outlet.test", "desk@mail.outlet.test"):
        asked = mail(outgoing=True, to=(address,), sender=sender(PEOPLE[0].addresses[0]))
        found = _of(_swept((asked, PEOPLE[0])))
        assert found.answered
        assert not found.sudden


def test_people_reached_at_addresses_that_are_not_public_are_counted_once_each() -> None:
    copies = [(_at(0, to=(owner.addresses[1],), delivered_to=()), owner) for owner in PEOPLE[:2]]
    assert _of(_swept(*copies, *copies)).private == 2


def test_how_many_private_addresses_are_reached_counts_against_what_other_senders_reach() -> None:
    private = [(_at(0, to=(owner.addresses[1],), delivered_to=()), owner) for owner in PEOPLE]
    public = [
        (_at(1, sender=sender(f"writer@news{number}.test")), PEOPLE[number % 3]) for number in range(60)
    ]
    usual = [
        (_at(1, sender=sender(f"writer@news{number}.test"), to=(owner.addresses[1],), delivered_to=()), owner)
        for number in range(60)
        for owner in PEOPLE
    ]
    assert _of(_swept(*private)).chance == 1.0
    assert _of(_swept(*private, *public)).chance < 0.001
    assert _of(_swept(*private, *public, *usual)).chance > 0.5


def test_a_sender_that_reached_no_private_address_is_as_likely_as_can_be() -> None:
    public = [
        (_at(1, sender=sender(f"writer@news{number}.test")), PEOPLE[number % 3]) for number in range(60)
    ]
    assert _of(_swept(*public)).chance == 1.0


def test_what_a_single_reader_got_is_nobodys_mailing() -> None:
    builder = MailingsBuilder()
    builder.add(_at(0), PEOPLE[0])
    builder.add(_at(1), PEOPLE[0])
    assert builder.freeze().of(_at(0)) is None


def test_people_at_a_host_that_anybody_can_join_are_not_one_sender() -> None:
    free = {"kinds": ("from-domain-freemail",)}
    builder = MailingsBuilder()
    for number, owner in enumerate(PEOPLE):
        builder.add(_at(0, sender=sender(f"writer{number}@freemail.example"), **free), owner)
    assert builder.freeze().of(_at(0, sender=sender("writer0@freemail.example"), **free)) is None
