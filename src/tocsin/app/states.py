"""Finds states and nationalities in names: an actor's name is no place to say who sponsors it."""

from __future__ import annotations

import re
from functools import cache

from tocsin.attribute.plain_text import folded

_LANGUAGES = ("en", "fr", "nl", "de")
_WORD = re.compile(r"[^\W\d_]+")
# Nationalities in the four languages, folded, with their endings; names of states come from Unicode's tables.
_NATIONALITY = re.compile(
    r"(?:chin(?:ese|ois|oises?|eese?|ezen|esen?|esisch\w*)|sino|russ(?:ian|ians|e|es|en|isch\w*)|rus|russische"
    r"|iran(?:ian|ians|iens?|iennes?|er|isch\w*|aans\w*)|persians?|(?:nord|sud|noord|zuid|sud)?(?:korean|koreans"
    r"|coreens?|coreennes?|koreanisch\w*|koreaans\w*|koreaner|koreanen)|dprk|prc|ussr|uae"
    r"|(?:wit)?belarus(?:ian|sian|ians|se|ses|isch\w*|sisch\w*)|bielorusses?|witruss\w*|turk(?:ish|s|isch\w*|se|en)?"
    r"|turcs?|turques?|tuerkisch\w*|indian|indians|indiens?|indiennes?|indisch\w*|indiase?|pakistan(?:i|is|ais\w*"
    r"|isch\w*|aans\w*)|vietnam(?:ese|iens?|iennes?|esisch\w*|ees|ezen)|israel(?:i|is|iens?|iennes?|isch\w*)"
    r"|american|americans|americains?|americaines?|amerikan\w*|amerikaans\w*|saudis?|saoudien\w*|saudisch\w*"
    r"|emirati\w*|syrian|syrians|syriens?|syriennes?|syrisch\w*|ukrainian|ukrainians|ukrainiens?|ukrainisch\w*"
    r"|oekraiens\w*|british|britanniques?|britisch\w*|brits\w*|french|francais\w*|franzosisch\w*|frans|franse"
    r"|german|germans|allemande?s?|deutsch\w*|duits\w*|polish|polonais\w*|polnisch\w*|pools|poolse|hungarian\w*"
    r"|hongrois\w*|ungarisch\w*|hongaars\w*|lebanese|libanais\w*|libanesisch\w*|libanees|libanese|palestinian\w*"
    r"|palestinien\w*|egyptian\w*|egyptien\w*|agyptisch\w*|kazakh\w*|uzbek\w*|belgian\w*|belges?|belgisch\w*"
    r"|japanese|japonais\w*|japanisch\w*|taiwanese|taiwanais\w*|cuban|cubans|venezuelan\w*|serbian\w*"
    r"|spanish|espagnole?s?|spanisch\w*|spaans\w*|italian|italians|italiens?|italiennes?|italienisch\w*|italiaans\w*)"
)


def state_in(name: str) -> str:
    """The state or nationality that a name contains, as it is written in it folded; "" where it has none."""
    words = _WORD.findall(folded(name))
    for word in words:
        if _NATIONALITY.fullmatch(word):
            return str(word)
    states = _states()
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + 6) + 1):
            if tuple(words[first:last]) in states:
                return " ".join(words[first:last])
    return ""


@cache
def _states() -> frozenset[tuple[str, ...]]:
    from babel import Locale

    names = (
        str(name)
        for language in _LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha()
    )
    return frozenset(tuple(_WORD.findall(folded(name))) for name in names) - {()}
