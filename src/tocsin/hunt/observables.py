"""What one mail shows that intelligence could name, normalised so that equal things are equal texts."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from tocsin.mail.url import site_of
from tocsin.model.observable import Observable, digest
from tocsin.model.observation import Observed

# Kinds whose values patterns search by text (LIKE, MATCHES, CIDR), beside looking them up.
SEARCHED = frozenset({"url", "host", "address", "ip", "subject", "mailer"})

_TOKENS = frozenset({"high-entropy", "echo", "differs"})  # kinds of Personal whose value is the token itself


def observables(mail: Observed) -> tuple[Observable, ...]:
    """Everything a mail shows, each kind and value once, at the first place that shows it."""
    found: dict[tuple[str, str], Observable] = {}
    for kind, value, where in _shown(mail):
        if value:
            found.setdefault((kind, value), Observable(kind, value, where))
    return tuple(found.values())


def digests_of(shown: Iterable[Observable]) -> tuple[int, ...]:
    """The digests by which a store finds these observables."""
    return tuple(
        {digest(one.kind, url_key(one.value) if one.kind == "url" else one.value): None for one in shown}
    )


def url_key(href: str) -> str:
    """What two URLs share that lead to the same thing: all but scheme (http or https), account and fragment.

    Takes a URL as `mail.url.resolve` gives it. Path, trailing slash and query count: a server tells them apart.
    """
    if href.startswith(("http:", "https:")):
        href = href[href.index(":") + 1 :]
    key = href.partition("#")[0]
    if "@" in key and key.startswith("//"):
        authority, slash, rest = key[2:].partition("/")
        key = f"//{authority.rpartition('@')[2]}{slash}{rest}"
    return key


def texts_of(shown: Iterable[Observable]) -> tuple[tuple[str, str], ...]:
    """Kind and value of those that patterns search by text."""
    return tuple((one.kind, one.value) for one in shown if one.kind in SEARCHED)


def normalised_subject(subject: str) -> str:
    """A subject without case and without differences of blanks."""
    return " ".join(subject.split()).casefold()


def domains_over(host: str) -> Iterator[str]:
    """The domains that a host lies in, itself first, down to its registrable domain; an address has none."""
    site = site_of(host)
    if not site or is_ip(host):
        return
    name = host
    while len(name) >= len(site):
        yield name
        _, dot, name = name.partition(".")
        if not dot:
            return


def is_ip(host: str) -> bool:
    """Whether a host is an IP address, in brackets or not."""
    if ":" not in host and not host[-1:].isdigit():  # most names; asking the parser costs ten times as much
        return False
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _shown(mail: Observed) -> Iterator[tuple[str, str, str]]:
    sender = mail.sender
    for beacon in mail.beacons:
        if beacon.host:
            yield "url", beacon.url, beacon.part
            yield from _host(beacon.host, beacon.part)
        elif beacon.url.startswith("mailto:"):  # a receipt is asked for to this address
            yield from _address(beacon.url[7:].partition("?")[0], beacon.part)
        if beacon.personal is not None and beacon.personal.kind in _TOKENS:
            yield "token", beacon.personal.value, beacon.part
    for place, address in (
        ("from", sender.address),
        ("reply-to", sender.reply_to),
        ("return-path", sender.return_path),
    ):
        if address:
            yield from _address(address, place)
    for relay in sender.relays:
        yield from _host(relay, "received")
    for domain in sender.dkim_domains:
        yield from _host(domain, "dkim-signature")
    if "." in sender.message_id_host:
        yield from _host(sender.message_id_host, "message-id")
    yield "hash", mail.sha256, ""
    for observation in mail.observations:
        if observation.kind in ("attachment-md5", "attachment-sha1", "attachment-sha256"):
            yield "hash", observation.value, observation.where
    yield "subject", normalised_subject(mail.subject), "subject"
    yield "mailer", sender.mailer.strip().casefold(), "x-mailer"
    yield "template", mail.content.text_hash, ""
    yield "template", mail.content.structure_hash, ""


def _address(address: str, where: str) -> Iterator[tuple[str, str, str]]:
    yield "address", address, where
    domain = address.rpartition("@")[2]
    if domain:
        yield from _host(domain, where)


def _host(host: str, where: str) -> Iterator[tuple[str, str, str]]:
    if is_ip(host):
        yield "ip", str(ipaddress.ip_address(host.strip("[]"))), where
        return
    yield "host", host, where
    for domain in domains_over(host):
        yield "under", domain, where
