"""Authentication-Results (RFC 8601): what a receiver found out about SPF, DKIM, DMARC and ARC."""

from __future__ import annotations

import re

import msgspec

_TOKEN = re.compile(
    r'\((?:[^()\\]|\\.|\([^()]*\))*\)?|"(?:[^"\\]|\\.)*"?|;|(?<==)[^\s;"()]+|=|[^\s;="()]+|\s+|.', re.S
)
_POLICY = re.compile(r"\b(s?p|dis)\s*=\s*([A-Za-z]+)")
_NAME = re.compile(r"^[A-Za-z][\w-]*(?:/\d+)?$")


class AuthResults(msgspec.Struct, frozen=True):
    """One field: the server that vouches for it, and (method, result, properties) in order.

    Properties are named as written ("header.d", "smtp.mailfrom", "reason"), lower-case; what stands in the
    comments of a result is added in full as "comment", and as "policy.p", "policy.sp" and "policy.dis"
    where it names a DMARC policy.
    """

    authserv_id: str
    results: tuple[tuple[str, str, dict[str, str]], ...]


def parse_authentication_results(value: str) -> AuthResults:
    """The results that a field (Authentication-Results or ARC-Authentication-Results) holds; never raises."""
    groups: list[list[str]] = [[]]
    for token in _TOKEN.findall(value[:32_000]):
        if token == ";":
            groups.append([])
        elif not token.isspace():
            groups[-1].append(token)
    server = ""
    results: list[tuple[str, str, dict[str, str]]] = []
    for group in groups:
        words = [word for word in group if word[0] != "("]
        assigned = len(words) > 2 and words[1] == "="
        if not server and not results and words and not assigned:
            server = words[0].strip('"').lower()
        elif assigned and words[0].lower() != "i" and (result := _result(group)) is not None:
            results.append(result)  # "i=" is the instance of ARC
    return AuthResults(server, tuple(results))


def _result(group: list[str]) -> tuple[str, str, dict[str, str]] | None:
    method, outcome = "", ""
    properties: dict[str, str] = {}
    comments = []
    position = 0
    while position < len(group):
        token = group[position]
        if token[0] == "(":
            comments.append(token.strip("()"))
        elif position + 2 < len(group) and group[position + 1] == "=":
            text = group[position + 2].strip('"')
            if not method and _NAME.match(token):
                method, outcome = token.lower().partition("/")[0], text.lower()
            else:
                properties.setdefault(token.lower(), text)
            position += 2
        position += 1
    if not method:
        return None
    if comments:
        comment = " ".join(comments)
        properties["comment"] = comment
        for name, policy in _POLICY.findall(comment):
            properties.setdefault(f"policy.{name.lower()}", policy.lower())
    return method, outcome, properties
