"""Sound, film and plug-ins: `video`, `audio`, `track`, `bgsound`, `embed`, `object`, `applet`, `param`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT, Technique
from tocsin.observe.embedded import MSHTML
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "media"

ABOUT = Technique(
    TECHNIQUE,
    "Sound, film or plug-in",
    "open",
    VISIT,
    "`video src` and `poster`, `audio`, `source`, `track`, `bgsound`, `embed`, `object`, `applet`, `param`",
    "The mail embeds a film, a sound or an object from a server. Its first picture or its beginning is "
    "often fetched "
    "before anybody presses play.",
    BLOCK_REMOTE,
    "Apple Mail and some others play films; embedded objects are removed by most; plug-ins and "
    "background sound "
    "work in old programs only. Thunderbird before 102.5.1 fetched posters and objects when such a mail was "
    "quoted in an "
    "answer (CVE-2022-45414), and before 102.2.1 films in the document of a frame (CVE-2022-3032).",
    (HTML_STANDARD + "multipage/media.html", "CVE-2022-45414", "CVE-2022-3032"),
)
TAGS = frozenset({"video", "audio", "source", "track", "bgsound", "embed", "object", "applet", "param"})
_NEEDS_PLUG_IN = re.compile(
    r"\s*application/(?:x-shockwave|futuresplash|x-java|java|x-oleobject|x-director)", re.I
)
_NEEDS_PLUG_IN_BY_NAME = re.compile(r"\.(?:swf|spl|class|jar|dcr|dir)(?:[?#]|\s*\Z)", re.I)
PLUGINS = "plug-ins"  # clients that still start Flash, Java or ActiveX

_PARAMETERS = frozenset(
    {"src", "movie", "url", "filename", "href", "data", "dataurl", "code", "codebase", "archive", "flashvars"}
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find what is played. Posters, and media unless `preload=none`, load when the mail opens.

    Of several `source` elements the first playable one loads; a `track` only for a film that is open to other
    origins (`crossorigin`). Class ids, code bases and parameters matter to clients with plug-ins only, and so
    do Flash, Java and ActiveX by their type or the ending of their name. Source: WHATWG HTML, media, embed and
    object.
    """
    for node in view.tagged("video", "audio"):
        if src := node.get("src"):
            waits = node.get("preload").strip().lower() == "none"
            if "autoplay" in node.attributes and "muted" in node.attributes:
                waits = False  # what can be heard waits for the reader
            yield node.reference(TECHNIQUE, src, "src", conditional=waits)
        if node.tag == "video" and (poster := node.get("poster")):
            yield node.reference(TECHNIQUE, poster, "poster")
    for node in view.tagged("source"):
        if node.parent in ("video", "audio") and (src := node.get("src")):
            yield node.reference(TECHNIQUE, src, "src", conditional=True)
    for node in view.tagged("track"):
        if src := node.get("src"):
            yield node.reference(TECHNIQUE, src, "src", conditional=True)
    for node in view.tagged("bgsound"):
        if src := node.get("src"):
            yield node.reference(TECHNIQUE, src, "src", conditional=True, fires_in=(MSHTML,))
    for node in view.tagged("embed"):
        if src := node.get("src"):
            yield _embedded(node, src, "src")
        yield from _plug_in(node, ("qtsrc", "href", "codebase", "pluginspage", "pluginurl"))
        yield from _plug_in(node, ("code",))
    for node in view.tagged("object"):
        if data := node.get("data"):
            yield _embedded(node, data, "data")
        yield from _plug_in(node, ("classid", "codebase", "archive", "movie"))
    for node in view.tagged("applet"):
        yield from _plug_in(node, ("code", "codebase", "archive", "object"))
    for node in view.tagged("param"):
        if node.parent in ("object", "applet") and node.get("name").strip().lower() in _PARAMETERS:
            yield from _plug_in(node, ("value",))


def _embedded(node: HtmlNode, url: str, name: str) -> Reference:
    """Give what an `embed` or `object` shows; browsers ask for no file that only a plug-in could show."""
    if _NEEDS_PLUG_IN.match(node.get("type")) or _NEEDS_PLUG_IN_BY_NAME.search(url):
        return node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(PLUGINS,))
    return node.reference(TECHNIQUE, url, name)


def _plug_in(node: HtmlNode, names: tuple[str, ...]) -> Iterator[Reference]:
    for name in names:
        if url := node.get(name):
            yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(PLUGINS,))
