"""`meta` elements that send the client elsewhere or stand in for response headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT, Technique
from tocsin.observe.html import HtmlView

TECHNIQUE = "refresh"

ABOUT = Technique(
    TECHNIQUE,
    "Redirection of the page",
    "open",
    VISIT,
    "`meta http-equiv` refresh, Link, Content-Security-Policy `report-uri`",
    "The mail tells the program to go to another address at once or after some seconds. It can act "
    "again when the "
    "mail is quoted in a reply.",
    BLOCK_REMOTE + " Do not reply to the mail with its text quoted.",
    "Few: old versions of several programs followed it while composing a reply, Thunderbird before 91.13.1 "
    "and 102.2.1 "
    "(CVE-2022-3033).",
    (HTML_STANDARD + "multipage/semantics.html#attr-meta-http-equiv-refresh", "CVE-2022-3033"),
)

_SPACE = " \t\n\f\r"
_TIME = re.compile(r"[ \t\n\f\r]*+(?:\d++[\d.]*+|\.[\d.]*+)([ \t\n\f\r]*+)([;,]?)[ \t\n\f\r]*+")
_URL_WORD = re.compile(r"url[ \t\n\f\r]*+=[ \t\n\f\r]*+", re.IGNORECASE)
_LINK_TARGET = re.compile(r"<([^>]*)>")


def find(view: HtmlView) -> Iterator[Reference]:
    """Find refreshes, and header fields given by `meta` that fetch or report.

    A refresh fires when the mail is opened, and again when it is quoted in a reply. Of several only the
    first fires, and none whose directive has white space around it, so the others are conditional. `Link` is
    honoured by old Gecko only; a report address of a content policy is ignored in `meta` by the standard, so
    it is conditional. Source: WHATWG HTML, pragma directives.
    """
    refreshed = False
    for node in view.tagged("meta"):
        written = node.get("http-equiv").lower()
        directive = written.strip()
        content = node.get("content")
        if not directive or not content:
            continue
        if directive == "refresh":
            if url := refresh_url(content):
                ignored = refreshed or written != directive
                refreshed = refreshed or not (ignored or node.conditional)
                yield node.reference(TECHNIQUE, url, "content", conditional=ignored)
        elif directive == "link":
            for target in _LINK_TARGET.findall(content):
                yield node.reference(TECHNIQUE, target, "content", conditional=True, fires_in=("gecko",))
        elif directive in ("content-security-policy", "content-security-policy-report-only"):
            for policy in content.split(";"):
                name, _, values = policy.strip().partition(" ")
                if name.lower() == "report-uri":
                    for url in values.split():
                        yield node.reference(TECHNIQUE, url, "content", conditional=True)


def refresh_url(content: str) -> str:
    """Give the URL of a refresh, "" where it reloads the page itself or is not valid.

    Source: WHATWG HTML, shared declarative refresh steps ("0; URL='x'", "0,x", "0 x" all count).
    """
    time = _TIME.match(content)
    if time is None or not (time[1] or time[2]):
        return ""
    rest = content[time.end() :]
    if word := _URL_WORD.match(rest):
        rest = rest[word.end() :]
    if rest[:1] in ("'", '"'):
        quote, rest = rest[0], rest[1:]
        rest = rest.partition(quote)[0]
    return rest.strip(_SPACE)
