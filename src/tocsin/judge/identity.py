"""Whom a sender could be taken for, by the mail alone."""

from __future__ import annotations

from tocsin.judge.lookalike import imitated_site, imitates_name
from tocsin.model.observation import Observed


def imitated_here(mail: Observed) -> str:
    """What the sender's site looks like but is not, by the mail alone: its own name, or a site that it
    links to.
    """
    sender = mail.sender
    if not sender.site:
        return ""
    if imitates_name(sender.site, sender.name):
        return f"the name {sender.name}"
    return imitated_site(sender.site, mail.content.link_sites) if mail.content.link_sites else ""
