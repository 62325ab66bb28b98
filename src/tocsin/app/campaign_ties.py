"""What ties the mails of a campaign, told of the whole instead of pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.exchange.cutting import cut_host
from tocsin.link.kinds import GROUPS, KINDS, SLOT_KINDS
from tocsin.link.traits import unpack
from tocsin.mail.url import site_of
from tocsin.model.campaign import Campaign, Link
from tocsin.model.campaign_view import Shared, Weakest
from tocsin.store.interface import Store

_MOST_SHARED = 60
_GROUP_OF = {kind.name: kind.group for kind in KINDS} | {"near-text": "words", "near-structure": "form"}
_HOSTS = frozenset(("beacon-host", "style-host", "link-host", "id-host"))
_UNSAID = frozenset(("text", "structure"))
_NARROWER = {
    "beacon-site": "beacon-host",
    "domain": "address",
}  # where both say the same, the second says it better
_FURTHER = 0.25  # as linking counts what one cause makes alike at once


class _Value:
    """One value and who shows it."""

    def __init__(self, kind: str, value: str) -> None:
        self.kind = kind
        self.value = value
        self.mails: set[str] = set()
        self.people: set[str] = set()
        self.others = 0


def shared_values(store: Store, campaign: Campaign) -> tuple[tuple[Shared, ...], dict[str, tuple[int, ...]]]:
    """What members share and ties them, the telling first; and for each member (SHA-256) the places of what it shows.

    Reads the traits of all stored mail, to tell whom else they show.
    """
    weights = _weights(campaign.links)
    members = {member.number: member for member in campaign.members}
    found: dict[bytes, _Value] = {}
    for number, packed in store.traits(list(members)):
        for key, kind, value in _values(packed):
            if (kind, "" if kind in _UNSAID else value) in weights:
                one = found.setdefault(key, _Value(kind, value))
                one.mails.add(members[number].sha256)
                one.people.add(members[number].owner)
    found = {key: one for key, one in found.items() if len(one.mails) > 1}
    if found:
        keys = tuple(found)
        for number, packed in store.traits():
            if number not in members and any(key in packed for key in keys):  # most mails hold none
                for key, _, _ in _values(packed):
                    if key in found:
                        found[key].others += 1
    told = [(one, weights[one.kind, "" if one.kind in _UNSAID else one.value]) for one in found.values()]
    told += [(one, weight) for one, weight in _others(campaign, weights) if len(one.mails) > 1]
    same = {(one.kind, frozenset(one.mails)) for one, _ in told}
    told = [
        (one, weight) for one, weight in told if (_NARROWER.get(one.kind), frozenset(one.mails)) not in same
    ]
    told.sort(key=lambda pair: (-pair[1] * len(pair[0].mails), pair[0].kind, pair[0].value))
    shows: dict[str, list[int]] = {}
    for place, (one, _) in enumerate(told[:_MOST_SHARED]):
        for mail in one.mails:
            shows.setdefault(mail, []).append(place)
    return (
        tuple(
            Shared(
                one.kind,
                _GROUP_OF.get(one.kind, "words"),
                for_people(one.kind, one.value),
                len(one.mails),
                len(one.people - {""}),
                one.others,
                round(weight, 2),
            )
            for one, weight in told[:_MOST_SHARED]
        ),
        {mail: tuple(places) for mail, places in shows.items()},
    )


def link_values(links: Iterable[Link]) -> tuple[Shared, ...]:
    """What the links name, the telling first; others are not counted."""
    found: dict[tuple[str, str], set[str]] = {}
    weights: dict[tuple[str, str], float] = {}
    for link in links:
        name = (link.reason, link.shared)
        found.setdefault(name, set()).update((link.a, link.b))
        weights[name] = max(link.weight, weights.get(name, 0.0))
    ordered = sorted(found, key=lambda name: (-weights[name] * len(found[name]), name))
    return tuple(
        Shared(
            kind,
            _GROUP_OF.get(kind, "words"),
            for_people(kind, value),
            len(found[kind, value]),
            0,
            -1,
            weights[kind, value],
        )
        for kind, value in ordered
    )


def weakest_join(campaign: Campaign) -> Weakest | None:
    """The join that would break first, None for mail that nothing need join."""
    pairs: dict[tuple[str, str], list[Link]] = {}
    for link in campaign.links:
        pairs.setdefault((link.a, link.b), []).append(link)
    if not pairs:
        return None
    ordered = sorted(pairs, key=lambda pair: (-_nats(pairs[pair]), pair))
    root: dict[str, str] = {}

    def home(mail: str) -> str:
        while (up := root.get(mail, mail)) != mail:
            root[mail] = root.get(up, up)
            mail = up
        return mail

    tree: list[tuple[str, str]] = []
    for one, other in ordered:
        left, right = home(one), home(other)
        if left != right:
            root[left] = right
            tree.append((one, other))
    last = tree.pop()
    root.clear()
    for one, other in tree:
        root[home(one)] = home(other)
    whole = {mail for pair in pairs for mail in pair}
    sides = [{mail for mail in whole if home(mail) == home(end)} for end in last]
    apart = min(sides, key=lambda side: (len(side), min(side)))
    ties = sum((one in apart) != (other in apart) for one, other in pairs)
    reasons = sorted(pairs[last], key=lambda link: (-link.weight, link.reason))
    return Weakest(
        tuple(sorted(apart)),
        ties,
        tuple((link.reason, for_people(link.reason, link.shared)) for link in reasons),
        all(link.reason == "analyst" for link in reasons),
    )


def for_people(kind: str, value: str) -> str:
    """A shared value without what could stand for one reader."""
    if kind == "token":
        return f"{value[:4]}… ({len(value)} characters)"
    if kind in _HOSTS:
        return cut_host(value, site_of(value))
    return "" if kind in _UNSAID else value


def _values(packed: bytes) -> Iterator[tuple[bytes, str, str]]:
    try:
        traits = unpack(packed)
    except ValueError:
        return  # of another version: the mail is compared again once it is observed again
    values = traits.values.split("\n")
    for place, slot in enumerate(traits.slots):
        yield traits.keys[8 * place : 8 * place + 8], KINDS[SLOT_KINDS[slot]].name, values[place]


def _weights(links: Iterable[Link]) -> dict[tuple[str, str], float]:
    weights: dict[tuple[str, str], float] = {}
    for link in links:
        name = (link.reason, link.shared)
        weights[name] = max(link.weight, weights.get(name, 0.0))
    return weights


def _others(campaign: Campaign, weights: dict[tuple[str, str], float]) -> Iterator[tuple[_Value, float]]:
    """What only pairs show: near copies; and the same bytes in several mailboxes."""
    owners = {member.sha256: member.owner for member in campaign.members}
    for kind in ("near-text", "near-structure", "analyst"):
        one = _Value(kind, "")
        for link in campaign.links:
            if link.reason == kind:
                one.mails.update((link.a, link.b))
        one.people = {owners[mail] for mail in one.mails if mail in owners}
        one.others = -1
        yield one, weights.get((kind, ""), 0.0)


def _nats(links: list[Link]) -> float:
    """About what a pair weighs: in each group the strongest counts whole, others a quarter."""
    total = 0.0
    for group in (*GROUPS, ""):
        weights = sorted(
            (link.weight for link in links if _GROUP_OF.get(link.reason, "") == group), reverse=True
        )
        total += sum(weights[:1]) + (_FURTHER if group else 1.0) * sum(weights[1:])
    return total
