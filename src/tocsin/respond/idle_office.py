"""Office files (OOXML) in which nothing acts: listed parts, relations inward, no macros, no fields that fetch."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import Any, cast

from tocsin.mail.in_memory import InMemory
from tocsin.respond.raster import is_raster

LARGEST = 10_000_000
_MOST_PARTS = 500
_MOST_UNPACKED = 40_000_000

_RELATIONS = re.compile(r"(?:[\w/]+/)?_rels/(?:[\w.]+)?\.rels\Z")
_PARTS = re.compile(
    r"(?:\[Content_Types\]|docProps/(?:core|app|custom)|customXml/item(?:Props)?\d+"
    r"|word/(?:document|styles|settings|webSettings|fontTable|numbering|footnotes|endnotes|header\d+|footer\d+"
    r"|comments\w*|people|stylesWithEffects|theme/theme\d+)"
    r"|xl/(?:workbook|styles|sharedStrings|calcChain|metadata|theme/theme\d+|worksheets/sheet\d+|tables/table\d+"
    r"|drawings/drawing\d+|charts/(?:chart|style|colors)\d+|persons/person)"
    r"|ppt/(?:presentation|presProps|viewProps|tableStyles|commentAuthors|theme/theme\d+"
    r"|(?:slides/slide|slideLayouts/slideLayout|slideMasters/slideMaster|notesSlides/notesSlide"
    r"|notesMasters/notesMaster)\d+)"
    r")\.xml\Z"
)
_PICTURES = re.compile(
    r"(?:word|xl|ppt)/media/[\w.-]+\.(?:png|jpe?g|gif)\Z|docProps/thumbnail\.jpe?g\Z", re.I
)
_NAMESPACES = re.compile(
    r"https?://(?:schemas\.(?:openxmlformats\.org|microsoft\.com)|www\.w3\.org|purl\.(?:org|oclc\.org))/[\w./+-]*+"
)
_TAG = re.compile(r"<[^<>]++>")
_OUTWARD = re.compile(
    r":/|\\\\|file:|mailto:|external|macro|ppaction|altchunk|attachedtemplate|mailmerge|connectstring|&#|olelink|dde",
    re.I,
)
_FIELD = re.compile(
    r"<[^\s<>]*(?:instrText|delInstrText)\b[^>]*>([^<]*)|\binstr=\"([^\"]*)\"|(fldData)", re.I
)
_PLAIN_FIELDS = re.compile(r"(?:\s*+(?:PAGE|NUMPAGES|SECTIONPAGES)\s*+(?:\\\*\s*+\w++\s*+)?)*+\Z")
_FUNCTION = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_FUNCTIONS_WORDS = """
    ABS AND AVERAGE AVERAGEIF CEILING CONCATENATE COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS DATE DAY EOMONTH FLOOR IF
    IFERROR INDEX INT ISBLANK ISERROR ISNUMBER LEFT LEN LOWER MATCH MAX MEDIAN MID MIN MOD MONTH NOT NOW OR PRODUCT
    PROPER RANK RIGHT ROUND ROUNDDOWN ROUNDUP ROWS SQRT STDEV SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT TEXT
    TODAY TRIM UPPER VALUE VLOOKUP HLOOKUP WEEKDAY YEAR
"""
_FUNCTIONS = frozenset(_FUNCTIONS_WORDS.split())
_FORMULA = re.compile(
    r"<(?:[^\s<>:/]+:)?(?:f|formula\d?|definedName|calculatedColumnFormula|totalsRowFormula)\b[^>]*>([^<]*)",
    re.I,
)


def is_idle_office(data: bytes) -> bool:
    """Whether an OOXML file holds nothing that acts or leads outward; what is not understood does not count.

    Source: ECMA-376, parts 1 and 2.
    """
    if len(data) > LARGEST or not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(cast(Any, InMemory(data))) as file:
            return _all_idle(file, data)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, ValueError, EOFError, OSError):
        return False


def _all_idle(file: zipfile.ZipFile, data: bytes) -> bool:
    members = file.infolist()
    names = {member.filename.lower() for member in members}
    # One directory, one header for each part, nothing in between: no program reads another file out of it.
    if len(members) > _MOST_PARTS or len(names) != len(members) or data.count(b"PK\x03\x04") != len(members):
        return False
    if file.comment or sum(member.file_size for member in members) > _MOST_UNPACKED:
        return False
    return "[content_types].xml" in names and all(_is_idle_part(member, file) for member in members)


def _is_idle_part(member: zipfile.ZipInfo, file: zipfile.ZipFile) -> bool:
    name = member.filename
    if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return False
    if _PICTURES.match(name) is not None:
        return is_raster(file.read(member)[:64])
    if _PARTS.match(name) is None and _RELATIONS.match(name) is None:
        return False
    text = file.read(member).decode("utf-8")  # UnicodeDecodeError is a ValueError
    between = _TAG.sub("", text)
    if "\0" in text or "<!" in text or "<" in between or ">" in between:
        return False  # comments, declarations, and signs where a plain reading of tags would go astray
    if any(_OUTWARD.search(_NAMESPACES.sub("", tag)) for tag in _TAG.findall(text)):
        return False
    return _has_idle_fields(text) and _has_idle_formulas(text)


def _has_idle_fields(text: str) -> bool:
    """Whether the fields of a text, which may lie in many pieces, are page numbers alone."""
    pieces = [found[0] or found[1] or found[2] for found in _FIELD.findall(text)]
    return _PLAIN_FIELDS.match("".join(pieces)) is not None


def _has_idle_formulas(text: str) -> bool:
    for formula in _FORMULA.findall(text):
        if "|" in formula or "[" in formula or "&" in formula:
            return False
        if any(name.upper() not in _FUNCTIONS for name in _FUNCTION.findall(formula)):
            return False
    return True
