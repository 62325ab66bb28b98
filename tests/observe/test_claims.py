"""Who a mail claims to come from and what kind of mail it claims to be, in four languages."""

from __future__ import annotations

import pytest

from tocsin.app.phrases import load_phrases
from tocsin.mail.addresses import Address
from tocsin.mail.mime import scan
from tocsin.model.observation import Content
from tocsin.observe.content import observe_content

PHRASES = load_phrases()
ANN = Address("Ann Verbeke", "ann.verbeke@house.example", "house.example")


def read(text: str, *lines: str) -> tuple[Content, set[tuple[str, str]]]:
    message = scan(("\r\n".join(lines) + "\r\n\r\n.").encode("utf-8", "surrogatepass"))
    content, found = observe_content(message, text, "", (), (ANN,), PHRASES)
    return content, {(observation.kind, observation.value) for observation in found}


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("Dear Ms Verbeke,\nhere is the text.", True),
        ("Beste Ann,\nhier is de tekst.", True),
        ("Ann,\nhere is the text.", True),
        ("\n\nSehr geehrte Frau Dr. Verbeke,\nhier der Text.", True),
        ("Dear colleague,\nAnn Verbeke spoke yesterday.", False),
        ("Chers abonnés,\nvoici le texte.", False),
        ("Ann Verbeke spoke yesterday about the text that was agreed.", False),
    ],
)
def test_personal_greeting(text: str, personal: bool) -> None:
    assert read(text)[0].personal_greeting is personal


@pytest.mark.parametrize(
    ("role", "where", "name", "text"),
    [
        ("journalist", "from", "Carla Reed, Senior Reporter", "Hello"),
        ("journalist", "signature", "Carla Reed", "Hello there.\n\nCarla Reed\nPolitical correspondent"),
        (
            "journalist",
            "introduction",
            "Carla Reed",
            "Dear member, I am a freelance journalist based in Ghent. " + "x " * 400,
        ),
        (
            "journalist",
            "introduction",
            "Luc Noir",
            "Bonjour, je suis journaliste et je prépare un dossier. " + "x " * 400,
        ),
        (
            "journalist",
            "introduction",
            "Jan Wit",
            "Geachte, ik ben verslaggever en werk aan een dossier. " + "x " * 400,
        ),
        (
            "journalist",
            "introduction",
            "Eva Grau",
            "Guten Tag, ich bin Redakteurin und arbeite an einem Text. " + "x " * 400,
        ),
        ("agency", "from", "Global Dawn News Agency", "Hello"),
        ("think-tank", "signature", "Eva Grau", "Grüße\nEva Grau\nInstitut für Sicherheitspolitik"),
        ("un", "signature", "Eva Grau", "Regards\nUnited Nations Office"),
        ("parliament", "signature", "Luc Noir", "Cordialement\nLuc Noir\nAssistant parlementaire"),
        ("ngo", "signature", "Jan Wit", "Groeten\nJan Wit\nmensenrechtenorganisatie"),
        ("university", "signature", "Jan Wit", "Groeten\nprof. Jan Wit\nUniversiteit"),
        ("embassy", "from", "Embassy of Arcadia", "Hello"),
    ],
)
def test_persona(role: str, where: str, name: str, text: str) -> None:
    message = scan(f"From: {name} <x@sender.example>\r\n\r\n.".replace("Global", '"Global').encode())
    content, found = observe_content(message, text, "", (), (ANN,), PHRASES)
    assert role in content.persona
    assert (role, where) in [(observation.value, observation.where) for observation in found]


def test_what_a_text_speaks_of_is_no_persona() -> None:
    middle = (
        "x " * 600 + "The embassy told a journalist about the university and the parliament." + " x" * 600
    )
    assert read(middle, "From: Carla Reed <c@sender.example>")[0].persona == ()


@pytest.mark.parametrize(
    ("subject", "headline"),
    [
        ("Parliament Votes to Extend Border Controls Until Spring", True),
        ("Regering stelt beslissing over de nieuwe spoorlijn weer uit", True),
        ("Le gouvernement reporte sa décision sur la ligne de chemin de fer", True),
        ("Regierung verschiebt die Entscheidung über neue Bahnstrecke erneut", True),
        ("Re: Parliament Votes to Extend Border Controls Until Spring", False),
        ("Your invoice for the month of January is ready to view", False),
        ("Can we meet on Tuesday to talk about the plan?", False),
        ("Minutes", False),
        ("[list] Parliament votes to extend border controls until spring", False),
        ("WIN A NEW CAR BEFORE THE END OF JUNE", False),
        ("", False),
    ],
)
def test_headline(subject: str, headline: bool) -> None:
    assert read("x", f"Subject: {subject}")[0].headline is headline


ARTICLE = (
    "GENEVA, 12 January — The council put off its decision on the harbour for a third time on Monday, according to two "
    "people who took part in the session and asked not to be named because the talks were closed.\n\n"
    "A spokesman for the harbour authority said the delay would cost the town a whole season, and that builders had "
    "already left. The council declined to comment before its next session, which it has not yet called.\n\n"
    "Analysts warned in a report last month that traffic would move to other ports on the lake unless the works were "
    "begun before the summer, and that the town could lose a quarter of its income from trade in two years.\n\n"
    "In a statement, the regional government said that it followed the matter and that funds stayed reserved.\n\n"
    "The harbour was last widened a generation ago, when most of the trade of the valley still went by water."
)


def test_article() -> None:
    content, found = read(ARTICLE)
    assert content.article
    assert ("dateline", "GENEVA, 12 January —") in found


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ann, you asked me for your copy of the plan and you will find that your changes are in it. "
        * 12,
        "- milk\n- bread\n" * 100,
        ARTICLE[:300],
        "Please click here to verify your account, and reply to this mail to book a call. " + ARTICLE,
    ],
)
def test_letters_lists_and_offers_are_no_articles(text: str) -> None:
    assert not read(text)[0].article


@pytest.mark.parametrize(
    ("subject", "text", "forwarded"),
    [
        (
            "Fwd: x",
            "see below\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: today\n",
            True,
        ),
        ("x", "Begin forwarded message:\n\nFrom: A\nSubject: b\n", True),
        ("TR: x", "-----Message d'origine-----\nDe : A\nEnvoyé : lundi\n", True),
        ("WG: x", "Von: A <a@b.example>\nGesendet: Montag, 11. Januar 2021\nAn: B\nBetreff: x\n", True),
        ("FW: x", "Van: A <a@b.example>\nVerzonden: maandag 11 januari 2021\nAan: B\n", True),
        ("x", "-------- Weitergeleitete Nachricht --------\nBetreff: x\n", True),
        ("Re: x", "Yes.\n-----Original Message-----\nFrom: A\nSent: Monday\n", False),
        ("Re: x", "Fine.\nFrom: A <a@b.example>\nSent: Monday\nTo: B\n", False),
        ("x", "I was forwarded your original message by a friend, sent on a later date.", False),
    ],
)
def test_forwarded_inline(subject: str, text: str, forwarded: bool) -> None:
    assert read(text, f"Subject: {subject}")[0].forwarded_inline is forwarded


@pytest.mark.parametrize(
    ("lines", "text", "kind"),
    [
        (["Content-Type: multipart/report; report-type=delivery-status; boundary=b"], "x", "bounce"),
        (
            [
                "Return-Path: <>",
                "From: Mail Delivery System <MAILER-DAEMON@mx.example>",
                "Subject: Undelivered Mail",
            ],
            "x",
            "bounce",
        ),
        (["X-Failed-Recipients: a@b.example"], "x", "bounce"),
        (["Auto-Submitted: auto-replied"], "x", "auto-reply"),
        (["Subject: Automatic reply: hearing"], "x", "auto-reply"),
        (["Subject: Abwesenheitsnotiz"], "x", "auto-reply"),
        (["Subject: Réponse automatique : audition"], "x", "auto-reply"),
        (["Subject: Automatisch antwoord: hoorzitting"], "x", "auto-reply"),
        (["From: noreply@shop.example", "Subject: Your order 1234"], "Thanks", "receipt"),
        (["From: anna@shop.example"], "Votre commande : 12,50 €", "receipt"),
        (
            ["From: shop@shop.example", "Auto-Submitted: auto-generated"],
            "Uw bestelling is verzonden.",
            "receipt",
        ),
        (["From: anna@shop.example"], "Ihre Rechnung über 12,50 EUR", "receipt"),
        (["From: anna@shop.example"], "Your order of speeches was changed by the chair.", ""),
        (["Return-Path: <>", "Subject: Minutes"], "x", ""),
    ],
)
def test_automatic(lines: list[str], text: str, kind: str) -> None:
    assert read(text, *lines)[0].automatic == kind
