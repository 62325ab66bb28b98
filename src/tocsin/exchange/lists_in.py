"""Plain lists, one value a line, and maltrail's blocks of them, as indicators."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.exchange.entries import Entry, LeftOut, derived_id, lines_of, quoted
from tocsin.hunt.refang import refang
from tocsin.hunt.terms import Unusable, guess, term
from tocsin.model.intel import Indicator, NotUnderstood

_COMMENT = re.compile(r"(?:^|\s)(?:#|;|//(?!\S*\.))")  # a # inside a URL is its fragment
_HOSTS_FILE = re.compile(
    r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)"
)  # the line of a hosts file that blocks a name


def read_list(data: bytes, source: str, place: str) -> Iterator[Entry]:
    """Values of a plain list, each of the sort it looks like (`hunt.terms.guess`), defanged or not.

    Comments start with # or ; and become the description of the value before them on the line.
    """
    for number, line in enumerate(lines_of(data), 1):
        line = line.strip()
        if not line:
            continue
        value, comment = _split(line)
        if not value:
            yield LeftOut("comment")
            continue
        blocked = _HOSTS_FILE.fullmatch(value)
        yield bare_value(
            blocked[1] if blocked is not None else value,
            source,
            f"{place}:{number}",
            description=comment,
        )


def bare_value(
    value: str,
    source: str,
    where: str,
    *,
    kind: str = "",
    name: str = "",
    description: str = "",
    names: tuple[str, ...] = (),
) -> Indicator | NotUnderstood:
    """The indicator for a value; `kind` is of `hunt.terms.TERMS`, guessed where it is ""."""
    written = refang(value.strip().strip("\"'"))
    kind = kind or guess(written)
    if not kind and not any(map(str.isspace, written)):
        kind = "domain"  # a name without a dot, refused below with words
    try:
        if not kind:
            raise Unusable("looks like no URL, host, address, network or hash")
        pattern = term(kind, written)
    except Unusable as reason:
        return NotUnderstood(quoted(value), where, str(reason))
    return Indicator(
        derived_id(source, pattern),
        source,
        pattern,
        quoted(value),
        name,
        quoted(description),
        names=names,
    )


def _split(line: str) -> tuple[str, str]:
    """A line's value and its comment."""
    match = _COMMENT.search(line)
    if match is None:
        return line, ""
    return line[: match.start()].strip(), line[match.end() :].strip()
