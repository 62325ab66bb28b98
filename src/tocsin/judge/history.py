"""The mailboxes' own memory while mail is judged in time order.

It is the one mutable value of that pass and belongs to the caller. Addresses, names and message ids are
kept as 64-bit hashes, so a mail costs at most a few hundred bytes and the memory names nobody.
"""

from __future__ import annotations

import re

from tocsin.judge.ages import age_doubts, ages
from tocsin.judge.context import Context
from tocsin.judge.fanout import moment, owner_key
from tocsin.judge.gathering import NOTHING_GATHERED, Gathered
from tocsin.judge.identity import identify, imitated_here
from tocsin.judge.known import NOTHING_KNOWN, Known
from tocsin.judge.lookalike import site_label, skeleton
from tocsin.judge.past import (
    DAY_S,
    HOSTS_KEPT,
    REGULAR_FROM,
    Mailbox,
    hosts_of,
    list_key,
    note,
    reader_of,
    with_past,
)
from tocsin.judge.subscriptions import joins, welcomes
from tocsin.judge.traits import NOBODY, Traits, read_traits
from tocsin.mail.callbacks import DAMAGE, out_of_sight
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict

ANNOUNCEMENT_S = 60 * DAY_S
SUSPECT_AT = 0.05  # from this P(reconnaissance) on, later mails are compared with a mail
_MOST_SUSPECTS = 50_000

# An organisation that tells its own people about a simulated phishing mail: both words, in four languages.
_PHISHING = re.compile(r"phish|hame[cç]on", re.IGNORECASE)
_DRILL = re.compile(r"simul|drill|exerci|oefen|übung|uebung|awareness|\btest", re.IGNORECASE)


class History:
    """What every mailbox has seen so far, and what was judged suspect anywhere."""

    def __init__(self, gathered: Gathered = NOTHING_GATHERED, known: Known = NOTHING_KNOWN) -> None:
        """`gathered` is what the sweep before judging found out about all mails; without it every mail is taken
        to have one reader. What `known` does not name is not recognised.
        """
        self._known = known
        self._latest: tuple[Observed, Traits] | None = None
        self._fanout = gathered.fanout
        self._agendas = gathered.agendas
        self._mailings = gathered.mailings
        self._hands = gathered.hands
        self._mailboxes: dict[str, Mailbox] = {}
        self._suspects: dict[int, bool] = {}  # hash of a mark -> whether an alert carried it
        self._announced: dict[str, float] = {}  # organisation -> time of its last announcement of a drill

    def hold(self, gathered: Gathered) -> None:
        """Answer by this sweep from now on."""
        self._fanout = gathered.fanout
        self._agendas = gathered.agendas
        self._mailings = gathered.mailings
        self._hands = gathered.hands

    def context(self, mail: Observed, owner: Owner) -> Context:
        """The facts about this mail as of now; changes nothing."""
        traits = self._traits(mail)
        sender = mail.sender
        box = self._mailboxes.get(owner_key(owner))
        if _is_own(mail, owner):
            return Context(owner=owner, traits=traits, own=True)
        reaches = self._fanout.reaches(mail, traits.strangers, traits.own) if mail.beacons else ()
        aged = ages(mail, traits, self._known.registered) if self._known.registered else ()
        linked, linked_level = self._linked(mail, traits) if self._suspects else ("", "")
        agenda = self._agendas.get(owner_key(owner)) if self._agendas and mail.beacons else None
        surroundings = Context(
            owner=owner,
            traits=traits,
            same_house=not traits.freemail and _same_house(sender.domain, sender.site, owner),
            imitates=imitated_here(mail),
            identity=identify(mail, traits, owner, self._known),
            linked=linked,
            linked_level=linked_level,
            drill=self._is_drill(mail),
            announced=self._is_announced(mail, owner),
            reaches=reaches,
            ages=aged,
            doubts=age_doubts(aged) if aged else (),
            nearness=agenda.nearness(mail) if agenda is not None else None,
            topic_share=agenda.topic_share if agenda is not None else None,
            mailing=self._mailings.of(mail),
            company=self._hands.company(mail) if traits.passive else None,
        )
        return surroundings if box is None else with_past(surroundings, box, mail)

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
            box = self._mailboxes[name] = Mailbox()
        sender = mail.sender
        if _is_own(mail, owner):
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
        record = note(box.senders, address, day, traits.aligned, suspect)
        if sender.site:
            site = note(box.sites, hash(sender.site), day, traits.aligned, suspect)
            if site.mails == REGULAR_FROM and not site.suspect:
                box.looks[hash(skeleton(site_label(sender.site)))] = sender.site
            if not suspect and not traits.unaligned and not traits.freemail and welcomes(mail):
                box.welcomed.setdefault(hash(sender.site), day)
            if key_of_list := list_key(mail):
                note(box.lists, key_of_list, day, traits.aligned, suspect)
        record.calls += bool(traits.telling or traits.strangers)
        hosts = hosts_of(traits)
        if hosts:
            record.hosts = tuple(dict.fromkeys((*hosts, *record.hosts)))[:HOSTS_KEPT]
        if len(owner.addresses) > 1:
            record.to = reader_of(mail, owner)
        if traits.name_key:
            key = hash(traits.name_key)
            known = box.names.get(key, ())
            if address not in known:
                box.names[key] = (*known, address)[-HOSTS_KEPT:]
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

    def _remember_sent(self, box: Mailbox, mail: Observed) -> None:
        box.outgoing += 1
        reply = bool(mail.sender.in_reply_to)
        for address in mail.to:
            if hash(address) not in box.sent_to and hash(address) not in box.senders:
                box.began.add(hash(address))
            box.sent_to.add(hash(address))
            domain = address.rpartition("@")[2]
            box.sent_to_sites.add(domain)
            if reply:
                box.replied_to.add(hash(address))
        box.joined.update(joins(mail))
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


def _is_own(mail: Observed, owner: Owner) -> bool:
    """Whether the owner sent it; mail in the owner's name that was found forged is a stranger's."""
    if mail.outgoing:
        return True
    sender = mail.sender
    if not sender.address or sender.address not in owner.addresses:
        return False
    return sender.dmarc != "fail" or any(o.kind in DAMAGE for o in mail.observations)


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
