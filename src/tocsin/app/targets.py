"""Who was sent the mails of a campaign, at which address; and what of it one domain's owner is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import known_people
from tocsin.app.catalogue import load_catalogue
from tocsin.app.config import Config
from tocsin.app.domain_owners import Register
from tocsin.app.matching import AddressBook
from tocsin.app.people import load_people
from tocsin.mail.canonical import canonical
from tocsin.mail.url import site_of
from tocsin.model.campaign import Campaign, Member
from tocsin.model.observation import Observed
from tocsin.model.people import Contact, Owner, People
from tocsin.model.sharing import Left
from tocsin.model.stored import AuditEntry
from tocsin.model.targets import DomainOwner, SentTo, Targets, TargetShare
from tocsin.observe.vendors import hosting_group
from tocsin.store.interface import Store

_SEPARATOR = re.compile(r"(?:@|=40|%40|=)(?=([\w-]{1,63}(?:\.[\w-]{1,63})*))", re.IGNORECASE)
_LONGEST_ID = 998  # RFC 5322, 2.1.1: octets of a line


class TargetError(ValueError):
    """Targets cannot be shared as asked; the message says why and what to do."""


def people_of(store: Store, settings: Config) -> People:
    """The people of the settings, else those that the last scan with a people.toml named."""
    if settings.people is not None:
        return load_people(settings.people)
    owners = {id(owner): owner for owner in known_people(store).values()}
    return People(tuple(owners.values()))


def targets_of(store: Store, campaign: Campaign, people: People) -> Targets:
    """Where the campaign's mails were sent, mail by mail and address by address."""
    book = AddressBook(people)
    owners = {owner.addresses[0]: owner for owner in people.owners}
    is_private = _Privacy(people.contacts)
    sent: list[SentTo] = []
    unplaced = gone = 0
    members = {member.number: member for member in campaign.members}
    records = dict(_recipients(store, members))
    for number, member in members.items():
        if number not in records:
            gone += 1
            continue
        owner = owners.get(book.get(member.owner, "")) or Owner((member.owner,))
        hit = _hit(records[number], owner, book)
        unplaced += not hit
        sent.extend(_sent(member, address, owner, is_private(address, owner)) for address in hit)
    ordered = sorted(sent, key=lambda one: (one.time_s is None, one.time_s or 0.0, one.sha256, one.address))
    names = {
        owner.addresses[0]: owner.name for owner in people.owners if owner.addresses[0] in campaign.people
    }
    known = frozenset(book) | {one.address for one in sent} | frozenset(campaign.people)
    return Targets(campaign.id, tuple(ordered), names, unplaced, gone, known - {""}, store.exercise)


def _recipients(store: Store, members: Mapping[int, Member]) -> Iterator[tuple[int, Observed]]:
    """Records without what is not asked for here, so that a large campaign stays small in memory."""
    for number, mail in store.records(list(members)):
        yield number, msgspec.structs.replace(mail, beacons=(), observations=(), defects=())


def _hit(mail: Observed, owner: Owner, book: AddressBook) -> tuple[str, ...]:
    """The addresses of this person that a mail went to: by what delivery wrote, else by its address fields.

    A mail whose fields name nobody known (a blind copy) went to the address of whoever has but one.
    """
    person = owner.addresses[0]
    mine = {canonical(person)} if person not in book else set()
    for addresses in (mail.delivered_to, mail.to):
        found = (one for one in addresses if book.get(one) == person or canonical(one) in mine - {""})
        if hit := tuple(dict.fromkeys(found)):
            return hit
    listed = tuple(address for address in owner.addresses if address)
    return listed if len(listed) == 1 else ()


def _sent(member: Member, address: str, owner: Owner, private: bool) -> SentTo:
    domain = address.rpartition("@")[2]
    person = owner.addresses[0]
    return SentTo(
        address, domain, person, member.sha256, member.message_id, member.time_s, member.number, private
    )


class _Privacy:
    """Which addresses are a person's own affair."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._private = {(one.person, canonical(address)) for one in contacts for address in one.private}
        self._catalogue = load_catalogue()

    def __call__(self, address: str, owner: Owner) -> bool:
        """Listed as private, at a provider of mailboxes, or unpublished and elsewhere than the first address."""
        form, domain = canonical(address), address.rpartition("@")[2]
        if form and (owner.addresses[0], form) in self._private:
            return True
        if hosting_group(self._catalogue, domain) == "freemail":
            return True
        elsewhere = site_of(domain) != site_of(owner.addresses[0].rpartition("@")[2])
        return elsewhere and form in {canonical(one) for one in owner.unpublished}


def addresses_of_targets(targets: Targets, people: People, *, everything: bool = False) -> tuple[str, ...]:
    """The addresses that were hit; `everything`: all that people.toml has of the same people as well.

    Those are written under former and present names of their domains, since others may know either.
    """
    hit = {one.address for one in targets.sent}
    if everything:
        hit_people = {one.person for one in targets.sent}
        for owner in people.owners:
            hit.update(owner.addresses if owner.addresses[0] in hit_people else ())
        for former, present in people.renamed:
            for local, _, domain in [address.rpartition("@") for address in hit]:
                if domain in (former, present):
                    hit |= {f"{local}@{former}", f"{local}@{present}"}
    return tuple(sorted(hit))


def share(
    store: Store,
    targets: Targets,
    owner: DomainOwner,
    register: Register,
    marked: Sequence[Left] = (),
    *,
    tlp: str,
    mandate: str,
    now_s: float,
) -> TargetShare:
    """What this owner is given; noted in the audit of the store. Raises TargetError where nothing is theirs.

    `marked` is what was left out of `targets` before, for its mark.
    """
    theirs = [one for one in targets.sent if register.is_theirs(owner, one.domain)]
    given = [one for one in theirs if not one.private]
    left: list[Left] = list(marked)
    if len(given) < len(theirs):
        why = "they are private, which no domain's owner is told; tell the people themselves"
        left.append(Left("mails to addresses there", why, len(theirs) - len(given)))
    if targets.unplaced:
        why = "it is not known to which of the person's addresses they went"
        left.append(Left("mails of the campaign", why, targets.unplaced))
    if targets.gone:
        left.append(Left("mails of the campaign", "the store no longer holds them", targets.gone))
    if not given:
        reasons = "".join(f"; left out: {one.what} ({one.count:,}): {one.why}" for one in left)
        domains = ", ".join(owner.domains)
        raise TargetError(f"{domains}: no mail of {targets.campaign} went to an address there{reasons}")
    others = _by_domain(targets.known)
    shown = tuple(_without_others(one, others) for one in given)
    blank = sum(not one.message_id for one in shown) - sum(not one.message_id for one in given)
    if blank:
        why = "they hold the address of somebody else"
        left.append(Left("Message-IDs", why, blank))
    detail = f"targets of {targets.campaign} for {owner.name}: {len(given)} mails, TLP:{tlp}"
    numbers = tuple(sorted({one.number for one in given}))
    store.audit(
        AuditEntry(now_s, account(), "export", numbers, count=len(numbers), mandate=mandate, detail=detail)
    )
    return TargetShare(targets.campaign, owner, tlp, float(int(now_s)), shown, tuple(left), targets.exercise)


def audit_look(store: Store, targets: Targets, *, mandate: str, now_s: float) -> None:
    """Note that somebody looked at who was sent these mails."""
    numbers = tuple(sorted({one.number for one in targets.sent}))
    detail = f"targets of {targets.campaign}"
    store.audit(
        AuditEntry(now_s, account(), "show", numbers, count=len(numbers), mandate=mandate, detail=detail)
    )


def _by_domain(addresses: Iterable[str]) -> dict[str, list[str]]:
    """The part before the @ of each address, by the domain."""
    found: dict[str, list[str]] = {}
    for address in addresses:
        local, _, domain = address.rpartition("@")
        found.setdefault(domain, []).append(local)
    return found


def _without_others(one: SentTo, others: Mapping[str, Sequence[str]]) -> SentTo:
    """The same without its Message-ID where that names another address: senders choose it, and may write any."""
    text = one.message_id.casefold()
    own = {one.address, canonical(one.address)}
    if len(text) <= _LONGEST_ID and own.issuperset(_named(text, others)):
        return one
    return msgspec.structs.replace(one, message_id="")


def _named(text: str, others: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Known addresses that stand in a text, written with "@" or as mailing programs do in Message-IDs."""
    for match in _SEPARATOR.finditer(text):
        head, labels = text[: match.start()], match[1].split(".")
        plain = head.rpartition("+")[0] or head  # the part from "+" on leads to the same mailbox
        for end in range(len(labels), 0, -1):
            domain = ".".join(labels[:end])
            for local in others.get(domain, ()):
                if head.endswith(local) or plain.endswith(local):
                    yield f"{local}@{domain}"
