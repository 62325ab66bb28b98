"""Requests by styles that tell what the reader's device, program or hand does, by being made or not."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.css import probing_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-fingerprint"

ABOUT = Technique(
    TECHNIQUE,
    "Style that probes the reader's device",
    "open",
    VISIT,
    "`@media` (dark mode, density, pointer, print, exact device size), `@supports`, `@container`, `@page`, states such "
    "as `:hover` and `:checked`, pseudo-classes of one engine, `value` selectors, wrappers of one mail program, "
    "`local()` fonts, many steps of width",
    "The mail asks for a file only if something is so on the reader's side: dark mode is on, the screen has a "
    "certain density, a program or a font is installed, the mail is printed or the pointer moves over a place. "
    "Which files are asked for, and which are not, describes the device, and can tell one reader's copies apart "
    "even behind a shared network address.",
    BLOCK_REMOTE + " Do not print the mail while remote content is allowed.",
    "Programs that draw mail with a browser engine and keep style sheets: Apple Mail, Thunderbird, several web "
    "mailers. Some of them fetch pictures through a server of their own, which hides the address but not the answer.",
    (
        '"Cascading Spy Sheets", NDSS 2025',
        "Media Queries 5, https://www.w3.org/TR/mediaqueries-5/",
    ),
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find requests under a condition that asks about the reader; what is asked stands in the label.

    Asking is: a media feature other than width, height, orientation and their device forms with `min-` or
    `max-`; print; `@supports`, `@container`, `@-moz-document`, `@page`, an import with `supports()`; a state that
    the reader brings about; a pseudo-class with the prefix of one engine; a selector on a typed `value`; a
    wrapper that one mail program puts around bodies; a font that is looked for on the computer under a name
    unlike its own family's.

    Not asking is what every responsive newsletter does: another picture for a narrow screen, `:link`,
    selectors on classes and fixed attributes. But one host that offers pictures of their own for six or more
    different media queries measures the window, and is told. Conditional in any case; print waits for
    printing.
    """
    return probing_references(view, TECHNIQUE)
