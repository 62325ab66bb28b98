"""Elements that the rules of style sheets take out of sight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import attrgetter

import msgspec
from turbohtml import Element, Node

from tocsin.observe.css_match import is_selector
from tocsin.observe.css_text import media_condition, without_comments
from tocsin.observe.hiding import conceals, is_small, is_unseen

MAX_SHEET = 500_000  # characters of one sheet
MAX_HIDING = 100  # selectors that hide something
MAX_RULES = 400  # selectors of one sheet that hide something or may show it again
MAX_SHEETS = 20  # of one document
MAX_ELEMENTS = 1_000  # elements of one document of which it is looked up whether they are shown again
MAX_SELECTOR = 200  # characters
MAX_STEPS = 6  # from one element to another in one selector
MAX_TRIALS = 300_000  # of an element against a selector with steps, in one document
_PICTURES = frozenset(("img", "image", "iframe", "embed", "object", "input", "video", "v:imagedata"))
# What stands in the head has no box; a client draws the body whatever its rules are (AMP shows it by script).
_NEVER_HIDDEN = frozenset(("html", "head", "body", "style", "title", "meta", "link", "script", "base"))

# Each begins with a word that the engine can skip to; on lower-case text.
_HIDES = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        ("display", r"display\s*:\s*none"),
        ("visibility", r"visibility\s*:\s*(?:hidden|collapse)"),
        ("opacity", r"opacity\s*:\s*0*\.?0*\s*[;!}]"),
        ("width", r"width(?<!-width)\s*:\s*[0-2](?:\.\d*)?(?:px|pt)?\s*[;!}]"),
        ("height", r"height(?<!-height)\s*:\s*[0-2](?:\.\d*)?(?:px|pt)?\s*[;!}]"),
        ("max-", r"max-(?:width|height)\s*:\s*0*\.?0*(?:px|pt|em)?\s*[;!}]"),
        (":-", r":-\d{3}"),
        (": -", r": -\d{3}"),
        ("clip", r"clip\s*:\s*rect\(\s*0"),
        ("scale", r"scale\(\s*0\s*[,)]"),
    )
)
_ALWAYS_MEDIA = re.compile(r"@media\s*(?:only\s+)?(?:all|screen)?\s*[,{]")
_BLOCK = re.compile(r"([^{}]*+)([{}]|\Z)")
_BEYOND_NAMES = re.compile(r"[:\\|&%@]")  # states, escapes, namespaces, nesting, key frames
_STEP = re.compile(r"\s*[>+~]\s*|\s+")
_BRACKETS = re.compile(r"\[[^\]]*\]?")
_TAG = re.compile(r"(?:^|[\s>+~])[a-z]", re.IGNORECASE)
_SPECIFICITY = attrgetter("specificity")
_PROPERTY = re.compile(r"[\w-]+(?=\s*:)")
_DECIDING = frozenset(
    (
        *(
            "display",
            "visibility",
            "opacity",
            "width",
            "height",
            "max-width",
            "max-height",
            "overflow",
            "mso-hide",
        ),
        *("left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top", "clip", "transform"),
    )
)


class _Rule(msgspec.Struct, frozen=True, gc=False):
    """One selector and the lower-case declarations it stands before; `always` False: on some screens only."""

    selector: str
    specificity: tuple[int, int, int]
    declarations: str
    always: bool


def hidden_by_sheets(tree: Node, size: int) -> Iterator[tuple[Element, bool]]:
    """Give the elements that the `<style>` elements of a document hide, with whether all inside goes with them.

    `size` is the number of elements: in large documents fewer selectors are tried that look at several elements.
    Rules count that apply on every screen: outside `@media` or under `all` or `screen`. An element is not
    hidden that a stronger declaration shows again, one in its `style` attribute, or one for some screens only
    (a picture for telephones is no hidden picture). Selectors with pseudo-classes hide nothing. Source: CSS
    Cascade 4, section 6.1.
    """
    sheets: list[str] = []
    hiding: list[str] = []
    for style in tree.select("style"):
        declared = (style.attr("type") or "").strip().lower()
        if declared not in ("", "text/css") or media_condition(style.attr("media") or "")[1]:
            continue
        text = style.text
        if len(text) <= MAX_SHEET and len(sheets) < MAX_SHEETS:
            sheets.append(text)
            hiding += _hiding_in_short(text) if len(text) < 100_000 else _hiding_in(text)
    rules: list[_Rule] = []
    seen: set[Element] = set()
    stepping = MAX_TRIALS // (size + 1)
    for selector in hiding[:MAX_HIDING]:
        if _STEP.search(selector):
            stepping -= 1
            if stepping < 0:
                continue
        for element in tree.select(selector)[: MAX_ELEMENTS - len(seen)]:
            if element in seen or element.tag in _NEVER_HIDDEN:
                continue
            seen.add(element)
            rules = rules or [rule for text in sheets for rule in _rules_of(text)]
            whole = _conceals(element, rules, sometimes=False)
            if whole is not None and _conceals(element, rules, sometimes=True) is not None:
                yield element, whole


def _conceals(element: Element, rules: Iterable[_Rule], *, sometimes: bool) -> bool | None:
    """Whether an element is hidden with all that is in it, None where it is seen."""
    style = _computed(element, rules, sometimes)
    if conceals(style):
        return True
    if element.tag not in _PICTURES:
        return None
    sizes = {name: element.attr(name) or "" for name in ("width", "height")}
    return False if is_unseen(sizes | {"style": style}) else None


def _computed(element: Element, rules: Iterable[_Rule], sometimes: bool) -> str:
    """Give the declarations about sight that win on an element, as one style."""
    matching = [rule for rule in rules if (sometimes or rule.always) and _matches(element, rule)]
    matching.sort(key=_SPECIFICITY)
    ordinary: dict[str, str] = {}
    important: dict[str, str] = {}
    own = (element.attr("style") or "").lower()
    for declarations in (*[rule.declarations for rule in matching], own):
        for declaration in declarations.split(";"):
            name, _, value = declaration.partition(":")
            name = name.strip()
            if name in _DECIDING:
                value, urgent, _ = value.partition("!")
                (important if urgent else ordinary)[name] = value.strip()
    return ";".join([f"{name}:{value}" for name, value in (ordinary | important).items()])


def _matches(element: Element, rule: _Rule) -> bool:
    try:
        return element.matches(rule.selector)
    except ValueError:  # no selector
        return False


def _hiding_in(text: str) -> tuple[str, ...]:
    """Give the selectors in a sheet that hide something on every screen, 100 at most."""
    if not _could_hide(without_comments(text.lower())):
        return ()
    found: list[str] = []
    for heads, declarations, always in rules_in(without_comments(text)):
        if always and _hides(declarations.lower()):
            found.extend(selectors_of(heads))
            if len(found) >= MAX_HIDING:
                break
    return tuple(filter(is_selector, found[:MAX_HIDING]))


_hiding_in_short = lru_cache(maxsize=64)(_hiding_in)  # a newsletter has the same sheet in all its mails


@lru_cache(maxsize=8)
def _rules_of(text: str) -> tuple[_Rule, ...]:
    """Give the rules of a sheet about what its hiding rules set, in their order."""
    rules = [
        (heads, declarations.lower(), always)
        for heads, declarations, always in rules_in(without_comments(text))
    ]
    decided: set[str] = set()
    for _, declarations, always in rules:
        if always and _hides(declarations):
            decided.update(_PROPERTY.findall(declarations))
    decided &= _DECIDING
    about = re.compile("|".join(sorted(decided)) or r"(?!)")
    return tuple(
        [
            _Rule(selector, _specificity(selector), declarations, always)
            for heads, declarations, always in rules
            if about.search(declarations) and (always or not _hides(declarations))
            for selector in selectors_of(heads)
        ][-MAX_RULES:]
    )


def selectors_of(heads: str) -> Iterator[str]:
    for selector in map(str.strip, heads[: MAX_HIDING * MAX_SELECTOR].split(",", MAX_HIDING)[:MAX_HIDING]):
        if (
            0 < len(selector) <= MAX_SELECTOR
            and not _BEYOND_NAMES.search(selector)
            and len(_STEP.findall(selector)) <= MAX_STEPS
        ):
            yield selector


def _could_hide(lowered: str) -> bool:
    """Whether something that hides stands in a sheet outside of `@media`, or in one for all screens."""
    everywhere = "@media" in lowered and _ALWAYS_MEDIA.search(lowered) is not None
    for word, pattern in _HIDES:
        if word not in lowered:
            continue
        counted = depth = 0
        for match in pattern.finditer(lowered):
            if everywhere:
                return True
            depth += lowered.count("{", counted, match.start()) - lowered.count("}", counted, match.start())
            counted = match.start()
            if depth <= 1:
                return True
    return False


def _hides(declarations: str) -> bool:
    # What only Outlook hides ("mso-hide") is drawn otherwise there, as a rule.
    return is_small(declarations) or conceals(declarations.replace("mso-hide", ""))


def rules_in(text: str) -> Iterator[tuple[str, str, bool]]:
    """Give selectors and declarations of the rules for screens, with whether they are for all."""
    around: list[
        bool | str | None
    ] = []  # of each open block: its selectors, for media whether always, or None
    for before, sign in _BLOCK.findall(text):
        above = around[-1] if around else True
        if sign == "{":
            head = before.rpartition(";")[2].replace("<!--", "").replace("-->", "").strip()
            if not isinstance(above, bool):
                around.append(None)
            elif head[:1] != "@":
                around.append(head)
            elif head[:6].lower() == "@media":
                trigger, conditional = media_condition(head[6:])
                around.append(None if trigger != "open" else above and not conditional)
            else:
                around.append(None)
        elif around:
            around.pop()
            if isinstance(above, str):
                yield above, before, not around or around[-1] is True


def _specificity(selector: str) -> tuple[int, int, int]:
    bare = _BRACKETS.sub("", selector)
    return bare.count("#"), bare.count(".") + selector.count("["), len(_TAG.findall(bare))
