"""Files and markup that a page carries as text in its scripts and puts together once it is opened."""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from tocsin.model.attached import Member
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import tidy_name

_MOST = 64  # pieces looked at
_SHORTEST = 100  # characters of a piece
# Characters of base64 as "x", all others as a blank: a search for many of the former skips what cannot hold them.
_OUTLINE = bytes(120 if chr(i) in string.ascii_letters + string.digits + "+/" else 32 for i in range(256))
_LONG_RUN = b"x" * _SHORTEST
_ESCAPED = re.compile(r"[\"'`](%3[cC][^\"'`<>\r\n]{30,}+)")
_NAME = re.compile(r"\bdownload\s*+=\s*+[\"']([^\"'\r\n]{1,200})[\"']", re.IGNORECASE)
_FILES = frozenset(
    {
        kinds.ZIP,
        kinds.SEVEN_ZIP,
        kinds.OTHER_ARCHIVE,
        kinds.CAB,
        kinds.ISO,
        kinds.TAR,
        kinds.OLE,
        kinds.PDF,
        kinds.RTF,
    }
) | {kinds.SHORTCUT, kinds.COMPRESSED}
_DOCUMENTS = frozenset({kinds.HTML, kinds.SVG})
_VOLUME = slice(32_769, 32_774)  # where a disk image names its format


def files_in(text: str, allowance: Allowance) -> Iterator[Member | str]:
    """Give the files (as members) and the markup (as text) that a page holds in base64 or percent-encoded.

    Only what decodes to the start of a known kind of file counts. At most 64 pieces of 100 characters or more
    are looked at; what scripts scramble in ways of their own is not seen.
    """
    if len(text) < _SHORTEST:
        return
    names = iter(_NAME.findall(text) if "ownload" in text or "OWNLOAD" in text else ())
    for run in islice(_base64_in(text), _MOST):
        data = _decoded(run, allowance)
        kind = kinds.kind_of(data[: kinds.HEAD], "", "")
        if not kind and data[_VOLUME] == b"CD001":
            kind = kinds.ISO
        if kind in _DOCUMENTS:
            yield data.decode("utf-8", "replace")
        elif kind in _FILES and allowance.take_member():
            allowance.take_bytes(len(data))
            yield Member(_named(data, kind, tidy_name(next(names, ""))), data)
    if "%3" in text:
        for index, piece in enumerate(_ESCAPED.finditer(text)):
            if index == _MOST:
                break
            yield unquote(piece[1], errors="replace")


def _base64_in(text: str) -> Iterator[str]:
    """The long runs of base64 in a text, without their padding."""
    outline = text.encode("ascii", "replace").translate(_OUTLINE)
    start = outline.find(_LONG_RUN)
    while start >= 0:
        end = outline.find(b" ", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = outline.find(_LONG_RUN, end)


def _named(data: bytes, kind: str, name: str) -> str:
    """The name that a page gives to its file, made to say what the file is where its first bytes do not."""
    name = name or "download"
    return name if kinds.kind_of(data[: kinds.HEAD], name, "") == kind else f"{name}.iso"


def _decoded(piece: str, allowance: Allowance) -> bytes:
    bare = piece[: len(piece) - (len(piece) % 4 == 1)]  # one character over is no byte
    if len(bare) // 4 * 3 > allowance.bytes_left:
        return b""
    return binascii.a2b_base64(bare + "=" * (-len(bare) % 4))
