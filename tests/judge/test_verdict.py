"""Verdicts: classes, alerts, sums that add up, and what was not evaluated."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judge.factories import (
    READER,
    beacon,
    content,
    context,
    link,
    mail,
    pixel,
    reach,
    sender,
    token,
    vouched,
)
from tocsin.app.weights import load_weights
from tocsin.judge.context import Context, Seen
from tocsin.judge.detectors import DETECTORS
from tocsin.judge.detectors.interface import Detector, Finding
from tocsin.judge.gathering import Gathering
from tocsin.judge.history import History
from tocsin.judge.likelihood import logit
from tocsin.judge.verdict import DOUBT_AT, judge
from tocsin.model.observation import Beacon, Content, Observed, Sender
from tocsin.model.verdict import CLASSES, Verdict

WEIGHTS = load_weights()

CAMPAIGN = mail(
    pixel("https://t.stranger.test/a1", personal=token()),
    sender=sender(dmarc="fail", dmarc_policy="none"),
    content=content(persona=("journalist",)),
)
NEWSLETTER = mail(
    *(beacon(f"https://img.service.test/{n}.jpg", vendor="service") for n in range(4)),
    pixel("https://o.service.test/1", vendor="service", personal=token()),
    sender=vouched(service="service", list_id="news.outlet.test", list_unsubscribe=True, one_click=True),
    content=content(unsubscribe=True, postal_address=True, links=12, pictures=4),
)
FRAUD = mail(
    link("http://192.0.2.4/login"),
    sender=sender("desk@mailbox.test", name="Mailbox Administrator", dmarc="fail"),
    content=content(asks=("credentials",), links=1, link_sites=("192.0.2.4",), text_length=200),
)


def judged(observed: Observed, threshold: float = 0.5, **surroundings: Any) -> Verdict:
    return judge(observed, context(observed, **surroundings), WEIGHTS, threshold)


@pytest.mark.parametrize(
    ("observed", "surroundings", "expected"),
    [
        (CAMPAIGN, {"reaches": (reach(),)}, "reconnaissance"),
        (NEWSLETTER, {"reaches": (reach(people=9, organisations=6),)}, "bulk"),
        (FRAUD, {}, "phishing"),
        (mail(pixel("https://o.service.test/1", vendor="service"), sender=vouched()), {}, "tracked-personal"),
        (mail(beacon("https://www.outlet.test/logo.png"), sender=vouched()), {}, "no-sign"),
        (
            mail(
                beacon("https://www.outlet.test/logo.png", technique="office", trigger="attachment"),
                sender=vouched(),
            ),
            {},
            "tracked-personal",
        ),
        (mail(), {}, "no-sign"),
        (mail(sender=sender("reader@house.example")), {"own": True}, "no-sign"),
        (mail(content=content(automatic="bounce")), {}, "no-sign"),
        (mail(content=content(automatic="receipt")), {}, "bulk"),
        (mail(sender=sender(list_id="talk.lists.test", in_reply_to=("a@b",))), {}, "no-sign"),
        (mail(pixel(vendor="service"), sender=vouched()), {"answers_owner": True}, "tracked-personal"),
    ],
)
def test_class(observed: Observed, surroundings: dict[str, Any], expected: str) -> None:
    verdict = judged(observed, **surroundings)
    assert verdict.class_ == expected
    assert verdict.alert == (expected in ("reconnaissance", "phishing"))


def test_an_opener_without_any_call_stays_far_below_the_threshold() -> None:
    opener = msgspec.structs.replace(CAMPAIGN, beacons=())
    assert judged(opener, reaches=(reach(),)).likelihood < 0.05


def test_the_same_mail_weighs_less_from_somebody_known() -> None:
    known = Seen(mails=30, days=20, span_days=400, aligned=30)
    plain = mail(pixel(), sender=vouched())
    assert judged(plain, address=known).likelihood < judged(plain).likelihood / 20


@pytest.mark.parametrize("technique", ["anchor-dns", "receiver-dns", "certificate"])
def test_look_ups_say_nothing_about_the_sender(technique: str) -> None:
    looked_up = beacon("https://ca.stranger.test/", technique=technique)
    verdict = judged(mail(looked_up))
    assert verdict.class_ == "no-sign"
    assert "no-beacon" in [reason.detector for reason in verdict.against]
    assert "unknown-beacon-host" not in [reason.detector for reason in verdict.for_]


def test_a_list_headers_bonus_cannot_hide_a_campaign() -> None:
    dressed = msgspec.structs.replace(
        CAMPAIGN,
        sender=sender(dmarc="fail", dmarc_policy="none", list_unsubscribe=True),
        content=content(persona=("journalist",), unsubscribe=True, postal_address=True),
    )
    weights = load_weights(fitted="")  # as people set them: the fit may find that the headers mean nothing
    verdict = judge(dressed, context(dressed), weights)
    services = [r for r in verdict.against if weights.detectors[r.detector].group == "service"]
    assert services
    assert sum(r.weight for r in services) >= -WEIGHTS.caps["service"] - 0.02


@pytest.mark.parametrize("observed", [CAMPAIGN, NEWSLETTER, FRAUD, mail()])
def test_prior_and_weights_add_up_to_the_likelihood(observed: Observed) -> None:
    verdict = judged(observed)
    total = sum(reason.weight for reason in (*verdict.for_, *verdict.against))
    prior, likelihood = (
        (WEIGHTS.phishing_prior, verdict.phishing)
        if verdict.class_ == "phishing"
        else (verdict.prior, verdict.likelihood)
    )
    assert 1 / (1 + math.exp(-(logit(prior) + total))) == pytest.approx(likelihood, abs=1e-6)


def test_no_single_reason_makes_an_alert() -> None:
    for entry in WEIGHTS.detectors.values():
        for weight in entry.reconnaissance.values():
            assert logit(WEIGHTS.prior) + weight < logit(0.2)
        for weight in entry.phishing.values():
            assert logit(WEIGHTS.phishing_prior) + weight < 0


def test_no_single_group_makes_an_alert_of_reconnaissance() -> None:
    assert (
        max(
            WEIGHTS.caps[e.group]
            for e in WEIGHTS.detectors.values()
            if max(e.reconnaissance.values(), default=0) > 0
        )
        < 7
    )


@pytest.mark.parametrize(("threshold", "alert"), [(0.3, True), (0.5, True), (0.999, False)])
def test_the_operator_sets_the_threshold_of_alerts(threshold: float, alert: bool) -> None:
    verdict = judged(CAMPAIGN, threshold)
    assert verdict.class_ == "reconnaissance"
    assert verdict.alert is alert


def test_a_lower_threshold_calls_more_mail_reconnaissance() -> None:
    middling = mail(pixel(personal=token()), sender=vouched())
    assert 0.05 < judged(middling, history_known=False).likelihood < 0.5
    assert judged(middling, 0.05, history_known=False).class_ == "reconnaissance"
    assert judged(middling, history_known=False).class_ == "tracked-personal"


def test_a_failing_detector_is_said_and_the_rest_still_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(observed: Observed, surroundings: Context) -> Finding | None:
        raise KeyError("broken")

    monkeypatch.setattr("tocsin.judge.verdict.DETECTORS", (*DETECTORS, Detector("broken", fail)))
    verdict = judged(CAMPAIGN)
    assert any("broken" in sentence for sentence in verdict.not_evaluated)
    assert verdict.class_ == "reconnaissance"


@pytest.mark.parametrize(
    ("observed", "word"),
    [
        (mail(content=content(forwarded_inline=True)), "original headers"),
        (mail(headers_missing=True, sender=Sender()), "headers are missing"),
        (mail(pixel(), not_evaluated=("The archive is locked.",)), "archive"),
        (msgspec.structs.replace(CAMPAIGN, arrival_s=None), "Only its own Date"),
        (msgspec.structs.replace(CAMPAIGN, arrival_s=None, date_s=None), "Nothing says when"),
    ],
)
def test_what_was_not_evaluated_is_said(observed: Observed, word: str) -> None:
    assert any(word in sentence for sentence in judged(observed).not_evaluated)


@pytest.mark.parametrize("detector", ["unknown-beacon-host", "personal-token"])
def test_a_reason_about_a_call_names_the_host(detector: str) -> None:
    reasons = {reason.detector: reason for reason in judged(CAMPAIGN).for_}
    assert reasons[detector].where == "t.stranger.test"


def test_an_unknown_past_is_said_and_weighs_next_to_nothing() -> None:
    alone, known = judged(CAMPAIGN, history_known=False), judged(CAMPAIGN)
    assert any("past" in sentence for sentence in alone.not_evaluated)
    assert not any("past" in sentence for sentence in known.not_evaluated)
    assert alone.likelihood < known.likelihood


def test_an_unknown_past_is_no_gap_where_nothing_raises_the_question() -> None:
    plain = judged(mail(), history_known=False)
    assert plain.likelihood < DOUBT_AT
    assert plain.not_evaluated == ()


def test_sender_detectors_are_silent_about_an_inline_forward() -> None:
    forwarded = msgspec.structs.replace(
        CAMPAIGN, content=content(persona=("journalist",), forwarded_inline=True)
    )
    names = {reason.detector for reason in judged(forwarded).for_}
    assert names
    assert not names & {"identity-mismatch", "dmarc-fail-lax", "no-relation"}


@pytest.mark.parametrize("observed", [CAMPAIGN, NEWSLETTER, FRAUD])
def test_place_and_mark_do_not_matter(observed: Observed) -> None:
    moved = msgspec.structs.replace(observed, source="other#1", mailbox="other", folder="x", exercise=True)
    assert judged(moved) == judged(observed)


def renamed(value: Any) -> Any:
    """The same value with every .test and .example ending changed."""
    return msgspec.json.decode(
        msgspec.json.encode(value).replace(b".test", b".org").replace(b".example", b".fr"), type=type(value)
    )


@pytest.mark.parametrize("observed", [CAMPAIGN, NEWSLETTER, FRAUD])
def test_endings_of_domains_do_not_matter(observed: Observed) -> None:
    other = renamed(observed)
    owner = renamed(READER)
    history = History()
    left = judge(observed, history.context(observed, READER), WEIGHTS)
    right = judge(other, history.context(other, owner), WEIGHTS)
    assert (left.class_, left.likelihood, left.phishing) == (right.class_, right.likelihood, right.phishing)


HOSTS = st.sampled_from(
    ["", "t.stranger.test", "outlet.test", "192.0.2.1", "[2001:db8::1]", "..", "xn--.test"]
)
BEACONS = st.builds(
    Beacon,
    technique=st.sampled_from(
        ["image", "link", "receipt-request", "css-evasion", "file-path", "frame", "unheard-of"]
    ),
    url=st.text(max_size=20),
    host=HOSTS,
    site=HOSTS,
    trigger=st.sampled_from(["receipt", "open", "reply", "click", "attachment", "print"]),
    conditional=st.booleans(),
    fires_in=st.just(()),
    leaks=st.sampled_from([(), ("address",), ("ntlm",)]),
    part=st.text(max_size=3),
    vendor=st.sampled_from([None, "service"]),
    hidden=st.booleans(),
)
TEXTS = st.text(max_size=30)
MAILS = st.builds(
    Observed,
    source=TEXTS,
    mailbox=TEXTS,
    folder=TEXTS,
    sha256=TEXTS,
    fingerprint=TEXTS,
    message_id=TEXTS,
    date_s=st.none() | st.floats(-1e12, 1e12),
    arrival_s=st.none() | st.floats(0, 4e9),
    subject=TEXTS,
    to=st.lists(TEXTS, max_size=3).map(tuple),
    delivered_to=st.lists(TEXTS, max_size=3).map(tuple),
    sender=st.builds(Sender),
    content=st.builds(Content),
    beacons=st.lists(BEACONS, max_size=5).map(tuple),
    observations=st.just(()),
    defects=st.just(()),
    not_evaluated=st.just(()),
    size=st.integers(0, 10**9),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(MAILS, max_size=6))
def test_judging_never_raises_and_no_detector_fails(mails: list[Observed]) -> None:
    builder = Gathering()
    for observed in mails:
        builder.add(observed, READER)
    history = History(builder.freeze())
    for observed in mails:
        verdict = judge(observed, history.context(observed, READER), WEIGHTS)
        history.remember(observed, READER, verdict)
        assert verdict.class_ in CLASSES
        assert 0 <= verdict.likelihood <= 1
        assert 0 <= verdict.phishing <= 1
        assert not any("failed" in sentence for sentence in verdict.not_evaluated)


def test_every_detector_is_listed_once() -> None:
    names = [detector.id for detector in DETECTORS]
    assert len(names) == len(set(names)) >= 20
