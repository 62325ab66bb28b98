"""The table of techniques: what each one is, when it acts, what it gives away, what a reader can do."""

from __future__ import annotations

from functools import lru_cache

import msgspec


class Technique(msgspec.Struct, frozen=True):
    """One row: `trigger` is the earliest usual one, `leaks` what a client that acts on it gives away.

    `carriers` are the places it can stand in. `what`, `reader` and `clients` are paragraphs for the page.
    """

    id: str
    title: str
    trigger: str
    leaks: tuple[str, ...]
    carriers: str
    what: str
    reader: str
    clients: str
    sources: tuple[str, ...] = ()


_VISIT = ("address", "client", "time")
_VISIT_WITH_COOKIES = ("address", "client", "time", "cookies")
_BLOCK_REMOTE = (
    "Keep remote pictures and remote content blocked, and do not allow them for this sender. Nothing is sent "
    "while they stay blocked."
)
_HTML_STANDARD = "WHATWG HTML, https://html.spec.whatwg.org/"

TECHNIQUES: tuple[Technique, ...] = (
    Technique(
        "image",
        "Picture",
        "open",
        _VISIT_WITH_COOKIES,
        "`img src`, `image`, `lowsrc`, `dynsrc`, `longdesc`, `input type=image`, `isindex`, "
        "`v:fill`, `v:imagedata`",
        "The mail shows a picture that does not travel with it. The reader's program asks the sender's "
        "server for "
        "it, and the server notes the request. Most such pictures are ordinary; one that is a single "
        "pixel, or "
        "whose address names the reader, is there to be counted.",
        _BLOCK_REMOTE,
        "All that show remote pictures. Some mail services fetch pictures through servers of their own, "
        "which hides the "
        "reader's network address but not that the mail was opened. `lowsrc` and `dynsrc` work in programs "
        "with "
        "Internet Explorer's engine only; `longdesc` only when the reader asks for the description.",
        (_HTML_STANDARD + "multipage/images.html",),
    ),
    Technique(
        "image-candidates",
        "Picture in several sizes",
        "open",
        _VISIT_WITH_COOKIES,
        "`srcset`, `picture` and `source`, `imagesrcset`",
        "The mail offers several files for one picture and the reader's program picks one by the size and "
        "density "
        "of the screen or by the formats it knows. The server sees the request, and the choice says "
        "something about the device.",
        _BLOCK_REMOTE,
        "Programs that draw mail with a current browser engine; the others fetch the plain `src`.",
        (_HTML_STANDARD + "multipage/images.html#parsing-a-srcset-attribute",),
    ),
    Technique(
        "background-attribute",
        "Background picture of a page or table",
        "open",
        _VISIT,
        "`background` on `body`, `table`, `thead`, `tbody`, `tfoot`, `tr`, `td`, `th`",
        "The mail puts a remote picture behind a page, a table or a cell. It is fetched like any picture, "
        "but nobody "
        "sees that something is missing when it is blocked.",
        _BLOCK_REMOTE,
        "Most, Outlook's Word engine included for the page itself.",
        (_HTML_STANDARD + "multipage/rendering.html#tables-2",),
    ),
    Technique(
        "css-image",
        "Picture asked for by a style",
        "open",
        _VISIT,
        "`background*`, `content`, `list-style*`, `cursor`, `border-image*`, `mask*`, `shape-outside`, "
        "`filter`, "
        "`clip-path`, `offset-path`, `behavior`, `-moz-binding`, `AlphaImageLoader`",
        "A style rule names a remote picture: a background, a list mark, a mouse pointer. It is fetched "
        "when the rule applies.",
        _BLOCK_REMOTE,
        "Programs that draw mail with a browser engine. Several of the properties work in some engines only.",
        ("CSS Images 3, https://www.w3.org/TR/css-images-3/",),
    ),
    Technique(
        "css-evasion",
        "Style written so that filters miss it",
        "open",
        _VISIT,
        "escapes such as `\\75\\72\\6c(`, entities, comments, `var()`, `image()`, `image-set()`, "
        "`cross-fade()`, `src()`, "
        "`element()`, `attr()`, an unclosed `url(`",
        "The mail asks for a remote file in a style, spelled so that a program that searches for `url(` "
        "does not "
        "find it although a browser reads it as such. Ordinary senders have little reason to do so.",
        _BLOCK_REMOTE + " A block that works by removing text may miss this one: keep the mail closed.",
        "Programs that draw mail with a browser engine.",
        ("CSS Syntax 3, https://www.w3.org/TR/css-syntax-3/",),
    ),
    Technique(
        "css-import",
        "Remote style sheet",
        "open",
        _VISIT,
        "`@import`, `link rel=stylesheet`, conditional comments, `@namespace`",
        "The mail asks for a style sheet from a server. The request itself reports the reader, and the "
        "sheet that comes "
        "back may ask for more and may differ from reader to reader.",
        _BLOCK_REMOTE,
        "Programs that draw mail with a browser engine; many remove it.",
        ("CSS Cascade 4, https://www.w3.org/TR/css-cascade-4/#at-import",),
    ),
    Technique(
        "css-font",
        "Remote font",
        "open",
        _VISIT,
        "`@font-face src`",
        "The mail asks for a font from a server. It is fetched when a text uses the font.",
        _BLOCK_REMOTE,
        "Programs that draw mail with a browser engine: Apple Mail, Thunderbird, some others.",
        ("CSS Fonts 4, https://www.w3.org/TR/css-fonts-4/",),
    ),
    Technique(
        "link-hint",
        "Hint to fetch ahead",
        "open",
        _VISIT,
        "`link rel=` prefetch, preload, modulepreload, prerender, preconnect, dns-prefetch, icon, manifest, "
        "alternate, search, pingback",
        "The mail tells the reader's program to look up a host, to connect to it or to fetch a file before "
        "anybody needs it. "
        "A name look-up alone already reaches the sender's name server.",
        _BLOCK_REMOTE
        + " Name look-ups may happen all the same; prefetching should be switched off where there is a switch.",
        "Programs that draw mail with a browser engine and leave `link` in place. Icons and manifests are "
        "fetched "
        "only when the mail is opened as a page of its own.",
        (_HTML_STANDARD + "multipage/links.html#linkTypes", "https://www.w3.org/TR/resource-hints/"),
    ),
    Technique(
        "frame",
        "Document inside the mail",
        "open",
        _VISIT_WITH_COOKIES,
        "`iframe`, `frame`, `portal`, `fencedframe`; `srcdoc`, `data:` and `view-source:` documents are "
        "read inside",
        "The mail holds a window onto another document, which is fetched when the mail is drawn. "
        "Newsletters do not "
        "do this: most programs remove it.",
        _BLOCK_REMOTE,
        "Few mail programs; web pages that show mail without removing frames.",
        (_HTML_STANDARD + "multipage/iframe-embed-object.html",),
    ),
    Technique(
        "refresh",
        "Redirection of the page",
        "open",
        _VISIT,
        "`meta http-equiv` refresh, Link, Content-Security-Policy `report-uri`",
        "The mail tells the program to go to another address at once or after some seconds. It can act "
        "again when the "
        "mail is quoted in a reply.",
        _BLOCK_REMOTE + " Do not reply to the mail with its text quoted.",
        "Few: old versions of several programs followed it while composing a reply.",
        (_HTML_STANDARD + "multipage/semantics.html#attr-meta-http-equiv-refresh", "CVE-2022-3033"),
    ),
    Technique(
        "media",
        "Sound, film or plug-in",
        "open",
        _VISIT,
        "`video src` and `poster`, `audio`, `source`, `track`, `bgsound`, `embed`, `object`, `applet`, "
        "`param`",
        "The mail embeds a film, a sound or an object from a server. Its first picture or its beginning is "
        "often fetched "
        "before anybody presses play.",
        _BLOCK_REMOTE,
        "Apple Mail and some others play films; embedded objects are removed by most; plug-ins and "
        "background sound "
        "work in old programs only.",
        (_HTML_STANDARD + "multipage/media.html", "CVE-2022-3034"),
    ),
    Technique(
        "svg",
        "Drawing that fetches",
        "open",
        _VISIT,
        "`image`, `use`, `feImage`, `font-face-uri`, `script`, animation values, `url()` in fill, stroke, "
        "mask, "
        "filter, cursor, clip-path, marker",
        "The mail holds a vector drawing whose parts lie on a server. Filters that know `img` may not know "
        "its "
        "counterparts in drawings.",
        _BLOCK_REMOTE + " Do not open an attached drawing in a browser.",
        "Programs that draw SVG in mail; an attached drawing when it is opened in a browser.",
        ("SVG 2, https://www.w3.org/TR/SVG2/linking.html",),
    ),
    Technique(
        "link",
        "Link",
        "click",
        _VISIT_WITH_COOKIES,
        "`a`, `area`, `xlink:href`, `ping`, `attributionsrc`, URLs in plain text",
        "The mail offers something to click. A click tells the server who followed which link, and the "
        "page behind it "
        "learns more than a picture does.",
        "Do not follow the link. If you expect something from this sender, go to their site by an address "
        "that you know.",
        "All. Some gateways and previews fetch links before the reader sees them.",
        (_HTML_STANDARD + "multipage/links.html",),
    ),
    Technique(
        "receipt-request",
        "Request for a receipt",
        "open",
        ("account", "time"),
        "`Disposition-Notification-To`, `Return-Receipt-To`, `X-Confirm-Reading-To`, "
        "`Generate-Delivery-Report`, "
        "`Return-Receipt-Requested` and others",
        "The mail asks the reader's program, or a server on the way, to send a mail back when it arrives "
        "or when it is "
        "opened. The answer confirms the address and the time, and its header shows the program.",
        "Decline when the program asks, and set it never to send receipts.",
        "Outlook, Thunderbird, Apple Mail and others ask or follow a setting; some web mail never answers. "
        "Delivery "
        "reports are sent by servers without asking.",
        ("RFC 8098", "RFC 3461", "RFC 2076"),
    ),
    Technique(
        "file-path",
        "File share or program address",
        "open",
        ("ntlm", "address"),
        "`\\\\host\\share`, `file:`, `smb:`, `webdav:`, `ms-*:` and `search-ms:`, `mailbox:`",
        "The mail names a file on another computer in the way of a company network, or an address that "
        "starts a "
        "program. Windows may log on there by itself and so hand over a value from which the reader's "
        "password can be guessed.",
        "Do not click. Have outgoing connections to file shares (port 445) blocked at the edge of the "
        "network.",
        "Programs on Windows. In a picture it can act when the mail is opened, in a link on a click.",
        ("MS-DTYP 2.2.57", "CVE-2023-23397", "CVE-2025-24054"),
    ),
    Technique(
        "base-location",
        "Address completed by a header",
        "open",
        _VISIT,
        "`Content-Base`, `Content-Location`",
        "The body uses addresses without a host, and a header field supplies the host. A filter that reads "
        "the body "
        "alone sees nothing remote.",
        _BLOCK_REMOTE,
        "Few programs still honour these fields for content outside the mail.",
        ("RFC 2110 section 5", "RFC 2557 section 5"),
    ),
)

BY_ID: dict[str, Technique] = {technique.id: technique for technique in TECHNIQUES}

_LEAKS_BY_ATTRIBUTE: dict[tuple[str, str], tuple[str, ...]] = {
    ("link-hint", "dns-prefetch"): ("resolver",),
    ("link-hint", "preconnect"): ("address", "time"),
}


@lru_cache(maxsize=1024)
def leaks_of(technique: str, attribute: str) -> tuple[str, ...]:
    """Give what a reference of a technique in an attribute gives away, of `model.observation.LEAKS`."""
    special = _LEAKS_BY_ATTRIBUTE.get((technique, attribute))
    if special is not None:
        return special
    row = BY_ID.get(technique)
    return row.leaks if row else _VISIT
