r"""Paths and handlers that make Windows log on somewhere or start a program: `\\host`, `file:`, `smb:`,
`ms-*:`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from tocsin.mail.url import Url, resolve
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique
from tocsin.observe.css import references_to
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "file-path"

ABOUT = Technique(
    TECHNIQUE,
    "File share or program address",
    "open",
    ("ntlm", "address"),
    "`\\\\host\\share`, `file:`, `smb:`, `webdav:`, `ms-*:` and `search-ms:`, `mailbox:`, in markup, styles and "
    "plain text; addresses of other programs that call a host (`webcal:`, `feed:`, `afp:`, `nfs:`, `ssh:`, …)",
    "The mail names a file on another computer in the way of a company network, or an address that "
    "starts a "
    "program. Windows may log on there by itself and so hand over a value from which the reader's "
    "password can be guessed.",
    "Do not click. Have outgoing connections to file shares (port 445) blocked at the edge of the network.",
    "Programs on Windows. In a picture or style it can act when the mail is opened, in a link on a click. "
    "Addresses of "
    "other programs start these on any system, on a click; they get no password. Thunderbird before "
    "128.11.1 and 139.0.2 fetched files that `mailbox:` links named, from file shares too (CVE-2025-5986).",
    ("MS-DTYP 2.2.57", "CVE-2023-23397", "CVE-2025-24054", "CVE-2025-5986"),
)
WINDOWS = "windows"
PROGRAMS = "programs for such addresses"
STARTED = "program"  # stands for the attribute where a program is started that no password goes out from

_LOCAL = re.compile(
    r"[\x00-\x20]*(?:\\\\+[^\\/]|file:|smb:|cifs:|webdavs?:|davs?:|ms-[a-z0-9.-]+:|search(?:-ms)?:|mailbox:|imap:"
    r"|view-source:file:|mk:@|its:|ldap:|(?:one|sky)note:|word:|excel:|powerpoint:)",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"[\x00-\x20]*(?:webcals?:|feed:|nfs:|afp:|vnc:|rdp:|ssh:|sftp:|telnet:|news:|nntp:|snews:|microsoft-edge:|jar:)",
    re.IGNORECASE,
)
_INNER = re.compile(r"(?:https?://|\\\\|file://+|(?<=box:)////(?=[^/]))[^\s|&\"'<>]+", re.IGNORECASE)
_BY_HAND = frozenset({"a", "area", "form", "button"})
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
    "form": ("action",),
    "button": ("formaction",),
    "input": ("src", "formaction"),
}
_WEB = frozenset({"http", "cid:", "data"})  # most; no `mail`, which begins `mailbox:` too
_OTHERS = ("src", "background", "href", "xlink:href")


def find(view: HtmlView) -> Iterator[Reference]:
    r"""Find references to file shares and to programs' own schemes.

    Windows programs send the user's NTLM response to the host of a `\\host\share` path; a picture or style does it
    on opening (conditional: Windows clients), a link or form on a click. A link to a calendar, a feed, a terminal or
    the like starts the program for it, which calls the host. Paths on the reader's own disk (`file:///C:/…`) and
    machine (`\\localhost\…`) contact nobody and are left out when URLs are resolved. Source: MS-DTYP 2.2.57;
    CVE-2023-23397, CVE-2025-24054.
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
    for reference in references_to(view, TECHNIQUE, _is_local):
        yield msgspec.structs.replace(reference, conditional=True, fires_in=(WINDOWS,))


def _is_local(url: str) -> bool:
    return url[:4] not in _WEB and _LOCAL.match(url) is not None


def _of(node: HtmlNode, name: str, url: str) -> Iterator[Reference]:
    if name == "content":
        _, separator, url = url.partition("=")
        url = url.strip(" '\"") if separator and node.get("http-equiv").strip().lower() == "refresh" else ""
    if _LOCAL.match(url):
        yield node.reference(
            TECHNIQUE,
            url,
            name,
            trigger="click" if node.tag in _BY_HAND or name == "formaction" else "open",
            conditional=True,
            fires_in=(WINDOWS,),
        )
    elif node.tag in ("a", "area") and _STARTS.match(url):
        reference = node.reference(
            TECHNIQUE, url, name, trigger="click", conditional=True, fires_in=(PROGRAMS,)
        )
        yield msgspec.structs.replace(reference, attribute=STARTED)


def inner_url(href: str) -> Url | None:
    r"""Give the host that a handler's URL carries inside (`ms-word:ofe|u|https://host/…`,
    `search-ms:…\\host\…`, `mailbox:////host/share`)."""
    match = _INNER.search(unquote(href))
    if match is None:
        return None
    url = resolve("file:" + match[0] if match[0][0] == "/" else match[0])
    return url if url is not None and url.host else None
