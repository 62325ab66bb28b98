"""HTML as the clients that draw it see it: one parse and one walk, shared by all families of beacons."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from itertools import groupby, islice

import msgspec
import turbohtml
from turbohtml import Comment, Element, Namespace, Node

from tocsin.model.message import Defect
from tocsin.observe.css_text import could_fetch
from tocsin.observe.embedded import OUTLOOK_WINDOWS, conditional_content, data_document
from tocsin.observe.hiding import conceals, is_unseen
from tocsin.observe.html_view import HtmlNode, HtmlView, InlineStyle, StyleSheet

__all__ = ["HtmlNode", "HtmlView", "InlineStyle", "StyleSheet", "read_html"]

MAX_CHARACTERS = 20_000_000  # a picture in a data: URL is long but cheap
MAX_NODES = 200_000  # elements, embedded documents included
MAX_DEPTH = 5  # documents in documents
MAX_LABELS = 2_000  # links whose text is kept
MAX_VISIBLE_TEXT = 200_000

_CALM = 48_000  # a document of fewer characters is parsed without looking for multiplication
_MULTIPLYING = re.compile(
    r"<(/?)((?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u))(?=[\s/>])([^>]{0,200})"
)

_LINK, _CARRIER, _CELL, _STYLE, _TEMPLATE, _SVG, _UNREAD = range(1, 8)
_KINDS = {
    "a": _LINK,
    **dict.fromkeys(
        ("applet", "area", "audio", "base", "bgsound", "embed", "fencedframe", "frame"), _CARRIER
    ),
    **dict.fromkeys(("iframe", "img", "input", "isindex", "link", "meta", "object", "param"), _CARRIER),
    **dict.fromkeys(("portal", "source", "track", "video"), _CARRIER),
    **dict.fromkeys(("v:fill", "v:imagedata", "v:image", "v:stroke"), _CARRIER),
    **dict.fromkeys(("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"), _CELL),
    **dict.fromkeys(("noembed", "noframes"), _UNREAD),
    "style": _STYLE,
    "template": _TEMPLATE,
    "svg": _SVG,
}
_LINK_ATTRIBUTES = ("href", "ping", "attributionsrc", "xlink:href")
_NEEDS_PARENT = frozenset({"source", "img", "track", "param"})
_HOLDS_DOCUMENT = {"iframe": "src", "frame": "src", "embed": "src", "portal": "src", "object": "data"}


class _Context(msgspec.Struct, frozen=True):
    """Where a document stands; `loose` keeps rows and cells without a table, as Word does."""

    depth: int = 0
    trigger: str = "open"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    hidden: bool = False
    loose: bool = False
    base: str | None = None


class _Marks(msgspec.Struct):
    """How much had been collected when a document began."""

    nodes: int
    svg: int
    sheets: int
    styles: int
    pending: int


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
        self.texts: list[str] = []
        self.defects: dict[str, Defect] = {}
        self.pending: deque[tuple[str, _Context]] = deque()
        self.nodes_left = MAX_NODES
        self.characters_left = MAX_CHARACTERS
        self.labels_left = MAX_LABELS
        self.base: str | None = None

    def read(self, text: str) -> HtmlView:
        structure = self.document(text, _Context())
        base = self.base
        while self.pending:
            embedded, context = self.pending.popleft()
            self.document(embedded, context)
        by_tag: dict[str, list[HtmlNode]] = {}
        for node in self.nodes:
            if node.tag in by_tag:
                by_tag[node.tag].append(node)
            else:
                by_tag[node.tag] = [node]
        return HtmlView(
            nodes=tuple(self.nodes),
            svg=tuple(self.svg),
            style_sheets=tuple(self.sheets),
            inline_styles=tuple(self.styles),
            base=base,
            visible_text="\n".join(self.texts)[:MAX_VISIBLE_TEXT],
            structure=structure,
            defects=tuple(self.defects.values()),
            by_tag=by_tag,
        )

    def document(self, text: str, context: _Context) -> str:
        """Read one document into the collections; give the hash of its structure."""
        text = self.bounded(text)
        if context.loose and "<body" not in text.lower():
            text = "<template>" + text
        tree = turbohtml.parse(text, positions=False, allow_declarative_shadow_roots=False)
        marks = _Marks(len(self.nodes), len(self.svg), len(self.sheets), len(self.styles), len(self.pending))
        self.base = None
        if "[" in text and "<!--" in text:
            self.comments(tree, context)
        structure = self.walk(tree, text, context)
        base = self.base or context.base
        if base is not None:
            self.set_base(base, marks)
        return structure

    def bounded(self, text: str) -> str:
        """Cut a document that would grow out of bounds in the parser.

        Unclosed formatting elements are opened again in every block that follows, so that a small document
        can have millions of elements; the product is estimated from above. Source: WHATWG HTML, reconstruct the
        active formatting elements.
        """
        if len(text) > self.characters_left:
            self.defect("html-too-large", f"only {MAX_CHARACTERS} characters of the HTML were read")
            text = text[: self.characters_left]
        self.characters_left -= len(text)
        if len(text) <= _CALM or text.count("<") <= _CALM // 8:
            return text
        open_tags: dict[str, set[str]] = {}
        active = elements = last = 0
        for match in _MULTIPLYING.finditer(text):
            elements += text.count("<", last, match.start()) * (active + 1)
            last = match.start()
            if elements > 5 * MAX_NODES:
                self.too_many()
                return text[:last]
            name = match[2].lower()
            if match[1]:
                if open_tags.get(name):
                    open_tags[name].pop()
                    active -= 1
            else:
                same = open_tags.setdefault(name, set())
                active -= len(same)
                same.add(match[3])
                active += len(same)
        if elements + text.count("<", last) * (active + 1) > 5 * MAX_NODES:
            self.too_many()
            return text[: last + 5 * MAX_NODES // (active + 1)]
        return text

    def set_base(self, base: str, marks: _Marks) -> None:
        """Give everything that one document added its base URL, known only when the document ends."""
        replace = msgspec.structs.replace
        self.nodes[marks.nodes :] = [replace(item, base=base) for item in self.nodes[marks.nodes :]]
        self.svg[marks.svg :] = [replace(item, base=base) for item in self.svg[marks.svg :]]
        self.sheets[marks.sheets :] = [replace(item, base=base) for item in self.sheets[marks.sheets :]]
        self.styles[marks.styles :] = [replace(item, base=base) for item in self.styles[marks.styles :]]
        for index in range(marks.pending, len(self.pending)):
            embedded, context = self.pending[index]
            self.pending[index] = embedded, replace(context, base=context.base or base)

    def defect(self, code: str, text: str) -> None:
        self.defects.setdefault(code, Defect(code, text))

    def too_many(self) -> None:
        self.defect("html-too-many-nodes", f"only the first {MAX_NODES} elements of the HTML were read")

    def walk(self, tree: Node, text: str, context: _Context) -> str:
        walked = tree.iter_elements()
        elements = list(islice(walked, self.nodes_left))
        self.nodes_left -= len(elements)
        if next(walked, None) is not None:
            self.too_many()
        tags = [element.tag for element in elements]
        found = [
            (_KINDS[tag], tag, element) for tag, element in zip(tags, elements, strict=True) if tag in _KINDS
        ]
        concealed, hidden = self.read_styles(tree, text, context)
        inert: set[Element] = set()
        unread: list[Element] = []
        drawings: list[Element] = []
        # The wrapper around the loose rows of a conditional comment is not a template of the mail.
        wrapped = context.loose
        for kind, tag, element in found:
            if kind == _CELL and element.attr("background") is None:
                continue  # most cells
            inside = context
            if inert and element in inert:
                inside = msgspec.structs.replace(
                    context, conditional=True, fires_in=context.fires_in or (OUTLOOK_WINDOWS,)
                )
            unseen = context.hidden or (bool(hidden) and element in hidden)
            if kind == _LINK:
                self.link(element, inside, unseen)
            elif kind == _CARRIER:
                self.carrier(element, tag, inside, unseen)
                if tag == "iframe":
                    unread.append(element)
            elif kind == _CELL:
                background = element.attr("background") or ""
                self.nodes.append(_node(inside, tag, {"background": background}, unseen))
            elif kind == _STYLE:
                self.sheet(element, inside)
            elif kind == _TEMPLATE:
                if wrapped:
                    wrapped = False
                elif element.attr("shadowrootmode") is None and element not in inert:
                    # Word, and sanitisers that drop unknown tags, draw the content; browsers do not.
                    inert.update(islice(element.iter_elements(), MAX_NODES))
            elif kind == _UNREAD:
                unread.append(element)
            else:
                drawings.append(element)
        if drawings:
            self.drawings(drawings, context, hidden)
        if not context.conditional and context.trigger == "open" and not context.hidden:
            for element in concealed:
                element.decompose()
            for element in unread:
                element.decompose()
            self.texts.append(tree.to_text()[:MAX_VISIBLE_TEXT])
        skeleton = " ".join([tag for tag, _ in groupby(tags)])
        return hashlib.blake2b(skeleton.encode(), digest_size=8).hexdigest()

    def read_styles(self, tree: Node, text: str, context: _Context) -> tuple[list[Element], set[Element]]:
        """Keep the inline styles that could fetch; give the outermost concealed elements with all inside."""
        elements = tree.select("[style]")[:MAX_NODES]
        styles = [element.attr("style") or "" for element in elements]
        # Newsletters repeat the same few styles: each is looked at once.
        known = {style: marks for style in set(styles) if any(marks := _marks(style))}
        concealed: list[Element] = []
        hidden: set[Element] = set()
        if "hidden" in text:
            for element in tree.select("[hidden]")[:MAX_NODES]:
                if element not in hidden:
                    concealed.append(element)
                    hidden.update(element.iter_elements(include_self=True))
        for style, element in zip(styles, elements, strict=True) if known else ():
            if style not in known:
                continue
            conceals_all, fetches = known[style]
            if conceals_all and element not in hidden:
                concealed.append(element)
                hidden.update(element.iter_elements(include_self=True))
            if fetches:
                self.styles.append(
                    InlineStyle(
                        style,
                        element.tag,
                        context.hidden or element in hidden,
                        context.conditional,
                        context.fires_in,
                        context.trigger,
                    )
                )
        return concealed, hidden

    def carrier(self, element: Element, tag: str, context: _Context, hidden: bool) -> None:
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
        self.nodes.append(_node(context, tag, attributes, unseen, parent))
        if tag in _HOLDS_DOCUMENT:
            if tag == "iframe" and "srcdoc" in attributes:
                self.embed(attributes["srcdoc"], context, unseen)
            else:
                self.embed_data(attributes.get(_HOLDS_DOCUMENT[tag], ""), context, unseen)
        elif tag == "link" and "stylesheet" in attributes.get("rel", "").lower().split():
            if (held := data_document(attributes.get("href", ""))) and held[0] == "css":
                self.add_sheet(held[1], attributes.get("media", ""), context, "link")
        elif tag == "img" and (source := attributes.get("src", "")).lstrip()[:5].lower() == "data:":
            # Browsers fetch nothing for an SVG used as a picture; renderers without that rule do.
            self.embed_data(source, msgspec.structs.replace(context, conditional=True), unseen)

    def link(self, element: Element, context: _Context, hidden: bool) -> None:
        attributes = {name: value for name in _LINK_ATTRIBUTES if (value := element.attr(name)) is not None}
        if not attributes:
            return
        label = ""
        if self.labels_left > 0:
            self.labels_left -= 1
            label = " ".join(element.text[:2_000].split())[:200]
            if not label and (picture := element.find("img")) is not None:
                label = (picture.attr("alt") or "")[:200]
        self.nodes.append(_node(context, "a", attributes, hidden, "", label))
        href = attributes.get("href", "")
        if href.lstrip()[:5].lower() == "data:":
            self.embed_data(href, msgspec.structs.replace(context, trigger="click"), hidden)

    def drawings(self, roots: list[Element], context: _Context, hidden: set[Element]) -> None:
        seen: set[Element] = set()
        for root in roots:
            if root in seen:
                continue
            for element in islice(root.iter_elements(include_self=True), MAX_NODES):
                seen.add(element)
                if element.namespace is Namespace.SVG and (attributes := _attributes(element)):
                    unseen = context.hidden or element in hidden
                    self.svg.append(_node(context, element.tag, attributes, unseen))

    def sheet(self, element: Element, context: _Context) -> None:
        declared = (element.attr("type") or "").strip().lower()
        if declared in ("", "text/css"):
            self.add_sheet(element.text, element.attr("media") or "", context, "style")

    def add_sheet(self, text: str, media: str, context: _Context, tag: str) -> None:
        conditional = context.conditional or media.strip().lower() not in ("", "all", "screen")
        self.sheets.append(StyleSheet(text, media, conditional, context.fires_in, context.trigger, tag=tag))

    def comments(self, tree: Node, context: _Context) -> None:
        found = tree.xpath("//comment()")
        for comment in found if isinstance(found, list) else ():
            if type(comment) is Comment and "[" in (data := comment.data):
                shown = conditional_content(data)
                if shown is not None:
                    inner = msgspec.structs.replace(context, conditional=True, fires_in=shown[1], loose=True)
                    self.embed(shown[0], inner, context.hidden)

    def embed_data(self, url: str, context: _Context, hidden: bool) -> None:
        url = url.lstrip()
        if url[:12].lower() == "view-source:":
            url = url[12:]
        if url[:5].lower() == "data:" and (held := data_document(url)) is not None and held[0] == "markup":
            self.embed(held[1], msgspec.structs.replace(context, base="about:blank"), hidden)

    def embed(self, text: str, context: _Context, hidden: bool) -> None:
        if context.depth >= MAX_DEPTH:
            self.defect("html-nested-too-deep", f"documents in documents were read to depth {MAX_DEPTH} only")
            return
        self.pending.append((text, msgspec.structs.replace(context, depth=context.depth + 1, hidden=hidden)))


def _marks(style: str) -> tuple[bool, bool]:
    """Tell whether an inline style takes its element out of sight and whether it could fetch something."""
    lowered = style.lower()
    return conceals(lowered), could_fetch(lowered)


def _node(
    context: _Context, tag: str, attributes: dict[str, str], hidden: bool, parent: str = "", label: str = ""
) -> HtmlNode:
    return HtmlNode(
        tag, attributes, parent, context.trigger, context.conditional, context.fires_in, hidden, None, label
    )


def _attributes(element: Element) -> dict[str, str]:
    """Give an element's attributes, those that the parser splits into tokens as written."""
    attributes = element.attrs.copy()
    if list in map(type, attributes.values()):
        for name, value in attributes.items():
            if type(value) is not str:
                attributes[name] = element.attr(name) or ""
    return attributes  # type: ignore[return-value]  # nothing but strings is left
