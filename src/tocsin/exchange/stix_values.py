"""What LIKE and MATCHES of STIX patterns compare with, in the form that observables have."""

from __future__ import annotations

import re

from tocsin.hunt.refang import refang
from tocsin.hunt.terms import Unusable
from tocsin.model.intel import Comparison

_SEARCHED = {  # kinds of terms whose observables can be searched by text
    "url": "url",
    "host": "host",
    "domain": "host",
    "address": "address",
    "ip": "ip",
    "subject": "subject",
    "mailer": "mailer",
}
MAX_REGEX = 2_000  # characters
_MAX_MEMORY_BYTES = 1024 * 1024
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^/?#]*+")
_FOLDED = "(?i)"
# Marks of what PCRE has and a search in linear time has not.
_BEYOND = re.compile(r"\(\?(?:[=!>#(]|<[=!])|\\[1-9]|[*+?}]\+|\\[KRXGZ]")


class Regex(ValueError):
    """A regular expression that cannot be run; the message is a clause for people."""


def like(kind: str, value: str) -> Comparison:
    """A comparison for LIKE: % stands for any characters, _ for one. Raises Unusable."""
    searched = _searched(kind, "LIKE")
    if len(value) > MAX_REGEX:
        raise Unusable(f"LIKE with {len(value):,} characters, more than {MAX_REGEX:,}")
    if searched == "subject":
        value = " ".join(value.split()).casefold() if value.strip() else value
    elif searched == "mailer":
        value = value.casefold()
    elif searched == "url":
        value = _AUTHORITY.sub(lambda match: match[0].lower(), refang(value), count=1)
    else:
        value = refang(value).lower()
    return Comparison(searched, "like", (re.sub(r"%{2,}", "%", value),))


def matches(kind: str, value: str) -> Comparison:
    """A comparison for MATCHES: a regular expression, found anywhere. Raises Unusable and Regex.

    What observables have in small letters is compared without regard to case.
    """
    searched = _searched(kind, "MATCHES")
    if len(value) > MAX_REGEX:
        raise Regex(f"a regular expression of {len(value):,} characters, more than {MAX_REGEX:,}")
    if searched != "url" and not value.startswith(_FOLDED):
        value = _FOLDED + value
    reason = unrunnable(value)
    if reason:
        raise Regex(reason)
    if value.removeprefix(_FOLDED).strip("^$.*+?") == "":
        raise Unusable("would meet every mail")
    return Comparison(searched, "matches", (value,))


def unrunnable(regex: str) -> str:
    """Why a regular expression cannot be run in linear time, "" if it can."""
    import re2  # type: ignore[import-untyped]  # 25 ms, for those whose intelligence has patterns

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    try:
        re2.compile(regex.encode("utf-8"), options)
    except UnicodeEncodeError:
        return "the regular expression holds half a character"
    except re2.error as error:
        beyond = _BEYOND.search(regex)
        if beyond is not None:
            return (
                f"the regular expression uses {beyond[0]}, which cannot be searched in linear time "
                "(look-around, references back and possessive repeats are left out)"
            )
        reason = error.args[0] if error.args else ""
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return f"the regular expression cannot be read: {said}"
    return ""


def _searched(kind: str, operator: str) -> str:
    searched = _SEARCHED.get(kind)
    if searched is None:
        raise Unusable(f"{operator} is understood for what is searched by text, not for a {kind}")
    return searched
