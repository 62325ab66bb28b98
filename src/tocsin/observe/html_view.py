"""What one parse of an HTML body gives to the families of beacons and to the reading of its content."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.css_reading import CssReading

_CREDENTIALS = re.compile(r"\s*https?:[/\\]{2}[^/\\?#]*@", re.IGNORECASE)


def has_credentials(url: str) -> bool:
    """Whether a URL names a user: browsers ask for no picture, sheet or frame by such a URL.

    Source: Chromium since 59, "block subresource requests whose URLs include credentials"; others ask.
    """
    return _CREDENTIALS.match(url) is not None


class HtmlNode(msgspec.Struct, frozen=True, gc=False):
    """One element that may refer to something, with its attributes and the conditions under which it acts.

    Attribute names are lower-case, SVG's mixed-case ones as SVG has them. `parent` is the parent's tag
    where that decides what the element does (picture, video, audio, object, applet), else "". `trigger`,
    `conditional`, `fires_in` and `base` come from the document it stands in (a conditional comment, a data:
    link, …). `hidden` tells that the element or one around it is out of sight. `label` is the text of a
    link, `text` that of a script or card.

    Beside elements there are nodes with tags of their own: "@handler" (the event handlers of one element, whose
    tag is `parent`), "@property" (a microdata property of an item whose type is `parent`), "math" for every
    element of a formula (its own tag is `parent`), "@code" for what cells or block characters draw (`text`, see
    `drawn_codes`), and what `html_prologue` gives.
    """

    tag: str
    attributes: dict[str, str]
    parent: str = ""
    trigger: str = "open"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    hidden: bool = False
    base: str | None = None
    label: str = ""
    text: str = ""

    def get(self, name: str) -> str:
        """Give the value of an attribute, "" where it is missing."""
        return self.attributes.get(name, "")

    def reference(
        self,
        technique: str,
        url: str,
        attribute: str,
        *,
        trigger: str = "open",
        conditional: bool = False,
        fires_in: tuple[str, ...] = (),
    ) -> Reference:
        """Give the reference that this element makes, under the conditions of the document it stands in."""
        if url.lstrip()[:2] == "//" and self.base == "about:blank":
            conditional = True  # a data: document has no base that this could be relative to
        elif "@" in url and trigger == "open" and self.tag != "meta" and has_credentials(url):
            conditional = True
        if self.fires_in and fires_in:
            fires_in = tuple(client for client in fires_in if client in self.fires_in) or self.fires_in
        return Reference(
            technique,
            url,
            self.tag,
            attribute,
            self.trigger if trigger == "open" else trigger,
            conditional or self.conditional,
            fires_in or self.fires_in,
            self.hidden,
            -1,
            self.label if self.tag in ("a", "area") else f"{self.tag} {attribute}",
            self.base,
        )


class StyleSheet(msgspec.Struct, frozen=True, gc=False):
    """The text of a `<style>` element or of a sheet in a data: URL or a part; `media` as in the attribute."""

    text: str
    media: str = ""
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    trigger: str = "open"
    base: str | None = None
    tag: str = "style"


class InlineStyle(msgspec.Struct, frozen=True, gc=False):
    """The text of a `style` attribute that could fetch something."""

    text: str
    tag: str
    hidden: bool = False
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    trigger: str = "open"
    base: str | None = None


class HtmlView(msgspec.Struct, frozen=True, gc=False):
    """A body after one parse: what can refer to something, in document order, and what a reader sees.

    Documents inside (conditional comments, srcdoc, data: URLs) are merged in, their nodes carrying the
    conditions under which they act. `svg` holds the elements of inline SVG that have attributes. `base` is
    the href of the first `<base>` of the outer document, as written. `visible_text` is laid out in lines,
    white space collapsed, at most 200,000 characters, without hidden elements. `structure` is a hash of the
    outer document's sequence of tags with repetitions collapsed: equal for mails made from one template.
    `outline` is that sequence, parted by spaces.
    `styles` holds the style sheets and attributes in which something was read, with what it is.
    """

    nodes: tuple[HtmlNode, ...]
    svg: tuple[HtmlNode, ...]
    style_sheets: tuple[StyleSheet, ...]
    inline_styles: tuple[InlineStyle, ...]
    base: str | None
    visible_text: str
    structure: str
    defects: tuple[Defect, ...]
    by_tag: dict[str, list[HtmlNode]]
    styles: tuple[tuple[StyleSheet | InlineStyle, CssReading], ...] = ()
    outline: str = ""

    def tagged(self, *tags: str) -> Iterable[HtmlNode]:
        """Give the elements with one of these tags (lower-case); SVG elements are in `svg` instead."""
        if len(tags) == 1:
            return self.by_tag.get(tags[0], ())
        return [node for tag in tags for node in self.by_tag.get(tag, ())]
