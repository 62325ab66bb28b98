"""Defanged forms of URLs, hosts and addresses, made whole again: `hxxps://evil[.]example` names https://evil.example."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"(?i)^(h)(?:xx|\*\*|tt|XX)(ps?)(?=\s*\[?:)")
_SEPARATOR = re.compile(r"\[://\]|\[:\]//|:\[//\]|:\\/\\/")
_DOT = re.compile(r"(?i)\s*[\[({<]\s*(?:\.|dot|punkt)\s*[\])}>]\s*|\\\.|\[\.|(?<=\w)\.\](?=\w)")
_COLON = re.compile(r"\[:\]")
_AT = re.compile(r"(?i)\s*[\[({<]\s*(?:@|at)\s*[\])}>]\s*")


def refang(text: str) -> str:
    """One value as it really is; a text without defanged parts comes back as it was."""
    if not any(sign in text for sign in "[](){}<>\\*xX"):
        return text
    text = _SEPARATOR.sub("://", text)
    text = _SCHEME.sub(r"\1tt\2", text)
    text = _DOT.sub(".", text)
    return _AT.sub("@", _COLON.sub(":", text))
