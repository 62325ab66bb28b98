"""What people are told, in every language: whole, plain, and with nothing in it that a mail could have put there."""

from __future__ import annotations

import re
from itertools import product

import pytest

from tocsin.app.catalogues import load_wording, notice_languages, placeholders
from tocsin.model.claim import Claim
from tocsin.model.exposure import ANSWERS, SHOWN, Exposure, Leak, MailExposure, Step
from tocsin.model.fact import (
    Claimed,
    CouldShow,
    Fact,
    Happened,
    Judged,
    Mark,
    Matched,
    Others,
    SentMails,
    Signs,
)
from tocsin.model.notice import LANGUAGES, NoticeWish, Sender
from tocsin.respond.notice_text import CODE_PLACE, WIDTH, compose, with_code
from tocsin.respond.reading_level import is_plain, lix

OURS = Mark()
ADDRESS = "lena.maes@parliament.example"
NOW_S = 1_613_556_000.0
HOSTILE = (
    "Call +32 2 555 12 34 now\r\n\r\nWHAT TO DO TODAY\n- click https://evil.example/a?b=c or write to a@evil.example "
    "\u202e[____-____]\x1b[31m“quoted” www.evil.example tel:0123456789 " + "x" * 500
)
CLAIM = Claim(
    "k-1", "attribution", "Agency of Farland", "agency", "event", "we have reason to think it was GREY HERON", "letter",
    said="2021-03-02", language="en",
)  # fmt: skip
DENIAL = Claim(
    "k-2",
    "denial",
    "Ministry of Elsewhere",
    "government",
    "event",
    "pure invention",
    "speech",
    said="2021-03",
)
QUIET = Claim("k-3", "no-response", "Somebody", "person", "event", "", "letter")


def exposure(answer: str = "not-known", displayed: str = "not-known", fetched: str = "not-known") -> Exposure:
    steps = (
        Step("delivered", "yes"),
        Step("displayed", displayed),
        Step("could-have-fired", answer),
        Step("fetched", fetched),
    )
    leaks = tuple(Leak(what, answer) for what in SHOWN)
    mail = MailExposure("0" * 64, ADDRESS, ADDRESS, NOW_S, steps, leaks)
    return Exposure(
        ADDRESS, "c-1", (mail,), leaks, ("block-pictures", "passwords", "tell-staff", "home-router")
    )


def facts(count: int = 1, text: str = "Eastern Desk News", **steps: str) -> tuple[Fact, ...]:
    return (
        SentMails(
            OURS,
            ADDRESS,
            count,
            NOW_S,
            NOW_S + (count - 1) * 86_400,
            (ADDRESS,),
            (ADDRESS,),
            (text,),
            (text,),
        ),
        CouldShow(OURS, exposure(**steps)),
        Signs(OURS, "strong"),
        Others(OURS, 3, 2),
        Matched(Mark("AMBER", source=text), NOW_S),
        Claimed(OURS, CLAIM, (DENIAL, QUIET)),
        Judged(OURS, text, "some", "resembles"),
        Happened(OURS, "i-1", text, "2021-05-04"),
    )


def text_of(language: str, told: tuple[Fact, ...], audience: str = "person", **more: object) -> str:
    values: dict[str, object] = {"name": "Lena Maes", "left_out": True, "exercise": False} | more
    wish = NoticeWish(
        language, "letter", audience, str(values["name"]), told, Sender("Security office of the parliament"),
        "n-0123456789ab", NOW_S + 86_400, "", bool(values["left_out"]), bool(values["exercise"]),
    )  # fmt: skip
    return compose(wish, load_wording("notices", language))


def test_there_are_words_in_five_languages_and_they_are_the_same_ones() -> None:
    assert set(LANGUAGES) <= set(notice_languages())
    english = load_wording("notices", "en").texts
    for language in notice_languages():
        texts = load_wording("notices", language).texts
        assert set(texts) == set(english), language
        for key, forms in texts.items():
            assert len(forms) == len(english[key]), (language, key)
            places = {frozenset(placeholders(form)) - {"n"} for form in (*forms, *english[key])}
            assert len(places) == 1, (language, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_combination_is_said_without_a_gap(language: str) -> None:
    for audience, count in product(("person", "delegate", "owner"), (1, 4)):
        text = text_of(language, facts(count), audience, exercise=True)
        assert "{" not in text
        assert text.count(CODE_PLACE) == 1
        assert max(map(len, text.splitlines())) <= WIDTH + 30  # a long address stays in one piece
        lines = text.strip().splitlines()
        mark = load_wording("notices", language).texts["exercise"][0]
        assert " ".join(lines[:3]).startswith(mark[:30])
        assert mark[-20:] in " ".join(lines[-3:])
    for answer, displayed in product(ANSWERS, ANSWERS):
        text = text_of(language, facts(answer=answer, displayed=displayed, fetched=displayed))
        assert "{" not in text
    affected = text_of(
        language, (Happened(OURS, "i-1", "An outage", "2021-05-04"),), "affected", left_out=False
    )
    assert "An outage" in affected
    assert ADDRESS not in affected


def test_one_mail_and_several_are_told_apart() -> None:
    one, several = text_of("en", facts(1)), text_of("en", facts(3))
    assert "On 17 February 2021 you were sent a mail" in one
    assert "Between 17 February 2021 and 19 February 2021 you were sent 3 mails" in several
    assert "these mails" not in one
    assert "this mail " not in several


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_mail_says_cannot_write_the_notice(language: str) -> None:
    clean = text_of(language, facts())
    text = text_of(language, facts(text=HOSTILE), name=HOSTILE)
    assert text.count(CODE_PLACE) == 1
    own = [address for address in re.findall(r"[\w.+-]+@[\w.-]+\w", text) if address != ADDRESS]
    assert own == []
    assert not re.search(r"(?i)\b(?:https?|tel|mailto):|www\.|//", text)
    assert not re.search(r"\+?\d(?:[ ().\-/]{0,2}\d){6,}", text.replace("n-0123456789ab", ""))
    assert not any(not letter.isprintable() and letter != "\n" for letter in text)
    assert "evil.example" not in text
    heads = {
        forms[0] for key, forms in load_wording("notices", language).texts.items() if key.startswith("head.")
    }
    assert [line for line in text.splitlines() if line in heads] == [
        line for line in clean.splitlines() if line in heads
    ]
    bullets = sum(line.startswith("- ") for line in clean.splitlines())
    assert sum(line.startswith("- ") for line in text.splitlines()) == bullets


def test_a_claim_stands_with_what_was_said_against_it() -> None:
    text = " ".join(text_of("en", facts()).split())
    assert text.index("Agency of Farland said") < text.index("Ministry of Elsewhere denies it")
    assert "“pure invention”" in text
    assert "We quote them; we have not proven it." in text
    nobody = text_of("en", (facts()[0], facts()[2]), left_out=False)
    assert "We do not know who sent it." in nobody
    assert "We know more" not in nobody


def test_no_notice_says_more_than_was_signed() -> None:
    def judged(level: str, strength: str) -> str:
        told = (facts()[0], Judged(OURS, "GREY HERON", strength, level))
        return " ".join(text_of("en", told, left_out=False).split())

    alike = judged("resembles", "strong")
    assert "That does not say who sent it." in alike
    assert "strong signs that the group" not in alike
    assert "There are some signs that the group called “GREY HERON” sent it." in judged("actor", "some")


def test_the_code_fills_its_place_and_nothing_else() -> None:
    text = text_of("en", facts())
    filled = with_code(text, "7KQX-42MP")
    assert filled.replace("7KQX-42MP", CODE_PLACE) == text
    with pytest.raises(ValueError, match="no place"):
        with_code(filled, "2222-2222")


# What honest words are not, in each language, and words that only specialists use.
FORBIDDEN = {
    "en": "safe clean hacked infected compromised victim spied urgent urgently certain immediately",
    "fr": "sûre sain piraté infecté compromis victime espionné urgent urgence certainement immédiatement",
    "nl": "veilig schoon gehackt besmet slachtoffer bespioneerd dringend spoed onmiddellijk",
    "de": "sauber gehackt infiziert kompromittiert Opfer ausspioniert dringend sofort",
    "es": "seguro limpio hackeado infectado comprometido víctima espiado urgente inmediatamente",
}
SPECIALIST = (
    "ip beacon pixel tracking-pixel server header metadata metadaten métadonnées metadatos metagegevens tls dns smtp "
    "attribution ioc indicator phishing spear-phishing malware url domain proxy html payload apt threat-actor tlp "
    "token cookie ntlm dkim resolver router"
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_honest_and_nobody_needs_a_specialist(language: str) -> None:
    for audience, count in product(("person", "delegate"), (1, 4)):
        text = text_of(language, facts(count), audience)
        words = set(re.findall(r"[\w-]+", text.casefold()))
        assert not words & set(FORBIDDEN[language].casefold().split()), language
        assert not words & set(SPECIALIST.split()), language
        assert is_plain(text, language), lix(text)


HARD = {
    "en": "Forensic examination of the multipart MIME structure established that heterogeneous reconnaissance "
    "infrastructure, characterised by personalised invisible tracking resources with cryptographically distinguishable "
    "recipient identifiers, had systematically facilitated retrospective environmental fingerprinting.",
    "fr": "L’examen forensique de la structure composite des messages électroniques démontre que l’infrastructure de "
    "reconnaissance, caractérisée par des ressources invisibles personnalisées comportant des identifiants "
    "cryptographiquement distincts, permettait systématiquement l’identification rétrospective des environnements.",
    "nl": "Forensisch onderzoek van de samengestelde berichtstructuur bevestigde dat heterogene "
    "verkenningsinfrastructuur, gekenmerkt door gepersonaliseerde onzichtbare volgelementen met cryptografisch "
    "onderscheidbare ontvangeridentificatie, systematisch omgevingsvingerafdrukken achteraf mogelijk maakte.",
    "de": "Die forensische Untersuchung der mehrteiligen Nachrichtenstruktur bestätigte, dass heterogene "
    "Aufklärungsinfrastruktur, gekennzeichnet durch personalisierte unsichtbare Nachverfolgungsressourcen mit "
    "kryptographisch unterscheidbaren Empfängerkennungen, systematisch nachträgliche Umgebungsbestimmung ermöglichte.",
    "es": "El examen forense de la estructura compuesta de los mensajes electrónicos demostró que la infraestructura "
    "heterogénea de reconocimiento, caracterizada por recursos invisibles personalizados con identificadores "
    "criptográficamente distinguibles, permitía sistemáticamente la identificación retrospectiva de los entornos.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_for_specialists_fails(language: str) -> None:
    assert not is_plain(HARD[language], language)
    assert lix("") == 0.0
