"""Everything about one mail on the terminal: verdict, reasons for beside reasons against, sender, beacons, places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.mail.url import defang
from tocsin.model.observation import Beacon
from tocsin.model.scan import Judged
from tocsin.model.verdict import Reason
from tocsin.render import words
from tocsin.render.text import beacon_text, render_alert, sender_text

_SHOWN_LINKS = 30


def choice_line(judged: Judged) -> str:
    """One mail in a list to choose from."""
    mail = judged.observed
    return f"{mail.sha256[:16]}  {words.when(mail)}  {sender_text(mail)[:40]}  {defang(mail.subject)[:60]}"


def render_explanation(judged: Judged) -> Iterator[RenderableType]:
    """Yield the whole explanation, top to bottom."""
    mail, verdict = judged.observed, judged.verdict
    if mail.exercise:
        yield Text(words.EXERCISE, style="reverse")
    yield render_alert(1, judged)
    yield _heading("Reasons")
    yield Text(
        f"P(reconnaissance) {verdict.likelihood:.4f} from a prior of {verdict.prior:g} (rules {verdict.rules}); "
        f"P(phishing) {verdict.phishing:.4f}. Weights are log-likelihood ratios in nats.",
        style="dim",
    )
    table = Table(show_lines=False, expand=True)
    table.add_column("For", ratio=1)
    table.add_column("Against", ratio=1)
    for_, against = list(_reasons(verdict.for_)), list(_reasons(verdict.against))
    for index in range(max(len(for_), len(against), 1)):
        table.add_row(
            for_[index] if index < len(for_) else "", against[index] if index < len(against) else ""
        )
    yield table
    if verdict.not_evaluated:
        yield _heading("Not evaluated")
        yield from (Text(f"  {text}") for text in verdict.not_evaluated)
    yield _heading("Sender")
    yield _sender(judged)
    yield from _beacons(mail.beacons)
    if mail.observations:
        yield _heading("Other facts")
        for fact in mail.observations:
            where = f" ({fact.where})" if fact.where else ""
            yield Text(f"  {fact.kind}: {defang(fact.value)[:200]}{where}")
    if mail.defects:
        yield _heading("Defects in the mail")
        yield from (Text(f"  {d.code}: {defang(d.text)}{f' ({d.where})' if d.where else ''}") for d in mail.defects)
    if mail.content.excerpt:
        yield _heading("Begins")
        yield Padding(Text(defang(mail.content.excerpt), style="italic"), (0, 2))
    if len(judged.occurrences) > 1:
        yield _heading("Found at")
        yield from (Text(f"  {source}") for source in judged.occurrences)


def _heading(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _reasons(reasons: Sequence[Reason]) -> Iterator[Text]:
    for reason in reasons:
        line = Text(defang(reason.text))
        line.append(f"  {reason.weight:+.2f} {reason.detector}, {reason.where or 'whole mail'}", style="dim")
        yield line


def _sender(judged: Judged) -> RenderableType:
    mail, sender = judged.observed, judged.observed.sender
    recorded = "not recorded by the receiver, so unknown"
    rows = (
        ("From", sender_text(mail)),
        ("Reply to", defang(sender.reply_to)),
        ("Return path", defang(sender.return_path)),
        ("Carried by", sender.service or ""),
        ("DKIM domains", defang(", ".join(sender.dkim_domains))),
        ("SPF / DKIM / DMARC", " / ".join(value or "unknown" for value in (sender.spf, sender.dkim, sender.dmarc))
         if sender.spf or sender.dkim or sender.dmarc else recorded),
        ("DMARC policy", sender.dmarc_policy),
        ("List", defang(sender.list_id)),
        ("Mailer", defang(sender.mailer)),
        ("Relays", defang(" ← ".join(sender.relays[:6]))),
        ("Message-ID", defang(mail.message_id)),
        ("Date", words.moment(mail.date_s)),
        ("Arrived", words.moment(mail.arrival_s) if mail.arrival_s is not None else "not recorded"),
        ("Delivered to", ", ".join(mail.delivered_to[:5])),
        ("Fingerprint", mail.fingerprint),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(f"  {name}", Text(value))
    return table


def _beacons(beacons: Sequence[Beacon]) -> Iterator[RenderableType]:
    """What phones home first, links after; each with its place."""
    unasked = [beacon for beacon in beacons if beacon.trigger != "click"]
    links = [beacon for beacon in beacons if beacon.trigger == "click"]
    if unasked:
        yield _heading("What phones home without a click")
        for beacon in unasked:
            vendor = f", known service {beacon.vendor}" if beacon.vendor else ""
            clients = f", in {', '.join(beacon.fires_in)} only" if beacon.fires_in else ""
            at = f" at character {beacon.offset}" if beacon.offset >= 0 else ""
            yield Text(f"  {beacon_text(beacon)}")
            yield Text(f"      {beacon.technique}, part {beacon.part or 'body'}{at}{vendor}{clients}", style="dim")
            yield Text(f"      could show the sender {words.leaks([beacon])}", style="dim")
    if links:
        yield _heading(f"Links ({len(links)})")
        for beacon in links[:_SHOWN_LINKS]:
            clause = words.personal(beacon)
            note = f"  ({clause})" if clause else ""
            yield Text(f"  {defang(beacon.url)[:160]}{note}")
        if len(links) > _SHOWN_LINKS:
            yield Text(f"  and {len(links) - _SHOWN_LINKS} more; --json lists them all", style="dim")
