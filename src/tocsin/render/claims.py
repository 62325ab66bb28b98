"""Claims of others on the terminal, as a page and as JSON: always with who says so, in the words used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.mail.plain_json import plain_json
from tocsin.model.claim import STRENGTHS, Arrow, Claim
from tocsin.render import words
from tocsin.render.records import rfc3339
from tocsin.render.shown import escaped, isolated, short, shown
from tocsin.render.style import POLICY, STYLE

CLAIM_SCHEMA = "tocsin.claim/1"
CASE_SCHEMA = "tocsin.claim-case/1"

KIND_VERB = {
    "attribution": "says",
    "confirmation": "confirms",
    "denial": "denies",
    "answer": "answers",
    "no-response": "gave no response yet",
    "retraction": "takes back",
}
STRENGTH_TITLE = {
    "not-stated": "no strength stated",
    "could-not-confirm": "could not confirm",
    "possible": "holds it possible",
    "likely": "holds it likely",
    "highly-likely": "holds it highly likely",
    "near-certain": "nearly certain",
    "asserted": "asserts it",
}
_MOST_AGAINST = 10  # answers in one sentence, denials first
NOTE = "Quoted. Tocsin neither believes nor disbelieves them, and none of them counts in an assessment."
_SHADES = ("#eceff3", "#dbe4ee", "#c4d5e8", "#a3bfdd", "#7ba3cd", "#3f70a3", "#1f4c7d")


class CaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A case that comes with the program, and how many claims and incidents it holds; `exercise` marks practice."""

    schema: str = CASE_SCHEMA
    name: str
    title: str
    exercise: bool
    claims: int
    incidents: int


class TieRecord(msgspec.Struct, frozen=True):
    """Who tied the claim to what: `to` is the id of a campaign, profile or incident."""

    to: str
    by: str
    at: str | None


class ClaimRecord(msgspec.Struct, frozen=True):
    """Who said what about whom and which event; `words` as they were used, `said` as far as the day is known.

    `answers` is the claim that this one answers; `campaigns` and `incidents` are those here that a person tied it to.
    """

    schema: str
    id: str
    kind: str
    by: str
    by_kind: str
    government: str
    about: str
    actor: str
    accused: str
    event: str
    event_title: str
    said: str
    words: str
    language: str
    translation: str
    translated_by: str
    reported_by: str
    strength: str
    answers: str
    source: str
    grade: str
    tlp: str
    campaigns: tuple[str, ...]
    incidents: tuple[str, ...]
    ties: tuple[TieRecord, ...]
    added: str | None
    added_by: str
    withdrawn: str | None
    withdrawn_by: str
    withdrawn_because: str


_SAME = tuple(
    name for name in ClaimRecord.__struct_fields__ if name in Claim.__struct_fields__ and name != "ties"
)


def claim_line(one: Claim) -> bytes:
    """One claim as a line of JSON, line end included."""
    record = ClaimRecord(
        schema=CLAIM_SCHEMA,
        ties=tuple(TieRecord(tie.to, tie.by, rfc3339(tie.at_s)) for tie in one.ties),
        added=rfc3339(one.added_s),
        withdrawn=rfc3339(one.withdrawn_s),
        **{name: getattr(one, name) for name in _SAME},
    )
    return plain_json(record) + b"\n"


def case_line(one: CaseRecord) -> bytes:
    """One shipped case as a line of JSON, line end included."""
    return plain_json(one) + b"\n"


def case_sentence(one: CaseRecord) -> str:
    """What a shipped case is called and holds, line end included."""
    holds = f"{words.count(one.claims, 'claim')}, {words.count(one.incidents, 'incident')}"
    return f"{one.name}: {one.title} ({holds})\n"


def exercise_mark(exercise: bool) -> tuple[RenderableType, ...]:
    """The mark of practice, where it is practice."""
    return (Text(f" {words.EXERCISE} ", style="reverse"),) if exercise else ()


def claim_sentence(one: Claim) -> str:
    """Who says it, when, and the words."""
    when = one.said or "no date given"
    about = f" about {short(one.about, 60)}" if one.about and one.kind == "attribution" else ""
    if one.kind == "no-response":
        return f"{shown(one.by, 160)} {KIND_VERB[one.kind]} ({when})"
    said = f"{shown(one.by, 160)} {KIND_VERB[one.kind]}{about} ({when}): “{shown(one.words, 4_000)}”"
    if one.translation:
        said += f", in translation by {short(one.translated_by, 60)}: “{shown(one.translation, 4_000)}”"
    return said


def arrow_sentence(arrow: Arrow) -> str:
    """Whom somebody names for an incident, in their words, and who answered: never in a voice of our own."""
    one = arrow.claim
    strength = STRENGTH_TITLE[one.strength]  # before the quote, which may be long
    said = f"{shown(one.by, 120)} names {short(arrow.actor, 60)} ({strength}): “{shown(one.words, 300)}”"
    for each in sorted(arrow.against, key=lambda each: each.kind != "denial")[:_MOST_AGAINST]:
        words_ = f": “{shown(each.words, 300)}”" if each.words else ""
        said += f"; {shown(each.by, 120)} {KIND_VERB[each.kind]}{words_}"
    return said


def claim_detail(one: Claim) -> str:
    """How strongly it is said, and where it can be read."""
    parts = [STRENGTH_TITLE[one.strength]] if one.kind in ("attribution", "confirmation", "answer") else []
    if one.reported_by:
        parts.append(f"reported by {shown(one.reported_by, 120)}")
    parts.append(f"source: {shown(one.source, 300)}")
    parts.append(f"grade {one.grade}" if one.grade else "not graded")
    if one.tlp:
        parts.append(f"TLP:{one.tlp}")
    parts += [
        f"tied to {short(tie.to, 60)} by {short(tie.by, 60)} on {words.day(tie.at_s)}"
        for tie in one.ties[-3:]
    ]
    if one.withdrawn_s is not None:
        parts.append(f"withdrawn here on {words.day(one.withdrawn_s)}: {shown(one.withdrawn_because, 300)}")
    return f"{one.id}; " + "; ".join(parts)


def threads(claims: Sequence[Claim]) -> Iterator[tuple[int, Claim]]:
    """Claims with how deep they answer others: each followed by its answers, in the order given."""
    ids = {one.id for one in claims}
    answers: dict[str, list[Claim]] = {}
    for one in claims:
        answers.setdefault(one.answers if one.answers in ids else "", []).append(one)
    waiting = [(0, one) for one in reversed(answers.get("", ()))]
    while waiting:
        depth, one = waiting.pop()
        yield depth, one
        waiting += [(depth + 1, each) for each in reversed(answers.get(one.id, ()))]


def unanswered(claims: Sequence[Claim]) -> frozenset[str]:
    """Ids of attributions that no claim answers."""
    answered = {one.answers for one in claims if one.withdrawn_s is None}
    return frozenset(
        one.id
        for one in claims
        if one.kind == "attribution" and one.withdrawn_s is None and one.id not in answered
    )


def render_claims(claims: Sequence[Claim], *, exercise: bool) -> Iterator[RenderableType]:
    """Who attributes publicly by year, then all claims by event."""
    yield from exercise_mark(exercise)
    if not claims:
        yield Text("No claim is recorded: tocsin claims add, or tocsin claims cases.")
        return
    counted = by_government(claims)
    if counted:
        yield Text("Who attributes publicly (claims by year; the strongest words of each)", style="bold")
        yield Padding(_table(counted), (0, 0, 1, 3))
    events: dict[str, list[Claim]] = {}
    for one in claims:
        events.setdefault(one.event, []).append(one)
    for event, some in events.items():
        yield from render_event(event, some)
    yield Text(NOTE, style="italic")


def render_event(event: str, claims: Sequence[Claim]) -> Iterator[RenderableType]:
    """All voices about one event, answers below what they answer."""
    title = next((one.event_title for one in claims if one.event_title), "")
    yield Text.assemble((shown(title, 200) or event, "bold"), (f"  {event}" if title else "", "dim"))
    alone = unanswered(claims)
    for depth, one in threads(claims):
        style = "strike dim" if one.withdrawn_s is not None else ""
        yield Padding(Text(claim_sentence(one), style=style), (0, 0, 0, 3 + 3 * min(depth, 5)))
        yield Padding(Text(claim_detail(one), style="dim"), (0, 0, 0, 6 + 3 * min(depth, 5)))
        if one.id in alone:
            yield Padding(Text("no answer is recorded here", style="dim"), (0, 0, 0, 6 + 3 * min(depth, 5)))
    yield Text("")


def by_government(claims: Sequence[Claim]) -> dict[str, dict[str, tuple[int, str]]]:
    """For each government and year ("" without a date): how many attributions, and the strongest of their words."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for one in claims:
        if (
            one.kind not in ("attribution", "confirmation")
            or not one.government
            or one.withdrawn_s is not None
        ):
            continue
        years = found.setdefault(one.government, {})
        number, strongest = years.get(one.said[:4], (0, STRENGTHS[0]))
        stronger = max(strongest, one.strength, key=STRENGTHS.index)
        years[one.said[:4]] = (number + 1, stronger)
    return dict(sorted(found.items()))


def _years(counted: Mapping[str, Mapping[str, tuple[int, str]]]) -> list[str]:
    years = sorted({year for some in counted.values() for year in some if year})
    return [*years, ""] if any("" in some for some in counted.values()) else years


def _table(counted: Mapping[str, Mapping[str, tuple[int, str]]]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("")
    years = _years(counted)
    for year in years:
        table.add_column(year or "no date")
    for government, some in counted.items():
        cells = [
            f"{some[year][0]}, {STRENGTH_TITLE[some[year][1]]}" if year in some else "·" for year in years
        ]
        table.add_row(government, *cells)
    return table


def render_claims_page(claims: Sequence[Claim], *, exercise: bool) -> str:
    """One static page: a picture of who attributes by year, and every claim under its event."""
    mark = f'<p class="exercise">{words.EXERCISE}</p>' if exercise else ""
    counted = by_government(claims)
    picture = draw_governments(counted)
    events: dict[str, list[Claim]] = {}
    for one in claims:
        events.setdefault(one.event, []).append(one)
    body = "".join(_event(event, some) for event, some in events.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tocsin: claims</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<style>{STYLE}.claim{{margin:.5rem 0}}.claim small{{display:block}}.gone bdi{{text-decoration:line-through}}"
        f"</style></head><body><main>{mark}"
        f"<h1>What others claim</h1><p>{escaped(NOTE)}</p>{picture}{body}</main></body></html>\n"
    )


def draw_governments(counted: Mapping[str, Mapping[str, tuple[int, str]]]) -> str:
    """Governments by years as one SVG: darker for stronger words, the number of claims in each field."""
    if not counted:
        return ""
    years = _years(counted)
    wide, tall, left, top = 84, 30, 60, 26
    parts = [
        f'<text x="{left + number * wide + wide / 2:.0f}" y="18" text-anchor="middle" font-size="12">'
        f"{year or 'no date'}</text>"
        for number, year in enumerate(years)
    ]
    for row, (government, some) in enumerate(counted.items()):
        y = top + row * tall
        parts.append(f'<text x="0" y="{y + 19}" font-size="12">{escaped(government)}</text>')
        for number, year in enumerate(years):
            if year not in some:
                continue
            count, strength = some[year]
            x, rank = left + number * wide, STRENGTHS.index(strength)
            ink = "#fff" if rank >= 5 else "#1b2733"
            parts.append(
                f"<g><title>{escaped(government)} {year}: {words.count(count, 'claim')}, "
                f'{STRENGTH_TITLE[strength]}</title><rect x="{x}" y="{y}" width="{wide - 4}" height="{tall - 4}" '
                f'rx="3" fill="{_SHADES[rank]}"/><text x="{x + wide / 2 - 2:.0f}" y="{y + 18}" '
                f'text-anchor="middle" font-size="12" fill="{ink}">{count}</text></g>'
            )
    y = top + len(counted) * tall + 12
    for rank, strength in enumerate(STRENGTHS):
        at = (rank % 4) * 170
        line = y + (rank // 4) * 20
        parts.append(
            f'<rect x="{at}" y="{line}" width="14" height="14" rx="2" fill="{_SHADES[rank]}"/>'
            f'<text x="{at + 20}" y="{line + 11}" font-size="11">{STRENGTH_TITLE[strength]}</text>'
        )
    width, height = max(left + len(years) * wide, 690), y + 44
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" fill="currentColor" '
        f'aria-label="Claims by government and year">{"".join(parts)}</svg>'
    )


def _event(event: str, claims: Sequence[Claim]) -> str:
    title = next((one.event_title for one in claims if one.event_title), event)
    alone = unanswered(claims)
    rows = "".join(
        f'<div class="claim{" gone" if one.withdrawn_s is not None else ""}" '
        f'style="margin-left:{2 * min(depth, 5)}rem"><bdi>{escaped(claim_sentence(one))}</bdi>'
        f"<small>{escaped(claim_detail(one))}{'; no answer is recorded here' if one.id in alone else ''}</small></div>"
        for depth, one in threads(claims)
    )
    return f"<h2>{isolated(title)}</h2>{rows}"
