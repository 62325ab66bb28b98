"""Wordings: choices and slots filled, and replies quoted the way mail programs quote."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import datetime

from tocsin.model.scenario import Language

_INNERMOST = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"#(\d+)-(\d+)")
Banks = Mapping[str, Mapping[Language, tuple[str, ...]]]

_MONTHS: dict[str, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
    "nl": ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
           "november", "december"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
           "November", "Dezember"),
}  # fmt: skip
_WROTE = {
    "en": "On {date} at {time}, {name} wrote:",
    "fr": "Le {date} à {time}, {name} a écrit :",
    "nl": "Op {date} om {time} schreef {name}:",
    "de": "Am {date} um {time} schrieb {name}:",
}


def fill(
    template: str, rng: random.Random, lang: Language, values: Mapping[str, str], banks: Banks, depth: int = 8
) -> str:
    """The template with its choices made and its slots filled.

    `{a|b}` is a choice, `{#2-9}` a number, `{slot}` comes from `values`, else from the banks of `lang`.
    Raises KeyError with the slot's name when neither knows it.
    """

    def one(match: re.Match[str]) -> str:
        inner = match[1]
        if "|" in inner:
            return str(rng.choice(inner.split("|")))
        if inner in values:
            return values[inner]
        span = _RANGE.fullmatch(inner)
        if span:
            return str(rng.randint(int(span[1]), int(span[2])))
        bank = banks.get(inner, {}).get(lang)
        if not bank:
            raise KeyError(inner)
        return rng.choice(bank)

    for _ in range(depth):
        filled = _INNERMOST.sub(one, template)
        if filled == template:
            break
        template = filled
    return template


def day(at: datetime, lang: Language) -> str:
    """The date in words: `4 January 2021`, `4. Januar 2021`."""
    dot = "." if lang == "de" else ""
    return f"{at.day}{dot} {_MONTHS[lang][at.month - 1]} {at.year}"


def attribution(at: datetime, lang: Language, name: str) -> str:
    """The line above a quoted mail."""
    return _WROTE[lang].format(date=day(at, lang), time=f"{at:%H:%M}", name=name)


def quoted(text: str) -> str:
    """The text with `> ` before every line (RFC 3676, section 4.5)."""
    return "\n".join(
        "> " + line if line and not line.startswith(">") else ">" + line for line in text.split("\n")
    )


def reply_subject(subject: str, lang: Language, rng: random.Random) -> str:
    """The subject with the language's reply prefix, once."""
    if re.match(r"(?i)(re|aw|antw?|rép)\s?:", subject):
        return subject
    prefix = rng.choice(
        {"en": ("Re: ",), "fr": ("Re: ", "RE : "), "nl": ("Re: ", "Antw: "), "de": ("AW: ", "Re: ")}[lang]
    )
    return prefix + subject
