"""Whether one site's name is made to be taken for another's; endings such as .org or .test play no part."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from tocsin.observe.confusables import latin_likeness

# Signs that people confuse at a glance (Unicode TS #39 calls the folded form a skeleton); digraphs first.
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SIGNS = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "-": None, "_": None})
_SHORTEST = 6  # shorter names meet by chance
# Keys beside each other, on QWERTY and, of those that lie elsewhere, on AZERTY (fr, be) and QWERTZ (de).
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm")
_BESIDE = frozenset(pair for row in _ROWS for a, b in pairwise(row) for pair in (a + b, b + a))
# What sounds alike in English, French, Dutch and German; longer spellings first.
_SOUNDS = (
    *(
        ("sch", "s"),
        ("sh", "s"),
        ("ph", "f"),
        ("ck", "k"),
        ("qu", "k"),
        ("th", "t"),
        ("ou", "u"),
        ("oe", "u"),
    ),
    *(("ch", "s"), ("gh", "g"), ("ij", "i"), ("ei", "i"), ("ie", "i"), ("ea", "i"), ("ee", "i"), ("ai", "e")),
    *(("x", "ks"), ("q", "k"), ("c", "k"), ("z", "s"), ("y", "i"), ("w", "v"), ("j", "i"), ("h", "")),
)


def site_label(site: str) -> str:
    """The part of a registrable domain that its owner chose: "kurier" of "kurier.example"."""
    return site.partition(".")[0]


def skeleton(label: str) -> str:
    """The label as it looks at a glance; two labels with one skeleton are easily confused."""
    folded = latin_likeness(label)
    for pair, single in _PAIRS:
        folded = folded.replace(pair, single)
    return folded.translate(_SIGNS)


def sound(label: str) -> str:
    """The label as it sounds, roughly: two labels with one key are easily taken for each other by ear."""
    heard = label.replace("-", "")
    for spelled, key in _SOUNDS:
        if spelled in heard:
            heard = heard.replace(spelled, key)
    return "".join([sign for at, sign in enumerate(heard) if at == 0 or sign != heard[at - 1]])


def imitates(label: str, known: str) -> bool:
    """Whether `label` looks like `known` without being it: one skeleton, or one sign more, less or other."""
    if label == known or min(len(label), len(known)) < _SHORTEST:
        return False
    left, right = skeleton(label), skeleton(known)
    if left == right:
        return True
    if min(len(left), len(right)) < _SHORTEST or abs(len(left) - len(right)) > 1:
        return False
    return one_apart(left, right)


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
    """The first candidate that `site` imitates, or "".

    Sites that differ by a prefix or by hyphens alone are often one firm's.
    """
    label = site_label(site)
    if len(label) < _SHORTEST:
        return ""
    plain = label.replace("-", "")
    for candidate in candidates:
        if candidate == site or not imitates(label, site_label(candidate)):
            continue
        other = site_label(candidate).replace("-", "")
        if plain not in other and other not in plain:
            return candidate
    return ""


def one_apart(left: str, right: str) -> bool:
    """Whether one insertion, removal or replacement turns one into the other."""
    if len(left) > len(right):
        left, right = right, left
    start = _first_difference(left, right)
    if len(left) == len(right):
        return left[start + 1 :] == right[start + 1 :]
    return left[start:] == right[start + 1 :]


def slip(label: str, known: str) -> str:
    """How one slip of the finger turns `known` into `label`: "swapped" letters, a "neighbour" key, a letter "doubled"
    or "dropped", any "other" single edit, or "".
    """
    if label == known or abs(len(label) - len(known)) > 1:
        return ""
    short, long = (label, known) if len(label) <= len(known) else (known, label)
    at = _first_difference(short, long)
    if len(label) == len(known):
        if label[at + 1 :] == known[at + 1 :]:
            return "neighbour" if label[at] + known[at] in _BESIDE else "other"
        turned = known[at + 1 : at + 2] + known[at]
        return "swapped" if label[at : at + 2] == turned and label[at + 2 :] == known[at + 2 :] else ""
    if short[at:] != long[at + 1 :]:
        return ""
    if at and long[at] == long[at - 1]:
        return "doubled"
    return "dropped" if len(label) < len(known) else "other"


def _first_difference(short: str, long: str) -> int:
    at = 0
    while at < len(short) and short[at] == long[at]:
        at += 1
    return at
