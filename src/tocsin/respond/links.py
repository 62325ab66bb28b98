"""Links: which may stand, what their address may hold, and what is said of where they lead."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from tocsin.mail.url import Url, defang, defang_host, find_urls, is_top_level, resolve, site_of
from tocsin.model.defused import Done, Policy
from tocsin.respond.names import has_token
from tocsin.respond.tally import Tally

MARK = "x-tocsin-mark"
MARKED = (
    f'class="{MARK}" style="all:initial!important;font:12px sans-serif!important;color:#555!important;'
    'background-color:#fff!important"'
)
_SCHEMES = frozenset(("http", "https", "mailto", "tel", "sms", "xmpp", "news"))
_NOWHERE = re.compile(r"[\w./?=&%#,+~-]*\Z")
# A name that a text shows: after a scheme or an at sign anywhere, or all of a short text.
_NAMED = re.compile(r"(?:://|@|\bwww\.)([\w-]{1,63}(?:\.[\w-]{1,63}){1,9})")
_ALONE = re.compile(r"\s*([\w-]{1,63}(?:\.[\w-]{1,63}){1,9})(?:/\S*)?\s*\Z")
_LONGEST_LABEL = 2_000


class Link(msgspec.Struct, frozen=True):
    """What a link may keep: `href` its address, None where it must not work; `host` where it leads, "" nowhere."""

    href: str | None
    host: str = ""


def judge_link(value: str, base: str | None, policy: Policy, tally: Tally) -> Link:
    """What an address may keep of itself; what is taken from it is counted."""
    if value.startswith("#") or not value.strip():
        return Link(value.strip())
    url = resolve(value, base)
    if url is None and base is None and _NOWHERE.match(value):
        return Link(value)  # relative to nothing: it leads nowhere
    if url is None or url.scheme not in _SCHEMES or (url.scheme in ("http", "https") and not url.host):
        tally.add("link", defang_host(url.host) if url is not None else "")
        return Link(None)
    host = defang_host(url.host)
    if policy.links == "inert":
        return Link(None, host)
    if url.host and has_token(url.host, url.site):
        tally.add("link", host)
        return Link(None, host)
    if policy.tokens == "cut" and url.host and ("?" in url.path_query or url.fragment):
        tally.add("token", host)
        return Link(_bare(url), host)
    return Link(url.href if base is not None else value, host)


def _bare(url: Url) -> str:
    port = f":{url.port}" if url.port is not None else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}{url.path_query.partition('?')[0]}"


def inert_host(attributes: Mapping[str, object], base: str | None) -> str:
    """What is written beside a link that was made inert: its host, else its scheme."""
    href = attributes.get("href")
    if not isinstance(href, str) or href.startswith("#"):
        return ""
    url = resolve(href, base)
    if url is None:
        return "link"
    return defang_host(url.host) if url.host else url.scheme


def contradiction(label: str, host: str) -> str:
    """What is written behind a link whose text names another site than the one it leads to, else "".

    `host` is defanged. A text that ends in the same words needs no second ones.
    """
    if "." not in label or len(label) > _LONGEST_LABEL:
        return ""
    said = f"[leads to {host}]"
    if label.rstrip().endswith(said):
        return ""
    plain = label.replace("[.]", ".").lower()
    alone = _ALONE.match(plain)
    names = _NAMED.findall(plain) + ([alone[1]] if alone is not None else [])
    site = site_of(host.replace("[.]", ".").lower())
    for name in names:
        if is_top_level(name.rpartition(".")[2]) and site_of(name.removeprefix("www.")) != site:
            return said
    return ""


def calm_text(text: str, policy: Policy, part: str) -> tuple[str, tuple[Done, ...]]:
    """A plain text whose addresses look up no drawn name; by policy, all of them made inert, or cut."""
    tally = Tally(part)
    pieces: list[str] = []
    position = 0
    for written, start in find_urls(text):
        url = resolve(written)
        if url is None or not url.host or start < position:
            continue
        host = defang_host(url.host)
        if text[start : start + 4].lower() == "www.":
            written = written.removeprefix("http://")  # which is not there
        if policy.links == "inert" or has_token(url.host, url.site):
            tally.add("link", host)
            calm = defang(written)
        elif policy.tokens == "cut" and re.search(r"[?#]", written):
            tally.add("token", host)
            calm = re.split(r"[?#]", written, maxsplit=1)[0]
        else:
            continue
        pieces.append(text[position:start] + calm)
        position = _end(text, start, written)
    pieces.append(text[position:])
    return "".join(pieces), tally.done()


def _end(text: str, start: int, written: str) -> int:
    """Where an address ends in the text that it was read from, where blanks may stand inside it."""
    position = start
    for _ in written:
        while position < len(text) and text[position].isspace():
            position += 1
        position += 1
    return position
