"""Host names that tell who looks them up: some programs resolve the hosts of links before anybody clicks."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

_LABEL = re.compile(r"[a-z0-9]{12,63}\Z")
_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=8192)
def has_token(host: str, site: str) -> bool:
    """Whether a label left of the registrable domain looks drawn at random: 12 letters and digits or more."""
    if len(host) <= len(site) + 12:
        return False
    for label in host[: -len(site) - 1].split("."):
        bare = label.replace("-", "").replace("_", "")
        if _LABEL.match(bare) is not None and _looks_random(bare):
            return True
    return False


def _looks_random(label: str) -> bool:
    digits = sum(character.isdigit() for character in label)
    vowels = sum(character in _VOWELS for character in label)
    letters = len(label) - digits
    entropy = -sum(n / len(label) * math.log2(n / len(label)) for n in Counter(label).values())
    if entropy < 2.5:
        return False
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(label))
    return switches >= 3 or digits >= len(label) / 3 or (letters > 0 and vowels / letters < 0.2)
