"""Lists and forwarders: they change mail and send it on from their own machines, and authentication fails for that.

No such failure speaks against the sender.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.url import site_of
from tocsin.model.catalogue import Catalogue
from tocsin.model.message import Header
from tocsin.model.observation import Observation, Sender
from tocsin.observe.arc import Station, read_stations
from tocsin.observe.authentication import Authentication, is_named
from tocsin.observe.envelope import bounded
from tocsin.observe.fields import Fields, first_of
from tocsin.observe.hops import Chain
from tocsin.observe.vendors import hosting_group

# What list programs write (RFC 2369, RFC 2919, Mailman, Sympa, ezmlm, Majordomo, Google Groups, LISTSERV).
_LIST_FIELDS = (
    "list-post", "mailing-list", "x-mailman-version", "x-beenthere", "x-mailinglist", "x-mailing-list", "x-ml-name",
    "x-loop", "x-google-group-id", "x-listserver", "x-list", "x-sympa-to", "x-original-from",
)  # fmt: skip
_SENT_ON = (
    "x-forwarded-to", "x-forwarded-for", "delivered-to", "x-original-to", "resent-from", "resent-to", "to", "cc",
)  # fmt: skip
# "X via Y" in the languages of list programs and of Google Groups.
_VIA = re.compile(r"\s(?:via|par|über|per|through|door middel van)\s", re.IGNORECASE)
_SRS = re.compile(
    r"srs(?:0[=+-][^=\s]{1,20}=[^=\s]{1,10}=|1[=+-][^=\s]{1,20}=)([a-z0-9.-]{1,253})=", re.IGNORECASE
)
_FROM_FIELDS = ("x-original-from", "x-mailfrom", "reply-to", "cc")


def list_of(sender: Sender, fields: Fields) -> str:
    """What names the mailing list that sent the mail on, or ""."""
    if sender.list_id:
        return sender.list_id
    if "list" in sender.precedence:
        return sender.precedence
    return next((name for name in _LIST_FIELDS if name in fields), "")


def observe_damage(
    sender: Sender,
    auth: Authentication,
    headers: Iterable[Header],
    fields: Fields,
    chain: Chain,
    catalogue: Catalogue,
    trusted: tuple[str, ...],
) -> Observation | None:
    """What explains that authentication failed, for mail where it did: "list-damage" or "forward-damage".

    A forwarder is one that saw the mail pass and sealed that (ARC) before it handed the mail on or received it, a known
    forwarding service, or a host of a domain that the mail was addressed to before; with a return path that was
    rewritten (SRS) the return path names it.
    """
    if passed_on_by := list_of(sender, fields):
        return Observation("list-damage", passed_on_by, "list-id")
    if not chain.own:
        return None
    border = chain.hops[chain.own - 1]
    host = border.reverse or (border.helo if auth.spf == "pass" else "")
    forwarder = site_of(host) if host else ""
    if "arc-seal" in fields and auth.arc != "fail":
        station = vouching_station(read_stations(tuple(headers)), sender.site)
        if station is not None:
            sealer = site_of(station.sealed_by)
            if sealer in (chain.receiver, forwarder) or is_named(station.sealed_by, trusted):
                return Observation("forward-damage", f"sealed by {station.sealed_by}", "arc-seal")
    if not forwarder or forwarder in (sender.site, chain.receiver):
        return None
    if hosting_group(catalogue, host) == "forwarding":
        return Observation("forward-damage", f"handed on by {host}", "received")
    if forwarder in _addressed_sites(fields):
        rewritten = _SRS.match(sender.return_path)
        where = "return-path" if rewritten is not None and sender.return_site == forwarder else "received"
        return Observation("forward-damage", f"handed on by {host}", where)
    return None


def vouching_station(stations: tuple[Station, ...], site: str) -> Station | None:
    """The first station that says it saw the mail pass for From's site, or None. It can say so about anything."""
    for station in stations[:2]:
        for method, result, properties in station.results.results:
            if result != "pass":
                continue
            named = {
                "dmarc": properties.get("header.from", ""),
                "dkim": properties.get("header.d") or properties.get("header.i", ""),
                "spf": properties.get("smtp.mailfrom", ""),
            }.get(method, "")
            if named and site_of(named.rpartition("@")[2].lower().rstrip(".")) == site:
                return station
    return None


def _addressed_sites(fields: Fields) -> set[str]:
    sites = set()
    for name in _SENT_ON:
        for value in fields.get(name, ())[:5]:
            for address in parse_addresses(bounded(value), 20):
                if address.domain:
                    sites.add(site_of(address.domain))
    return sites


def observe_rewriting(sender: Sender, fields: Fields) -> Observation | None:
    """The writer whom a list replaced in From by its own address ("Ann via Talk <talk@lists.example>"), if it did.

    Lists do so for writers whose domains forbid others to send in their name.
    """
    if not sender.name or not _VIA.search(sender.name):
        return None
    if not list_of(sender, fields):
        return None
    for name in _FROM_FIELDS:
        for address in parse_addresses(bounded(first_of(fields, name)), 1) if name in fields else ():
            if address.domain and address.domain != sender.domain:
                return Observation("from-rewritten", address.address.lower()[:320], name)
    return Observation("from-rewritten", sender.name[:200], "from")
