"""HTML as the clients that draw it see it: one parse and one walk, shared by all families of beacons."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from itertools import compress, islice
from operator import attrgetter, ne

import msgspec
import turbohtml
from turbohtml import Comment, Element, Namespace, Node

from tocsin.mail.html_growth import end_before_multiplication
from tocsin.observe.css import read_styles, reads_anything, sheet_in_mail
from tocsin.observe.css_cascade import fonts_in, is_repainted, is_undrawn
from tocsin.observe.css_hiding import hidden_by_sheets
from tocsin.observe.css_match import names_in
from tocsin.observe.css_text import could_fetch
from tocsin.observe.drawn_codes import LEAST_REPEATED, codes_in_markup, codes_in_text
from tocsin.observe.embedded import (
    MAX_SCRIPT,
    OUTLOOK_WINDOWS,
    conditional_content,
    data_document,
    script_in,
    without_scripts,
)
from tocsin.observe.hiding import is_unseen
from tocsin.observe.html_elements import (
    CARRIER,
    CELL,
    HARMLESS,
    KINDS,
    KINDS_AND_CELLS,
    LINK,
    MARKED,
    PICTURE,
    ROOT,
    SCRIPT,
    STYLE,
    TEMPLATE,
    UNREAD,
    attributes_of,
    handlers_in,
    style_marks,
    tag_above,
)
from tocsin.observe.html_gathered import Context, Gathered
from tocsin.observe.html_prologue import read_prologue
from tocsin.observe.html_view import HtmlNode, HtmlView, InlineStyle, StyleSheet

__all__ = ["HtmlNode", "HtmlView", "InlineStyle", "StyleSheet", "read_html"]

MAX_CHARACTERS = 20_000_000  # a picture in a data: URL is long but cheap
MAX_NODES = 200_000  # elements, embedded documents included
MAX_DEPTH = 5  # documents in documents
MAX_COMMENTS = 30_000  # of one document, in which conditional ones are looked for
MAX_LABELS = 2_000  # links whose text is kept
MAX_VISIBLE_TEXT = 200_000
MAX_CELLS = 2_000  # backgrounds of which it is looked up whether a style paints over them

_RARE_LINK_ATTRIBUTES = ("ping", "attributionsrc", "xlink:href")
_DECIDING_PARENTS = frozenset({"picture", "video", "audio", "object", "applet", "amp-video", "amp-audio"})
_NEEDS_PARENT = frozenset({"source", "track", "param"})
_CONDITION = re.compile(r"\[[iI][fF]")
_TAG = attrgetter("tag")
_HOLDS_DOCUMENT = {"iframe": "src", "frame": "src", "embed": "src", "portal": "src", "object": "data"}


def read_html(text: str, sheets: Mapping[str, str] | None = None) -> HtmlView:
    """Parse a body as browsers do (scripting off) and collect what the families of beacons look at.

    `sheets` maps content ids to the style sheets that lie in the mail. Never raises on hostile markup; what
    lies past the limits gives a defect. Source: WHATWG HTML, parsing.
    """
    return _Reader(sheets or {}).read(text)


class _Reader(Gathered):
    """Collects over the outer document and, one after the other, the documents inside it."""

    def __init__(self, sheets_in_mail: Mapping[str, str]) -> None:
        self.sheets_in_mail = sheets_in_mail
        super().__init__()
        self.texts: list[str] = []
        self.nodes_left = MAX_NODES
        self.characters_left = MAX_CHARACTERS
        self.labels_left = MAX_LABELS
        self.cells_left = MAX_CELLS
        self.base: str | None = None
        self.names: set[str] = set()
        self.fonts: set[str] = set()
        self.fetching = bool(sheets_in_mail)
        self.sheets_seen = 0

    def read(self, text: str) -> HtmlView:
        outline = self.document(text, Context())
        base = self.base
        while self.pending and self.nodes_left > 0:
            self.document(*self.pending.popleft())
        if self.pending:
            self.too_many()
        by_tag: dict[str, list[HtmlNode]] = {}
        for node in self.nodes:
            by_tag.setdefault(node.tag, []).append(node)
        names = frozenset(() if "html-too-many-nodes" in self.defects else self.names)
        read = read_styles(self.sheets, self.styles, self.sheets_in_mail, names, frozenset(self.fonts))
        if not all(reading.complete for _, reading in read):
            self.defect("css-not-read-whole", "a style sheet was read to a limit only")
        return HtmlView(
            nodes=tuple(self.nodes),
            svg=tuple(self.svg),
            style_sheets=tuple(self.sheets),
            inline_styles=tuple(self.styles),
            base=base,
            visible_text="\n".join(self.texts)[:MAX_VISIBLE_TEXT],
            structure=hashlib.blake2b(outline.encode(), digest_size=8).hexdigest(),
            defects=tuple(self.defects.values()),
            by_tag=by_tag,
            styles=read,
            outline=outline,
        )

    def document(self, text: str, context: Context) -> str:
        """Read one document into the collections; give its outline."""
        text = self.bounded(text)
        if context.loose and "<body" not in text.lower():
            text = "<template>" + text
        tree = turbohtml.parse(text, positions=False, allow_declarative_shadow_roots=False)
        marks = self.marks()
        self.base = None
        if _CONDITION.search(text):
            self.comments(tree, context)
        outline = self.walk(tree, text, context)
        if (base := self.base or context.base) is not None:
            self.set_base(base, marks)
        return outline

    def bounded(self, text: str) -> str:
        """Cut a document that is too large, or would grow out of bounds in the parser."""
        if len(text) > self.characters_left:
            self.defect("html-too-large", f"only {MAX_CHARACTERS} characters of the HTML were read")
            text = text[: self.characters_left]
        self.characters_left -= len(text)
        end = end_before_multiplication(text, 5 * MAX_NODES)
        if end < len(text):
            self.too_many()
        return text[:end]

    def too_many(self) -> None:
        self.defect("html-too-many-nodes", f"only the first {MAX_NODES} elements of the HTML were read")

    def walk(self, tree: Node, text: str, context: Context) -> str:
        walked = tree.iter_elements()
        elements = list(islice(walked, self.nodes_left))
        self.nodes_left -= len(elements)
        if next(walked, None) is not None:
            self.too_many()
        tags = list(map(_TAG, elements))
        outline = " ".join(compress(tags, map(ne, tags, ["", *tags])))
        # A tag that holds "<" is one that something was written into.
        if "<" in outline and not context.depth and (rejoined := without_scripts(text)) is not None:
            self.embed(rejoined, msgspec.structs.replace(context, conditional=True), context.hidden)
        marked = tree.select(MARKED)[:MAX_NODES]
        # Most cells have no background: they are looked at only where one has.
        has_background = any(element.attr("background") is not None for element in marked)
        kinds = list(map((KINDS_AND_CELLS if has_background else KINDS).get, tags))
        concealed, hidden = self.style_attributes(
            tree, context, marked, len(tags) if "style" in outline else 0
        )
        decides = not _DECIDING_PARENTS.isdisjoint(tags)
        inert: set[Element] = set()
        unread: list[Element] = []
        drawings: list[Element] = []
        # The wrapper around the loose rows of a conditional comment is not a template of the mail.
        wrapped = context.loose
        for kind, tag, element in compress(zip(kinds, tags, elements, strict=True), kinds):
            inside = context
            if inert and element in inert:
                inside = msgspec.structs.replace(
                    context, conditional=True, fires_in=context.fires_in or (OUTLOOK_WINDOWS,)
                )
            unseen = context.hidden or (bool(hidden) and element in hidden)
            if kind == LINK:
                self.link(element, inside, unseen)
            elif kind == PICTURE:
                self.picture(element, inside, unseen, tag_above(element) if decides else "")
            elif kind == CARRIER:
                parent = tag_above(element) if decides and tag in _NEEDS_PARENT else ""
                self.carrier(element, tag, inside, unseen, parent)
                if tag == "iframe":
                    unread.append(element)
            elif kind == CELL:
                if (background := element.attr("background")) is not None:
                    self.cell(element, background, inside, unseen)
            elif kind == STYLE:
                self.sheet(element, inside)
            elif kind == TEMPLATE:
                if wrapped:
                    wrapped = False
                elif element.attr("shadowrootmode") is None and element not in inert:
                    # Word, and sanitisers that drop unknown tags, draw the content; browsers do not.
                    inert.update(islice(element.iter_elements(), MAX_NODES))
            elif kind == ROOT:
                for name in ("manifest", "profile"):
                    if value := element.attr(name):
                        self.keep(inside, tag, {name: value}, False)
            elif kind == UNREAD:
                unread.append(element)
            elif kind == SCRIPT:
                written = element.text[:MAX_SCRIPT]
                self.keep(inside, tag, attributes_of(element), unseen, text=written)
            else:
                drawings.append(element)
        if drawings:
            self.drawings(drawings, context, hidden)
        if marked:
            self.properties(marked, context)
        for tag, handlers in handlers_in(tree, text, marked):
            self.keep(context, "@handler", handlers, False, tag)
        for tag, named in read_prologue(text, "xml" in outline):
            self.keep(context, tag, named, False)
        if len(tags) - outline.count(" ") > LEAST_REPEATED:
            self.keep_codes(codes_in_markup(tree, elements, tags), context)
        if self.has_fetching_sheet():
            self.names |= names_in(tree)
            if any("font-face" in sheet.text for sheet in self.sheets):
                self.fonts |= fonts_in(tree)
        if not context.conditional and context.trigger == "open" and not context.hidden:
            for element in concealed:
                element.decompose()
            for element in unread:
                element.decompose()
            self.texts.append(tree.to_text()[:MAX_VISIBLE_TEXT])
            self.keep_codes(codes_in_text(self.texts[-1]), context)
        return outline

    def cell(self, element: Element, background: str, context: Context, hidden: bool) -> None:
        self.cells_left -= 1
        if self.cells_left >= 0 and (is_repainted(element, self.sheets) or (hidden and is_undrawn(element))):
            context = msgspec.structs.replace(context, conditional=True)
        self.keep(context, element.tag, {"background": background}, hidden)

    def has_fetching_sheet(self) -> bool:
        """Whether it matters which names stand in the document that was just read.

        Sheets in its conditional comments, still to be read, apply to it too.
        """
        if not self.fetching:
            new = self.sheets[self.sheets_seen :]
            self.sheets_seen = len(self.sheets)
            self.fetching = any(reads_anything(sheet.text) for sheet in new)
        return self.fetching

    def style_attributes(
        self, tree: Node, context: Context, marked: list[Element], styled: int
    ) -> tuple[list[Element], set[Element]]:
        """Keep the inline styles that could fetch; give the concealed elements, and what is hidden with them.

        `styled` is the number of elements where there is a style sheet, else 0.
        """
        elements = tree.select("[style]")[:MAX_NODES]
        styles = [element.attr("style") or "" for element in elements]
        # Newsletters repeat the same few styles: each is looked at once.
        known = {style: marks for style in set(styles) if (marks := style_marks(style)) != HARMLESS}
        concealed: list[Element] = []
        hidden: set[Element] = set()
        for element, whole in hidden_by_sheets(tree, styled) if styled else ():
            if not whole:
                hidden.add(element)
            elif element not in hidden:
                concealed.append(element)
                hidden.update(element.iter_elements(include_self=True))
        for element in marked:
            if element.attr("hidden") is not None and element not in hidden:
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
                unseen = element in hidden
                undrawn = unseen and len(self.styles) < MAX_CELLS and is_undrawn(element)
                self.styles.append(
                    InlineStyle(
                        style,
                        element.tag,
                        context.hidden or unseen,
                        context.conditional or undrawn,
                        context.fires_in,
                        context.trigger,
                    )
                )
        return concealed, hidden

    def carrier(self, element: Element, tag: str, context: Context, hidden: bool, parent: str) -> None:
        attributes = attributes_of(element)
        if tag == "base":
            if self.base is None and "href" in attributes:
                self.base = attributes["href"]
                self.keep(context, tag, attributes, False)
            return
        unseen = hidden or is_unseen(attributes)
        self.keep(context, tag, attributes, unseen, parent)
        if tag in _HOLDS_DOCUMENT:
            if tag == "iframe" and "srcdoc" in attributes:
                self.embed(attributes["srcdoc"], context, unseen)
            else:
                self.embed_data(attributes.get(_HOLDS_DOCUMENT[tag], ""), context, unseen)
        elif tag == "link" and "stylesheet" in attributes.get("rel", "").lower().split():
            href = attributes.get("href", "")
            held = data_document(href)
            text = held[1] if held and held[0] == "css" else sheet_in_mail(href, self.sheets_in_mail)
            if text:
                self.add_sheet(text, attributes.get("media", ""), context, "link")

    def picture(self, element: Element, context: Context, hidden: bool, parent: str) -> None:
        attributes = attributes_of(element)
        unseen = hidden or is_unseen(attributes)
        self.keep(context, "img", attributes, unseen, parent)
        source = attributes.get("src", "")
        if source[:4] != "http" and source.lstrip()[:5].lower() == "data:":
            # Browsers fetch nothing for an SVG used as a picture; renderers without that rule do.
            self.embed_data(source, msgspec.structs.replace(context, conditional=True), unseen)

    def link(self, element: Element, context: Context, hidden: bool) -> None:
        href = element.attr("href")
        attributes = {} if href is None else {"href": href}
        for name in _RARE_LINK_ATTRIBUTES:
            if (value := element.attr(name)) is not None:
                attributes[name] = value
        if not attributes:
            return
        label = ""
        if self.labels_left > 0:
            self.labels_left -= 1
            label = " ".join(element.text[:2_000].split())[:200]
            if not label and (picture := element.find("img")) is not None:
                label = (picture.attr("alt") or "")[:200]
        self.keep(context, "a", attributes, hidden, "", label)
        if href and href[:4] != "http":
            if href.lstrip()[:5].lower() == "data:":
                self.embed_data(href, msgspec.structs.replace(context, trigger="click"), hidden)
            elif (code := script_in(href)) is not None:
                self.keep(context, "@handler", {"href": code}, hidden, "a")

    def drawings(self, roots: list[Element], context: Context, hidden: set[Element]) -> None:
        seen: set[Element] = set()
        for root in roots:
            if root in seen:
                continue
            for element in islice(root.iter_elements(include_self=True), MAX_NODES):
                seen.add(element)
                namespace = element.namespace
                if namespace is Namespace.HTML or not (attributes := attributes_of(element)):
                    continue
                unseen = context.hidden or element in hidden
                if namespace is Namespace.SVG:
                    self.keep(context, element.tag, attributes, unseen, collection=self.svg)
                    if element.tag == "use":  # engines drew drawings in data: URLs there until 2023
                        href = attributes.get("href") or attributes.get("xlink:href") or ""
                        self.embed_data(href, msgspec.structs.replace(context, conditional=True), unseen)
                else:
                    self.keep(context, "math", attributes, unseen, element.tag)

    def sheet(self, element: Element, context: Context) -> None:
        declared = (element.attr("type") or "").strip().lower()
        if declared in ("", "text/css"):
            self.add_sheet(element.text, element.attr("media") or "", context, "style")

    def comments(self, tree: Node, context: Context) -> None:
        found = tree.xpath("//comment()")
        if isinstance(found, list) and len(found) > MAX_COMMENTS:
            self.too_many()
        for comment in found[:MAX_COMMENTS] if isinstance(found, list) else ():
            if type(comment) is Comment and "[" in (data := comment.data):
                shown = conditional_content(data)
                if shown is not None:
                    inner = msgspec.structs.replace(context, conditional=True, fires_in=shown[1], loose=True)
                    self.embed(shown[0], inner, context.hidden)

    def embed_data(self, url: str, context: Context, hidden: bool) -> None:
        url = url.lstrip()
        if url[:12].lower() == "view-source:":
            url = url[12:]
        if url[:5].lower() == "data:" and (held := data_document(url)) is not None and held[0] == "markup":
            self.embed(held[1], msgspec.structs.replace(context, base="about:blank"), hidden)

    def embed(self, text: str, context: Context, hidden: bool) -> None:
        if context.depth >= MAX_DEPTH:
            self.defect("html-nested-too-deep", f"documents in documents were read to depth {MAX_DEPTH} only")
            return
        self.fetching = self.fetching or could_fetch(text)
        self.pending.append((text, msgspec.structs.replace(context, depth=context.depth + 1, hidden=hidden)))
