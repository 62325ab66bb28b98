"""Whether a mail meets an indicator, and by what: exact values, domains, networks, LIKE, MATCHES, AND, OR, NOT.

A negated comparison holds where no value of its kind in the mail meets it. LIKE and MATCHES see URLs as a browser
would ask for them, case included; all other kinds are compared without case. MATCHES finds the expression anywhere
in the value, by RE2, in time linear in its length.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from tocsin.hunt.observables import is_ip, url_key
from tocsin.model.intel import MATCHES, Comparison, Pattern
from tocsin.model.observable import Observable

Met = tuple[str, Observable]  # of MATCHES, and what the mail shows

_NOTHING = Observable("", "")
_MAX_MEMORY_BYTES = 4 * 1024 * 1024
CASED = frozenset({"url", "token"})
_RANK = {match: rank for rank, match in enumerate(MATCHES)}


class Uncompiled(ValueError):
    """A LIKE or MATCHES that cannot be searched for; the message says why."""


class Shown:
    """What one mail shows, ready to be asked: values by kind, URLs by what counts of them."""

    def __init__(self, shown: Iterable[Observable]) -> None:
        self.kinds: dict[str, dict[str, Observable]] = {}
        for one in shown:
            key = url_key(one.value) if one.kind == "url" else one.value
            self.kinds.setdefault(one.kind, {}).setdefault(key, one)

    def find(self, kind: str, value: str) -> Observable | None:
        return self.kinds.get(kind, {}).get(value)

    def of(self, kind: str) -> Iterable[Observable]:
        return self.kinds.get(kind, {}).values()


def evaluate(pattern: Pattern, shown: Shown) -> Met | None:
    """How a mail meets a pattern: the most telling match, "pattern" where several must come together; None if not.

    Raises Uncompiled for an expression that RE2 does not take.
    """
    if isinstance(pattern, Comparison):
        met = _leaf(pattern, shown)
        if pattern.negated:
            return None if met is not None else ("pattern", _NOTHING)
        return met
    best: Met | None = None
    for part in pattern.parts:
        met = evaluate(part, shown)
        if met is None:
            if pattern.operator == "and":
                return None
            continue
        if best is None or _telling(met) < _telling(best):
            best = met
    if best is not None and pattern.operator == "and" and len(pattern.parts) > 1:
        return "pattern", best[1]
    return best


def _telling(met: Met) -> tuple[bool, int]:
    return met[1] is _NOTHING, _RANK[met[0]]


def _leaf(leaf: Comparison, shown: Shown) -> Met | None:
    match leaf.operator:
        case "=" | "in":
            return _equal(leaf, shown)
        case "under":
            return _under(leaf, shown)
        case "cidr":
            return _within(leaf, shown)
        case "like" | "matches":
            return _found(leaf, shown)
    raise Uncompiled(f"the comparison {leaf.operator!r} is not known")


def _equal(leaf: Comparison, shown: Shown) -> Met | None:
    for value in leaf.values:
        kind = leaf.kind
        if kind == "url":
            value = url_key(value)
        elif kind == "host" and is_ip(value):
            kind, value = "ip", value.strip("[]")
        one = shown.find(kind, value)
        if one is not None:
            return kind, one
    return None


def _under(leaf: Comparison, shown: Shown) -> Met | None:
    for value in leaf.values:
        exact = shown.find("host", value)
        if exact is not None:
            return "host", exact
    for value in leaf.values:
        if shown.find("under", value) is None:
            continue
        end = "." + value
        below = next((one for one in shown.of("host") if one.value.endswith(end)), None)
        if below is not None:
            return "domain", below
    return None


def _within(leaf: Comparison, shown: Shown) -> Met | None:
    for one in shown.of("ip"):
        address = ipaddress.ip_address(one.value)
        for value in leaf.values:
            network = network_of(value)
            if network is not None and network.version == address.version and address in network:
                return "cidr", one
    return None


def _found(leaf: Comparison, shown: Shown) -> Met | None:
    for value in leaf.values:
        matches = expression(leaf.kind, leaf.operator, value)
        for one in shown.of(leaf.kind):
            if matches(one.value):
                return ("domain" if leaf.kind == "host" else leaf.kind), one
    return None


@lru_cache(maxsize=4096)
def network_of(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network that a value names, None if it names none."""
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def as_expression(kind: str, operator: str, value: str) -> str:
    """A LIKE or MATCHES in the syntax of RE2."""
    if operator == "like":
        pieces = ({"%": ".*", "_": "."}.get(sign) or re.escape(sign) for sign in value)
        value = rf"(?s)\A(?:{''.join(pieces)})\z"
    return value if kind in CASED else f"(?i){value}"


@lru_cache(maxsize=4096)
def expression(kind: str, operator: str, value: str) -> Callable[[str], bool]:
    """A function that tells whether a value of this kind meets a LIKE or MATCHES. Raises Uncompiled."""
    import re2  # type: ignore[import-untyped]  # 25 ms, for those who have such indicators

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    try:
        search = re2.compile(as_expression(kind, operator, value).encode("utf-8"), options).search
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise Uncompiled(f"not an expression that can be searched in linear time: {words}") from None

    def found(text: str) -> bool:
        return search(text.encode("utf-8", "replace")) is not None

    return found


def literal(operator: str, value: str) -> str:
    """The longest piece of text that every value meeting a LIKE or MATCHES contains; "" if none is known."""
    pieces = re.split("[%_]", value) if operator == "like" else _pieces(value)
    return max(pieces, key=len, default="")


_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def _pieces(value: str) -> list[str]:
    """Plain text outside all groups of a regular expression; [] where alternatives or flags make none sure."""
    if "[:" in value:
        return []
    pieces, run, place = [], "", 0
    while place < len(value):
        sign, step = value[place], 1
        if sign == "|" or value.startswith("(?", place):
            return []
        if sign == "\\":
            sign, step = value[place + 1 : place + 2], 2
            if sign in ("Q", "x", "p", "P", "C", ""):
                return []
            if not sign.isalnum():
                run, place = run + sign, place + step
                continue
        elif sign not in "[({.^$*?+":
            run, place = run + sign, place + step
            continue
        elif sign in "*?{":  # what stands before may be missing
            run = run[:-1]
        pieces.append(run)
        run = ""
        end = _end_of(value, place) if sign in "[({" and step == 1 else place + step
        if end < 0:
            return []
        place = end
    return [*pieces, run]


def _end_of(value: str, place: int) -> int:
    """Where the class, group or count that begins here ends; -1 if it does not."""
    if value[place] == "{":
        return value.find("}", place) + 1 or -1
    if value[place] == "[":
        found = _CLASS.match(value, place)
        return found.end() if found is not None else -1
    depth = 0
    while place < len(value):
        if value[place] == "[":
            place = _end_of(value, place)
            if place < 0:
                return -1
            continue
        if value[place] == "|" and depth == 0:
            return -1
        depth += (value[place] == "(") - (value[place] == ")")
        place += 2 if value[place] == "\\" else 1
        if depth == 0:
            return place
    return -1
