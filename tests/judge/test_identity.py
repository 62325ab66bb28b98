"""Who a mail says it is, held against its addresses, by the whole way from mail to context."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.judge.factories import READER, content, link, mail, pixel, sender, vouched
from tocsin.judge.history import History
from tocsin.judge.identity import NOTHING_ODD, Identity
from tocsin.judge.known import known_from
from tocsin.model.names import KnownName, Names
from tocsin.model.observation import Observation, Observed
from tocsin.model.people import Owner, People

POST = KnownName(
    "harbour-post", "Harbour Post", "newspaper", ("harbourpost.example",), "BE", "https://harbourpost.example"
)
COUNCIL = KnownName(
    "council", "Council of Harbours", "international", ("harbours.example",), "", "https://harbours.example"
)
PEOPLE = People(
    (
        Owner(("ann.maes@delegates.example",), "Ann Maes", "Chamber of Delegates"),
        Owner(("jo.peeters@delegates.example",), "Jo Peeters", "Chamber of Delegates"),
        Owner(("nobody@riverside.example",), "Kim Other", "Riverside", protected=False),
    )
)
HISTORY = History(known=known_from(None, Names((POST, COUNCIL)), PEOPLE))


def claiming(where: str = "from", **values: Any) -> Observed:
    observed = mail(pixel(), **values)
    claim = Observation("claims-name", "harbour-post", where)
    return msgspec.structs.replace(observed, observations=(*observed.observations, claim))


def identity(observed: Observed, owner: Owner = READER) -> Identity:
    return HISTORY.context(observed, owner).identity


def test_a_claim_that_the_domain_bears_out() -> None:
    assert identity(claiming(sender=sender("a@harbourpost.example"))) == NOTHING_ODD
    assert identity(claiming(sender=sender("a@mail.harbourpost.example"))) == NOTHING_ODD


def test_a_claim_that_a_signature_bears_out() -> None:
    signed = sender("a@mailer.test", dkim="pass", dkim_domains=("harbourpost.example",))
    assert identity(claiming(sender=signed)).claims == ()
    only_said = sender("a@mailer.test", dkim_domains=("harbourpost.example",))
    assert identity(claiming(sender=only_said)).claims != ()


def test_a_claim_that_nothing_bears_out() -> None:
    (claim,) = identity(claiming("signature", sender=sender("a@river.test"))).claims
    assert (claim.of.id, claim.domain, claim.where) == ("harbour-post", "harbourpost.example", "signature")


def test_a_genuine_sender_may_name_others_in_its_text() -> None:
    assert identity(claiming("signature", sender=vouched("a@harbours.example"))).claims == ()
    assert identity(claiming("from", sender=vouched("a@harbours.example"))).claims != ()


def test_a_genuine_domain_that_does_not_vouch() -> None:
    found = identity(claiming(sender=sender("a@harbourpost.example", dmarc="fail")))
    assert found.forged == POST
    assert found.claims == ()


@pytest.mark.parametrize(
    ("values", "place", "said"),
    [
        ({"sender": sender("a@harbourpost-news.test")}, "From", False),
        ({"sender": sender("a@harbourpost-news.test"), "content": content(headline=True)}, "From", True),
        (
            {"sender": sender("a@river.test", reply_to="a@harb0urpost.test", reply_site="harb0urpost.test")},
            "Reply-To",
            False,
        ),
        (
            {
                "sender": sender(
                    "a@river.test", return_path="a@harb0urpost.test", return_site="harb0urpost.test"
                )
            },
            "Return-Path",
            False,
        ),
    ],
)
def test_places_of_look_alikes(values: dict[str, Any], place: str, said: bool) -> None:
    found = identity(mail(link(), **values))
    assert found.likeness is not None
    assert found.likeness.of.id == "harbour-post"
    assert (found.place, found.said) == (place, said)


def test_a_host_that_is_called() -> None:
    found = identity(mail(pixel("https://t.harbourpost-media.test/p.gif")))
    assert found.place == "t.harbourpost-media.test"


def test_the_same_name_under_another_ending_needs_the_claim() -> None:
    assert identity(mail(pixel(), sender=sender("a@harbourpost.test"))) == NOTHING_ODD
    found = identity(claiming(sender=sender("a@harbourpost.test")))
    assert found.likeness is not None
    assert (found.likeness.way, found.said) == ("ending", True)


def test_organisations_of_protected_people() -> None:
    found = identity(mail(pixel(), sender=sender("a@delegates-secretariat.test")))
    assert found.likeness is not None
    assert found.likeness.domain == "delegates.example"
    (claim,) = identity(mail(sender=sender("a@river.test", name="Chamber of Delegates, Registry"))).claims
    assert claim.of.name == "Chamber of Delegates"
    assert identity(mail(sender=sender("a@delegates.example", name="Chamber of Delegates"))) == NOTHING_ODD
    assert identity(mail(sender=sender("a@riverside-news.test"))) == NOTHING_ODD  # not protected


def test_the_house_of_a_reader_whom_no_list_names() -> None:
    owner = Owner(("reader@lowlandbank.example",), organisation="lowlandbank.example")
    found = identity(mail(sender=sender("it@lowlandbank-support.test")), owner)
    assert found.likeness is not None
    assert found.likeness.domain == "lowlandbank.example"
    assert identity(mail(sender=sender("it@mail.lowlandbank.example")), owner) == NOTHING_ODD
    free = Owner(("reader@lowlandmail.example",), organisation="reader@lowlandmail.example")
    assert identity(mail(sender=sender("it@lowlandmail-support.test")), free) == NOTHING_ODD


def test_the_name_of_a_protected_person() -> None:
    assert identity(mail(sender=sender("ann@river.test", name="Maes, Ann"))).person == "Maes, Ann"
    assert identity(mail(sender=sender("ann.maes@delegates.example", name="Ann Maes"))).person == ""
    assert identity(mail(sender=sender("office@delegates.example", name="Ann Maes"))).person == ""
    assert identity(mail(sender=sender("kim@river.test", name="Kim Other"))).person == ""


@pytest.mark.parametrize(
    "address", ["", "a@", "@", "a@b", "a@" + "x." * 300 + "test", "a@\u202etset.tsop", "a@xn--\u0430.test"]
)
@pytest.mark.parametrize(
    "name", ["", " ", "\u202e\u202d", "@", "a" * 5000, "\u0430" * 300, "Harbour\u200bPost"]
)
def test_odd_senders_are_no_error(address: str, name: str) -> None:
    found = identity(claiming(sender=sender(address, name=name), to=()))
    assert found.likeness is None


def test_headers_that_are_missing_say_nothing() -> None:
    observed = claiming(sender=sender("a@harbourpost-news.test"), headers_missing=True)
    assert identity(observed) == NOTHING_ODD
