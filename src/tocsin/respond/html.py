"""HTML written anew with only what cannot fetch: an allow-list of elements, attributes, schemes and CSS."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import turbohtml
from turbohtml import Comment, Doctype, Element, Namespace, Node, Text

from tocsin.mail.html_growth import end_before_multiplication
from tocsin.mail.url import resolve
from tocsin.model.defused import Done, Policy
from tocsin.respond.css import could_fetch, filter_sheet, filter_style
from tocsin.respond.doctype import HOST, host_in, read_doctype
from tocsin.respond.foreign import foreign_words
from tocsin.respond.links import MARKED, contradiction, inert_host, judge_link
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
    SIZE,
    SIZED,
    UNSEEN_FIELDS,
    UNWRAPPED,
    VOID,
    is_idle,
    keeps,
)
from tocsin.respond.notice import NOTICE, is_notice
from tocsin.respond.tally import Tally

LONGEST = 8_000_000  # characters of a document
MOST_NODES = 400_000
_HARMLESS_PRAGMA = frozenset(
    ("content-type", "x-ua-compatible", "content-language", "content-style-type", "")
)
_SUSPECT_COMMENT = re.compile(r"[<>\[]|^[?!]|--")
# Where parsers part ways: what one drops or closes, another fetches.
_PARTING_WORDS = """
    eof-in-tag eof-in-comment eof-in-doctype eof-in-script-html-comment-like-text eof-in-cdata eof-before-tag-name
    duplicate-attribute unexpected-character-in-attribute-name unexpected-equals-sign-before-attribute-name
    unexpected-character-in-unquoted-attribute-value cdata-in-html-content nested-comment
    incorrectly-opened-comment incorrectly-closed-comment abrupt-closing-of-empty-comment unexpected-null-character
    invalid-first-character-of-tag-name unexpected-question-mark-instead-of-tag-name
"""
_PARTING = frozenset(_PARTING_WORDS.split())
_PLAIN = frozenset(
    ("class", "width", "height", "align", "valign", "border", "cellpadding", "cellspacing", "bgcolor", "alt")
)
_TYPED = frozenset(("ol", "ul", "li", "blockquote", "input", "button"))
# What could fetch, in lower case. Each starts with letters, which are found far faster than alternatives are.
_RISKY_NAMES = tuple(
    re.compile(rf"{name}\s*=")
    for name in ("src(?:set|doc)?", "background", "poster", "data", "action", "href", "lowsrc", "dynsrc")
)
_RISKY_TAGS = re.compile(r"<(?:script|link|iframe|object|embed|svg|style)\b")
_RISKY_CSS = ("url(", "@import", "image-set")
_SIGNS_WORDS = """
    src background poster data action href url( @import image-set <script <link <iframe <object <embed <svg <style
"""
_SIGNS = tuple(_SIGNS_WORDS.split())  # a part of each of those
_TITLE = re.compile(r"<title\b[^<>]*>[^<]*<(?!/title)", re.I)
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


def _lost(text: str, written: str) -> bool:
    """Whether something that could fetch stands in the one text more often than in the other."""
    before, after = text.lower(), written.lower()
    if all(before.count(sign) <= after.count(sign) for sign in _SIGNS):
        return False
    return _risks(before) > _risks(after)


def _risks(text: str) -> int:
    names = (match.start() for pattern in _RISKY_NAMES for match in pattern.finditer(text))
    attributes = sum(not at or not (text[at - 1].isalnum() or text[at - 1] == "_") for at in names)
    return attributes + len(_RISKY_TAGS.findall(text)) + sum(text.count(sign) for sign in _RISKY_CSS)


def _is_needless(name: str, tag: str, attributes: Mapping[str, object]) -> bool:
    """Whether an attribute says what nobody needs, or in a link what Tocsin says instead."""
    if name == "title":
        return tag == "a" and "href" in attributes
    return name == "rel" or (name == "type" and tag not in _TYPED)


class _Writer:
    def __init__(self, text: str, policy: Policy, part: str) -> None:
        self.text = text
        self.policy = policy
        self.tally = Tally(part)
        self.out: list[str] = []
        self.base: str | None = None
        self.hosts: dict[str, None] = {}
        self.quirks = True
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
        written, names, host = read_doctype(text, tree)
        self.out.append(written)
        self.quirks = not written
        if names:
            self.tally.add("document-type", host)
        base = tree.find("base") if "<base" in text.lower() else None
        if isinstance(base, Element):
            href = base.attr("href")
            found = resolve(href) if href else None
            self.base = found.href if found is not None and found.scheme in ("http", "https") else None
        self.walk(tree)
        written = "".join(self.out)
        if not self.tally and _lost(text, written):
            self.tally.add(
                "broken-markup"
            )  # a tag where it may not stand: this parser drops it, others may not
        return Cleaned(written, self.tally.done(), tuple(self.hosts))

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
                    self.tally.add("comment", host_in(node.data))
            elif not isinstance(node, Doctype):
                self.tally.add("instruction")

    def element(self, element: Element) -> str | None:
        """Write the start tag; give the end tag, "" for none, None where the content is left out."""
        tag = element.tag
        if element.namespace is not Namespace.HTML:
            self.tally.add("drawing", host_in(element.html))
            self.place(element)
            words = foreign_words(element)
            if words.strip():
                self.out.append(f"<span>{CONTROLS.sub('', words).translate(_ESCAPES)}</span>")
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
            self.tally.add(what, host_in(address or ""))
            self.place(element)
            return None
        what = "" if tag == "textarea" else UNWRAPPED.get(tag, "element")
        if what:
            self.tally.add(what, host_in(element.attr("data") or "") if what == "media" else "")
        if tag == "textarea":
            text = CONTROLS.sub("", element.text).translate(_ESCAPES)
            self.out.append(f"<textarea{self.field(element)}>\n{text}</textarea>")
            return None
        if tag in RAW_TEXT:
            self.out.append("<pre>" + CONTROLS.sub("", element.text).translate(_ESCAPES) + "</pre>")
            return None
        return self.kept(element, "div") if tag == "form" else ""

    def place(self, element: Element) -> None:
        """Leave space of the size that the element has."""
        usual = SIZED.get(element.tag)
        if usual is None:
            return
        width, height = (
            SIZE.match(str(element.attr(name) or size))
            for name, size in zip(("width", "height"), usual, strict=True)
        )
        if width is None or height is None:
            return
        own = filter_style(str(element.attr("style") or ""))[0]
        style = f"display:inline-block;width:{width[1]}{width[2] or 'px'};height:{height[1]}{height[2] or 'px'};{own}"
        self.out.append(f'<span style="{style.rstrip(";").translate(_QUOTED)}"></span>')

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
            not pragma and HOST.search(element.attr("content") or "")
        ):
            self.tally.add("markup-data", host_in(element.attr("content") or ""))
        elif pragma not in _HARMLESS_PRAGMA:
            self.tally.add(
                "refresh" if pragma == "refresh" else "pragma", host_in(element.attr("content") or "")
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
        if tag == "p" and element.attr("id") == NOTICE and is_notice(element):
            return None
        attributes = element.attrs
        if tag == "input" and str(attributes.get("type", "")).strip().lower() in UNSEEN_FIELDS:
            self.tally.add("form", host_in(str(attributes.get("src", ""))))
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
                return f" <span {MARKED}>[{host}]</span></span>"
        elif self.leads_to:
            self.hosts[self.leads_to] = None
            written += f' title="{self.leads_to}"'
            if said := contradiction(element.text, self.leads_to):
                self.out.append(f"<a{written}>")
                return f"<span {MARKED}> {said}</span></a>"
        self.out.append(f"<a{written}>")
        return "</a>"

    def sheet(self, element: Element) -> None:
        declared = (element.attr("type") or "").strip().lower()
        text = element.text
        if declared not in ("", "text/css"):
            if text.strip():
                self.tally.add("style", host_in(text))
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
            self.tally.add("style" if fetches else "style-unknown", host_in(piece) if fetches else "")

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
            if name in _PLAIN:
                pass
            elif name == "style":
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
                self.tally.add("background", host_in(value))
                continue
            elif not keeps(name) and name != "background":
                if not is_idle(name, value):
                    self.tally.add(
                        {"srcset": "picture"}.get(name)
                        or ("script" if name.startswith("on") else "attribute"),
                        host_in(value),
                    )
                if name != "srcset" or tag != "img" or "src" in attributes:
                    continue
                name, value = "src", NO_PICTURE
            elif name == "id" and value == NOTICE:
                self.tally.add("attribute")  # the line is Tocsin's own
                continue
            elif _is_needless(name, tag, attributes):
                continue
            if not value.isalnum():
                value = CONTROLS.sub("", value).translate(_QUOTED)
            written.append(f' {name}="{value}"')
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
            self.tally.add("picture", host_in(value))
        else:
            self.tally.add("picture")
        return False
