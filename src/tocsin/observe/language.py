"""The language of a text by its function words: six languages that people here write, and scripts beyond."""

from __future__ import annotations

from collections.abc import Set

from tocsin.observe.words import word_set

_FUNCTION_WORDS = {
    "en": "the and of to in is that for it with as was on are this be at by from have not you your we our they "
    "will can has their been would were there which if or an but about all more what when please thank hi dear",
    "fr": "le la les de des du et est en un une que qui dans pour sur avec pas vous nous votre vos nos notre par "
    "plus au aux ce cette ces sont être été mais ou il elle je leur bonjour merci cordialement madame monsieur",
    "nl": "de het een en van is dat te niet op met voor zijn aan er om ook als dan naar bij uit wordt maar nog wij "
    "u uw je jouw hebben heeft kan dit deze onze graag geen wat door over beste geachte vriendelijke groeten",
    "de": "der die das und ist in den von zu mit sich des auf für nicht ein eine einen dem als auch es an werden aus "
    "er hat dass sie nach wird bei einer um sind noch wie über wir ihr ihre ihnen unsere haben sehr grüße freundlichen",
    "es": "el la los las de del y en que un una por con para no se su sus al es lo como más pero este esta son ha "
    "usted nuestro nuestra muy también desde hola gracias estimado",
    "it": "il lo la gli le di del della dei che e un una per con non si in è sono da al alla nel nella come più ma "
    "questo questa anche suo sua nostro ciao grazie gentile essere",
    "pt": "o a os as de do da dos das e em que um uma para com não se por mais seu sua ao são você como mas foi "
    "este esta nosso obrigado olá também até",
}
# (first, last code point, language); Cyrillic is told apart by letters of its own.
_SCRIPTS = (
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7a3", "ko"),
    ("\u4e00", "\u9fff", "zh"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0590", "\u05ff", "he"),
    ("\u0370", "\u03ff", "el"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u0f00", "\u0fff", "bo"),
)
_LEAST = 3  # function words below which a text is of no known language
_SAMPLE = 400  # characters looked at for their script


_SETS = tuple((code, word_set(words)) for code, words in _FUNCTION_WORDS.items())

FUNCTION_WORDS = frozenset[bytes]().union(*(known for _, known in _SETS))

# Each function word as a one in the field of every language that has it, so that one sum counts for all of them.
_FIELD_BITS = 16
_COUNTED = {
    word: sum(1 << (_FIELD_BITS * place) for place, (_, known) in enumerate(_SETS) if word in known)
    for word in FUNCTION_WORDS
}
_PLACES = tuple((_FIELD_BITS * place, code) for place, (code, _) in enumerate(_SETS))


def detect_language(words: Set[bytes], text: str) -> str:
    """ISO 639-1 code of the language with the most function words, "" where too few or none leads.

    `words` are the distinct words of `text` (`observe.words`). Languages share some function words, so the leader
    must have at least three, and a seventh more than the next.
    """
    counts = sum(map(_COUNTED.__getitem__, FUNCTION_WORDS & words))
    scores = sorted([(counts >> shift & 0xFFFF, code) for shift, code in _PLACES], reverse=True)
    lead, best = scores[0]
    if lead >= _LEAST and lead * 7 >= scores[1][0] * 8:
        return best
    return "" if text.isascii() else _script(text[:_SAMPLE])


def _script(sample: str) -> str:
    counts: dict[str, int] = {}
    for character in sample:
        if character < "\u0370":
            continue
        if "\u0400" <= character <= "\u04ff":
            counts["ru"] = counts.get("ru", 0) + 1
            continue
        for first, last, language in _SCRIPTS:
            if first <= character <= last:
                counts[language] = counts.get(language, 0) + 1
                break
    if not counts:
        return ""
    if counts.get("ja", 0) > 2:
        return "ja"  # Japanese mixes kana with Chinese characters
    best = max(counts, key=counts.__getitem__)
    if counts[best] < 10:
        return ""
    return "uk" if best == "ru" and any(letter in sample for letter in "їєґі") else best
