"""What tags of MISP say: sharing marks, grades, confidence, and the names that a thing is linked to."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from tocsin.exchange.entries import pap_of, quoted, time_of, tlp_of
from tocsin.model.intel import PAPS, TLPS

_VALUED = re.compile(r'([a-z0-9_-]{1,60}):([A-Za-z0-9_-]{1,60})="([^"]{0,300})"')

# Galaxies that say what is looked at or how, not who or what it belongs to.
_NOT_NAMING = ("attack-pattern", "country", "sector", "target", "course-of-action", "data-source", "region")

# STIX 2.1, appendix A: the scales of words for confidence, here of MISP's taxonomies.
_CONFIDENCE = {
    ("estimative-language", "confidence-in-analytic-judgment", "low"): 15,
    ("estimative-language", "confidence-in-analytic-judgment", "moderate"): 50,
    ("estimative-language", "confidence-in-analytic-judgment", "high"): 85,
    ("misp", "confidence-level", "completely-confident"): 100,
    ("misp", "confidence-level", "usually-confident"): 75,
    ("misp", "confidence-level", "fairly-confident"): 50,
    ("misp", "confidence-level", "rarely-confident"): 25,
    ("misp", "confidence-level", "unconfident"): 0,
}
_LIKELIHOOD = {
    "almost-no-chance": 5,
    "very-unlikely": 15,
    "unlikely": 30,
    "roughly-even-chance": 50,
    "likely": 70,
    "very-likely": 85,
    "almost-certain": 95,
}


class Marks(msgspec.Struct, frozen=True):
    """What the tags of one event or attribute say, in the forms of `Indicator`."""

    tlp: str = ""
    pap: str = ""
    grade: str = ""
    confidence: int | None = None
    valid_until_s: float | None = None
    names: tuple[str, ...] = ()


def marks_of(tags: Iterable[str]) -> Marks:
    """Read tags; the strictest of several marks counts, and tags that say nothing of this are passed over.

    A statement of confidence stands before one of likelihood. A grade needs both its letter and its digit.
    """
    tlps: list[str] = []
    paps: list[str] = []
    letter = digit = ""
    confidence = likelihood = None
    until = None
    names: dict[str, None] = {}
    for tag in tags:
        low = tag.lower()
        if low.startswith("tlp:"):
            tlps.append(tlp_of(tag))
        elif low.startswith("pap:"):
            paps.append(pap_of(tag))
        match = _VALUED.fullmatch(tag)
        if match is None:
            continue
        space, predicate, value = match[1], match[2].lower(), match[3]
        if space == "admiralty-scale":
            if predicate == "source-reliability" and value.upper() in tuple("ABCDEF"):
                letter = value.upper()
            elif predicate == "information-credibility" and value in tuple("123456"):
                digit = value
        elif space == "estimative-language" and predicate == "likelihood-probability":
            likelihood = _LIKELIHOOD.get(value, likelihood)
        elif space == "tocsin" and predicate == "confidence" and value.isdigit() and int(value) <= 100:
            confidence = int(value)
        elif space == "tocsin" and predicate == "valid-until":
            until = time_of(value)
        elif (space == "tocsin" and predicate == "name") or (
            space == "misp-galaxy" and not any(part in predicate for part in _NOT_NAMING)
        ):
            names[quoted(value)] = None
        else:
            confidence = _CONFIDENCE.get((space, predicate, value), confidence)
    return Marks(
        max(filter(None, tlps), key=TLPS.index, default=""),
        max(filter(None, paps), key=PAPS.index, default=""),
        letter + digit if letter and digit else "",
        confidence if confidence is not None else likelihood,
        until,
        tuple(names)[:50],
    )
