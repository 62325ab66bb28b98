"""Host names of links that a program looks up before anybody clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import msgspec

from tocsin.mail.url import site_of
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique
from tocsin.observe.html import HtmlNode, HtmlView
from tocsin.observe.randomness import MIN_RANDOM, looks_random

TECHNIQUE = "anchor-dns"

ABOUT = Technique(
    TECHNIQUE,
    "Host name of a link, looked up ahead",
    "open",
    ("resolver", "time"),
    "Host names in `a` and `area`, and in links of plain text; `meta http-equiv=x-dns-prefetch-control`",
    "Some programs look up the host names of links as soon as a mail is shown, so that a click would be fast. The "
    "look-up reaches the sender's name server. If the name itself carries a token (`x7k2….sender.example`), it says "
    "which mail was opened and when, even while pictures are blocked.",
    "Switch off DNS prefetching where there is a switch, and use a name resolver that many people share. Blocking "
    "pictures does not stop this.",
    "Thunderbird 3.0 did it for plain text too; browsers do it for web mail unless the service forbids it. Most mail "
    "programs of today do not.",
    (
        "https://www.chromium.org/developers/design-documents/dns-prefetching/",
        "Krishnan and Monrose, DNS prefetching and its privacy implications, LEET 2010",
        "Email Privacy Tester, DNS anchor",
    ),
)
TAGS = frozenset({"a", "area"})
MAX_HOSTS = 5_000
_LONGEST = 300  # characters of an address in which the host ends

_HOST = re.compile(r"\s*+(?:https?:)?[/\\]{2}(?:[^@/?#\\\s]*+@)?([\w.-]{4,253})", re.IGNORECASE)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find link hosts worth telling, one reference for each host, conditional: few programs look them up.

    Every mail has links, so a host alone is no fact. It is told (1) when a label left of the registrable domain
    looks like a token, hyphens disregarded: at least 12 characters that look drawn at random, such as a digest, a
    UUID or base32 of an address; names under which clouds and hosting services lend out space count as
    registrable domains (Public Suffix List, private part), so that the label of a rented one is none; or (2) for all
    hosts when the mail itself asks for look-ups with `x-dns-prefetch-control: on`, which no newsletter
    needs; `off` forbids them all. The reference names the host without a path, since the path stays here. At
    most 5,000 hosts are looked at.
    """
    wanted = False
    for node in view.tagged("meta"):
        if node.get("http-equiv").strip().lower() == "x-dns-prefetch-control":
            content = node.get("content").strip().lower()
            if content == "off":
                return
            wanted = wanted or content == "on"
    starts: dict[str, HtmlNode] = {}
    for node in view.tagged("a", "area"):
        if href := node.attributes.get("href"):
            end = href.find("/", 8, _LONGEST)  # behind "https://" and the beginning of a host
            starts[href[:end] if end > 0 else href[:_LONGEST]] = node
    seen: set[str] = set()
    for start, node in islice(starts.items(), MAX_HOSTS):
        host = _host(start)
        if host and host not in seen and (wanted or has_token(host)):
            seen.add(host)
            reference = node.reference(TECHNIQUE, f"https://{host}/", "href", conditional=True)
            yield msgspec.structs.replace(reference, label=f"{node.tag} host")


def token_host(url: str) -> str:
    """Give the host of a link if its name holds what looks like a token, else ""."""
    host = _host(url[:_LONGEST])
    return host if host and has_token(host) else ""


@lru_cache(maxsize=4096)
def _host(href: str) -> str:
    match = _HOST.match(href)
    return match[1] if match else ""


@lru_cache(maxsize=16384)
def has_token(host: str) -> bool:
    """Whether a label left of the registrable domain looks drawn at random."""
    if len(host) < MIN_RANDOM + 4:
        return False
    host = host.rstrip(".")
    above = host[: -len(site_of(host.lower())) or None].encode("ascii", "replace")
    return any(
        looks_random(run)
        for label in above.split(b".")
        for run in (label.replace(b"-", b""), *label.split(b"-"))
    )
