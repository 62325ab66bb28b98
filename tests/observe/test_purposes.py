"""Offers and invitations, in four languages, and letters that are neither."""

from __future__ import annotations

import pytest

from tocsin.app.phrases import load_phrases
from tocsin.mail.mime import scan
from tocsin.observe.content import observe_content

PHRASES = load_phrases()


def purposes(text: str) -> set[tuple[str, str]]:
    found = observe_content(scan(b"Subject: A word\r\n\r\n."), text, "", (), (), PHRASES)[1]
    return {(o.kind, o.value) for o in found if o.kind in ("offer", "event")}


@pytest.mark.parametrize(
    "text",
    [
        "Our software helps parliamentary groups keep their files in order. Could I give you a quick demo?",
        "We help organisations to cut printing costs by a third. Shall we book a short demo next Tuesday?",
        "You can start your free trial today. Companies like yours save two days a month with it.",
        "I am recruiting for a policy post in Ghent. Would a confidential chat about it suit you?",
        "Notre logiciel permet de classer le courrier. Qui est la personne responsable de ces achats ?",
        "Nous accompagnons les institutions depuis vingt ans. L'essai gratuit dure un mois, sans engagement.",
        "Onze software helpt fracties met hun dossiers. Mag ik u een korte demo inplannen?",
        "Wij helpen organisaties met hun archief. U kunt een vrijblijvende offerte aanvragen.",
        "Unsere Software hilft Büros bei der Ablage. Gern würde ich Ihnen eine kurze Demo zeigen.",
        "Wir unterstützen Verbände beim Druck. Ein kostenloses Angebot können Sie jederzeit unverbindlich anfordern.",
    ],
)
def test_sales_letters_are_told_by_two_signs(text: str) -> None:
    assert ("offer", "clear") in purposes(text)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("answer", "The conference on river law is on 4 May in Delft. Please register by 20 April."),
        (
            "answer",
            "Le colloque sur le droit fluvial a lieu le 4 mai. Inscription obligatoire avant le 20 avril.",
        ),
        ("answer", "De studiedag over waterrecht is op 4 mei. Schrijf u in via onderstaande link."),
        ("answer", "Die Tagung zum Wasserrecht ist am 4. Mai. Anmeldung bis 20. April erbeten."),
        ("programme", "The seminar will be held on 4 May in Delft; speakers include three judges."),
        ("programme", "Le séminaire se tiendra le 4 mai à Namur, suivi d'un cocktail."),
        ("programme", "Het congres vindt plaats op 4 mei in Delft, gevolgd door een receptie."),
        ("programme", "Das Symposium findet am 4. Mai in Bonn statt; im Anschluss gibt es einen Imbiss."),
    ],
)
def test_invitations_are_told_by_event_and_answer_or_programme(said: str, text: str) -> None:
    assert ("event", said) in purposes(text)


@pytest.mark.parametrize(
    "text",
    [
        "I read your speech on river law and would be grateful for your view on the second reading.",
        "Je prépare un article sur le droit fluvial. Quel est votre avis sur la deuxième lecture ?",
        "Ik schrijf een stuk over waterrecht. Hoe kijkt u naar de tweede lezing?",
        "Ich schreibe einen Artikel zum Wasserrecht. Wie beurteilen Sie die zweite Lesung?",
        "At the conference last year you said that the treaty was dead. Do you still think so?",
        "The register of members was corrected on Monday.",
    ],
)
def test_letters_that_ask_for_a_view_offer_nothing(text: str) -> None:
    assert not purposes(text)
