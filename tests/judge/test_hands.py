"""What one mail of a hand gives away of its other mails."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from tests.judge.factories import (
    DAY_S,
    NOON_S,
    READER,
    beacon,
    content,
    link,
    mail,
    pixel,
    sender,
    token,
    vouched,
)
from tocsin.app.weights import load_weights
from tocsin.judge.hands import MOST_KEPT, Company, Hands
from tocsin.judge.known import Known, known_from
from tocsin.judge.session import judge_in_order
from tocsin.model.catalogue import HostingGroup
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict
from tocsin.observe.vendors import index_catalogue

WEIGHTS = load_weights()
OTHERS = [Owner((f"p{n}@house{n}.example",), f"P{n}", f"House {n}") for n in range(3)]


def numbered(number: int, observed: Observed) -> Observed:
    return msgspec.structs.replace(observed, sha256=f"{number:064x}", arrival_s=NOON_S + number * DAY_S)


def plain(number: int, *beacons: str, **values: object) -> Observed:
    return numbered(number, mail(*(pixel(f"https://{host}/{number}.gif") for host in beacons), **values))


def hands_of(*mails: Observed, alarming: set[int]) -> Hands:
    """Hands that take the mails of these numbers for alarming."""
    digests = {f"{number:064x}" for number in alarming}
    hands = Hands(lambda observed, _: 1.0 if observed.sha256 in digests else -1.0)
    for observed in mails:
        hands.add(observed, READER)
    return hands


ONE = sender("one@first.test")
TWO = sender("two@second.test")
HOST = "t.stranger.test"


@pytest.mark.parametrize(
    ("alarming", "asked", "expected"),
    [
        (plain(1, HOST, sender=ONE), plain(2, HOST, sender=TWO), Company("host", 1)),
        (plain(1, HOST, sender=ONE), plain(2, "o.else.test", sender=ONE), Company("address", 1)),
        (
            plain(1, HOST, sender=sender("one@first.test", reply_to="desk@answers.test")),
            plain(2, "o.else.test", sender=sender("two@second.test", reply_to="desk@answers.test")),
            Company("reply", 1),
        ),
        (plain(1, HOST, sender=ONE), plain(2, "o.else.test", sender=TWO), None),
        # the mail itself, and its copy in another mailbox
        (plain(1, HOST, sender=ONE), plain(1, HOST, sender=ONE), None),
        # a picture that is seen and the same for everybody ties nobody together
        (
            plain(1, HOST, sender=ONE),
            numbered(2, mail(beacon(f"https://{HOST}/head.png"), sender=TWO)),
            None,
        ),
        # a known service's host is nobody's
        (
            numbered(1, mail(pixel("https://o.service.test/1", vendor="service"), sender=ONE)),
            numbered(2, mail(pixel("https://o.service.test/2", vendor="service"), sender=TWO)),
            None,
        ),
        # who forges an address speaks not for the one whom it belongs to
        (
            plain(1, HOST, sender=sender("one@first.test", return_site="relay.test")),
            plain(2, "o.else.test", sender=vouched("one@first.test", return_site="first.test")),
            None,
        ),
    ],
)
def test_what_is_shared(alarming: Observed, asked: Observed, expected: Company | None) -> None:
    assert hands_of(alarming, asked, alarming={1}).company(asked) == expected


def test_a_mail_that_does_not_alarm_by_itself_speaks_for_nobody() -> None:
    mails = [plain(number, HOST) for number in range(3)]
    assert hands_of(*mails, alarming=set()).company(mails[0]) is None


def test_a_host_that_serves_others_as_well_ties_nobody() -> None:
    mails = [plain(number, HOST, sender=sender(f"p{number}@site{number}.test")) for number in range(9)]
    assert hands_of(*mails, alarming={0, 1}).company(mails[8]) is None
    assert hands_of(*mails, alarming={0, 1, 2}).company(mails[8]) == Company("host", 3)


def test_the_order_does_not_matter_and_many_are_not_counted_to_the_end() -> None:
    mails = [plain(number, HOST, sender=sender(f"p{number}@site{number}.test")) for number in range(40)]
    for some in itertools.permutations(mails[:4]):
        assert hands_of(*some, alarming={0, 1, 2}).company(mails[0]) == Company("host", 2)
    forwards, backwards = (hands_of(*order, alarming=set(range(40))) for order in (mails, mails[::-1]))
    for one in mails:
        assert forwards.company(one) == backwards.company(one) == Company("host", MOST_KEPT - 1)


@pytest.mark.parametrize(("group", "tied"), [("free-hosting", False), ("dynamic-dns", True)])
def test_hosting_that_anybody_can_rent_ties_nobody(group: str, tied: bool) -> None:
    catalogue = index_catalogue([], {group: HostingGroup("a test", ("rented.test",))})
    hands = Hands(lambda *_: 1.0, catalogue)
    hands.add(plain(1, "mine.rented.test", sender=ONE), READER)
    found = hands.company(plain(2, "mine.rented.test", sender=TWO))
    assert (found is not None) == tied


def verdicts(mails: list[Observed], owners: list[Owner], known: Known) -> list[Verdict]:
    judged = judge_in_order(mails.__getitem__, owners, {}, WEIGHTS, known, 0.5, lambda *_: None)
    return [verdict for _, verdict in judged]


def test_a_mail_is_seen_in_the_light_of_a_later_one() -> None:
    known = known_from(index_catalogue([], {}))
    quiet = plain(1, HOST, sender=ONE)
    alarming = numbered(
        2,
        mail(
            pixel(f"https://{HOST}/a1", personal=token(), technique="css-evasion"),
            link("http://192.0.2.4/look"),
            sender=sender(
                "two@second.test",
                dmarc="fail",
                dmarc_policy="none",
                return_site="relay.test",
                mailer="PHPMailer 6",
            ),
            content=content(persona=("journalist",), text_length=40),
            kinds=("merge-mailer", "from-domain-freemail", "reply-to-freemail", "persona", "claims-name"),
        ),
    )
    alone, _ = verdicts([quiet, plain(2, "o.else.test", sender=TWO)], [READER, OTHERS[0]], known)
    together, later = verdicts([quiet, alarming], [READER, OTHERS[0]], known)
    assert later.log_odds > 0
    added = {reason.detector for reason in together.for_} - {reason.detector for reason in alone.for_}
    assert "same-hand" in added
    assert together.log_odds > alone.log_odds
