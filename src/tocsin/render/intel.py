"""What `tocsin intel` shows people: sources, what adding one did, and indicators with their hits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from tocsin.model.intel import Combination, Indicator, IntelSource, NotUnderstood, Pattern
from tocsin.model.sources import Added, IndicatorState, SourceState
from tocsin.render import words
from tocsin.render.records import rfc3339
from tocsin.render.shown import place, shown, visible

_SHOWN_HITS = 50
_OPERATORS = {"=": "is", "in": "is one of", "like": "is like", "matches": "matches", "cidr": "lies in"}


def render_added(added: Added) -> Iterator[RenderableType]:
    """Yield what was taken from a source, and what was not."""
    source = added.source
    said = "renewed" if added.renewed else "added"
    yield Text.assemble("\n", (shown(source.name), "bold"), f" {said} as {source.id} ({_marked(source)})")
    read = added.added or added.changed or added.unchanged or added.not_understood or added.other
    if not read and not added.problems:
        yield _line("nothing new since the last time")
        return
    counts = [words.count(added.added, "new indicator")]
    counts += [f"{added.changed:,} changed"] if added.changed else []
    counts += [f"{added.unchanged:,} unchanged"] if added.unchanged else []
    yield _line(", ".join(counts))
    if added.gone:
        what = "taken out of force" if added.retired else "kept; --replace takes them out of force"
        yield _line(f"{words.count(added.gone, 'indicator')} no longer in the source: {what}")
    if added.shared:
        yield _line(f"{added.shared:,} shared by strangers (warning lists): shown where met, never alarming")
    if added.repeated:
        yield _line(f"{added.repeated:,} written more than once")
    if added.not_understood:
        hint = f"tocsin intel list --source {source.id} --not-understood"
        yield _line(f"{added.not_understood:,} not understood; see them: {hint}", "yellow")
    if added.other:
        left = ", ".join(f"{count:,} {shown(kind, 60)}" for kind, count in sorted(added.other.items())[:8])
        yield _line(f"left out: {left}", "dim")
    for problem in added.problems[:6]:
        yield _line(shown(problem), "yellow")
    if len(added.problems) > 6:
        yield _line(f"and {len(added.problems) - 6:,} more files that could not be read", "yellow")


def render_sources(states: Sequence[SourceState], now_s: float, *, pieces: bool) -> Iterator[RenderableType]:
    """Yield each source with its age, marks, counts and hits; with `pieces`, all that is not understood."""
    if not states:
        yield Text("No intelligence yet. Add some: tocsin intel add FILE --store STORE")
    for state in states:
        source = state.source
        yield Text.assemble("\n", (shown(source.name), "bold"), f"  {source.id}  ({_marked(source)})")
        yield _line(f"from {place(source.location)}", "dim")
        yield _line(f"renewed {_ago(now_s - source.renewed_s)}, first added {_day(source.added_s)}")
        parts = [f"{state.valid:,} in force"]
        for count, word in (
            (state.expired, "expired"),
            (state.revoked, "revoked"),
            (state.shared, "under a warning list"),
            (state.pending, "not begun"),
        ):
            parts += [f"{count:,} {word}"] if count else []
        yield _line(f"{words.count(state.indicators, 'indicator')}: {', '.join(parts)}")
        if state.hits:
            last = _day(state.last_hit_s)
            yield _line(f"{words.count(state.hits, 'hit')}, {state.alarms:,} that alarm; last {last}")
        else:
            yield _line("no hit")
        if state.not_understood:
            yield _line(f"{len(state.not_understood):,} not understood", "yellow")
        if pieces:
            for piece in state.not_understood:
                yield _piece(piece)


def render_indicator(state: IndicatorState) -> Iterator[RenderableType]:
    """Yield one indicator: what it compares, what its source says, and whom it met."""
    one = state.indicator
    yield Text.assemble("\n", (shown(one.written), "bold"), f"  {visible(one.id)}")
    yield _line(f"looks for {_pattern(one.pattern)}")
    if state.source is not None:
        yield _line(
            f"from {shown(state.source.name)} ({state.source.id}), renewed {_day(state.source.renewed_s)}"
        )
    else:
        yield _line(f"from {one.source}, a source that was removed")
    for line in _told(one):
        yield _line(line)
    if one.warning:
        yield _line(f"never alarms: on a warning list ({shown(one.warning)})", "yellow")
    if one.revoked:
        yield _line("never alarms: revoked by its source", "yellow")
    if not state.hits:
        yield _line("no hit in the mail that is kept")
    for hit, row in state.hits[:_SHOWN_HITS]:
        who = (
            f"{shown(row.owner)}, {_day(row.time_s)}, mail {row.sha256[:16]}"
            if row is not None
            else "erased mail"
        )
        excuse = f" ({shown(hit.excuse)})" if hit.excuse else ""
        yield _line(f"{hit.match}: {shown(hit.seen.value)} in {who}{excuse}")
    if len(state.hits) > _SHOWN_HITS:
        yield _line(f"and {len(state.hits) - _SHOWN_HITS:,} more; --json lists them all", "dim")


def _told(one: Indicator) -> Iterator[str]:
    if one.name:
        yield shown(one.name)
    if one.description:
        yield shown(one.description, 500)
    if one.names:
        yield "its source names: " + ", ".join(shown(name, 80) for name in one.names)
    begin, end = rfc3339(one.valid_from_s), rfc3339(one.valid_until_s)
    if begin or end:
        yield "valid" + (f" from {begin[:10]}" if begin else "") + (f" until {end[:10]}" if end else "")
    marks = [f"TLP:{one.tlp}" if one.tlp else "", f"PAP:{one.pap}" if one.pap else ""]
    marks += [f"graded {one.grade}" if one.grade else ""]
    marks += [f"its source's confidence {one.confidence} of 100" if one.confidence is not None else ""]
    if any(marks):
        yield ", ".join(filter(None, marks))


def _pattern(pattern: Pattern) -> str:
    if isinstance(pattern, Combination):
        return "(" + f" {pattern.operator} ".join(map(_pattern, pattern.parts)) + ")"
    values = ", ".join(shown(value, 120) for value in pattern.values[:5])
    more = f" and {len(pattern.values) - 5:,} more" if len(pattern.values) > 5 else ""
    if pattern.operator == "under":
        return f"host {values} or one below it{more}"
    negated = "not " if pattern.negated else ""
    return f"{pattern.kind} {negated}{_OPERATORS.get(pattern.operator, pattern.operator)} {values}{more}"


def _marked(source: IntelSource) -> str:
    marks = [source.format]
    marks += [f"graded {source.grade}"] if source.grade else []
    marks += [f"TLP:{source.tlp}"] if source.tlp else []
    marks += [f"PAP:{source.pap}"] if source.pap else []
    return ", ".join(marks)


def _piece(piece: NotUnderstood) -> RenderableType:
    where = f"{place(piece.where)}: " if piece.where else ""
    written = f"  {shown(piece.written, 120)}" if piece.written else ""
    return Padding(Text.assemble((where, "dim"), shown(piece.reason), (written, "bold")), (0, 0, 0, 6))


def _line(text: str, style: str = "") -> RenderableType:
    return Padding(Text(text, style=style), (0, 0, 0, 3))


def _day(time_s: float | None) -> str:
    return (rfc3339(time_s) or "at an unknown time")[:10]


def _ago(seconds: float) -> str:
    if seconds < 3_600:
        return "within the last hour"
    if seconds < 172_800:
        return f"{seconds // 3_600:.0f} hours ago"
    return f"{seconds // 86_400:.0f} days ago"
