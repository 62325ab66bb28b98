"""Lays a notice out as a letter: paragraphs, headings, lists and the code in a frame, as data for typst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.model.notice import Notice
from tocsin.model.wording import Wording
from tocsin.render.shown import shown

_LONGEST_LINE, _MOST_LINES = 60, 6  # what the window of an envelope holds


def letter_layout(
    notice: Notice, text: str, office: str, wording: Wording, code: str, address: Sequence[str] = ()
) -> dict[str, Any]:
    """What data/letter.typ reads; `code` is as it stands in the text, `address` lines for a window, () for none."""
    heads = {forms[0] for key, forms in wording.texts.items() if key.startswith("head.")}
    mark = wording.texts["exercise"][0] if notice.exercise else ""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    blocks = [lines for lines in blocks if " ".join(lines) != mark]  # stands on each page
    return {
        "title": wording.texts["mail-subject"][0].format(office=office),
        "office": office,
        "language": notice.language,
        "mark": mark,
        "address": [shown(line, _LONGEST_LINE) for line in address[:_MOST_LINES]],
        "sender": blocks[0] if blocks else [],
        "parts": _parts(blocks[1:], heads, wording.texts["head.genuine"][0], code),
    }


def _parts(blocks: Sequence[list[str]], heads: set[str], genuine: str, code: str) -> list[dict[str, object]]:
    """Lines joined as they were before they were wrapped; the code is framed only where the notice gives it."""
    parts: list[dict[str, object]] = []
    head = ""
    for lines in blocks:
        if lines[0] in heads:
            head = lines[0]
            parts.append({"kind": "head", "text": head})
            lines = lines[1:]
        items: list[str] = []
        plain: list[str] = []
        for line in lines:
            if line.startswith("- "):
                items.append(line[2:])
            elif items and line.startswith("  "):
                items[-1] += " " + line.strip()
            else:
                plain.append(line)
        if plain:
            parts.append({"kind": "text", "text": " ".join(plain)})
            if head == genuine and code in " ".join(plain):
                parts.append({"kind": "code", "text": code})
        if items:
            parts.append({"kind": "list", "items": items})
    return parts
