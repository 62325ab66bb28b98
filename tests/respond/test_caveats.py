"""What may be told to whom: the rules one by one, then random markings that must never leak."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.app.catalogues import load_wording, notice_languages
from tocsin.model.claim import Claim
from tocsin.model.exposure import Exposure, Leak, MailExposure, Step
from tocsin.model.fact import (
    AUDIENCES,
    Claimed,
    CouldShow,
    Fact,
    Happened,
    Judged,
    Mark,
    Matched,
    Others,
    Release,
    SentMails,
    Signs,
)
from tocsin.model.intel import TLPS
from tocsin.model.notice import NoticeWish, Sender
from tocsin.respond.caveats import claims_within, clear, effective, mark_of, may_be_told, sent_mails
from tocsin.respond.notice_text import compose

WORDINGS = [load_wording("notices", one) for one in notice_languages()]
CEILINGS = {"person": "AMBER", "delegate": "AMBER", "owner": "AMBER", "affected": "GREEN", "public": "CLEAR"}
SAYS = Claim(
    "k-1", "attribution", "Agency", "agency", "mails", "it was Grey Heron", "letter", about="Grey Heron"
)
DENIES = Claim("k-2", "denial", "Embassy", "government", "mails", "we refuse it", "answer", answers="k-1")
AGREES = Claim(
    "k-3", "confirmation", "Second agency", "agency", "mails", "so think we", "page", answers="k-1"
)


def released(ref: str, audience: str = "person", **more: float) -> Release:
    return Release("r-1", ref, audience, "the source", 1.0, "a letter", "desk", **more)  # type: ignore[arg-type]


def claimed(claim: Claim, *answers: Claim) -> Claimed:
    return Claimed(mark_of(claim), claim, answers)


def marked(claim: Claim, tlp: str) -> Claim:
    return msgspec.structs.replace(claim, tlp=tlp)


def mail(
    sha256: str, address: str, sent_s: float = 1.6e9, *, sender: str = "", subject: str = ""
) -> MailExposure:
    return MailExposure(
        sha256, "p@a.example", address, sent_s, (Step("delivered", "yes"),), (Leak("time", "not-known"),),
        sender=sender, subject=subject,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tlp", "audiences"),
    [
        ("CLEAR", AUDIENCES),
        ("GREEN", ("person", "delegate", "owner", "affected")),
        ("AMBER", ("person", "delegate", "owner")),
        ("", ("person", "delegate", "owner")),
        ("AMBER+STRICT", ()),
        ("RED", ()),
        ("amber", ()),  # what nobody knows is as strict as can be
    ],
)
def test_a_mark_decides_who_may_be_told(tlp: str, audiences: tuple[str, ...]) -> None:
    fact = claimed(marked(SAYS, tlp))
    for audience in AUDIENCES:
        cleared = clear([fact], audience)
        assert bool(cleared.facts) == (audience in audiences)
        assert bool(cleared.withheld) == (audience not in audiences)
        assert bool(clear([fact], audience, [released("k-1", audience)]).facts)


def test_what_is_our_own_is_ours_to_tell() -> None:
    facts = (Others(Mark(), 3, 2), Judged(Mark(), "Grey Heron", "strong", "actor"))
    assert clear(facts, "public").facts == facts


def test_nobody_else_is_told_of_somebodys_mail() -> None:
    exposure = Exposure("p@a.example", "c-1", (mail("1", "p@a.example"),))
    facts = (
        SentMails(Mark(), "p@a.example", 1, 1.6e9, 1.6e9), CouldShow(Mark(), exposure), Signs(Mark(), "strong"),
        Matched(Mark("CLEAR", source="Feed"), 1.6e9),
    )  # fmt: skip
    assert clear(facts, "affected").facts == clear(facts, "public").facts == ()
    assert len(clear(facts, "person").facts) == 4
    assert not [fact for fact in clear(facts, "owner").facts if isinstance(fact, CouldShow)]


def test_a_release_names_its_audience_and_can_be_taken_back() -> None:
    fact = claimed(marked(SAYS, "RED"))
    assert not clear([fact], "person", [released("k-1", "delegate")]).facts
    assert clear([fact], "person", [released("k-1", "public")]).facts
    assert not clear([fact], "person", [released("k-1", withdrawn_s=2.0)]).facts
    assert not clear([Others(Mark("RED", source="Feed"), 2, 1)], "person", [released("")]).facts


def test_an_accusation_is_told_with_what_was_said_against_it_or_not_at_all() -> None:
    fact = claimed(SAYS, marked(DENIES, "RED"), AGREES)
    left = clear([fact], "person")
    assert left.facts == ()
    assert [(one.kind, one.tlp, one.ref, one.ask) for one in left.withheld] == [
        ("an answer to what somebody said", "RED", "k-2", "Embassy")
    ]
    (told,) = clear([fact], "person", [released("k-2")]).facts
    assert isinstance(told, Claimed)
    assert [one.id for one in told.answers] == ["k-2", "k-3"]
    (told,) = clear([claimed(SAYS, DENIES, marked(AGREES, "RED"))], "person").facts
    assert isinstance(told, Claimed)
    assert [one.id for one in told.answers] == ["k-2"]  # who agrees can be left out alone


def test_an_answer_does_not_tell_of_a_claim_that_is_left_out() -> None:
    facts = [claimed(marked(SAYS, "RED"), DENIES), claimed(marked(AGREES, "CLEAR"), DENIES)]
    cleared = clear(facts, "person")
    assert cleared.facts == ()
    assert {one.ref for one in cleared.withheld} == {"k-1"}
    assert not clear([claimed(AGREES)], "person").facts  # nobody knows how what it answers is marked


def test_a_judgement_is_as_strict_as_all_that_it_rests_on() -> None:
    marks = (
        Mark("AMBER", source="Feed", ref="s"),
        Mark("RED", source="Agency", ref="k-1", ask="Agency desk"),
    )
    fact = Judged(Mark(ref="j-1", all_of=marks), "Grey Heron", "strong", "actor")
    assert effective(fact.mark) == "RED"
    (left,) = clear([fact], "person").withheld
    assert (left.source, left.ref, left.ask) == ("Agency", "k-1", "Agency desk")
    assert clear([fact], "person", [released("k-1")]).facts
    assert not clear([fact], "public", [released("k-1", "public")]).facts
    assert clear([fact], "public", [released("j-1", "public")]).facts


def test_of_several_that_show_the_same_one_is_enough() -> None:
    mark = Mark(any_of=(Mark("RED", source="One", ref="s1"), Mark("AMBER+STRICT", source="Two", ref="s2")))
    assert effective(mark) == "AMBER+STRICT"
    assert not may_be_told(mark, "person")
    assert may_be_told(mark, "person", [released("s1")])
    assert may_be_told(mark, "person", [released("s2")])
    assert {one.ref for one in clear([Signs(mark, "few")], "person").withheld} == {"s1", "s2"}


def test_who_reads_a_mailbox_learns_nothing_of_private_ones() -> None:
    mails = (
        mail("1", "p@a.example", subject="office", sender="Ann"),
        mail("2", "home@b.example", 1.7e9, subject="secret", sender="Bob"),
    )
    facts = (
        sent_mails(Mark(), "p@a.example", mails, ("home@b.example",)),
        CouldShow(Mark(), Exposure("p@a.example", "c-1", mails)),
    )
    for audience in ("delegate", "owner"):
        told = msgspec.json.encode(clear(facts, audience).facts).decode()
        assert "office" in told
        assert not [word for word in ("home", "secret", "Bob", "1700000000", '"count":2') if word in told]
    assert "secret" in str(clear(facts, "person"))
    private_alone = sent_mails(Mark(), "p@a.example", mails[1:], ("home@b.example",))
    assert not clear([private_alone, CouldShow(Mark(), Exposure("p", "c", mails[1:]))], "delegate").facts
    assert not clear([private_alone], "delegate").facts


def test_the_highest_count_of_others_that_may_be_told_is_told() -> None:
    counts = [Others(Mark(), 3, 1), Others(Mark(all_of=(Mark("RED", source="Feed", ref="s"),)), 9, 4)]
    assert [one.people for one in clear(counts, "person").facts if isinstance(one, Others)] == [3]
    told = clear(counts, "person", [released("s")]).facts
    assert [one.people for one in told if isinstance(one, Others)] == [9]


def test_reports_and_exports_keep_to_the_same_rule() -> None:
    def within(ceiling: str, *claims: Claim, let_out: Sequence[str] = ()) -> list[str]:
        return [one.id for one in claims_within(claims, claims, ceiling, let_out)]

    assert within("CLEAR", SAYS) == []
    assert within("AMBER", SAYS, DENIES, AGREES) == ["k-1", "k-2", "k-3"]
    assert within("AMBER", SAYS, marked(DENIES, "RED"), AGREES) == []
    assert within("AMBER", SAYS, marked(DENIES, "RED"), AGREES, let_out=["k-2"]) == ["k-1", "k-2", "k-3"]
    assert within("AMBER", SAYS, DENIES, marked(AGREES, "RED")) == ["k-1", "k-2"]
    assert within("AMBER", marked(SAYS, "RED"), DENIES, AGREES) == []
    general = msgspec.structs.replace(marked(DENIES, "RED"), answers="")
    assert within("AMBER", SAYS, general, msgspec.structs.replace(SAYS, id="k-9", event="else")) == ["k-9"]
    assert claims_within([DENIES], [DENIES, marked(SAYS, "RED")], "AMBER") == ()


# Random markings -------------------------------------------------------------------------------------------

_tlp = st.sampled_from(("", *TLPS, "PURPLE"))


def readable(mark: Mark, audience: str, refs: set[str]) -> bool:
    """The rule once more, written another way."""
    if mark.ref in refs:
        return True
    tlp = mark.tlp or ("AMBER" if mark.source else "CLEAR")
    order = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
    own = tlp in order and order.index(tlp) <= order.index(CEILINGS[audience])
    return (
        own
        and all(readable(one, audience, refs) for one in mark.all_of)
        and (not mark.any_of or any(readable(one, audience, refs) for one in mark.any_of))
    )


class Canaries:
    """Words, numbers and years that stand in one place alone."""

    def __init__(self) -> None:
        self.made = 0

    def word(self) -> str:
        self.made += 1
        return "Zq" + "".join(chr(97 + int(digit)) * 2 for digit in f"{self.made:03}") + "qz"

    def year_s(self) -> tuple[str, float]:
        self.made += 1
        year = 1890 + self.made  # before anything else in a text
        return str(year), (year - 1970) * 31_556_952.0 + 15_778_476


@st.composite
def marks(draw: st.DrawFn, ref: str) -> Mark:
    inner = tuple(Mark(draw(_tlp), source="Zource", ref=f"{ref}.{n}") for n in range(draw(st.integers(0, 2))))
    other = tuple(Mark(draw(_tlp), source="Zource", ref=f"{ref}:{n}") for n in range(draw(st.integers(0, 2))))
    source = draw(st.sampled_from(("", "Zource")))
    return Mark(draw(_tlp), draw(st.sampled_from(("", "RED", "GREEN"))), source, "Zsk", ref, inner, other)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Fact], dict[str, list[Mark]]]:
    """Facts, and by canary all marks that have to let it out."""
    canaries = Canaries()
    facts: list[Fact] = []
    under: dict[str, list[Mark]] = {}

    def word(*above: Mark) -> str:
        made = canaries.word()
        under[made] = list(above)
        return made

    def moment(*above: Mark) -> float:
        year, seconds = canaries.year_s()
        under[year] = list(above)
        return seconds

    for number in range(draw(st.integers(1, 3))):
        mark = draw(marks(f"m{number}"))
        sent = MailExposure(
            word(mark), "p@a.example", f"{word(mark)}@a.example", moment(mark),
            (Step("displayed", "yes"), Step("could-have-fired", "likely"), Step("fetched", "not-known")),
            (Leak("time", "likely", (("reason", (word(mark),)),)),), (word(mark),), (), word(mark), word(mark),
        )  # fmt: skip
        exposure = Exposure("p@a.example", "c-1", (sent,), sent.leaks)
        facts += [sent_mails(mark, "p@a.example", (sent,), ()), CouldShow(mark, exposure)]
        facts.append(Signs(mark, "some", (word(mark),)))
    mark = draw(marks("o"))
    facts.append(Others(mark, 733, 719))
    under |= {"733": [mark], "719": [mark]}
    mark = msgspec.structs.replace(draw(marks("i")), source="")
    source = word(mark)
    mark = msgspec.structs.replace(mark, source=source)
    under[source] = [mark]
    facts.append(Matched(mark, moment(mark), word(mark)))
    mark = draw(marks("j"))
    facts.append(Judged(mark, word(mark), "some", "actor"))
    mark = draw(marks("h"))
    facts.append(Happened(mark, word(mark), word(mark), "2021-05"))
    for number in range(draw(st.integers(1, 3))):
        mark = draw(marks(f"c{number}"))
        claims: list[Claim] = []
        above = [mark]
        for place in range(draw(st.integers(1, 4))):
            id = f"k-{number}-{place}"
            tlp = draw(_tlp)
            own = Mark(tlp, source="x", ref=id)
            answered = draw(st.integers(0, place - 1)) if place else 0
            marks_above = [mark, own, *(above[1 + answered : 2 + answered] if place else [])]
            if place:
                marks_above.append(above[1])
            claims.append(Claim(
                id, "attribution" if not place else draw(st.sampled_from(("denial", "confirmation", "answer"))),
                word(*marks_above), "agency", "mails", word(*marks_above), word(*marks_above), tlp=tlp,
                about=word(*marks_above), reported_by=word(*marks_above), translation=word(*marks_above),
                translated_by=word(*marks_above), answers=claims[answered].id if place else "",
            ))  # fmt: skip
            above.append(own)
        facts.append(Claimed(mark, claims[0], tuple(claims[1:])))
    return facts, under


def texts_of(facts: tuple[Fact, ...], audience: str, *, left_out: bool) -> Iterator[str]:
    yield json.dumps(json.loads(msgspec.json.encode(facts)))
    for wording in WORDINGS:
        wish = NoticeWish(
            wording.language, "letter", audience, "Reader", facts, Sender("Office"), "n-000000000000", 1.8e9,
            left_out=left_out,
        )  # fmt: skip
        yield compose(wish, wording)


def shows(text: str, canary: str) -> bool:
    found = re.search(rf"\b{canary}\b", text) if canary.isdigit() else canary in text
    return bool(found)


@settings(max_examples=120, deadline=None)
@given(cases(), st.sampled_from(AUDIENCES), st.data())
def test_no_marked_content_is_ever_told(
    case: tuple[list[Fact], dict[str, list[Mark]]], audience: str, data: st.DataObject
) -> None:
    facts, under = case
    every = sorted({one.ref for found in under.values() for mark in found for one in _all(mark) if one.ref})
    refs = set(data.draw(st.lists(st.sampled_from(every), max_size=4)) if every else ())
    cleared = clear(facts, audience, [released(ref, audience) for ref in refs])
    forbidden = [
        canary for canary, found in under.items() if not all(readable(mark, audience, refs) for mark in found)
    ]
    for text in texts_of(cleared.facts, audience, left_out=bool(cleared.withheld)):
        assert not [canary for canary in forbidden if shows(text, canary)]
        assert "Zsk" not in text
    told = " ".join(f"{one.kind} {one.tlp} {one.why}" for one in cleared.withheld)
    assert not [canary for canary in under if not canary.isdigit() and canary in told]
    assert all(one.ref not in refs for one in cleared.withheld)


def _all(mark: Mark) -> Iterator[Mark]:
    yield mark
    for one in (*mark.all_of, *mark.any_of):
        yield from _all(one)
