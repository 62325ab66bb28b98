"""The text of a notice: plain, without link, picture or number to call, in the words of a catalogue.

What mails and claims say stands in quotation marks, cut short, with nothing in it that can be followed, dialled or that
steers a terminal: whoever wrote a mail must not be able to write the notice.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from tocsin.model.claim import Claim
from tocsin.model.exposure import MailExposure
from tocsin.model.fact import (
    Claimed,
    CouldShow,
    Fact,
    Happened,
    Judged,
    Matched,
    Others,
    SentMails,
    Signs,
)
from tocsin.model.notice import NoticeWish
from tocsin.model.wording import Wording

CODE_PLACE = "[____-____]"
WIDTH = 72
_LONGEST_NAME, _LONGEST_WORDS, _LONGEST_SUBJECT = 80, 300, 90
_MOST_ADDRESSES = 3
_MOST_CLAIMS = 6

_QUOTES = str.maketrans(dict.fromkeys('“”„«»‘’"', "'"))
_HOST = re.compile(r"(?<![\w@.-])((?:[\w-]{1,63}\.){1,10}[\w-]{2,63})")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_SCHEME = re.compile(r"(?i)\b(?:https?|ftp|mailto|tel|file|data|javascript):")
_MARKER = re.compile(r"(?<!\S)[-*•#>=]+(?!\S)")  # what could begin a line of a list once lines are wrapped
_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){5,}")
_COUNTED = ("others", "sent.person", "sent.delegate", "sent.owner")
_LOCALES = {"en": "en_GB"}
_MARKS = {"fr": ("« ", " »"), "de": ("„", "“"), "es": ("«", "»"), "nl": ("‘", "’")}
_FIRST, _SECOND = ("block-pictures", "leave-alone", "keep-original"), ("wait",)


def compose(wish: NoticeWish, wording: Wording) -> str:
    """The text of a notice, lines of at most WIDTH letters where words allow, ending with a line end.

    The code stands at CODE_PLACE where the wish has none. Raises KeyError where the catalogue lacks a text.
    """
    wording = _for_mails(wording, sum(fact.count for fact in wish.facts if isinstance(fact, SentMails)))
    parts: list[str] = []
    mark = [_say(wording, "exercise")] if wish.exercise else []
    parts += mark
    parts.append(
        f"{_name(wish.sender.name)}\n{_day(wording, wish.made_s)}\n{_say(wording, 'reference', id=wish.reference)}"
    )
    parts.append(_say(wording, f"greeting.{_audience(wish)}", name=_name(wish.name)))
    for title, texts in _sections(wish, wording):
        parts.append(f"{title}\n" + "\n\n".join(texts) if title else "\n\n".join(texts))
    parts.append(_say(wording, "closing", office=_name(wish.sender.name)))
    parts += mark
    return "\n\n".join(_wrapped(part) for part in parts) + "\n"


def with_code(text: str, code: str) -> str:
    """The text with its code in place. Raises ValueError where it has no place for one."""
    if CODE_PLACE not in text:
        raise ValueError("the text has no place for a code")
    return text.replace(CODE_PLACE, code)


def _for_mails(wording: Wording, count: int) -> Wording:
    """The words for one mail or for several; what counts something else keeps both forms."""
    place = 0 if count == 1 else 1
    texts = {
        key: (forms[min(place, len(forms) - 1)],) if key not in _COUNTED else forms
        for key, forms in wording.texts.items()
    }
    return Wording(wording.language, texts)


def _sections(wish: NoticeWish, wording: Wording) -> Iterator[tuple[str, list[str]]]:
    facts = wish.facts
    mails = [fact for fact in facts if isinstance(fact, SentMails)]
    happened = [fact for fact in facts if isinstance(fact, Happened)]
    if mails:
        yield _say(wording, "head.happened"), [_what_happened(wish, wording, mails)]
        meaning = list(_meaning(wish, wording))
        if meaning:
            yield _say(wording, "head.meaning"), meaning
        yield _say(wording, "head.sure"), list(_how_sure(wish, wording))
    elif happened:
        yield _say(wording, "head.happened"), [_say(wording, "affected.intro")]
    if happened:
        texts = [
            _say(wording, "incident", title=_cited(wording, one.title), day=_written_day(wording, one.day))
            for one in happened
        ]
        yield "", [*texts, _say(wording, "incident.nobody")]
    today, month = _advice(wish)
    yield _say(wording, "head.today"), [_listed(_say(wording, f"do.{key}") for key in today)]
    yield _say(wording, "head.month"), [_listed(_say(wording, f"do.{key}") for key in month)]
    yield _say(wording, "head.call"), [_say(wording, "call")]
    yield (
        _say(wording, "head.genuine"),
        [
            _say(wording, "genuine.find", office=_name(wish.sender.name)),
            _say(wording, "genuine.code", code=wish.code or CODE_PLACE),
            _say(wording, "genuine.never"),
        ],
    )


def _what_happened(wish: NoticeWish, wording: Wording, mails: Sequence[SentMails]) -> str:
    """Three sentences: what came and when, what is in it, and that nobody did anything wrong."""
    count = sum(one.count for one in mails)
    first = min((one.first_s for one in mails if one.first_s is not None), default=None)
    last = max((one.last_s for one in mails if one.last_s is not None), default=None)
    addresses = list(dict.fromkeys(address for one in mails for address in one.addresses))
    where = _join(wording, [_own(address) for address in addresses[:_MOST_ADDRESSES]])
    personas = list(
        dict.fromkeys(_cited(wording, name, _LONGEST_NAME) for one in mails for name in one.personas)
    )
    who = _audience(wish)
    one_day = first is None or last is None or _day(wording, first) == _day(wording, last)
    when = (
        _say(wording, "on-day", day=_day(wording, first))
        if one_day
        else _say(wording, "between-days", first=_day(wording, first), last=_day(wording, last))
    )
    sentences = [_count(wording, f"sent.{who}", count, when=when, where=where)]
    if personas:
        sentences.append(_say(wording, "pretended", names=_join(wording, personas[:2])))
    sentences.append(_say(wording, "hidden"))
    private = [address for one in mails for address in one.private]
    if private:
        sentences.append(_say(wording, "private", where=_join(wording, [_own(each) for each in private[:2]])))
    return " ".join(sentences)


def _meaning(wish: NoticeWish, wording: Wording) -> Iterator[str]:
    found = [fact.exposure for fact in wish.facts if isinstance(fact, CouldShow)]
    mails = [mail for one in found for mail in one.mails]
    if not mails:
        return
    yield " ".join(_steps(wording, mails))
    leaks = {leak.what: leak.answer for one in found for leak in one.leaks}
    could = [what for what, answer in leaks.items() if answer in ("yes", "likely", "not-known")]
    rather_not = [what for what, answer in leaks.items() if answer in ("unlikely", "no")]
    if could:
        yield _say(wording, "could-show") + "\n" + _listed(_say(wording, f"shown.{what}") for what in could)
    if rather_not:
        texts = [_say(wording, f"shown.{what}") for what in rather_not]
        yield _say(wording, "rather-not", what=_join(wording, texts))
    yield _say(wording, "not-more")


def _steps(wording: Wording, mails: Sequence[MailExposure]) -> Iterator[str]:
    """Whether the mails were displayed, and whether anything was asked for: the strongest answer of all mails."""
    for step in ("displayed", "could-have-fired", "fetched"):
        answers = [one.answer for mail in mails for one in mail.steps if one.step == step]
        best = next(
            (each for each in ("yes", "likely", "not-known", "unlikely", "no") if each in answers),
            "not-known",
        )
        if step == "could-have-fired" and best in ("yes", "not-known"):
            continue  # the list of what could have been shown says so
        yield _say(wording, f"{step}.{best}")


def _how_sure(wish: NoticeWish, wording: Wording) -> Iterator[str]:
    facts = wish.facts
    sure = [_say(wording, f"signs.{fact.strength}") for fact in facts if isinstance(fact, Signs)]
    for fact in facts:
        if isinstance(fact, Others):
            sure.append(_count(wording, "others", fact.people))
        elif isinstance(fact, Matched):
            source = _cited(wording, fact.mark.source, _LONGEST_NAME)
            sure.append(_say(wording, "matched", source=source, day=_day(wording, fact.at_s)))
    if sure:
        yield " ".join(dict.fromkeys(sure))
    yield from _claims(wording, [fact for fact in facts if isinstance(fact, Claimed)])
    judged = [fact for fact in facts if isinstance(fact, Judged)]
    if judged:
        one = judged[0]
        # Likeness is no word on who it was, however strong it is.
        key = "judged.resembles" if one.level == "resembles" else f"judged.{one.strength}"
        yield _say(wording, key, name=_cited(wording, one.title, _LONGEST_NAME))
    elif not wish.left_out:  # else somebody may be known who cannot be named
        yield _say(wording, "nobody-known")
    if wish.left_out:
        yield _say(wording, "left-out")


def _claims(wording: Wording, claimed: Sequence[Claimed]) -> Iterator[str]:
    if claimed:
        yield _say(wording, "claims.intro")
    said: set[str] = set()
    for fact in claimed[:_MOST_CLAIMS]:
        lines = [_claim(wording, "claim", fact.claim)]
        for answer in fact.answers:
            if answer.id not in said:
                said.add(answer.id)
                lines.append(_claim(wording, f"claim.{answer.kind}", answer))
        yield _listed(lines)


def _claim(wording: Wording, key: str, one: Claim) -> str:
    """Who said it, when, and in which words: those of the notice's language where a translation is at hand."""
    if key not in wording.texts:
        key = "claim.answer"
    translated = bool(one.translation) and one.language != wording.language
    words = one.translation if translated else one.words
    return _say(
        wording,
        key,
        by=quoted(one.by, _LONGEST_NAME, marks=False),
        day=_written_day(wording, one.said),
        words=quoted(words, _LONGEST_WORDS, marks=False),
    )


def _advice(wish: NoticeWish) -> tuple[list[str], list[str]]:
    """Keys of what to do today, and this month: fixed ones first, then what the exposure asks for."""
    advice = dict.fromkeys(
        key for fact in wish.facts if isinstance(fact, CouldShow) for key in fact.exposure.advice
    )
    month = ["home-router", "updates", "private-mailbox", "family"]
    if not any(isinstance(fact, SentMails) for fact in wish.facts):
        return ["watch-mail", *_SECOND], ["updates"]
    today = [*_FIRST, *(key for key in ("passwords", "tell-staff") if key in advice), *_SECOND]
    return today, month


def quoted(text: str, limit: int = _LONGEST_SUBJECT, *, marks: bool = True) -> str:
    """What somebody else wrote, on one line, cut to `limit` letters, with nothing in it to follow or to dial."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    plain = _SCHEME.sub(lambda found: found[0].replace(":", "[:]"), plain)
    plain = _ADDRESS.sub(lambda found: found[0].replace("@", "[at]"), plain)
    plain = _HOST.sub(lambda found: found[0].replace(".", "[.]"), plain)
    plain = _NUMBER.sub("…", plain).translate(_QUOTES).replace("//", "/ /")
    plain = _MARKER.sub("–", plain.replace("[____", "[ ____"))
    if len(plain) > limit:
        plain = plain[: limit - 1].rstrip() + "…"
    return f"“{plain}”" if marks else plain


def _cited(wording: Wording, text: str, limit: int = _LONGEST_SUBJECT) -> str:
    """The same in the quotation marks of the language."""
    first, last = _MARKS.get(wording.language, ("“", "”"))
    return f"{first}{quoted(text, limit, marks=False)}{last}"


def _own(address: str) -> str:
    """The reader's own address, by which they know which mailbox is meant."""
    return "".join(letter for letter in address if letter.isprintable() and not letter.isspace())[:254]


def _name(text: str) -> str:
    return quoted(text, _LONGEST_NAME, marks=False)


def _audience(wish: NoticeWish) -> str:
    return wish.audience if wish.audience in ("person", "delegate", "affected", "owner") else "person"


def _say(wording: Wording, key: str, **values: str) -> str:
    return wording.texts[key][0].format(**values)


def _count(wording: Wording, key: str, number: int, **values: str) -> str:
    forms = wording.texts[key]
    singular = number == 1 or (number == 0 and wording.language == "fr")
    form = forms[0] if singular or len(forms) == 1 else forms[1]
    return form.format(n=str(number), **values)


def _join(wording: Wording, items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return _say(wording, "and", first=", ".join(items[:-1]), last=items[-1])


def _listed(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _day(wording: Wording, time_s: float | None) -> str:
    from babel.dates import format_date

    if time_s is None:
        return _say(wording, "no-date")
    locale = _LOCALES.get(wording.language, wording.language)
    try:
        return str(format_date(datetime.fromtimestamp(time_s, UTC).date(), "long", locale=locale))
    except (ValueError, OverflowError, OSError):
        return _say(wording, "no-date")


def _written_day(wording: Wording, said: str) -> str:
    """A day as the language writes it; months and years as they are given."""
    try:
        return _day(wording, datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return quoted(said, 20, marks=False) if said else _say(wording, "no-date")


def _wrapped(part: str) -> str:
    lines = []
    for line in part.split("\n"):
        indent = "  " if line.startswith("- ") else ""
        lines.append(
            textwrap.fill(
                line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
        )
    return "\n".join(lines)


__all__ = ["CODE_PLACE", "WIDTH", "Fact", "compose", "quoted", "with_code"]
