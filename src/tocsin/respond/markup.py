"""Which elements and attributes of HTML may stand: those that no program fetches anything for."""

from __future__ import annotations

import re

_KEPT_WORDS = """
    html head body title style a abbr acronym address article aside b bdi bdo big blockquote br caption center cite
    code col colgroup data dd del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header
    hgroup hr i img ins kbd li main map area mark menu nav nobr ol p pre q rp rt ruby s samp section small span strike
    strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    label fieldset legend button select option optgroup input progress meter output
"""
KEPT = frozenset(_KEPT_WORDS.split())
VOID = frozenset(("area", "br", "col", "hr", "img", "input", "wbr"))
# What these hold goes with them; of all others the content stays.
DROPPED = {
    "script": "script",
    "template": "template",
    "svg": "drawing",
    "math": "drawing",
    "iframe": "frame",
    "frame": "frame",
    "frameset": "frame",
    "noframes": "frame",
    "portal": "frame",
    "fencedframe": "frame",
    "embed": "media",
    "param": "media",
    "video": "media",
    "audio": "media",
    "track": "media",
    "bgsound": "media",
    "noembed": "media",
    "source": "picture",
    "link": "link-hint",
    "base": "base",
    "datalist": "form",
    "keygen": "form",
    "isindex": "form",
}
UNWRAPPED = {
    "form": "form",
    "object": "media",
    "applet": "media",
    "xml": "data-island",
    "noscript": "noscript",
    "picture": "",
    "o:p": "",
    "u1:p": "",
    "font": "",
}
RAW_TEXT = frozenset(("xmp", "listing", "plaintext"))
# What stands for these is empty space of their size, in CSS pixels where they say none.
SIZED = {"iframe": ("300", "150"), "video": ("300", "150"), "embed": ("", ""), "svg": ("", "")}
SIZE = re.compile(r"\s*([0-9]{1,5})(?:\.[0-9]{1,5})?(%?)")
FIELDS = frozenset(("input", "select", "textarea"))  # stay to be seen, not to be used
UNSEEN_FIELDS = frozenset(("hidden", "image"))

_ATTRIBUTES_WORDS = """
    abbr align alt axis bgcolor border bordercolor cellpadding cellspacing char charoff class clear color colspan
    compact coords datetime dir face frame headers height hidden hspace id lang align alink bottommargin leftmargin
    link marginheight marginwidth name noshade nowrap open reversed rightmargin role rowspan rules scope shape size
    span start summary text title topmargin translate type valign value vlink vspace width tabindex loading decoding
    contenteditable spellcheck accesskey referrerpolicy crossorigin fetchpriority target rel draggable wrap cols rows
    cellborder disabled checked selected placeholder maxlength readonly multiple label min max low high optimum for
"""
_ATTRIBUTES = frozenset(_ATTRIBUTES_WORDS.split())
_NAMED = re.compile(r"(?:aria|data)-[a-z0-9_.:-]{1,80}\Z")
# Left out where a part is rewritten anyway; no reason to rewrite it.
_IDLE = re.compile(
    r"(?:xmlns(?::[a-z0-9]+)?|xml:lang|xml:space|version|prefix|vocab|"
    r"bis_[\w-]+|moz-[\w-]+|[a-z]+-[a-z-]+|o:[a-z]+|x:[a-z]+|w:[a-z]+)\Z"
)
_IDLE_NAMES = frozenset(("bgcolor2", "content", "editor", "halign", "unselectable", "yahoo"))
_PLAIN_VALUE = re.compile(r"[^:/\\(<>&]*\Z")


def keeps(name: str) -> bool:
    """Whether an attribute may stand on any element, whatever its value."""
    return name in _ATTRIBUTES or _NAMED.match(name) is not None


def is_idle(name: str, value: str) -> bool:
    """Whether leaving the attribute out is no reason to rewrite: nothing that it holds names a place."""
    if name[:2] == "on":
        return False
    if _IDLE.match(name) is not None or name in _IDLE_NAMES:
        return name.startswith("xmlns") or _PLAIN_VALUE.match(value) is not None
    return False


RASTER = re.compile(r"\s*data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*\Z", re.I)
# Stands where a picture was: a place without a source loses its size, one whose source shows nothing keeps it.
NO_PICTURE = "data:,"
LONGEST_PICTURE = 4_000_000
CID = re.compile(r"\s*cid:[^\s\"'<>\\]{1,500}\s*\Z", re.I)
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
