"""Ways in which a mail phones home, one module a technique; the families that run over every HTML body."""

from collections.abc import Callable, Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons import (
    active,
    amp,
    anchor_dns,
    background_attribute,
    css_evasion,
    css_fingerprint,
    css_font,
    css_image,
    css_import,
    file_path,
    foreign_markup,
    form,
    frame,
    image,
    image_candidates,
    link,
    link_hint,
    markup_action,
    media,
    qr,
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
    (foreign_markup.TECHNIQUE, foreign_markup.find),
    (active.TECHNIQUE, active.find),
    (form.TECHNIQUE, form.find),
    (amp.TECHNIQUE, amp.find),
    (link.TECHNIQUE, link.find),
    (anchor_dns.TECHNIQUE, anchor_dns.find),
    (file_path.TECHNIQUE, file_path.find),
    (markup_action.TECHNIQUE, markup_action.find),
    (qr.TECHNIQUE, qr.find),
)

# What a family looks at, by tag; it is not asked about bodies without. "style" stands for any style that was
# read, "svg" for any inline drawing.
_STYLES = frozenset({"style"})
_LOOKS_AT: dict[str, frozenset[str]] = {
    markup_action.TECHNIQUE: markup_action.TAGS,
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
    foreign_markup.TECHNIQUE: foreign_markup.TAGS,
    active.TECHNIQUE: active.TAGS,
    form.TECHNIQUE: form.TAGS,
    amp.TECHNIQUE: amp.TAGS,
    link.TECHNIQUE: link.TAGS,
    anchor_dns.TECHNIQUE: anchor_dns.TAGS,
    qr.TECHNIQUE: qr.TAGS,
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
