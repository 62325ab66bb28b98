"""The lexical ground of CSS: escapes, comments, names, media queries, and which properties fetch.

Source: CSS Syntax Module Level 3, sections 4.3 and 5; Media Queries Level 4.
"""

from __future__ import annotations

import re
import string

import msgspec

from tocsin.observe.embedded import MSHTML, OUTLOOK_WINDOWS

OLD_GECKO = "old-gecko"  # -moz-binding, until Thunderbird 68

ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|[\n\r\f])|(.)|\Z)", re.DOTALL)
COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
GAP = re.compile(r"(?:\s++|/\*.*?(?:\*/|\Z))*+", re.DOTALL)
_QUOTED = r"[^{0}\\\n\r\f]*+(?:\\.[^{0}\\\n\r\f]*+)*+"
STRING = re.compile('"' + _QUOTED.replace("{0}", '"') + "|'" + _QUOTED.replace("{0}", "'"), re.DOTALL)
NAME = re.compile(r"(?:[-\w]|[^\x00-\x7f]|\\[0-9a-fA-F]{1,6}[ \t\n\r\f]?|\\[^\n\r\f])++")
_NAME_BEFORE = re.compile(r"(?:[-\w]|[^\x00-\x7f]|\\[0-9a-fA-F]{1,6}[ \t\n\r\f]?|\\[^\n\r\f])+\Z")
_NAME_SIGNS = string.ascii_letters + string.digits + "-_"
_LONGEST_NAME = 160  # "-webkit-image-set" in escapes of eight characters

SPLIT_BY_COMMENT = re.compile(r"/\*(?<=[\w\\@(-]/\*)[^*]{0,80}+\*/[\w(\\]")

# Properties whose url() browsers fetch. SVG's paint and marker properties fetch in Gecko.
IMAGE_PROPERTIES = frozenset(
    (
        *("background", "background-image", "list-style", "list-style-image", "border-image", "content"),
        *("border-image-source", "cursor", "mask", "mask-image", "mask-border", "mask-border-source"),
        *("mask-box-image", "mask-box-image-source", "shape-outside", "filter", "backdrop-filter"),
        *("clip-path", "offset-path", "offset", "box-reflect", "fill", "stroke"),
        *("marker", "marker-start", "marker-mid", "marker-end"),
    )
)
LIMITED_PROPERTIES = {"behavior": MSHTML, "-ms-behavior": MSHTML, "-moz-binding": OLD_GECKO}
# Properties whose url() some engine fetches, but not Chromium.
_SOME_ENGINE = frozenset(
    ("filter", "backdrop-filter", "offset", "offset-path", "mask-border", "mask-border-source")
)
_PREFIXED_ONLY = frozenset(("mask-box-image", "mask-box-image-source", "box-reflect"))
_PREFIX = re.compile(r"-(?:webkit|moz|ms|o|khtml|epub)-")


def unescape(text: str) -> str:
    """Undo CSS escapes; what names no character becomes U+FFFD, an escaped line break vanishes."""
    if "\\" not in text:
        return text
    return ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
            return "\ufffd"
        return chr(code)
    return match[3] or ("" if match[2] else "\ufffd")


def without_comments(text: str) -> str:
    """Give the text with each comment removed, an unclosed one to the end."""
    return COMMENT.sub("", text) if "/*" in text else text


def name_before(text: str, position: int) -> str:
    """The name that ends right before a position, as written; "" where none does."""
    if position == 0 or not (text[position - 1].isalnum() or text[position - 1] in "-_ \t\n\\"):
        return ""
    start = max(0, position - _LONGEST_NAME)
    if "\\" in text[start:position]:
        match = _NAME_BEFORE.search(text, start, position)
        return match[0] if match else ""
    near = text[max(0, position - 32) : position]
    return near[len(near.rstrip(_NAME_SIGNS)) :]


def property_kind(name: str) -> tuple[str, bool, tuple[str, ...]]:
    """Role ("image", "custom" or ""), whether it depends on the client, and the clients it is limited to.

    `name` is lower-case and unescaped. `_name` and `*name` are hacks for Internet Explorer's engine. An
    unknown property may be known to some client, so it counts as dependent.
    """
    if name[:2] == "--":
        return "custom", False, ()
    limited: tuple[str, ...] = ()
    if name[:1] in ("_", "*"):
        name, limited = name[1:], (MSHTML,)
    if name in IMAGE_PROPERTIES:
        return "image", bool(limited) or name in _SOME_ENGINE or name in _PREFIXED_ONLY, limited
    if name in LIMITED_PROPERTIES:
        return "image", True, (LIMITED_PROPERTIES[name],)
    if (plain := _PREFIX.sub("", name, count=1)) in IMAGE_PROPERTIES:
        current = name.startswith("-webkit-") and plain not in _SOME_ENGINE
        return "image", bool(limited) or not current, limited
    if name[:4] == "mso-":
        return "image", True, (OUTLOOK_WINDOWS,)
    return ("image", True, limited) if NAME.fullmatch(name) else ("", True, ())


def media_condition(query: str) -> tuple[str, bool]:
    """Trigger ("open" or "print") and whether anything but drawing the mail on a screen is needed."""
    queries = [" ".join(one.split()).lower() for one in query.split(",")]
    if any(one in ("", "all", "screen", "only screen", "only all", "not print") for one in queries):
        return "open", False
    if all(one.startswith(("print", "only print")) for one in queries):
        return "print", True
    return "open", True


_DEPENDENT = re.compile(
    r":(?:hover|active|focus|visited|any-link|link|target|checked|enabled|disabled|valid|invalid|required|optional"
    r"|in-range|out-of-range|placeholder-shown|autofill|fullscreen|modal|playing|paused|open|popover-open|lang|dir"
    r"|default|indeterminate|user-|host|defined)"
    r"|\[|::?(?:selection|-webkit-|-moz-|-ms-|marker|placeholder|backdrop|cue|details-content|file-selector)"
)
_ALWAYS_DEPENDENT = frozenset(
    (
        *("supports", "container", "keyframes", "scope", "starting-style", "document", "counter-style"),
        *("property", "font-palette-values", "viewport", "position-try", "when", "else"),
    )
)


def rule_condition(prelude: str) -> tuple[str, bool, tuple[str, ...]]:
    """Trigger, conditional and clients that the head of a rule (`@media …` or selectors) imposes."""
    head = unescape(without_comments(prelude[:4000])).strip().lower()
    if head[:1] != "@":
        selectors = head.split(",")
        if all(one.strip().startswith(("* html", "*+html", "*:first-child+html")) for one in selectors):
            return "open", True, (MSHTML,)
        return "open", all(_DEPENDENT.search(one) for one in selectors), ()
    match = NAME.match(head, 1)
    name = match[0] if match else ""
    if name == "media":
        trigger, conditional = media_condition(head[len("@media") :])
        return trigger, conditional, ()
    if name == "page":
        return "print", True, ()
    if name == "-moz-document":
        return "open", True, (OLD_GECKO,)
    return "open", _PREFIX.sub("", name, count=1) in _ALWAYS_DEPENDENT, ()


_FAMILY = re.compile(r"font-family\s*:\s*([^;}]{1,200})", re.IGNORECASE)
_NO_FORMAT = re.compile(r"\s*format\(\s*[\"']?(?:embedded-opentype|eot|svg)\b", re.IGNORECASE)


def font_face(text: str, start: int, at: int) -> tuple[str, bool]:
    """Family of the @font-face block that opens at `start`, and whether browsers may pass over the source at `at`.

    They do without a family, for characters that the mail may not hold, and by formats of old programs.
    """
    end = text.find("}", at, at + 2000)
    block = text[start : min(start + 4000, end if end >= 0 else at + 2000)]
    named = _FAMILY.search(block)
    family = " ".join(re.sub("[\"']", " ", named[1]).lower().split()) if named else ""
    source_end = text.find(")", at, at + 2000)
    passed_over = source_end >= 0 and _NO_FORMAT.match(text, source_end + 1) is not None
    return family, not family or passed_over or "unicode-range" in block.lower()


def find_bad(raw: str) -> int:
    """Where an unquoted URL goes bad: unescaped white space, quote or parenthesis; -1 where it does not."""
    if "\\" in raw:
        raw = ESCAPE.sub(lambda match: "_" * len(match[0]), raw)
    bad = _URL_BAD.search(raw)
    return bad.start() if bad else -1


class ImportRule(msgspec.Struct, frozen=True, gc=False):
    """An `@import`: `broken` in a way that a browser drops it; `end` is where the statement ends.

    Its media make it conditional, but never wait for printing: Chromium fetches sheets for other media early.
    `probe` tells that it waits for what the client supports.
    """

    url: str
    evasive: bool
    broken: bool
    conditional: bool
    end: int
    probe: str = ""


URL_BODY = re.compile(r"[^)\\]*+(?:\\.[^)\\]*+)*+", re.DOTALL)
_URL_BAD = re.compile(r"[\s\"'(]")
MAX_URL = 100_000
_STATEMENT_END = re.compile(r"[;{}]")
_LAYER = re.compile(r"^\s*layer\b(?:\s*\([^)]*\))?", re.IGNORECASE)


def read_import(text: str, position: int) -> ImportRule | None:
    """Read what follows the word `@import`: a string or URL, then layer, supports() and media.

    Source: CSS Cascade 5, section 2.
    """
    gap = GAP.match(text, position)
    start = gap.end() if gap else position
    evasive, broken = "/*" in text[position : min(start, position + 4000)], False
    if text[start : start + 1] in ("'", '"'):
        match = STRING.match(text, start)
        end = match.end() if match else start + 1
        raw = text[start + 1 : end]
        broken = text[end : end + 1] != text[start] and end < len(text)
    else:
        word = NAME.match(text, start, start + 200)
        if word is None or text[word.end() : word.end() + 1] != "(":
            return None
        function = unescape(word[0]).lower()
        if function not in ("url", "src"):
            return None
        body = URL_BODY.match(text, word.end() + 1)
        end = body.end() if body else len(text)
        evasive = evasive or "\\" in word[0] or function == "src" or end >= len(text)
        raw = text[word.end() + 1 : min(end, word.end() + 1 + MAX_URL)].strip()
        if raw[:1] in ("'", '"'):
            quoted = STRING.match(raw)
            raw = raw[1 : quoted.end() if quoted else len(raw)]
        elif find_bad(raw) >= 0:
            return None
    rest = min(end + 1, len(text))
    stop = _STATEMENT_END.search(text, rest)
    rest_end = stop.start() if stop else len(text)
    conditions = without_comments(text[rest : min(rest_end, rest + 4000)])
    _, conditional = media_condition(_LAYER.sub("", conditions))
    probe = "supports()" if "supports(" in conditions.lower() else ""
    return ImportRule(unescape(raw).strip(), evasive or "\\" in raw, broken, conditional, rest_end, probe)


# Each begins with a sign that is rare in styles: the engine skips to it.
_FETCHING = re.compile(
    r"\((?:(?<=url\()|(?<=var\()|(?<=src\()|(?<=image-set\()|(?<=image\()|(?<=fade\()|(?<=expression\()"
    r"|(?<=loader\()|(?<=mfilter\()|(?<=attr\())",
    re.IGNORECASE,
)
_IMPORT = re.compile(r"@import", re.IGNORECASE)


def could_fetch(text: str) -> bool:
    """Whether a style holds anything by which a client could be made to fetch."""
    return (
        "\\" in text
        or ("(" in text and _FETCHING.search(text) is not None)
        or ("@" in text and _IMPORT.search(text) is not None)
        or ("/*" in text and SPLIT_BY_COMMENT.search(text) is not None)
    )
