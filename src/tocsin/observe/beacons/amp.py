"""The AMP part of a mail: a second body with elements of its own, which few services show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tocsin.model.reference import Reference
from tocsin.observe.beacons.form import AMP
from tocsin.observe.beacons.image_candidates import parse_srcset
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.html import HtmlView

TECHNIQUE = "amp"
MEDIA_TYPE = "text/x-amp-html"

ABOUT = Technique(
    TECHNIQUE,
    "Second body in AMP",
    "open",
    VISIT,
    "In a `text/x-amp-html` part: `amp-img`, `amp-anim`, `amp-list`, `amp-video`, `amp-audio`, `amp-state`, "
    "`amp-carousel`, `amp-autocomplete`, `amp-iframe`, `amp-pixel`; AMP forms are under form",
    "The mail carries a second body that some services show instead of the first. Its elements ask servers for "
    "pictures and for data each time the mail is opened, so that its content can change after it was sent.",
    BLOCK_REMOTE + " Services that show AMP have a switch for dynamic mail: switch it off.",
    "Gmail and some others, for senders that they registered. They fetch through servers of their own: the sender "
    "learns that and when the mail was opened, not from where. All other programs show another part.",
    ("https://amp.dev/documentation/guides-and-tutorials/email/learn/email-spec/amp-email-components",),
)
# What each element fetches as soon as it is drawn.
_FETCHED: dict[str, tuple[str, ...]] = {
    "amp-img": ("src",),
    "amp-anim": ("src",),
    "amp-list": ("src",),
    "amp-state": ("src",),
    "amp-video": ("src", "poster"),
    "amp-audio": ("src", "artwork"),
    "amp-carousel": ("src",),
    "amp-autocomplete": ("src", "query"),
    "amp-iframe": ("src",),
    "amp-pixel": ("src",),
    "amp-analytics": ("config",),
    "amp-ad": ("src", "json"),
}
TAGS = frozenset(_FETCHED)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find what AMP elements fetch. All of it is conditional and limited to services that show AMP.

    Candidates of a `srcset` and the `source` elements of a film are told one by one. Elements that AMP allows on
    pages but not in mail (`amp-iframe`, `amp-pixel`, `amp-state src`, …) are told too: validators refuse them,
    and not every service validates. In an ordinary HTML body all these elements do nothing, and what is told
    says so by its clients. Source: AMP for Email, supported components.
    """
    for tag, names in _FETCHED.items():
        for node in view.by_tag.get(tag, ()):
            for name in names:
                if url := node.get(name):
                    yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(AMP,))
            if srcset := node.get("srcset"):
                for url, _ in parse_srcset(srcset):
                    yield node.reference(TECHNIQUE, url, "srcset", conditional=True, fires_in=(AMP,))
    for node in view.tagged("source"):
        if node.parent in ("amp-video", "amp-audio") and (url := node.get("src")):
            yield node.reference(TECHNIQUE, url, "src", conditional=True, fires_in=(AMP,))


def only_in_amp(references: Iterable[Reference]) -> Iterator[Reference]:
    """Give the references of an AMP part as they act: in services that show AMP, and nowhere else."""
    for reference in references:
        yield msgspec.structs.replace(reference, conditional=True, fires_in=(AMP,))
