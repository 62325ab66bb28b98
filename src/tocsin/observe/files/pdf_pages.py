"""Drawing pages of a PDF to look for codes on them; pages that would take long are left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tocsin.observe.files.pdf_file import damage, stream_data
from tocsin.observe.files.pictures import LEAST_SIDE, LONGEST_SIDE

if TYPE_CHECKING:
    from PIL.Image import Image

# Work in units of about a microsecond: a byte of drawing commands, 400 pixels of a picture, 1/2000 of a shading.
MOST_WORK = 1_000_000
_MOST_CONTENT = 1 << 20
_MOST_OF_ALL = 16 << 20  # bytes of drawing commands looked at in one file
_PIXELS = 400
_SHADING = 2_000
_LEAST_LINES = 60  # rectangles or lines: the smallest QR code has more
_MOST_FUNCTION = 2_000  # bytes of a function that is computed for each point of a shading
_MOST_DEPTH = 6
_MOST_PAGES = 2_000  # looked at
_PAGE = 500_000  # square points of an A4 page
_LINES = (b" re", b" l", b"\nl")


class TooMuchWork(Exception):
    """A page that would take too long to draw."""


class _Budget:
    """What may be unpacked of one file to look at its pages."""

    def __init__(self) -> None:
        self.bytes_left = _MOST_OF_ALL


class _Page:
    """Adds up what drawing one page takes, and whether there is anything on it that could be a code."""

    def __init__(self, budget: _Budget) -> None:
        import pikepdf

        self.lines = 0
        self.picture = False
        self._dictionary = (pikepdf.Dictionary, pikepdf.Stream)
        self._stream = pikepdf.Stream
        self._array = pikepdf.Array
        self._budget = budget
        self._known: dict[tuple[int, int], int] = {}

    def work(self, page: Any) -> int:
        contents = page.get("/Contents")
        streams = list(contents)[:1_000] if isinstance(contents, self._array) else [contents]
        resources = page.get("/Resources")
        for _ in range(10):
            if resources is not None or (page := page.get("/Parent")) is None:
                break
            resources = page.get("/Resources")
        data = b"\n".join(self._data(stream) for stream in streams if isinstance(stream, self._stream))
        return self._of(data, resources, 0)

    def _data(self, stream: Any) -> bytes:
        decoded = stream_data(stream, min(_MOST_CONTENT, self._budget.bytes_left))
        self._budget.bytes_left -= len(decoded.data)
        if not decoded.whole:
            raise TooMuchWork
        return decoded.data

    def _of(self, data: bytes, resources: Any, depth: int) -> int:
        """What a stream of drawing commands takes; commands that draw something else count what that takes."""
        if depth > _MOST_DEPTH:
            raise TooMuchWork
        work = len(data)
        self.lines += sum(data.count(line) for line in _LINES)
        self.picture = self.picture or b"ID" in data
        if isinstance(resources, self._dictionary):
            objects, patterns, shadings, glyphs, masks = (
                self._dearest(resources, key, depth)
                for key in ("/XObject", "/Pattern", "/Shading", "/Font", "/ExtGState")
            )
            painted = data.count(b"scn") + data.count(b"SCN")
            work += objects * data.count(b"Do") + patterns * painted + shadings * data.count(b"sh")
            work += glyphs * len(data) + masks * data.count(b"gs")
        if work > MOST_WORK:
            raise TooMuchWork
        return work

    def _dearest(self, resources: Any, key: str, depth: int) -> int:
        values = resources.get(key)
        if not isinstance(values, self._dictionary):
            return 0
        most = 0
        for count, name in enumerate(values.keys()):
            if count > 500:
                raise TooMuchWork
            value = values.get(name)
            if isinstance(value, self._dictionary):
                place = value.objgen
                work = self._known.get(place) if place[0] else None
                if work is None:
                    self._known[place] = MOST_WORK  # what contains itself is never drawn
                    work = self._known[place] = self._one(key, value, depth)
                most = max(most, work)
        return most

    def _one(self, key: str, value: Any, depth: int) -> int:
        if key == "/XObject":
            if str(value.get("/Subtype")) == "/Image":
                width, height = int(value.get("/Width", 0)), int(value.get("/Height", 0))
                self.picture = self.picture or min(width, height) >= LEAST_SIDE
                return 1 + abs(width * height) // _PIXELS
            return self._form(value, depth)
        if key == "/Pattern":
            if isinstance(value, self._stream):
                steps = abs(float(value.get("/XStep", 0))) * abs(float(value.get("/YStep", 0)))
                cells = _PAGE / steps if steps else MOST_WORK
                return int(cells * self._form(value, depth) / 10)
            return self._shading(value.get("/Shading"))
        if key == "/Shading":
            return self._shading(value)
        if key == "/ExtGState":
            mask = value.get("/SMask")
            group = mask.get("/G") if isinstance(mask, self._dictionary) else None
            return self._form(group, depth) + _SHADING if isinstance(group, self._stream) else 0
        procedures = value.get("/CharProcs")  # a font whose letters are drawings
        if not isinstance(procedures, self._dictionary):
            return 0
        letters = [
            value for name in list(procedures.keys())[:500] if (value := procedures.get(name)) is not None
        ]
        return max(
            (self._form(letter, depth) for letter in letters if isinstance(letter, self._stream)), default=0
        )

    def _form(self, form: Any, depth: int) -> int:
        if not isinstance(form, self._stream):
            return 0
        return self._of(self._data(form), form.get("/Resources"), depth + 1)

    def _shading(self, shading: Any) -> int:
        if not isinstance(shading, self._dictionary):
            return 0
        if isinstance(function := shading.get("/Function"), self._stream):
            if int(function.get("/FunctionType", 0)) == 4 and len(self._data(function)) > _MOST_FUNCTION:
                raise TooMuchWork
            if int(shading.get("/ShadingType", 0)) == 1:
                return 50 * _SHADING
        return _SHADING + (len(self._data(shading)) if isinstance(shading, self._stream) else 0)


def drawable_pages(pdf: Any) -> Iterator[int | None]:
    """Yield the indexes of pages that may hold a code and are drawn quickly; None for each that is not quick.

    Pages of text alone are left out. `pdf` is a `pikepdf.Pdf`.
    """
    problems: tuple[type[Exception], ...] = (TooMuchWork, *damage())
    budget = _Budget()
    try:
        count = min(len(pdf.pages), _MOST_PAGES)
    except problems:
        return
    for index in range(count):
        page = _Page(budget)
        try:
            page.work(pdf.pages[index].obj)
        except problems:
            yield None
            continue
        if page.picture or page.lines >= _LEAST_LINES:
            yield index


def draw_pages(data: bytes, indexes: Iterable[int]) -> Iterator[Image]:
    """Draw pages in grey, `LONGEST_SIDE` pixels on the longer side; those that cannot be drawn are left out.

    Scripts are not run, annotations and forms not drawn. Yields grey Pillow images.
    """
    import pypdfium2
    from PIL import Image as pillow

    try:
        document = pypdfium2.PdfDocument(data)
    except (pypdfium2.PdfiumError, ValueError):
        return
    try:
        for index in indexes:
            try:
                page = document[index]
                width, height = page.get_size()
                scale = LONGEST_SIDE / max(width, height, 1.0)
                if min(width, height) * scale < LEAST_SIDE:
                    continue
                bitmap = page.render(
                    scale=scale, grayscale=True, draw_annots=False, may_draw_forms=False, prefer_bgrx=False
                )
            except (pypdfium2.PdfiumError, ValueError, RuntimeError, IndexError, MemoryError):
                continue
            size = (bitmap.width, bitmap.height)
            picture = pillow.frombytes("L", size, bytes(bitmap.buffer), "raw", "L", bitmap.stride)
            bitmap.close()
            page.close()
            yield picture
    finally:
        document.close()
