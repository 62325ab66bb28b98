"""Who sent a mail and how, by what its header says and what of it the receiving side vouches for."""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.mail.addresses import Address, normalise, parse_addresses
from tocsin.mail.dns_records import NO_RECORDS, Records
from tocsin.mail.headers import decode_words
from tocsin.mail.url import site_of
from tocsin.model.catalogue import Catalogue
from tocsin.model.message import Message
from tocsin.model.observation import Observation, Sender
from tocsin.observe.authentication import Authentication, held_to_author, read_authentication
from tocsin.observe.envelope import arrival, bounded, observe_zone, read_recipients
from tocsin.observe.fields import Fields, fields_by_name, first_of
from tocsin.observe.forwarding import observe_damage, observe_rewriting
from tocsin.observe.hops import Chain, observe_chain, read_chain, relay_names
from tocsin.observe.mailers import bulk_fields, merge_mailer, message_id_maker, script_mailer
from tocsin.observe.vendors import find_sender_vendor, hosting_group

_NOBODY = Address("", "", "")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,300})>")
_SIGNED = re.compile(r"(?:^|[;\s])d\s*=\s*([A-Za-z0-9._-]{1,253})")
_TURNING = frozenset("\u202d\u202e")  # overrides of direction: no name of any language needs them
_ADDRESS_IN_NAME = re.compile(r"[^\s<>,;:\"()\[\]@]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})")
_VERP_ADDRESS = re.compile(r"[=#]((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})(?:[-+.=].*)?$")
_VERP_TOKEN = re.compile(
    r"(?:bounces?|return|returns|errors?|ret|prvs|msprvs\d?|rb|b)[-+_.=](?=[\w.+=-]*\d[\w.+=-]*\d)[\w.+=-]{8,}$"
    r"|[^+=]{1,40}[+=-](?=[0-9a-z]*\d)(?=[0-9a-z]*[a-z])[0-9a-z]{12,}(?:[-+.=][\w.+=-]*)?$"
)
_LATIN = re.compile(r"[A-Za-z]")
_CONFUSABLE = re.compile(r"[\u0370-\u03ff\u0400-\u052f\u0530-\u058f]")
_MAX_IDS = 60
_MAX_NAME = 500


class _Identity(NamedTuple):
    """The addresses of the header: as From, Reply-To, Sender and the return path have them."""

    author: Address
    address: str
    domain: str
    site: str
    reply: str
    return_path: str


def observe_sender(
    message: Message,
    catalogue: Catalogue,
    fields: Fields | None = None,
    records: Records = NO_RECORDS,
    trusted: tuple[str, ...] = (),
) -> tuple[Sender, tuple[Observation, ...]]:
    """Read who sent the mail, and what about that is out of the ordinary.

    Results of SPF, DKIM and DMARC are those that the receiving side recorded (`observe.authentication`, where `trusted`
    are the servers that are believed, () for any that stands in the right place), else those that the DNS records
    handed in give (`observe.verification`); "" means unknown. `Sender.dkim_domains` are the domains whose signatures
    held; where nothing is known about DKIM, those that the mail claims to be signed by. Message ids have no angle
    brackets. `fields` are those of the message by name, where somebody has them already.
    """
    if fields is None:
        fields = fields_by_name(message.headers)
    chain = read_chain(fields.get("received", []))
    auth = read_authentication(message.headers, chain, trusted)
    found: list[Observation] = []
    identity = _read_identity(message, fields, auth, found)
    auth = held_to_author(auth, identity.site)
    by_records: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()
    recorded = auth.spf or auth.dkim or auth.dmarc or auth.arc
    if records:
        from tocsin.observe.verification import verify

        verified = verify(
            message,
            records,
            auth,
            chain,
            identity.domain,
            identity.return_path,
            arrival(message, fields),
            trusted,
        )
        auth, by_records, strict = verified.auth, verified.by_records, verified.strict
        found.extend(verified.observations)
    computed = auth.spf or auth.dkim or auth.dmarc or auth.arc
    found.extend(auth.doubts)
    dkim_domains = auth.dkim_domains
    if not auth.dkim and "dkim-signature" in fields:
        dkim_domains = _claimed_signers(fields["dkim-signature"])
    precedence = first_of(fields, "precedence").lower()
    list_id = first_of(fields, "list-id")
    mailer = first_of(fields, "x-mailer") or first_of(fields, "user-agent")
    if mailer:
        mailer = " ".join(decode_words(mailer[:_MAX_NAME]).split())[:200]
    service, evidence = _find_service(catalogue, fields, chain, identity.return_path, dkim_domains)
    if service is not None:
        found.append(Observation("service-evidence", evidence, evidence))
    sender = Sender(
        name=identity.author.name[:_MAX_NAME],
        address=identity.address,
        domain=identity.domain,
        site=identity.site,
        reply_to=identity.reply,
        reply_site=_site_of_address(identity.reply),
        return_path=identity.return_path,
        return_site=_site_of_address(identity.return_path),
        message_id_host=first_of(fields, "message-id").rpartition("@")[2].strip(" <>[]\t").lower()[:253],
        dkim_domains=dkim_domains,
        spf=auth.spf,
        dkim=auth.dkim,
        dmarc=auth.dmarc,
        dmarc_policy=auth.dmarc_policy,
        authserv_id=auth.authserv_id,
        relays=relay_names(chain),
        mailer=mailer,
        list_id=list_id.rpartition("<")[2].rstrip("> ").lower()[:253],
        list_unsubscribe="list-unsubscribe" in fields,
        one_click="one-click" in first_of(fields, "list-unsubscribe-post").lower(),
        precedence=precedence,
        auto_submitted=first_of(fields, "auto-submitted").partition(";")[0].strip().lower(),
        service=service,
        in_reply_to=_thread(fields),
        arc=auth.arc,
        verified_by="receiver" if recorded else "records" if computed else "",
        by_records=by_records,
        strict=strict,
    )
    _observe_identity(sender, identity, catalogue, found)
    if (rewritten := observe_rewriting(sender, fields)) is not None:
        found.append(rewritten)
    if _has_failed(sender):
        damage = observe_damage(sender, auth, message.headers, fields, chain, catalogue, trusted)
        _observe_failure(message, sender, damage, catalogue, found)
    if merged := merge_mailer(mailer, fields):
        found.append(Observation("merge-mailer", merged, "x-mailer"))
    if script := script_mailer(fields):
        found.append(Observation("script-mailer", script, "header"))
    if maker := message_id_maker(first_of(fields, "message-id").strip(" <>\t")):
        found.append(Observation("message-id-maker", maker, "message-id"))
    if bulk := bulk_fields(precedence, fields):
        found.append(Observation("bulk-headers", ",".join(bulk), "header"))
    found.extend(observe_chain(chain))
    found.extend(observe_zone(first_of(fields, "date"), fields.get("received", ()), sender.domain))
    return sender, tuple(found)


def message_ids(value: str) -> tuple[str, ...]:
    """The message ids of a Message-ID, In-Reply-To or References value, without angle brackets, in order."""
    return tuple(_MESSAGE_ID.findall(value[:32_000]))


def _read_identity(
    message: Message, fields: dict[str, list[str]], auth: Authentication, found: list[Observation]
) -> _Identity:
    values = fields.get("from", [])
    authors = parse_addresses(bounded(values[0]), 10) if values else ()
    if len(values) > 1 or len(authors) > 1:
        found.append(Observation("several-from", str(max(len(values), len(authors))), "from"))
    author = authors[0] if authors else _NOBODY
    if not authors and values:
        author = Address(decode_words(values[0][:_MAX_NAME]).strip(), "", "")
        found.append(Observation("from-without-address", author.name[:200], "from"))
    address = normalise(author.address)
    domain = author.domain
    reply = _first_address(fields, "reply-to")
    return_path = message.envelope.sender or auth.mail_from or first_of(fields, "return-path")
    return_path = normalise(return_path) if "@" in return_path else ""
    submitter = _first_address(fields, "sender")
    site = site_of(domain)
    if submitter and domain and _site_of_address(submitter) != site:
        found.append(Observation("sender-other-site", submitter, "sender"))
    return _Identity(author, address, domain, site, reply, return_path)


def _first_address(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name)
    if not values:
        return ""
    people = parse_addresses(bounded(values[0]), 1)
    return normalise(people[0].address) if people else ""


def _site_of_address(address: str) -> str:
    return site_of(address.rpartition("@")[2]) if "@" in address else ""


def _claimed_signers(signatures: list[str]) -> tuple[str, ...]:
    domains = (_SIGNED.search(signature[:2_000]) for signature in signatures[:10])
    return tuple(dict.fromkeys(domain[1].lower().rstrip(".") for domain in domains if domain is not None))


def _thread(fields: dict[str, list[str]]) -> tuple[str, ...]:
    if "in-reply-to" not in fields and "references" not in fields:
        return ()
    ids = dict.fromkeys(message_ids(first_of(fields, "in-reply-to")))
    ids.update(dict.fromkeys(message_ids(first_of(fields, "references"))[-_MAX_IDS:]))
    return tuple(ids)[:_MAX_IDS]


def _find_service(
    catalogue: Catalogue,
    fields: dict[str, list[str]],
    chain: Chain,
    return_path: str,
    dkim_domains: tuple[str, ...],
) -> tuple[str | None, str]:
    """The mail service that carried the mail, and by what it was told: the hardest evidence to forge first."""
    if chain.own:
        border = chain.hops[chain.own - 1]
        for host in (border.reverse, border.helo):
            if host and (vendor := find_sender_vendor(catalogue, host)) is not None:
                return vendor.id, "received"
    for domain in dkim_domains:
        if (vendor := find_sender_vendor(catalogue, domain)) is not None:
            return vendor.id, "dkim"
    if return_path and (vendor := find_sender_vendor(catalogue, return_path.rpartition("@")[2])) is not None:
        return vendor.id, "return-path"
    if not catalogue.by_header.keys().isdisjoint(fields):
        name = next(name for name in fields if name in catalogue.by_header)
        return catalogue.by_header[name].id, name
    for hop in chain.hops[chain.own : chain.own + 3]:
        if hop.helo and (vendor := find_sender_vendor(catalogue, hop.reverse or hop.helo)) is not None:
            return vendor.id, "received"
    return None, ""


def _observe_identity(
    sender: Sender, identity: _Identity, catalogue: Catalogue, found: list[Observation]
) -> None:
    """What the addresses say about each other."""
    name = sender.name
    if not name.isascii() and not _TURNING.isdisjoint(name):
        found.append(Observation("name-turned", name[:200], "from"))
    if "@" in name and (inner := _ADDRESS_IN_NAME.search(name)) is not None:
        if site_of(inner[1].lower()) != sender.site:
            found.append(Observation("name-is-other-address", inner[0].lower(), "from"))
    elif not name.isascii() and _CONFUSABLE.search(name) is not None and _mixes_scripts(name):
        found.append(Observation("name-mixed-script", name[:200], "from"))
    group = hosting_group(catalogue, sender.domain) if sender.domain else None
    if group is not None:
        found.append(Observation(f"from-domain-{group}", sender.domain, "from"))
    if "xn--" in sender.domain:
        found.append(Observation("from-domain-punycode", sender.domain, "from"))
    if sender.reply_site and sender.reply_site != sender.site:
        found.append(Observation("reply-to-other-site", sender.reply_to, "reply-to"))
        if group != "freemail" and hosting_group(catalogue, sender.reply_to.rpartition("@")[2]) == "freemail":
            found.append(Observation("reply-to-freemail", sender.reply_to, "reply-to"))
    if sender.return_site:
        if sender.site and sender.return_site != sender.site:
            found.append(Observation("return-path-other-site", sender.return_site, "return-path"))
        local = identity.return_path.rpartition("@")[0]
        if _VERP_ADDRESS.search(local) is not None:
            found.append(Observation("verp", "recipient", "return-path"))
        elif len(local) > 12 and _VERP_TOKEN.match(local) is not None:
            found.append(Observation("verp", "token", "return-path"))


def _mixes_scripts(name: str) -> bool:
    return any(_LATIN.search(word) and _CONFUSABLE.search(word) for word in name.split())


def _has_failed(sender: Sender) -> bool:
    return sender.dmarc == "fail" or (
        not sender.dmarc and sender.spf in ("fail", "softfail") and sender.dkim != "pass"
    )


def _observe_failure(
    message: Message,
    sender: Sender,
    damage: Observation | None,
    catalogue: Catalogue,
    found: list[Observation],
) -> None:
    """What excuses that authentication failed, else whether the reader's own domain was forged.

    No forwarder excuses the reader's own domain: its mail has no reason to come back from outside.
    """
    if damage is not None and damage.kind == "list-damage":
        found.append(damage)
        return
    if sender.site and hosting_group(catalogue, sender.domain) != "freemail":
        named = read_recipients(message)
        for address in (*named.delivered_to, *named.to):
            if _site_of_address(address) == sender.site:
                found.append(Observation("own-domain-spoofed", address, "from"))
                return
    if damage is not None:
        found.append(damage)
