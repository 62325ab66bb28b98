"""Counts, intervals and tables of the evaluation, as plain text and as markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

Z_95 = 1.959964  # two-sided 95 % of the normal distribution


class Table(msgspec.Struct, frozen=True):
    """One table: the first column is text, the others are figures; `note` says how to read it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval (Wilson 1927) of a share, 0..1; (0, 1) for no trials.

    Trials are taken to be independent; mails of one campaign are not, so the truth is wider.
    """
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, Z_95 * Z_95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def found(hits: int, of: int) -> str:
    """Hits with their share and interval: "41 of 45: 91 % (79–96)"; "–" for no trials."""
    if of == 0:
        return "–"
    low, high = wilson(hits, of)
    return f"{hits} of {of}: {100 * hits / of:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def at_most(hits: int, of: int) -> str:
    """Hits with the upper end of their interval, for rare events: "3 (≤ 0.9 %)"; "–" for no trials."""
    return f"{hits} (≤ {100 * wilson(hits, of)[1]:.2g} %)" if of else "–"


def as_text(table: Table) -> str:
    """The table for a terminal."""
    lines = [table.head, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.head))]
    drawn = [_aligned(line, widths) for line in lines]
    rule = "-" * len(drawn[0])
    note = [table.note] if table.note else []
    return "\n".join([table.title, rule, drawn[0], rule, *drawn[1:], *note, ""])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    first = line[0].ljust(widths[0])
    rest = (text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join([first, *rest])


def as_markdown(table: Table) -> str:
    """The table for the documentation, under a heading of the third level."""
    lines = [f"### {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += ["| " + " | ".join(table.head) + " |", "|---|" + "---:|" * (len(table.head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in table.rows]
    return "\n".join([*lines, ""])
