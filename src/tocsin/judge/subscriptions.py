"""Traces that a reader asked for a mailing: the own mail that joined, a welcome, the same list before."""

from __future__ import annotations

import re

from tocsin.model.observation import Observed

_READ = 400  # characters of a subject and an excerpt that can hold such words
_MAILING = re.compile(
    r"\b(?:subscri|sign(?:ed|ing)?[ -]?up|newsletter|mailing ?list|inscri|abonn|infolettre|inschrijv|nieuwsbrief|"
    r"aanmeld|anmeld|rundbrief)",
    re.IGNORECASE,
)
_WELCOME = re.compile(
    r"\b(?:confirm|welcome|bienvenue|bevestig|welkom|best(?:ä|ae)tig|willkommen|verify your)", re.IGNORECASE
)
_JOINS = re.compile(
    r"^(?:subscribe|join|abonne|aanmelden|anmelden|inscri)\b|[-+.](?:subscribe|join|request)$"
)


def welcomes(mail: Observed) -> bool:
    """Whether a mail confirms a subscription or asks to confirm it, in English, French, Dutch or German."""
    subject = mail.subject[:_READ]
    if _WELCOME.search(subject) is None:
        return False
    return _MAILING.search(subject) is not None or _MAILING.search(mail.content.excerpt[:_READ]) is not None


def joins(mail: Observed) -> tuple[str, ...]:
    """The domains at which a mail of the owner asks to be put on a mailing (RFC 2369: subscribe by mail)."""
    found = []
    asks = _JOINS.search(mail.subject[:_READ].strip().lower()) is not None
    for address in mail.to[:20]:
        local, _, domain = address.rpartition("@")
        if domain and (asks or _JOINS.search(local[-100:]) is not None):
            found.append(domain)
    return tuple(found)
