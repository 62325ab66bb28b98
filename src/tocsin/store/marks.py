"""What is known of a mail beside its bytes, and grows: marks of its mailbox, and what was done when it came."""

from __future__ import annotations

from msgspec.structs import replace

from tocsin.model.observation import Observed

_HANDLED = "handled"  # the observation that the gate adds
_NONE = frozenset("UN")  # that a mailbox keeps marks, and has set none


def knows_more(mail: Observed) -> bool:
    """Whether a mail that was found again may tell what its record does not."""
    return bool(mail.flags) or any(one.kind == _HANDLED for one in mail.observations)


def marked(record: Observed, other: Observed) -> Observed:
    """The record with the marks of both: what was once marked as read was, whatever it is marked as now."""
    flags = set(record.flags) | set(other.flags)
    if flags - _NONE:
        flags -= _NONE
    elif "U" in flags:
        flags.discard("N")
    observations = record.observations
    if not any(one.kind == _HANDLED for one in observations):
        observations += tuple(one for one in other.observations if one.kind == _HANDLED)
    return replace(record, flags="".join(sorted(flags)), observations=observations)
