"""What the styles of a mail ask a client to fetch: sheets, style attributes, and variables across both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from tocsin.model.reference import Reference
from tocsin.observe.css_cascade import fonts_used, under_fonts
from tocsin.observe.css_match import may_match
from tocsin.observe.css_probe import media_probe
from tocsin.observe.css_reading import CssReading, CssReference
from tocsin.observe.css_scan import Scanner
from tocsin.observe.css_text import SPLIT_BY_COMMENT, could_fetch, media_condition, without_comments
from tocsin.observe.html_view import HtmlView, InlineStyle, StyleSheet

STEPS = 6  # different media queries with pictures of their own: three do for telephone, tablet and desk
_MAX_ALIASES = 50

_NOTHING = CssReading()


def read_css(text: str, *, inline: bool = False) -> CssReading:
    """Read a style sheet, or with `inline` the declarations of a style attribute. Never raises."""
    if len(text) < 4_096:
        return _read_small(text, inline)
    return _read_middling(text, inline) if len(text) < 100_000 else _read_large(text, inline)


def _read(text: str, inline: bool) -> CssReading:
    if not could_fetch(text):
        return _NOTHING
    scanner = Scanner(text, inline)
    scanner.scan()
    reading = scanner.reading()
    split = SPLIT_BY_COMMENT.search(text)
    if split is None:
        return reading
    # Some sanitisers drop comments before they look; then a name in two halves becomes one.
    joined = Scanner(without_comments(text), inline)
    joined.scan()
    known = {(found.url, found.role) for found in reading.references}
    extra = tuple(
        msgspec.structs.replace(found, evasive=True, conditional=True, offset=-1)
        for found in joined.reading().references
        if (found.url, found.role) not in known
    )
    return msgspec.structs.replace(reading, references=reading.references + extra)


_read_small = lru_cache(maxsize=4096)(_read)
_read_middling = lru_cache(maxsize=64)(_read)  # a newsletter has the same sheet in all its mails
_read_large = lru_cache(maxsize=8)(_read)


def read_styles(
    sheets: Iterable[StyleSheet],
    styles: Iterable[InlineStyle],
    held: Mapping[str, str],
    names: frozenset[str],
    fonts: frozenset[str] = frozenset(),
) -> tuple[tuple[StyleSheet | InlineStyle, CssReading], ...]:
    """Read the styles of a body and give those in which something was found, each with what it was.

    `held` maps content ids to the style sheets that lie in the mail, which an `@import` may name. A rule whose
    selectors match nothing by `names` (see `css_match`) acts in clients that change the mail at most:
    conditional. Without names all rules count as matching. `fonts` are the families that elements are set in
    (see `css_cascade`).
    """
    readings: list[tuple[StyleSheet | InlineStyle, CssReading]] = []
    to_read = list(sheets)
    imported: set[str] = set()
    for sheet in to_read:
        reading = read_css(sheet.text)
        if reading is _NOTHING:
            continue
        for found in reading.references if held else ():
            if found.role == "import" and (text := sheet_in_mail(found.url, held)) and text not in imported:
                imported.add(text)
                conditional = sheet.conditional or found.conditional
                to_read.append(msgspec.structs.replace(sheet, text=text, conditional=conditional))
        readings.append((sheet, _matched(reading, names) if names else reading))
    if names and any(found.role == "font" for _, reading in readings for found in reading.references):
        used = fonts | fonts_used((sheet.text for sheet in to_read), names)
        readings = under_fonts(readings, used)
    for style in styles:
        reading = read_css(style.text, inline=True)
        if reading is not _NOTHING:
            readings.append((style, reading))
    return tuple(readings)


def reads_anything(sheet: str) -> bool:
    """Whether anything that could be fetched, or be part of that, stands in a style sheet."""
    return read_css(sheet) is not _NOTHING


def sheet_in_mail(url: str, held: Mapping[str, str]) -> str:
    """The style sheet that a cid: URL names, "" where it names none. Source: RFC 2392."""
    url = url.strip()
    return held.get(unquote(url[4:]), "") if url[:4].lower() == "cid:" else ""


def _matched(reading: CssReading, names: frozenset[str]) -> CssReading:
    """Mark what stands in rules that match nothing."""
    return msgspec.structs.replace(
        reading,
        references=tuple(_under_names(found, names) for found in reading.references),
        uses=tuple((name, strings, _under_names(use, names)) for name, strings, use in reading.uses),
    )


def _under_names(found: CssReference, names: frozenset[str]) -> CssReference:
    if found.conditional or not found.selectors or may_match(found.selectors, names):
        return found
    return msgspec.structs.replace(found, conditional=True)


def style_references(view: HtmlView, role: str, technique: str) -> Iterator[Reference]:
    """Give the plainly written references of one role ("image", "import", "font") in all styles of a body.

    Those that depend on what is asked about the reader are left to `probing_references`, but an import is both.
    """
    for carrier, reading in view.styles:
        for found in reading.references:
            if found.role != role or found.evasive:
                continue
            if role == "import" or not _probe(found, carrier):
                yield _reference(found, carrier, technique)


def references_to(view: HtmlView, technique: str, wanted: Callable[[str], bool]) -> Iterator[Reference]:
    """Give the references of every role, however they are written, to the addresses that are wanted."""
    for carrier, reading in view.styles:
        for found in reading.references:
            if wanted(found.url):
                yield _reference(found, carrier, technique)


def probing_references(view: HtmlView, technique: str) -> Iterator[Reference]:
    """Give the plainly written references of any role that depend on what is asked about the reader.

    So do the pictures that one host offers for `STEPS` or more different media queries, whatever these ask.
    """
    steps: dict[str, dict[str, list[tuple[CssReference, StyleSheet | InlineStyle]]]] = {}
    for carrier, reading in view.styles:
        for found in reading.references:
            if found.evasive:
                continue
            if probe := _probe(found, carrier):
                reference = _reference(found, carrier, technique)
                yield msgspec.structs.replace(reference, label=f"{reference.label}, {probe}"[:100])
            elif found.media:
                host = found.url.partition("//")[2].partition("/")[0]
                steps.setdefault(host, {}).setdefault(found.media, []).append((found, carrier))
    for offered in steps.values():
        if (
            len(offered) >= STEPS
            and len({found.url for each in offered.values() for found, _ in each}) >= STEPS
        ):
            for each in offered.values():
                for found, carrier in each:
                    yield _reference(found, carrier, technique)


def _probe(found: CssReference, carrier: StyleSheet | InlineStyle) -> str:
    if not (found.conditional or carrier.conditional):
        return ""  # the mail itself has what the rule looks for
    if found.probe or found.role == "import" or not isinstance(carrier, StyleSheet):
        return found.probe
    return media_probe(carrier.media) if carrier.media else ""


def evasive_references(view: HtmlView, technique: str) -> Iterator[Reference]:
    """Give the references of any role that are written so that a filter may miss them.

    Variables are followed from where they are used to where they are set, in whichever style that is; one
    that nothing uses fetches nothing.
    """
    readings = view.styles
    for carrier, reading in readings:
        for found in reading.references:
            if found.evasive:
                yield _reference(found, carrier, technique)
    if not any(reading.uses for _, reading in readings):
        return
    values: dict[str, list[tuple[str, bool]]] = {}
    aliases: dict[str, list[str]] = {}
    for _, reading in readings:
        for name, url, as_string in reading.customs:
            values.setdefault(name, []).append((url, as_string))
        for name, _, use in reading.uses:
            if use.role == "custom":
                aliases.setdefault(use.property, []).append(name)
    for carrier, reading in readings:
        for name, takes_strings, use in reading.uses:
            if use.role == "custom":
                continue
            for meaning in _meanings(name, aliases):
                for url, as_string in values.get(meaning, ()):
                    if takes_strings or not as_string:
                        yield _reference(msgspec.structs.replace(use, url=url), carrier, technique)


def _meanings(name: str, aliases: dict[str, list[str]]) -> list[str]:
    reached = [name]
    for one in reached:
        reached.extend(other for other in aliases.get(one, ()) if other not in reached)
        if len(reached) > _MAX_ALIASES:
            break
    return reached


def _reference(found: CssReference, carrier: StyleSheet | InlineStyle, technique: str) -> Reference:
    trigger = found.trigger
    inline = isinstance(carrier, InlineStyle)
    if isinstance(carrier, StyleSheet) and carrier.media and found.role != "import":
        media_trigger, _ = media_condition(carrier.media)
        trigger = media_trigger if trigger == "open" else trigger
    fires_in = found.fires_in
    if fires_in and carrier.fires_in:
        fires_in = tuple(client for client in fires_in if client in carrier.fires_in)
    return Reference(
        technique=technique,
        url=found.url,
        tag=carrier.tag,
        attribute="style" if inline else found.property,
        trigger=carrier.trigger if carrier.trigger != "open" else trigger,
        conditional=found.conditional or carrier.conditional,
        fires_in=fires_in or carrier.fires_in,
        hidden=isinstance(carrier, InlineStyle) and carrier.hidden,
        label=f"{carrier.tag} {found.property}",
        base=carrier.base,
    )
