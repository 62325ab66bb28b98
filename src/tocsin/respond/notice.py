"""The line at the end of a page that says what was changed."""

from __future__ import annotations

from turbohtml import Element

from tocsin.model.defused import Done
from tocsin.respond.links import MARK
from tocsin.respond.tally import OPENING, sentence

NOTICE = "x-tocsin-notice"
# What the sender's style sheets say must not hide it.
_STYLE = (
    "all:initial!important;display:block!important;font:12px sans-serif!important;color:#555!important;"
    "background-color:#fff!important;border:1px solid #999!important;padding:4px!important;margin:8px!important"
)
ADDED = f"[id='{NOTICE}'], .{MARK}"  # a selector of what is added for the reader
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\xa0": "&nbsp;"})


def with_notice(text: str, done: tuple[Done, ...], hosts: tuple[str, ...] = (), what: str = "text") -> str:
    """The written document with a line at its end that says what was done."""
    line = f'<p id="{NOTICE}" style="{_STYLE}">{sentence(done, what, hosts).translate(_ESCAPES)}</p>'
    at = text.rfind("</body>")
    return text + line if at < 0 else text[:at] + line + text[at:]


def is_notice(element: Element) -> bool:
    """Whether this is the line that Tocsin wrote, and nothing else."""
    is_text = len(element.children) == 1 and element.text.startswith(OPENING)
    return is_text and dict(element.attrs) == {"id": NOTICE, "style": _STYLE}
