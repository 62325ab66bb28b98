"""Display names in the form in which they are compared."""

from __future__ import annotations

import re
from functools import lru_cache

_UNTITLED = re.compile(r"[^\w\s]+")


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """A display name without titles' punctuation, case and order of words; "" unless it has two words or
    more.
    """
    words = _UNTITLED.sub(" ", name).lower().split()
    if len(words) < 2 or "@" in name:
        return ""
    return " ".join(sorted(words))
