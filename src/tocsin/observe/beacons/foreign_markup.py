"""References by markup that is not HTML's own, or that stands outside the body: VML, MathML, XML, root attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.model.reference import Reference
from tocsin.observe.beacons.link_hint import BROWSER_TAB
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT, Technique
from tocsin.observe.css_text import OLD_GECKO
from tocsin.observe.embedded import MSHTML, OUTLOOK_WINDOWS
from tocsin.observe.html import HtmlView

TECHNIQUE = "foreign-markup"

ABOUT = Technique(
    TECHNIQUE,
    "Markup of another kind",
    "open",
    VISIT,
    "VML `v:imagedata`, `v:fill`, `v:stroke`; MathML `href`, `altimg`, `mglyph`; `<?xml-stylesheet?>`, `<?import?>`, "
    "DOCTYPE with an address, external entities; `html manifest`, `head profile`; relative addresses that "
    "`base href` "
    "completes",
    "The mail names something remote in a place where few filters look: a drawing for Word, a formula, the lines "
    "before the document, the root element, or a base address that turns harmless-looking names into remote ones.",
    BLOCK_REMOTE,
    "VML: Outlook on Windows, and only there. The base address: every browser engine. MathML links: browser engines. "
    "Style sheets and entities of XML: programs that read an attached file as XML. The rest: old programs.",
    (
        "W3C Note, Vector Markup Language (1998)",
        "MathML 3, https://www.w3.org/TR/MathML3/",
        "XML 1.0, https://www.w3.org/TR/xml/",
        HTML_STANDARD + "multipage/semantics.html#the-base-element",
    ),
)
XML = "xml"  # programs that read the document as XML and load what its prologue names
_SHAPES = ("v:fill", "v:imagedata", "v:image", "v:stroke", "v:vmlframe")
_LOADS_RELATIVE = ("img", "input", "iframe", "frame", "link", "embed", "video", "audio")
TAGS = frozenset(
    {
        *_SHAPES,
        "base",
        "math",
        "html",
        "head",
        "import",
        "xml",
        "?xml-stylesheet",
        "?import",
        "!doctype",
        "!entity",
    }
)

_RELATIVE = re.compile(r"\s*+(?![a-z][a-z0-9+.-]*+:|[/\\]\s*[/\\]|#)\S", re.IGNORECASE)
_REMOTE_BASE = re.compile(r"\s*+(?:https?:|ftp:)?\s*[/\\]{2}", re.IGNORECASE)
# What every generator writes above a page; nobody's server but the standard's own.
_STANDARD_TYPE = re.compile(
    r"\s*+(?:https?:)?//(?:www\.)?(?:w3c?\.org|openmobilealliance\.org|wapforum\.org|oasis-open\.org)(?=[/:]|$)",
    re.IGNORECASE,
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find what other vocabularies and the frame of the document refer to.

    The pictures of VML shapes, with the prefix `v:` that all programs give it, are drawn by Word; the links of
    shapes are under link. A MathML `href` waits for a click; `altimg` and `mglyph` were drawn by old programs at most.
    The prologue counts for programs that read XML; a DOCTYPE that names a standard body's own file is on
    most pages and no fact. `manifest` and `profile` were fetched by browsers until 2021 and by Internet Explorer.
    For a `<base href>` on a host, the first relative address that loads on opening is told under this technique
    too, since without the base it would be remote for nobody.
    Source: W3C Note, Vector Markup Language; MathML 3; XML 1.0, section 4.2.2.
    """
    by_tag = view.by_tag
    for node in view.tagged(*_SHAPES):
        for name in ("src", "o:href"):
            if url := node.get(name):
                yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(OUTLOOK_WINDOWS,))
    for node in by_tag.get("math", ()):
        for name in ("href", "xlink:href"):
            if (url := node.get(name)) and url[0] != "#":
                yield node.reference(TECHNIQUE, url, name, trigger="click")
        for name in ("altimg", "src"):
            if url := node.get(name):
                yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(OLD_GECKO,))
    for tag, name, clients in (
        ("?xml-stylesheet", "href", (XML,)),
        ("?import", "implementation", (MSHTML,)),
        ("import", "implementation", (MSHTML,)),
        ("xml", "src", (MSHTML,)),
        ("!doctype", "system", (XML,)),
        ("!entity", "system", (XML,)),
        ("html", "manifest", (BROWSER_TAB,)),
        ("head", "profile", (MSHTML,)),
    ):
        for node in by_tag.get(tag, ()):
            url = node.get(name)
            if url and not (tag == "!doctype" and _STANDARD_TYPE.match(url)):
                yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=clients)
    yield from _through_base(view)


def _through_base(view: HtmlView) -> Iterator[Reference]:
    """Find the first relative address under each base of a document that names a host."""
    if "base" not in view.by_tag:
        return
    bases: set[str] = set()
    for tag in _LOADS_RELATIVE:
        for node in view.by_tag.get(tag, ()):
            base = node.base
            if base is None:
                break  # a document has one base for all its elements; most have none
            if base in bases or not _REMOTE_BASE.match(base):
                continue
            url = node.get("href" if tag == "link" else "src")
            wanted = tag != "link" or "stylesheet" in node.get("rel").lower()
            if tag == "input":
                wanted = node.get("type").strip().lower() == "image"
            if url and wanted and _RELATIVE.match(url):
                bases.add(base)
                reference = node.reference(TECHNIQUE, url, "src")
                yield msgspec.structs.replace(reference, tag="base", attribute="href", label="base href")
