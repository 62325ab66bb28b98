"""How the verdict on a stored mail came to be what it is, version by version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tocsin.model.stored import VerdictVersion
from tocsin.render.records import version_records
from tocsin.render.shown import shown

PARTIAL = "made from the record alone; the mail itself was not at hand"


def render_history(history: Sequence[VerdictVersion]) -> Iterator[RenderableType]:
    """Yield the versions as lines, the newest first."""
    if not history:
        return
    yield Text("\nWhat was thought of it over time", style="bold")
    for one, record in reversed(list(zip(history, version_records(history), strict=True))):
        alarm = "alarms" if record.alert else "does not alarm"
        line = f"   {record.version}.  {record.at or ''}  {one.verdict.class_}, {one.verdict.band}; {alarm}"
        yield Text(line + (f" ({PARTIAL})" if one.partial else ""))
        yield Text(f"       {shown(one.because)}", style="dim")
        if one.version > 1 and (record.gained or record.lost):
            changes = [*(f"+ {name}" for name in record.gained), *(f"- {name}" for name in record.lost)]
            yield Text(f"       {', '.join(changes)}", style="dim")
