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
# Names that hosters give to machines until somebody gives them one: the address in the name, or the kind of machine.
_RENTED = re.compile(
    r"(?:^|[.-])(?:vps|vds|vserver|kvm|droplet|cloudserver|dedi(?:cated)?|colo|srv\d|static|ip|ns\d{4,}|"
    r"ec2|compute|rdns|unassigned|hosted-by)(?:[.\d-]|$)"
)
_LOOP_FROM = 4  # times that one machine takes the same mail in
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


def is_inner(address: str) -> bool:
    """Whether an address lies inside a network, so that it tells nothing of who handed a mail in."""
    return _PRIVATE.match(address) is not None


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
    name of the machine that started the chain looks like a home or mobile line; "handed-in-by": the name, else the
    address, of the machine that handed the mail to the receiving side; "handed-in-line" and "handed-in-rented": that
    its reverse name is one of a home line, or one that a hoster gives to rented machines; "many-hops";
    "received-loop": one machine took the mail in at least four times.
    """
    found: list[Observation] = []
    if chain.own:
        border = chain.hops[chain.own - 1]
        if border.helo and border.ip and not _PRIVATE.match(border.ip):
            if _LITERAL.fullmatch(border.helo):
                found.append(Observation("helo-raw-ip", border.helo, "received"))
            elif "." not in border.helo:
                found.append(Observation("helo-no-domain", border.helo, "received"))
            name = border.reverse or (border.helo if "." in border.helo else "")
            found.append(Observation("handed-in-by", name or border.ip, "received"))
            if border.reverse and _SUBSCRIBER.search(border.reverse) is not None:
                found.append(Observation("handed-in-line", border.reverse, "received"))
            elif border.reverse and _is_rented(border.reverse, border.ip):
                found.append(Observation("handed-in-rented", border.reverse, "received"))
    if chain.hops:
        origin = chain.hops[-1]
        if origin.reverse and _SUBSCRIBER.search(origin.reverse) is not None:
            found.append(Observation("origin-subscriber-line", origin.reverse, "received"))
    if len(chain.hops) > 25:
        found.append(Observation("many-hops", str(len(chain.hops)), "received"))
    if len(chain.hops) >= _LOOP_FROM and (repeated := _repeated(chain.hops)):
        found.append(Observation("received-loop", repeated, "received"))
    return found


def _is_rented(name: str, ip: str) -> bool:
    """Whether a machine still has the name its hoster gave it: the kind of machine, or its address written out."""
    if _RENTED.search(name) is not None:
        return True
    octets = ip.split(".")
    if len(octets) != 4:
        return False
    return any(mark.join(part) in name for mark in "-." for part in (octets, octets[::-1])) or any(
        "".join(f"{int(octet):02x}" for octet in part if octet.isdigit()) in name for part in (octets,)
    )


def _repeated(hops: tuple[Hop, ...]) -> str:
    """The machine that took the mail in from the same other machine at least four times, or ""."""
    counts: dict[tuple[str, str], int] = {}
    for hop in hops:
        if _is_domain(hop.by) and hop.helo:
            key = (hop.helo, hop.by)
            counts[key] = counts.get(key, 0) + 1
    pair, most = max(counts.items(), key=lambda entry: entry[1], default=(("", ""), 0))
    return pair[1] if most >= _LOOP_FROM else ""


def _is_domain(host: str) -> bool:
    return (
        "." in host
        and host[-1:].isalpha()
        and not host.endswith((".local", ".localdomain", ".internal", ".lan"))
    )
