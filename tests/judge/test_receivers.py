"""Whose results a mailbox believes, learnt from the mail in it, and what becomes of those of others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judge.factories import NOON_S, READER, mail, sender
from tocsin.judge.fanout import owner_key
from tocsin.judge.history import History
from tocsin.judge.receivers import ReceiversBuilder, held_to_receivers
from tocsin.judge.traits import aligned, read_traits
from tocsin.model.observation import Observation, Observed

DAY_S = 86_400.0


def received(server: str, day: int = 0, **values: Any) -> Observed:
    about = {"dmarc": "pass", "spf": "pass", "dkim": "pass", "dkim_domains": ("outlet.test",), **values}
    return mail(
        sender=sender(authserv_id=server, verified_by="receiver", **about), arrival_s=NOON_S + day * DAY_S
    )


def learnt(*groups: tuple[str, int, int]) -> frozenset[str]:
    """From so many mails of each server, spread over so many days."""
    builder = ReceiversBuilder()
    for server, mails, days in groups:
        for number in range(mails):
            builder.add(received(server, number % days), READER)
    return builder.freeze().get(owner_key(READER), frozenset())


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param([("mx.house.test", 30, 10)], {"house.test"}, id="one server"),
        pytest.param(
            [("mx1.house.test", 12, 10), ("mx2.house.test", 12, 10)], {"house.test"}, id="two of a house"
        ),
        pytest.param([("mx.house.test", 19, 19)], set(), id="too few mails"),
        pytest.param([("mx.house.test", 300, 3)], set(), id="too few days"),
        pytest.param(
            [("mx.old.test", 50, 20), ("mx.new.test", 60, 20)], {"old.test", "new.test"}, id="a move"
        ),
        pytest.param(
            [("mx.house.test", 300, 50), ("mx.forged.test", 25, 20)], {"house.test"}, id="a forger's share"
        ),
        pytest.param([(f"mx.n{n}.test", 5, 5) for n in range(40)], set(), id="a collection"),
        pytest.param([("amavis", 30, 10)], {"amavis"}, id="a name without a domain"),
    ],
)
def test_the_servers_of_the_bulk_of_the_mail_are_learnt(
    groups: list[tuple[str, int, int]], expected: set[str]
) -> None:
    assert learnt(*groups) == expected


def test_passes_of_another_server_are_unknown_and_that_is_said() -> None:
    found = held_to_receivers(received("mx.forged.test"), frozenset({"house.test"}))
    assert (found.sender.spf, found.sender.dkim, found.sender.dmarc) == ("", "", "")
    assert found.observations[-1] == Observation(
        "untrusted-receiver", "mx.forged.test: spf,dkim,dmarc", "authentication-results"
    )
    assert not aligned(found)
    assert not read_traits(found).unaligned  # unknown is not failed


def test_failures_of_another_server_stay() -> None:
    found = held_to_receivers(
        received("mx.forged.test", dmarc="fail", spf="softfail"), frozenset({"house.test"})
    )
    assert (found.sender.dmarc, found.sender.spf, found.sender.dkim) == ("fail", "softfail", "")


def test_what_handed_in_records_bear_out_stays() -> None:
    before = received("mx.forged.test", by_records=("dkim", "dmarc"))
    found = held_to_receivers(before, frozenset({"house.test"}))
    assert (found.sender.spf, found.sender.dkim, found.sender.dmarc) == ("", "pass", "pass")


@pytest.mark.parametrize(
    "one",
    [
        received("mx9.house.test"),
        received("", dmarc="", dkim="", dkim_domains=()),
        mail(sender=sender(dmarc="pass", dkim="pass", verified_by="records")),
        mail(sender=sender()),
    ],
    ids=["own server", "Received-SPF alone", "from records", "nothing known"],
)
def test_other_mail_is_left_as_it_is(one: Observed) -> None:
    assert held_to_receivers(one, frozenset({"house.test"})) is one
    assert held_to_receivers(one, frozenset()) is one


def test_mail_forged_in_the_owners_name_is_a_strangers_and_teaches_no_relation() -> None:
    history = History()
    forged = mail(sender=sender(READER.addresses[0], dmarc="fail"), to=("drop@elsewhere.test",))
    assert not history.context(forged, READER).own
    history.remember(forged, READER)
    assert not history.context(mail(sender=sender("drop@elsewhere.test")), READER).wrote_to_address
    returned = mail(sender=sender(READER.addresses[0], dmarc="fail"), kinds=("list-damage",))
    assert history.context(returned, READER).own
