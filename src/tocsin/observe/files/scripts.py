"""What a script in a document names: URLs in its string literals, where it calls something that goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.mail.charsets import without_surrogates
from tocsin.mail.url import find_urls

MAX_CHARACTERS = 300_000

_TOKEN = re.compile(
    r"//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
    r"|\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\\\n]|\\.)*+)'|`((?:[^`\\]|\\.)*+)`",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|([0-7]{1,3})|\r?\n|(.))", re.DOTALL
)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}
_UNDOES = re.compile(r"\b(?:unescape|decodeURI(?:Component)?)\s*+\(")
_PERCENT = re.compile(r"%u([0-9A-Fa-f]{4})|%([0-9A-Fa-f]{2})")
_CODES = re.compile(r"fromCharCode\s*+\(([\d\sxXa-fA-F,]++)\)")
_JOIN = re.compile(r"\s*+(?:\+\s*+|\)\s*+\+\s*+)")
_SHARE = re.compile(r"\\\\[\w.\-@]++[\\/][^\s\"'<>|]*+")
# Acrobat's JavaScript reference and XFA's FormCalc; and what hides such a call from a search.
_GOES_OUT = re.compile(
    r"launchURL|submitForm|getURL|gotoURL|SOAP|HTTP\b|openDoc|importAn|importData|importText|importIcon|importXFA"
    r"|mailDoc|mailMsg|mailForm|mailGetAddrs|newDoc|createDataObject|addLink|setAction|addScript|media\."
    r"|openPlayer|getURLData|getURLSettings|alternateRelease|\bRSS\b|synchronizer|\b(?:Get|Post|Put)\s*+\("
    r"|\beval\b|\bFunction\b|fetch\s*+\(|XMLHttpRequest|\.(?:src|href|action)\s*+=|streamFrom|wsdl|Net\.",
)


def urls_in_script(text: str) -> Iterator[str]:
    r"""Yield the URLs and share paths (`\\host\share`) that a script can contact.

    They are looked for in string literals, escapes undone and pieces that are joined with `+` joined, never in
    comments; a script in which nothing is called that goes out yields none. Nothing is run. Longer scripts are
    read to `MAX_CHARACTERS`.
    """
    text = text[:MAX_CHARACTERS]
    literals = "\n".join(_literals(_CODES.sub(_from_codes, text)))
    if not _GOES_OUT.search(text) and not _GOES_OUT.search(literals):
        return
    for form in dict.fromkeys((literals, _PERCENT.sub(_from_percent, literals))):
        for url, _ in find_urls(form):
            yield url
        for match in _SHARE.finditer(form):
            yield match[0]


def with_codes(text: str) -> str:
    """Give a script with `fromCharCode(…)` of plain numbers written as the string literal that it makes."""
    return _CODES.sub(_from_codes, text) if "fromCharCode" in text else text


def with_percents(text: str) -> str:
    """Give a script with the percent escapes undone that it undoes itself (`unescape`, `decodeURIComponent`)."""
    return _PERCENT.sub(_from_percent, text) if "%" in text and _UNDOES.search(text) else text


def _literals(text: str) -> Iterator[str]:
    """The string literals of a script, those that are added to each other as one."""
    joined = ""
    end = -1
    for match in _TOKEN.finditer(text):
        if not match.lastindex:
            continue
        value = without_surrogates(_ESCAPE.sub(_unescaped, match[match.lastindex]))
        if end >= 0 and _JOIN.fullmatch(text, end, match.start()):
            joined += value
        else:
            if joined:
                yield joined
            joined = value
        end = match.end()
    if joined:
        yield joined


def _unescaped(match: re.Match[str]) -> str:
    for group, base in ((1, 16), (2, 16), (3, 16), (4, 8)):
        if match[group]:
            return chr(min(int(match[group], base), 0x10FFFF))
    other = match[5] or ""
    return _CONTROL.get(other, other)


def _from_codes(match: re.Match[str]) -> str:
    codes = []
    for number in match[1].split(",")[:10_000]:
        number = number.strip()
        try:
            codes.append(int(number, 16 if number[:2].lower() == "0x" else 10))
        except ValueError:
            return match[0]
    text = "".join(chr(code) for code in codes if 0x20 <= code < 0xD800)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _from_percent(match: re.Match[str]) -> str:
    character = chr(int(match[1] or match[2], 16))
    return "" if "\ud800" <= character <= "\udfff" else character
