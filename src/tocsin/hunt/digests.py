"""The digests that lead from an indicator to the mails that may show it."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.hunt.observables import is_ip, url_key
from tocsin.model.intel import Comparison, Pattern
from tocsin.model.observable import digest

# How telling a kind is as the way in to an "and": the rarest first, so that few mails have to be read.
_RAREST = ("hash", "token", "url", "template", "address", "subject", "host", "ip", "mailer")


def leading_digests(pattern: Pattern) -> tuple[int, ...]:
    """Digests of which every mail that meets the pattern shows one; () where only a search finds such mails.

    An "and" needs one of its exact parts as the way in, an "or" one of each branch.
    """
    ways = _ways(pattern)
    return tuple(dict.fromkeys(ways[1])) if ways is not None else ()


def leaf_digests(leaf: Comparison) -> tuple[int, ...]:
    """The digests of an exact comparison; () for one that is negated or has to be searched."""
    if leaf.negated:
        return ()
    if leaf.operator == "under":
        return tuple(digest("under", value) for value in leaf.values)
    if leaf.operator not in ("=", "in"):
        return ()
    return tuple(_exact(leaf.kind, value) for value in leaf.values)


def shown_digest(kind: str, value: str) -> int:
    """The digest of something that a mail shows; a URL counts without scheme and fragment."""
    return digest(kind, url_key(value) if kind == "url" else value)


def _exact(kind: str, value: str) -> int:
    if kind == "host" and is_ip(value):
        return digest("ip", value.strip("[]"))
    return shown_digest(kind, value)


def _ways(pattern: Pattern) -> tuple[int, tuple[int, ...]] | None:
    """How common what leads in is (lower is rarer), and its digests; None where nothing does."""
    if isinstance(pattern, Comparison):
        found = leaf_digests(pattern)
        return (_rank(pattern.kind), found) if found else None
    parts = [_ways(part) for part in pattern.parts]
    if pattern.operator == "and":
        return min(
            (part for part in parts if part is not None),
            key=lambda part: (part[0], len(part[1])),
            default=None,
        )
    whole: list[tuple[int, tuple[int, ...]]] = []
    for part in parts:
        if part is None:
            return None
        whole.append(part)
    return (max(rank for rank, _ in whole), _joined(found for _, found in whole)) if whole else None


def _rank(kind: str) -> int:
    return _RAREST.index(kind) if kind in _RAREST else len(_RAREST)


def _joined(parts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(one for part in parts for one in part)
