"""What the walk over a body gathers, and the conditions that each document inside it lends to that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec
from turbohtml import Element

from tocsin.model.message import Defect
from tocsin.observe.embedded import MAX_SCRIPT
from tocsin.observe.html_elements import attributes_of, type_above
from tocsin.observe.html_view import HtmlNode, InlineStyle, StyleSheet

MAX_PROPERTIES = 5_000  # of microdata, in one document
MAX_CARDS = 20  # cards in microdata whose text is kept


class Context(msgspec.Struct, frozen=True):
    """Where a document stands; `loose` keeps rows and cells without a table, as Word does."""

    depth: int = 0
    trigger: str = "open"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    hidden: bool = False
    loose: bool = False
    base: str | None = None


class Marks(msgspec.Struct):
    """How much had been collected when a document began."""

    nodes: int
    svg: int
    sheets: int
    styles: int
    pending: int


class Gathered:
    """Nodes, styles and defects of all documents read so far, and the documents still to be read."""

    def __init__(self) -> None:
        self.nodes: list[HtmlNode] = []
        self.svg: list[HtmlNode] = []
        self.sheets: list[StyleSheet] = []
        self.styles: list[InlineStyle] = []
        self.defects: dict[str, Defect] = {}
        self.pending: deque[tuple[str, Context]] = deque()

    def marks(self) -> Marks:
        return Marks(len(self.nodes), len(self.svg), len(self.sheets), len(self.styles), len(self.pending))

    def set_base(self, base: str, marks: Marks) -> None:
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

    def keep(
        self,
        where: Context,
        tag: str,
        attributes: dict[str, str],
        hidden: bool,
        parent: str = "",
        label: str = "",
        collection: list[HtmlNode] | None = None,
        text: str = "",
    ) -> None:
        node = HtmlNode(
            tag,
            attributes,
            parent,
            where.trigger,
            where.conditional,
            where.fires_in,
            hidden,
            None,
            label,
            text,
        )
        (self.nodes if collection is None else collection).append(node)

    def properties(self, marked: list[Element], context: Context) -> None:
        """Keep the properties of microdata items."""
        named = [element for element in marked if element.attr("itemprop") is not None]
        if len(named) > MAX_PROPERTIES:
            self.defect("html-too-many-nodes", f"only the first {MAX_PROPERTIES} properties were read")
        cards = MAX_CARDS
        for element in named[:MAX_PROPERTIES]:
            attributes, text = attributes_of(element), ""
            if cards and "card" in attributes["itemprop"].lower():
                cards -= 1
                text = element.text[:MAX_SCRIPT]
            self.keep(context, "@property", attributes, False, type_above(element), text=text)

    def keep_codes(self, grids: Iterable[str], context: Context) -> None:
        """Keep what may be codes that are drawn without a picture."""
        for grid in grids:
            self.keep(context, "@code", {}, False, text=grid)

    def add_sheet(self, text: str, media: str, context: Context, tag: str) -> None:
        conditional = context.conditional or media.strip().lower() not in ("", "all", "screen")
        self.sheets.append(StyleSheet(text, media, conditional, context.fires_in, context.trigger, tag=tag))
