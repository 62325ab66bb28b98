"""From references to beacons: URLs looked up and searched for the reader, what is told twice told once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import msgspec

from tocsin.mail.url import Url, site_of
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import TRIGGERS, Beacon, Observation, Personal
from tocsin.model.reference import Reference
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


class Collector:
    """The beacons of one mail, attached mails and files included."""

    def __init__(self, catalogue: Catalogue, needles: Needles) -> None:
        self.catalogue = catalogue
        self.needles = needles
        self.beacons: dict[tuple[str, str, str], Beacon] = {}
        self.observations: list[Observation] = []
        self.full = False
        self._vendors: dict[str, str | None] = {}
        self._personal: dict[tuple[str, bool], Personal | None] = {}

    def add(
        self,
        place: Place,
        resolved: Iterable[tuple[Reference, Url]],
        known: Collection[tuple[str, str]] = (),
        wanted: Callable[[Reference, Personal | None], bool] | None = None,
    ) -> None:
        """Keep the references of one place as beacons.

        `known` (technique, url) are told by another part already. `wanted` decides by how a URL knows its
        reader, for what is a beacon only if it does.
        """
        if known:
            resolved = [pair for pair in resolved if (pair[0].technique, pair[1].href) not in known]
        else:
            resolved = list(resolved)
        if not resolved:
            return
        path = f"{place.path}/{place.reading}" if place.reading else place.path
        needles = needed(" ".join([url.href for _, url in resolved]), self.needles)
        for reference, url in resolved:
            technique = place.technique or reference.technique
            if reference.technique == _DRAWING and technique == OPENED:
                technique = _DRAWING
            key = (technique, url.href, path)
            if place.reading and (technique, url.href, place.path) in self.beacons:
                continue
            if len(self.beacons) >= MAX_BEACONS and key not in self.beacons:
                self.full = True
                return
            beacon = self._beacon(technique, reference, url, path, place.trigger, needles)
            if wanted is not None and not wanted(reference, beacon.personal):
                continue
            earlier = self.beacons.get(key)
            self.beacons[key] = beacon if earlier is None else _stronger(earlier, beacon)

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

    def _beacon(
        self,
        technique: str,
        reference: Reference,
        url: Url,
        path: str,
        trigger: str,
        needles: Needles | None,
    ) -> Beacon:
        personal = None
        if needles is not None:
            key = (url.href, reference.hidden)
            if key in self._personal:
                personal = self._personal[key]
            else:
                personal = self._personal[key] = find_personal(url, needles, hidden=reference.hidden)
        leaks = leaks_of(reference.technique, reference.attribute)
        if url.scheme in _FILES and "ntlm" not in leaks:
            leaks = (*leaks, "ntlm")
        return Beacon(
            technique,
            url.href,
            url.host,
            url.site,
            _acts_on(trigger, reference.trigger),
            reference.conditional,
            reference.fires_in,
            leaks,
            path,
            personal,
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


def _stronger(first: Beacon, second: Beacon) -> Beacon:
    """Give the beacon that acts earlier and under fewer conditions; it is hidden only if both are."""
    ranks = [(_RANK[b.trigger], b.conditional, bool(b.fires_in)) for b in (first, second)]
    kept = first if ranks[0] <= ranks[1] else second
    hidden = first.hidden and second.hidden
    label = kept.label or first.label or second.label
    if kept.hidden == hidden and kept.label == label:
        return kept
    return msgspec.structs.replace(kept, hidden=hidden, label=label)
