"""What a mailbox remembers, in the order in which mail came."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from tests.judge.factories import DAY_S, NOON_S, READER, content, link, mail, pixel, sender, token, vouched
from tocsin.app.weights import load_weights
from tocsin.judge.context import Context
from tocsin.judge.gathering import Gathering
from tocsin.judge.history import History
from tocsin.judge.known import known_from
from tocsin.judge.verdict import judge
from tocsin.model.catalogue import Catalogue, Vendor
from tocsin.model.observation import Observed, Sender
from tocsin.model.people import Owner
from tocsin.observe.vendors import index_catalogue

WEIGHTS = load_weights()
NOBODY = Owner(())
DRILL = Vendor("drill", "Drill", "phishing-drill", ("drill.test",), "a test")


def at(day: float, observed: Observed) -> Observed:
    return msgspec.structs.replace(observed, arrival_s=NOON_S + day * DAY_S)


def sent(to: str, **values: str | tuple[str, ...]) -> Observed:
    return mail(sender=sender("reader@house.example"), to=(to,), outgoing=True, **values)


def context_after(
    *earlier: Observed, now: Observed, owner: Owner = READER, catalogue: Catalogue | None = None
) -> Context:
    history = History(known=known_from(catalogue))
    for observed in earlier:
        history.remember(observed, owner, judge(observed, history.context(observed, owner), WEIGHTS))
    return history.context(now, owner)


def days_of(author: Sender, days: Iterator[int] | range) -> list[Observed]:
    return [at(day, mail(sender=author)) for day in days]


def test_a_new_mailbox_knows_nothing() -> None:
    context = context_after(now=mail())
    assert not context.history_known
    assert context.address.mails == 0


def test_twenty_mails_make_a_past() -> None:
    others = [at(n, mail(sender=vouched(f"p{n}@else.test"))) for n in range(20)]
    assert not context_after(*others[:19], now=mail()).history_known
    assert context_after(*others, now=mail()).history_known


def test_one_sent_mail_makes_a_past() -> None:
    assert context_after(sent("ann@outlet.test"), now=mail()).history_known


def test_days_and_vouched_mails_of_a_sender_are_counted() -> None:
    context = context_after(*days_of(vouched(), range(0, 40, 10)), now=at(50, mail(sender=vouched())))
    assert (context.address.mails, context.address.days, context.address.span_days) == (4, 4, 30)
    assert context.address.aligned == 4
    assert context.site.mails == 4


def test_the_mail_itself_is_not_part_of_its_past() -> None:
    history = History()
    first = mail()
    assert history.context(first, READER).address.mails == 0
    history.remember(first, READER)
    assert history.context(mail(), READER).address.mails == 1


def test_later_mail_does_not_change_an_earlier_context() -> None:
    early = context_after(mail(), now=mail(sender=sender("b@other.test")))
    late = context_after(mail(), mail(sender=sender("c@third.test")), now=mail(sender=sender("b@other.test")))
    assert early.address == late.address


def test_whom_the_owner_wrote_to() -> None:
    context = context_after(sent("writer@outlet.test"), now=mail())
    assert context.wrote_to_address
    assert context.wrote_to_site
    assert not context.replied
    other = context_after(sent("someone@outlet.test"), now=mail())
    assert (other.wrote_to_address, other.wrote_to_site) == (False, True)


def test_writing_to_a_free_mail_service_is_no_tie_to_all_its_users() -> None:
    stranger = mail(sender=sender("new@free.test"), kinds=("from-domain-freemail",))
    assert not context_after(sent("friend@free.test"), now=stranger).wrote_to_site


def test_answers_are_known_by_the_ids_the_owner_sent() -> None:
    question = sent("writer@outlet.test", message_id="question@house.example")
    answer = mail(sender=sender(in_reply_to=("question@house.example",)))
    guess = mail(sender=sender(in_reply_to=("other@house.example",)))
    assert context_after(question, now=answer).answers_owner
    assert not context_after(question, now=guess).answers_owner


def test_a_reply_of_the_owner_is_remembered() -> None:
    reply = msgspec.structs.replace(
        sent("writer@outlet.test"), sender=sender("reader@house.example", in_reply_to=("one@outlet.test",))
    )
    assert context_after(mail(), reply, now=mail()).replied


def test_a_borrowed_name_is_noticed() -> None:
    friend = mail(sender=vouched("ann@friends.test", name="Ann Contact"))
    impostor = mail(sender=sender("ann.contact@elsewhere.test", name="Contact, Ann"))
    assert context_after(friend, sent("ann@friends.test"), now=impostor).borrowed_name
    assert not context_after(friend, now=impostor).borrowed_name
    assert not context_after(friend, sent("ann@friends.test"), now=friend).borrowed_name


def test_a_changed_beacon_host_is_noticed() -> None:
    usual = [at(n, mail(pixel("https://a.tracker.test/1"))) for n in range(3)]
    assert context_after(*usual, now=mail(pixel("https://b.foreign.test/1"))).beacon_changed
    assert context_after(*usual, now=mail(pixel("https://c.tracker.test/1"))).beacon_before
    assert not context_after(*usual, now=mail()).beacon_changed


def test_a_site_that_looks_like_a_regular_sender_is_noticed() -> None:
    regular = days_of(vouched("news@harbourpost.test"), range(0, 30, 10))
    assert (
        context_after(*regular, now=mail(sender=sender("a@harb0urpost.test"))).imitates == "harbourpost.test"
    )
    assert (
        context_after(*regular, now=mail(sender=sender("a@harbourpostt.test"))).imitates == "harbourpost.test"
    )
    assert context_after(*regular, now=mail(sender=sender("a@harbourpost.test"))).imitates == ""
    assert context_after(*regular, now=mail(sender=sender("a@riverside.test"))).imitates == ""


def test_a_second_address_of_the_owner_is_noticed() -> None:
    owner = Owner(("reader@house.example", "reader@post.example"), "Reader", "House")
    private = mail(to=("reader@post.example",), delivered_to=())
    official = mail(to=("reader@house.example",), delivered_to=())
    assert context_after(private, now=official, owner=owner).other_addresses
    assert not context_after(official, now=official, owner=owner).other_addresses


SUSPECT = mail(
    pixel("https://t.stranger.test/a", personal=token("token-of-twenty-signs")),
    sender=sender("first@outlet.test", name="Una Persona", dmarc="fail", dmarc_policy="none"),
    content=content(persona=("journalist",)),
)


@pytest.mark.parametrize(
    ("later", "kind"),
    [
        (mail(link(), sender=sender("first@outlet.test", name="Else")), "address"),
        (mail(link(), sender=sender("second@other.test", name="Una Persona")), "name"),
        (mail(link("https://t.stranger.test/file"), sender=sender("third@other.test", name="Else")), "host"),
        (
            mail(
                link("https://new.test/x", personal=token("token-of-twenty-signs")),
                sender=sender("d@other.test"),
            ),
            "token",
        ),
        (mail(link("https://new.test/x"), sender=sender("e@other.test")), ""),
    ],
)
def test_later_mail_of_the_same_hand_is_tied_to_an_alert(later: Observed, kind: str) -> None:
    past = [at(-n - 1, mail(sender=vouched(f"p{n}@else.test"))) for n in range(20)]
    context = context_after(*past, SUSPECT, now=at(5, later))
    assert context.linked == kind
    assert context.linked_level == ("alert" if kind else "")


def test_an_announced_drill_is_known_for_sixty_days() -> None:
    catalogue = index_catalogue((DRILL,), {})
    notice = at(0, mail(sender=vouched("it@house.example"), subject="Phishing simulation this month"))
    drill = mail(pixel("https://x.drill.test/1", vendor="drill"), sender=sender("hr@drill.test"))
    soon = context_after(notice, now=at(59, drill), catalogue=catalogue)
    assert soon.drill
    assert soon.announced
    assert not context_after(notice, now=at(61, drill), catalogue=catalogue).announced
    outside = at(0, mail(sender=vouched("it@elsewhere.test"), subject="Phishing simulation this month"))
    assert not context_after(outside, now=at(1, drill), catalogue=catalogue).announced


def test_the_own_organisation_is_known_but_not_behind_free_mail() -> None:
    assert context_after(now=mail(sender=sender("ann@house.example"))).same_house
    alone = Owner(("reader@house.example",), organisation="reader@house.example")
    assert not context_after(now=mail(sender=sender("ann@house.example")), owner=alone).same_house


def test_the_own_mail_is_known() -> None:
    assert context_after(now=sent("a@b.test")).own
    assert context_after(now=mail(sender=sender("reader@house.example"))).own


def test_nothing_is_remembered_of_an_unknown_owner() -> None:
    assert not context_after(*[mail()] * 30, now=mail(), owner=NOBODY).history_known


PEOPLE = [Owner((f"p{n}@house{n % 3}.example",), f"P{n}", f"House {n % 3}") for n in range(4)]


def reaches_of(
    copies: list[tuple[float, Observed, Owner]], now: Observed, owner: Owner
) -> dict[str, tuple[int, int, int]]:
    builder = Gathering()
    for day, observed, person in copies:
        builder.add(at(day, observed), person)
    context = History(builder.freeze()).context(now, owner)
    return {reach.kind: (reach.people, reach.organisations, reach.outsiders) for reach in context.reaches}


def test_the_first_reader_learns_of_the_others_within_fourteen_days() -> None:
    copies = [(float(n), mail(pixel()), person) for n, person in enumerate(PEOPLE)]
    assert reaches_of(copies, at(0, mail(pixel())), PEOPLE[0])["sender"] == (4, 3, 0)
    late = [(20.0, mail(pixel()), PEOPLE[1]), (0.0, mail(pixel()), PEOPLE[0])]
    assert reaches_of(late, at(0, mail(pixel())), PEOPLE[0])["sender"] == (1, 1, 0)


def test_order_of_reading_does_not_matter() -> None:
    copies = [(float(n), mail(pixel()), person) for n, person in enumerate(PEOPLE)]
    now = at(2, mail(pixel()))
    assert reaches_of(copies, now, PEOPLE[2]) == reaches_of(copies[::-1], now, PEOPLE[2])


def test_one_mailbox_has_no_reach() -> None:
    assert (
        reaches_of([(0.0, mail(pixel()), READER), (1.0, mail(pixel()), READER)], at(0, mail(pixel())), READER)
        == {}
    )


def test_readers_outside_the_protected_group_are_counted_apart() -> None:
    outsider = Owner(("x@public.example",), "X", "Public", protected=False)
    copies = [(0.0, mail(pixel()), PEOPLE[0]), (0.0, mail(pixel()), outsider)]
    assert reaches_of(copies, at(0, mail(pixel())), PEOPLE[0])["sender"] == (1, 1, 1)


def test_different_senders_of_one_hidden_host_are_counted() -> None:
    builder = Gathering()
    for number in range(3):
        builder.add(mail(pixel(), sender=sender(f"p{number}@site{number}.test")), READER)
    context = History(builder.freeze()).context(mail(pixel()), READER)
    assert {reach.kind: reach.senders for reach in context.reaches} == {"beacon": 3}


def test_pictures_that_people_see_tie_nobody_together() -> None:
    shown = pixel(hidden=False)
    copies = [
        (0.0, mail(shown, sender=sender(f"p{n}@site{n}.test")), person) for n, person in enumerate(PEOPLE)
    ]
    assert reaches_of(copies, at(0, mail(shown, sender=sender("p0@site0.test"))), PEOPLE[0]) == {}


def test_an_own_address_for_each_reader_is_seen() -> None:
    builder = Gathering()
    for number, person in enumerate(PEOPLE):
        copy = mail(pixel(f"https://t.stranger.test/{number}"), content=content(text_hash="same"))
        builder.add(copy, person)
    context = History(builder.freeze()).context(mail(pixel(), content=content(text_hash="same")), PEOPLE[0])
    assert {reach.kind: reach.addresses for reach in context.reaches}["text"] == 4


def test_who_began_a_conversation() -> None:
    letter = mail(sender=vouched("ann@outlet.test"))
    answered = context_after(letter, sent("ann@outlet.test"), now=at(1, letter))
    assert answered.wrote_to_address
    assert not answered.began
    assert context_after(sent("ann@outlet.test"), letter, now=at(1, letter)).began


def test_mails_that_called_are_counted() -> None:
    quiet, calling = mail(sender=vouched()), mail(pixel(), sender=vouched())
    assert context_after(quiet, at(1, calling), now=at(2, quiet)).address.calls == 1
    assert context_after(quiet, at(1, mail(pixel(vendor="service"))), now=at(2, quiet)).address.calls == 0
