"""The call is hidden with more effort than marketing takes.

Fires: style rules written in escapes or functions that few filters read, or calls by SVG, frame documents
inside attributes, fonts, imported style sheets, media probes or network shares ("evasion"); or the same
host is called by three or more different techniques, so that one of them works in every client
("redundant").
Silent: plain pictures, backgrounds and candidates, which everyday newsletters use; fonts, style sheets, dark
mode and pictures drawn for Outlook in list mail or from hosting that anybody can rent; the sender's own host or a
known service.
Doubt: newsletters load fonts and style sheets from their own or known hosts; those do not count.
Source: "Cascading Spy Sheets", NDSS 2025; HTTPLeaks; advisories of Thunderbird and Roundcube.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import LOOKS
from tocsin.model.observation import Observed

_EVASIVE = frozenset({"css-evasion", "svg", "frame", "refresh"})
# Newsletters load these from anywhere, for their looks: fonts, dark mode, backgrounds that Outlook draws.
_LOOKS = LOOKS | {"foreign-markup"}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    strangers = context.traits.strangers
    if not strangers:
        return None
    by_host: dict[str, set[str]] = {}
    for beacon in strangers:
        if beacon.trigger in ("open", "receipt", "print"):
            by_host.setdefault(beacon.host, set()).add(beacon.technique)
    if any(len(techniques) >= 3 for techniques in by_host.values()):
        text = (
            "It calls the same host in three or more different ways, so that one works in every mail program."
        )
        return Finding(text, strangers[0].part, "redundant")
    usual = context.traits.listed or mail.content.unsubscribe or context.traits.shared_hosting
    evasive = _EVASIVE if usual else _EVASIVE | _LOOKS
    for beacon in strangers:
        if beacon.technique in evasive and beacon.trigger == "open":
            text = "The call is written in a way that filters often overlook and marketing seldom uses."
            return Finding(text, beacon.part, "evasion")
    return None
