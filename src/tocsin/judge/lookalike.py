"""Whether one site's name is made to be taken for another's; endings such as .org or .test play no part."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Signs that people confuse at a glance (Unicode TS #39 calls the folded form a skeleton); digraphs first.
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SIGNS = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "-": None, "_": None})
_SHORTEST = 6  # shorter names meet by chance


def site_label(site: str) -> str:
    """The part of a registrable domain that its owner chose: "kurier" of "kurier.example"."""
    return site.partition(".")[0]


def skeleton(label: str) -> str:
    """The label as it looks at a glance; two labels with one skeleton are easily confused."""
    folded = label.lower()
    for pair, single in _PAIRS:
        folded = folded.replace(pair, single)
    return folded.translate(_SIGNS)


def imitates(label: str, known: str) -> bool:
    """Whether `label` looks like `known` without being it: one skeleton, or one sign more, less or other."""
    if label == known or min(len(label), len(known)) < _SHORTEST:
        return False
    left, right = skeleton(label), skeleton(known)
    if left == right:
        return True
    if min(len(left), len(right)) < _SHORTEST or abs(len(left) - len(right)) > 1:
        return False
    return _one_apart(left, right)


@lru_cache(maxsize=8192)
def imitates_name(site: str, name: str) -> bool:
    """Whether a site spells its sender's name with signs that only look like it, as "chr0nicle" for
    "chronicle".
    """
    label = site_label(site).replace("-", "")
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if c.isascii() and c.isalnum())
    if len(label) < _SHORTEST or len(plain) < _SHORTEST or plain in label or label in plain:
        return False
    folded, folded_name = skeleton(label), skeleton(plain)
    return folded in folded_name or folded_name in folded


def imitated_site(site: str, candidates: Iterable[str]) -> str:
    """The first candidate that `site` imitates, or ""."""
    label = site_label(site)
    if len(label) < _SHORTEST:
        return ""
    for candidate in candidates:
        if candidate != site and imitates(label, site_label(candidate)):
            return candidate
    return ""


def _one_apart(left: str, right: str) -> bool:
    """Whether one insertion, removal or replacement turns one into the other."""
    if len(left) > len(right):
        left, right = right, left
    start = 0
    while start < len(left) and left[start] == right[start]:
        start += 1
    if len(left) == len(right):
        return left[start + 1 :] == right[start + 1 :]
    return left[start:] == right[start + 1 :]
