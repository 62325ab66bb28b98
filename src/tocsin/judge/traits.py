"""What judging reads off one mail before it looks at history."""

from __future__ import annotations

import msgspec

from tocsin.judge.display_name import name_key
from tocsin.judge.known import NOTHING_KNOWN, Known
from tocsin.mail.callbacks import DAMAGE, LOOK_UPS, LOOKS, out_of_sight, related, split_callbacks
from tocsin.mail.url import site_of
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import Beacon, Observed
from tocsin.observe.vendors import hosting_group

_ODD_GROUPS = {"dynamic-dns": "dynamic", "free-hosting": "free", "url-shorteners": "free"}
_ODD_LINK_GROUPS = {
    "dynamic-dns": "free", "free-hosting": "free", "url-shorteners": "shortener", "file-hosts": "shortener",
}  # fmt: skip
_MANY = ("bulk", "junk", "list")
_NONE: frozenset[str] = frozenset()
NOBODY = frozenset(
    {"", "info", "contact", "newsletter", "news", "office", "admin", "support", "team", "no-reply", "noreply"}
)


class Traits(msgspec.Struct, frozen=True, gc=False):
    """Derived facts of one mail.

    `passive` are the beacons, look-ups of names and certificates aside, that fire without a click: on receipt,
    opening, reply, printing, or when an attachment is opened; `callbacks` the remote ones among them.
    `relation` says which domains belong together: whom the callbacks go to, by the most foreign of them: "own" (the
    sender's site, or what carried or signed the mail), "service" (a known one), "linked" (a stranger that a visible
    link leads to as well), "none", or "" without callbacks. `telling` are the callbacks to strangers and to the
    sender's own site that are out of sight or tell readers apart.
    `strangers` are the callbacks whose host belongs to no known service and is related neither to the sender's
    domains nor to what signed the mail; `own` those on the sender's own site. `techniques` are those of all
    beacons, `kinds` the kinds of the further observations.
    """

    passive: tuple[Beacon, ...] = ()
    callbacks: tuple[Beacon, ...] = ()
    strangers: tuple[Beacon, ...] = ()
    own: tuple[Beacon, ...] = ()
    techniques: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    telling: tuple[Beacon, ...] = ()
    relation: str = ""
    plain: bool = (
        False  # nothing marks it as one of many: no list, footer, postal address or automatic sender
    )
    hidden: bool = False  # some callback to no known service is out of a person's sight
    tracking: bool = (
        False  # some callback tells somebody that this mail was opened, beyond an ordinary picture
    )
    shared_hosting: bool = (
        False  # every stranger lies on hosting that anybody can rent, which ties it to nobody
    )
    odd_host: str = ""  # of the strangers: "address", "dynamic", "free" or ""
    odd_link: str = ""  # of the links: "address", "free", "shortener" or ""
    sender_known: bool = False  # there are headers, and they are those of the mail that is shown
    aligned: bool = False
    unaligned: bool = False  # the receiver recorded that the From domain does not vouch for the mail
    listed: bool = False  # headers that a sender of bulk mail is asked for: List-ID or a way to unsubscribe
    freemail: bool = False
    freemail_reply: bool = False
    mass_mailer: bool = False  # a program for mass mail made it
    name_key: str = ""


def aligned(mail: Observed) -> bool:
    """Whether the From domain itself is known to vouch for the mail: DMARC's result (RFC 9989, 4.4), or, where none
    is known or no policy is published, a signature or return path of its organisation; of the domain itself where
    its record asks for that.
    """
    sender = mail.sender
    if sender.dmarc not in ("", "none"):
        return sender.dmarc == "pass"
    if not sender.site:
        return False
    if sender.dkim == "pass":
        if "dkim" in sender.strict:
            if sender.domain in sender.dkim_domains:
                return True
        elif any(site_of(domain) == sender.site for domain in sender.dkim_domains):
            return True
    if sender.spf != "pass":
        return False
    if "spf" in sender.strict:
        return sender.return_path.endswith("@" + sender.domain)
    return sender.return_site == sender.site


def read_traits(mail: Observed, known: Known = NOTHING_KNOWN) -> Traits:
    """The traits of this mail; what `known` does not name is not recognised."""
    sender, content = mail.sender, mail.content
    vouched = aligned(mail)
    kinds = frozenset([o.kind for o in mail.observations]) if mail.observations else _NONE
    passive: tuple[Beacon, ...] = ()
    callbacks: list[Beacon] = []
    strangers: list[Beacon] = []
    own: list[Beacon] = []
    odd_host = odd_link = ""
    relation = ""
    telling: tuple[Beacon, ...] = ()
    shared = hidden = tracking = False
    if mail.beacons:
        passive = tuple([b for b in mail.beacons if b.trigger != "click" and b.technique not in LOOK_UPS])
        if passive:
            callbacks, strangers, own = split_callbacks(mail)
            odd_host, shared = _odd_hosts(strangers, known.catalogue)
            hidden = any(b.vendor is None and out_of_sight(b) for b in callbacks)
            telling = tuple([b for b in (*strangers, *own) if out_of_sight(b) or b.personal is not None])
            relation = _relation(callbacks, strangers, content.link_sites)
            tracking = len(passive) > len(callbacks) or any(_tracks(b, sender.site, known) for b in callbacks)
        if len(passive) < len(mail.beacons):
            odd_link = _odd_link(mail.beacons, sender.site, known.catalogue)
    return Traits(
        passive=passive,
        callbacks=tuple(callbacks),
        strangers=tuple(strangers),
        own=tuple(own),
        techniques=frozenset([b.technique for b in mail.beacons]) if mail.beacons else _NONE,
        kinds=kinds,
        telling=telling,
        relation=relation,
        plain=is_plain(mail),
        hidden=hidden,
        tracking=tracking,
        shared_hosting=shared,
        odd_host=odd_host,
        odd_link=odd_link,
        sender_known=bool(sender.address) and not mail.headers_missing and not content.forwarded_inline,
        aligned=vouched,
        unaligned=kinds.isdisjoint(DAMAGE) and _unaligned(mail, vouched),
        listed=bool(sender.list_id) or sender.list_unsubscribe,
        freemail="from-domain-freemail" in kinds,
        freemail_reply="reply-to-freemail" in kinds and "from-rewritten" not in kinds,
        mass_mailer="merge-mailer" in kinds,
        name_key=name_key(sender.name) if sender.name else "",
    )


def _relation(callbacks: list[Beacon], strangers: list[Beacon], link_sites: tuple[str, ...]) -> str:
    if strangers:
        linked = all(any(related(b.host, site) for site in link_sites) for b in strangers)
        return "linked" if linked else "none"
    if any(b.vendor is not None for b in callbacks):
        return "service"
    return "own" if callbacks else ""


def is_plain(mail: Observed) -> bool:
    """Whether nothing marks the mail as one of many: list headers, a way to leave, a postal address, automatic mail."""
    sender, content = mail.sender, mail.content
    if sender.list_id or sender.list_unsubscribe or content.unsubscribe or content.postal_address:
        return False
    if content.automatic or content.forwarded_inline or sender.precedence in _MANY:
        return False
    return sender.auto_submitted in ("", "no")


def _unaligned(mail: Observed, vouched: bool) -> bool:
    sender = mail.sender
    if sender.dmarc:
        return sender.dmarc == "fail"
    return not vouched and sender.spf in ("fail", "softfail")


def reporting(traits: Traits) -> list[Beacon]:
    """The callbacks to strangers that tell who reads: out of sight or telling readers apart. What is loaded for a
    mail's looks from hosting that anybody can rent tells nobody.
    """
    told = [b for b in traits.strangers if b.personal is not None or out_of_sight(b)]
    if traits.shared_hosting:
        return [b for b in told if b.personal is not None or b.technique not in LOOKS]
    return told


def _tracks(beacon: Beacon, site: str, known: Known) -> bool:
    """Whether this call tells anybody but the sender's open web site that the mail was read."""
    if beacon.personal is not None or out_of_sight(beacon):
        return True
    return beacon.vendor not in known.picture_services and not related(beacon.host, site)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host or host.startswith("[")


def _odd_hosts(strangers: list[Beacon], catalogue: Catalogue | None) -> tuple[str, bool]:
    """The oddest sort of host among strangers, and whether all of them lie on rentable hosting."""
    odd = ""
    rented = 0
    for beacon in strangers:
        if _is_address(beacon.host):
            return "address", False
        group = hosting_group(catalogue, beacon.host) if catalogue is not None else None
        if group is None:
            continue
        rented += 1
        kind = _ODD_GROUPS.get(group, "")
        if kind == "dynamic" or not odd:
            odd = kind
    return odd, bool(strangers) and rented == len(strangers)


def _odd_link(beacons: tuple[Beacon, ...], site: str, catalogue: Catalogue | None) -> str:
    odd = ""
    hosts = {
        b.host for b in beacons if b.trigger == "click" and b.vendor is None and b.host and b.site != site
    }
    for host in hosts:
        if _is_address(host):
            return "address"
        if catalogue is not None:
            kind = _ODD_LINK_GROUPS.get(hosting_group(catalogue, host) or "", "")
            if kind == "free" or not odd:
                odd = kind
    return odd
