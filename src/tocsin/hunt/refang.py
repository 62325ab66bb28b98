"""Values that people made unclickable, as they were before: `hxxps[:]//evil[.]example` and its kin."""

from __future__ import annotations

import re

# Every form here is met in published reports and lists; brackets of one pair, blanks around only beside brackets.
_SCHEME = re.compile(
    r"(?i)\s{0,8}(?:(?:h(?:tt|xx|xt|tx|\*\*|__)p|meow)(s)?|(f(?:t|x|\*)p)(s)?)"
    r"\s?(?:\[://\]|\(://\)|(?:\[:\]|\(:\)|\{:\}|:)(?:\[//\]|(?:\[/\]|/){2}|\\\\))"
)
_OPEN, _CLOSE = r"[\[({<]", r"[\])}>]"
_DOT = re.compile(
    rf"(?i)[ \t]?{_OPEN}[ \t]?(?:\.|dot|d0t|punkt|point)[ \t]?{_CLOSE}[ \t]?"
    r"|\[\.(?=\w)|(?<=\w)\.\](?=\w)|(?<=\w)\\\.(?=\w)"
)
_AT = re.compile(rf"(?i)[ \t]?{_OPEN}[ \t]?(?:@|at|arroba)[ \t]?{_CLOSE}[ \t]?")
_COLON = re.compile(r"\[:\]|\(:\)|\{:\}")
_SLASH = re.compile(r"\[/\]")
# Holds nothing that anybody defangs with: most values of feeds that machines write.
_PLAIN = re.compile(r"(?:https?://)?[^\[\](){}<>\\:]*+")
_HEAD = re.compile(r"[^/?#]*+")


def refang(text: str) -> str:
    """A URL, host, address or network without what made it unclickable; other text comes back as it was.

    Takes one value, not prose. The path of a URL is touched only where scheme or host show that somebody defanged the
    value: a real URL may well have "[.]" or "(at)" in its query. Linear.
    """
    if _PLAIN.fullmatch(text):
        return text
    start = _SCHEME.match(text)
    if start is not None:
        scheme = (f"ftp{start[3] or ''}" if start[2] else f"http{start[1] or ''}").lower()
        plain = text[: start.end()].strip().lower() == f"{scheme}://"
        rest = text[start.end() :]
        prefix = text[: start.end()] if plain else f"{scheme}://"
    else:
        plain, rest, prefix = True, text, ""
    if plain and not _marked(_HEAD.match(rest)):
        return text
    return prefix + _unbracketed(rest)


def _marked(head: re.Match[str] | None) -> bool:
    return head is not None and any(form.search(head[0]) for form in (_DOT, _AT, _COLON))


def _unbracketed(text: str) -> str:
    """Applied until nothing changes: `[[.]]` and `[.[.]]` are written, by accident or not; three rounds at most."""
    for _ in range(3):
        before = text
        text = _SLASH.sub("/", _COLON.sub(":", _AT.sub("@", _DOT.sub(".", text))))
        if text == before:
            break
    return text
