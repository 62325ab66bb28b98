"""The line that a mail carries about how it was judged, and the fields that nobody else may write."""

from __future__ import annotations

import re

from tocsin.model.arrival import Opinions
from tocsin.respond.handling import Decision

VERDICT_FIELD = "X-Tocsin-Verdict"
_OWN = "x-tocsin"
_COMMENT = re.compile(r"\([^()]*\)")


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
    written = value
    for _ in range(3):  # comments may stand before the id, and in each other
        written = _COMMENT.sub(" ", written)
    first = re.split(r"[;\s]", written.strip(), maxsplit=1)[0].strip('"').lower()
    return first == authserv_id.lower()
