"""What is done with a mail: the strictest of what its recipients' policies ask for."""

from __future__ import annotations

import msgspec
import pytest

from tests.judge.factories import beacon, link, mail
from tocsin.model.arrival import Opinion, Opinions
from tocsin.model.defused import Policy
from tocsin.model.handling import Handling, Handlings, Rule
from tocsin.model.observation import Observed
from tocsin.model.verdict import Verdict
from tocsin.respond.handling import decide
from tocsin.respond.tag import is_ours, tag

QUIET = Verdict("no-sign", 0.001, 0.005, "remote chance", False, (), (), ())
ALARM = Verdict("reconnaissance", 0.93, 0.005, "very likely", True, (), (), ())


def opinions(**verdicts: Verdict) -> Opinions:
    return Opinions(tuple(Opinion(f"{name}@house.example", verdict) for name, verdict in verdicts.items()))


def action(
    observed: Observed, found: Opinions, *recipients: str, handlings: Handlings, signature: str = "none"
) -> str:
    names = [f"{name}@house.example" for name in recipients]
    return decide(observed, found, names, {}, handlings, signature=signature).action


PLAIN = Handlings(Handling(alert="quarantine", tracked="defuse", other="pass"))


@pytest.mark.parametrize(
    ("observed", "verdict", "expected"),
    [
        (mail(), QUIET, "pass"),
        (mail(link()), QUIET, "pass"),
        (mail(beacon()), QUIET, "defuse"),
        (mail(beacon(trigger="reply")), QUIET, "defuse"),
        (mail(beacon()), ALARM, "quarantine"),
        (mail(), ALARM, "quarantine"),
        (msgspec.structs.replace(mail(), unread=True), QUIET, "quarantine"),
        (msgspec.structs.replace(mail(beacon()), unread=True), ALARM, "quarantine"),
    ],
)
def test_by_what_it_was_found_to_be(observed: Observed, verdict: Verdict, expected: str) -> None:
    assert action(observed, opinions(ann=verdict), "ann", handlings=PLAIN) == expected


def test_what_could_not_be_read_has_a_policy_of_its_own() -> None:
    handlings = Handlings(Handling(alert="quarantine", unread="tag"))
    unread = msgspec.structs.replace(mail(), unread=True)
    assert action(unread, opinions(ann=QUIET), "ann", handlings=handlings) == "tag"


def test_the_strictest_recipient_decides_for_all() -> None:
    handlings = Handlings(
        Handling(alert="tag", tracked="pass"),
        (
            Rule(("ann@house.example",), Handling(tracked="defuse", defusing=Policy(tokens="cut"))),
            Rule(
                ("bob@house.example",),
                Handling(tracked="defuse", defusing=Policy(links="inert", attachments="keep")),
            ),
        ),
    )
    found = opinions(ann=QUIET, bob=QUIET, eve=ALARM)
    decision = decide(
        mail(beacon()), found, [f"{n}@house.example" for n in ("eve", "ann", "bob")], {}, handlings
    )
    assert decision.action == "defuse"
    assert decision.defusing == Policy(links="inert", attachments="seal", tokens="cut")
    assert action(mail(beacon()), found, "eve", handlings=handlings) == "tag"


def test_who_was_not_judged_counts_with_the_gravest_opinion() -> None:
    assert action(mail(), opinions(ann=QUIET, bob=ALARM), "somebody", handlings=PLAIN) == "quarantine"
    assert decide(mail(), opinions(ann=ALARM), [], {}, PLAIN).action == "quarantine"


def test_another_address_of_the_same_person() -> None:
    owners = {"a.private@mail.example": "ann@house.example"}
    decision = decide(mail(), opinions(ann=QUIET, bob=ALARM), ["A.Private@mail.example"], owners, PLAIN)
    assert decision.action == "pass"


@pytest.mark.parametrize(
    ("signature", "expected"),
    [("none", "defuse"), ("verified", "defuse"), ("unverified", "quarantine"), ("broken", "quarantine")],
)
def test_signatures_that_prove_nothing(signature: str, expected: str) -> None:
    handlings = Handlings(Handling(tracked="defuse", signed="quarantine"))
    assert (
        action(mail(beacon()), opinions(ann=QUIET), "ann", handlings=handlings, signature=signature)
        == expected
    )
    assert action(mail(), opinions(ann=QUIET), "ann", handlings=handlings, signature=signature) == "tag"


def test_the_tag_says_what_was_not_at_hand() -> None:
    found = Opinions(opinions(ann=ALARM).opinions, history="the store is late")
    decision = decide(mail(), found, ["ann@house.example"], {}, PLAIN)
    line = tag(decision, found, action=decision.action, sha256="ab" * 32, signature="broken")
    assert line.startswith(
        "reconnaissance; likelihood=0.930; alert=yes; found=alert; action=quarantine; history=no;"
    )
    assert "intelligence=yes" in line
    assert "signature=broken" in line
    assert line.isascii()


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("X-Tocsin-Verdict", " anything", True),
        ("x-TOCSIN", "", True),
        ("X-Tocs", "", False),
        ("Authentication-Results", " mx.house.example; spf=pass", True),
        ("Authentication-Results", "\n (c (d)) MX.House.Example 1;\n dkim=pass", True),
        ("Authentication-Results", ' "mx.house.example"; spf=pass', True),
        ("Authentication-Results", " mx.house.example.evil.test; spf=pass", False),
        ("Authentication-Results", " other.example; x=mx.house.example", False),
        ("ARC-Authentication-Results", " i=1; mx.house.example; spf=pass", False),
    ],
)
def test_fields_that_nobody_outside_may_write(name: str, value: str, ours: bool) -> None:
    assert is_ours(name, value, "mx.house.example") is ours
    if name.startswith("Auth"):
        assert not is_ours(name, value, "")
