"""Walking an opened PDF: every action, what it contacts, and when it acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tocsin.mail.url import find_urls
from tocsin.model.attached import Member
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.pdf_gathered import Gathering, InPdf
from tocsin.observe.files.xfa import FOLLOWING, OPENING, PRINTING

MOST_STEPS = 100_000
MOST_FOUND = 5_000

# Additional actions that act without the reader doing more than opening and reading (ISO 32000-2, 12.6.3).
_AT_ONCE = frozenset({"/O", "/C", "/PO", "/PC", "/PV", "/PI", "/WC", "/WS", "/DS", "/E", "/X", "/F"})
_PRINTED = frozenset({"/WP", "/DP"})
# Dictionaries of streams always lie bare in the file; any letter of a name may be written as a number.
_STREAMS_THAT_POINT = re.compile(
    rb"/(?:(?:F|#46)(?:\s*+[(<]|\s+\d+\s+\d+\s+R)|(?:R|#52)(?:e|#65)(?:f|#66)\s*+[<\d]"
    rb"|(?:O|#4[fF])(?:P|#50)(?:I|#49)\b)"
)
_SHARE = re.compile(r"\\\\[\w.\-@]++\\[^\s\"']*+")


class PdfContents(msgspec.Struct, frozen=True, gc=False):
    """What a PDF contacts and carries; `whole` is False where a limit or an unknown filter hid something."""

    found: tuple[InPdf, ...]
    members: tuple[Member, ...]
    whole: bool


def walk_pdf(pdf: Any, data: bytes, allowance: Allowance) -> PdfContents:
    """Walk everything in an opened PDF (`pikepdf.Pdf`) that can act.

    From the catalog: opening and additional actions, pages and their annotations, form fields, bookmarks,
    name trees, XFA forms, and streams whose data lie elsewhere. Objects are visited once for each way of
    coming to them, at most `MOST_STEPS` in all; embedded files are taken out as far as the allowance goes.
    """
    walk = _Walk(allowance)
    walk.run(pdf, data)
    return PdfContents(tuple(walk.found), tuple(walk.members), walk.whole)


_Step = Callable[[Any, str], None]


class _Walk(Gathering):
    def __init__(self, allowance: Allowance) -> None:
        super().__init__(allowance)
        self._seen: set[tuple[tuple[int, int], str, str]] = set()
        self._steps: list[tuple[_Step, Any, str]] = []

    def run(self, pdf: Any, data: bytes) -> None:
        """Walk from the catalog, then look at the streams where the bytes say that one may point outside."""
        try:
            self.later(self.catalog, pdf.Root, FOLLOWING)
        except self.damage:
            self.whole = False
        count = 0
        while self._steps:
            step, value, when = self._steps.pop()
            count += 1
            if count > MOST_STEPS or len(self.found) > MOST_FOUND:
                self.whole = False
                return
            try:
                step(value, when)
            except self.damage:
                self.whole = False
        if _STREAMS_THAT_POINT.search(data):
            self.streams(pdf)

    def later(self, step: _Step, value: Any, when: str) -> None:
        """Put a dictionary or stream on the list, once for each step and time."""
        if not isinstance(value, self.holders):
            return
        place = value.objgen
        if place[0]:
            key = (place, step.__name__, when)
            if key in self._seen:
                return
            self._seen.add(key)
        self._steps.append((step, value, when))

    def each(self, step: _Step, values: Any, when: str) -> None:
        """Put the dictionaries of an array on the list, or the one that stands in its place."""
        if isinstance(values, self.array):
            for count, value in enumerate(values):
                if count > MOST_STEPS:
                    self.whole = False
                    return
                self.later(step, value, when)
        elif values is not None:
            self.later(step, values, when)

    def catalog(self, root: Any, when: str) -> None:
        if isinstance(uri := root.get("/URI"), self.dictionary):
            self.base = self.text(uri.get("/Base")) or None
        if isinstance(names := root.get("/Names"), self.dictionary):
            self.later(self.embedded, names.get("/EmbeddedFiles"), when)
            self.later(self.renditions, names.get("/Renditions"), when)
            self.later(self.scripts, names.get("/JavaScript"), OPENING)
        self.each(self.bookmark, root.get("/Outlines"), when)
        self.later(self.web_capture, root.get("/SpiderInfo"), when)
        self.each(self.file, root.get("/AF"), when)
        self.later(self.page, root.get("/Pages"), when)
        if isinstance(form := root.get("/AcroForm"), self.dictionary):
            self.each(self.field, form.get("/Fields"), when)
            self.form(form.get("/XFA"))
        self.later(self.description, root.get("/Metadata"), OPENING)
        self.additional(root)
        self.each(
            self.action, root.get("/OpenAction"), OPENING
        )  # last on, first off: nothing is taken earlier

    def page(self, page: Any, when: str) -> None:
        keys = page.keys()
        if "/Kids" in keys:
            self.each(self.page, page.get("/Kids"), when)
        if "/Annots" in keys:
            self.each(self.annotation, page.get("/Annots"), when)
        if "/AA" in keys:
            self.additional(page)
        if "/PresSteps" in keys:
            self.later(self.presentation, page.get("/PresSteps"), OPENING)
        if "/AF" in keys:
            self.each(self.file, page.get("/AF"), when)

    def presentation(self, node: Any, when: str) -> None:
        self.each(self.action, node.get("/NA"), when)
        self.each(self.action, node.get("/PA"), when)
        self.later(self.presentation, node.get("/Next"), when)

    def annotation(self, annotation: Any, when: str) -> None:
        keys = annotation.keys()
        for key in ("/A", "/PA"):
            if key in keys:
                self.each(self.action, annotation.get(key), when)
        if "/AA" in keys:
            self.additional(annotation)
        if "/FS" in keys:  # a file that is pinned to the page
            self.each(self.file, annotation.get("/FS"), when)
        if "/Movie" in keys and isinstance(movie := annotation.get("/Movie"), self.dictionary):
            self.media(movie.get("/F"), "Movie", when)
        if "/RichMediaContent" in keys and isinstance(
            content := annotation.get("/RichMediaContent"), self.dictionary
        ):
            self.later(self.rich_media, content.get("/Assets"), when)
        if "/3DD" in keys and isinstance(drawing := annotation.get("/3DD"), self.holders):
            self.script(drawing.get("/OnInstantiate"), OPENING)
        if "/RC" in keys and (rich := self.text(annotation.get("/RC"))) and "href" in rich:
            for url, _ in find_urls(rich):
                self.keep(url, "link in a note", when)
        if "/AF" in keys:
            self.each(self.file, annotation.get("/AF"), when)
        if "/FT" in keys or "/Parent" in keys:
            self.signing(annotation)

    def field(self, field: Any, when: str) -> None:
        self.each(self.field, field.get("/Kids"), when)
        self.annotation(field, when)

    def signing(self, field: Any) -> None:
        """A signature's certificates, and the servers that a field to be signed names."""
        if isinstance(value := field.get("/V"), self.dictionary):
            self.signature(value)
        if isinstance(seed := field.get("/SV"), self.dictionary):
            for key in ("/Cert", "/TimeStamp"):
                if isinstance(server := seed.get(key), self.dictionary):
                    self.keep(self.text(server.get("/URL")), "signature server", FOLLOWING)

    def bookmark(self, bookmark: Any, when: str) -> None:
        self.each(self.action, bookmark.get("/A"), when)
        self.later(self.bookmark, bookmark.get("/First"), when)
        self.later(self.bookmark, bookmark.get("/Next"), when)

    def additional(self, owner: Any) -> None:
        """Actions that an event starts; which event says when."""
        actions = owner.get("/AA")
        if not isinstance(actions, self.dictionary):
            return
        for key, action in actions.items():
            when = OPENING if key in _AT_ONCE else PRINTING if key in _PRINTED else FOLLOWING
            self.each(self.action, action, when)

    def action(self, action: Any, when: str) -> None:
        kind = str(action.get("/S"))[1:]
        if kind == "URI":
            self.keep(self.text(action.get("/URI")), kind, when)
        elif kind in ("GoToR", "GoToE", "Thread", "ImportData"):
            self.path(action.get("/F"), kind, when)
            if kind == "GoToE" and isinstance(target := action.get("/T"), self.dictionary):
                self.path(target.get("/F"), kind, when)
        elif kind == "SubmitForm":
            self.path(action.get("/F"), kind, when)
        elif kind == "Launch":
            self.launch(action, when)
        elif kind in ("Rendition", "Movie", "Sound"):
            self.each(self.rendition, action.get("/R"), when)
        if kind == "JavaScript" or "/JS" in action:  # renditions may hold both
            self.script(action.get("/JS"), when)
        self.each(self.action, action.get("/Next"), when)

    def launch(self, action: Any, when: str) -> None:
        self.path(action.get("/F"), "Launch", when)
        for key in ("/Win", "/Mac", "/Unix"):
            program = action.get(key)
            if isinstance(program, self.string):
                self.path(program, "Launch", when)
            elif isinstance(program, self.dictionary):
                self.path(program.get("/F"), "Launch", when)
                for field in ("/P", "/D"):
                    parameters = self.text(program.get(field))
                    for url, _ in find_urls(parameters):
                        self.keep(url, "Launch parameters", when)
                    for match in _SHARE.finditer(parameters):
                        self.keep(match[0], "Launch parameters", when)

    def rendition(self, rendition: Any, when: str) -> None:
        """A media rendition, its clip, and the file that the clip plays."""
        self.each(self.rendition, rendition.get("/R"), when)  # a choice of several
        clip = rendition.get("/C")
        for _ in range(10):  # a section of a clip names the clip
            if not isinstance(clip, self.dictionary):
                return
            self.media(clip.get("/D"), "Rendition", when)
            if isinstance(base := clip.get("/BU"), self.dictionary):
                self.path(base.get("/BU"), "Rendition", when)
            clip = clip.get("/D")

    def media(self, specification: Any, carrier: str, when: str) -> None:
        self.path(specification, carrier, when)
        if isinstance(specification, self.dictionary) and "/EF" in specification:
            self.later(self.file, specification, when)

    def rich_media(self, tree: Any, when: str) -> None:
        for asset in self.leaves(tree, self.rich_media, when):
            self.media(asset, "RichMedia", when)

    def renditions(self, tree: Any, when: str) -> None:
        for rendition in self.leaves(tree, self.renditions, when):
            self.later(self.rendition, rendition, when)

    def scripts(self, tree: Any, when: str) -> None:
        for action in self.leaves(tree, self.scripts, when):
            self.later(self.action, action, when)

    def embedded(self, tree: Any, when: str) -> None:
        for specification in self.leaves(tree, self.embedded, when):
            self.later(self.file, specification, when)

    def leaves(self, tree: Any, again: _Step, when: str) -> Iterator[Any]:
        """The values of a node of a name tree; its children are put on the list."""
        self.each(again, tree.get("/Kids"), when)
        names = tree.get("/Names")
        if isinstance(names, self.array):
            yield from list(names)[1::2]

    def web_capture(self, info: Any, when: str) -> None:
        for command in list(info.get("/C") or ()):
            if isinstance(command, self.dictionary):
                self.keep(self.text(command.get("/URL")), "web capture", when)

    def streams(self, pdf: Any) -> None:
        """Streams whose data lie in another file, and forms that stand for a page of another file."""
        for count, value in enumerate(pdf.objects):
            if count > MOST_STEPS:
                self.whole = False
                return
            try:
                if isinstance(value, self.stream):
                    self.points_outside(value)
            except self.damage:
                self.whole = False
