"""How old the domains of a mail were when it came."""

from __future__ import annotations

import pytest

from tests.judge.factories import DAY_S, NOON_S, READER, letter, link, mail, pixel, sender, vouched
from tocsin.app.weights import load_weights
from tocsin.judge.ages import Age, ages
from tocsin.judge.gathering import NOTHING_GATHERED
from tocsin.judge.history import History
from tocsin.judge.known import known_from
from tocsin.judge.traits import read_traits
from tocsin.judge.verdict import judge
from tocsin.model.observation import Observed
from tocsin.model.verdict import Verdict

TODAY = int(NOON_S // DAY_S)


def judged(observed: Observed, registered: dict[str, int]) -> Verdict:
    history = History(NOTHING_GATHERED, known_from(None, registered=registered))
    return judge(observed, history.context(observed, READER), load_weights())


def test_sender_call_and_link_are_told_apart() -> None:
    observed = mail(pixel(), link("https://www.page.test/x"))
    registered = {"outlet.test": TODAY - 400, "stranger.test": TODAY - 3, "page.test": TODAY}
    assert set(ages(observed, read_traits(observed), registered)) == {
        Age("sender", "outlet.test", 400),
        Age("call", "stranger.test", 3),
        Age("link", "page.test", 0),
    }


def test_free_mail_known_services_and_unlisted_domains_have_no_age() -> None:
    observed = mail(
        pixel("https://o.service.test/1", vendor="service"),
        sender=sender("a@post.test"),
        kinds=("from-domain-freemail",),
    )
    registered = {"post.test": TODAY, "service.test": TODAY, "other.test": TODAY}
    assert ages(observed, read_traits(observed), registered) == ()


@pytest.mark.parametrize("at", [None, 0.0, 4_070_908_800.0, -1e12, 1e15])
def test_any_date_of_a_mail_gives_a_verdict(at: float | None) -> None:
    observed = letter(arrival_s=None, date_s=at)
    verdict = judged(observed, {"outlet.test": TODAY, "stranger.test": TODAY})
    assert 0 <= verdict.likelihood <= 1


def test_a_young_domain_weighs_and_an_unknown_age_does_not() -> None:
    observed = letter(sender=vouched())
    young = judged(observed, {"stranger.test": TODAY - 2})
    assert young.likelihood > judged(observed, {}).likelihood
    assert judged(observed, {"stranger.test": TODAY - 4000}).likelihood == judged(observed, {}).likelihood
    reason = next(r for r in young.for_ if r.detector == "young-domain")
    assert "2 days" in reason.text
    assert reason.where == "stranger.test"


def test_registered_after_the_mail_is_a_doubt_and_no_reason() -> None:
    verdict = judged(letter(), {"stranger.test": TODAY + 30})
    assert not any(r.detector == "young-domain" for r in verdict.for_)
    assert any("stranger.test registered after" in said for said in verdict.not_evaluated)


def test_a_day_between_time_zones_is_no_contradiction() -> None:
    observed = letter()
    assert ages(observed, read_traits(observed), {"stranger.test": TODAY + 1}) == (
        Age("call", "stranger.test", 0),
    )
