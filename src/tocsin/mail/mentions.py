"""Whether a text names somebody: whole words, in any case and spacing."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LEAST = 3  # letters; what is shorter stands in too many words


def mentioned(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names, folded, that stand in a text as whole words, a possessive "s" left aside."""
    read = folded(text)
    wanted = dict.fromkeys(name for name in map(folded, names) if len(name) >= _LEAST and name in read)
    return tuple(name for name in wanted if pattern(name).search(read))


def mentions(text: str, names: Iterable[str]) -> bool:
    """Whether one of the names stands in a text."""
    return bool(mentioned(text, names))


def pattern(name: str) -> re.Pattern[str]:
    """What finds a name in a text as written."""
    words = r"\s+".join(re.escape(word) for word in name.split())
    return re.compile(rf"(?<!\w){words}(?=(?:['’]?s)?(?!\w))", re.IGNORECASE)


def folded(text: str) -> str:
    """Lower case, with one blank wherever there is space."""
    return " ".join(text.casefold().split())
