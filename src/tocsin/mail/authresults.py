"""Authentication-Results (RFC 8601): what a receiver found out about SPF, DKIM, DMARC and ARC."""

from __future__ import annotations

import re

import msgspec

_TOKEN = re.compile(r'\((?:[^()\\]|\\.|\([^()]*\))*\)?|"(?:[^"\\]|\\.)*"?|;|=|[^\s;="()]+|\s+|.', re.S)
_POLICY = re.compile(r"\b(s?p|dis)\s*=\s*([A-Za-z]+)")
_NAME = re.compile(r"^[A-Za-z][\w-]*(?:/\d+)?$")


class AuthResults(msgspec.Struct, frozen=True):
    """One field: the server that vouches for it, and (method, result, properties) in order.

    Properties are named as written ("header.d", "smtp.mailfrom", "reason"), lower-case; what stands in the
    comments of a result is added as "policy.p", "policy.sp" and "policy.dis" where it names a DMARC policy, and as
    "comment" in full.
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
    results = []
    for index, group in enumerate(groups):
        if index == 0 or not server:
            words = [word for word in group if word[0] != "("]
            if len(words) >= 3 and words[1] == "=" and words[0].lower() != "i":
                pass  # no authserv-id, as some receivers write it
            else:
                if words and not (len(words) >= 2 and words[1] == "="):
                    server = words[0].strip('"').lower()
                continue
        if (result := _result(group)) is not None:
            results.append(result)
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
            position += 1
            continue
        if position + 2 < len(group) + 0 and group[position + 1] == "=":
            text = group[position + 2].strip('"')
            step = 3
            while (
                position + step + 1 < len(group) and group[position + step] == "="
            ):  # base64 values end in "="
                text += "=" + group[position + step + 1]
                step += 2
            if not method and _NAME.match(token):
                method, outcome = token.lower().partition("/")[0], text.lower()
            else:
                properties.setdefault(token.lower(), text)
            position += step
            continue
        position += 1
    if not method:
        return None
    if comments:
        comment = " ".join(comments)
        properties["comment"] = comment
        for name, policy in _POLICY.findall(comment):
            properties.setdefault(f"policy.{name.lower()}", policy.lower())
    return method, outcome, properties
