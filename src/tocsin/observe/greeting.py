"""How a mail greets its reader, and what of it differs between copies for different readers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.mail.addresses import Address
from tocsin.observe.language import FUNCTION_WORDS
from tocsin.observe.words import split_words, word_set

_GREETING = re.compile(
    r"\W{0,3}(?:dear|hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings|"
    r"bonjour|bonsoir|cher|chère|chers|chères|madame|monsieur|salut|"
    r"beste|geachte|hallo|dag|hoi|goedendag|goedemorgen|goedemiddag|goedenavond|lieve|"
    r"sehr geehrte[rs]?|liebe[rs]?|guten (?:tag|morgen|abend)|moin|werte[rs]?|"
    r"estimad[oa]s?|hola|gentile|ciao|caro|cara)\b[^\n,:;!.]{0,60}",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(?:dr|mr|mrs|ms|prof|m|mme|dhr|mevr)$", re.IGNORECASE)
_COMMON = FUNCTION_WORDS | word_set(  # name nobody
    "info contact press presse pers office admin mail email news redaktion redactie redaction team sales support "
    "hello service list all members undisclosed recipients user users customer kontakt post webmaster"
)
_LINES = 8  # lines that are not empty, in which greetings stand
_HEAD = 1_500  # characters
_DIGITS = b"0123456789"
_MOST = 20  # a mail to more people greets none of them by name


def name_words(people: Sequence[Address]) -> frozenset[bytes]:
    """Words that name one of the first twenty people, from display names and local parts."""
    named = [
        f"{person.name.partition('@')[0]} {person.address.partition('@')[0]}" for person in people[:_MOST]
    ]
    words = {word.strip(_DIGITS) for word in split_words(" ".join(named))}
    return frozenset([word for word in words if len(word) > 2 and word not in _COMMON])


def find_greeting(text: str, names: frozenset[bytes]) -> tuple[str, bool]:
    """The words of greeting at the start, and whether they name the reader.

    Looked for at the start of the first eight lines that are not empty. A line that consists of the reader's
    name alone is a greeting too. ("", False) where there is none.
    """
    lines = 0
    for line in text[:_HEAD].split("\n"):
        line = line.strip()
        if not line:
            continue
        found = _GREETING.match(line)
        if found is not None:
            greeting = found[0]
            if found.end() < len(line) and line[found.end()] == "." and _TITLED.search(greeting):
                greeting = line[: found.end()] + line[found.end() :].partition(",")[0][:60]
            return greeting, not names.isdisjoint(split_words(greeting))
        if names and len(line) <= 40 and line[-1] in ",!:":
            words = split_words(line)
            if words and names.issuperset(words):
                return line, True
        lines += 1
        if lines >= _LINES:
            break
    return "", False
