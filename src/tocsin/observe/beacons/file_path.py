r"""Paths and handlers that make Windows log on somewhere or start a program: `\\host`, `file:`, `smb:`,
`ms-*:`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from tocsin.mail.url import Url, resolve
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "file-path"

ABOUT = Technique(
    TECHNIQUE,
    "File share or program address",
    "open",
    ("ntlm", "address"),
    "`\\\\host\\share`, `file:`, `smb:`, `webdav:`, `ms-*:` and `search-ms:`, `mailbox:`",
    "The mail names a file on another computer in the way of a company network, or an address that "
    "starts a "
    "program. Windows may log on there by itself and so hand over a value from which the reader's "
    "password can be guessed.",
    "Do not click. Have outgoing connections to file shares (port 445) blocked at the edge of the network.",
    "Programs on Windows. In a picture it can act when the mail is opened, in a link on a click.",
    ("MS-DTYP 2.2.57", "CVE-2023-23397", "CVE-2025-24054"),
)
WINDOWS = "windows"

_LOCAL = re.compile(
    r"[\x00-\x20]*(?:\\\\+[^\\/]|file:|smb:|cifs:|webdavs?:|davs?:|ms-[a-z0-9.-]+:|search(?:-ms)?:|mailbox:|imap:"
    r"|view-source:file:|mk:@|ldap:|(?:one|sky)note:|word:|excel:|powerpoint:)",
    re.IGNORECASE,
)
_INNER = re.compile(r"(?:https?://|\\\\|file://+|(?<=box:)////(?=[^/]))[^\s|&\"'<>]+", re.IGNORECASE)
_BY_HAND = frozenset({"a", "area"})
_URL_ATTRIBUTES = {
    "area": ("href",),
    "link": ("href",),
    "img": ("src", "lowsrc", "dynsrc", "srcset"),
    "video": ("src", "poster"),
    "object": ("data", "codebase", "classid"),
    "applet": ("code", "codebase"),
    "meta": ("content",),
    "param": ("value",),
    "source": ("src", "srcset"),
}
_WEB = frozenset({"http", "cid:", "data"})  # most; no `mail`, which begins `mailbox:` too
_OTHERS = ("src", "background", "href", "xlink:href")


def find(view: HtmlView) -> Iterator[Reference]:
    r"""Find references to file shares and to programs' own schemes.

    Windows programs send the user's NTLM response to the host of a `\\host\share` path; a picture does it on
    opening (conditional: Windows clients), a link on a click. Paths on the reader's own disk (`file:///C:/…`)
    contact nobody and are left out when URLs are resolved. Source: MS-DTYP 2.2.57; CVE-2023-23397,
    CVE-2025-24054.
    """
    for node in view.nodes:
        attributes = node.attributes
        if node.tag == "a":  # most nodes
            if (url := attributes.get("href")) and url[:4] not in _WEB:
                yield from _of(node, "href", url)
            continue
        for name in _URL_ATTRIBUTES.get(node.tag, _OTHERS):
            if (url := attributes.get(name)) and url[:4] not in _WEB:
                yield from _of(node, name, url)
    for node in view.svg:
        for name in ("href", "xlink:href"):
            if node.tag != "a" and (url := node.attributes.get(name)) and url[:4] not in _WEB:
                yield from _of(node, name, url)


def _of(node: HtmlNode, name: str, url: str) -> Iterator[Reference]:
    if name == "content":
        _, separator, url = url.partition("=")
        url = url.strip(" '\"") if separator and node.get("http-equiv").strip().lower() == "refresh" else ""
    if _LOCAL.match(url):
        yield node.reference(
            TECHNIQUE,
            url,
            name,
            trigger="click" if node.tag in _BY_HAND else "open",
            conditional=True,
            fires_in=(WINDOWS,),
        )


def inner_url(href: str) -> Url | None:
    r"""Give the host that a handler's URL carries inside (`ms-word:ofe|u|https://host/…`,
    `search-ms:…\\host\…`, `mailbox:////host/share`)."""
    match = _INNER.search(unquote(href))
    if match is None:
        return None
    url = resolve("file:" + match[0] if match[0][0] == "/" else match[0])
    return url if url is not None and url.host else None
