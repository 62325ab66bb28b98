"""Copied news: a subject that reads like a headline, a body that reads like an article. Weak signs, both."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from tocsin.observe.words import word_set

_ADDRESSED = word_set(
    "you your yours i my me we our us please click hi hello dear thank thanks re fwd fw invitation invite reminder "
    "order invoice receipt newsletter webinar urgent free sale win offer deal save off meeting request question "
    "vous votre vos je mon nous notre nos merci bonjour facture commande rappel demande "
    "u uw je jouw jij ik mijn wij ons onze beste factuur bestelling uitnodiging herinnering vraag nieuwsbrief "
    "sie ihr ihre ihren ihrem du dein deine ich mein wir unser unsere bitte rechnung bestellung einladung anfrage"
)
_QUESTION_TAIL = ("?", "!")
_QUOTES = "“”‘’«»\"'„"
_MIN_WORDS, _MAX_WORDS = 6, 18
_YEARLESS = re.compile(r"[#\[\]{}|<>@]|\d{4,}|^\W|https?:|v\d")
_DATELINE = re.compile(
    r"^[\"“«]?[A-ZÀ-Þ][A-ZÀ-Þ .'\-]{3,30}(?:, [A-ZÀ-Þ][\w .'’-]{2,25})?"
    r"(?:,? (?:\d{1,2}\.? )?[A-Za-zÀ-ÿ]{3,9}\.?,?(?: \d{1,2})?(?:,? \d{4})?)?"
    r"(?: \([A-Za-zÀ-ÿ .]{2,25}\))? ?(?:—|–|--?|―|:) ",
    re.MULTILINE,
)
SECOND_PERSON = word_set("you your vous votre vos uw jouw ihre ihnen")
_LONG_PARAGRAPH = 180  # characters
LEAST_ARTICLE = 700  # characters below which nothing counts as an article


def is_headline(subject: str, words: Sequence[bytes], *, reply: bool) -> bool:
    """Whether a subject states something as headlines do.

    6 to 18 words (`words`, of `subject`), a statement rather than a call: nobody is addressed, no list mark,
    serial number or question. Either most words start with a capital (headline style of English papers), or it is
    a sentence with at least five words in lower case, or a quote or "Place: statement" colon.
    """
    if reply or not _MIN_WORDS <= len(words) <= _MAX_WORDS or len(subject) > 160:
        return False
    if subject.endswith(_QUESTION_TAIL) or _YEARLESS.search(subject) or not _ADDRESSED.isdisjoint(words):
        return False
    if subject.isupper() or (not subject[:1].isupper() and subject[:1] not in _QUOTES):
        return False
    tokens = subject.split()
    capitals = sum(token[:1].isupper() for token in tokens)
    lower = sum(token[:1].islower() for token in tokens)
    return capitals >= 0.6 * len(tokens) or lower >= 4


def find_dateline(text: str) -> str:
    """The dateline of a news report ("GENEVA, 12 January — "), "" if no line starts with one."""
    found = _DATELINE.search(text[:800])
    return found[0].strip() if found else ""


def is_article(
    text: str, words: list[bytes], distinct: Set[bytes], *, dateline: bool, reported: bool
) -> bool:
    """Whether a long text reads like a copied report: others' speech, long paragraphs, the reader not addressed.

    `words` are those of `text`, `distinct` those of them that stand in `PhraseBook.words`; `reported` tells that
    markers of reported speech were found. Two of dateline, reported speech and three long paragraphs must agree;
    more than one address to the reader in 80 words rules it out.
    """
    addressed = sum(map(words.count, SECOND_PERSON & distinct))
    if addressed * 80 > len(words):
        return False
    blocks = text.split("\n\n" if "\n\n" in text else "\n")  # HTML gives one line a block, plain text wraps
    paragraphs = sum(len(block) >= _LONG_PARAGRAPH for block in blocks)
    return (paragraphs >= 3) + dateline + reported >= 2
