"""Links that a reader follows, in HTML and in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from tocsin.mail.url import find_urls
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import OUTLOOK_WINDOWS
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "link"

ABOUT = Technique(
    TECHNIQUE,
    "Link",
    "click",
    VISIT_WITH_COOKIES,
    "`a`, `area`, `xlink:href`, `ping`, `attributionsrc`, buttons, URLs in plain text",
    "The mail offers something to click. A click tells the server who followed which link, and the "
    "page behind it "
    "learns more than a picture does.",
    "Do not follow the link. If you expect something from this sender, go to their site by an address "
    "that you know.",
    "All. Some gateways and previews fetch links before the reader sees them.",
    (HTML_STANDARD + "multipage/links.html",),
)
MAX_TEXT_LINKS = 2_000
_BUTTONS = (
    *("button", "v:roundrect", "v:rect", "v:oval", "v:shape", "v:arc", "v:group", "v:polyline", "v:image"),
)
_REPORTING = ("img", "script")
TAGS = frozenset({"a", "area", *_BUTTONS, *_REPORTING})

_ELSEWHERE = ("mailt", "javas", "data:", "tel:", "sms:", "cid:", "about", "mid:")
_MARKDOWN_LABEL = re.compile(r"\[([^\[\]\n]{1,200})\]\($")


def find(view: HtmlView) -> Iterator[Reference]:
    """Find links and what a click on them reports.

    `ping` and `attributionsrc` of a link are sent when it is followed, `attributionsrc` of a picture or script when
    it loads. The `href` of a VML shape is a button in Outlook on Windows; that of a `button` element becomes a link
    in programs that rewrite buttons. Source: WHATWG HTML, hyperlink auditing; WICG Attribution Reporting; W3C Note,
    Vector Markup Language.
    """
    for node in view.tagged("a", "area"):
        attributes = node.attributes
        href = attributes.get("href") or attributes.get("xlink:href")
        if href and href[0] != "#" and not href[:5].lower().startswith(_ELSEWHERE):
            yield node.reference(TECHNIQUE, href, "href", trigger="click")
        if ping := attributes.get("ping"):
            for url in ping.split():
                yield node.reference(TECHNIQUE, url, "ping", trigger="click")
        if "attributionsrc" in attributes:
            yield from _attributed(node, "click")
    for tag in _REPORTING:
        for node in view.by_tag.get(tag, ()):
            if "attributionsrc" in node.attributes:
                yield from _attributed(node, "open")
    for tag in _BUTTONS:
        for node in view.by_tag.get(tag, ()):
            href = node.get("href")
            if href and href[0] != "#" and not href[:5].lower().startswith(_ELSEWHERE):
                clients = () if tag == "button" else (OUTLOOK_WINDOWS,)
                yield node.reference(
                    TECHNIQUE, href, "href", trigger="click", conditional=True, fires_in=clients
                )


def _attributed(node: HtmlNode, trigger: str) -> Iterator[Reference]:
    for url in node.get("attributionsrc").split():
        yield node.reference(
            TECHNIQUE, url, "attributionsrc", trigger=trigger, conditional=True, fires_in=("chromium",)
        )


def find_in_text(text: str) -> Iterator[Reference]:
    """Find what mail programs turn into links in plain text, at most 2,000; `file:` and `smb:` are file-path.

    The label is the text of a Markdown link, else "".
    """
    for url, start in islice(find_urls(text), MAX_TEXT_LINKS):
        label = ""
        if start and text[start - 1] == "(":
            markdown = _MARKDOWN_LABEL.search(text, max(0, start - 203), start)
            label = markdown[1] if markdown else ""
        local = url[:5].lower() in ("file:", "smb:/")
        yield Reference(
            "file-path" if local else TECHNIQUE, url, "", "", trigger="click", offset=start, label=label
        )
