"""What one mailbox remembers of its senders and of whom its owner wrote to."""

from __future__ import annotations

import msgspec

from tocsin.judge.context import UNSEEN, Context, Seen
from tocsin.judge.fanout import moment
from tocsin.judge.lookalike import imitates, site_label, skeleton
from tocsin.judge.traits import Traits
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

DAY_S = 86_400
ENOUGH_MAILS = 20
STEADY_GAPS = 4
STEADY_SPAN_DAYS = 28
_LONGEST_GAP = 36_500  # days; more is a broken clock
_WEEKS = 14  # days over which a list has to have written
HOSTS_KEPT = 4
REGULAR_FROM = 3  # mails from which on a site counts as a regular sender


class _Record(msgspec.Struct, gc=False):
    first_day: int
    last_day: int
    mails: int = 0
    days: int = 0
    aligned: int = 0
    suspect: int = 0
    calls: int = 0
    gap_squares: int = 0  # sum over the squared days between one day with mail and the next
    to: int = 0  # hash of the owner's address that it last wrote to, if the owner has several
    hosts: tuple[int, ...] = ()


class Mailbox:
    """The memory of one mailbox; mutable, names nobody: addresses and names are hashes."""

    __slots__ = (
        "began",
        "joined",
        "lists",
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
        "welcomed",
    )

    def __init__(self) -> None:
        self.received = 0
        self.outgoing = 0
        self.senders: dict[int, _Record] = {}
        self.sites: dict[int, _Record] = {}
        self.looks: dict[int, str] = {}  # skeleton of a regular sender's site -> that site
        self.names: dict[int, tuple[int, ...]] = {}
        self.sent_to: set[int] = set()
        self.began: set[int] = set()  # of those: nothing had come from them when the owner first wrote
        self.sent_to_sites: set[str] = set()
        self.replied_to: set[int] = set()
        self.sent_ids: set[int] = set()
        self.lists: dict[int, _Record] = {}  # List-ID and the site that writes under it
        self.welcomed: dict[int, int] = {}  # site -> day of its first welcome or confirmation
        self.joined: set[str] = set()  # domains at which the owner asked to be put on a mailing


def with_past(now: Context, box: Mailbox, mail: Observed) -> Context:
    """The context with what the mailbox remembers of sender, site and conversation."""
    sender, traits = mail.sender, now.traits
    address = hash(sender.address)
    record = box.senders.get(address)
    site = box.sites.get(hash(sender.site)) if sender.site else None
    hosts = hosts_of(traits)
    before = record is not None and any(h in record.hosts for h in hosts)
    return msgspec.structs.replace(
        now,
        history_known=box.received >= ENOUGH_MAILS or box.outgoing > 0,
        address=_seen(record),
        site=_seen(site),
        wrote_to_address=address in box.sent_to,
        wrote_to_site=not traits.freemail
        and (sender.site in box.sent_to_sites or sender.domain in box.sent_to_sites),
        began=address in box.began,
        replied=address in box.replied_to,
        answers_owner=bool(box.sent_ids) and any(hash(i) in box.sent_ids for i in sender.in_reply_to),
        beacon_before=before,
        beacon_changed=bool(record is not None and record.hosts and hosts and not before),
        borrowed_name=_borrowed(box, traits, address),
        subscribed=_subscribed(box, mail),
        other_addresses=bool(record is not None and record.to and record.to != reader_of(mail, now.owner)),
        imitates=now.imitates or _imitated(box, sender.site, site),
    )


def list_key(mail: Observed) -> int:
    """A hash of the list and the site that writes under it: anybody can copy a List-ID; 0 for no list."""
    sender = mail.sender
    return hash(f"{sender.list_id} {sender.site}") if sender.list_id and sender.site else 0


def _subscribed(box: Mailbox, mail: Observed) -> str:
    sender = mail.sender
    if box.joined and (
        sender.site in box.joined or sender.domain in box.joined or sender.list_id in box.joined
    ):
        return "asked"
    record = box.lists.get(list_key(mail)) if box.lists else None
    if (
        record is not None
        and record.days >= 3
        and record.last_day - record.first_day >= _WEEKS
        and record.suspect * 5 <= record.mails
    ):
        return "list"
    day = box.welcomed.get(hash(sender.site)) if box.welcomed and sender.site else None
    at = moment(mail)
    return "welcome" if day is not None and at is not None and at // DAY_S > day else ""


def _borrowed(box: Mailbox, traits: Traits, address: int) -> bool:
    """Whether the owner writes to somebody of this name, but never to this address."""
    if not traits.name_key or not box.sent_to or address in box.sent_to:
        return False
    return any(a != address and a in box.sent_to for a in box.names.get(hash(traits.name_key), ()))


def _imitated(box: Mailbox, site: str, record: _Record | None) -> str:
    """The site of this mailbox's regular senders that a new site looks like, or ""."""
    if not site or not box.looks or (record is not None and record.mails >= REGULAR_FROM):
        return ""
    folded = skeleton(site_label(site))
    known = box.looks.get(hash(folded), "")
    if not known:
        for at in range(len(folded)):
            known = box.looks.get(hash(folded[:at] + folded[at + 1 :]), "")
            if known:
                break
    return known if known and imitates(site_label(site), site_label(known)) else ""


def hosts_of(traits: Traits) -> list[int]:
    """Hashes of the strangers' sites that a mail calls."""
    return [hash(b.site or b.host) for b in traits.strangers[:HOSTS_KEPT]]


def _seen(record: _Record | None) -> Seen:
    if record is None:
        return UNSEEN
    span = record.last_day - record.first_day
    return Seen(
        record.mails, record.days, span, record.aligned, record.suspect, _interval(record, span), record.calls
    )


def _interval(record: _Record, span: int) -> int:
    """Days between mails that come at steady intervals, else 0: five days with mail over four weeks or more, the gaps
    within two fifths of their mean (mail that comes by chance varies by all of it).
    """
    gaps = record.days - 1
    if gaps < STEADY_GAPS or span < STEADY_SPAN_DAYS or record.suspect:
        return 0
    mean = min(span, _LONGEST_GAP * gaps) / gaps
    spread = record.gap_squares / gaps - mean * mean
    return round(mean) if spread <= (0.4 * mean) ** 2 else 0


def note(records: dict[int, _Record], key: int, day: int, aligned: bool, suspect: bool) -> _Record:
    """Count one mail of an address or site; returns its record."""
    record = records.get(key)
    if record is None:
        record = records[key] = _Record(day, day)
    record.mails += 1
    if day > record.last_day or not record.days:  # mail without a date comes last and is no new day
        record.days += 1
        record.gap_squares += min(day - record.last_day, _LONGEST_GAP) ** 2
        record.last_day = day
    record.aligned += aligned
    record.suspect += suspect
    return record


def reader_of(mail: Observed, owner: Owner) -> int:
    """A hash of the owner's address that this mail was sent to, 0 if it names none of them."""
    for address in (*mail.delivered_to, *mail.to):
        if address in owner.addresses:
            return hash(address)
    return 0
