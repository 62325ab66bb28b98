"""Signs that only several mails show together: how a campaign went on, and whom it reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tocsin.attribute.material import Material, Seen
from tocsin.attribute.showing import View
from tocsin.model.observation import Observed

_DAY_S = 86_400.0
_DAYS = 14  # within which one template reaches people of several houses
_HOUSES = 3


class Course(msgspec.Struct, frozen=True):
    """A sign that the campaign as a whole shows: the members that show it, each with its place, and a sentence."""

    sign: str
    places: tuple[tuple[Seen, str], ...]
    text: str


def courses(material: Material, views: Sequence[View]) -> Iterator[Course]:
    """The signs of this sort; `views` are those of the campaign's mails."""
    by_owner: dict[str, list[View]] = defaultdict(list)
    for view in views:
        if view.seen.time_s is not None and view.seen.owner:
            by_owner[view.seen.owner].append(view)
    for owned in by_owner.values():
        owned.sort(key=lambda view: (view.seen.time_s or 0.0, view.seen.observed.sha256))
    yield from _later_click(by_owner)
    yield from _rapport(by_owner)
    houses = {view.seen.owner: house_of(view.seen.owner, material) for view in views if view.seen.owner}
    yield from _reach(material, views, houses)


def house_of(address: str, material: Material) -> str:
    """What a reader belongs to: the organisation of people.toml, else the domain, else (freemail) the address."""
    owner = material.people.get(address)
    if owner is not None and owner.organisation:
        return owner.organisation
    domain = address.rpartition("@")[2]
    return address if material.hosting.get(domain) == "freemail" else domain


def _later_click(by_owner: Mapping[str, list[View]]) -> Iterator[Course]:
    places: list[tuple[Seen, str]] = []
    people = 0
    for owned in by_owner.values():
        first = next((view for view in owned if view.callbacks and not view.links), None)
        later = [view for view in owned if first is not None and _after(first, view) and view.links]
        if first is not None and later:
            people += 1
            places.append((first.seen, first.callbacks[0].part or "mail"))
            places += [(view.seen, view.links[0].part or "mail") for view in later]
    if places:
        text = (
            f"{_people(people)} got mail that calls when opened and holds no link, and later mail with a link"
        )
        yield Course("later-click", tuple(places), text)


def _rapport(by_owner: Mapping[str, list[View]]) -> Iterator[Course]:
    """Mail of one address that offers nothing to act on, then mail of the same address that does."""
    places: list[tuple[Seen, str]] = []
    people = 0
    for owned in by_owner.values():
        by_sender: dict[str, list[View]] = defaultdict(list)
        for view in owned:
            by_sender[view.mail.sender.address].append(view)
        for mails in by_sender.values():
            first = mails[0]
            later = [view for view in mails[1:] if _after(first, view) and not _harmless(view.mail)]
            if _harmless(first.mail) and later:
                people += 1
                places.append((first.seen, "body"))
                places += [(view.seen, "body") for view in later]
                break
    if places:
        text = f"{_people(people)} first got mail of the same sender without link, call or attachment"
        yield Course("rapport-first", tuple(places), text)


def _reach(material: Material, views: Sequence[View], houses: Mapping[str, str]) -> Iterator[Course]:
    templates: dict[str, list[View]] = defaultdict(list)
    for view in views:
        if view.seen.time_s is not None and view.seen.owner:
            for template in _templates(view):
                templates[template].append(view)
    best: tuple[int, list[View]] = (0, [])
    for template in sorted(templates):
        mails = sorted(templates[template], key=lambda view: view.seen.time_s or 0.0)
        count, within = _most_houses(mails, houses)
        if count > best[0]:
            best = (count, within)
    if best[0] >= _HOUSES:
        text = f"mails that are written or call alike reached people of {best[0]} organisations within {_DAYS} days"
        yield Course("many-targets", tuple((view.seen, "body") for view in best[1]), text)
        return
    reached = set(houses.values())
    others = {house_of(address, material) for address in material.held} - reached
    if len(reached) == 1 and len(others) >= 2:
        whom = "one person" if len(houses) == 1 else f"{len(houses)} people of one organisation"
        text = f"only {whom} got it, although mail of {len(others):,} other organisations is kept here"
        yield Course("single-target", tuple((view.seen, "To") for view in views), text)


def _templates(view: View) -> Iterator[str]:
    """What copies of one mailing share: text, structure, or the place at a stranger's that they call."""
    content = view.mail.content
    yield from (f"text {content.text_hash}",) if content.text_hash else ()
    yield from (f"structure {content.structure_hash}",) if content.structure_hash else ()
    hosting = view.material.hosting
    yield from {
        f"call {one.host}" for one in view.callbacks if one.vendor is None and one.host not in hosting
    }


def _most_houses(mails: Sequence[View], houses: Mapping[str, str]) -> tuple[int, list[View]]:
    """The most houses that mails in time order reach within the window, and these mails."""
    best: tuple[int, int, int] = (0, 0, 0)
    inside: dict[str, int] = defaultdict(int)
    start = 0
    for end, view in enumerate(mails):
        inside[houses[view.seen.owner]] += 1
        while (view.seen.time_s or 0.0) - (mails[start].seen.time_s or 0.0) > _DAYS * _DAY_S:
            house = houses[mails[start].seen.owner]
            inside[house] -= 1
            if not inside[house]:
                del inside[house]
            start += 1
        best = max(best, (len(inside), -start, end))
    count, start, end = best
    return count, list(mails[-start : end + 1]) if count else []


def _harmless(mail: Observed) -> bool:
    return not (mail.beacons or mail.content.links or mail.content.attachments)


def _after(first: View, later: View) -> bool:
    return (later.seen.time_s or 0.0) > (first.seen.time_s or 0.0)


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count:,} people"
