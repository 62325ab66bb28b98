"""From a message to its beacons: every part, every reading, every family, and the files that travel with it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.mime import scan
from tocsin.mail.transfer import undo
from tocsin.mail.url import site_of
from tocsin.model.attached import AttachedFile
from tocsin.model.catalogue import Catalogue
from tocsin.model.message import Defect, Message, Part
from tocsin.model.observation import Beacon, Observation
from tocsin.model.reference import Reference
from tocsin.observe.beacons import (
    amp,
    archive,
    certificate,
    encrypted_exfil,
    find_references,
    header_url,
    link,
    office,
    qr,
    receipt_request,
    receiver_dns,
)
from tocsin.observe.beacons.collector import MAX_BEACONS, OPENED, Collector, Place, later
from tocsin.observe.beacons.references import BROWSER, References, in_file
from tocsin.observe.embedded import data_picture, unprefixed_svg
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import MAX_DEPTH, MAX_TAGS, Allowance
from tocsin.observe.files.readers import READERS
from tocsin.observe.html import HtmlView, read_html
from tocsin.observe.tokens import Needles

MAX_TEXT_CHARACTERS = 2_000_000

_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_SVG = frozenset({"image/svg+xml", "image/svg"})
_AMP = "text/x-amp-html"
_MARKUP = _HTML | _SVG | {_AMP}
_TEXTS = frozenset(
    {
        "text/plain",
        "text/enriched",
        "text/richtext",
        "text/markdown",
        "text/x-markdown",
        "text/x-web-markdown",
    }
)
_MAIL = frozenset({"message/rfc822", "message/global"})
# Invitations are entered and signatures checked before anybody opens an attachment.
_READ_ON_ARRIVAL = frozenset(
    {"text/calendar", "application/pkcs7-signature", "application/x-pkcs7-signature"}
    | {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-signature"}
)
_SIGNED = frozenset({kinds.CERTIFICATE, kinds.PGP})
_SHOWN = frozenset({kinds.PICTURE, kinds.CALENDAR})
_NAME = 100  # characters of a file's name in a path


class Found(msgspec.Struct, frozen=True, gc=False):
    """What `observe_beacons` finds; `view` is the HTML body that the mail shows, None where it has none."""

    beacons: tuple[Beacon, ...]
    observations: tuple[Observation, ...]
    defects: tuple[Defect, ...]
    view: HtmlView | None
    not_evaluated: tuple[str, ...]


class _Where(msgspec.Struct, frozen=True):
    """Where a message or file lies: `prefix` before the paths of its parts, and what its finds count as."""

    prefix: str = ""
    trigger: str = "receipt"
    technique: str = ""
    depth: int = 0


def observe_beacons(
    message: Message, catalogue: Catalogue, needles: Needles, without_attachments: str = ""
) -> Found:
    """Find all ways in which a mail phones home.

    Parts that only some client shows are read too; what they alone add has "path/reading" as its part. A
    relative URL without a base, and resources inside the mail (cid:, data:, mid:), contact nobody and are
    left out; a cid: that names no part is a defect. Identical (technique, url, part) are told once, with the
    earliest trigger. Attached files are looked into to the depth and size of `observe.files.allowance`, unless
    `without_attachments` says why not; then that is said.
    """
    return _Assembly(catalogue, needles, without_attachments).run(message)


class _Assembly:
    def __init__(self, catalogue: Catalogue, needles: Needles, without_attachments: str) -> None:
        self.collector = Collector(catalogue, needles)
        self.allowance = Allowance()
        self.without_attachments = without_attachments
        self.defects: list[Defect] = []
        self.not_evaluated: list[str] = []
        self.view: HtmlView | None = None

    def run(self, message: Message) -> Found:
        self.message(message, _Where())
        beacons = self.collector.collected()
        if self.collector.full:
            self.defects.append(
                Defect("too-many-beacons", f"only the first {MAX_BEACONS} references were kept")
            )
            self.not_evaluated.append(
                f"The mail holds more than {MAX_BEACONS} remote references; the rest was not read."
            )
        return Found(
            beacons,
            tuple(self.collector.observations),
            tuple(self.defects),
            self.view,
            tuple(dict.fromkeys(self.not_evaluated)),
        )

    def message(self, message: Message, where: _Where) -> None:
        """Read one mail: the outer one, or one that lies in a file."""
        references = References(message, self.defects)
        texts: list[Part] = []
        files: list[Part] = []
        views: dict[tuple[int, int, int, str, str], HtmlView] = {}
        sheets = {
            part.content_id: part_text(message, part)
            for part in message.parts
            if part.media_type == "text/css" and part.content_id
        }
        for part in message.parts:
            media_type = part.media_type
            if media_type in _MARKUP and part.disposition != "attachment":
                key = (part.start, part.end, id(part.data), part.encoding, part.params.get("charset", ""))
                view = views.get(key)
                if view is None:
                    text = part_text(message, part)
                    view = views[key] = read_html(
                        unprefixed_svg(text) if media_type in _SVG else text, sheets
                    )
                    self.defects_of(view, where.prefix + part.path)
                self.markup(references, part, view, where)
            elif media_type in _TEXTS and part.disposition != "attachment" and not part.filename:
                texts.append(part)
            elif not media_type.startswith("multipart/") and media_type not in _MAIL:
                files.append(part)
        for part in texts:
            self.plain(references, part, where)
        self.headers(message, where)
        seen: set[tuple[int, int, int, str]] = set()
        for part in files:
            content = (part.start, part.end, id(part.data), part.encoding)
            if content not in seen:  # other readings of the mail give the same file again
                seen.add(content)
                self.file_part(references, part, where)

    def defects_of(self, view: HtmlView, path: str) -> None:
        for defect in view.defects:
            self.defects.append(Defect(defect.code, defect.text, path))
            self.not_evaluated.append(f"Not all of the HTML was read: {defect.text}.")

    def markup(self, references: References, part: Part, view: HtmlView, where: _Where) -> None:
        trigger = _trigger_of(references.message, part)
        shown = where.trigger == "receipt" and trigger == "open"
        if shown and part.media_type in _HTML and self.view is None and not part.reading:
            self.view = view
        found: Iterable[Reference] = find_references(view)
        if part.media_type == _AMP:
            found = amp.only_in_amp(found)
        if part.media_type in _SVG:
            trigger = "attachment"  # drawn as a picture it fetches nothing; opened by itself it does
        place = Place(where.prefix + part.path, later(trigger, where.trigger), part.reading, where.technique)
        self.collector.add(place, references.resolved(part, found))
        pictures = [
            src for node in view.by_tag.get("img", ()) if (src := node.get("src"))[:4] in ("data", "DATA")
        ]
        for picture in dict.fromkeys(pictures):
            if data := data_picture(picture):
                kind = kinds.kind_of(data[: kinds.HEAD], "", "")
                if kind == kinds.PICTURE and not self.without_attachments:
                    self.file(AttachedFile(data, "", "", kind, place.path), where)

    def plain(self, references: References, part: Part, where: _Where) -> None:
        text = part_text(references.message, part)
        path = where.prefix + part.path
        if len(text) > MAX_TEXT_CHARACTERS:
            limit = f"links were looked for in the first {MAX_TEXT_CHARACTERS} characters"
            self.defects.append(Defect("text-too-large", limit, path))
            self.not_evaluated.append("Not all of a very long text was searched for links.")
            text = text[:MAX_TEXT_CHARACTERS]
        armor = certificate.armor_in(text)
        if armor and self.without_attachments:
            self.not_evaluated.append(f"An OpenPGP text was not looked into: {self.without_attachments}.")
        elif armor:
            trigger = later(_trigger_of(references.message, part), where.trigger)
            file = AttachedFile(armor, "", part.media_type, kinds.PGP, path)
            self.file(file, msgspec.structs.replace(where, trigger=trigger))
        links = [*link.find_in_text(link.unflowed(text, part.params)), *qr.find_in_text(text)]
        if not links:
            return
        known = {(technique, url) for technique, url, _ in self.collector.beacons}
        if len(links) >= link.MAX_TEXT_LINKS:
            limit = f"only the first {link.MAX_TEXT_LINKS} links of a text were kept"
            self.defects.append(Defect("too-many-beacons", limit, path))
            self.not_evaluated.append(f"Not all of a text was searched: {limit}.")
        trigger = later(_trigger_of(references.message, part), where.trigger)
        place = Place(path, trigger, part.reading, where.technique)
        self.collector.add(place, references.resolved(part, links), known)

    def headers(self, message: Message, where: _Where) -> None:
        if where.depth:
            return  # nobody's program answers the headers of a mail in a file
        if not receipt_request.NAMES.isdisjoint([header.name for header in message.headers]):
            self.receipts(message)
        for place, reference in header_url.find_in_headers(message):
            self.in_file(place, (reference,), where)
        self.collector.add_candidates(
            receiver_dns.knows_reader,
            [(Place(name, "receipt"), found) for name, found in receiver_dns.find_in_headers(message)],
        )
        for part, reference in encrypted_exfil.find_in_message(message):
            self.in_file(part.path, (reference,), where)

    def receipts(self, message: Message) -> None:
        sender_site = ""
        for header in message.headers:
            if header.name == "from" and (addresses := parse_addresses(header.value, 1)):
                sender_site = site_of(addresses[0].domain)
        for reference in receipt_request.find_in_headers(message):
            self.collector.add_address(Place(reference.attribute, "receipt"), reference)
            site = site_of(reference.url.rpartition("@")[2].lower())
            if sender_site and site != sender_site:
                self.collector.observations.append(
                    Observation("receipt-elsewhere", reference.url, reference.attribute)
                )

    def file_part(self, references: References, part: Part, where: _Where) -> None:
        """Look into a part that is no text of the mail itself, if its kind is one that can hold something."""
        message = references.message
        head = part.data
        if head is None:
            head = undo(message.raw[part.start : min(part.end, part.start + 2 * kinds.HEAD)], part.encoding)
        kind = kinds.kind_of(head[: kinds.HEAD], part.filename, part.media_type)
        if kind not in READERS:
            # Text of a kind that a program does not know is shown as plain text (RFC 2046 section 4.1.4).
            is_text = part.media_type.startswith("text/") and part.media_type != "text/css"
            if is_text and part.disposition != "attachment":
                self.plain(references, part, where)
            return
        if self.without_attachments:
            self.not_evaluated.append(f"The attachments were not looked into: {self.without_attachments}.")
            return
        trigger = "attachment"
        signature = kind in _SIGNED and part.filename.lower().startswith("smime.p7")
        if part.media_type in _READ_ON_ARRIVAL or signature:
            trigger = "receipt"
        elif kind in _SHOWN:
            trigger = _trigger_of(message, part)
        data = part_bytes(message, part)
        file = AttachedFile(data, part.filename, part.media_type, kind, where.prefix + part.path)
        self.file(file, msgspec.structs.replace(where, trigger=later(trigger, where.trigger)))

    def file(self, file: AttachedFile, where: _Where) -> None:
        """Look into one file, then into the files in it."""
        if where.depth > MAX_DEPTH:
            limit = f"files in files were read to depth {MAX_DEPTH}"
            self.defects.append(Defect("files-nested-too-deep", limit, file.path))
            self.not_evaluated.append(
                f"Files lie in files more than {MAX_DEPTH} deep; what is below was not looked into."
            )
            return
        reading = READERS[file.kind](file, self.allowance)
        self.defects.extend(reading.defects)
        self.not_evaluated.extend(reading.not_evaluated)
        self.in_file(file.path, reading.references, where)
        opened = msgspec.structs.replace(where, technique=where.technique or OPENED)
        for text in reading.documents:
            taken = self.allowance.take_markup(text)
            if len(taken) < len(text):
                limit = f"only {MAX_TAGS} tags of the pages in files were read"
                self.defects.append(Defect("html-too-many-nodes", limit, file.path))
                self.not_evaluated.append(f"Not all of the pages in files were read: {limit}.")
            view = read_html(taken)
            self.defects_of(view, file.path)
            self.in_file(file.path, find_references(view), opened)
        packed = file.kind in archive.KINDS and not office.is_document(file)
        inside = msgspec.structs.replace(
            where,
            technique=archive.TECHNIQUE if packed else where.technique,
            trigger=later(where.trigger, "attachment"),
            depth=where.depth + 1,
        )
        for member in reading.members:
            kind = kinds.kind_of(member.data[: kinds.HEAD], member.name, member.media_type)
            if kind in READERS:
                path = f"{file.path}!{member.name[:_NAME]}"
                self.file(AttachedFile(member.data, member.name, member.media_type, kind, path), inside)
        if reading.mail:
            # A page saved with its pictures is read like a mail, and counts as an opened page. What is inside a
            # signature is the mail itself.
            carrier = OPENED if file.kind == kinds.MHTML else ""
            inner = msgspec.structs.replace(
                where if file.kind in _SIGNED else inside,
                technique=where.technique or carrier,
                prefix=f"{file.path}!",
                depth=where.depth + 1,
            )
            self.message(scan(reading.mail), inner)

    def in_file(self, path: str, found: Iterable[Reference], where: _Where) -> None:
        place = Place(path, where.trigger, technique=where.technique)
        found = list(found)
        for reference in found:
            if reference.url[:7].lower() == "mailto:" and reference.technique not in BROWSER:
                self.collector.add_address(place, reference)
        self.collector.add(place, in_file(found))


def _trigger_of(message: Message, part: Part) -> str:
    """Tell when a part is drawn: on opening, or once the reader opens an attachment or attached mail."""
    current = part
    for _ in range(len(message.parts)):
        if current.disposition == "attachment":
            return "attachment"
        if current.parent < 0:
            return "open"
        current = message.parts[current.parent]
        if current.media_type in _MAIL:
            return "attachment"
    return "open"
