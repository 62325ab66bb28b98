"""What is said about who: the signed judgement, or that nobody knows; likelihood and confidence apart."""

from __future__ import annotations

from tocsin.model.judgement import Judgement
from tocsin.render.report.say import Data, day, line
from tocsin.render.report.values import Case, Line, Section

# ICD-203, by the lower edge in percent; the edge is included.
BANDS = (
    (0, "almost-no-chance"),
    (5, "very-unlikely"),
    (20, "unlikely"),
    (45, "roughly-even-chance"),
    (55, "likely"),
    (80, "very-likely"),
    (95, "almost-certain"),
)
_KNOW_SIGNERS = (
    "minister",
    "analyst",
)  # outside the house a signer's name helps nobody who is asked to trust it
_STRONG, _SOME = 80, 55  # lower edges in percent of what targets read as strong and as some signs


def who_section(case: Case) -> Section:
    """Never more than the standing judgement says, and without one that nobody knows."""
    say, one = case.wording, case.judgement
    head = line(say, "head.who")
    if one is None:
        why = line(say, "who.disagree" if case.disagree else "who.no-judgement")
        return Section("who", head, strong=(line(say, "who.nobody"),), lines=(why,))
    when = day(say, one.signed_s)
    end = [
        line(say, "who.signed", analyst=Data(case.analyst, 80), day=when)
        if case.audience in _KNOW_SIGNERS
        else line(say, "who.signed-unnamed", day=when)
    ]
    if case.lost_claims:
        end.append(line(say, "who.lost-claims", case.lost_claims))
    if case.later:
        end.append(line(say, "who.grown", case.later))
    if one.hypothesis == "unknown":
        return Section(
            "who",
            head,
            strong=(line(say, "who.nobody"),),
            lines=(line(say, "who.unknown"), _confidence(case, one), *end),
        )
    if case.audience == "target":
        what = _what(case, one, "that")
        key = "strong" if one.low >= _STRONG else "some" if one.low >= _SOME else "few"
        likelihood = line(say, f"signs.{key}", what=what)
    else:
        what = _what(case, one, "what")
        likelihood = line(say, f"likelihood.{band(one)}", what=what, range=_range(case, one))
    lines = [_confidence(case, one)]
    if one.level == "resembles":
        lines.append(line(say, "resembles.note"))
    return Section("who", head, strong=(likelihood,), lines=(*lines, *end))


def band(one: Judgement) -> str:
    """The ICD-203 row that a judgement lies in."""
    middle = (one.low + one.high) / 2
    return next(name for edge, name in reversed(BANDS) if middle >= edge)


def _what(case: Case, one: Judgement, kind: str) -> Line:
    """Whom it is about, as a clause: "that" after signs, "what" after likelihood, which some languages tell apart."""
    say = case.wording
    if one.hypothesis in ("criminal", "marketing"):
        return line(say, f"{kind}.{one.hypothesis}")
    return line(say, f"{kind}.{one.level}", title=one.title)


def _range(case: Case, one: Judgement) -> Line:
    return line(case.wording, "range", low=one.low, high=one.high)


def _confidence(case: Case, one: Judgement) -> Line:
    return line(case.wording, f"confidence.{one.confidence}")
