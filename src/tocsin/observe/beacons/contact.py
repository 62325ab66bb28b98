"""Cards (vCard): pictures, sounds, keys and calendars that a contact names instead of holding them."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.content_lines import ContentLine, content_lines, lines_of, links_in, reading_of

TECHNIQUE = "contact"

ABOUT = Technique(
    TECHNIQUE,
    "Contact file",
    "attachment",
    VISIT,
    "`PHOTO`, `LOGO`, `SOUND`, `KEY`, `SOURCE`, `FBURL`, `CALURI`, `AGENT` and others of a vCard, by URL; `URL` and "
    "links in notes",
    "A contact file can name its picture, sound or key by an address. A program that shows or keeps the contact "
    "fetches them, and some do so again whenever the contact is shown or brought up to date.",
    "Do not open or keep contact files of people you do not know.",
    "Address books differ: some fetch pictures when a card is opened or imported, others keep only what the file "
    "itself holds. Programs that look up free and busy times ask the address in `FBURL`. Web address fields need "
    "a click.",
    ("RFC 2426", "RFC 6350", "RFC 6715", "RFC 2739"),
)

_FETCHED = frozenset(
    {"PHOTO", "LOGO", "SOUND", "KEY", "SOURCE", "FBURL", "CALURI", "CALADRURI", "CAPURI", "AGENT"}
    | {"ORG-DIRECTORY", "X-ABRELATEDNAMES-PHOTO", "X-IMAGE", "X-AVATAR"}
)
_TEXTS = frozenset({"NOTE", "TITLE", "ORG", "ROLE", "ADR", "LABEL", "FN", "N"})


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Find what the cards of a file name by URL.

    Pictures, logos, sounds, keys, sources and calendars are fetched by programs that show or keep the card:
    trigger attachment, conditional. `URL`, other properties that hold a URL and the links in notes need a click.
    A card inside a card (`AGENT`) is read too, once. Embedded data (`data:`, base64) contacts nobody.

    Source: RFC 6350 section 6, RFC 2426, vCard 2.1; RFC 2739 (FBURL, CALURI).
    """
    lines, said = lines_of(file)
    return reading_of(file, _references(lines, inner=False), said)


def _references(lines: Iterator[ContentLine], inner: bool) -> Iterator[Reference]:
    for line in lines:
        name = line.name
        if name in _FETCHED:
            if line.is_url():
                yield Reference(
                    TECHNIQUE, line.url(), "", name, "attachment", True, (), False, line.offset, name
                )
            elif name == "AGENT" and not inner and "BEGIN" in line.value:
                yield from _references(content_lines(line.text()), inner=True)
        elif name in _TEXTS:
            yield from links_in(line, TECHNIQUE, name)
        elif line.is_url():
            yield Reference(TECHNIQUE, line.url(), "", name, "click", offset=line.offset, label=name)
        elif name == "URL" or name[:2] == "X-":
            yield from links_in(line, TECHNIQUE, name)
            if name == "URL" and _bare(line.value):
                yield Reference(
                    TECHNIQUE,
                    "http://" + line.value.strip(),
                    "",
                    name,
                    "click",
                    offset=line.offset,
                    label=name,
                )


def _bare(value: str) -> bool:
    """Whether an address field holds a host without a scheme, as people write it."""
    host = value.strip().partition("/")[0]
    return (
        "." in host
        and host.isascii()
        and not any(c.isspace() or c in ":@" for c in host)
        and host[:4] != "www."
    )
