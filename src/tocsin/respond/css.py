"""Style sheets and style attributes reduced to what cannot fetch: listed properties, functions and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_PROPERTIES_WORDS = """
    align-content align-items align-self appearance background background-attachment background-blend-mode
    background-clip
    background-color background-origin background-position background-position-x background-position-y
    background-repeat background-size border border-block border-bottom border-bottom-color border-bottom-left-radius
    border-bottom-right-radius border-bottom-style border-bottom-width border-collapse border-color
    border-inline border-left border-left-color border-left-style border-left-width border-radius border-right
    border-right-color border-right-style border-right-width border-spacing border-style border-top
    border-top-color border-top-left-radius border-top-right-radius border-top-style border-top-width
    border-width bottom box-shadow box-sizing caption-side caret-color clear clip color color-scheme column-count
    column-gap column-rule column-width columns cursor direction display empty-cells filter flex flex-basis
    flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-display font-family
    font-feature-settings font-kerning font-size font-size-adjust font-smooth font-smoothing font-stretch
    font-style font-synthesis font-variant font-variant-caps font-variant-ligatures font-variant-numeric
    font-variant-east-asian font-variant-position font-optical-sizing font-variation-settings font-weight
    forced-color-adjust gap grid-area grid-column grid-row grid-template-columns grid-template-rows
    height hyphens inset isolation interpolation-mode justify-content justify-items justify-self left
    letter-spacing line-break line-height line-height-alt list-style list-style-position list-style-type margin
    margin-block margin-block-end margin-block-start margin-bottom margin-inline margin-inline-end
    margin-inline-start margin-left margin-right margin-top max-height max-width min-height min-width
    mix-blend-mode object-fit object-position opacity order orphans outline outline-color outline-offset
    outline-style outline-width overflow overflow-wrap overflow-x overflow-y padding padding-block padding-bottom
    padding-inline padding-left padding-right padding-top padding-inline-start padding-inline-end page
    page-break-after page-break-before
    page-break-inside break-after break-before break-inside pointer-events position quotes resize right row-gap
    size speak tab-size table-layout text-align text-align-last text-combine text-decoration text-decoration-color
    text-decoration-line text-decoration-skip-ink text-decoration-style text-decoration-thickness text-indent
    text-justify text-overflow text-rendering text-shadow text-size-adjust text-spacing text-transform
    text-underline-offset text-underline-position text-wrap top touch-action transform transform-origin transition
    transition-property transition-duration transition-timing-function transition-delay
    unicode-bidi user-select user-drag vertical-align visibility white-space white-space-collapse widows width
    will-change
    word-break word-spacing word-wrap writing-mode z-index zoom tap-highlight-color nbsp-mode line-break
    box-align box-orient box-direction box-flex line-clamp text-fill-color text-stroke text-stroke-width
    text-stroke-color border-vertical-spacing border-horizontal-spacing tab-interval content
    accent-color all animation animation-delay animation-direction animation-duration animation-fill-mode
    animation-iteration-count animation-name animation-play-state animation-timing-function aspect-ratio
    backface-visibility background-image block-size border-block-color border-block-end border-block-end-color
    border-block-end-style border-block-end-width border-block-start border-block-start-color border-block-start-style
    border-block-start-width border-block-style border-block-width border-end-end-radius border-end-start-radius
    border-image border-image-outset border-image-repeat border-image-slice border-image-source border-image-width
    border-inline-color border-inline-end border-inline-end-color border-inline-end-style border-inline-end-width
    border-inline-start border-inline-start-color border-inline-start-style border-inline-start-width
    border-inline-style border-inline-width border-start-end-radius border-start-start-radius box-decoration-break
    clip-path column-fill column-rule-color column-rule-style column-rule-width column-span counter-increment
    counter-reset counter-set font-palette font-variant-alternates font-variant-emoji grid grid-auto-columns
    grid-auto-flow grid-auto-rows grid-column-end grid-column-gap grid-column-start grid-gap grid-row-end grid-row-gap
    grid-row-start grid-template grid-template-areas hanging-punctuation hyphenate-character image-orientation
    image-rendering inline-size inset-block inset-block-end inset-block-start inset-inline inset-inline-end
    inset-inline-start list-style-image margin-after margin-before margin-end margin-start mask max-block-size
    max-inline-size min-block-size min-inline-size osx-font-smoothing overflow-anchor overflow-block overflow-inline
    overscroll-behavior padding-after padding-before padding-block-end padding-block-start padding-end padding-start
    perspective perspective-origin place-content place-items place-self print-color-adjust rotate ruby-align
    ruby-position scale scroll-behavior scrollbar-color scrollbar-width text-combine-upright text-decoration-skip
    text-emphasis text-emphasis-color text-emphasis-position text-emphasis-style text-orientation text-wrap-mode
    text-wrap-style transform-box transform-style translate flex-align flex-item-align flex-pack flex-line-pack
    flex-order box-pack box-ordinal-group box-lines interpolation container container-name container-type
"""
_PROPERTIES = frozenset(_PROPERTIES_WORDS.split())
_FUNCTIONS_WORDS = """
    rgb rgba hsl hsla hwb lab lch oklab oklch color calc min max clamp linear-gradient radial-gradient
    conic-gradient repeating-linear-gradient repeating-radial-gradient rotate rotatex rotatey rotatez scale
    scalex scaley skew skewx skewy translate translatex translatey translatez translate3d matrix rect inset
    cubic-bezier steps minmax repeat fit-content light-dark blur brightness contrast grayscale invert opacity
    saturate sepia hue-rotate drop-shadow var color-mix circle ellipse polygon counter counters min-content max-content
"""
_FUNCTIONS = frozenset(_FUNCTIONS_WORDS.split())
_PREFIX = re.compile(r"-(?:webkit|moz|ms|o|khtml)-")
_NAME = re.compile(r"\*?(-?[a-zA-Z][a-zA-Z0-9-]*|--[a-zA-Z0-9_-]{1,100})\s*\Z")
_OTHERS = re.compile(r"mso-[a-z-]+\Z|--")  # Outlook's own, and variables: their values are held to the rules
# No colon, no backslash, no brace, no at sign: nothing that starts a URL, an escape or another rule.
_VALUE = re.compile(r"[\w\s#%.,+*/!?&\[\]'\"()–—-]*+\Z")
_CID = re.compile(r"\burl\(\s*([\"']?)(cid:[\w@.$+-]{1,200})\1\s*\)", re.I)  # a picture inside the mail
_DATA = re.compile(
    r"\burl\(\s*([\"']?)(data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=]{1,4000000}+)\1\s*\)",
    re.I,
)
_HELD = re.compile(r"url\(cid:x-tocsin-held-([0-9]{1,6})\)")
_FUNCTION = re.compile(r"([\w-]*)\s*\(")
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)")
# Escapes are of signs that neither open nor close anything.
_SELECTOR = re.compile(r"(?:[\w\s.#,>+~*:()\[\]=\"'|^$%-]|\\(?:[:.,%!]|/(?!\*)))*+\Z")
_GROUP = re.compile(r"@(?:media|supports|container)\b(.*)\Z", re.I | re.S)
_FRAMES = re.compile(r"@(?:-[a-z]+-)?keyframes\s+[\w-]{1,100}\Z", re.I)
_CONDITION = re.compile(r"[\w\s(),:.\-/><=]*+\Z")
_NESTING = 3
_FETCHES = re.compile(r"url|image|import|font-face|src|\\|expression|behavior|binding|element|@", re.I)
LONGEST = 2_000_000


def _balanced(text: str) -> bool:
    if text.count('"') % 2 or text.count("'") % 2:
        return False
    if "(" not in text and ")" not in text:
        return True
    depth = 0
    for character in text:
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


@lru_cache(maxsize=8192)
def _declaration(text: str) -> str | None:
    """The declaration as it may stand, None where it may not; "" is nothing."""
    stripped = text.strip()
    if not stripped:
        return ""
    name, colon, value = stripped.partition(":")
    found = _NAME.match(name)
    if not colon or found is None or len(value) > 2_000:
        return None
    value, written = (
        _CID.sub("none", value),
        _CID.sub(r"url(\2)", value) if "cid:" in value.lower() else value,
    )
    if _VALUE.match(value) is None:
        return None
    name = found[1] if found[1].startswith("--") else found[1].lower()
    if _PREFIX.sub("", name, count=1) not in _PROPERTIES and _OTHERS.match(name) is None:
        return None
    if "/*" in value or "*/" in value or ("\n" in value.strip() and '"' in value) or not _balanced(value):
        return None
    for function in _FUNCTION.findall(value):
        if function and _PREFIX.sub("", function.lower(), count=1) not in _FUNCTIONS:
            return None
    return f"{name}:{written.strip()}"


def filter_declarations(text: str) -> tuple[str, tuple[str, ...]]:
    """Declarations that cannot fetch, and those left out, as written; pictures of pixels in data: stay.

    A string that holds semicolons is left out as a whole; where quotation marks do not pair, the rest is.
    """
    text, pictures = _held(text)
    if "/*" in text:
        text = _COMMENT.sub(" ", text)
    kept: list[str] = []
    out: list[str] = []
    for piece in _pieces(text):
        allowed = _declaration(piece)
        if allowed is None:
            out.append(piece)
        elif allowed:
            kept.append(allowed)
    return _given(";".join(kept), pictures), tuple(out)


def _held(text: str) -> tuple[str, list[str]]:
    """The text with short names for the pictures that it holds, and those pictures."""
    if "data:" not in text and "DATA:" not in text:
        return text, []
    pictures: list[str] = []

    def name(found: re.Match[str]) -> str:
        pictures.append(found[2])
        return f"url(cid:x-tocsin-held-{len(pictures) - 1})"

    return _DATA.sub(name, text), pictures


def _given(text: str, pictures: list[str]) -> str:
    if not pictures:
        return text

    def picture(found: re.Match[str]) -> str:
        number = int(found[1])
        return f"url({pictures[number]})" if number < len(pictures) else found[0]

    return _HELD.sub(picture, text)


def _pieces(text: str) -> Iterator[str]:
    """The text between semicolons that stand in no string."""
    pieces = text.split(";")
    if '"' not in text and "'" not in text:
        yield from pieces
        return
    held: list[str] = []
    odd = False
    for piece in pieces:
        odd ^= (piece.count('"') + piece.count("'")) % 2 == 1
        held.append(piece)
        if not odd:
            yield ";".join(held)
            held.clear()
    if held:
        yield ";".join(held)


_known = lru_cache(maxsize=2048)(filter_declarations)


def filter_style(text: str) -> tuple[str, tuple[str, ...]]:
    """`filter_declarations` for a style attribute; short ones, which newsletters repeat, are remembered."""
    return _known(text) if len(text) < 500 else filter_declarations(text)


def filter_sheet(text: str) -> tuple[str, tuple[str, ...]]:
    """Rules that cannot fetch, and what was left out, as written; conditions of @media stay."""
    text, pictures = _held(text)
    text = text[:LONGEST].replace("<!--", " ").replace("-->", " ")
    text = _COMMENT.sub(" ", text)
    kept: list[str] = []
    out: list[str] = []
    open_: list[bool] = []  # whether the group around is kept
    position = 0
    pieces = re.compile(r"[{};]")
    while (found := pieces.search(text, position)) is not None:
        prelude = text[position : found.start()].strip()
        position = found.end()
        sign = found[0]
        if sign == ";":
            if prelude and not prelude.lower().startswith("@charset"):
                out.append(prelude)
            continue
        if sign == "}":
            if prelude:
                out.append(prelude)
            if open_ and open_.pop():
                kept.append("}")
            continue
        lowered = prelude[:20].lower()
        group = _GROUP.match(prelude)
        if group is not None or _FRAMES.match(prelude) is not None:
            named = group is None or (_CONDITION.match(group[1]) is not None and not could_fetch(group[1]))
            allowed = len(open_) < _NESTING and all(open_) and named and _balanced(prelude)
            if not allowed:
                out.append(prelude)
            else:
                kept.append(prelude + "{")
            open_.append(allowed)
            continue
        end = text.find("}", position)
        end = len(text) if end < 0 else end
        block = text[position:end]
        if lowered.startswith("@") or "{" in block:
            out.append(prelude)
            if lowered.startswith("@") and "{" in block:
                open_.append(False)
                continue
            if "{" not in block:
                out.append(block)
                position = end + 1
                continue
            position = _past(text, position)
            continue
        position = end + 1
        declarations, left = filter_declarations(block)
        out.extend(left)
        if not all(open_):
            continue
        if _SELECTOR.match(prelude) is None or not _balanced(prelude) or not _brackets(prelude):
            out.append(prelude)
        elif declarations:
            kept.append(f"{prelude}{{{declarations}}}")
    rest = text[position:].strip()
    if rest:
        out.append(rest)
    kept.extend("}" for allowed in open_ if allowed)
    return _given("\n".join(kept), pictures), tuple(out)


def _past(text: str, position: int) -> int:
    """The offset behind the block that is open at `position`."""
    end = text.find("}", position)
    return len(text) if end < 0 else end + 1


def _brackets(text: str) -> bool:
    return text.count("[") == text.count("]")


def could_fetch(text: str) -> bool:
    """Whether what was left out looks like something that loads, for telling people."""
    return _FETCHES.search(text) is not None
