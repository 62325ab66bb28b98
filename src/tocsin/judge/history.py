"""The mailboxes' own memory while mail is judged in time order.

It is the one mutable value of that pass and belongs to the caller. Addresses, names and message ids are
kept as 64-bit hashes, so a mail costs at most a few hundred bytes and the memory names nobody.
"""

from __future__ import annotations

import re

import msgspec

from tocsin.judge.context import UNSEEN, Context, Seen
from tocsin.judge.fanout import Fanout, FanoutBuilder, moment, owner_key
from tocsin.judge.lookalike import imitated_site, imitates, imitates_name, site_label, skeleton
from tocsin.judge.traits import NOBODY, Traits, known_from, out_of_sight, read_traits
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict

__all__ = ["FanoutBuilder", "History"]

DAY_S = 86_400
ENOUGH_MAILS = 20
ANNOUNCEMENT_S = 60 * DAY_S
SUSPECT_AT = 0.05  # from this P(reconnaissance) on, later mails are compared with a mail
_REGULAR_FROM = 3  # mails from which on a site counts as a regular sender
_HOSTS_KEPT = 4
_MOST_SUSPECTS = 50_000

# An organisation that tells its own people about a simulated phishing mail: both words, in four languages.
_PHISHING = re.compile(r"phish|hame[cç]on", re.IGNORECASE)
_DRILL = re.compile(r"simul|drill|exerci|oefen|übung|uebung|awareness|\btest", re.IGNORECASE)


class _Record(msgspec.Struct, gc=False):
    first_day: int
    last_day: int
    mails: int = 0
    days: int = 0
    aligned: int = 0
    suspect: int = 0
    to: int = 0  # hash of the owner's address that it last wrote to, if the owner has several
    hosts: tuple[int, ...] = ()


class _Mailbox:
    __slots__ = (
        "looks",
        "names",
        "outgoing",
        "received",
        "replied_to",
        "senders",
        "sent_ids",
        "sent_to",
        "sent_to_sites",
        "sites",
    )

    def __init__(self) -> None:
        self.received = 0
        self.outgoing = 0
        self.senders: dict[int, _Record] = {}
        self.sites: dict[int, _Record] = {}
        self.looks: dict[int, str] = {}  # skeleton of a regular sender's site -> that site
        self.names: dict[int, tuple[int, ...]] = {}
        self.sent_to: set[int] = set()
        self.sent_to_sites: set[str] = set()
        self.replied_to: set[int] = set()
        self.sent_ids: set[int] = set()


class History:
    """What every mailbox has seen so far, and what was judged suspect anywhere."""

    def __init__(self, fanout: Fanout | None = None, catalogue: Catalogue | None = None) -> None:
        """`fanout` answers how far a mail reached; without it every mail is taken to have one reader.

        `catalogue` names free mail services, rentable hosting and drill services; without it none is
        recognised.
        """
        self._known = known_from(catalogue)
        self._latest: tuple[Observed, Traits] | None = None
        self._fanout = fanout if fanout is not None else Fanout()
        self._mailboxes: dict[str, _Mailbox] = {}
        self._suspects: dict[int, bool] = {}  # hash of a mark -> whether an alert carried it
        self._announced: dict[str, float] = {}  # organisation -> time of its last announcement of a drill

    def context(self, mail: Observed, owner: Owner) -> Context:
        """The facts about this mail as of now; changes nothing."""
        traits = self._traits(mail)
        sender = mail.sender
        box = self._mailboxes.get(owner_key(owner))
        own = mail.outgoing or (sender.address != "" and sender.address in owner.addresses)
        if own:
            return Context(owner=owner, traits=traits, own=True)
        reaches = self._fanout.reaches(mail, traits.strangers, traits.own) if mail.beacons else ()
        linked, linked_level = self._linked(mail, traits) if self._suspects else ("", "")
        surroundings = Context(
            owner=owner,
            traits=traits,
            same_house=not traits.freemail and _same_house(sender.domain, sender.site, owner),
            imitates=_imitated_here(mail),
            linked=linked,
            linked_level=linked_level,
            drill=self._is_drill(mail),
            announced=self._is_announced(mail, owner),
            reaches=reaches,
        )
        return surroundings if box is None else _with_past(surroundings, box, mail)

    def _is_drill(self, mail: Observed) -> bool:
        services = self._known.drill_services
        return mail.sender.service in services or any(b.vendor in services for b in mail.beacons)

    def _is_announced(self, mail: Observed, owner: Owner) -> bool:
        announced_s = self._announced.get(owner.organisation) if self._announced else None
        at = moment(mail)
        return (
            announced_s is not None and at is not None and announced_s <= at <= announced_s + ANNOUNCEMENT_S
        )

    def remember(self, mail: Observed, owner: Owner, verdict: Verdict | None = None) -> None:
        """Takes the mail into memory; to be called in time order, after `context`, with what was judged."""
        name = owner_key(owner)
        box = self._mailboxes.get(name)
        if box is None:
            if not name:
                return
            box = self._mailboxes[name] = _Mailbox()
        sender = mail.sender
        if mail.outgoing or (sender.address and sender.address in owner.addresses):
            self._remember_sent(box, mail)
            return
        box.received += 1
        if not sender.address:
            return
        traits = self._traits(mail)
        suspect = verdict is not None and (verdict.likelihood >= SUSPECT_AT or verdict.class_ == "phishing")
        at = moment(mail)
        day = int(at // DAY_S) if at is not None else -1
        address = hash(sender.address)
        record = _note(box.senders, address, day, traits.aligned, suspect)
        if sender.site:
            site = _note(box.sites, hash(sender.site), day, traits.aligned, suspect)
            if site.mails == _REGULAR_FROM and not site.suspect:
                box.looks[hash(skeleton(site_label(sender.site)))] = sender.site
        hosts = _hosts(traits)
        if hosts:
            record.hosts = tuple(dict.fromkeys((*hosts, *record.hosts)))[:_HOSTS_KEPT]
        if len(owner.addresses) > 1:
            record.to = _reader(mail, owner)
        if traits.name_key:
            key = hash(traits.name_key)
            known = box.names.get(key, ())
            if address not in known:
                box.names[key] = (*known, address)[-_HOSTS_KEPT:]
        if verdict is not None and verdict.likelihood >= SUSPECT_AT and traits.passive:
            self._suspect(mail, traits, verdict.alert)
        if (
            at is not None
            and not traits.freemail
            and _same_house(sender.domain, sender.site, owner)
            and _announces_drill(mail)
        ):
            self._announced[owner.organisation] = at

    def _traits(self, mail: Observed) -> Traits:
        """The traits of this mail, read once for `context` and `remember`."""
        if self._latest is None or self._latest[0] is not mail:
            self._latest = (mail, read_traits(mail, self._known))
        return self._latest[1]

    def _remember_sent(self, box: _Mailbox, mail: Observed) -> None:
        box.outgoing += 1
        reply = bool(mail.sender.in_reply_to)
        for address in mail.to:
            box.sent_to.add(hash(address))
            domain = address.rpartition("@")[2]
            box.sent_to_sites.add(domain)
            if reply:
                box.replied_to.add(hash(address))
        if mail.message_id:
            box.sent_ids.add(hash(mail.message_id))

    def _suspect(self, mail: Observed, traits: Traits, alert: bool) -> None:
        for _, mark in _marks(mail, traits, clicks=False):
            if alert or mark in self._suspects or len(self._suspects) < _MOST_SUSPECTS:
                self._suspects[mark] = alert or self._suspects.get(mark, False)

    def _linked(self, mail: Observed, traits: Traits) -> tuple[str, str]:
        found = ("", "")
        for kind, mark in _marks(mail, traits, clicks=True):
            level = self._suspects.get(mark)
            if level:
                return kind, "alert"
            if level is not None and not found[0]:
                found = (kind, "suspect")
        return found


def _imitated_here(mail: Observed) -> str:
    """What the sender's site looks like but is not, by the mail alone: its own name, or a site that it
    links to.
    """
    sender = mail.sender
    if not sender.site:
        return ""
    if imitates_name(sender.site, sender.name):
        return f"the name {sender.name}"
    return imitated_site(sender.site, mail.content.link_sites) if mail.content.link_sites else ""


def _with_past(now: Context, box: _Mailbox, mail: Observed) -> Context:
    """The context with what the mailbox remembers of sender, site and conversation."""
    sender, traits = mail.sender, now.traits
    address = hash(sender.address)
    record = box.senders.get(address)
    site = box.sites.get(hash(sender.site)) if sender.site else None
    hosts = _hosts(traits)
    before = record is not None and any(h in record.hosts for h in hosts)
    return Context(
        owner=now.owner,
        traits=traits,
        history_known=box.received >= ENOUGH_MAILS or box.outgoing > 0,
        address=_seen(record),
        site=_seen(site),
        wrote_to_address=address in box.sent_to,
        wrote_to_site=not traits.freemail
        and (sender.site in box.sent_to_sites or sender.domain in box.sent_to_sites),
        replied=address in box.replied_to,
        answers_owner=bool(box.sent_ids) and any(hash(i) in box.sent_ids for i in sender.in_reply_to),
        same_house=now.same_house,
        beacon_before=before,
        beacon_changed=bool(record is not None and record.hosts and hosts and not before),
        borrowed_name=_borrowed(box, traits, address),
        other_addresses=bool(record is not None and record.to and record.to != _reader(mail, now.owner)),
        imitates=now.imitates or _imitated(box, sender.site, site),
        linked=now.linked,
        linked_level=now.linked_level,
        drill=now.drill,
        announced=now.announced,
        reaches=now.reaches,
    )


def _borrowed(box: _Mailbox, traits: Traits, address: int) -> bool:
    """Whether the owner writes to somebody of this name, but never to this address."""
    if not traits.name_key or not box.sent_to or address in box.sent_to:
        return False
    return any(a != address and a in box.sent_to for a in box.names.get(hash(traits.name_key), ()))


def _imitated(box: _Mailbox, site: str, record: _Record | None) -> str:
    """The site of this mailbox's regular senders that a new site looks like, or ""."""
    if not site or not box.looks or (record is not None and record.mails >= _REGULAR_FROM):
        return ""
    folded = skeleton(site_label(site))
    known = box.looks.get(hash(folded), "")
    if not known:
        for at in range(len(folded)):
            known = box.looks.get(hash(folded[:at] + folded[at + 1 :]), "")
            if known:
                break
    return known if known and imitates(site_label(site), site_label(known)) else ""


def _marks(mail: Observed, traits: Traits, *, clicks: bool) -> list[tuple[str, int]]:
    """What mails of the same hand share, as (kind, hash); with `clicks` the hosts that links lead to as
    well.
    """
    marks = []
    if mail.sender.address:
        marks.append(("address", hash("a" + mail.sender.address)))
    if traits.name_key and traits.name_key not in NOBODY:
        marks.append(("name", hash("n" + traits.name_key)))
    telling = {b.host for b in (*traits.strangers, *traits.own) if out_of_sight(b) or b.personal is not None}
    for beacon in mail.beacons:
        clicked = clicks and beacon.trigger == "click" and beacon.vendor is None and beacon.host
        if beacon.host in telling or clicked:
            marks.append(("host", hash("h" + beacon.host)))
        personal = beacon.personal
        if personal is not None and personal.kind == "high-entropy" and len(personal.value) >= 12:
            marks.append(("token", hash("t" + personal.value)))
        if len(marks) > 40:
            break
    return marks


def _hosts(traits: Traits) -> list[int]:
    return [hash(b.site or b.host) for b in traits.strangers[:_HOSTS_KEPT]]


def _seen(record: _Record | None) -> Seen:
    if record is None:
        return UNSEEN
    return Seen(record.mails, record.days, record.last_day - record.first_day, record.aligned, record.suspect)


def _note(records: dict[int, _Record], key: int, day: int, aligned: bool, suspect: bool) -> _Record:
    record = records.get(key)
    if record is None:
        record = records[key] = _Record(day, day)
    record.mails += 1
    if day != record.last_day or not record.days:
        record.days += 1
        record.last_day = max(day, record.last_day)
    record.aligned += aligned
    record.suspect += suspect
    return record


def _reader(mail: Observed, owner: Owner) -> int:
    """A hash of the owner's address that this mail was sent to, 0 if it names none of them."""
    for address in (*mail.delivered_to, *mail.to):
        if address in owner.addresses:
            return hash(address)
    return 0


def _same_house(domain: str, site: str, owner: Owner) -> bool:
    """Whether the sender's domain is the owner's own; a mail service that anyone can join is nobody's
    house.
    """
    if not site or owner.organisation in owner.addresses:
        return False
    return any(address.endswith(("@" + domain, "@" + site, "." + site)) for address in owner.addresses[:1])


def _announces_drill(mail: Observed) -> bool:
    text = f"{mail.subject} {mail.content.excerpt}"
    return _PHISHING.search(text) is not None and _DRILL.search(text) is not None
