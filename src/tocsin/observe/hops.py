"""The Received chain: which hops the receiving side wrote, and who handed the mail to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from tocsin.mail.received import parse_received
from tocsin.mail.url import site_of
from tocsin.model.observation import Observation

_HOP = re.compile(
    r"\s*from\s+([^\s;()]+)\s+((?:\([^()]*(?:\([^()]*\)[^()]*)*\)\s*|\[[^\]\s]*\]\s*){0,5})by\s+([^\s;()\[\]]+)",
    re.IGNORECASE,
)
_USUAL_HOP = re.compile(  # most hops: from HELO (NAME [ADDRESS]) by HOST
    r"\s*from\s+([^\s;()\[]+)\s+\(([A-Za-z0-9._-]*)\s*\[(?:IPv6:)?((?:\d{1,3}\.){3}\d{1,3}"
    r"|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f.]{0,15}:[0-9A-Fa-f:.]{0,40})\]\)\s+by\s+([^\s;()\[\]]+)",
    re.IGNORECASE,
)
_BY = re.compile(r"\s*by\s+([^\s;()\[\]]+)", re.IGNORECASE)
_EXIM_HELO = re.compile(r"\bhelo=([^\s()\[\]]+)")
_ADDRESS = re.compile(
    r"(?:IPv6:)?((?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f.]{0,15}:[0-9A-Fa-f:.]{0,40})",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}")
_LITERAL = re.compile(r"\[?(?:IPv6:)?(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]*:[0-9a-f:.]*)\]?", re.IGNORECASE)
_PRIVATE = re.compile(
    r"(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\.|::1$|f[cde][0-9a-f]{2}:", re.IGNORECASE
)
_SUBSCRIBER = re.compile(
    r"(?:^|[.-])(?:x?dsl|adsl\d*|vdsl|dyn|dynamic|dynamicip|dip|dhcp|pool|pools|ppp|pppoe|dial|dialup|cable|catv|"
    r"broadband|customer|cust|cpe|ftth|fiber|fibre|mobile|home|residential|res|user)(?:[.\d-]|$)"
)
MAX_HOPS = 50


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One Received field; all names lower-case, "" where it does not say.

    `helo` is what the handing side called itself, `reverse` the name that the receiver looked up for `ip`.
    """

    helo: str
    reverse: str
    ip: str
    by: str


_SILENT = Hop("", "", "", "")


class Chain(msgspec.Struct, frozen=True):
    """The hops, newest first, read at most to the fiftieth.

    `receiver` is the site of the receiving side: that of the newest `by` host with a proper domain. `own` is how many
    of the hops, from the newest, the receiving side wrote; the hop at `own - 1` names who handed the mail to it.
    What stands below was there when the mail came in, and may be forged.
    """

    hops: tuple[Hop, ...] = ()
    receiver: str = ""
    own: int = 0


def read_chain(values: Sequence[str]) -> Chain:
    """The chain that the values of the Received fields, in their order, describe."""
    hops = tuple(map(read_hop, values[:MAX_HOPS]))
    receiver = ""
    sites: set[str] = set()
    own = 0
    handed = ""  # who handed the mail to the hop above
    for index, hop in enumerate(hops):
        if _is_domain(hop.by):
            site = site_of(hop.by)
            if not sites:
                receiver = site
            elif site not in sites and not _is_same_machine(handed, hop.by, sites):
                break
            sites.add(site)
            own = index + 1
        elif own == index:
            own = (
                index + 1
            )  # "by localhost", "by 192.0.2.1": an inner stage of the side that wrote the hop above
        handed = hop.helo
    return Chain(hops, receiver, own)


def _is_same_machine(handed: str, by: str, sites: set[str]) -> bool:
    """Whether a machine of the receiving side, named in the hop above, writes its own hop under another domain.

    Large providers name one machine under three domains. An ordinary sender names it under one, or has a short name
    ("mail") in both.
    """
    label = handed.partition(".")[0]
    if not label or label != by.partition(".")[0]:
        return False
    site = site_of(handed)
    return site in sites or (len(label) >= 10 and not label.isalpha() and site != site_of(by))


def read_hop(value: str) -> Hop:
    """One Received field, by one match where it has a common shape."""
    value = value[:2_000]
    usual = _USUAL_HOP.match(value)
    if usual is not None:
        helo, reverse, ip, by = usual.groups()
        named = _NAME.match(reverse)
        reverse = named[0].lower() if named is not None else ""
        return Hop(helo.rstrip(".").lower(), reverse, ip.lower(), by.rstrip(".").lower())
    found = _HOP.match(value)
    if found is None:
        start = _BY.match(value)
        if start is not None:
            return Hop("", "", "", start[1].rstrip(".").lower())
        if value.startswith("(qmail "):
            return _SILENT
        odd = parse_received(value)
        return Hop(odd.from_host, "", odd.from_ip, odd.by_host)
    helo, comments, by = found.groups()
    reverse = ""
    address = _ADDRESS.search(comments, 0, 300)
    if (
        "helo=" in comments and (told := _EXIM_HELO.search(comments)) is not None
    ):  # Exim puts the looked-up name first
        reverse, helo = helo, told[1]
    elif comments[:1] == "(":
        name = _NAME.match(comments, 1)
        reverse = name[0] if name is not None else ""
    if reverse[:1] == "[" or not comments:
        address = address or _ADDRESS.search(reverse or helo)
        reverse = ""
    ip = address[1].lower() if address is not None else ""
    return Hop(helo.rstrip(".").lower(), reverse.lower(), ip, by.rstrip(".").lower())


def relay_names(chain: Chain) -> tuple[str, ...]:
    """Host names and addresses of the handing sides, newest first, each once, inner addresses left out."""
    names: dict[str, None] = {}
    for hop in chain.hops:
        host = hop.reverse or hop.helo
        if "." in host and host[0] != "[":
            names[host] = None
        if hop.ip and not _PRIVATE.match(hop.ip):
            names[hop.ip] = None
    return tuple(names)


def observe_chain(chain: Chain) -> list[Observation]:
    """Oddities of the hop that handed the mail in and of the first hop.

    "helo-raw-ip" and "helo-no-domain": how the handing side called itself; "origin-subscriber-line": the reverse
    name of the machine that started the chain looks like a home or mobile line; "many-hops".
    """
    found: list[Observation] = []
    if chain.own:
        border = chain.hops[chain.own - 1]
        if border.helo and border.ip and not _PRIVATE.match(border.ip):
            if _LITERAL.fullmatch(border.helo):
                found.append(Observation("helo-raw-ip", border.helo, "received"))
            elif "." not in border.helo:
                found.append(Observation("helo-no-domain", border.helo, "received"))
    if chain.hops:
        origin = chain.hops[-1]
        if origin.reverse and _SUBSCRIBER.search(origin.reverse) is not None:
            found.append(Observation("origin-subscriber-line", origin.reverse, "received"))
    if len(chain.hops) > 25:
        found.append(Observation("many-hops", str(len(chain.hops)), "received"))
    return found


def _is_domain(host: str) -> bool:
    return (
        "." in host
        and host[-1:].isalpha()
        and not host.endswith((".local", ".localdomain", ".internal", ".lan"))
    )
