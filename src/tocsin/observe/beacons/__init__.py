"""Ways in which a mail phones home, one module a technique; the families that run over every HTML body."""

from collections.abc import Callable, Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons import (
    background_attribute,
    css_evasion,
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
    (link_hint.TECHNIQUE, link_hint.find),
    (frame.TECHNIQUE, frame.find),
    (refresh.TECHNIQUE, refresh.find),
    (media.TECHNIQUE, media.find),
    (svg.TECHNIQUE, svg.find),
    (link.TECHNIQUE, link.find),
    (file_path.TECHNIQUE, file_path.find),
)
