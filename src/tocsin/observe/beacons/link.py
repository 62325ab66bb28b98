"""Links that a reader follows, in HTML and in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from tocsin.mail.url import find_urls, is_top_level
from tocsin.model.reference import Reference
from tocsin.observe.beacons import anchor_dns, file_path
from tocsin.observe.beacons.technique import HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import OUTLOOK_WINDOWS
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "link"

ABOUT = Technique(
    TECHNIQUE,
    "Link",
    "click",
    VISIT_WITH_COOKIES,
    "`a`, `area`, `xlink:href`, `ping`, `attributionsrc`, buttons, URLs in plain, enriched and Markdown text",
    "The mail offers something to click. A click tells the server who followed which link, and the "
    "page behind it "
    "learns more than a picture does.",
    "Do not follow the link. If you expect something from this sender, go to their site by an address "
    "that you know.",
    "All. Some gateways and previews fetch links before the reader sees them. Hosts without a scheme "
    "(`host.example/path`) become links in some programs only.",
    (HTML_STANDARD + "multipage/links.html",),
)
MAX_TEXT_LINKS = 2_000
_BUTTONS = (
    *("button", "v:roundrect", "v:rect", "v:oval", "v:shape", "v:arc", "v:group", "v:polyline", "v:image"),
)
_REPORTING = ("img", "script")
TAGS = frozenset({"a", "area", *_BUTTONS, *_REPORTING})

_ELSEWHERE = ("mailt", "javas", "data:", "tel:", "sms:", "cid:", "about", "mid:")
# A host without a scheme is looked for by the slash behind its top-level domain: hardly any text holds one.
_BARE = re.compile(r"\.([A-Za-z]{2,18})/[A-Za-z0-9?#]")
_BARE_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,18}")
_BARE_END = re.compile(r"[^\s<>\"'`|]*+")
_HOST_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
_LONGEST_HOST = 253
_GUESSING = ("gmail", "apple-mail")
_SOFT_BREAK = re.compile(r"(?<!\n--) \r?\n>*+ ?")
# A share with a whole host name: Outlook links it. Names without a dot lie in the reader's own network.
_SHARE = re.compile(r"(?<![\w\\/:.])\\\\(?:[\w-]++\.)++[\w-]++(?:@[\w@]++)?\\[^\s<>\"|?*]++")
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
    r"""Find what mail programs turn into links in plain text, at most 2,000.

    `file:`, `smb:` and shares on a whole host name (`\\host.example\share`, a link in Outlook) are file-path; a host
    with a token in its name is anchor-dns too.

    Known are URLs with their scheme, `www.` names, URLs in angle brackets, over several lines too, and the links of
    Markdown (their text is the label). A host with a path but without a scheme, `host.example/path`, is conditional:
    some programs make a link of it.
    """
    for url, start in islice(find_urls(text), MAX_TEXT_LINKS):
        label = ""
        if start and text[start - 1] == "(":
            markdown = _MARKDOWN_LABEL.search(text, max(0, start - 203), start)
            label = markdown[1] if markdown else ""
        local = url[:5].lower() in ("file:", "smb:/")
        yield Reference(
            file_path.TECHNIQUE if local else TECHNIQUE,
            url,
            "",
            "",
            trigger="click",
            offset=start,
            label=label,
        )
        if looked_up := anchor_dns.token_host(url):
            yield Reference(
                anchor_dns.TECHNIQUE,
                f"https://{looked_up}/",
                "",
                "",
                "open",
                True,
                offset=start,
                label="text host",
            )
    if "\\\\" in text:
        for share in islice(_SHARE.finditer(text), MAX_TEXT_LINKS):
            yield Reference(
                file_path.TECHNIQUE, share[0].rstrip(".,;:!)]}'"), "", "", "click", True, (OUTLOOK_WINDOWS,),
                offset=share.start(),
            )  # fmt: skip
    for url, start in islice(_bare_links(text), MAX_TEXT_LINKS):
        yield Reference(TECHNIQUE, url, "", "", "click", True, _GUESSING, offset=start)


def unflowed(text: str, parameters: Mapping[str, str]) -> str:
    """Give a text with the lines joined that its sender broke (format=flowed with DelSp, RFC 3676 section 4.2).

    Without DelSp a space stands where the line was broken, so no URL was cut: then the text is given as it is.
    Quotes are joined without a look at their depth, for nothing but URLs is sought in the result.
    """
    if parameters.get("delsp", "").lower() != "yes" or parameters.get("format", "").lower() != "flowed":
        return text
    return _SOFT_BREAK.sub("", text)


def _bare_links(text: str) -> Iterator[tuple[str, int]]:
    """Hosts with a path that no scheme precedes, as (URL with `http://`, offset)."""
    position = 0
    while (match := _BARE.search(text, position)) is not None:
        position = match.end()
        name_end = match.end(1)
        widest = max(0, name_end - _LONGEST_HOST)
        start = widest + len(text[widest:name_end].rstrip(_HOST_SIGNS))
        host = text[start:name_end]
        end = _BARE_END.match(text, name_end)
        position = max(position, end.end() if end is not None else 0)
        if start and text[start - 1] in "/@:\\_=%&?#+~":
            continue
        if host[:4].lower() == "www." or _BARE_HOST.fullmatch(host) is None or not is_top_level(match[1]):
            continue
        yield "http://" + text[start:position].rstrip(".,;:!?)]}*_"), start
