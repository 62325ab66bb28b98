"""A scan on the terminal: the answer first, then each alert with its reasons, then what was read and what not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.mail.url import defang
from tocsin.model.observation import Beacon, Observed
from tocsin.model.scan import Judged, Summary
from tocsin.model.verdict import Reason, Verdict
from tocsin.render import words

_COLOUR = {"reconnaissance": "bold red", "phishing": "bold yellow"}
_SHOWN_REASONS = 6
_SHOWN_BEACONS = 3


def render_scan(summary: Summary, alerts: Sequence[Judged], shown: int) -> Iterator[RenderableType]:
    """Yield what the terminal shows for a whole scan; at most `shown` alerts in full."""
    if summary.exercise:
        yield Text(words.EXERCISE, style="reverse")
    style = "bold red" if summary.alerts else "bold"
    yield Text.assemble("\n", (words.headline(summary), style), "\n")
    yield _facts(summary)
    for number, judged in enumerate(alerts[:shown], 1):
        yield Padding(render_alert(number, judged), (1, 0, 0, 0))
    if summary.alerts > shown:
        rest = words.count(summary.alerts - shown, "more alert")
        yield Text(f"\n{rest}: see --html FILE for a page, or --json for all.", style="bold")
    if summary.alerts:
        yield Text("\nWhat to do with each of these mails", style="bold")
        for line in words.ADVICE:
            yield Text(f"  • {line}")
        yield Text("\nAll about one of them: tocsin explain SHA256", style="dim")


def _facts(summary: Summary) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Read", _read_line(summary))
    for mailbox in words.capped([words.mailbox_line(m) for m in summary.mailboxes], 8, "mailbox"):
        table.add_row("", Text(mailbox, style="dim"))
    for name, number in summary.classes.items():
        if number:
            text = Text(f"{number:,} ", style=_COLOUR.get(name, ""))
            text.append(words.CLASS_TITLE[name], style=_COLOUR.get(name, ""))
            text.append(f": {words.CLASS_MEANING[name]}", style="dim")
            table.add_row("Found" if name == next(n for n, k in summary.classes.items() if k) else "", text)
    if summary.beaconing:
        table.add_row("", Text(f"{words.count(summary.beaconing, 'mail')} would tell someone when opened", "dim"))
    if summary.not_evaluated:
        table.add_row("Unsure", f"{words.count(summary.not_evaluated, 'mail')} could not be evaluated in full")
    for error in words.capped([f"{e.source}: {e.text}" for e in summary.errors], 6, "place"):
        table.add_row("Not read", Text(defang(error)))
    return table


def _read_line(summary: Summary) -> str:
    seconds = max(summary.elapsed_s, 1e-9)
    return (
        f"{words.count(summary.mails, 'mail')} in {words.count(len(summary.mailboxes), 'mailbox', 'mailboxes')}, "
        f"{words.span(summary.first_s, summary.last_s)} ({summary.mails / seconds:,.0f} mails/s)"
    )


def render_alert(number: int, judged: Judged) -> RenderableType:
    """One alert: what it is, what it would do, why we think so, what to do."""
    mail, verdict = judged.observed, judged.verdict
    title = Text.assemble(
        (f"{number}. ", "bold"),
        (words.CLASS_TITLE[verdict.class_], _COLOUR.get(verdict.class_, "bold")),
        (f"  {verdict_words(verdict)}", "bold"),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("When", words.when(mail))
    table.add_row("From", sender_text(mail))
    table.add_row("To", judged.owner or ", ".join(mail.to[:3]) or "not known")
    table.add_row("Subject", defang(mail.subject) or "(none)")
    for label, text in _effects(mail.beacons):
        table.add_row(label, text)
    for index, reason in enumerate(verdict.for_[:_SHOWN_REASONS]):
        table.add_row("Why" if index == 0 else "", Text(f"+ {defang(reason.text)}"))
    for index, reason in enumerate(verdict.against[:_SHOWN_REASONS]):
        table.add_row("Against" if index == 0 else "", Text(f"− {defang(reason.text)}"))
    for index, text in enumerate(verdict.not_evaluated):
        table.add_row("Not checked" if index == 0 else "", text)
    table.add_row("Where", Text(mail.source, style="dim"))
    table.add_row("SHA-256", Text(mail.sha256, style="dim"))
    table.add_row("", Text(words.ADVICE_LINE, style="italic"))
    return Group(title, Padding(table, (0, 0, 0, 3)))


def verdict_words(verdict: Verdict) -> str:
    """The likelihood in ICD-203 words with the number behind them, for the class that was found."""
    if verdict.class_ == "phishing":
        return f"(phishing, score {verdict.phishing:.2f})"
    return f"({verdict.band}, {verdict.likelihood:.0%})"


def sender_text(mail: Observed) -> str:
    """Display name and address, defanged."""
    sender = mail.sender
    name = f"“{defang(sender.name)}” " if sender.name else ""
    return f"{name}{defang(sender.address) or 'no address'}"


def _effects(beacons: Sequence[Beacon]) -> Iterator[tuple[str, str]]:
    unasked = words.unasked(beacons)
    if not unasked:
        return
    for index, beacon in enumerate(unasked[:_SHOWN_BEACONS]):
        yield ("Does" if index == 0 else "", beacon_text(beacon))
    if len(unasked) > _SHOWN_BEACONS:
        yield "", f"and {len(unasked) - _SHOWN_BEACONS} more such places"
    yield "Could show", f"the sender: {words.leaks(unasked)}"


def beacon_text(beacon: Beacon) -> str:
    """One beacon as a sentence."""
    what = beacon.label or beacon.technique
    hidden = "hidden " if beacon.hidden else ""
    clause = words.personal(beacon)
    target = defang(beacon.url if len(beacon.url) <= 120 else beacon.url[:117] + "...")
    condition = ", in some cases only" if beacon.conditional else ""
    return f"{words.TRIGGER[beacon.trigger]}{condition}: {hidden}{what} from {target}" + (
        f"; {clause}" if clause else ""
    )


def render_reasons(reasons: Sequence[Reason], sign: str) -> Iterator[Text]:
    """Every reason with its weight and place."""
    for reason in reasons:
        line = Text(f"{sign} {defang(reason.text)} ")
        line.append(f"[{reason.detector} {reason.weight:+.2f}, {reason.where or 'whole mail'}]", style="dim")
        yield line
