"""HTML written anew with only what cannot fetch: an allow-list of elements, attributes, schemes and CSS."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import turbohtml
from turbohtml import Comment, Doctype, Element, Namespace, Node, ParseError, Text

from tocsin.mail.html_growth import end_before_multiplication
from tocsin.mail.url import defang_host, resolve
from tocsin.model.defused import Done, Policy
from tocsin.respond.css import could_fetch, filter_sheet, filter_style
from tocsin.respond.doctype import plain_doctype
from tocsin.respond.links import MARK, contradiction, inert_host, judge_link
from tocsin.respond.markup import (
    CID,
    CONTROLS,
    DROPPED,
    FIELDS,
    KEPT,
    LONGEST_PICTURE,
    NO_PICTURE,
    RASTER,
    RAW_TEXT,
    UNSEEN_FIELDS,
    UNWRAPPED,
    VOID,
    is_idle,
    keeps,
)
from tocsin.respond.tally import OPENING, Tally, sentence

LONGEST = 8_000_000  # characters of a document
MOST_NODES = 400_000
_HARMLESS_PRAGMA = frozenset(
    ("content-type", "x-ua-compatible", "content-language", "content-style-type", "")
)
_SUSPECT_COMMENT = re.compile(r"[<>\[]|^[?!]|--")
_PROLOGUE = re.compile(r"<!doctype\b([^>]*)>", re.I)
_W3C = re.compile(
    r"\s*html\s*(?:public\s*[\"'][^\"'<>\[]*[\"']\s*(?:[\"'](?:http://www\.w3\.org/[\w/.-]*)?[\"']\s*)?)?/?\Z",
    re.I,
)
_WELL_FORMED = re.compile(
    r"\s*html\s*(?:(?:public\s*(?:\"[^\"]*\"|'[^']*')|system)\s*(?:\"[^\"]*\"|'[^']*')?\s*)?\Z", re.I
)
_FORCES_QUIRKS_WORDS = """
    missing-doctype-name invalid-character-sequence-after-doctype-name missing-doctype-public-identifier
    missing-quote-before-doctype-public-identifier abrupt-doctype-public-identifier eof-in-doctype
    missing-quote-before-doctype-system-identifier abrupt-doctype-system-identifier missing-doctype-system-identifier
"""
_FORCES_QUIRKS = frozenset(_FORCES_QUIRKS_WORDS.split())
# Where parsers part ways: what one drops or closes, another fetches.
_PARTING_WORDS = """
    eof-in-tag eof-in-comment eof-in-doctype eof-in-script-html-comment-like-text eof-in-cdata eof-before-tag-name
    duplicate-attribute unexpected-character-in-attribute-name unexpected-equals-sign-before-attribute-name
    unexpected-character-in-unquoted-attribute-value cdata-in-html-content nested-comment
    incorrectly-opened-comment incorrectly-closed-comment abrupt-closing-of-empty-comment unexpected-null-character
    invalid-first-character-of-tag-name unexpected-question-mark-instead-of-tag-name
"""
_PARTING = frozenset(_PARTING_WORDS.split())
_TYPED = frozenset(("ol", "ul", "li", "blockquote", "input", "button"))
_HOST = re.compile(r"(?:https?:)?[/\\]{2}([^\s/\\?#\"'()<>;,]{1,253})", re.I)
_RISKY = re.compile(
    r"\b(?:src|srcset|srcdoc|background|poster|data|action|href|lowsrc|dynsrc)\s*=|url\(|@import|image-set"
    r"|<(?:script|link|iframe|object|embed|svg|style)\b",
    re.I,
)
_TITLE = re.compile(r"<title\b[^<>]*>[^<]*<(?!/title)", re.I)
_NOTICE = "x-tocsin-notice"
_NOTICE_STYLE = (
    "font:12px sans-serif;color:#555;background-color:#fff;border:1px solid #999;padding:4px;margin:8px"
)
ADDED = f"[id='{_NOTICE}'], .{MARK}"  # a selector of what is added for the reader
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\xa0": "&nbsp;"})
_QUOTED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\xa0": "&nbsp;"})


class TooLarge(ValueError):
    """The document is beyond what is parsed."""


class Cleaned(msgspec.Struct, frozen=True):
    """A document as it may stand, without the line that says so; `done` is empty where it may stay as it is.

    `hosts` are those that its links lead to, defanged.
    """

    text: str
    done: tuple[Done, ...]
    hosts: tuple[str, ...] = ()


def clean_html(text: str, policy: Policy, part: str = "") -> Cleaned:
    """Reduce a document to what cannot fetch. Raises TooLarge.

    The text that comes back is always the document written anew; a caller keeps the original where `done` is
    empty.
    """
    if len(text) > LONGEST:
        raise TooLarge(f"{len(text)} characters of HTML")
    if end_before_multiplication(text, MOST_NODES) < len(text):
        raise TooLarge(f"more than {MOST_NODES} pieces of HTML")
    return _Writer(text, policy, part).run()


def with_notice(text: str, done: tuple[Done, ...], hosts: tuple[str, ...] = (), what: str = "text") -> str:
    """The written document with a line at its end that says what was done."""
    line = f'<p id="{_NOTICE}" style="{_NOTICE_STYLE}">{sentence(done, what, hosts).translate(_ESCAPES)}</p>'
    at = text.rfind("</body>")
    return text + line if at < 0 else text[:at] + line + text[at:]


def _is_notice(element: Element) -> bool:
    """Whether this is the line that Tocsin wrote, and nothing else."""
    is_text = len(element.children) == 1 and element.text.startswith(OPENING)
    return is_text and dict(element.attrs) == {"id": _NOTICE, "style": _NOTICE_STYLE}


def _is_needless(name: str, tag: str, attributes: Mapping[str, object]) -> bool:
    """Whether an attribute says what nobody needs, or in a link what Tocsin says instead."""
    if name == "title":
        return tag == "a" and "href" in attributes
    return name == "rel" or (name == "type" and tag not in _TYPED)


def _host_of(text: str) -> str:
    found = _HOST.search(text)
    if found is None:
        return ""
    url = resolve("https://" + found[1])
    return defang_host(url.host)[:253] if url is not None else ""


class _Writer:
    def __init__(self, text: str, policy: Policy, part: str) -> None:
        self.text = text
        self.policy = policy
        self.tally = Tally(part)
        self.out: list[str] = []
        self.base: str | None = None
        self.hosts: dict[str, None] = {}
        self.quirks = True
        self.errors: list[ParseError] = []
        self.leads_to = ""  # where the link leads whose attributes were read last

    def run(self) -> Cleaned:
        text = self.text
        tree = turbohtml.parse(text, positions=False, allow_declarative_shadow_roots=False)
        for error in tree.errors:
            if error.code in _PARTING:
                self.tally.add("broken-markup")
                break
        if _TITLE.search(text) is not None:
            self.tally.add("broken-markup")  # text to browsers, markup to others
        self.errors = tree.errors
        self.prologue(tree)
        base = tree.find("base") if "<base" in text.lower() else None
        if isinstance(base, Element):
            href = base.attr("href")
            found = resolve(href) if href else None
            self.base = found.href if found is not None and found.scheme in ("http", "https") else None
        self.walk(tree)
        written = "".join(self.out)
        if not self.tally and len(_RISKY.findall(text)) > len(_RISKY.findall(written)):
            self.tally.add(
                "broken-markup"
            )  # a tag where it may not stand: this parser drops it, others may not
        return Cleaned(written, self.tally.done(), tuple(self.hosts))

    def prologue(self, tree: Node) -> None:
        found = _PROLOGUE.search(self.text[:20_000])
        lowered = self.text[:4_000].lower()
        if "<!entity" in lowered or ("<!doctype" in lowered and "[" in (found[1] if found else "[")):
            self.tally.add("document-type")
        if found is not None and _W3C.match(found[1]) is None:
            self.tally.add("document-type", _host_of(found[1]))
        declared = next((node for node in tree.children if isinstance(node, Doctype)), None)
        if declared is not None:
            broken = found is None or _WELL_FORMED.match(found[1]) is None
            broken = broken and any(error.code in _FORCES_QUIRKS for error in self.errors)
            doctype = (
                "" if broken else plain_doctype(declared.name, declared.public_id or "", declared.system_id)
            )
            self.out.append(doctype)
            self.quirks = not doctype

    def walk(self, tree: Node) -> None:
        stack: list[Node | str] = list(reversed(tree.children))
        out, seen = self.out, 0
        while stack:
            node = stack.pop()
            seen += 1
            if seen > MOST_NODES:
                raise TooLarge(f"more than {MOST_NODES} pieces of HTML")
            if type(node) is str:
                out.append(node)
            elif type(node) is Text:
                out.append(CONTROLS.sub("", node.data).translate(_ESCAPES))
            elif isinstance(node, Element):
                end = self.element(node)
                if end is None:
                    continue
                if end:
                    stack.append(end)
                stack.extend(reversed(node.children))
            elif isinstance(node, Comment):
                if _SUSPECT_COMMENT.search(node.data):
                    self.tally.add("comment", _host_of(node.data))
            elif not isinstance(node, Doctype):
                self.tally.add("instruction")

    def element(self, element: Element) -> str | None:
        """Write the start tag; give the end tag, "" for none, None where the content is left out."""
        tag = element.tag
        if element.namespace is not Namespace.HTML:
            self.tally.add("drawing", _host_of(element.html))
            return None
        if tag in KEPT:
            return self.kept(element, tag)
        if tag == "meta":
            self.meta(element)
            return None
        if (what := DROPPED.get(tag)) is not None:
            address = (
                element.attr("src") or element.attr("href") or element.attr("data") or element.attr("srcset")
            )
            self.tally.add(what, _host_of(address or ""))
            return None
        what = "" if tag == "textarea" else UNWRAPPED.get(tag, "element")
        if what:
            self.tally.add(what, _host_of(element.attr("data") or "") if what == "media" else "")
        if tag == "textarea":
            text = CONTROLS.sub("", element.text).translate(_ESCAPES)
            self.out.append(f"<textarea{self.field(element)}>\n{text}</textarea>")
            return None
        if tag in RAW_TEXT:
            self.out.append("<pre>" + CONTROLS.sub("", element.text).translate(_ESCAPES) + "</pre>")
            return None
        return self.kept(element, "div") if tag == "form" else ""

    def field(self, element: Element) -> str:
        """The attributes of a form field that can be seen and not used."""
        attributes = element.attrs
        if "disabled" in attributes:
            return self.attributes(attributes, element.tag)
        self.tally.add("form")
        return self.attributes(attributes, element.tag) + ' disabled=""'

    def meta(self, element: Element) -> None:
        pragma = (element.attr("http-equiv") or "").strip().lower()
        if element.attr("itemprop") is not None or (
            not pragma and _HOST.search(element.attr("content") or "")
        ):
            self.tally.add("markup-data", _host_of(element.attr("content") or ""))
        elif pragma not in _HARMLESS_PRAGMA:
            self.tally.add(
                "refresh" if pragma == "refresh" else "pragma", _host_of(element.attr("content") or "")
            )
        name, content = (element.attr("name") or "").lower(), element.attr("content") or ""
        if name in ("viewport", "color-scheme", "supported-color-schemes") and re.fullmatch(
            r"[\w\s,;=.-]{1,200}", content
        ):
            self.out.append(f'<meta name="{name}" content="{content}">')

    def kept(self, element: Element, tag: str) -> str | None:
        if tag == "style":
            self.sheet(element)
            return None
        if tag == "p" and element.attr("id") == _NOTICE and _is_notice(element):
            return None
        attributes = element.attrs
        if tag == "input" and str(attributes.get("type", "")).strip().lower() in UNSEEN_FIELDS:
            self.tally.add("form", _host_of(str(attributes.get("src", ""))))
            return None
        written = (
            self.field(element) if tag in FIELDS else self.attributes(attributes, tag) if attributes else ""
        )
        if tag == "div" and element.tag == "form" and self.quirks and "style" not in attributes:
            written += ' style="margin-bottom:1em"'  # as a form has in that mode
        if tag == "head":
            written += '><meta charset="utf-8"'
        if tag == "a" and "href" in attributes:
            return self.anchor(element, written)
        self.out.append(f"<{tag}{written}>")
        if tag == "pre":
            self.out.append("\n")
        return "" if tag in VOID else f"</{tag}>"

    def anchor(self, element: Element, written: str) -> str:
        if self.policy.links == "inert":
            if host := inert_host(element.attrs, self.base):
                self.tally.add("link", host)
                self.out.append(f"<span{written}>")
                return f' <span class="{MARK}">[{host}]</span></span>'
        elif self.leads_to:
            self.hosts[self.leads_to] = None
            written += f' title="{self.leads_to}"'
            if said := contradiction(element.text, self.leads_to):
                self.out.append(f"<a{written}>")
                return f'<span class="{MARK}"> {said}</span></a>'
        self.out.append(f"<a{written}>")
        return "</a>"

    def sheet(self, element: Element) -> None:
        declared = (element.attr("type") or "").strip().lower()
        text = element.text
        if declared not in ("", "text/css"):
            if text.strip():
                self.tally.add("style", _host_of(text))
            return
        kept, left = filter_sheet(text)
        self.styles(left)
        media = element.attr("media") or ""
        if media and re.fullmatch(r"[\w\s(),:.-]{1,200}", media) is None:
            self.tally.add("style")
            return
        if kept:
            condition = f' media="{media}"' if media else ""
            self.out.append(f"<style{condition}>\n{kept}\n</style>")

    def styles(self, left: tuple[str, ...]) -> None:
        for piece in left:
            fetches = could_fetch(piece)
            self.tally.add("style" if fetches else "style-unknown", _host_of(piece) if fetches else "")

    def attributes(self, attributes: Mapping[str, object], tag: str) -> str:
        written: list[str] = []
        self.leads_to = ""
        for name, given in attributes.items():
            value = (
                given
                if isinstance(given, str)
                else " ".join(map(str, given))
                if isinstance(given, list)
                else ""
            )
            if name == "style":
                kept, left = filter_style(value)
                if left:
                    self.styles(left)
                value = kept
                if not value:
                    continue
            elif name == "href" and tag in ("a", "area"):
                link = judge_link(value, self.base, self.policy, self.tally)
                self.leads_to = link.host
                if link.href is None:
                    continue
                value = link.href
            elif name == "src" and tag == "img":
                if not self.picture(value):
                    value = NO_PICTURE
            elif name == "usemap" and tag == "img" and value.startswith("#"):
                pass
            elif name == "background" and CID.match(value) is None:
                self.tally.add("background", _host_of(value))
                continue
            elif not keeps(name) and name != "background":
                if not is_idle(name, value):
                    self.tally.add(
                        {"srcset": "picture"}.get(name)
                        or ("script" if name.startswith("on") else "attribute"),
                        _host_of(value),
                    )
                if name != "srcset" or tag != "img" or "src" in attributes:
                    continue
                name, value = "src", NO_PICTURE
            elif name == "id" and value == _NOTICE:
                self.tally.add("attribute")  # the line is Tocsin's own
                continue
            elif _is_needless(name, tag, attributes):
                continue
            written.append(f' {name}="{CONTROLS.sub("", value).translate(_QUOTED)}"')
        return "".join(written)

    def picture(self, value: str) -> bool:
        if CID.match(value) is not None or value == NO_PICTURE:
            return True
        if (
            value[:20].lstrip()[:5].lower() == "data:"
            and len(value) < LONGEST_PICTURE
            and RASTER.match(value)
        ):
            return True
        if value.strip():
            self.tally.add("picture", _host_of(value))
        else:
            self.tally.add("picture")
        return False
