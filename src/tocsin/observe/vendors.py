"""Recognise a host, a path or a header as a mail service's, or a host as hosting that anyone can rent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TypeVar

from tocsin.model.catalogue import Catalogue, HostingGroup, Vendor

_Claim = TypeVar("_Claim")


def index_catalogue(vendors: Iterable[Vendor], hosting: Mapping[str, HostingGroup]) -> Catalogue:
    """Build the look-up tables. Where two vendors claim the same thing, the later one has it.

    A service's own hosts count as its senders too, unless another service names them as senders.
    """
    vendors = tuple(vendors)
    by_sender = {host: vendor for vendor in vendors for host in vendor.hosts}
    by_sender.update((host, vendor) for vendor in vendors for host in vendor.senders)
    by_path = {piece: vendor for vendor in vendors for piece in vendor.paths}
    return Catalogue(
        vendors=vendors,
        hosting=dict(hosting),
        by_host={host: vendor for vendor in vendors for host in vendor.hosts},
        by_sender=by_sender,
        by_header={name: vendor for vendor in vendors for name in vendor.headers},
        by_path=by_path,
        group_by_host={host: name for name, group in hosting.items() for host in group.hosts},
        path_pattern=_any_of(by_path),
    )


def find_vendor(catalogue: Catalogue, host: str) -> Vendor | None:
    """The service under whose hosts `host` lies, by the longest suffix of whole labels; case is ignored.

    App Engine writes versions of one project as `version-dot-project.appspot.com`: the project decides.
    """
    if "-dot-" in host and host.endswith(".appspot.com"):
        host = host.rpartition("-dot-")[2]
    return _longest_suffix(catalogue.by_host, host)


def find_sender_vendor(catalogue: Catalogue, host: str) -> Vendor | None:
    """The service that sends from `host`: a return path's or Received host, or a DKIM d=."""
    return _longest_suffix(catalogue.by_sender, host)


def hosting_group(catalogue: Catalogue, host: str) -> str | None:
    """The sort of rentable hosting that `host` lies under ("dynamic-dns", "freemail" ...), or None."""
    return _longest_suffix(catalogue.group_by_host, host)


def vendor_by_path(catalogue: Catalogue, path_and_query: str) -> Vendor | None:
    """The service whose open beacons look like this URL path; the leftmost piece decides.

    Anyone can write such a path on any host: it is a hint for customers' own domains, not an identity.
    """
    if catalogue.path_pattern is None:
        return None
    found = catalogue.path_pattern.search(path_and_query)
    return catalogue.by_path[found[0]] if found else None


def vendor_by_header(catalogue: Catalogue, name: str) -> Vendor | None:
    """The service that alone adds this header field; case is ignored. Senders can forge it."""
    return catalogue.by_header.get(name.lower())


def _any_of(pieces: Iterable[str]) -> re.Pattern[str] | None:
    # Grouped by first character, the engine skips to the few places where a piece can begin: three times
    # faster than a flat alternation. In a group the longest goes first, so that the more telling one decides.
    longest_first = sorted(pieces, key=lambda piece: (piece[0], -len(piece), piece))
    groups = [
        re.escape(first) + "(?:" + "|".join(re.escape(piece[1:]) for piece in group) + ")"
        for first, group in groupby(longest_first, key=lambda piece: piece[0])
    ]
    return re.compile("|".join(groups)) if groups else None


def _longest_suffix(table: Mapping[str, _Claim], host: str) -> _Claim | None:
    host = host.lower().rstrip(".")
    while host:
        claim = table.get(host)
        if claim is not None:
            return claim
        host = host.partition(".")[2]
    return None
