"""STIX patterns (STIX 2.1, section 9) as what is compared with mail.

One mail is one observation: `[a] AND [b]` asks for both in the same mail. What cannot be compared exactly is left out
and said: one side of an OR alone, an AND as a whole, since half of it would meet what its author excluded.

`domain-name:value = 'x'` means the name and every name below it, as lists of domains are meant and as other tools read
them; hits tell the two apart. Tocsin's own exports that mean the name alone say so by a label (EXACT_HOST).
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter

import msgspec

from tocsin.exchange.entries import quoted
from tocsin.exchange.stix_paths import is_single, names_type, term_of, why_unseen
from tocsin.exchange.stix_syntax import Node, Path, PatternError, Test, parse, unescaped
from tocsin.exchange.stix_values import Regex, like, matches
from tocsin.hunt.observables import is_ip
from tocsin.hunt.refang import refang
from tocsin.hunt.terms import Unusable, refusal, term
from tocsin.model.intel import Combination, Comparison, NotUnderstood, Pattern

EXACT_HOST = (
    "tocsin:exact-host"  # a label of indicators whose `domain-name:value = 'x'` leaves out names below
)

_SIMPLE = re.compile(
    r"\s*+\[\s*+([a-z0-9-]++):([A-Za-z0-9_.'-]++)\s*+=\s*+'((?:[^'\\]|\\.)*+)'\s*+\]\s*+", re.DOTALL
)


class Reading(msgspec.Struct, frozen=True):
    """What a pattern asks for, None where nothing of it can be looked for, and what of it was left out."""

    pattern: Pattern | None
    left_out: tuple[NotUnderstood, ...] = ()


def read_pattern(text: str, *, where: str = "", exact_host: bool = False) -> Reading:
    """Read a STIX pattern; it never raises, and what is not understood is in `left_out` with `where` as its place.

    With `exact_host` a domain's name stands for that host alone.
    """
    try:
        simple = _SIMPLE.fullmatch(text)
        if simple is not None and "'" not in simple[2]:
            path = Path(simple[1], tuple(simple[2].split(".")))
            if all(path.steps) and "-" not in simple[2]:
                test = Test(path, "=", (unescaped(simple[3]),), ("string",), False, 0, len(text))
                return Reading(_Translation(text, where, exact_host).test(test))
        translation = _Translation(text, where, exact_host)
        pattern = translation.node(parse(text))
    except (PatternError, _Left) as error:
        return Reading(None, (NotUnderstood(quoted(text), where, str(error)),))
    whole = normal(pattern)
    reason = refusal(whole)
    if reason:
        return Reading(None, (NotUnderstood(quoted(text), where, reason),))
    return Reading(whole, tuple(translation.left_out))


class _Left(ValueError):
    """A piece of a pattern that cannot be compared; the message says why."""


class _Translation:
    """One pattern on its way; gathers the sides of ORs that are left out."""

    def __init__(self, text: str, where: str, exact_host: bool) -> None:
        self._text = text
        self._where = where
        self._exact_host = exact_host
        self.left_out: list[NotUnderstood] = []

    def node(self, node: Node | Test) -> Pattern:
        """Raises _Left where all of it is left out."""
        if isinstance(node, Test):
            return self.test(node)
        match node.operator:
            case "OR":
                return self._either(node)
            case "AND":
                return self._all(node)
            case "[]":
                _same_object(node)
                return self.node(node.parts[0])
            case "FOLLOWEDBY":
                raise _Left(
                    "FOLLOWEDBY asks for an order of several observations; one mail is one observation"
                )
            case "WITHIN":  # what one mail shows, it shows at once
                return self.node(node.parts[0])
            case "REPEATS":
                if node.qualifier.strip("+0") != "1":
                    raise _Left("REPEATS asks for several observations; mails are not counted")
                return self.node(node.parts[0])
        raise _Left("START and STOP are not understood; an indicator's own valid_from and valid_until are")

    def _either(self, node: Node) -> Pattern:
        parts: list[Pattern] = []
        left: list[tuple[Node | Test, _Left]] = []
        for part in node.parts:
            try:
                parts.append(self.node(part))
            except _Left as error:
                left.append((part, error))
        if not parts:
            reasons = dict.fromkeys(str(error) for _, error in left)
            raise _Left("; ".join(list(reasons)[:5]))
        self.left_out += [
            NotUnderstood(quoted(self._text[part.start : part.end]), self._where, str(error))
            for part, error in left
        ]
        return Combination("or", tuple(parts))

    def _all(self, node: Node) -> Pattern:
        before = len(self.left_out)
        try:
            parts = tuple(self.node(part) for part in node.parts if not _is_idle(part))
        except _Left:
            del self.left_out[before:]  # the whole is listed, not its pieces as well
            raise
        if not parts:
            raise _Left("names types of objects and no value")
        return Combination("and", parts)

    def test(self, test: Test) -> Pattern:
        """Raises _Left."""
        kind = term_of(test.path)
        if not kind:
            raise _Left(why_unseen(test.path))
        negated = test.negated != (test.operator == "!=")
        if negated and not is_single(test.path):
            raise _Left("asks for a value that is not there, where a mail may show several")
        if test.operator not in ("=", "!=", "IN") and len(test.values) == 1 and test.kinds != ("string",):
            raise _Left(f"{test.operator} compares with a text in quotes")
        found: list[Pattern] = []
        refused: list[tuple[str, str]] = []
        for value in test.values:
            try:
                found.append(self._leaf(kind, test.operator, value))
            except Unusable as error:
                refused.append((value, str(error)))
        if not found or (negated and refused):
            raise _Left(refused[0][1] if refused else f"{test.operator} compares with nothing")
        self.left_out += [NotUnderstood(quoted(value), self._where, reason) for value, reason in refused]
        pattern = normal(Combination("or", tuple(found)))
        if not negated:
            return pattern
        if not isinstance(pattern, Comparison):
            raise _Left("NOT with such a list of values is not understood")
        return msgspec.structs.replace(pattern, negated=True)

    def _leaf(self, kind: str, operator: str, value: str) -> Pattern:
        if kind == "place":
            kind = (
                "ip" if is_ip(value) or is_ip(value.partition("/")[0]) or operator[:2] == "IS" else "domain"
            )
        match operator:
            case "=" | "!=" | "IN":
                return self._equal(kind, value)
            case "ISSUBSET":
                if kind != "ip":
                    raise Unusable("ISSUBSET compares networks")
                return term("cidr" if "/" in value else "ip", refang(value))
            case "ISSUPERSET":
                if kind != "ip" or not is_ip(value.removesuffix("/32").removesuffix("/128")):
                    raise Unusable("a mail shows single addresses, never a network that holds another")
                return term("ip", value.partition("/")[0])
            case "LIKE":
                return self._equal(kind, value) if not {"%", "_"} & set(value) else like(kind, value)
            case "MATCHES":
                try:
                    return matches(kind, value)
                except Regex as error:
                    raise Unusable(str(error)) from None
        raise Unusable(f"{operator} has no meaning for what a mail shows")

    def _equal(self, kind: str, value: str) -> Pattern:
        text = value if kind in ("subject", "mailer", "token", "template", "hash") else refang(value)
        if kind == "domain" and self._exact_host:
            kind = "host"
        if kind == "ip" and "/" in text:
            kind = "cidr"
        return term(kind, text)


def normal(pattern: Pattern) -> Pattern:
    """The one form of a pattern: no combination within one of its kind, each part once, equal kinds of OR as "in"."""
    if isinstance(pattern, Comparison):
        if pattern.operator == "in" and len(pattern.values) == 1:
            return msgspec.structs.replace(pattern, operator="=")
        return pattern
    parts: dict[Pattern, None] = {}
    for part in pattern.parts:
        part = normal(part)
        if isinstance(part, Combination) and part.operator == pattern.operator:
            parts.update(dict.fromkeys(part.parts))
        else:
            parts[part] = None
    found = _merged(list(parts)) if pattern.operator == "or" else list(parts)
    return found[0] if len(found) == 1 else Combination(pattern.operator, tuple(found))


def _merged(parts: list[Pattern]) -> list[Pattern]:
    """Parts of an OR with equalities of one kind as one comparison, and a host with all names below it as "under"."""
    below = {
        part.values[0][2:]
        for part in parts
        if isinstance(part, Comparison)
        and (part.kind, part.operator, part.negated) == ("host", "like", False)
        if part.values[0].startswith("%.") and "%" not in part.values[0][2:]
    }
    values: dict[str, dict[str, None]] = {}
    found: dict[Pattern, None] = {}
    under: set[str] = set()
    for part in parts:
        if not isinstance(part, Comparison) or part.negated or part.operator not in ("=", "in", "under"):
            continue
        if part.kind == "host":
            under.update(below & set(part.values))
    for part in parts:
        if not isinstance(part, Comparison) or part.negated:
            found[part] = None
        elif part.operator in ("=", "in"):
            for value in part.values:
                if part.kind == "host" and value in under:
                    found[Comparison("host", "under", (value,))] = None
                else:
                    values.setdefault(part.kind, {})[value] = None
                    found.setdefault(Comparison(part.kind, "in", ()), None)  # keeps the place of the first
        elif not (part.kind == "host" and part.operator == "like" and part.values[0][2:] in under):
            found[part] = None
    return [_filled(part, values) for part in found]


def _filled(part: Pattern, values: dict[str, dict[str, None]]) -> Pattern:
    if not isinstance(part, Comparison) or part.operator != "in" or part.negated:
        return part
    equal = tuple(sorted(values[part.kind]))
    return Comparison(part.kind, "=" if len(equal) == 1 else "in", equal)


def _same_object(node: Node) -> None:
    """Refuse several conditions on one object of which a mail shows many: two URLs could share them out."""
    for path, count in _paths(node.parts[0]).items():
        if count > 1 and term_of(path) and not is_single(path):
            raise _Left("several conditions on one and the same object cannot be compared")


def _paths(node: Node | Test) -> Counter[Path]:
    """How many conditions that must hold together stand on each path."""
    if isinstance(node, Test):
        return Counter({node.path: 1})
    counts: Counter[Path] = Counter()
    for part in node.parts:
        for path, count in _paths(part).items():
            counts[path] = counts[path] + count if node.operator == "AND" else max(counts[path], count)
    return counts


def _is_idle(node: Node | Test) -> bool:
    """Whether it only says of which type a place is, which its value says anyway."""
    return isinstance(node, Test) and node.operator == "=" and names_type(node.path)


def network_version(value: str) -> int:
    """4 or 6 for an address, a network, or the beginning of one."""
    try:
        return ipaddress.ip_network(value, strict=False).version
    except ValueError:
        return 6 if ":" in value else 4
