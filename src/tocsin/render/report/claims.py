"""What others say, quoted in their words, each with what was answered to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.mail.mentions import mentioned, mentions, pattern
from tocsin.model.claim import Claim
from tocsin.render.report.say import Data, line, written_day
from tocsin.render.report.values import Case, Line, Quote, Section

_MOST = 3  # on a page for decision-makers
_WORDS = 420
_SAYS = ("attribution", "confirmation")
_FIRST = {"denial": 0, "no-response": 1, "answer": 2}  # the accused before others
_UNNAMED = ("press", "target", "peer")  # who is told no names of those who were sent the mails


def claims_section(case: Case) -> Section:
    """Claims in the order they were made; what answers one stands under it, and is never left out for want of room."""
    say = case.wording
    known = {one.id: one for one in case.claims}
    below: dict[str, list[Claim]] = {}
    first: list[Claim] = []
    for one in sorted(case.claims, key=lambda each: (each.said or "9999", each.id)):
        root = _root(one, known)
        if root is one:
            first.append(one)
        else:
            below.setdefault(root.id, []).append(one)
    head = line(say, "head.claims")
    if not first:
        return Section("claims", head, lines=(line(say, "claims.none"),))
    says = [one for one in first if one.kind in _SAYS]
    drawn = [*says[:_MOST], *[one for one in first if one.kind not in _SAYS][:_MOST]]
    drawn.sort(key=lambda each: (each.said or "9999", each.id))
    left = sum(1 + len(below.get(one.id, ())) for one in first if one not in drawn)
    lines = [line(say, "claims.note")]
    quotes = []
    for one in drawn:
        answers = sorted(below.get(one.id, ()), key=lambda each: _FIRST.get(each.kind, 3))
        left += max(0, len(answers) - _MOST)
        quotes.append(_quoted(case, one, answers[:_MOST]))
    if left:
        lines.append(line(say, "claims.more", left))
    return Section("claims", head, lines=tuple(lines), quotes=tuple(quotes))


def _root(one: Claim, known: Mapping[str, Claim]) -> Claim:
    """The claim that began it: what this one answers, and what that one answers."""
    seen = {one.id}
    while one.answers in known and one.answers not in seen:
        one = known[one.answers]
        seen.add(one.id)
    return one


def _quoted(case: Case, one: Claim, answers: Sequence[Claim] | None = None) -> Quote:
    """One claim; `answers` is None for one that is itself an answer."""
    say = case.wording
    drawn = tuple(_quoted(case, each) for each in answers or ())
    intro = line(say, f"claim.{one.kind}", by=_speaker(case, one), day=written_day(say, one.said))
    translation = None
    if one.translation and one.language != say.language:
        translation = line(
            say,
            "claim.translated",
            by=Data(one.translated_by or "?", 80),
            words=Data(hidden(case, one.translation), _WORDS),
        )
    notes: list[Line] = []
    if one.reported_by:
        notes.append(line(say, "claim.reported", by=Data(one.reported_by, 80)))
    if one.source:
        notes.append(line(say, "claim.source", source=Data(one.source, 120)))
    if answers is not None and not answers and one.kind in _SAYS:
        notes.append(line(say, "claim.no-answer"))
    words = ""
    if one.kind != "no-response":
        words = line(say, "quote", words=Data(hidden(case, one.words), _WORDS)).text
    return Quote(intro, words, one.language, translation, tuple(notes), drawn)


def _speaker(case: Case, one: Claim) -> Data | Line:
    if names_target(case, one.by):
        return line(case.wording, "claim.target")
    return Data(one.by, 100)


def targets(case: Case) -> Sequence[str]:
    """Names and addresses that a text for this audience must not show."""
    if case.audience not in _UNNAMED:
        return ()
    found = list(case.view.organisations) if case.audience == "press" else []
    for address in case.view.campaign.people:
        if address != case.person:
            found += [address, case.view.names.get(address, "")]
    return [one for one in found if one]


def names_target(case: Case, text: str) -> bool:
    """Whether a text names somebody who must not be named to this audience."""
    return mentions(text, targets(case))


def hidden(case: Case, text: str) -> str:
    """A quote with names of targets left out, where they must not be named; the place is marked."""
    names = mentioned(text, targets(case))
    if not names:
        return text
    mark = case.wording.texts["claim.cut"][0]
    for name in sorted(names, key=len, reverse=True):
        text = pattern(name).sub(lambda _: mark, text)
    return text
