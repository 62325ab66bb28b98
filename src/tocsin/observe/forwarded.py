"""Mails pasted into mails: an inline forward loses the original's headers, so its sender cannot be judged."""

from __future__ import annotations

import re
from collections.abc import Set

from tocsin.observe.words import word_set

# A word of each mark, so that most mails are done after one look at their words.
_FORWARD_WORDS = word_set(
    "forwarded transféré réexpédié doorgestuurd weitergeleitete weitergeleiteten reenviado inoltrato"
)
_FORWARD_MARKS = (  # what mail programs put above a mail that they forward inline, lower-case
    "-- forwarded ",
    "forwarded message --",
    "begin forwarded message",
    "message transféré --",
    "début du message transféré",
    "début du message réexpédié",
    "message réexpédié --",
    "doorgestuurd bericht --",
    "begin doorgestuurd bericht",
    "weitergeleitete nachricht --",
    "anfang der weitergeleiteten",
    "mensaje reenviado --",
    "messaggio inoltrato --",
)
_ORIGINAL_WORDS = word_set("original origine oorspronkelijk ursprüngliche originale")
_ORIGINAL_MARKS = (  # Outlook puts these above replies as well as above forwards
    "original message--",
    "original message --",
    "message d'origine--",
    "message d’origine--",
    "message original--",
    "oorspronkelijk bericht--",
    "ursprüngliche nachricht--",
    "mensaje original--",
    "messaggio originale--",
)
_BLOCK_WORDS = word_set("sent date gesendet datum verzonden envoyé enviado inviato")
MARK_WORDS = _FORWARD_WORDS | _ORIGINAL_WORDS | _BLOCK_WORDS
_HEADER_BLOCK = re.compile(
    r"^[> \t*]{0,20}(?:from|von|van|de|da)[ \xa0]?:\*?[^\n]{3,200}\n(?:[^\n]{0,300}\n){0,3}?"
    r"[> \t*]{0,20}(?:sent|date|gesendet|datum|verzonden|envoyé(?: le)?|enviado(?: el)?|inviato)[ \xa0]?:",
    re.IGNORECASE | re.MULTILINE,
)
_TOP = 1_500  # characters in which a header block means that the mail itself is a forward
_TAG = r"\s*+(?:\[[^\]]{1,40}\]\s*+)?"
_FORWARD_SUBJECT = re.compile(_TAG + r"(?:fwd?|tr|wg|doorst|rv|enc)\s?:", re.IGNORECASE)
_REPLY_SUBJECT = re.compile(
    _TAG + r"(?:re|aw|antw|antwort|rép|sv|ref)\s?(?:\[\d{1,3}\]|\^\d)?\s?:", re.IGNORECASE
)


def is_forward_subject(subject: str) -> bool:
    """Whether a subject starts with a forward mark of some mail program ("Fwd:", "WG:", "Tr:", "Doorst:")."""
    return _FORWARD_SUBJECT.match(subject) is not None


def is_reply_subject(subject: str) -> bool:
    """Whether a subject starts with a reply mark ("Re:", "AW:", "Antw:", "SV:")."""
    return _REPLY_SUBJECT.match(subject) is not None


def is_forwarded_inline(subject: str, text: str, words: Set[bytes]) -> bool:
    """Whether the body holds another mail, headers and all, as text.

    `words` are the distinct words of `text` (`observe.words`). A mark that programs use only for forwarding
    counts anywhere; one that also stands above replies counts where the subject does not say reply; a bare
    "From: … Sent: …" block counts near the top, or under a subject that says forward.
    """
    if not _FORWARD_WORDS.isdisjoint(words):
        lower = text.lower()
        if any(mark in lower for mark in _FORWARD_MARKS):
            return True
    if is_reply_subject(subject):
        return False
    if not _ORIGINAL_WORDS.isdisjoint(words):
        lower = text.lower()
        if any(mark in lower for mark in _ORIGINAL_MARKS):
            return True
    if _BLOCK_WORDS.isdisjoint(words):
        return False
    return _HEADER_BLOCK.search(text if is_forward_subject(subject) else text[:_TOP]) is not None
