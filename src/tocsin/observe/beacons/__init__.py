"""Ways in which a mail phones home, one module a technique; the families that run over every HTML body."""

from collections.abc import Callable, Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons import (
    background_attribute,
    css_evasion,
    css_fingerprint,
    css_font,
    css_image,
    css_import,
    file_path,
    frame,
    image,
    image_candidates,
    link,
    link_hint,
    media,
    refresh,
    svg,
)
from tocsin.observe.html import HtmlView

HTML_FAMILIES: tuple[tuple[str, Callable[[HtmlView], Iterator[Reference]]], ...] = (
    (image.TECHNIQUE, image.find),
    (image_candidates.TECHNIQUE, image_candidates.find),
    (background_attribute.TECHNIQUE, background_attribute.find),
    (css_image.TECHNIQUE, css_image.find),
    (css_evasion.TECHNIQUE, css_evasion.find),
    (css_import.TECHNIQUE, css_import.find),
    (css_font.TECHNIQUE, css_font.find),
    (css_fingerprint.TECHNIQUE, css_fingerprint.find),
    (link_hint.TECHNIQUE, link_hint.find),
    (frame.TECHNIQUE, frame.find),
    (refresh.TECHNIQUE, refresh.find),
    (media.TECHNIQUE, media.find),
    (svg.TECHNIQUE, svg.find),
    (link.TECHNIQUE, link.find),
    (file_path.TECHNIQUE, file_path.find),
)

# What a family looks at, by tag; it is not asked about bodies without. "style" stands for any style that was
# read, "svg" for any inline drawing.
_STYLES = frozenset({"style"})
_LOOKS_AT: dict[str, frozenset[str]] = {
    image.TECHNIQUE: image.TAGS,
    image_candidates.TECHNIQUE: frozenset({"img", "source", "link"}),
    background_attribute.TECHNIQUE: background_attribute.TAGS,
    css_image.TECHNIQUE: _STYLES,
    css_evasion.TECHNIQUE: _STYLES,
    css_import.TECHNIQUE: _STYLES | {"link"},
    css_font.TECHNIQUE: _STYLES,
    css_fingerprint.TECHNIQUE: _STYLES,
    link_hint.TECHNIQUE: frozenset({"link"}),
    frame.TECHNIQUE: frame.TAGS,
    refresh.TECHNIQUE: frozenset({"meta"}),
    media.TECHNIQUE: media.TAGS,
    svg.TECHNIQUE: frozenset({"svg"}),
    link.TECHNIQUE: frozenset({"a", "area", "img"}),
}


def find_references(view: HtmlView) -> list[Reference]:
    """Ask all families that have something to look at, in the order of the table."""
    present = set(view.by_tag)
    if view.styles:
        present.add("style")
    if view.svg:
        present.add("svg")
    references: list[Reference] = []
    for technique, find in HTML_FAMILIES:
        looks_at = _LOOKS_AT.get(technique)
        if looks_at is None or not looks_at.isdisjoint(present):
            references.extend(find(view))
    return references
