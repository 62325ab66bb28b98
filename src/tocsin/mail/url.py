"""URLs as browsers and mail programs read them, their sites, and how people are shown them.

Parsing is WHATWG URL (https://url.spec.whatwg.org/) by ada; sites follow the Public Suffix List, private
section included. Nothing here raises on any text, and all of it is linear in the length of its input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import can_ada
import msgspec

_OPAQUE = frozenset(
    ("about", "blob", "cid", "data", "javascript", "mailto", "mid", "sms", "tel", "urn", "vbscript")
)
_OPAQUE_START = re.compile(r"[\x00-\x20]*+([A-Za-z]{3,10}):")
_SPECIAL = frozenset(("http", "https", "ws", "wss", "ftp"))
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_REMOVED = {9: None, 10: None, 13: None}  # WHATWG: tab and newline vanish wherever they stand
_DOTS = re.compile(r"[.。．｡]|%2e", re.IGNORECASE)  # what IDNA and percent-decoding read as a dot


class Url(msgspec.Struct, frozen=True, gc=False):
    """A URL in the parts that questions are asked about.

    `href` is what a browser would request, fragment and credentials included. `scheme` has no colon. `host`
    is lower-case ASCII (IDNA), without a trailing dot, IPv6 without brackets, and "" where the URL names
    none. `port` is None where it is the scheme's default. `path_query` starts with "/" where there is a host
    and keeps its "?"; `fragment` has no "#". `site` is the registrable domain, or the host if it has none.
    """

    href: str
    scheme: str
    host: str
    port: int | None
    path_query: str
    fragment: str
    site: str


def resolve(raw: str, base: str | None = None) -> Url | None:
    r"""Read a URL as written in a mail; None where a browser would request nothing.

    `base` makes relative references absolute; without one they are None, except `//host/…`, which is read as
    https. `\\host\share` is a UNC path with and without base (scheme "file"), as is `file:////host/share`:
    that is what Windows makes of them. Lone surrogates count as U+FFFD.
    """
    return _known(raw, base) if len(raw) < _WORTH_KEEPING else _resolve(raw, base)


def _resolve(raw: str, base: str | None) -> Url | None:
    if raw[:1] not in "hH/\\":
        opaque = _opaque(raw)
        if opaque is not None:
            return opaque
    try:
        if base is None:
            return _from_parsed(can_ada.parse(raw))
        unc = raw.lstrip(_C0_AND_SPACE).startswith("\\\\")
        joined = None if unc else _parsed_base(base)
        if joined is not None:
            return _from_parsed(joined + raw)
        if not unc:
            return _from_parsed(can_ada.parse(raw))
    except (ValueError, TypeError):  # TypeError: a lone surrogate has no UTF-8 form
        pass
    return _resolve_odd(raw, base)


_WORTH_KEEPING = 1_000  # characters of a URL: longer ones are hardly met again
_known = lru_cache(maxsize=4096)(
    _resolve
)  # one mail names a URL in several places, a mailing list in all mails


def _opaque(raw: str) -> Url | None:
    """A `data:`, `cid:` or other hostless URL, without parsing what may be megabytes long."""
    start = _OPAQUE_START.match(raw)
    if start is None:
        return None
    scheme = start[1].lower()
    if scheme not in _OPAQUE:
        return None
    href = raw.strip(_C0_AND_SPACE)
    return Url(href, scheme, "", None, href[len(scheme) + 1 :], "", "")


def _from_parsed(parsed: Any) -> Url:
    href = parsed.href
    if href[:4] == "http":  # cut by hand: each property of the parser costs more than a find
        colon = href.find(":")
        slash = href.find("/", colon + 3)
        host = href[colon + 3 : slash]
        if colon < 6 and ":" not in host and "@" not in host and host[-1:] != ".":
            path_query, _, fragment = href[slash:].partition("#")
            return Url(href, href[:colon], host, None, path_query, fragment, site_of(host))
    scheme = parsed.protocol[:-1]
    host = parsed.hostname
    path_query = parsed.pathname + parsed.search
    if scheme not in _SPECIAL:
        if len(scheme) == 1:  # C:\… is a path of the reader's own disk
            return Url(href, "file", "", None, path_query, "", "")
        if scheme == "file" and not host and path_query.startswith("//"):
            return _unc(path_query) or Url(href, scheme, "", None, path_query, "", "")
        host = _plain_host(host) if host else ""
    if host[-1:] == ".":
        host = host.rstrip(".")
    elif host[:1] == "[":
        host = host[1:-1]
    port = parsed.port
    fragment = parsed.hash[1:]
    return Url(href, scheme, host, int(port) if port else None, path_query, fragment, site_of(host))


def _plain_host(host: str) -> str:
    """The host of a scheme that WHATWG does not know (smb, webcal), read as one that it does."""
    try:
        return str(can_ada.parse("http://" + host).hostname)
    except ValueError:
        return host.lower()


@lru_cache(maxsize=256)
def _parsed_base(base: str) -> Any:
    """The base ready for joining, or None where it is no absolute URL."""
    absolute = resolve(base)
    if absolute is None:
        return None
    try:
        return can_ada.parse(absolute.href)
    except (ValueError, TypeError):
        return None


def _resolve_odd(raw: str, base: str | None) -> Url | None:
    """What is left when the parser refused: surrogates, UNC paths and scheme-relative references."""
    text = raw.strip(_C0_AND_SPACE).translate(_REMOVED)
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if whole != text:
        return resolve(whole, base)
    if text.startswith("\\\\"):
        return _unc(text)
    if text[:1] in ("/", "\\") and text[1:2] in ("/", "\\"):
        try:
            return _from_parsed(can_ada.parse("https:" + text))
        except ValueError:
            return None
    return None


_UNC = re.compile(
    r"[/\\]{2,}+(?:[?.][/\\]++(?:UNC[/\\]++)?)?([^/\\@?#]++)(?:@[^/\\]*+)?(.*)", re.IGNORECASE | re.DOTALL
)


def _unc(text: str) -> Url | None:
    r"""`\\host\share`, `\\host@SSL@8443\DavWWWRoot\…` and `\\?\UNC\host\share` (MS-DTYP 2.2.57)."""
    match = _UNC.match(text)
    if match is None:
        return None
    host = _plain_host(match[1]).rstrip(".").strip("[]")
    path = match[2].replace("\\", "/") or "/"
    return Url(f"file://{host}{path}", "file", host, None, path, "", site_of(host))


@lru_cache(maxsize=1)
def _suffixes() -> Any:
    """The Public Suffix List, read on first use: start-up must not pay for it.

    Its Unicode rules are left as they are (encoding them takes longer than all the rest); `site_of` decodes
    the few hosts that need them.
    """
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_encoded_idn=False)


@lru_cache(maxsize=65536)
def site_of(host: str) -> str:
    """The registrable domain of a lower-case host, private suffixes (`name.github.io`) included.

    An IP literal, a single label, a public suffix itself and anything malformed is its own site.
    """
    if "." not in host or ":" in host or host.rpartition(".")[2].isdigit():
        return host
    name = host
    if "xn--" in host and host.isascii():
        decode: Any = can_ada.idna_decode  # its stub says str, the function takes bytes
        name = decode(host.encode())
    site = _suffixes().privatesuffix(name)
    if site is None:
        return host
    if name is host:
        return str(site)
    return ".".join(host.split(".")[-(site.count(".") + 1) :])


@lru_cache(maxsize=4096)
def is_top_level(label: str) -> bool:
    """Whether a label is a top-level domain that names really end in, reserved ones included."""
    label = label.lower()
    if label in ("example", "test", "invalid", "localhost", "local", "onion", "internal"):
        return True
    return _suffixes().publicsuffix(label, accept_unknown=False) is not None


_HTTP = re.compile(r"(?i)(h)tt(ps?)(?=\s?:|%3a)")
_FTP = re.compile(r"(?i)\b(f)t(ps?)(?=:[/\\])")
_AUTHORITY = re.compile(r"(?<![/\\])[/\\]{2,}+[^\s/\\?#<>\"'\[\]]++")
_NAME = re.compile(r"(?<![\w.\-])[\w\-]*+\.[\w.\-]++(?!@)")  # not the dotted local part of an address


def defang(text: str) -> str:
    """Make every URL, address and host name in a text unclickable: `hxxps://host[.]tld/path`.

    For all that people read. Any host of a URL is defanged, a bare name where a label after its first is a
    top-level domain, so that `report.pdf` stays. Doing it twice changes nothing.
    """
    text = _HTTP.sub(r"\1xx\2", text)
    text = _FTP.sub(r"\1x\2", text)
    text = _AUTHORITY.sub(lambda match: _DOTS.sub("[.]", match[0]), text)
    return _NAME.sub(_defang_name, text)


def _defang_name(match: re.Match[str]) -> str:
    name = match[0].rstrip(".")  # full stops after it belong to the sentence
    labels = name.split(".")
    if len(labels) == 4 and all(label.isdigit() and len(label) < 4 for label in labels):
        return "[.]".join(labels) + match[0][len(name) :]
    last = len(labels) - 1 if labels[0].lower() == "www" else 0
    for index in range(len(labels) - 1, last, -1):
        if labels[index] and len(labels[index]) <= 63 and is_top_level(labels[index]):
            last = index
            break
    return ".".join(["[.]".join(labels[: last + 1]), *labels[last + 1 :]]) + match[0][len(name) :]


def defang_host(host: str) -> str:
    """A host as people are shown it: `mail[.]host[.]tld`, `192[.]0[.]2[.]1`, `2001[:]db8[:][:]1`."""
    host = _DOTS.sub("[.]", host.replace("[.]", "."))
    return host.replace("[:]", ":").replace(":", "[:]") if ":" in host else host


_TEXT_URL = re.compile(
    r"<(?:url:)?\s*+((?:https?|ftp)://[^<>\s]++(?:\s++[^<>\s]++){0,8}+)\s*+>"
    r"|((?:(?:https?|ftp|file|smb)://|(?<![\w@./\-])www\.)[^\s<>\"`“”„«»\x00-\x20]++)",
    re.IGNORECASE,
)
_SIGNS = ("://", "www.", "WWW.", "Www.")
_TEXT_SCHEMES = ("https", "http", "ftp", "file", "smb")
_WIDEST_OPENING = 20  # "<url:" and some white space before the scheme
_NEXT_URL = re.compile(r"\]\(|[,;|(]{1,2}(?=https?://)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_TRAILING = ".,;:!?'*_~|\\…。，、；：！？’‘"


def find_urls(text: str) -> Iterator[tuple[str, int]]:
    """URLs in plain text, as mail programs make links of them: (url as written, offset in characters).

    Knows http, https, ftp, file, smb and `www.` (yielded with `http://` in front, as programs do), markdown
    links, and `<…>` with line breaks inside (RFC 3986, appendix C). Trailing punctuation and brackets that
    were opened outside the URL are left out.
    """
    for match in _url_matches(text):
        if match[1] is not None:
            whole = match[1]
            if "\n" in whole or "\r" in whole:
                yield _SPACE.sub("", whole), match.start(1)
            else:  # a space is no line break: what follows it is a title
                yield whole.split(None, 1)[0], match.start(1)
            continue
        offset = match.start(2)
        for found in _split_run(match[2]):
            start = text.find(found, offset)
            offset = start + len(found)
            url = _trimmed(found)
            if url[:4].lower() == "www.":
                if "." in url[4:]:
                    yield "http://" + url, start
            elif not url.endswith("://"):
                yield url, start


def _url_matches(text: str) -> Iterator[re.Match[str]]:
    """Matches of `_TEXT_URL`, tried only where `://` or `www.` stands: most of a text holds neither."""
    places = {sign: place for sign in _SIGNS if (place := text.find(sign)) >= 0}
    while places:
        start = min(places.values())
        match = _match_around(text, start) if text[start] == ":" else _TEXT_URL.match(text, start)
        end = start + 3
        if match is not None:
            yield match
            end = match.end()
        for sign, place in list(places.items()):
            if place < end:
                place = text.find(sign, end)
                if place < 0:
                    del places[sign]
                else:
                    places[sign] = place


def _match_around(text: str, colon: int) -> re.Match[str] | None:
    """Match the URL whose `://` stands at `colon`, with the angle bracket before it where there is one."""
    before = text[max(0, colon - 5) : colon].lower()
    for scheme in _TEXT_SCHEMES:
        if before.endswith(scheme):
            break
    else:
        return None
    start = colon - len(scheme)
    opening = text.rfind("<", max(0, start - _WIDEST_OPENING), start)
    if opening >= 0:
        match = _TEXT_URL.match(text, opening)
        if match is not None and match.start(1) == start:
            return match
    return _TEXT_URL.match(text, start)


def _split_run(run: str) -> list[str]:
    """Separate `a](b)` and `a,http://b`, which no white space parts."""
    if "](" not in run and run.lower().find("http", 4) < 0:
        return [run]
    pieces = _NEXT_URL.split(run)
    return [piece for piece in pieces if "://" in piece or piece[:4].lower() == "www."]


def _trimmed(url: str) -> str:
    if url[-1:] not in _CLOSING and url[-1:] not in _TRAILING:
        return url  # most
    counts = {bracket: url.count(bracket) for bracket in "()[]{}"}
    end = len(url)
    while end:
        last = url[end - 1]
        if last in _CLOSING and counts[last] > counts[_CLOSING[last]]:
            counts[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]
