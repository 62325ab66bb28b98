"""Body wording to plain text and to HTML fragments."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable

import msgspec

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)$")
Resolve = Callable[[str], str]


class Block(msgspec.Struct, frozen=True):
    """One paragraph-like piece: `kind` is p, h, li, row, quote or img; `target` is a picture's key."""

    kind: str
    text: str
    target: str = ""


class Look(msgspec.Struct, frozen=True):
    """A sender's house style, the same in all its mails."""

    font: str
    colour: str
    paper: str
    width: int
    heading: str
    paragraph: str
    size: int


def parse(body: str) -> tuple[Block, ...]:
    """The blocks of a body wording, in order."""
    blocks: list[Block] = []
    for piece in re.split(r"\n\s*\n", body.strip()):
        lines = [line.strip() for line in piece.split("\n")]
        prose: list[str] = []
        for line in lines:
            block = _special(line)
            if block is None:
                prose.append(line)
                continue
            if prose:
                blocks.append(Block("p", "\n".join(prose)))
                prose = []
            blocks.append(block)
        if prose:
            blocks.append(Block("p", "\n".join(prose)))
    return tuple(blocks)


def without_links(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks with links as plain words; pictures, and paragraphs that are only a link, are left out."""
    kept = [block for block in blocks if block.kind != "img" and not _LINK.fullmatch(block.text.strip())]
    return tuple(Block(b.kind, _LINK.sub(r"\1", b.text), b.target) for b in kept)


def _special(line: str) -> Block | None:
    picture = _PICTURE.match(line)
    if picture:
        return Block("img", picture[1], picture[2])
    if line.startswith("# "):
        return Block("h", line[2:])
    if line.startswith("- "):
        return Block("li", line[2:])
    if line.startswith("|"):
        return Block("row", line.strip("| "))
    return None


def to_text(blocks: tuple[Block, ...], resolve: Resolve, wrap: int = 76) -> str:
    """Plain text without pictures; `resolve` turns a link's key into its URL, `wrap` 0 keeps long lines."""
    out: list[str] = []
    previous = ""
    for block in blocks:
        if block.kind == "img":
            continue
        prose = _LINK.sub(lambda m: _text_link(m[1], resolve(m[2])), block.text)
        if block.kind == "row":
            piece = "  ".join(cell.strip().ljust(28) for cell in prose.split("|")).rstrip()
        elif block.kind == "li":
            piece = _wrapped("- " + prose, wrap)
        else:
            piece = "\n".join(_wrapped(line, wrap) for line in prose.split("\n"))
        if out and not (block.kind in ("li", "row") and previous == block.kind):
            out.append("")
        out.append(piece)
        previous = block.kind
    return "\n".join(out)


def _text_link(text: str, url: str) -> str:
    return url if text in url or not text else f"{text} ({url})"


def _wrapped(line: str, width: int) -> str:
    if not width or len(line) <= width:
        return line
    return "\n".join(textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False))


def inline(text: str, resolve: Resolve, look: Look) -> str:
    """One line of prose as HTML, its links as anchors in the sender's colour."""
    parts: list[str] = []
    at = 0
    for match in _LINK.finditer(text):
        parts.append(html.escape(text[at : match.start()], quote=False))
        url = html.escape(resolve(match[2]), quote=True)
        style = f' style="color:{look.colour}"' if look.colour else ""
        parts.append(f'<a href="{url}"{style}>{html.escape(match[1], quote=False)}</a>')
        at = match.end()
    parts.append(html.escape(text[at:], quote=False))
    return "".join(parts).replace("\n", "<br>\n")


def to_html(blocks: tuple[Block, ...], resolve: Resolve, picture: Resolve, look: Look) -> str:
    """The blocks as an HTML fragment in this look; `picture` turns a picture's key into its URL."""
    out: list[str] = []
    run: list[Block] = []

    def close() -> None:
        if not run:
            return
        if run[0].kind == "li":
            out.append("<ul>" + "".join(f"<li>{inline(b.text, resolve, look)}</li>" for b in run) + "</ul>")
        else:
            out.append(
                '<table cellpadding="6" border="0" width="100%">' + "".join(map(row, run)) + "</table>"
            )
        run.clear()

    def row(block: Block) -> str:
        cells = (inline(cell.strip(), resolve, look) for cell in block.text.split("|"))
        return (
            "<tr>"
            + "".join(f'<td style="border-bottom:1px solid #ddd">{cell}</td>' for cell in cells)
            + "</tr>"
        )

    for block in blocks:
        if run and run[0].kind != block.kind:
            close()
        if block.kind in ("li", "row"):
            run.append(block)
        elif block.kind == "img":
            source = html.escape(picture(block.target), quote=True)
            alt = html.escape(block.text, quote=True)
            out.append(f'<p><img src="{source}" alt="{alt}" width="{look.width}" style="max-width:100%"></p>')
        elif block.kind == "h":
            out.append(f"<{look.heading}>{inline(block.text, resolve, look)}</{look.heading}>")
        else:
            tag, _, attributes = look.paragraph.partition(" ")
            opening = f"{tag} {attributes}" if attributes else tag
            spacer = "<br>" if tag == "div" else ""
            out.append(f"<{opening}>{inline(block.text, resolve, look)}</{tag}>{spacer}")
    close()
    return "\n".join(out)
