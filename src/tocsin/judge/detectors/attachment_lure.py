"""A stranger attached something that runs or opens a page.

Fires: an attachment of a stranger is a program, script, disc image, shortcut or locked archive
("program"), or a web page ("page").
Silent: documents and pictures; senders the owner writes to.
Doubt: colleagues send archives.
Source: lists of blocked attachment types of mail providers; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_PROGRAMS = (
    ".exe", ".scr", ".pif", ".com", ".bat", ".cmd", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".hta",
    ".lnk", ".iso", ".img", ".vhd", ".one", ".jar", ".ps1", ".msi", ".cpl", ".chm", ".docm", ".xlsm",
    ".xll", ".pptm", ".ace", ".url", ".library-ms",
)  # fmt: skip
_PAGES = (".html", ".htm", ".shtml", ".xhtml", ".mht", ".svg")


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not mail.content.attachments or context.wrote_to_address or context.answers_owner:
        return None
    for name in mail.content.attachment_names:
        lowered = name.lower().rstrip(". ")
        if lowered.endswith(_PROGRAMS):
            return Finding("It brings an attachment that can run as a program.", name, "program")
        if lowered.endswith(_PAGES):
            return Finding("It brings a web page as an attachment.", name, "page")
    return None
