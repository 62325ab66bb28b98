"""Values as JSON that a terminal can be shown: what hides or steers stands as an escape, so that nothing is lost."""

from __future__ import annotations

import json
import re

import msgspec

# C0 and C1 controls, soft hyphen, every bidirectional control (UAX #9), invisible spaces and operators, line
# and paragraph separators, lone surrogates (paths that are not UTF-8), noncharacters, tags. Joiners (U+200C,
# U+200D) and variation selectors stay: Persian, Indic scripts and emoji are written with them.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def plain_json(value: object) -> bytes:
    """The value as JSON on one line, in UTF-8; `UNSEEN` characters of strings as `\\uXXXX`, which readers undo.

    Lone surrogates, which UTF-8 cannot hold and JSON can, are kept as such.
    """
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:
        return (
            json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
            .encode("ascii")
            .replace(b"\x7f", b"\\u007f")
        )
    if data.isascii() and b"\x7f" not in data:
        return data
    return UNSEEN.sub(_escape, data.decode("utf-8")).encode("utf-8")


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f"
