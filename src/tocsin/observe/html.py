"""HTML as the clients that draw it see it: one parse and one walk, shared by all families of beacons."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import islice

import msgspec
import turbohtml
from turbohtml import Comment, Element, Namespace, Node, Text

from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.embedded import OUTLOOK_WINDOWS, conditional_content, data_document
from tocsin.observe.hiding import conceals, is_unseen

MAX_CHARACTERS = 8_000_000
MAX_NODES = 200_000  # elements, texts and comments, embedded documents included
MAX_DEPTH = 5  # documents in documents
MAX_LABELS = 2_000  # links whose text is kept
MAX_VISIBLE_TEXT = 200_000

_TABLE_TAGS = frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"})
_CARRIERS = frozenset(
    {"a", "applet", "area", "audio", "base", "bgsound", "embed", "fencedframe", "frame", "iframe", "img", "input"}
    | {"isindex", "link", "meta", "object", "param", "portal", "source", "track", "video"}
)
_RAW_TEXT = frozenset({"script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp"})
_UNREAD = frozenset({"script", "style", "title", "iframe", "noembed", "noframes"})  # xmp, textarea are drawn
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "fieldset", "footer"}
    | {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre"}
    | {"section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_TOKEN_LISTS = ("class", "rel", "rev", "sizes", "sandbox", "headers", "for")
_NEEDS_PARENT = frozenset({"source", "img", "track", "param"})
_HOLDS_DOCUMENT = {"iframe": "src", "frame": "src", "embed": "src", "portal": "src", "object": "data"}


class HtmlNode(msgspec.Struct, frozen=True):
    """One element that may refer to something, with its attributes (names lower-case) and how it comes to act.

    `parent` is the parent's tag for source, track, param and img, else "". `trigger`, `conditional`, `fires_in`
    and `base` come from the document it stands in (a conditional comment, a data: link, …). `hidden` tells that
    the element or one around it is out of sight. `label` is the text of a link.
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
        if self.fires_in and fires_in:
            fires_in = tuple(client for client in fires_in if client in self.fires_in) or self.fires_in
        return Reference(
            technique=technique,
            url=url,
            tag=self.tag,
            attribute=attribute,
            trigger=self.trigger if trigger == "open" else trigger,
            conditional=conditional or self.conditional,
            fires_in=fires_in or self.fires_in,
            hidden=self.hidden,
            label=self.label if self.tag in ("a", "area") else f"{self.tag} {attribute}",
            base=self.base,
        )


class StyleSheet(msgspec.Struct, frozen=True):
    """The text of a `<style>` element or of a style sheet in a data: URL; `media` as in the attribute."""

    text: str
    media: str = ""
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    trigger: str = "open"
    base: str | None = None
    tag: str = "style"


class InlineStyle(msgspec.Struct, frozen=True):
    """The text of a `style` attribute that could fetch something."""

    text: str
    tag: str
    hidden: bool = False
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    trigger: str = "open"
    base: str | None = None


class HtmlView(msgspec.Struct, frozen=True):
    """A body after one parse: what can refer to something, in document order, and what a reader sees.

    Documents inside (conditional comments, srcdoc, data: URLs) are merged in, their nodes carrying the
    conditions under which they act. `svg` holds the elements of inline SVG. `base` is the href of the first
    `<base>` of the outer document, as written. `visible_text` has one line a block, white space collapsed, at most
    200,000 characters, without hidden elements. `structure` is a hash of the outer document's sequence of tags with
    repetitions collapsed: equal for mails made from one template.
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

    def tagged(self, *tags: str) -> Iterable[HtmlNode]:
        """Give the elements with one of these tags (lower-case); SVG elements are in `svg` instead."""
        if len(tags) == 1:
            return self.by_tag.get(tags[0], ())
        return [node for tag in tags for node in self.by_tag.get(tag, ())]

    def with_attribute(self, name: str) -> Iterable[HtmlNode]:
        """Give the elements that have the attribute."""
        return [node for node in self.nodes if name in node.attributes]


class _Context(msgspec.Struct, frozen=True):
    """Where an embedded document stands; `in_table` keeps loose rows and cells, as Word does."""

    depth: int = 0
    trigger: str = "open"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    hidden: bool = False
    loose: bool = False
    base: str | None = None
    inherits_base: bool = True


def read_html(text: str) -> HtmlView:
    """Parse a body as browsers do (scripting off) and collect what the families of beacons look at.

    Never raises on hostile markup; what lies past the limits gives a defect. Source: WHATWG HTML, parsing.
    """
    return _Reader().read(text)


class _Reader:
    """Collects over the outer document and, one after the other, the documents inside it."""

    def __init__(self) -> None:
        self.nodes: list[HtmlNode] = []
        self.svg: list[HtmlNode] = []
        self.sheets: list[StyleSheet] = []
        self.styles: list[InlineStyle] = []
        self.pieces: list[str] = []
        self.defects: dict[str, Defect] = {}
        self.pending: list[tuple[str, _Context]] = []
        self.budget = MAX_NODES
        self.characters = MAX_CHARACTERS
        self.labels = MAX_LABELS
        self.style_marks: dict[str, tuple[bool, bool]] = {}
        self.base: str | None = None

    def read(self, text: str) -> HtmlView:
        structure = self.document(text, _Context())
        base = self.base
        while self.pending:
            embedded, context = self.pending.pop(0)
            self.document(embedded, context)
        by_tag: dict[str, list[HtmlNode]] = {}
        for node in self.nodes:
            by_tag.setdefault(node.tag, []).append(node)
        return HtmlView(
            nodes=tuple(self.nodes),
            svg=tuple(self.svg),
            style_sheets=tuple(self.sheets),
            inline_styles=tuple(self.styles),
            base=base,
            visible_text=_lines(self.pieces),
            structure=structure,
            defects=tuple(self.defects.values()),
            by_tag=by_tag,
        )

    def document(self, text: str, context: _Context) -> str:
        """Read one document into the collections; give the hash of its structure."""
        if len(text) > self.characters:
            self.defect("html-too-large", f"only the first {MAX_CHARACTERS} characters of the HTML were read")
            text = text[: self.characters]
        self.characters -= len(text)
        if context.loose and "<body" not in text and "<BODY" not in text:
            text = "<template>" + text
        tree = turbohtml.parse(text, positions=False, allow_declarative_shadow_roots=False)
        marks = len(self.nodes), len(self.svg), len(self.sheets), len(self.styles), len(self.pending)
        self.base = None
        structure = self.walk(tree, context)
        base = self.base or (context.base if context.inherits_base else None)
        if base is not None:
            self.set_base(base, marks)
        return structure

    def set_base(self, base: str, marks: tuple[int, int, int, int, int]) -> None:
        """Give everything that one document added its base URL, known only when the document ends."""
        replace = msgspec.structs.replace
        nodes, svg, sheets, styles, pending = marks
        self.nodes[nodes:] = [replace(item, base=base) for item in self.nodes[nodes:]]
        self.svg[svg:] = [replace(item, base=base) for item in self.svg[svg:]]
        self.sheets[sheets:] = [replace(item, base=base) for item in self.sheets[sheets:]]
        self.styles[styles:] = [replace(item, base=base) for item in self.styles[styles:]]
        self.pending[pending:] = [(text, replace(c, base=base)) for text, c in self.pending[pending:]]

    def defect(self, code: str, text: str) -> None:
        self.defects.setdefault(code, Defect(code, text))

    def walk(self, tree: Node, outer: _Context) -> str:
        tags: list[str] = []
        last = ""
        hidden = outer.hidden
        hidden_until: Node | None = None
        context = outer
        inert_until: Node | None = None
        seen = not outer.conditional and outer.trigger == "open"
        pieces = self.pieces
        svg_met = False
        # The wrapper of the loose rows of a conditional comment is not a template of the mail.
        wrapped = outer.loose
        descendants = tree.descendants
        count = 0
        for node in islice(descendants, self.budget):
            count += 1
            if node is hidden_until:
                hidden, hidden_until = outer.hidden, None
            if node is inert_until:
                context, inert_until = outer, None
            if type(node) is Text:
                if seen and not hidden and context is outer:
                    pieces.append(node.data)
            elif type(node) is Element:
                tag = node.tag
                if tag != last:
                    tags.append(tag)
                    last = tag
                style = node.attr("style")
                marks = self.marks(style) if style else (False, False)
                if (marks[0] or node.attr("hidden") is not None) and not hidden:
                    hidden, hidden_until = True, _after(node)
                if marks[1] and style:
                    self.styles.append(
                        InlineStyle(style, tag, hidden, context.conditional, context.fires_in, context.trigger)
                    )
                if tag in _BLOCKS:
                    pieces.append("\0")
                if tag in _CARRIERS:
                    self.carrier(node, tag, context, hidden)
                elif tag in _TABLE_TAGS:
                    if (background := node.attr("background")) is not None:
                        self.add(HtmlNode(tag, {"background": background}), context, hidden)
                elif tag == "style":
                    self.sheet(node, context)
                elif tag == "template":
                    if wrapped:
                        wrapped = False
                    elif node.attr("shadowrootmode") is None and context is outer:
                        # Word and sanitisers that drop unknown tags draw the content; browsers do not.
                        inert_until = _after(node)
                        context = msgspec.structs.replace(
                            outer, conditional=True, fires_in=outer.fires_in or (OUTLOOK_WINDOWS,)
                        )
                elif tag == "svg":
                    svg_met = True
                if svg_met and node.namespace is Namespace.SVG:
                    self.svg.append(self.conditioned(HtmlNode(tag, _attributes(node)), context, hidden))
                if tag in _UNREAD and len(node) and not hidden:
                    hidden, hidden_until = True, _after(node)
            elif type(node) is Comment:
                self.comment(node.data, context, hidden)
        self.budget -= count
        if self.budget <= 0 and next(descendants, None) is not None:
            self.defect("html-too-many-nodes", f"only the first {MAX_NODES} nodes of the HTML were read")
        return hashlib.blake2b(" ".join(tags).encode(), digest_size=8).hexdigest()

    def marks(self, style: str) -> tuple[bool, bool]:
        """Tell whether an inline style conceals and whether it could fetch; newsletters repeat the same ones."""
        known = self.style_marks.get(style)
        if known is None:
            lowered = style.lower()
            fetches = (
                "url" in lowered or "\\" in lowered or "image" in lowered or "src" in lowered or "@" in lowered
            )
            known = self.style_marks[style] = conceals(lowered), fetches
        return known

    def conditioned(self, node: HtmlNode, context: _Context, hidden: bool) -> HtmlNode:
        if context.depth == 0 and not hidden and not context.conditional:
            return node
        return msgspec.structs.replace(
            node,
            trigger=context.trigger,
            conditional=context.conditional,
            fires_in=context.fires_in,
            hidden=hidden,
        )

    def add(self, node: HtmlNode, context: _Context, hidden: bool) -> None:
        self.nodes.append(self.conditioned(node, context, hidden))

    def carrier(self, element: Element, tag: str, context: _Context, hidden: bool) -> None:
        if tag == "a":
            self.link(element, context, hidden)
            return
        attributes = _attributes(element)
        if tag == "base":
            if self.base is None and "href" in attributes:
                self.base = attributes["href"]
            return
        parent = ""
        if tag in _NEEDS_PARENT:
            above = element.parent
            parent = above.tag if type(above) is Element else ""
        unseen = hidden or is_unseen(attributes)
        self.add(HtmlNode(tag, attributes, parent), context, unseen)
        if tag in _HOLDS_DOCUMENT:
            if tag == "iframe" and "srcdoc" in attributes:
                self.embed(attributes["srcdoc"], context, hidden=unseen)
            else:
                self.embed_data(attributes.get(_HOLDS_DOCUMENT[tag], ""), context, hidden=unseen)
        elif tag == "link" and "stylesheet" in attributes.get("rel", "").lower().split():
            if (held := data_document(attributes.get("href", ""))) and held[0] == "css":
                self.add_sheet(held[1], attributes.get("media", ""), context, "link")
        elif tag == "img" and (source := attributes.get("src", "")).lstrip()[:5].lower() == "data:":
            # Browsers fetch nothing for an SVG used as a picture; renderers without that rule do.
            self.embed_data(source, msgspec.structs.replace(context, conditional=True), hidden=unseen)

    def link(self, element: Element, context: _Context, hidden: bool) -> None:
        names = ("href", "ping", "attributionsrc", "xlink:href", "target")
        attributes = {name: value for name in names if (value := element.attr(name)) is not None}
        if not attributes:
            return
        label = ""
        if self.labels > 0:
            self.labels -= 1
            label = " ".join(element.text.split())[:200]
            if not label and (picture := element.find("img")) is not None:
                label = (picture.attr("alt") or "")[:200]
        self.add(HtmlNode("a", attributes, label=label), context, hidden)
        href = attributes.get("href", "")
        if href.lstrip()[:5].lower() == "data:":
            self.embed_data(href, msgspec.structs.replace(context, trigger="click"), hidden=hidden)

    def sheet(self, element: Element, context: _Context) -> None:
        declared = (element.attr("type") or "").strip().lower()
        if declared in ("", "text/css"):
            self.add_sheet(element.text, element.attr("media") or "", context, "style")

    def add_sheet(self, text: str, media: str, context: _Context, tag: str) -> None:
        matches_always = media.strip().lower() in ("", "all", "screen")
        self.sheets.append(
            StyleSheet(
                text, media, context.conditional or not matches_always, context.fires_in, context.trigger, tag=tag
            )
        )

    def comment(self, data: str, context: _Context, hidden: bool) -> None:
        if "[" in data and (shown := conditional_content(data)) is not None:
            content, clients = shown
            inner = msgspec.structs.replace(context, conditional=True, fires_in=clients, loose=True)
            self.embed(content, inner, hidden=hidden)

    def embed_data(self, url: str, context: _Context, *, hidden: bool) -> None:
        url = url.lstrip()
        if url[:12].lower() == "view-source:":
            url = url[12:]
        if url[:5].lower() != "data:":
            return
        if (held := data_document(url)) is not None and held[0] == "markup":
            self.embed(held[1], msgspec.structs.replace(context, inherits_base=False), hidden=hidden)

    def embed(self, text: str, context: _Context, *, hidden: bool) -> None:
        if context.depth >= MAX_DEPTH:
            self.defect("html-nested-too-deep", f"documents inside documents were read to depth {MAX_DEPTH} only")
            return
        self.pending.append((text, msgspec.structs.replace(context, depth=context.depth + 1, hidden=hidden)))


def _after(element: Element) -> Node | None:
    """Give the first node after the element's content in document order, None at the end of the document."""
    return next(element.following, None)


def _attributes(element: Element) -> dict[str, str]:
    """Give an element's attributes, those that the parser splits into tokens as written."""
    attributes = element.attrs.copy()
    for name in _TOKEN_LISTS:
        if name in attributes:
            attributes[name] = element.attr(name) or ""
    return attributes  # type: ignore[return-value]  # nothing but strings is left


def _lines(pieces: list[str]) -> str:
    """Join pieces of text into one line a block, "\\0" being the mark between blocks."""
    blocks = "".join(pieces)[: 2 * MAX_VISIBLE_TEXT].split("\0")
    lines = [line for block in blocks if (line := " ".join(block.split()))]
    return "\n".join(lines)[:MAX_VISIBLE_TEXT]
