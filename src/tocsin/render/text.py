"""A scan on the terminal: the answer, what was read and what not, then each alert with its reasons.

Every text goes through `Text`: strings in rich's tables are read as markup, and mail must not write markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.model.observation import Beacon, Observed
from tocsin.model.scan import Judged, Summary
from tocsin.model.verdict import Reason, Verdict
from tocsin.render import words
from tocsin.render.queue import render_queue
from tocsin.render.shown import place, short, shown
from tocsin.render.stored import earlier_headline, store_lines

_COLOUR = {"reconnaissance": "bold red", "phishing": "bold yellow"}
_SHOWN_REASONS = 5
_SHOWN_BEACONS = 2
_SHOWN_MAILBOXES = 4
_SHOWN_ERRORS = 6
_URL_CHARACTERS = 110


def render_scan(summary: Summary, alerts: Sequence[Judged], shown: int) -> Iterator[RenderableType]:
    """Yield what the terminal shows for a whole scan; at most `shown` alerts in full."""
    if summary.exercise:
        yield Text(f" {words.EXERCISE} ", style="reverse")
    style = "bold red" if summary.alerts else "bold"
    yield Text.assemble("\n", (words.headline(summary), style), "\n")
    yield _facts(summary)
    yield from render_queue(summary)
    earlier = [judged for judged in alerts if judged.earlier]
    alerts = [judged for judged in alerts if not judged.earlier]
    if earlier:
        yield Text(f"\n{earlier_headline(summary)}", style="bold red")
    for number, judged in enumerate(earlier[:shown], 1):
        yield Padding(render_alert(number, judged), (1, 0, 0, 0))
    first = first_of_each_case(summary, alerts)
    for number, judged in enumerate(first[:shown], 1):
        yield Padding(render_alert(number, judged), (1, 0, 0, 0))
    if not summary.alerts and not earlier:
        return
    listed = min(shown, len(first))
    if summary.alerts > listed:
        rest = words.count(summary.alerts - listed, "more alert" if listed else "alert")
        yield Text(f"\n{rest} not shown here: --html FILE writes a page, --json lists all.", style="bold")
    yield Text.assemble("\n", (words.headline(summary), style), (" What to do with each of them:", "bold"))
    yield _bullets(words.ADVICE)
    if summary.classes.get("phishing"):
        yield _bullets([words.ADVICE_PHISHING])
    yield Text("\nEverything about one of them: tocsin explain SHA256", style="dim")


def first_of_each_case(summary: Summary, alerts: Sequence[Judged]) -> list[Judged]:
    """The likeliest alert of each case, in the order of the queue; all alerts where there is no queue."""
    by_digest = {judged.observed.sha256: judged for judged in reversed(alerts)}
    found = [by_digest[entry.sha256] for entry in summary.queue if entry.alert and entry.sha256 in by_digest]
    return found or list(alerts)


def _facts(summary: Summary) -> RenderableType:
    table = labelled()
    found = [(name, number) for name, number in summary.classes.items() if number]
    label = "Found"
    for name, number in found:
        if name in words.LOOKS_LIKE:
            add_row(table, label, Text(f"{number:,} {words.LOOKS_LIKE[name]}", style=_COLOUR[name]))
            label = ""
    others = [
        words.count(number, *words.OTHERWISE[name]) for name, number in found if name in words.OTHERWISE
    ]
    if others:
        add_row(table, label or "The rest", Text(", ".join(others)))
    for number, line in enumerate(store_lines(summary.stored) if summary.stored else ()):
        add_row(table, "" if number else "Store", Text(line))
    if summary.beaconing:
        add_row(
            table,
            "Tracking",
            Text(f"{words.count(summary.beaconing, 'mail')} would tell someone when opened"),
        )
    add_row(table, "Read", Text(_read_line(summary)))
    mailboxes = [words.mailbox_line(mailbox) for mailbox in summary.mailboxes]
    for line in words.capped(mailboxes, _SHOWN_MAILBOXES, "mailbox", "mailboxes"):
        add_row(table, "", Text(line, style="dim"))
    errors = [f"{place(error.source)}: {shown(error.text)}" for error in summary.errors]
    for index, line in enumerate(words.capped(errors, _SHOWN_ERRORS, "place")):
        add_row(table, "Not read" if index == 0 else "", Text(line, style="yellow"))
    if summary.not_evaluated:
        unsure = f"{words.count(summary.not_evaluated, 'mail')} could not be checked in full"
        add_row(table, "Unsure", Text(unsure, style="yellow"))
    if summary.interrupted:
        add_row(table, "Stopped", Text(words.INTERRUPTED))
    if not summary.alerts:
        add_row(table, "Note", Text(f"{words.NO_ALERT} {words.MISS_RATE}"))
    return table


def _read_line(summary: Summary) -> str:
    mailboxes = words.count(len(summary.mailboxes), "mailbox", "mailboxes")
    dates = words.span(summary.first_s, summary.last_s)
    return f"{words.count(summary.mails, 'mail')} in {mailboxes}, {dates}, in {summary.elapsed_s:,.1f} s"


def render_alert(number: int, judged: Judged) -> RenderableType:
    """One alert: what it is, what it would do, why we think so, what to do."""
    verdict = judged.verdict
    table = labelled()
    for label, text in head_rows(judged):
        add_row(table, label, text)
    for label, text in _effects(judged.observed.beacons):
        add_row(table, label, text)
    for label, sign, reasons in (("Why", "+", verdict.for_), ("Against", "−", verdict.against)):
        lines = [f"{sign} {shown(reason.text)}" for reason in reasons]
        for index, line in enumerate(words.capped(lines, _SHOWN_REASONS, "reason")):
            add_row(table, label if index == 0 else "", Text(line))
    for index, line in enumerate(words.capped([shown(text) for text in verdict.not_evaluated], 3, "check")):
        add_row(table, "Not checked" if index == 0 else "", Text(line))
    add_row(table, "Where", Text(place(judged.observed.source), style="dim"))
    add_row(table, "SHA-256", Text(judged.observed.sha256, style="dim"))
    return Group(alert_title(f"{number}. ", verdict), Padding(table, (0, 0, 0, 3)), advice(verdict))


def alert_title(before: str, verdict: Verdict) -> Text:
    """The class and the likelihood in one line."""
    return Text.assemble(
        (before, "bold"),
        (
            words.title(verdict),
            "bold red" if words.by_intelligence(verdict) else _COLOUR.get(verdict.class_, "bold"),
        ),
        (f"  {verdict_words(verdict)}", "bold"),
    )


def advice(verdict: Verdict, *, alone: bool = False) -> RenderableType:
    """What to do with this mail, more of it when shown `alone`; without alert, what that does not mean."""
    if verdict.alert:
        phishing = alone and verdict.class_ == "phishing"
        text = words.ADVICE_LINE + (f" {words.ADVICE_PHISHING}" if phishing else "")
    else:
        text = f"No alert. {words.NO_ALERT} {words.MISS_RATE}"
    return Padding(Text(text, style="italic"), (0, 0, 0, 3))


def head_rows(judged: Judged) -> Iterator[tuple[str, Text]]:
    """Subject, sender, recipient and time, by label."""
    mail = judged.observed
    yield "Subject", Text(shown(mail.subject) or "(none)", style="bold")
    yield "From", Text(sender_text(mail))
    if judged.owner:
        yield "To", Text(shown(judged.owner))
    else:
        recipients = words.capped([shown(address) for address in mail.to], 3, "recipient")
        yield "To", Text(", ".join(recipients) or "not known")
    yield "When", Text(words.when(mail))


def labelled() -> Table:
    """An empty grid of labels and texts."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    return table


def add_row(table: Table, label: str, text: Text) -> None:
    """A label and a text, the label not being from mail."""
    table.add_row(Text(label), text)


def _bullets(lines: Iterable[str]) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row(Text("  •"), Text(line))
    return table


def verdict_words(verdict: Verdict) -> str:
    """The likelihood in ICD-203 words with the number behind them, for the class that was found."""
    percent = words.percent(words.probability(verdict))
    if verdict.class_ in _COLOUR:
        return f"({words.band(verdict)}, {percent})"
    return f"({words.likelihood(verdict)}, {percent})"


def sender_text(mail: Observed) -> str:
    """Display name and address, defanged."""
    sender = mail.sender
    name = f"“{shown(sender.name, 120)}” " if sender.name else ""
    return f"{name}{shown(sender.address) or 'no address'}"


def _effects(beacons: Sequence[Beacon]) -> Iterator[tuple[str, Text]]:
    unasked = words.unasked(beacons)
    if not unasked:
        yield "Does", Text("nothing by itself that we found; it waits for the reader to act")
        return
    for index, beacon in enumerate(unasked[:_SHOWN_BEACONS]):
        yield ("Does" if index == 0 else ""), Text(beacon_text(beacon))
    if len(unasked) > _SHOWN_BEACONS:
        yield "", Text(f"and {words.count(len(unasked) - _SHOWN_BEACONS, 'more such place')}")
    told = words.leaks(unasked)
    if told:
        yield "Could show", Text(f"the sender: {told}")


def beacon_text(beacon: Beacon) -> str:
    """One beacon as a sentence."""
    clause = words.personal(beacon)
    condition = ", in some cases only" if beacon.conditional else ""
    return (
        f"{words.TRIGGER[beacon.trigger]}{condition}, it {words.action(beacon)} "
        f"{short(beacon.url, _URL_CHARACTERS)}" + (f"; {shown(clause)}" if clause else "")
    )


def reason_source(reason: Reason) -> str:
    """The detector and the place of a reason."""
    return f"{shown(reason.detector, 60)}, {shown(words.where(reason.where), 120)}"
