"""Links that a reader follows, in HTML and in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from tocsin.mail.url import find_urls
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.html import HtmlView

TECHNIQUE = "link"

ABOUT = Technique(
    TECHNIQUE,
    "Link",
    "click",
    VISIT_WITH_COOKIES,
    "`a`, `area`, `xlink:href`, `ping`, `attributionsrc`, URLs in plain text",
    "The mail offers something to click. A click tells the server who followed which link, and the "
    "page behind it "
    "learns more than a picture does.",
    "Do not follow the link. If you expect something from this sender, go to their site by an address "
    "that you know.",
    "All. Some gateways and previews fetch links before the reader sees them.",
    (HTML_STANDARD + "multipage/links.html",),
)
MAX_TEXT_LINKS = 2_000

_ELSEWHERE = ("mailt", "javas", "data:", "tel:", "sms:", "cid:", "about", "mid:")
_MARKDOWN_LABEL = re.compile(r"\[([^\[\]\n]{1,200})\]\($")


def find(view: HtmlView) -> Iterator[Reference]:
    """Find links and what a click on them reports.

    `ping` and `attributionsrc` of a link are sent when it is followed, `attributionsrc` of a picture when it
    loads. Source: WHATWG HTML, hyperlink auditing; WICG Attribution Reporting.
    """
    for node in view.tagged("a", "area"):
        attributes = node.attributes
        href = attributes.get("href") or attributes.get("xlink:href")
        if href and href[0] != "#" and not href[:5].lower().startswith(_ELSEWHERE):
            yield node.reference(TECHNIQUE, href, "href", trigger="click")
        if ping := attributes.get("ping"):
            for url in ping.split():
                yield node.reference(TECHNIQUE, url, "ping", trigger="click")
        if sources := attributes.get("attributionsrc"):
            for url in sources.split():
                yield node.reference(
                    TECHNIQUE,
                    url,
                    "attributionsrc",
                    trigger="click",
                    conditional=True,
                    fires_in=("chromium",),
                )
    for node in view.tagged("img"):
        if sources := node.attributes.get("attributionsrc"):
            for url in sources.split():
                yield node.reference(
                    TECHNIQUE, url, "attributionsrc", conditional=True, fires_in=("chromium",)
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
