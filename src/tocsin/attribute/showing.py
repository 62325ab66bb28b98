"""By what one mail shows a sign: a table of signs, each with the place that shows it.

Signs that only several mails show together are in `courses`. Nothing here judges: a newsletter shows many of them.
No mail shows "aged-domain": how old a domain is stands in no mail, and registration days that an operator hands in say
only which domains are young.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from tocsin.attribute.material import Material, Seen
from tocsin.mail.callbacks import DAMAGE, LOOKS, out_of_sight, related, split_callbacks
from tocsin.model.observation import Beacon, Observed

TOKENS = frozenset({"high-entropy", "echo", "differs"})  # kinds of Personal that are no address
_OPENED = frozenset({"open", "print", "receipt"})
_FREE_HOSTING = frozenset({"dynamic-dns", "free-hosting"})
_FILE_HOSTS = frozenset({"file-hosts", "cloud"})
_FREE_ENDINGS = (".tk", ".ml", ".ga", ".cf", ".gq")  # were given away for nothing until 2023
_SIGNATURES = (".p7s", ".asc", ".sig", ".vcf", ".ics")
_PRESS = frozenset({"agency", "newspaper", "broadcaster", "magazine", "online"})
# A firm's or recruiter's mark in the sender's name; short forms of companies are looked for at its end alone.
_COMPANY = re.compile(
    r"\b(?:recruit\w*|recruteu\w*|recruteri?n?g?|headhunt\w*|careers?|karriere|talents?|human resources|hr team"
    r"|ressources humaines|personalabteilung)\b"
    r"|\b(?:ltd|llc|inc|corp|gmbh|bv|nv|sarl|sas|ag|plc|limited|corporation|company)\.?\s*$",
    re.IGNORECASE,
)
_ROLES = {
    "journalist": "persona-journalist",
    "agency": "persona-journalist",
    "newspaper": "persona-journalist",
    "think-tank": "persona-think-tank",
    "university": "persona-think-tank",
    "un": "persona-un",
    "parliament": "persona-government",
    "embassy": "persona-government",
    "ngo": "persona-ngo",
}
# Entries of institutions.toml that are of the United Nations; other international bodies count with governments.
_UN = frozenset(
    (
        *("un", "ohchr", "unhcr", "undp", "unesco", "who-un", "ilo", "iom", "unicef", "wfp", "fao", "unep"),
        *("un-women", "unfpa", "unodc", "unops", "unrwa", "unaids", "unctad", "unece", "unidir", "unitar"),
        *("unu", "unido", "unfccc", "ocha"),
    )
)
_KINDS = {
    **dict.fromkeys(_PRESS, "persona-journalist"),
    **dict.fromkeys(("think-tank", "university"), "persona-think-tank"),
    **dict.fromkeys(("parliament", "government", "eu", "international"), "persona-government"),
    "rights": "persona-ngo",
}


class View(msgspec.Struct, frozen=True):
    """One mail with what most signs ask of it; `material` says whose hosts are whose."""

    mail: Observed
    seen: Seen
    material: Material
    callbacks: tuple[Beacon, ...]
    links: tuple[Beacon, ...]
    genuine: str  # the id of the entry whose domain From shows and vouches for, "" for none


def view_of(seen: Seen, material: Material) -> View:
    """What the predicates look at."""
    mail = seen.observed
    callbacks = split_callbacks(mail)[0] if mail.beacons else []
    return View(
        mail,
        seen,
        material,
        tuple(one for one in callbacks if one.trigger in _OPENED),
        tuple(one for one in mail.beacons if one.trigger == "click" and one.host),
        "" if fails(mail) else material.known.get(mail.sender.domain, ""),
    )


def signs_of(view: View) -> dict[str, str]:
    """The signs that this mail shows by itself, each with its place: a part, a header's name, or "body"."""
    found: dict[str, str] = {}
    for sign, shows in TABLE:
        place = shows(view)
        if place:
            found[sign] = place
    for sign, place in _personas(view):
        found.setdefault(sign, place)
    return found


def fails(mail: Observed) -> bool:
    """Whether From's domain was found not to vouch for the mail, and no list or forwarder explains it."""
    if any(one.kind == "own-domain-spoofed" for one in mail.observations):
        return True
    return mail.sender.dmarc == "fail" and not any(one.kind in DAMAGE for one in mail.observations)


def vouched(mail: Observed) -> str:
    """By what From's domain is known to vouch for the mail: "dmarc", "dkim", "spf", or "" where nothing says so."""
    sender = mail.sender
    if sender.dmarc not in ("", "none"):
        return "dmarc" if sender.dmarc == "pass" else ""
    if sender.dkim == "pass" and any(related(domain, sender.site) for domain in sender.dkim_domains):
        return "dkim"
    return "spf" if sender.spf == "pass" and sender.return_site == sender.site else ""


def is_address(host: str) -> bool:
    """Whether a host is an IP address, in brackets or not."""
    return host.replace(".", "").isdigit() or ":" in host


def reason_of(seen: Seen, *detectors: str) -> str:
    """The place of the first of these detectors' reasons in the verdict, "" if none of them gave one."""
    if seen.verdict is None:
        return ""
    for reason in seen.verdict.for_:
        if reason.detector in detectors:
            return reason.where or "verdict"
    return ""


def _observed(view: View, *kinds: str) -> str:
    for one in view.mail.observations:
        if one.kind in kinds:
            return one.where or "mail"
    return ""


def _place(beacons: Iterator[Beacon]) -> str:
    found = next(beacons, None)
    return (found.part or "mail") if found is not None else ""


def _hidden(view: View) -> str:
    return _place(b for b in view.callbacks if out_of_sight(b) and b.technique not in LOOKS)


def _visible(view: View) -> str:
    return _place(b for b in view.callbacks if not out_of_sight(b) and b.technique not in LOOKS)


def _token(view: View) -> str:
    return _place(b for b in view.callbacks if b.personal is not None)


def _address_in_url(view: View) -> str:
    return _place(
        b for b in view.mail.beacons if b.host and b.personal is not None and b.personal.kind not in TOKENS
    )


def _personal_link(view: View) -> str:
    return _place(b for b in view.links if b.personal is not None)


def _credentials(view: View) -> str:
    return _place(b for b in view.mail.beacons if "ntlm" in b.leaks)


def _receipt(view: View) -> str:
    return _place(b for b in view.mail.beacons if b.technique == "receipt-request")


def _beacon_only(view: View) -> str:
    content = view.mail.content
    if view.links or content.links or _attached(view):
        return ""
    return _place(iter(view.callbacks))


def _attached(view: View) -> str:
    names = [name for name in view.mail.content.attachment_names if not name.lower().endswith(_SIGNATURES)]
    return "attachment" if names else ""


def _attachment_calls(view: View) -> str:
    return _place(b for b in view.mail.beacons if b.trigger == "attachment" and b.host)


def _link_to_site(view: View) -> str:
    material = view.material
    return _place(
        b
        for b in view.links
        if b.vendor is None and b.host not in material.hosting and b.host not in material.known
    )


def _file_host(view: View) -> str:
    return _place(b for b in view.links if view.material.hosting.get(b.host, "") in _FILE_HOSTS)


def _freemail(view: View) -> str:
    return _observed(view, "from-domain-freemail")


def _freemail_reply(view: View) -> str:
    return _observed(view, "reply-to-freemail")


def _spoofed(view: View) -> str:
    return "From" if fails(view.mail) else ""


def _mail_service(view: View) -> str:
    if view.mail.sender.service is None:
        return ""
    return _observed(view, "service-evidence") or "Received"


def _mail_merge(view: View) -> str:
    return _observed(view, "merge-mailer") or reason_of(view.seen, "bulk-mechanics")


def _own_domain(view: View) -> str:
    sender = view.mail.sender
    if not sender.site or sender.domain in view.material.hosting or sender.domain in view.material.known:
        return ""
    return "From" if vouched(view.mail) else ""


def _look_alike(view: View) -> str:
    return reason_of(view.seen, "look-alike")


def _young(view: View) -> str:
    return reason_of(view.seen, "young-domain")


def _free_host(view: View) -> str:
    sender = _observed(view, "from-domain-dynamic-dns", "from-domain-free-hosting")
    if sender:
        return sender
    if view.mail.sender.domain.endswith(_FREE_ENDINGS):
        return "From"
    return _place(
        b
        for b in (*view.callbacks, *view.links)
        if view.material.hosting.get(b.host, "") in _FREE_HOSTING or b.host.endswith(_FREE_ENDINGS)
    )


def _raw_address(view: View) -> str:
    return _place(b for b in (*view.callbacks, *view.links) if is_address(b.host))


def _article(view: View) -> str:
    if any(one.kind == "article-copy" for one in view.mail.observations):
        return "body"
    return "body" if view.mail.content.article else ""


def _headline(view: View) -> str:
    return "Subject" if view.mail.content.headline else ""


def _asks_nothing(view: View) -> str:
    content = view.mail.content
    if content.asks or content.automatic or not content.text_length:
        return ""
    return "" if _observed(view, "asks-unknown", "offer", "event") else "body"


def _asks(*what: str) -> Callable[[View], str]:
    wanted = frozenset(what)
    return lambda view: "" if wanted.isdisjoint(view.mail.content.asks) else "body"


def _company(view: View) -> str:
    return "From" if not view.genuine and _COMPANY.search(view.mail.sender.name[:200]) else ""


def _contact(view: View) -> str:
    return reason_of(view.seen, "borrowed-name", "own-domain-forged")


def _unpublished(view: View) -> str:
    owner = view.material.people.get(view.seen.owner)
    if owner is None or not owner.unpublished:
        return ""
    mail = view.mail
    named = (view.seen.owner, *mail.delivered_to, *mail.to[:1000])
    return "To" if any(address in owner.unpublished for address in named) else ""


def _personas(view: View) -> Iterator[tuple[str, str]]:
    """Roles that are claimed; nothing where the outlet or institution that is named vouches for the mail itself."""
    if view.genuine:
        return
    claims = [one for one in view.mail.observations if one.kind == "claims-name"]
    forged = fails(view.mail)
    press = False
    for one in claims:
        own = view.material.domains.get(one.value, ())
        if not forged and any(related(domain, view.mail.sender.site) for domain in own):
            return
        kind = view.material.kinds.get(one.value, "")
        press = press or kind in _PRESS
        sign = "persona-un" if one.value in _UN else _KINDS.get(kind)
        if sign is not None:
            yield sign, one.where or "From"
    for one in view.mail.observations:
        if one.kind == "persona" and one.value in _ROLES:
            yield _ROLES[one.value], one.where or "body"
            if one.value in ("newspaper", "agency") and one.where in ("from", "introduction") and not press:
                yield "persona-invented-outlet", one.where


TABLE: tuple[tuple[str, Callable[[View], str]], ...] = (
    ("hidden-beacon", _hidden),
    ("visible-picture", _visible),
    ("personal-token", _token),
    ("address-in-url", _address_in_url),
    ("personal-link", _personal_link),
    ("credential-capture", _credentials),
    ("receipt-request", _receipt),
    ("beacon-only", _beacon_only),
    ("link-to-site", _link_to_site),
    ("file-host-link", _file_host),
    ("attachment", _attached),
    ("attachment-calls", _attachment_calls),
    ("freemail-sender", _freemail),
    ("freemail-reply", _freemail_reply),
    ("spoofed-domain", _spoofed),
    ("mail-service", _mail_service),
    ("mail-merge", _mail_merge),
    ("own-domain", _own_domain),
    ("look-alike-domain", _look_alike),
    ("young-domain", _young),
    ("free-host", _free_host),
    ("raw-address", _raw_address),
    ("article-copied", _article),
    ("headline-subject", _headline),
    ("asks-nothing", _asks_nothing),
    ("asks-meeting", _asks("meeting", "interview", "comment")),
    ("asks-documents", _asks("documents")),
    ("asks-credentials", _asks("credentials")),
    ("asks-payment", _asks("payment", "donation")),
    ("persona-company", _company),
    ("persona-contact", _contact),
    ("private-address", _unpublished),
)
