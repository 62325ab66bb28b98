"""Scripts in a mail: files they load, addresses written in them, forms they send."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

import msgspec

from tocsin.model.reference import Reference
from tocsin.observe.beacons.svg import SCRIPTING
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import MAX_SCRIPT, script_in
from tocsin.observe.files.scripts import with_codes, with_percents
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "active"

ABOUT = Technique(
    TECHNIQUE,
    "Script",
    "open",
    VISIT_WITH_COOKIES,
    "`script src`, inline scripts, event-handler attributes (`onload`, `onerror`, `autofocus` with `onfocus`, …), "
    "`javascript:` addresses, forms that a script sends",
    "The mail holds a program. Mail programs have not run scripts for many years, so a script in a mail counts on a "
    "flaw in one of them, or on the mail being opened in a browser. There it can read what the page shows and send it.",
    BLOCK_REMOTE + " Do not save the mail and open it in a browser. Keep the mail program up to date.",
    "None by design. Web mailers with a flaw in their sanitiser, an attached page opened in a browser.",
    (HTML_STANDARD + "multipage/webappapis.html", "CVE-2023-5631", "CVE-2024-37383", "CVE-2024-42009"),
)
TAGS = frozenset({"script", "@handler", "form", "button", "input", "iframe", "frame", "embed", "object"})

_MAX_URLS = 500
_LITERAL = re.compile(r"[\"'`(=]\s*+((?:https?:|wss?:|ftp:)?//[^\"'`\s<>\\)]++)", re.IGNORECASE)
_JOINED = re.compile(r"([\"'])\s*+\+\s*+\1")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,5})\}|(/))")
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+\*/|(?:^|(?<=[\s;{}]))//[^\n]*+")
_BASE64 = re.compile(r"[\"'`]([A-Za-z0-9+/][A-Za-z0-9+/\s]{7,}+)=*+[\"'`]")
_SIGNS = ("//", "\\", "+", "atob", "fromCharCode", "%2F", "%2f")
_NAMESPACE = re.compile(r"https?://(?:www\.)?w3\.org/(?:1999|2000|1998)/", re.IGNORECASE)
_SENDS_FORM = re.compile(r"\.(?:submit|requestSubmit|click)\s*\(", re.IGNORECASE)
_RUN = frozenset({"", "module", "text/javascript", "application/javascript", "text/ecmascript", "text/jscript",
                  "application/x-javascript", "application/ecmascript", "text/vbscript", "importmap",
                  "speculationrules"})  # fmt: skip
# Events that come without the reader doing anything to the element.
_BY_ITSELF = re.compile(
    r"on(?:load|error|page|begin|end$|repeat|toggle|animation|webkitanimation|transition|start|finish|bounce|resize"
    r"|scroll|can|duration|progress|stalled|suspend|waiting|play|before(?:unload|print|toggle)|unload|afterprint"
    r"|visibility|readystate|message|hashchange|popstate|online|offline|contentvisibility|loadstart|time)"
)
_SCRIPT_ADDRESSES = {
    "form": ("action",),
    "button": ("formaction",),
    "input": ("formaction", "src"),
    "iframe": ("src",),
    "frame": ("src",),
    "embed": ("src",),
    "object": ("data",),
}


def find(view: HtmlView) -> Iterator[Reference]:
    """Find script files, and addresses that stand as string literals in scripts; nothing is run.

    Escapes, percent signs, character codes and base64 (`atob`) in literals are undone, pieces joined by `+` are
    joined; what a script works out otherwise is not seen. Addresses of XML namespaces are none. All of it is
    conditional and limited to clients that run scripts. An event that comes by itself, focus with `autofocus`
    included, acts on opening, others on a click. Where a script or such an event calls `submit()` or `click()`,
    the forms of the body are sent by it.
    Source: WHATWG HTML, scripting and event handlers.
    """
    sends = False
    for node in view.tagged("script"):
        if node.get("type").partition(";")[0].strip().lower() not in _RUN:
            continue
        if src := node.get("src"):
            yield node.reference(TECHNIQUE, src, "src", conditional=True, fires_in=(SCRIPTING,))
        if node.text:
            sends = sends or bool(_SENDS_FORM.search(node.text))
            yield from _literals(node, node.text, "text", "open")
    for node in view.tagged("@handler"):
        focused = "autofocus" in node.attributes
        for name, code in node.attributes.items():
            if not code:
                continue
            alone = bool(_BY_ITSELF.match(name.lower())) or (
                focused and name.lower() in ("onfocus", "onfocusin")
            )
            sends = sends or (alone and bool(_SENDS_FORM.search(code)))
            trigger = "open" if alone or name.lower().startswith(("onmouse", "onpointer")) else "click"
            yield from _literals(node, code, name, trigger)
    yield from _addresses(view)
    if sends:
        for node in view.tagged("form"):
            if (url := node.get("action").strip()) and script_in(url) is None:
                reference = node.reference(TECHNIQUE, url, "action", conditional=True, fires_in=(SCRIPTING,))
                yield msgspec.structs.replace(reference, label="form sent by script")


def _addresses(view: HtmlView) -> Iterator[Reference]:
    """Find literals in `javascript:` URLs; those of links have become handlers in the walk."""
    for tag, names in _SCRIPT_ADDRESSES.items():
        for node in view.by_tag.get(tag, ()):
            for name in names:
                if (code := script_in(node.get(name))) is not None:
                    trigger = "click" if tag in ("form", "button", "input") else "open"
                    yield from _literals(node, code, name, trigger)


def _literals(node: HtmlNode, code: str, name: str, trigger: str) -> Iterator[Reference]:
    code = code[:MAX_SCRIPT]
    if not any(sign in code for sign in _SIGNS):
        return
    if "atob" in code:
        code = _BASE64.sub(_decoded, code)
    code = with_percents(with_codes(code))
    code = _ESCAPE.sub(_unescaped, _JOINED.sub("", _COMMENT.sub(" ", code)))
    for url in list(dict.fromkeys(_LITERAL.findall(code)))[:_MAX_URLS]:
        if not _NAMESPACE.match(url):
            reference = node.reference(
                TECHNIQUE, url, name, trigger=trigger, conditional=True, fires_in=(SCRIPTING,)
            )
            where = node.parent if node.tag == "@handler" else node.tag
            yield msgspec.structs.replace(reference, tag=where, label=f"{where} {name}")


def _decoded(match: re.Match[str]) -> str:
    """The literal that base64 makes, where it makes plain text; words are base64 too."""
    compact = "".join(match[1].split())
    try:
        decoded = base64.b64decode(compact + "=" * (-len(compact) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return match[0]
    return f'"{decoded}"' if "/" in decoded and decoded.isprintable() else match[0]


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    code = int(digits, 16) if digits else ord("/")
    return chr(code) if code < 0xD800 or 0xE000 <= code <= 0x10FFFF else "\ufffd"
