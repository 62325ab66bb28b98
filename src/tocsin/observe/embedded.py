"""Documents inside an HTML document: conditional comments, srcdoc, data: URLs."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote, unquote_to_bytes

from tocsin.observe.xml_entities import with_entities

OUTLOOK_WINDOWS = "outlook-windows"  # 2007 and later: pages are drawn by Word
MSHTML = "mshtml"  # clients that embed Internet Explorer's engine: Outlook to 2003, Windows Live Mail

_CONDITION = re.compile(r"\s*\[if\b([^\]]*)\]\s*>?", re.IGNORECASE)
_OPERAND = re.compile(r"(!\s*\(?\s*)?\b(?:[lg]te?\s+)?(mso|ie)\b", re.IGNORECASE)
_CLIENTS = (("mso", OUTLOOK_WINDOWS), ("ie", MSHTML))
_MARKS = ("//", "\\", "ttp", "&", "data:", "file:", "<base")  # no URL that contacts a host lacks them all
_DATA_URL = re.compile(r"\s*data:([^,]*),", re.IGNORECASE)
_MARKUP = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})
_SVG_PREFIX = re.compile(r"""\bxmlns:([\w.-]{1,40})\s*=\s*["']http://www\.w3\.org/2000/svg["']""")
_XLINK_PREFIX = re.compile(r"""\bxmlns:([\w.-]{1,40})\s*=\s*["']http://www\.w3\.org/1999/xlink["']""")
_SPLIT = re.compile(r"(</?[A-Za-z]{1,10}+)<script>\s*+</script>(?=[A-Za-z])")
MAX_SCRIPT = 200_000  # characters of one script
_AT_ENDS = "".join(map(chr, range(0x21)))
_IGNORED = re.compile(r"[\t\n\r]")


def conditional_content(comment: str) -> tuple[str, tuple[str, ...]] | None:
    """Give what a downlevel-hidden conditional comment shows and to which clients, None for other comments.

    `comment` is the text between `<!--` and `-->`. Content that cannot contact a host by itself is not
    worth a parse and gives None too. Source: Microsoft, "About conditional comments" (MSDN); Word reads the
    `mso` expressions.
    """
    start = _CONDITION.match(comment)
    if start is None:
        return None
    end = comment.rfind("<![")
    content = comment[start.end() : end if end > 0 else len(comment)]
    lowered = content.lower()
    if not any(mark in lowered for mark in _MARKS):
        return None
    named = _OPERAND.findall(start[1].lower())
    wanted = {name for negated, name in named if not negated} or {"mso", "ie"} - {name for _, name in named}
    return content, tuple(client for name, client in _CLIENTS if name in wanted)


def data_document(url: str) -> tuple[str, str] | None:
    """Give kind ("markup" or "css") and text of a data: URL that can itself refer to something, else None.

    Source: RFC 2397 as read by the WHATWG Fetch standard (forgiving base64, default type text/plain).
    """
    head = _DATA_URL.match(url)
    if head is None:
        return None
    declared = _IGNORED.sub("", head[1]).lower()
    media_type, _, rest = declared.partition(";")
    media_type = media_type.strip()
    kind = "markup" if media_type in _MARKUP else "css" if media_type == "text/css" else ""
    if not kind:
        return None
    body = unquote_to_bytes(_IGNORED.sub("", url[head.end() :]).encode("utf-8", "replace"))
    if rest.rstrip().endswith("base64"):
        compact = b"".join(body.split()).rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        try:
            body = base64.b64decode(compact + b"=" * (-len(compact) % 4))
        except binascii.Error:
            return None
    charset = "utf-16" if "charset=utf-16" in rest else "utf-8"
    return kind, body.decode(charset, "replace")


def data_picture(url: str) -> bytes:
    """Give the bytes of a data: URL that is in base64, b"" for others and for what is cut short."""
    head, _, body = url.partition(",")
    if not head.rstrip().lower().endswith("base64"):
        return b""
    compact = "".join(unquote(body).split()).rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4))
    except (binascii.Error, ValueError):
        return b""


def without_scripts(text: str) -> str | None:
    """Give what a filter makes of a document from which it takes empty scripts once, None where that makes no tag.

    `<im<script></script>g …>` holds no picture for a parser, and one for the reader of such a filter's output.
    """
    if "</script>" not in text or not _SPLIT.search(text):
        return None
    return _SPLIT.sub(r"\1", text)


def script_in(url: str) -> str | None:
    """Give the code of a `javascript:` URL, percent signs undone, None for other URLs.

    Source: WHATWG URL (white space at the ends, tabs and line breaks are dropped).
    """
    head = _IGNORED.sub("", url[:200]).lstrip(_AT_ENDS)[:11].lower()
    if head not in ("javascript:", "livescript:") and head[:9] != "vbscript:":
        return None
    code = _IGNORED.sub("", url[:MAX_SCRIPT]).partition(":")[2]
    return unquote_to_bytes(code.encode("utf-8", "replace")).decode("utf-8", "replace")


def unprefixed_svg(text: str) -> str:
    """Give an SVG document as an HTML parser knows it: entities put in, the prefixes of SVG and XLink as usual."""
    text = with_entities(text)
    if "xmlns:" not in text:
        return text
    if (declared := _SVG_PREFIX.search(text)) is not None:
        prefix = declared[1]
        text = text.replace(f"<{prefix}:", "<").replace(f"</{prefix}:", "</")
    if (declared := _XLINK_PREFIX.search(text)) is not None and declared[1] != "xlink":
        text = re.sub(rf"(?<=\s){re.escape(declared[1])}:href(?=\s*=)", "xlink:href", text)
    return text
