"""Everything about one mail on the terminal: verdict, reasons for and against, sender, beacons, places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.model.observation import Beacon
from tocsin.model.scan import Judged
from tocsin.model.stored import VerdictVersion
from tocsin.model.verdict import Reason, Verdict
from tocsin.render import words
from tocsin.render.history import render_history
from tocsin.render.shown import place, short, shown
from tocsin.render.text import (
    add_row,
    advice,
    alert_title,
    beacon_text,
    head_rows,
    labelled,
    reason_source,
    sender_text,
)

_SHOWN_BEACONS = 60
_SHOWN_LINKS = 30
_SHOWN_FACTS = 60
_VERIFIED_BY = {
    "receiver": " (recorded by the receiver)",
    "records": " (checked here against the DNS records that were handed in)",
}


def choice_line(judged: Judged) -> str:
    """One mail in a list to choose from."""
    mail = judged.observed
    sender, subject = short(mail.sender.address or mail.sender.name, 40), short(mail.subject, 60)
    return f"{mail.sha256[:16]}  {words.when(mail)}  {sender}  {subject}"


def render_explanation(judged: Judged, history: Sequence[VerdictVersion] = ()) -> Iterator[RenderableType]:
    """Yield the whole explanation, top to bottom; `history` are the versions that a store keeps of the verdict."""
    mail, verdict = judged.observed, judged.verdict
    if mail.exercise:
        yield Text(f" {words.EXERCISE} ", style="reverse")
    yield Text("")
    yield alert_title("", verdict)
    table = labelled()
    for label, text in head_rows(judged):
        add_row(table, label, text)
    told = words.leaks(words.unasked(mail.beacons))
    if told:
        add_row(table, "Could show", Text(f"the sender: {told}"))
    yield _indented(table)
    yield advice(verdict, alone=True)
    yield from _reasons(verdict)
    yield from render_history(history)
    if verdict.not_evaluated:
        yield _heading("Not checked")
        yield from (_indented(Text(shown(text))) for text in verdict.not_evaluated)
    yield from _beacons(mail.beacons)
    yield _heading("Sender and way")
    yield _sender(judged)
    if mail.observations:
        yield _heading("Other facts")
        for fact in mail.observations[:_SHOWN_FACTS]:
            where = f" ({shown(fact.where, 120)})" if fact.where else ""
            yield _indented(Text(f"{shown(fact.kind)}: {shown(fact.value, 200)}{where}"))
        yield from _rest(len(mail.observations) - _SHOWN_FACTS)
    if mail.defects:
        yield _heading("Defects in the mail")
        for defect in mail.defects[:_SHOWN_FACTS]:
            where = shown(words.where(defect.where), 120)
            yield _indented(Text(f"{shown(defect.code, 60)}: {shown(defect.text)} ({where})"))
        yield from _rest(len(mail.defects) - _SHOWN_FACTS)
    if mail.content.excerpt:
        yield _heading("How it begins")
        yield _indented(Text(shown(mail.content.excerpt), style="italic"))
    yield _heading("Found at")
    yield from (_indented(Text(place(source))) for source in judged.occurrences[:_SHOWN_FACTS])
    yield from _rest(len(judged.occurrences) - _SHOWN_FACTS)


def _heading(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _indented(piece: RenderableType, by: int = 3) -> Padding:
    return Padding(piece, (0, 0, 0, by))


def _rest(number: int) -> Iterator[RenderableType]:
    if number > 0:
        yield _indented(Text(f"and {number:,} more; --json lists them all", style="dim"))


def _reasons(verdict: Verdict) -> Iterator[RenderableType]:
    """Reasons for and against side by side, with weights, and what they are added to."""
    yield _heading("Reasons")
    yield _indented(
        Text(
            f"Reconnaissance {verdict.likelihood:.2%} from a prior of {verdict.prior:.2%}, phishing "
            f"{verdict.phishing:.2%}; rules {shown(verdict.rules, 60) or 'not recorded'}. Weights are "
            "natural "
            "logarithms of likelihood ratios: +0.7 doubles the odds, +2.3 multiplies them by ten.",
            style="dim",
        )
    )
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1))
    table.add_column("For", ratio=1)
    table.add_column("Against", ratio=1)
    table.add_row(_weighed(verdict.for_), _weighed(verdict.against))
    yield _indented(table)


def _weighed(reasons: Sequence[Reason]) -> RenderableType:
    if not reasons:
        return Text("nothing", style="dim")
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for reason in reasons[:_SHOWN_FACTS]:
        text = Text(shown(reason.text))
        text.append(f"\n{reason_source(reason)}", style="dim")
        table.add_row(Text(words.weight(reason.weight), style="bold"), text)
    return table


def _sender(judged: Judged) -> RenderableType:
    mail, sender = judged.observed, judged.observed.sender
    results = (("SPF", sender.spf), ("DKIM", sender.dkim), ("DMARC", sender.dmarc), ("ARC", sender.arc))
    told = ", ".join(f"{name} {value or 'unknown'}" for name, value in results if value or name != "ARC")
    how = _VERIFIED_BY.get(sender.verified_by, "")
    rows = (
        ("From", sender_text(mail)),
        ("Reply to", shown(sender.reply_to)),
        ("Return path", shown(sender.return_path)),
        ("Carried by", shown(sender.service or "")),
        ("Signed by", shown(", ".join(sender.dkim_domains))),
        (
            "Checks",
            shown(told) + how if any(value for _, value in results) else "none recorded by the receiver",
        ),
        ("DMARC policy", shown(sender.dmarc_policy)),
        ("List", shown(sender.list_id)),
        ("Mailer", shown(sender.mailer)),
        ("Relays", shown(" ← ".join(sender.relays[:6]))),
        ("Message-ID", shown(mail.message_id)),
        ("Date", words.moment(mail.date_s)),
        ("Arrived", words.moment(mail.arrival_s) if mail.arrival_s is not None else "not recorded"),
        ("Delivered to", shown(", ".join(mail.delivered_to[:5]))),
        ("SHA-256", mail.sha256),
        ("Fingerprint", mail.fingerprint),
    )
    table = labelled()
    for name, value in rows:
        if value:
            add_row(table, name, Text(value))
    return _indented(table)


def _beacons(beacons: Sequence[Beacon]) -> Iterator[RenderableType]:
    """What phones home first, links after; each with its place."""
    unasked = words.unasked(beacons)
    asked = [beacon for beacon in beacons if beacon.trigger == "click"]
    if unasked:
        yield _heading("What phones home without a click")
        for beacon in unasked[:_SHOWN_BEACONS]:
            yield _indented(Text(beacon_text(beacon)))
            yield _indented(Text(_beacon_note(beacon), style="dim"), 6)
        yield from _rest(len(unasked) - _SHOWN_BEACONS)
    if asked:
        yield _heading(f"What would on a click ({len(asked):,})")
        for beacon in asked[:_SHOWN_LINKS]:
            clauses = (words.followed(beacon), words.personal(beacon))
            note = "".join(f"; {shown(clause, 120)}" for clause in clauses if clause)
            yield _indented(Text(f"{short(beacon.url, 160)}{note}"))
        yield from _rest(len(asked) - _SHOWN_LINKS)


def _beacon_note(beacon: Beacon) -> str:
    notes = [shown(beacon.technique, 60)]
    if beacon.label and beacon.label != beacon.part:
        notes.append(shown(beacon.label, 60))
    notes.append(shown(words.where(beacon.part), 120) if beacon.part else "body")
    if beacon.offset >= 0:
        notes.append(f"at character {beacon.offset:,}")
    if beacon.vendor:
        notes.append(f"known service {shown(beacon.vendor, 60)}")
    if beacon.fires_in:
        notes.append(f"only in {shown(words.clients(beacon), 120)}")
    told = words.leaks([beacon])
    return ", ".join(notes) + (f". Could show the sender {told}." if told else ".")
