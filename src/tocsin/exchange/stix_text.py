"""What is compared with mail, written as a STIX pattern (STIX 2.1, section 9)."""

from __future__ import annotations

from tocsin.exchange.stix_paths import OWN_TYPE
from tocsin.exchange.stix_pattern import EXACT_HOST, network_version, normal
from tocsin.exchange.stix_syntax import escaped
from tocsin.hunt.terms import leaves
from tocsin.model.intel import Comparison, Pattern

_PATHS = {
    "url": "url:value",
    "host": "domain-name:value",
    "address": "email-addr:value",
    "subject": "email-message:subject",
    "mailer": "email-message:additional_header_fields.'X-Mailer'",
    "token": f"{OWN_TYPE}:token",
    "template": f"{OWN_TYPE}:template_hash",
}
_HASHES = {32: "file:hashes.MD5", 40: "file:hashes.'SHA-1'", 64: "file:hashes.'SHA-256'"}


def stix_text(pattern: Pattern) -> str:
    """A pattern that `read_pattern` reads back as the same, in its normal form.

    Where a host stands for itself alone, read it back with `exact_host`: an indicator then carries the labels of
    `labels_of`. Tokens and templates, for which STIX has no objects, are properties of an object of our own. Every
    comparison is an observation of its own, so that any other program may split them.
    """
    pattern = normal(pattern)
    return _text(pattern, bool(labels_of(pattern)), inner=False)


def labels_of(pattern: Pattern) -> tuple[str, ...]:
    """The labels that an indicator needs beside its pattern: EXACT_HOST where a host leaves out the names below it."""
    exact = any(leaf.kind == "host" and leaf.operator in ("=", "in") for leaf in leaves(pattern))
    return (EXACT_HOST,) if exact else ()


def _text(pattern: Pattern, exact: bool, *, inner: bool) -> str:
    if isinstance(pattern, Comparison):
        return f"[{_leaf(pattern, exact)}]"
    text = f" {pattern.operator.upper()} ".join(_text(part, exact, inner=True) for part in pattern.parts)
    return f"({text})" if inner else text


def _leaf(leaf: Comparison, exact: bool) -> str:
    if leaf.operator == "under":
        name = leaf.values[0]
        whole = f"domain-name:value = {_quoted(name)}"
        return f"{whole} OR domain-name:value LIKE {_quoted('%.' + name)}" if exact else whole
    groups: dict[str, list[str]] = {}
    for value in leaf.values:
        groups.setdefault(_path(leaf.kind, value), []).append(value)
    return " OR ".join(_test(path, leaf, values) for path, values in groups.items())


def _test(path: str, leaf: Comparison, values: list[str]) -> str:
    if len(values) > 1:
        return f"{path} {'NOT ' * leaf.negated}IN ({', '.join(map(_quoted, values))})"
    value = _quoted(values[0])
    if leaf.operator in ("=", "in"):
        return f"{path} {'!' * leaf.negated}= {value}"
    operator = {"like": "LIKE", "matches": "MATCHES", "cidr": "ISSUBSET"}[leaf.operator]
    return f"{path} {'NOT ' * leaf.negated}{operator} {value}"


def _path(kind: str, value: str) -> str:
    if kind == "ip":
        return f"ipv{network_version(value)}-addr:value"
    if kind == "hash":
        return _HASHES.get(len(value), "file:hashes.'SHA-256'")
    return _PATHS[kind]


def _quoted(value: str) -> str:
    return f"'{escaped(value)}'"
