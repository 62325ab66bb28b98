"""What a scan did to its store, in words."""

from __future__ import annotations

from tocsin.model.scan import Stored, Summary
from tocsin.render.shown import shown
from tocsin.render.words import count

NO_MANDATE = (
    "Mail of several people is kept, and no mandate was stated: name one with --mandate, and it is recorded with every "
    "look at their mail."
)


def store_lines(stored: Stored) -> list[str]:
    """What is kept where, and what became of earlier verdicts; a sentence a line."""
    how = "encrypted" if stored.encrypted else "not encrypted by Tocsin"
    made = ", made by this scan" if stored.made else ""
    held = "it holds this one alone" if stored.total == 1 else f"it holds {stored.total:,} now"
    lines = [
        f"{count(stored.new, 'mail')} added, {stored.known:,} known before; {held} ({shown(stored.url)}, {how}{made})"
    ]
    if stored.hits:
        lines.append(f"Intelligence that is kept meets new mail {count(stored.hits, 'time')}.")
    if stored.changed:
        alarmed = f", of which {stored.alarmed:,} now alarm" if stored.alarmed else ""
        lines.append(f"{count(stored.changed, 'earlier verdict')} changed{alarmed}; each keeps its history.")
    if stored.campaigns:
        news = [
            f"{number} {word}"
            for number, word in ((stored.new_campaigns, "new"), (stored.grown_campaigns, "grown"))
            if number
        ]
        told = f" ({', '.join(news)})" if news else ""
        lines.append(f"{count(stored.campaigns, 'campaign')}{told}: tocsin campaigns list")
    if stored.people > 1 and not stored.mandate:
        lines.append(NO_MANDATE)
    return lines


def earlier_headline(summary: Summary) -> str:
    """What is said above mails that were kept before and alarm now; "" where there are none."""
    if summary.stored is None or not summary.stored.alarmed:
        return ""
    alarmed = summary.stored.alarmed
    return (
        f"{count(alarmed, 'mail')} that this store kept before {'alarms' if alarmed == 1 else 'alarm'} now."
    )
