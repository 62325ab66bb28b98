"""From references to beacons: URLs looked up and searched for the reader, what is told twice told once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import msgspec

from tocsin.mail.url import Url, site_of
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import TRIGGERS, Beacon, Observation, Personal
from tocsin.model.reference import Reference
from tocsin.observe.beacons.references import in_file
from tocsin.observe.beacons.techniques import leaks_of
from tocsin.observe.tokens import Needles, find_personal, needed
from tocsin.observe.vendors import find_vendor, vendor_by_path

MAX_BEACONS = 5_000
OPENED = "html-attachment"

_DRAWING = "svg"
_ORDER = {
    trigger: rank for rank, trigger in enumerate(("receipt", "open", "reply", "attachment", "print", "click"))
}
_RANK = {trigger: rank for rank, trigger in enumerate(TRIGGERS)}
_FILES = frozenset({"file", "smb", "cifs"})


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where references were found, and what that makes of them.

    `path` and `reading` are the part's. `trigger` is the least that the reader must do ("open" for the body
    of the mail). `technique` names the carrier that references are reported under instead of their own, ""
    for none; what they leak stays their own. A drawing is a drawing in the body and opened by itself.
    """

    path: str
    trigger: str = "open"
    reading: str = ""
    technique: str = ""

    @property
    def whole_path(self) -> str:
        """The path with the reading."""
        return f"{self.path}/{self.reading}" if self.reading else self.path


_Key = tuple[str, str, str]  # technique, URL, path
Wanted = Callable[[Reference, Personal | None], bool]


class _Candidate(msgspec.Struct, frozen=True, gc=False):
    place: Place
    reference: Reference
    wanted: Wanted
    position: int  # how many beacons stood before it


class Collector:
    """The beacons of one mail, attached mails and files included.

    Whether they know their reader is asked once, when all are there: bodies repeat each other's URLs, and most mails
    hold nothing that could.
    """

    def __init__(self, catalogue: Catalogue, needles: Needles) -> None:
        self.catalogue = catalogue
        self.needles = needles
        self.beacons: dict[_Key, Beacon] = {}
        self.observations: list[Observation] = []
        self.full = False
        self._urls: dict[_Key, tuple[Url, bool]] = {}  # of a beacon: where it leads, and whether it is hidden
        self._candidates: list[_Candidate] = []
        self._vendors: dict[str, str | None] = {}

    def add(
        self,
        place: Place,
        resolved: Iterable[tuple[Reference, Url]],
        known: Collection[tuple[str, str]] = (),
    ) -> None:
        """Keep the references of one place as beacons; `known` (technique, url) are told by another part already."""
        path = place.whole_path
        for reference, url in resolved:
            if known and (reference.technique, url.href) in known:
                continue
            technique = place.technique or reference.technique
            if reference.technique == _DRAWING and technique == OPENED:
                technique = _DRAWING
            if place.reading and (technique, url.href, place.path) in self.beacons:
                continue
            key = (technique, url.href, path)
            earlier = self.beacons.get(key)
            if earlier is None and len(self.beacons) >= MAX_BEACONS:
                self.full = True
                return
            beacon = self._beacon(key, reference, url, place.trigger)
            if earlier is not None:
                if not _is_stronger(beacon, earlier):
                    self.beacons[key] = _merged(earlier, beacon)
                    continue
                beacon = _merged(beacon, earlier)
            self.beacons[key] = beacon
            self._urls[key] = url, reference.hidden

    def add_candidates(self, wanted: Wanted, found: Iterable[tuple[Place, Reference]]) -> None:
        """Keep references that are beacons only if `wanted` says so, by how their URLs know the reader."""
        position = len(self.beacons)
        self._candidates.extend(
            [_Candidate(place, reference, wanted, position) for place, reference in found]
        )

    def add_address(self, place: Place, reference: Reference) -> None:
        """Keep a reference that answers to a mail address (`mailto:`) as a beacon without a host."""
        address = reference.url[7:].partition("?")[0]
        domain = address.rpartition("@")[2].lower()
        vendor = find_vendor(self.catalogue, domain)
        technique = place.technique or reference.technique
        self.beacons[technique, reference.url, place.path] = Beacon(
            technique=technique,
            url=reference.url,
            host="",
            site=site_of(domain),
            trigger=_acts_on(place.trigger, reference.trigger),
            conditional=reference.conditional,
            fires_in=reference.fires_in,
            leaks=leaks_of(reference.technique, reference.attribute),
            part=place.path,
            vendor=vendor.id if vendor else None,
            offset=reference.offset,
            label=reference.label,
        )

    def collected(self) -> tuple[Beacon, ...]:
        """Give all beacons in the order in which they were found, with how each knows its reader."""
        hrefs = [url.href for url, _ in self._urls.values()]
        hrefs += [candidate.reference.url for candidate in self._candidates]
        needles = needed(" ".join(dict.fromkeys(hrefs)), self.needles)
        if needles is None:
            return tuple(self.beacons.values())
        told: dict[tuple[str, bool], Personal | None] = {}

        def personal_of(url: Url, hidden: bool) -> Personal | None:
            key = (url.href, hidden)
            if key not in told:
                told[key] = find_personal(url, needles, hidden=hidden)
            return told[key]

        for key, (url, hidden) in self._urls.items():
            if (personal := personal_of(url, hidden)) is not None:
                self.beacons[key] = msgspec.structs.replace(self.beacons[key], personal=personal)
        beacons = list(self.beacons.values())
        for candidate in reversed(self._candidates):
            place = candidate.place
            for reference, url in in_file((candidate.reference,)):
                personal = personal_of(url, reference.hidden)
                if candidate.wanted(reference, personal):
                    key = (reference.technique, url.href, place.whole_path)
                    beacon = self._beacon(key, reference, url, place.trigger)
                    beacons.insert(candidate.position, msgspec.structs.replace(beacon, personal=personal))
        return tuple(beacons)

    def _beacon(self, key: _Key, reference: Reference, url: Url, trigger: str) -> Beacon:
        technique, href, path = key
        leaks = leaks_of(reference.technique, reference.attribute)
        if url.scheme in _FILES and "ntlm" not in leaks:
            leaks = (*leaks, "ntlm")
        return Beacon(
            technique,
            href,
            url.host,
            url.site,
            _acts_on(trigger, reference.trigger),
            reference.conditional,
            reference.fires_in,
            leaks,
            path,
            None,
            self._vendor(url),
            reference.hidden,
            reference.offset,
            reference.label,
        )

    def _vendor(self, url: Url) -> str | None:
        if url.host not in self._vendors:
            vendor = find_vendor(self.catalogue, url.host)
            self._vendors[url.host] = vendor.id if vendor else None
        known = self._vendors[url.host]
        if known is None and (hinted := vendor_by_path(self.catalogue, url.path_query)):
            # Anyone can write such a path: the judge must be able to tell it from a vendor's own host.
            hint = Observation("vendor-by-path", hinted.id, url.host)
            if hint not in self.observations:
                self.observations.append(hint)
            return hinted.id
        return known


def later(first: str, second: str) -> str:
    """Give the later of two triggers where both must happen: a link in an attachment waits for its click."""
    return max(first, second, key=_ORDER.__getitem__)


def _acts_on(place: str, reference: str) -> str:
    """What services do with a body on its arrival does not wait until the body is opened."""
    return "receipt" if place == "open" and reference == "receipt" else later(place, reference)


def _is_stronger(first: Beacon, second: Beacon) -> bool:
    """Whether the first beacon acts earlier than the second, or under fewer conditions."""
    ranks = [(_RANK[b.trigger], b.conditional, bool(b.fires_in)) for b in (first, second)]
    return ranks[0] < ranks[1]


def _merged(kept: Beacon, other: Beacon) -> Beacon:
    """The stronger of two beacons, hidden only if both are."""
    hidden = kept.hidden and other.hidden
    label = kept.label or other.label
    if kept.hidden == hidden and kept.label == label:
        return kept
    return msgspec.structs.replace(kept, hidden=hidden, label=label)
