"""Whom a mail says it comes from, and whether its addresses bear that out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from tocsin.judge.guarded import HOUSE
from tocsin.judge.imitation import Likeness, Lookalikes, is_distinct, squeeze
from tocsin.judge.known import Known
from tocsin.judge.lookalike import imitated_site, imitates_name, site_label
from tocsin.judge.traits import Traits
from tocsin.mail.callbacks import related
from tocsin.model.names import KnownName
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.observe.names import find_in_name
from tocsin.observe.vendors import find_sender_vendor

_NEWS = frozenset(("agency", "newspaper", "broadcaster", "magazine", "online"))
_NEWS_ROLES = frozenset(("journalist", "agency", "newspaper"))
_HOSTS = 8  # hosts of a mail that are looked at


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A name that a mail bears: `where` is "from", "signature" or "introduction", `domain` what it really uses."""

    of: KnownName
    domain: str
    where: str


class Identity(msgspec.Struct, frozen=True, gc=False):
    """What is odd about who the mail says it is.

    `claims` are those that no address and no signature of the mail bears out. `likeness` is the most telling
    look-alike; `place` where it stands: "From", "Reply-To", "Return-Path" or a host that the mail calls or links to;
    `said` whether the mail also claims that name, or brings news and the name is an outlet's. `forged` is whose
    genuine domain From shows although it does not vouch for the mail. `person` is the display name if it is a
    protected person's and the address is not theirs.
    """

    claims: tuple[Claim, ...] = ()
    likeness: Likeness | None = None
    place: str = ""
    said: bool = False
    forged: KnownName | None = None
    person: str = ""


NOTHING_ODD = Identity()


def imitated_here(mail: Observed) -> str:
    """What the sender's site looks like but is not, by the mail alone: its own name, or a site that it
    links to.
    """
    sender = mail.sender
    if not sender.site:
        return ""
    if imitates_name(sender.site, sender.name):
        return f"the name {sender.name}"
    return imitated_site(sender.site, mail.content.link_sites) if mail.content.link_sites else ""


def identify(mail: Observed, traits: Traits, owner: Owner, known: Known) -> Identity:
    """What is odd about the sender's identity, by the mail and the lists alone."""
    guarded = known.guarded
    sender = mail.sender
    if not traits.sender_known or not sender.site:
        return NOTHING_ODD
    genuine = guarded.lookalikes.genuine(sender.domain)
    forged = genuine if genuine is not None and traits.unaligned else None
    claims: tuple[Claim, ...] = ()
    if "claims-name" in traits.kinds or (sender.name and guarded.houses.keys):
        claims = tuple(_unborne(mail, known, trusted=genuine is not None and forged is None))
    likeness, place, said = _likeness(mail, traits, owner, known, claims)
    person = ""
    if traits.name_key and traits.name_key in guarded.persons:
        person = _borrowed(mail, guarded.persons[traits.name_key])
    if not claims and likeness is None and forged is None and not person:
        return NOTHING_ODD
    return Identity(claims, likeness, place, said, forged, person)


def _unborne(mail: Observed, known: Known, *, trusted: bool) -> Iterator[Claim]:
    """Claims that neither the sender's domain nor a signature that held bears out.

    A sender that is known itself (`trusted`) may well write for others in its own house.
    """
    sender = mail.sender
    signers = sender.dkim_domains if sender.dkim == "pass" else ()
    named = [(o.value, o.where) for o in mail.observations if o.kind == "claims-name"]
    if sender.name:
        named += [(id_, "from") for id_ in find_in_name(known.guarded.houses, sender.name)]
    for id_, where in named:
        entry = known.guarded.entries.get(id_)
        if entry is None or (trusted and where != "from" and not id_.startswith(HOUSE)):
            continue
        if any(_belongs(sender.domain, sender.site, domain) for domain in entry.domains):
            continue
        if any(related(signer, domain) for signer in signers for domain in entry.domains):
            continue
        yield Claim(entry, entry.domains[0], where)


def _belongs(host: str, site: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain) or site == domain or domain.endswith("." + site)


def _likeness(
    mail: Observed, traits: Traits, owner: Owner, known: Known, claims: tuple[Claim, ...]
) -> tuple[Likeness | None, str, bool]:
    """The most telling look-alike among the mail's addresses and hosts, where it stands, and whether the mail
    speaks as the one it looks like.
    """
    catalogue = known.catalogue
    best: tuple[int, Likeness, str, bool] | None = None
    house = _house(owner, known)
    news = mail.content.headline or mail.content.article or not _NEWS_ROLES.isdisjoint(mail.content.persona)
    for host, site, place in _hosts(mail, traits, bool(claims)):
        found = known.guarded.lookalikes.of(host, site)
        if house is not None and (near := house.of(host, site)):
            found = (*near, *found)
        if not found or (catalogue is not None and find_sender_vendor(catalogue, host) is not None):
            continue
        for likeness in found:
            claimed = any(likeness.domain in claim.of.domains for claim in claims)
            strength = likeness.strength
            if strength == "claimed" and not claimed:
                if not likeness.of.id.startswith(HOUSE) or not _names_house(mail, likeness):
                    continue
                strength, claimed = "weak", True
            said = claimed or (news and likeness.of.kind in _NEWS)
            rank = 4 * (place != "From") + 2 * (not said) + (strength != "strong")
            if best is None or rank < best[0]:
                best = (rank, msgspec.structs.replace(likeness, strength=strength), place, said)
    return best[1:] if best is not None else (None, "", False)


def _hosts(mail: Observed, traits: Traits, claimed: bool) -> Iterator[tuple[str, str, str]]:
    """Hosts that could be look-alikes, with site and place; those that the mail calls or links to only where it
    claims a name or calls strangers.
    """
    sender = mail.sender
    if not traits.freemail:
        yield sender.domain, sender.site, "From"
    if sender.reply_site and sender.reply_site != sender.site:
        yield sender.reply_to.rpartition("@")[2], sender.reply_site, "Reply-To"
    if sender.return_site and sender.return_site != sender.site and sender.service is None:
        yield sender.return_path.rpartition("@")[2], sender.return_site, "Return-Path"
    for beacon in traits.strangers[:_HOSTS]:
        yield beacon.host, beacon.site, beacon.host
    if claimed:
        for site in mail.content.link_sites[:_HOSTS]:
            if site != sender.site:
                yield site, site, site


def _names_house(mail: Observed, likeness: Likeness) -> bool:
    """Whether the display name holds the name in an organisation's domain, of which it has a likeness."""
    label = site_label(likeness.domain)
    return is_distinct(label) and label in squeeze(mail.sender.name)


def _house(owner: Owner, known: Known) -> Lookalikes | None:
    """Look-alikes of the reader's own domain, where no list has it already."""
    if not owner.addresses or owner.organisation in owner.addresses:
        return None
    domain = owner.addresses[0].rpartition("@")[2]
    if not domain or known.guarded.lookalikes.genuine(domain) is not None:
        return None
    return _lookalikes_of(domain, owner.organisation or domain)


@lru_cache(maxsize=256)
def _lookalikes_of(domain: str, name: str) -> Lookalikes:
    return Lookalikes((KnownName(HOUSE + name, name, "organisation", (domain,), "", ""),))


def _borrowed(mail: Observed, addresses: tuple[str, ...]) -> str:
    """The display name, if none of these addresses, and none of their houses, sent the mail."""
    sender = mail.sender
    if sender.address in addresses:
        return ""
    if any(_belongs(sender.domain, sender.site, address.rpartition("@")[2]) for address in addresses):
        return ""
    return sender.name
