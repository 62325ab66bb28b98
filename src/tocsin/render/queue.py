"""The queue in words, for the terminal and the page: whom to look at first, and what lies below the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.model.scan import Queued, Summary
from tocsin.render import words
from tocsin.render.shown import escaped, isolated, short

TITLE = "Where to begin"
_SHOWN = 10
_SHOWN_ON_PAGE = 100
_SHOWN_BELOW = 3  # entries without an alert


def above(summary: Summary) -> tuple[Queued, ...]:
    """The entries within the budget, or all that alarm where there is none."""
    return tuple(entry for entry in summary.queue if entry.within_budget)


def below(summary: Summary) -> tuple[Queued, ...]:
    """The other entries, those with an alert first."""
    return tuple(entry for entry in summary.queue if not entry.within_budget)


def line_below(summary: Summary) -> str:
    """What lies below the line, in one sentence; "" for nothing."""
    rest = below(summary)
    alarmed = sum(entry.alert for entry in rest)
    quiet = len(rest) - alarmed
    counted = [words.count(alarmed, "alert")] if alarmed else []
    if quiet:
        counted.append(f"{words.count(quiet, 'case')} with some signs but no alert")
    if not counted:
        return ""
    where = f"Below your budget of {summary.budget:,}" if summary.budget else "Below them"
    return f"{where}: {' and '.join(counted)}. Nothing is hidden: --json lists every mail."


def extent(entry: Queued) -> str:
    """How many mails, to how many people, from when to when."""
    mails = words.count(len(entry.members), "mail")
    people = f" to {words.count(len(entry.people), 'person', 'people')}" if entry.people else ""
    return f"{mails}{people}, {words.span(entry.first_s, entry.last_s)}"


def likelihood(entry: Queued) -> str:
    """The likelihood of what the entry is taken for, in words and per cent."""
    what = "phishing" if entry.class_ == "phishing" else "reconnaissance"
    chance = words.band_of(entry.likelihood)
    text = f"{chance} of {what}" if "chance" in chance else f"{chance} {what}"
    return f"{text}, {words.percent(entry.likelihood)}"


def render_queue(summary: Summary) -> Iterator[RenderableType]:
    """The queue for the terminal; nothing where no mail stands in it."""
    entries = above(summary)
    quiet = [entry for entry in below(summary) if not entry.alert]
    if len(entries) > 1 or (entries and below(summary)):
        yield _section(TITLE, entries[: summary.budget or _SHOWN])
        left = len(entries) - (summary.budget or _SHOWN)
        if left > 0:
            yield Padding(
                Text(f"and {words.count(left, 'more case')} with an alert", style="dim"), (0, 0, 0, 3)
            )
    elif quiet:
        yield _section("No alert, but some signs; look at these if you can", quiet[:_SHOWN_BELOW])
    said = line_below(summary)
    if said and (entries or len(quiet) > _SHOWN_BELOW):
        yield Padding(Text(said, style="dim"), (0, 0, 0, 3))


def _section(title: str, entries: Sequence[Queued]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for entry in entries:
        text = Text(short(entry.subject, 70) or "(no subject)", style="bold")
        text.append(f"\n{likelihood(entry)}; {extent(entry)}", style="not bold")
        note = "; points to known intelligence" if entry.indicator else ""
        text.append(
            f"\nfrom {short(entry.sender, 60) or 'no address'}{note}; {entry.sha256[:16]}", style="dim"
        )
        table.add_row(Text(f"{entry.rank}."), text)
    return Group(Text(f"\n{title}", style="bold"), Padding(table, (0, 0, 0, 3)))


def draw_queue(summary: Summary, numbers: dict[str, int]) -> str:
    """The queue as HTML; `numbers` are those of the articles on the page by SHA-256."""
    entries = (*above(summary), *below(summary))[:_SHOWN_ON_PAGE]
    if len(entries) < 2:
        return ""
    rows = "".join(_row(entry, numbers) for entry in entries)
    said = line_below(summary)
    return (
        f'<section aria-labelledby="queue"><h2 id="queue">{TITLE}</h2><p>Mails that seem to come from one hand are '
        f'one case; the likeliest first.</p><ol class="index">{rows}</ol>'
        + (f"<p>{escaped(said)}</p>" if said else "")
        + "</section>\n"
    )


def _row(entry: Queued, numbers: dict[str, int]) -> str:
    subject = isolated(entry.subject, 120) if entry.subject.strip() else "(no subject)"
    number = next((numbers[sha256] for sha256 in (entry.sha256, *entry.members) if sha256 in numbers), None)
    inner = (
        f'<span class="number">{entry.rank}.</span> <span class="subject">{subject}</span> '
        f'<span class="likelihood">{escaped(likelihood(entry))}</span> <span class="from">{escaped(extent(entry))}, '
        f"from {isolated(entry.sender, 120) if entry.sender else 'no address'}</span>"
    )
    return f'<li><a href="#alert-{number}">{inner}</a></li>' if number else f"<li>{inner}</li>"
