"""What is asked, in four languages, on sentences that the phrases were not written from."""

from __future__ import annotations

import pytest
from tests.observe.asking_sentences import NOTHING, SENTENCES, sentences

from tocsin.app.phrases import load_phrases
from tocsin.mail.mime import scan
from tocsin.observe.content import observe_content

PHRASES = load_phrases()


def asks(text: str) -> tuple[str, ...]:
    return observe_content(scan(b"Subject: A word\r\n\r\n."), text, "", (), (), PHRASES)[0].asks


def doubts(text: str) -> list[str]:
    found = observe_content(scan(b"Subject: \r\n\r\n."), text, "", (), (), PHRASES)[1]
    return [observation.value for observation in found if observation.kind == "asks-unknown"]


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
@pytest.mark.parametrize("kind", list(SENTENCES))
def test_most_natural_sentences_are_understood(kind: str, language: str) -> None:
    known = sentences(SENTENCES[kind][language])
    assert len(known) >= 12
    missed = [sentence for sentence in known if kind not in asks(sentence)]
    assert len(missed) <= 7, missed


def test_three_in_four_of_all_sentences_are_understood() -> None:
    known = [
        (kind, s) for kind, texts in SENTENCES.items() for block in texts.values() for s in sentences(block)
    ]
    found = [kind in asks(sentence) for kind, sentence in known]
    assert sum(found) >= 0.75 * len(found)


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_the_same_words_in_a_report_ask_for_nothing(language: str) -> None:
    assert [sentence for sentence in sentences(NOTHING[language]) if asks(sentence)] == []


@pytest.mark.parametrize(
    ("accented", "plain"),
    [
        ("Dans l'attente de votre réponse.", "Dans l'attente de votre reponse."),
        ("Uw account is tijdelijk beperkt, verifieer uw identiteit.", "Verifieer uw identiteit."),
        (
            "Können Sie heute noch eine Überweisung vornehmen?",
            "Koennen Sie heute noch eine Ueberweisung vornehmen?",
        ),
        ("Bestätigen Sie Ihre Identität.", "Bestatigen Sie Ihre Identitat."),
    ],
)
def test_accents_may_be_left_out(accented: str, plain: str) -> None:
    assert set(asks(accented)) & set(asks(plain))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Gracias por el informe que nos ha enviado, lo vamos a leer con el equipo y los vecinos del barrio.",
            "es",
        ),
        (
            "Grazie per la relazione che ci ha inviato, la leggeremo con il gruppo e con i colleghi di lavoro.",
            "it",
        ),
        ("感谢您发送的报告，我们会与团队一起阅读并回答。", "zh"),
        (
            "Kiitos raportista jonka lähetitte meille luemme sen yhdessä ryhmän kanssa ja vastaamme teille pian.",
            "unknown",
        ),
    ],
)
def test_where_asks_cannot_be_read_that_is_said(text: str, language: str) -> None:
    assert doubts(text) == [language]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Best wishes, Ann",
        "We read the report with the team and thank you for it, as did our friends in town.",
    ],
)
def test_nothing_asked_is_known_where_the_language_is_or_there_is_no_text(text: str) -> None:
    assert doubts(text) == []
