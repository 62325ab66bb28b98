"""A notice as a letter on paper: PDF without a link in it, the same letter the same bytes."""

from __future__ import annotations

import re

from tocsin.app.typesetting import set_pages
from tocsin.model.notice import Notice
from tocsin.model.wording import Wording

_CODE = re.compile(r"\b[23456789CFGHJKMPQRTVWX]{4}-[23456789CFGHJKMPQRTVWX]{4}\b|\[____-____\]")


def letter_pdf(notice: Notice, text: str, office: str, wording: Wording) -> bytes:
    """The pages of this text; the code stands in a frame of its own as well."""
    heads = {forms[0] for key, forms in wording.texts.items() if key.startswith("head.")}
    mark = wording.texts["exercise"][0] if notice.exercise else ""
    layout = {
        "title": wording.texts["mail-subject"][0].format(office=office),
        "office": office,
        "language": notice.language,
        "mark": mark,
        "parts": _parts(text, heads, mark),
    }
    return set_pages("letter.typ", "letter", layout, made_s=notice.made_s)


def _parts(text: str, heads: set[str], mark: str) -> list[dict[str, object]]:
    """Paragraphs, headings and lists of a text, lines joined as they were before they were wrapped."""
    parts: list[dict[str, object]] = []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        if " ".join(lines) == mark:
            continue  # stands at the head of each page
        if lines[0] in heads:
            parts.append({"kind": "head", "text": lines.pop(0)})
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
            keep = len(parts) == 0  # the sender's lines stay lines
            parts.append({"kind": "text", "text": ("\n" if keep else " ").join(plain)})
            code = _CODE.search((plain and " ".join(plain)) or "")
            if code is not None:
                parts.append({"kind": "code", "text": code[0]})
        if items:
            parts.append({"kind": "list", "items": items})
    return parts
