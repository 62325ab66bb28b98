"""From a message to its beacons: every part, every reading, every family; URLs resolved, hosts looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

import msgspec

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.body import part_text
from tocsin.mail.url import Url, resolve, site_of
from tocsin.model.catalogue import Catalogue
from tocsin.model.message import Defect, Message, Part
from tocsin.model.observation import TRIGGERS, Beacon, Observation, Personal
from tocsin.model.reference import Reference
from tocsin.observe.beacons import base_location, file_path, find_references, link, receipt_request
from tocsin.observe.beacons.techniques import leaks_of
from tocsin.observe.embedded import unprefixed_svg
from tocsin.observe.html import HtmlView, read_html
from tocsin.observe.tokens import Needles, find_personal, needed
from tocsin.observe.vendors import find_vendor, vendor_by_path

MAX_BEACONS = 5_000
MAX_TEXT_CHARACTERS = 2_000_000

_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_SVG = frozenset({"image/svg+xml", "image/svg"})
_AMP = "text/x-amp-html"
_REMOTE = frozenset({"http", "https", "ftp", "ws", "wss"})
_RANK = {trigger: rank for rank, trigger in enumerate(TRIGGERS)}


class Found(msgspec.Struct, frozen=True, gc=False):
    """What `observe_beacons` finds; `view` is the HTML body that the mail shows, None where it has none."""

    beacons: tuple[Beacon, ...]
    observations: tuple[Observation, ...]
    defects: tuple[Defect, ...]
    view: HtmlView | None
    not_evaluated: tuple[str, ...]


def observe_beacons(message: Message, catalogue: Catalogue, needles: Needles) -> Found:
    """Find all ways in which a mail phones home.

    Parts that only some client shows are read too; what they alone add has "path/reading" as its part. A
    relative URL without a base, and resources inside the mail (cid:, data:, mid:), contact nobody and are
    left out; a cid: that names no part is a defect. Identical (technique, url, part) are told once, with the
    earliest trigger.
    """
    return _Assembly(message, catalogue, needles).run()


class _Assembly:
    def __init__(self, message: Message, catalogue: Catalogue, needles: Needles) -> None:
        self.message = message
        self.catalogue = catalogue
        self.needles = needles
        self.beacons: dict[tuple[str, str, str], Beacon] = {}
        self.observations: list[Observation] = []
        self.defects: list[Defect] = []
        self.not_evaluated: list[str] = []
        self.view: HtmlView | None = None
        self.vendors: dict[str, str | None] = {}
        self.personal: dict[tuple[str, bool], Personal | None] = {}
        self.locations: Mapping[str, str] | None = None
        self.in_mail: dict[str, str] | None = None
        self.full = False

    def run(self) -> Found:
        texts: list[Part] = []
        views: dict[tuple[int, int, int, str, str], HtmlView] = {}
        sheets = {
            part.content_id: part_text(self.message, part)
            for part in self.message.parts
            if part.media_type == "text/css" and part.content_id
        }
        for part in self.message.parts:
            media_type = part.media_type
            if media_type in _HTML or media_type in _SVG:
                key = (part.start, part.end, id(part.data), part.encoding, part.params.get("charset", ""))
                view = views.get(key)
                if view is None:
                    text = part_text(self.message, part)
                    view = views[key] = read_html(
                        unprefixed_svg(text) if media_type in _SVG else text, sheets
                    )
                    for defect in view.defects:
                        self.defects.append(Defect(defect.code, defect.text, part.path))
                        self.not_evaluated.append(f"Not all of the HTML was read: {defect.text}.")
                self.markup(part, view)
            elif media_type == "text/plain":
                texts.append(part)
            elif media_type == _AMP:
                self.not_evaluated.append("The interactive (AMP) version of the mail was not read.")
        for part in texts:
            if part.disposition != "attachment":
                self.plain(part)
        self.receipts()
        if self.full:
            self.defects.append(
                Defect("too-many-beacons", f"only the first {MAX_BEACONS} references were kept")
            )
            self.not_evaluated.append(
                f"The mail holds more than {MAX_BEACONS} remote references; the rest was not read."
            )
        return Found(
            tuple(self.beacons.values()),
            tuple(self.observations),
            tuple(self.defects),
            self.view,
            tuple(self.not_evaluated),
        )

    def markup(self, part: Part, view: HtmlView) -> None:
        trigger = _trigger_of(self.message, part)
        if trigger == "open" and part.media_type in _HTML and (self.view is None) and not part.reading:
            self.view = view
        references = find_references(view)
        if part.media_type in _SVG:
            trigger = "attachment"  # drawn as a picture it fetches nothing; opened by itself it does
        self.references(part, references, trigger)

    def plain(self, part: Part) -> None:
        text = part_text(self.message, part)
        if len(text) > MAX_TEXT_CHARACTERS:
            self.defects.append(
                Defect(
                    "text-too-large",
                    f"links were looked for in the first {MAX_TEXT_CHARACTERS} characters",
                    part.path,
                )
            )
            self.not_evaluated.append("Not all of a very long text was searched for links.")
            text = text[:MAX_TEXT_CHARACTERS]
        links = list(link.find_in_text(text))
        if not links:
            return
        known = {(technique, url) for technique, url, _ in self.beacons}
        if len(links) == link.MAX_TEXT_LINKS:
            limit = f"only the first {len(links)} links of a text were kept"
            self.defects.append(Defect("too-many-beacons", limit, part.path))
            self.not_evaluated.append(f"Not all of a text was searched: {limit}.")
        self.references(part, links, _trigger_of(self.message, part), known)

    def references(
        self,
        part: Part,
        references: Iterable[Reference],
        trigger: str,
        known: frozenset[tuple[str, str]] | set[tuple[str, str]] = frozenset(),
    ) -> None:
        """Turn the references of one part into beacons; `known` (technique, url) are told by another part."""
        path = f"{part.path}/{part.reading}" if part.reading else part.path
        resolved = [
            (reference, url)
            for reference, url in self.resolved(part, references)
            if (reference.technique, url.href) not in known
        ]
        if not resolved:
            return
        needles = needed(" ".join([url.href for _, url in resolved]), self.needles)
        if self.locations is None:
            self.locations = base_location.locations(self.message)
        for reference, url in resolved:
            if url.href in self.locations:
                reference = msgspec.structs.replace(reference, conditional=True)
            key = (reference.technique, url.href, path)
            if part.reading and (reference.technique, url.href, part.path) in self.beacons:
                continue
            if len(self.beacons) >= MAX_BEACONS and key not in self.beacons:
                self.full = True
                return
            beacon = self.beacon(reference, url, path, trigger, needles)
            earlier = self.beacons.get(key)
            self.beacons[key] = beacon if earlier is None else _stronger(earlier, beacon)

    def resolved(self, part: Part, references: Iterable[Reference]) -> Iterator[tuple[Reference, Url]]:
        """Give the references that contact a host, with their URLs, each once."""
        told: set[tuple[str, str, str, bool, bool, bool]] = set()
        header_base: str | None = ""  # not looked for yet
        for reference in references:
            raw = reference.url
            key = (
                raw,
                reference.technique,
                reference.trigger,
                reference.conditional,
                reference.hidden,
                not reference.label,
            )
            if key in told:
                continue
            told.add(key)
            url = resolve(raw, reference.base)
            if url is None:
                if reference.base is not None:
                    continue
                if header_base == "":
                    header_base = base_location.base_of(self.message, part)
                url = resolve(raw, header_base) if header_base else None
                if url is None or not header_base:
                    continue
                reference = base_location.through_header(reference, header_base)
            if url.scheme in _REMOTE:
                if url.host and reference.technique != file_path.TECHNIQUE:
                    yield reference, url
            elif url.scheme == "cid":
                self.content_id(url, part)
            elif reference.technique == file_path.TECHNIQUE:
                if url.host:
                    yield reference, url
                elif inner := file_path.inner_url(url.href):
                    yield reference, msgspec.structs.replace(url, host=inner.host, site=inner.site)

    def content_id(self, url: Url, part: Part) -> None:
        name = unquote(url.path_query or url.href[4:])
        if self.in_mail is None:
            self.in_mail = {other.content_id: other.path for other in self.message.parts if other.content_id}
        if name and name not in self.in_mail:
            self.in_mail[name] = ""  # told once
            self.defects.append(
                Defect("cid-missing", f"the body shows {name[:100]}, which is not in the mail", part.path)
            )

    def beacon(
        self, reference: Reference, url: Url, path: str, trigger: str, needles: Needles | None
    ) -> Beacon:
        if _RANK[trigger] < _RANK[reference.trigger]:
            trigger = reference.trigger
        personal = None
        if needles is not None:
            key = (url.href, reference.hidden)
            if key in self.personal:
                personal = self.personal[key]
            else:
                personal = self.personal[key] = find_personal(url, needles, hidden=reference.hidden)
        return Beacon(
            reference.technique,
            url.href,
            url.host,
            url.site,
            trigger,
            reference.conditional,
            reference.fires_in,
            leaks_of(reference.technique, reference.attribute),
            path,
            personal,
            self.vendor(url),
            reference.hidden,
            reference.offset,
            reference.label,
        )

    def vendor(self, url: Url) -> str | None:
        if url.host not in self.vendors:
            vendor = find_vendor(self.catalogue, url.host)
            self.vendors[url.host] = vendor.id if vendor else None
        known = self.vendors[url.host]
        if known is None and (hinted := vendor_by_path(self.catalogue, url.path_query)):
            # Anyone can write such a path: the judge must be able to tell it from a vendor's own host.
            hint = Observation("vendor-by-path", hinted.id, url.host)
            if hint not in self.observations:
                self.observations.append(hint)
            return hinted.id
        return known

    def receipts(self) -> None:
        if receipt_request.NAMES.isdisjoint([header.name for header in self.message.headers]):
            return
        sender_site = ""
        for header in self.message.headers:
            if header.name == "from" and (addresses := parse_addresses(header.value, 1)):
                sender_site = site_of(addresses[0].domain)
        for reference in receipt_request.find_in_headers(self.message):
            host = reference.url.rpartition("@")[2].lower()
            site = site_of(host)
            if sender_site and site != sender_site:
                self.observations.append(Observation("receipt-elsewhere", reference.url, reference.attribute))
            vendor = find_vendor(self.catalogue, host)
            self.beacons[reference.technique, reference.url, reference.attribute] = Beacon(
                technique=reference.technique,
                url=reference.url,
                host="",
                site=site,
                trigger=reference.trigger,
                conditional=reference.conditional,
                fires_in=reference.fires_in,
                leaks=leaks_of(reference.technique, reference.attribute),
                part=reference.attribute,
                vendor=vendor.id if vendor else None,
                offset=reference.offset,
                label=reference.label,
            )


def _stronger(first: Beacon, second: Beacon) -> Beacon:
    """Give the beacon that acts earlier and under fewer conditions; it is hidden only if both are."""
    ranks = [(_RANK[b.trigger], b.conditional, bool(b.fires_in)) for b in (first, second)]
    kept = first if ranks[0] <= ranks[1] else second
    hidden = first.hidden and second.hidden
    label = kept.label or first.label or second.label
    if kept.hidden == hidden and kept.label == label:
        return kept
    return msgspec.structs.replace(kept, hidden=hidden, label=label)


def _trigger_of(message: Message, part: Part) -> str:
    """Tell when a part is drawn: on opening, or once the reader opens an attachment or attached mail."""
    current = part
    for _ in range(len(message.parts)):
        if current.disposition == "attachment":
            return "attachment"
        if current.parent < 0:
            return "open"
        current = message.parts[current.parent]
        if current.media_type in ("message/rfc822", "message/global"):
            return "attachment"
    return "open"
