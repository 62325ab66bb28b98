"""Forms in a mail: where what is typed goes when it is sent."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import MSHTML
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "form"

ABOUT = Technique(
    TECHNIQUE,
    "Form to fill in",
    "click",
    VISIT_WITH_COOKIES,
    "`form action`, `formaction` on `button` and `input`, `isindex action`, `action-xhr` and `verify-xhr` of "
    "AMP forms",
    "The mail holds a form. What the reader types or chooses, and hidden values that may name the reader, go to the "
    "sender's server when it is sent.",
    "Type nothing into a mail, and press no button in it. If you expect such a question, answer it on a site "
    "that you "
    "opened yourself.",
    "Many programs draw forms; some disable the buttons or ask first. AMP forms work in mail services that show AMP. "
    "In Thunderbird before 52.8 a form could send off what a mail had decrypted (CVE-2018-5185).",
    (
        "CVE-2018-5185",
        HTML_STANDARD + "multipage/form-control-infrastructure.html",
        "https://amp.dev/documentation/components/amp-form/",
    ),
)
TAGS = frozenset({"form", "button", "input", "isindex"})
AMP = "amp"  # mail services that show the AMP part of a mail

_NO_TARGET = ("#", "javas", "about", "data:")
_SUBMITS = frozenset({"submit", "image"})


def find(view: HtmlView) -> Iterator[Reference]:
    """Find where forms are sent; the label says how (`form action, POST`).

    A button's `formaction` outranks the form's action; without a form around it (which is not looked for) it
    does nothing, and `reset` and plain buttons send nothing; a type that is no
    type submits. `action-xhr` and `verify-xhr`, which is sent while
    the reader fills the form in, are AMP's: conditional. `javascript:` belongs to active.
    Source: WHATWG HTML, form submission; AMP, amp-form.
    """
    for node in view.tagged("form"):
        yield from _target(node, "action", (node.get("method") or "get").strip().upper())
        for name in ("action-xhr", "verify-xhr"):
            if url := node.get(name):
                yield node.reference(TECHNIQUE, url, name, trigger="click", conditional=True, fires_in=(AMP,))
    for node in view.tagged("button"):
        if node.get("type").strip().lower() not in ("button", "reset"):
            yield from _target(node, "formaction", node.get("formmethod").strip().upper())
    for node in view.tagged("input"):
        if node.get("type").strip().lower() in _SUBMITS:
            yield from _target(node, "formaction", node.get("formmethod").strip().upper())
    for node in view.tagged("isindex"):
        for name in ("action", "formaction"):
            if url := node.get(name):
                yield node.reference(
                    TECHNIQUE, url, name, trigger="click", conditional=True, fires_in=(MSHTML,)
                )


def _target(node: HtmlNode, name: str, method: str) -> Iterator[Reference]:
    url = node.get(name).strip()
    if url and not url[:5].lower().startswith(_NO_TARGET):
        reference = node.reference(TECHNIQUE, url, name, trigger="click")
        label = f"{reference.label}, {method}" if method in ("GET", "POST", "DIALOG") else reference.label
        yield msgspec.structs.replace(reference, label=label)
