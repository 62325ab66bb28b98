"""PDF files in which nothing acts: no actions, scripts, forms, links outward, embedded or external files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from tocsin.mail.in_memory import InMemory

if TYPE_CHECKING:
    import pikepdf

LARGEST = 10_000_000
_MOST_OBJECTS = 20_000
_MOST_VALUES = 400_000
_ACTING_WORDS = """
    JS JavaScript AA URI Launch GoToR GoToE SubmitForm ResetForm ImportData Rendition Movie Sound Thread Hide
    SetOCGState GoTo3DView RichMediaExecute RichMedia RichMediaSettings 3D U3D PRC Screen EmbeddedFile EmbeddedFiles
    EF Filespec FileAttachment XFA AcroForm Collection Encrypt Ref OPI FFilter FDecodeParms RC Alternates NeedsRendering
    Requirements WebCapture SpiderInfo Widget Named Trans URLS Perms Printer Win
"""
_ACTING = frozenset("/" + word for word in _ACTING_WORDS.split())
_NOTES_WORDS = "Link Popup Text Highlight Underline StrikeOut Squiggly Square Circle Line Ink FreeText"
_NOTES = frozenset("/" + word for word in _NOTES_WORDS.split())
# The same names where no directory of objects lists them, written plainly or with characters as #xx.
_PLAIN = re.compile(
    rb"/(?:JS|JavaScript|AA|Launch|GoTo[RE]|SubmitForm|ImportData|EmbeddedFiles?|XFA|AcroForm|RichMedia)"
    rb"[\s/<\[(>]"
)
_ESCAPED = re.compile(rb"/[!-.0-~]{0,40}?#[0-9a-fA-F]{2}[!-.0-~]{0,40}")
_HEX = re.compile(rb"#([0-9a-fA-F]{2})")


def is_idle_pdf(data: bytes) -> bool:
    """Whether a PDF holds nothing that acts or leads outward; what is damaged, large or not understood does not count.

    Source: ISO 32000-2, 12.5 and 12.6.
    """
    if len(data) > LARGEST or not data.startswith(b"%PDF-") or not data.rstrip().endswith(b"%%EOF"):
        return False
    if _PLAIN.search(data) is not None or any(_hidden(found) for found in _ESCAPED.findall(data)):
        return False
    import pikepdf

    try:
        opened = cast(Any, InMemory(data))
        with pikepdf.open(opened, attempt_recovery=False, suppress_warnings=True) as pdf:
            idle = len(pdf.objects) <= _MOST_OBJECTS and _all_idle(pdf)
            return idle and not pdf.get_warnings()
    except (pikepdf.PikepdfError, RuntimeError, ValueError, TypeError, LookupError, NotImplementedError):
        return False


def _hidden(name: bytes) -> bool:
    plain = _HEX.sub(lambda found: bytes((int(found[1], 16),)), name)
    return plain.decode("latin-1") in _ACTING


def _all_idle(pdf: pikepdf.Pdf) -> bool:
    import pikepdf

    waiting: list[Any] = [pdf.trailer, *pdf.objects]
    seen = 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > _MOST_VALUES:
            return False
        if isinstance(value, pikepdf.Name):
            if str(value) in _ACTING:
                return False
        elif isinstance(value, pikepdf.Array):
            waiting.extend(one for one in value.as_list() if _is_inside(one))
        elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            keys = value.keys()
            if not _ACTING.isdisjoint(keys) or not _is_idle_dictionary(value, keys):
                return False
            waiting.extend(one for _, one in value.items() if _is_inside(one))
    return True


def _is_inside(value: Any) -> bool:
    """Whether a value is looked into here: what is referred to is an object of its own."""
    import pikepdf

    if isinstance(value, pikepdf.Name):
        return True
    return isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect


def _is_idle_dictionary(value: Any, keys: set[str]) -> bool:
    import pikepdf

    kind = str(value.get("/Type", ""))
    if (kind == "/Annot" or "/Rect" in keys) and str(value.get("/Subtype", "")) not in _NOTES:
        return False
    if kind == "/Action" and not _leads_inward(value):
        return False
    if isinstance(value, pikepdf.Stream) and "/F" in keys:
        return False  # its data lie in another file
    return all(_leads_inward(value[name]) for name in ("/A", "/OpenAction", "/PA") if name in keys)


def _leads_inward(action: Any) -> bool:
    """Whether an action only turns to a page, or is none: a place, or attributes of a structure."""
    import pikepdf

    if isinstance(action, pikepdf.Dictionary):
        return "/O" in action or (str(action.get("/S", "")) == "/GoTo" and "/Next" not in action)
    if isinstance(action, pikepdf.Array):
        return all(not isinstance(one, pikepdf.Dictionary) or "/S" not in one for one in action.as_list()[1:])
    return False
