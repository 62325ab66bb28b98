"""What intelligence writes, as comparisons with what mail shows; or the reason why it cannot be looked for.

Everything here takes refanged text (`hunt.refang`). An indicator that would meet half of all mail is refused with
words, whoever wrote it: readers of every format ask `refusal` for the patterns that they make.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from tocsin.hunt.observables import is_ip, normalised_subject
from tocsin.mail.url import resolve, site_of
from tocsin.model.intel import Combination, Comparison, Pattern

# What a value can be said to be; "domain" takes in the names below it, "path" is a URL's path without its host.
TERMS = (
    "url",
    "path",
    "host",
    "domain",
    "address",
    "ip",
    "cidr",
    "hash",
    "subject",
    "mailer",
    "template",
    "token",
)

WIDEST_V4, WIDEST_V6 = 8, 19  # prefix lengths; a registry's own block has /8 and /12, a large provider's /19
MAX_VALUE = 4096  # characters; no host, address, subject or URL that mail programs act on is longer
MIN_PATH = 12  # characters; shorter paths without a host stand on thousands of sites

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_INNER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # RFC 6890 has all of these; the documentation networks are left to exercises
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
_INNER_RANGES = tuple(
    (inner.version, int(inner.network_address), int(inner.broadcast_address)) for inner in _INNER
)
_INNER_NAMES = frozenset(
    {"localhost", "localdomain", "local", "lan", "internal", "intranet", "home", "corp", "arpa"}
)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{8,128}")
_LOCAL = re.compile(r"[^\s@<>\"(),;:\\\[\]]{1,64}")
_HOST_PORT = re.compile(r"([^\s/:@]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")
_SCHEME = re.compile(r"(?i)(?:https?|ftps?|wss?|file|smb)://")


class Unusable(ValueError):
    """A value that must not or cannot be looked for; the message is the reason, a clause for people."""


def term(kind: str, text: str) -> Pattern:
    """The pattern for a value that is said to be of one of TERMS. Raises Unusable."""
    text = text.strip()
    if not text:
        raise Unusable("the value is empty")
    if len(text) > MAX_VALUE:
        raise Unusable(
            f"the value has {len(text):,} characters, more than the {MAX_VALUE:,} that are compared"
        )
    if len(text) == 1:
        raise Unusable("one character is in every mail")
    pattern = _term(kind, text)
    reason = refusal(pattern)
    if reason:
        raise Unusable(reason)
    return pattern


def guess(text: str) -> str:
    """Of which of TERMS a bare value is: a URL, address, network, hash, path or domain; "" if it looks like none."""
    text = text.strip()
    if _SCHEME.match(text):
        return "url"
    if text[:1] == "/" and not text.startswith("//"):
        return "path"
    if "@" in text and "/" not in text:
        return "address"
    if "/" in text:
        head, _, tail = text.partition("/")
        if is_ip(head) and tail.isdigit() and len(tail) <= 3:
            return "cidr"
        return "url" if "." in head else ""
    match = _HOST_PORT.fullmatch(text) if ":" in text else None
    if is_ip(text) or (match is not None and is_ip(match[1])):
        return "ip"
    if _HASH.fullmatch(text.lower()):
        return "hash"
    return "domain" if "." in text and " " not in text else ""


def refusal(pattern: Pattern) -> str:
    """Why a pattern must not be looked for: it would meet mail that has nothing to do with it; "" if it may be.

    A part of an "and" may be as wide as it likes while another part is not.
    """
    if isinstance(pattern, Combination):
        reasons = [refusal(part) for part in pattern.parts]
        if pattern.operator == "and":
            return reasons[0] if reasons and all(reasons) else ""
        return next(filter(None, reasons), "")
    if pattern.negated:
        return "everything but one value would be met"
    return next(filter(None, (_refused(pattern, value) for value in pattern.values)), "")


def host_of(url: str) -> str:
    """The host that a normalised URL names, "" for none."""
    parsed = resolve(url)
    return parsed.host if parsed is not None else ""


def is_suffix(host: str) -> bool:
    """Whether strangers register names directly below this one (Public Suffix List, private section included)."""
    # A name that has a site above it is none; asking for that first answers most.
    return bool(host) and site_of(host) == host and not is_ip(host) and site_of("x." + host) == "x." + host


def leaves(pattern: Pattern) -> Iterator[Comparison]:
    """All comparisons of a pattern."""
    if isinstance(pattern, Comparison):
        yield pattern
        return
    for part in pattern.parts:
        yield from leaves(part)


def _term(kind: str, text: str) -> Pattern:
    match kind:
        case "url":
            return _url(text)
        case "path":
            return _path(text)
        case "host" | "domain":
            return _host(text, below=kind == "domain")
        case "address":
            return _address(text)
        case "ip" | "cidr":
            return _network(text)
        case "hash":
            if not _HASH.fullmatch(text.lower()):
                raise Unusable("is no MD5, SHA-1 or SHA-256 in hexadecimal digits")
            return Comparison("hash", "=", (text.lower(),))
        case "template":
            if not _HEX.fullmatch(text.lower()):
                raise Unusable("is no template hash as Tocsin writes it")
            return Comparison("template", "=", (text.lower(),))
        case "subject":
            return Comparison("subject", "=", (normalised_subject(text),))
        case "mailer":
            return Comparison("mailer", "=", (text.casefold(),))
        case "token":
            return Comparison("token", "=", (text,))
    raise Unusable(f"{kind} is nothing that a mail shows")


def _host(text: str, *, below: bool) -> Comparison:
    if text.startswith(("*.", ".")):
        text, below = text.lstrip("*."), True
    match = _HOST_PORT.fullmatch(text) if ":" in text else None
    if match is not None:
        text = match[1]
    if is_ip(text):
        return _network(text)
    return Comparison("host", "under" if below else "=", (_host_name(text),))


def _host_name(text: str) -> str:
    name = text.rstrip(".").lower()
    if not name.isascii():  # IDNA, as a browser does it
        parsed = resolve(f"http://{name}/")
        name = parsed.host if parsed is not None else ""
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise Unusable("is no name that a host can have")
    return name


def _address(text: str) -> Comparison:
    text = text.removeprefix("mailto:").strip("<>")
    local, at, domain = text.rpartition("@")
    if at and not local:  # "@evil.example": everybody there
        return _host(domain, below=True)
    if not at or not _LOCAL.fullmatch(local):
        raise Unusable("is no mail address")
    return Comparison("address", "=", (f"{local.lower()}@{_host_name(domain)}",))


def _network(text: str) -> Comparison:
    match = _HOST_PORT.fullmatch(text)
    if match is not None:
        text = match[1]
    text = text.strip("[]")
    try:
        network: Network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Unusable("is no IP address or network") from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None:
        if network.prefixlen < 96:
            raise Unusable("holds all of IPv4")
        network = ipaddress.IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    if network.prefixlen == network.max_prefixlen:
        return Comparison("ip", "=", (str(network.network_address),))
    return Comparison("ip", "cidr", (str(network),))


def _url(text: str) -> Pattern:
    if not _SCHEME.match(text):
        head, slash, _ = text.lstrip("/").partition("/")
        if not slash and "?" not in text:
            return _host(head, below=False)
        both = [resolve(f"{scheme}://{text.lstrip('/')}") for scheme in ("http", "https")]
        values = tuple(url.href for url in both if url is not None and "." in url.host)
        if not values:
            raise Unusable("is no URL that a browser would ask for")
        return _whole_host(values[0]) or Comparison("url", "in", values)
    url = resolve(text)
    if url is None or not url.host:
        raise Unusable("is no URL that a browser would ask for")
    return _whole_host(url.href) or Comparison("url", "=", (url.href,))


def _whole_host(href: str) -> Comparison | None:
    """A URL that names nothing but a host means the host: whoever writes http://evil.example wants all of it."""
    url = resolve(href)
    if url is None or url.path_query not in ("", "/") or url.fragment:
        return None
    if is_ip(url.host):
        return _network(url.host)
    return Comparison("host", "=", (_host_name(url.host),))


def _path(text: str) -> Comparison:
    if len(text) < MIN_PATH:
        raise Unusable("a short path without a host stands on many sites")
    if "%" in text:
        raise Unusable("a path with % signs cannot be searched without its host")
    return Comparison("url", "like", (f"%://%{text}%",))


def _refused(leaf: Comparison, value: str) -> str:
    if leaf.operator in ("like", "matches"):
        fixed = value.replace("%", "").replace("_", "") if leaf.operator == "like" else value.strip("^$.*+?")
        if fixed in ("", "http", "https", "http://", "https://", "://", "/", "@", "www."):
            return "would meet every mail"
        if len(fixed) == 1:
            return "one character is in every mail"
        return ""
    if len(value) < 2:
        return "the value is empty" if not value else "one character is in every mail"
    match leaf.kind:
        case "host":
            return _refused_ip(value) if is_ip(value) else _refused_host(value)
        case "ip":
            return _refused_ip(value)
        case "address":
            return _refused_host(value.rpartition("@")[2], suffix=False)
        case "url":
            host = host_of(value)
            return _refused_ip(host) if is_ip(host) else _refused_host(host, suffix=False)
    return ""


def _refused_host(host: str, *, suffix: bool = True) -> str:
    last = host.rpartition(".")[2]
    if last in _INNER_NAMES:
        return "names a host inside a network of one's own"
    if "." not in host:
        return "a whole top-level domain" if suffix else "names a host without a domain"
    if suffix and is_suffix(host):
        return "a public suffix: strangers have names of their own below it"
    return ""


def _refused_ip(value: str) -> str:
    try:
        network: Network = ipaddress.ip_network(value.strip("[]"), strict=False)
    except ValueError:
        return "is no IP address or network"
    if network.prefixlen < (WIDEST_V4 if network.version == 4 else WIDEST_V6):
        return (
            f"a network wider than /{WIDEST_V4 if network.version == 4 else WIDEST_V6} holds half the world"
        )
    first, last = int(network.network_address), int(network.broadcast_address)
    for version, low, high in _INNER_RANGES:
        if version == network.version and first <= high and last >= low:
            return "an address that everyone has inside a network of one's own"
    return ""
