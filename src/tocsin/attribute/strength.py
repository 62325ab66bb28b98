"""Holds a text against what was signed: a sentence that says more is a fault, whoever wrote it.

A signed judgement bounds how likely, how confident and whom a text may name. Without one a text names nobody and says
nothing of likelihood. No text is ever certain, names a state as author, or puts likelihood and confidence in one
sentence. Exact quotes of recorded claims are the words of others and free, where their speaker is named beside them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import msgspec

from tocsin.attribute import strength_words as words
from tocsin.attribute.plain_text import Sentence, folded, sentences, strange_word
from tocsin.model.claim import Claim

_Add = Callable[[str, str, str], None]
_BEFORE = 5  # words before a strong one in which a negation turns it
_EVEN = 54  # percent up to which likelihood may be spoken of without a judgement
_RANKS = ("low", "moderate", "high")
_CLAUSE = re.compile(r"[,;:()–—]|\b(?:but|yet|aber|sondern|doch|maar|mais|however)\b")
_TOKEN = re.compile(r"[\w']+")
_PERCENT = re.compile(r"(\d{1,3})(?:[.,]\d+)? ?(?:%|percent|per cent|prozent|pour cent|procent)")
_OUT_OF = re.compile(
    r"\b(?:\w+) (?:out of|in|von|sur|op de|van de) (?:\d{1,3}|three|four|five|six|ten|twenty|"
    r"drei|vier|f(?:u|ue)nf|zehn|trois|quatre|cinq|dix|drie|vijf|tien|hundred|hundert|cent|honderd)\b"
)
_CHANCE = re.compile(
    r"\b(?:chance|likelihood|odds|probab\w+|vraisembl\w+|wahrscheinlich\w*|waarschijnlijk\w*|kans)\b"
)
_QUOTED = re.compile(r"“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|\"([^\"]*)\"|‹([^‹›]*)›|‚([^‚‘’]*)[‘’]|‘([^‘]*)’")
_NEAR = 240  # characters around a quote within which its speaker is named, and in a clause
_SHORT = 4  # letters of a part of a name that could be initials
_GAP = "□"  # stands for a quote


class Ceiling(msgspec.Struct, frozen=True):
    """What the standing judgement allows: `names` of whom it names, likelihood in percent, confidence and level."""

    names: tuple[str, ...]
    low: int
    high: int
    confidence: str
    level: str


class Bounds(msgspec.Struct, frozen=True):
    """What a text is held against.

    `signed` is None without a standing judgement. `actors` are names that may not be said unless signed, `states` names
    of countries beside those of the glossary, `claims` may be quoted. `desk` is for the analyst's own eyes: actors
    may then be named where nobody is said to have done it.
    """

    signed: Ceiling | None = None
    actors: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    desk: bool = False


class Fault(msgspec.Struct, frozen=True):
    """A sentence that says more than it may: the `word` in it, `why`, and what would be `allowed`."""

    sentence: str
    word: str
    why: str
    allowed: str


class _Book(msgspec.Struct, frozen=True):
    """Bounds made ready: patterns of names."""

    bounds: Bounds
    signed: re.Pattern[str] | None
    actors: re.Pattern[str] | None
    plain: re.Pattern[str] | None  # actors named by a common word, which count where written with a capital
    states: re.Pattern[str]


def faults(text: str, bounds: Bounds) -> tuple[Fault, ...]:
    """What in a text is stronger than its bounds, sentence by sentence; () where nothing is."""
    return tuple(each for found in faults_of((text,), bounds) for each in found)


def faults_of(texts: Sequence[str], bounds: Bounds) -> Iterator[tuple[Fault, ...]]:
    """Like `faults`, for each of many texts."""
    book = _book(bounds)
    for text in texts:
        found: list[Fault] = []
        for sentence in sentences(without_quotes(text, bounds.claims)):
            found += _faults(sentence, book)
        yield tuple(found)


def without_quotes(text: str, claims: Sequence[Claim]) -> str:
    """The text with a gap for each quote that is word for word a claim's, its speaker named near by."""
    known: dict[str, list[str]] = {}
    for one in claims:
        if one.withdrawn_s is None:
            for words_ in (one.words, one.translation):
                if words_.strip():
                    known.setdefault(" ".join(words_.split()), []).append(folded(" ".join(one.by.split())))

    def free(found: re.Match[str]) -> str:
        speakers = known.get(" ".join(next(part for part in found.groups() if part is not None).split()))
        if not speakers:
            return found[0]
        around = text[max(0, found.start() - _NEAR) : found.start()] + text[found.end() : found.end() + _NEAR]
        beside = folded(" ".join(around.split()))
        return _GAP if any(by and by in beside for by in speakers) else found[0]

    return _QUOTED.sub(free, text)


def _faults(sentence: Sentence, book: _Book) -> list[Fault]:
    found: dict[tuple[str, str], Fault] = {}

    def add(word: str, why: str, allowed: str) -> None:
        found.setdefault((folded(word), why), Fault(sentence.written, word, why, allowed))

    masked = sentence.written.replace(_GAP, " ")
    strange = strange_word(masked)
    if strange:
        add(
            strange,
            "is in letters that cannot be checked",
            "plain letters; quote other scripts as a recorded claim",
        )
    for text in dict.fromkeys((sentence.folded, sentence.joined)):
        _words(text, book, add)
        _names(text, sentence, book, add)
    return list(found.values())


def _words(text: str, book: _Book, add: _Add) -> None:
    signed = book.bounds.signed
    rest = text
    likely: list[str] = []
    for low, high, pattern in words.BANDS:
        for match in pattern.finditer(rest):
            likely.append(match[0])
            _band(match, rest, low, high, book, add)
        rest = pattern.sub(lambda found: " " * len(found[0]), rest)
    for match in words.FORBIDDEN.finditer(rest):
        add(
            match[0],
            "is a word this house does not use",
            "plain words on what was sent, and what it could show",
        )
    for match in words.CERTAIN.finditer(rest):
        if not _negated(rest, match.start()):
            add(match[0], "says that something is certain", _may(signed))
    for match in words.DOUBT.finditer(rest):
        if _negated(rest, match.start()):
            add(match[0], "says that something is certain, by denying doubt", _may(signed))
    about = bool(
        _CHANCE.search(text) or words.AUTHOR.search(text) or (book.actors and book.actors.search(text))
    )
    for match in _PERCENT.finditer(text):
        if about or likely:
            likely.append(match[0])
            if int(match[1]) > (signed.high if signed is not None else 0):
                add(match[0], "is a likelihood above what was signed", _may(signed))
    odds = _OUT_OF.search(text)
    if odds and words.AUTHOR.search(text):
        add(odds[0], "is a likelihood in other words", _may(signed))
    _confidence(text, bool(likely), signed, add)
    for match in words.STATE_AGENT.finditer(text):
        add(
            match[0],
            "names a state or nationality as author",
            "no state: what others say is quoted as a claim",
        )
    for match in book.states.finditer(text):
        add(match[0], "names a state as author", "no state: what others say is quoted as a claim")


def _band(match: re.Match[str], text: str, low: int, high: int, book: _Book, add: _Add) -> None:
    signed = book.bounds.signed
    if _negated(text, match.start()):
        low, high = (
            min(low, 100 - high),
            max(100 - low, high),
        )  # not likely is unlikely, not unlikely is likely
    if signed is None:
        if high > _EVEN or low < 99 - _EVEN:
            add(match[0], "says how likely, and nobody has signed a judgement", _may(None))
        return
    first, last = _row(signed)
    top, bottom = last, min(first, 99 - last)
    if not (book.signed and book.signed.search(text)):
        top = max(top, 99 - first)
    if high > top or low < bottom:
        add(match[0], "is stronger than the likelihood that was signed", _may(signed))


def _row(signed: Ceiling) -> tuple[int, int]:
    """The row of ICD-203 that a signed likelihood lies in, in percent."""
    rows = [(low, high) for low, high, _ in words.BANDS]
    return min(rows, key=lambda row: abs(row[0] + row[1] - signed.low - signed.high))


def _confidence(text: str, likely: bool, signed: Ceiling | None, add: _Add) -> None:
    match = words.CONFIDENCE.search(text)
    if match is None:
        return
    if likely:
        add(match[0], "puts confidence into a sentence with likelihood", "two sentences, one for each")
    if signed is None:
        add(match[0], "tells a confidence, and nobody has signed a judgement", _may(None))
        return
    sure = words.CONFIDENT.search(text)
    said = ["high"] if sure else []
    said += [name for name, pattern in words.CONFIDENCE_LEVELS if pattern.search(text)]
    if any(_RANKS.index(name) > _RANKS.index(signed.confidence) for name in said):
        add(
            (sure or match)[0],
            "is more confidence than was signed",
            f"a confidence that is {signed.confidence}",
        )


def _names(text: str, sentence: Sentence, book: _Book, add: _Add) -> None:
    signed = book.bounds.signed
    own = book.signed.search(text) if book.signed else None
    rest = book.signed.sub(" ", text) if book.signed else text
    others = [match[0] for match in book.actors.finditer(rest)] if book.actors else []
    if book.plain:
        meant = bool(words.AUTHOR.search(rest) or words.DEED.search(rest))
        others += [
            match[0] for match in book.plain.finditer(rest) if meant or _capital(sentence.written, match[0])
        ]
    author = words.AUTHOR.search(text)
    asserted = _asserted(text)
    hedged = any(pattern.search(text) for pattern in (words.WEAK, *(one for _, _, one in words.BANDS)))
    alike = bool(words.ALIKE.search(text)) and not words.DEED.search(text)
    did = (
        bool(re.search(rf"(?:{'|'.join(map(re.escape, others))}) (?:\w+ )?{words.DID}\b", text))
        if others
        else False
    )
    for name in others:
        if not book.bounds.desk:
            add(name, "names an actor that no standing judgement names", _may(signed))
        elif (asserted is not None and not hedged) or did:
            add(name, "says that an actor did it, and nobody has signed that", _may(signed))
    if own is not None and signed is not None:
        if signed.level != "actor" and (author is not None or hedged) and not alike:
            add(own[0], f"is signed at the level “{signed.level}”", "that the mails are consistent with it")
        elif not hedged and not alike and not _negated(text, own.start()):
            add(own[0], "is named without saying how likely", _may(signed))
    elif asserted is not None and not others and not (hedged and signed and not signed.names):
        add(asserted[0], "says who did it", _may(signed))


def _asserted(text: str) -> re.Match[str] | None:
    """Where a text says who did it: neither denied, nor in the clause of a "we do not know who"."""
    nobody = list(words.NOBODY.finditer(text))
    starts = [one.start() for one in nobody]
    for match in words.AUTHOR.finditer(text):
        after = bisect_right(starts, match.start())
        gaps = [text[one.end() : match.start()] for one in nobody[max(0, after - 1) : after]]
        gaps += [text[match.end() : one.start()] for one in nobody[after : after + 1]]
        if not _negated(text, match.start()) and not any(
            len(gap) < _NEAR and _CLAUSE.search(gap) is None for gap in gaps
        ):
            return match
    return None


def _capital(written: str, name: str) -> bool:
    return any(
        folded(word).startswith(name.split()[0]) and word[:1].isupper()
        for word in re.findall(r"\w+", written)
    )


def _negated(text: str, start: int) -> bool:
    """Whether an odd number of negations stands before a place, in its clause and near it."""
    before = _CLAUSE.split(text[max(0, start - 120) : start])[-1]
    tokens = _TOKEN.findall(before)
    if tokens and tokens[-1] in words.MORE:
        return False
    near = tokens[-_BEFORE:]
    count = 0
    for place, token in enumerate(near):
        if token in words.NEGATORS or token.endswith("n't"):
            after = near[place + 1] if place + 1 < len(near) else ""
            ahead = near[place - 1] if place else ""
            if after not in words.ONLY and ahead not in words.IF:
                count += 1
    return count % 2 == 1


def _may(signed: Ceiling | None) -> str:
    if signed is None:
        return "“we do not know who”; nothing is signed"
    return (
        f"what was signed: {signed.low} to {signed.high} %, confidence {signed.confidence}, level “{signed.level}”, "
        f"for {signed.names[0] if signed.names else 'nobody'}"
    )


def _book(bounds: Bounds) -> _Book:
    own = bounds.signed.names if bounds.signed is not None else ()
    mine = {folded(name) for name in own}
    names = [name for name in bounds.actors if folded(name) not in mine]
    common = [name for name in names if name.isalpha() and name.isascii()]
    rest = [name for name in names if name not in set(common)]
    return _Book(
        bounds, _pattern(own), _pattern(rest), _pattern(common), _states((*words.METONYMS, *bounds.states))
    )


def _pattern(names: Sequence[str]) -> re.Pattern[str] | None:
    """Any of the names, however their parts are joined; "APT31" is also "APT-31"."""
    made = set()
    for name in names:
        parts = re.findall(r"[^\W\d_]+|\d+", folded(name))
        if sum(map(len, parts)) >= 3:
            made.add(r"[\W_]*".join(map(_apart, parts)))
    if not made:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(made, key=lambda one: (-len(one), one)))})(?!\w)")


def _apart(part: str) -> str:
    """A part of a name; short ones are found with dots or blanks between their letters as well."""
    return r"[ ._-]?".join(map(re.escape, part)) if len(part) <= _SHORT else re.escape(part)


def _states(names: Sequence[str]) -> re.Pattern[str]:
    one = "|".join(
        sorted({re.escape(folded(name)) for name in names if name}, key=lambda each: (-len(each), each))
    )
    helper = r"(?:has|have|had|is|was|also|itself|again|probably|likely|hat|haben|ist|war|a|ont|est|aussi|heeft|is|ook)"
    where = r"(?:the |la |le |l'|les |der |die |das |de |het )?"
    doing = rf"(?:{words.DID}|behind|derriere|steckt|steht|zit|achter)"
    by = (
        "by|behind|from inside|work of|blames?|blamed|accuses?|attributed to|on behalf of|in the service of|"
        "responsibility of|par|derriere|oeuvre de|attribue a|von|durch|hinter|werk|door|achter"
    )
    return re.compile(
        rf"(?<!\w)(?:{one})(?:'s)? (?:{helper} ){{0,2}}{doing}(?!\w)"
        rf"|(?<!\w)(?:{by}) {where}(?:{one})(?!\w)"
        rf"|(?<!\w)(?:{one})(?:'s|s)? {words.AGENT}(?!\w)"
        rf"|(?<!\w)(?:c'est|ce sont) {where}(?:{one}) qui(?!\w)"
        rf"|(?<!\w)(?:came|comes?|coming|originat\w+|stem\w*|viens?t|viennent|provien\w+|issue?s?|stamm\w+|komm\w+|"
        rf"kom(?:t|en)|kwam\w*|afkomstig) (?:\w+ )?(?:from|de|du|d'|aus|von|uit|van) {where}(?:{one})(?!\w)"
    )
