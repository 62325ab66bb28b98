"""Header fields: look-up, RFC 2047 encoded words, RFC 2231 parameters, in all the ways mailers break them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable

from tocsin.mail.charsets import decode_text
from tocsin.model.message import Header

_WORD = re.compile(r"=\?([^?\s]{0,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_PAIR = re.compile(
    r"""[;,\s]*([^\s=;,"()<>]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)("?)|([^;]*))|;|[^;=\s]+|\s+|=""", re.S
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.S)
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)", re.S)
_SECTION = re.compile(r"^(.+?)\*(\d{1,3})?(\*?)$")


def first(headers: Iterable[Header], name: str) -> str:
    """The value of the first field of that lower-case name, "" if there is none."""
    for header in headers:
        if header.name == name:
            return header.value
    return ""


def every(headers: Iterable[Header], name: str) -> tuple[str, ...]:
    """The values of all fields of that lower-case name, in their order."""
    return tuple(header.value for header in headers if header.name == name)


def decode_words(value: str) -> str:
    """The value with its RFC 2047 encoded words decoded, raw text around them kept (RFC 6532).

    Adjacent words of one charset are joined before they are decoded, since mailers split characters; words
    may hold blanks, lack padding or stand inside quoted strings. Blanks between two words vanish.
    """
    if "=?" not in value:
        return value
    last = value.rfind("?=")
    if last < 0:
        return value
    body = value[: last + 2]  # a search from an unterminated start can then never run twice over the rest
    pieces: list[str] = []
    pending = b""
    charset = ""
    position = 0
    after_word = False
    for word in _WORD.finditer(body):
        between = body[position : word.start()]
        label = word.group(1).split("*", 1)[0].lower()
        if pending and (label != charset or between.strip()):
            pieces.append(decode_text(pending, charset))
            pending = b""
        if between and not (after_word and not between.strip()):
            pieces.append(between)
        pending += _word_bytes(word.group(2), word.group(3))
        charset = label
        position = word.end()
        after_word = True
    if pending:
        pieces.append(decode_text(pending, charset))
    pieces.append(value[position:])
    return "".join(pieces)


def _word_bytes(kind: str, text: str) -> bytes:
    if kind in "qQ":
        data = text.replace("_", " ").encode("utf-8", "replace")
        return _HEX.sub(lambda match: bytes((int(match.group(1), 16),)), data) if b"=" in data else data
    pieces = []
    for piece in text.split("="):  # padding in the middle: two words were glued into one
        clean = _NOT_BASE64.sub("", piece)
        surplus = len(clean) % 4
        if surplus == 1:
            clean = clean[:-1]
        elif surplus:
            clean += "=" * (4 - surplus)
        pieces.append(binascii.a2b_base64(clean))
    return b"".join(pieces)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Token and parameters of a structured value such as Content-Type: `text/html; charset=x`.

    Token and names are lower-case. RFC 2231 continuations and charsets are joined and decoded, encoded words
    in values too (RFC 2047 forbids them, mailers write them). Of repeated names the first counts.
    """
    token, pairs = parameter_pairs(value)
    return token, joined_parameters(pairs)


def parameter_pairs(value: str) -> tuple[str, list[tuple[str, str]]]:
    """Token and (name, raw value) pairs as they stand, repeats and RFC 2231 sections included."""
    if "(" in value and '"' not in value:
        value = _COMMENT.sub(" ", value)
    semicolon = value.find(";")
    if semicolon < 0:
        return value.strip(" \t\r\n\"'").lower(), []
    token = value[:semicolon].strip(" \t\r\n\"'").lower()
    pairs = []
    for pair in _PAIR.finditer(value, semicolon):
        name = pair[1]
        if name is None:
            continue
        if pair[2] is not None:
            text = pair[2]
            if "\\" in text:
                text = _QUOTED_PAIR.sub(r"\1", text)
            if not pair[3]:
                text = text.split(";", 1)[0]  # quote never closed
        else:
            text = pair[4].strip(" \t\r\n'\"")
        pairs.append((name.lower(), text))
    return token, pairs


def joined_parameters(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Parameters from raw pairs, RFC 2231 sections joined and decoded; the first of a name counts."""
    found: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in pairs:
        if "*" in name and (section := _SECTION.match(name)) is not None:
            parts = sections.setdefault(section[1], [])
            parts.append((int(section[2] or 0), bool(section[3]) or section[2] is None, text))
        elif name not in found:
            found[name] = decode_words(text) if "=?" in text else text
    for name, parts in sections.items():
        found[name] = _joined_sections(sorted(parts, key=lambda part: part[0]))
    return found


def _joined_sections(parts: list[tuple[int, bool, str]]) -> str:
    charset = ""
    pieces = []
    for index, (_, extended, text) in enumerate(parts):
        if extended:
            if index == 0 and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            data = text.encode("utf-8", "replace")
            pieces.append(_PERCENT.sub(lambda match: bytes((int(match.group(1), 16),)), data))
        else:
            pieces.append(text.encode("utf-8", "replace"))
    return decode_text(b"".join(pieces), charset.lower())
