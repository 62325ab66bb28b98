"""The line that a mail carries about how it was judged, and the fields that nobody else may write."""

from __future__ import annotations

import re

from tocsin.model.arrival import Opinions
from tocsin.respond.handling import Decision

VERDICT_FIELD = "X-Tocsin-Verdict"
_OWN = "x-tocsin"


def tag(decision: Decision, opinions: Opinions, *, action: str, sha256: str, signature: str = "none") -> str:
    """The value of the field: tokens alone, so that nothing of the mail can steer it."""
    verdict = decision.verdict
    pieces = [
        verdict.class_,
        f"likelihood={verdict.likelihood:.3f}",
        f"alert={'yes' if verdict.alert else 'no'}",
        f"found={decision.kind}",
        f"action={action}",
        f"history={'yes' if not opinions.history else 'no'}",
        f"intelligence={'yes' if not opinions.intelligence else 'no'}",
    ]
    if verdict.not_evaluated:
        pieces.append(f"not-evaluated={len(verdict.not_evaluated)}")
    if signature != "none":
        pieces.append(f"signature={signature}")
    pieces.append(f"sha256={sha256}")
    return "; ".join(pieces)


def is_ours(name: str, value: str, authserv_id: str) -> bool:
    """Whether a field that came with a mail has a name, or an authentication server's id, that only this house uses.

    `authserv_id` is "" where none is set.
    """
    name = name.lower().strip()
    if name.startswith(_OWN):
        return True
    if name != "authentication-results" or not authserv_id:
        return False
    ids = (re.split(r"[;\s]", _without_comments(value, gap).strip(), maxsplit=1)[0] for gap in ("", " "))
    return any(one.strip('"').lower() == authserv_id.lower() for one in ids)


def _without_comments(value: str, gap: str) -> str:
    """The text with each comment (RFC 5322), however deep they are nested, replaced by `gap`."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped or (char not in '\\"(' and not depth):
            escaped = False
            if not depth:
                kept.append(char)
        elif char == "\\":
            escaped = True
        elif depth:
            depth += (char == "(") - (char == ")")
        elif char == '"':
            quoted = not quoted
        elif quoted:
            kept.append(char)
        else:
            depth = 1
            kept.append(gap)
    return "".join(kept)
