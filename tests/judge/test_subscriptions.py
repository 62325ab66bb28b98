"""What a mailbox remembers of subscriptions and of the rhythm of its senders."""

from __future__ import annotations

import pytest

from tests.judge.factories import DAY_S, NOON_S, READER, content, letter, mail, sender, vouched
from tests.judge.test_history import at, context_after, days_of, sent
from tocsin.app.weights import load_weights
from tocsin.judge.history import History
from tocsin.judge.subscriptions import joins, welcomes
from tocsin.judge.verdict import judge
from tocsin.model.observation import Observed

LIST = sender("news@outlet.test", list_id="weekly.outlet.test")


@pytest.mark.parametrize(
    ("subject", "excerpt", "expected"),
    [
        ("Please confirm your subscription", "", True),
        ("Welcome to our newsletter!", "", True),
        ("Welcome", "Thank you for signing up to the Harbour Chronicle.", True),
        ("Confirmez votre inscription", "", True),
        ("Bienvenue", "Votre abonnement est actif.", True),
        ("Bevestig je inschrijving op onze nieuwsbrief", "", True),
        ("Bitte bestätigen Sie Ihre Anmeldung", "", True),
        ("Welcome reception on Tuesday", "Drinks at six.", False),
        ("Our newsletter of May", "Welcome, readers!", False),
        ("", "", False),
        ("confirm " * 50_000, "newsletter " * 50_000, False),
    ],
)
def test_welcomes(subject: str, excerpt: str, expected: bool) -> None:
    assert (
        welcomes(
            mail(subject=subject[:1000], content=content(excerpt=excerpt[:200] if len(excerpt) < 999 else ""))
        )
        is expected
    )


@pytest.mark.parametrize(
    ("to", "subject", "expected"),
    [
        ("weekly-subscribe@lists.outlet.test", "", ("lists.outlet.test",)),
        ("weekly-request@lists.outlet.test", "", ("lists.outlet.test",)),
        ("weekly@lists.outlet.test", "Subscribe", ("lists.outlet.test",)),
        ("ann@outlet.test", "Subscription figures", ()),
        ("ann@outlet.test", "Lunch", ()),
        ("", "subscribe", ()),
    ],
)
def test_mail_that_joins(to: str, subject: str, expected: tuple[str, ...]) -> None:
    assert joins(mail(to=(to,), subject=subject)) == expected


def test_own_mail_to_join_is_remembered() -> None:
    asked = sent("weekly-subscribe@outlet.test")
    assert context_after(asked, now=at(9, mail(sender=LIST))).subscribed == "asked"
    assert context_after(sent("ann@outlet.test"), now=at(9, mail(sender=LIST))).subscribed == ""


def test_the_same_list_of_the_same_site_for_weeks() -> None:
    issues = days_of(LIST, range(0, 21, 7))
    assert context_after(*issues, now=at(21, mail(sender=LIST))).subscribed == "list"
    assert context_after(*issues[:2], now=at(21, mail(sender=LIST))).subscribed == ""
    copied = sender("news@0utlet.test", list_id="weekly.outlet.test")
    assert context_after(*issues, now=at(21, mail(sender=copied))).subscribed == ""


def test_a_welcome_counts_from_the_next_day() -> None:
    welcome = mail(sender=LIST, subject="Welcome to our newsletter")
    assert context_after(welcome, now=at(2, mail(sender=LIST))).subscribed == "welcome"
    assert context_after(welcome, now=mail(sender=LIST)).subscribed == ""
    assert context_after(welcome, now=at(2, mail(sender=sender("b@other.test")))).subscribed == ""
    forged = mail(sender=sender("news@outlet.test", dmarc="fail"), subject="Welcome to our newsletter")
    assert context_after(forged, now=at(2, mail(sender=LIST))).subscribed == ""


@pytest.mark.parametrize(
    ("days", "interval"),
    [
        (range(0, 70, 14), 14),
        (range(40), 1),
        ([0, 7, 15, 21, 29, 36], 7),
        ([0, 1, 2, 30, 31, 60], 0),
        (range(0, 28, 7), 0),
        ([0, 0, 0, 0, 0, 40], 0),
    ],
)
def test_steady_intervals(days: list[int], interval: int) -> None:
    context = context_after(*days_of(vouched(), iter(days)), now=at(90, mail(sender=vouched())))
    assert context.address.interval_days == interval


@pytest.mark.parametrize("stamps", [[0.0] * 6, [-1e15, 1e15, None, 4_070_908_800.0, 0.0, 1e300]])
def test_odd_dates_are_remembered_without_harm(stamps: list[float | None]) -> None:
    history = History()
    for stamp in [*stamps, NOON_S, NOON_S + DAY_S]:
        observed: Observed = letter(
            sender=LIST, arrival_s=None, date_s=stamp, subject="Welcome to our newsletter"
        )
        verdict = judge(observed, history.context(observed, READER), load_weights())
        history.remember(observed, READER, verdict)
        assert 0 <= verdict.likelihood <= 1


def test_ten_thousand_recipients_get_a_verdict() -> None:
    observed = letter(to=tuple(f"p{n}@house.example" for n in range(10_000)))
    history = History()
    verdict = judge(observed, history.context(observed, READER), load_weights())
    assert any(reason.detector == "wide-readership" for reason in verdict.against)
