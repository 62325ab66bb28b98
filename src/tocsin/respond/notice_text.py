"""The text of a notice: plain, without link, picture or number to call, in the words of a catalogue.

What mails and claims say stands in quotation marks, cut short, with nothing in it that can be followed, dialled or that
steers a terminal: whoever wrote a mail must not be able to write the notice. By telephone the text is a script that the
caller reads out: it begins with who calls, and the code comes before hanging up.
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
    Happened,
    Judged,
    Matched,
    Others,
    SentMails,
    Signs,
)
from tocsin.model.notice import NoticeWish
from tocsin.model.wording import Wording
from tocsin.respond.quoting import quoted

CODE_PLACE = "[____-____]"
WIDTH = 72
_LONGEST_NAME, _LONGEST_WORDS, _LONGEST_SUBJECT, _LONGEST_ADDRESS = 80, 300, 90, 254
_MOST_ADDRESSES, _MOST_PERSONAS, _MOST_SUBJECTS, _MOST_CLAIMS = 3, 2, 2, 6

_COUNTED = ("others", "sent.person", "sent.delegate", "sent.owner")
_LOCALES = {"en": "en_GB"}
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_MARKS = {"fr": ("« ", " »"), "de": ("„", "“"), "es": ("«", "»"), "nl": ("‘", "’")}
_SPOKEN = "telephone"
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
    parts += _opening(wish, wording)
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


def _opening(wish: NoticeWish, wording: Wording) -> list[str]:
    name, office = _name(wish.name), _name(wish.sender.name)
    if wish.channel == _SPOKEN:
        return [
            _say(wording, "spoken.caller", name=name),
            _say(wording, "spoken.greeting", name=name, office=office),
        ]
    return [_say(wording, f"greeting.{_audience(wish)}", name=name)]


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
        yield _say(wording, "head.happened"), list(_what_happened(wish, wording, mails))
        meaning = [*_private(wording, mails), *_meaning(wish, wording)]
        if meaning:
            yield _say(wording, "head.meaning"), meaning
        yield _say(wording, "head.sure"), list(_how_sure(wish, wording))
    if happened:
        events = [
            _say(wording, "incident", title=_cited(wording, one.title), day=_written_day(wording, one.day))
            for one in happened
        ]
        if mails:
            yield "", [*events, _say(wording, "incident.nobody")]
        else:  # nothing of the mails: whoever was met by an incident need not know that there are any
            nobody = [_say(wording, "incident.alone"), _say(wording, "affected.why")]
            yield _say(wording, "head.happened"), [_say(wording, "affected.intro"), *events, *nobody]
    today, month = _advice(wish)
    yield _say(wording, "head.today"), [_listed(_say(wording, f"do.{key}") for key in today)]
    yield _say(wording, "head.month"), [_listed(_say(wording, f"do.{key}") for key in month)]
    yield _say(wording, "head.call"), [_say(wording, "call")]
    yield _say(wording, "head.genuine"), list(_genuine(wish, wording))


def _genuine(wish: NoticeWish, wording: Wording) -> Iterator[str]:
    """How to check it: the reader finds the number; a script says so for the ear, a mail not to be answered."""
    said = "spoken" if wish.channel == _SPOKEN else "genuine"
    yield _say(wording, f"{said}.find", office=_name(wish.sender.name))
    yield _say(wording, f"{said}.code", code=wish.code or CODE_PLACE)
    yield _say(wording, "genuine.never")
    if wish.channel == "mail":
        yield _say(wording, "channel.mail")


def _what_happened(wish: NoticeWish, wording: Wording, mails: Sequence[SentMails]) -> Iterator[str]:
    """Three sentences: what came and when, from whom, what is in it. Then by what the mails are known."""
    count = sum(one.count for one in mails)
    first = min((one.first_s for one in mails if one.first_s is not None), default=None)
    last = max((one.last_s for one in mails if one.last_s is not None), default=None)
    addresses = list(dict.fromkeys(address for one in mails for address in one.addresses))
    where = _join(wording, [_own(address) for address in addresses[:_MOST_ADDRESSES]])
    sentences = [
        _count(wording, f"sent.{_audience(wish)}", count, when=_when(wording, first, last), where=where)
    ]
    personas = list(
        dict.fromkeys(_cited(wording, name, _LONGEST_NAME) for one in mails for name in one.personas if name)
    )
    if personas:
        sentences.append(_say(wording, "pretended", names=_join(wording, personas[:_MOST_PERSONAS])))
    sentences.append(_say(wording, "hidden"))
    yield " ".join(sentences)
    subjects = list(dict.fromkeys(_cited(wording, text) for one in mails for text in one.subjects if text))
    if subjects:
        yield _say(wording, "subjects", subjects=_join(wording, subjects[:_MOST_SUBJECTS]))


def _when(wording: Wording, first_s: float | None, last_s: float | None) -> str:
    if first_s is None or last_s is None:
        return _say(wording, "on-no-day")
    first, last = _day(wording, first_s), _day(wording, last_s)
    if first == last:
        return _say(wording, "on-day", day=first)
    return _say(wording, "between-days", first=first, last=last)


def _private(wording: Wording, mails: Sequence[SentMails]) -> Iterator[str]:
    private = list(dict.fromkeys(address for one in mails for address in one.private))
    if private:
        yield _say(
            wording, "private", where=_join(wording, [_own(each) for each in private[:_MOST_ADDRESSES]])
        )


def _meaning(wish: NoticeWish, wording: Wording) -> Iterator[str]:
    found = [fact.exposure for fact in wish.facts if isinstance(fact, CouldShow)]
    mails = [mail for one in found for mail in one.mails]
    if not mails:
        return
    yield " ".join(_steps(wording, mails))
    leaks = {leak.what: leak.answer for one in found for leak in one.leaks}
    could = [what for what, answer in leaks.items() if answer in ("yes", "likely", "not-known")]
    rather_not = [what for what, answer in leaks.items() if answer == "unlikely"]
    if could:
        yield _say(wording, "could-show") + "\n" + _listed(_say(wording, f"shown.{what}") for what in could)
    if rather_not:
        yield (
            _say(wording, "rather-not")
            + "\n"
            + _listed(_say(wording, f"shown.{what}") for what in rather_not)
        )
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
        by=quoted(one.by, _LONGEST_NAME),
        day=_written_day(wording, one.said),
        words=quoted(words, _LONGEST_WORDS),
    )


def _advice(wish: NoticeWish) -> tuple[list[str], list[str]]:
    """Keys of what to do today, and this month: fixed ones first, then what the exposure asks for."""
    advice = dict.fromkeys(
        key for fact in wish.facts if isinstance(fact, CouldShow) for key in fact.exposure.advice
    )
    month = ["home-router", "updates", "private-mailbox", "family"]
    if not any(isinstance(fact, SentMails) for fact in wish.facts):
        return ["watch-mail", *_SECOND], ["updates"]
    today = [
        *_FIRST,
        *(key for key in ("passwords", "tell-receivers", "tell-staff") if key in advice),
        *_SECOND,
    ]
    return today, month


def _cited(wording: Wording, text: str, limit: int = _LONGEST_SUBJECT) -> str:
    """The same in the quotation marks of the language."""
    return quoted(text, limit, _MARKS.get(wording.language, ("“", "”")))


def _own(address: str) -> str:
    """The reader's own address, by which they know which mailbox is meant."""
    plain = "".join(letter for letter in address if letter.isprintable() and not letter.isspace())
    return plain[:_LONGEST_ADDRESS].replace("[____", "[")


def _name(text: str) -> str:
    return quoted(text, _LONGEST_NAME)


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
    try:
        return str(format_date(datetime.fromtimestamp(time_s, UTC).date(), "long", locale=_locale(wording)))
    except (ValueError, OverflowError, OSError):
        return _say(wording, "no-date")


def _written_day(wording: Wording, said: str) -> str:
    """A day or month as the language writes it; a year as it is given."""
    from babel.dates import format_skeleton

    month = _MONTH.fullmatch(said)
    try:
        if month is not None:
            day = datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC)
            return str(format_skeleton("yMMMM", day, locale=_locale(wording)))
        return _day(wording, datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return quoted(said, 20) if said else _say(wording, "no-date")


def _locale(wording: Wording) -> str:
    return _LOCALES.get(wording.language, wording.language)


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
