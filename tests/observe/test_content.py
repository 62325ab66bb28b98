"""What a mail shows and asks, in four languages."""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5, sha1, sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.app.phrases import load_phrases
from tocsin.mail.addresses import Address
from tocsin.mail.mime import scan
from tocsin.model.observation import Beacon, Content
from tocsin.observe.attachments import attachment_hashes
from tocsin.observe.content import observe_content

PHRASES = load_phrases()
ANN = Address("Ann Verbeke", "ann.verbeke@house.example", "house.example")
BOB = Address("Bob de Wit", "b.dewit@paper.example", "paper.example")


def read(
    text: str, *lines: str, reader: Address = ANN, beacons: tuple[Beacon, ...] = ()
) -> tuple[Content, set[tuple[str, str]]]:
    message = scan(("\r\n".join(lines) + "\r\n\r\n.").encode("utf-8", "surrogatepass"))
    content, found = observe_content(message, text, "", beacons, (reader,), PHRASES)
    return content, {(observation.kind, observation.value) for observation in found}


def beacon(technique: str, url: str, site: str = "", *, label: str = "", hidden: bool = False) -> Beacon:
    return Beacon(technique, url, site, site, "click", False, (), (), "1", hidden=hidden, label=label)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you for the report that you sent to us, we will read it with the team and answer.", "en"),
        ("Nous vous remercions pour le rapport que vous avez envoyé, il sera lu par notre équipe.", "fr"),
        ("Wij danken u voor het verslag dat u ons heeft gestuurd, het wordt door het team gelezen.", "nl"),
        (
            "Wir danken Ihnen für den Bericht, den Sie uns geschickt haben, und werden ihn mit der Gruppe lesen.",
            "de",
        ),
        ("Gracias por el informe que nos ha enviado, lo vamos a leer con el equipo y los vecinos.", "es"),
        ("Grazie per la relazione che ci ha inviato, la leggeremo con il gruppo e con i colleghi.", "it"),
        ("Спасибо за отчёт, который вы прислали, мы его прочитаем.", "ru"),
        ("感谢您发送的报告，我们会与团队一起阅读。", "zh"),
        ("1234 5678", ""),
        ("", ""),
    ],
)
def test_language(text: str, language: str) -> None:
    assert read(text)[0].language == language


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        ("credentials", "Please verify your account before Friday."),
        ("credentials", "Veuillez confirmer votre identité avant vendredi."),
        ("credentials", "Uw wachtwoord verloopt vandaag."),
        ("credentials", "Bestätigen Sie Ihre Zugangsdaten bis Freitag."),
        ("payment", "The outstanding invoice is below."),
        ("payment", "Pouvez-vous effectuer un virement aujourd’hui ?"),
        ("payment", "Wij hebben een nieuw rekeningnummer: een openstaande factuur wacht."),
        ("payment", "Können Sie heute noch eine Überweisung veranlassen?"),
        ("download", "Download the full report."),
        ("download", "Téléchargez le rapport complet."),
        ("download", "Download het volledige verslag."),
        ("download", "Jetzt herunterladen und lesen."),
        ("documents", "Please find attached the draft."),
        ("documents", "Vous trouverez le texte en pièce jointe."),
        ("documents", "De tekst vindt u in bijlage."),
        ("documents", "Den Text finden Sie im Anhang."),
        ("meeting", "Are you available on Tuesday?"),
        ("meeting", "Seriez-vous disponible mardi ?"),
        ("meeting", "Bent u beschikbaar op dinsdag?"),
        ("meeting", "Sind Sie verfügbar, am Dienstag?"),
        ("interview", "We would like to interview you for our series."),
        ("interview", "Nous aimerions vous interviewer."),
        ("interview", "Graag een interview met u over het debat."),
        ("interview", "Wir hätten gern ein Interview mit Ihnen."),
        ("comment", "We value your opinion on the resolution."),
        ("comment", "Quel est votre avis sur la résolution ?"),
        ("comment", "Wat is uw mening over de resolutie?"),
        ("comment", "Was ist Ihre Einschätzung zur Resolution?"),
        ("reply", "I look forward to hearing from you."),
        ("reply", "Dans l'attente de votre réponse, cordialement."),
        ("reply", "Laat me weten of het past."),
        ("reply", "Ich freue mich auf Ihre Antwort."),
        ("click", "To go on, CLICK HERE."),
        ("click", "Cliquez ici pour continuer."),
        ("click", "Klik hier om verder te gaan."),
        ("click", "Klicken Sie auf den Knopf."),
    ],
)
def test_asks(ask: str, text: str) -> None:
    assert ask in read(text)[0].asks


@pytest.mark.parametrize(
    "text",
    [
        "The minister said on Monday that the border stays closed until the end of the month.",
        "Le ministre a présenté lundi son plan pour les gares du pays.",
        "De minister stelde maandag het plan voor de stations voor.",
        "Die Ministerin stellte am Montag ihren Plan für die Bahnhöfe vor.",
        "",
    ],
)
def test_news_asks_nothing(text: str) -> None:
    assert read(text)[0].asks == ()


def test_phrases_end_at_word_bounds_and_survive_hidden_marks() -> None:
    assert "click" not in read("The double-click hereby ends.")[0].asks
    assert "click" in read("Cl\u200bick\u00a0he\u00adre to see it.")[0].asks


def test_asks_at_the_end_of_a_long_text_count() -> None:
    text = "The river rose again near the old town bridge. " * 500
    assert read(text)[0].asks == ()
    assert "credentials" in read(text + "Please verify your account.")[0].asks


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribe",
        "If you no longer wish to receive these mails, tell us.",
        "Pour vous désabonner, écrivez-nous.",
        "Uitschrijven kan op elk moment.",
        "Sie können den Newsletter jederzeit abbestellen.",
    ],
)
def test_unsubscribe_sentences(text: str) -> None:
    assert read(text)[0].unsubscribe
    assert not read("The subscription fee rises next year.")[0].unsubscribe


def test_counts_what_beacons_show() -> None:
    content, _ = read(
        "Hello",
        beacons=(
            beacon("link", "https://news.example/a", "news.example", label="more"),
            beacon("link", "https://news.example/OptOut?x=1", "news.example"),
            beacon("link", "https://other.example/", "other.example"),
            beacon("image", "https://news.example/p.png"),
            beacon("image", "https://news.example/t.gif", hidden=True),
        ),
    )
    assert (content.links, content.link_sites, content.pictures) == (3, ("news.example", "other.example"), 1)
    assert content.unsubscribe


@pytest.mark.parametrize(
    "address",
    [
        "Civic Press, 500 Harbor Street, Suite 210, Springfield, CA 94000",
        "Wetstraat 16, 1000 Brussel",
        "Hauptstraße 12, 10115 Berlin",
        "12 rue des Lilas, 75011 Paris",
        "Postbus 123, Den Haag",
        "PO Box 4411, Springfield",
        "1 Long Road, London SW1A 0AA, UK",
    ],
)
def test_postal_addresses(address: str) -> None:
    assert read("We wrote to you because you are a member.\n" * 50 + address)[0].postal_address


@pytest.mark.parametrize(
    "text",
    [
        "In 2019 the street was closed for 1200 days.",
        "The road map of 2021 names 4500 Jobs on page 12.",
        "Call 0800 12345 or write to us.",
    ],
)
def test_numbers_are_no_postal_addresses(text: str) -> None:
    assert not read(text)[0].postal_address


LETTER = (
    "Dear {name},\n\nThe committee meets next week to speak about the report on the river, and part {code} is open.\n"
    "Read it at https://river.example/r/{token} if there is time.\n\nThis mail was sent to {address} on day {number}."
)


def copy(reader: Address, token: str, number: int, letter: str = LETTER) -> str:
    text = letter.format(
        name=reader.name, code=f"A{number}X", token=token, address=reader.address, number=number
    )
    return read(text, reader=reader)[0].text_hash


def test_copies_for_different_readers_share_a_hash() -> None:
    assert copy(ANN, "aGVsbG8", 12) == copy(BOB, "d29ybGQ", 4711) != ""
    assert copy(ANN, "x", 1) != copy(ANN, "x", 1, LETTER.replace("river,", "forest,"))


def test_copies_of_long_mails_share_a_hash() -> None:
    letter = (
        LETTER
        + "\n"
        + "\n".join(
            f"The council read paragraph {'abcdefghij'[n % 10] * 3} and put it off." for n in range(400)
        )
    )
    assert copy(ANN, "aGVsbG8", 12, letter) == copy(BOB, "d29ybGQ" * 9, 4711, letter) != ""


def test_short_texts_have_no_hash() -> None:
    assert read("See you at 10!")[0].text_hash == ""


def test_structure_hash_is_of_the_structure_alone() -> None:
    message = scan(b"\r\n")
    one, _ = observe_content(message, "a", "body>p", (), (), PHRASES)
    two, _ = observe_content(message, "b", "body>p", (), (), PHRASES)
    three, _ = observe_content(message, "b", "body>div", (), (), PHRASES)
    assert one.structure_hash == two.structure_hash != three.structure_hash
    assert read("a")[0].structure_hash == ""


def test_attachments() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        b"--b\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <a>\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: application/zip; name=z.zip\r\n\r\nx\r\n"
        b"--b--\r\n"
    )
    content, _ = observe_content(scan(raw), "Hello", "", (), (), PHRASES)
    assert content.attachment_names == ("plan.pdf", "message/rfc822")
    assert content.attachments == 2


def test_excerpt_is_one_line() -> None:
    assert read("  One \n\n two\t three " + "x" * 500)[0].excerpt.startswith("One two three xxx")
    assert len(read("word " * 500)[0].excerpt) <= 200


def test_reply_marks_without_a_thread_are_noted() -> None:
    assert ("reply-mark-without-thread", "Re: plan") in read("x", "Subject: Re: plan")[1]
    assert not read("x", "Subject: Re: plan", "In-Reply-To: <a@b.example>")[1]


def test_nothing_at_all() -> None:
    content, found = observe_content(scan(b""), "", "", (), (), PHRASES)
    assert (content, found) == (Content(), ())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_read(text: str, subject: str, name: str) -> None:
    message = scan(
        f"Subject: {subject}\r\nFrom: {name} <a@b.example>\r\n\r\n".encode("utf-8", "surrogatepass")
    )
    content, _ = observe_content(message, text, "", (), (Address(name, "a@b.example", "b.example"),), PHRASES)
    assert len(content.excerpt) <= 200
    assert len(content.text_hash) in (0, 16)


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 200000,
        "@" * 200000,
        "a@" * 100000,
        "from:\n" * 50000,
        "12 " * 80000,
        "Dear " * 50000,
        "http" * 60000,
        "\ud800" * 1000,
        "A" * 300000,
        "street 1234 " * 20000,
        "GENEVA, " * 40000,
        "\u200b" * 100000,
    ],
)
def test_long_and_odd_texts_end(text: str) -> None:
    content, _ = read(text, "Subject: Fwd: " + text[:2_000])
    assert content.text_length == len(text)


def test_attached_files_are_named_by_their_hashes() -> None:
    def file(name: str, body: bytes, kind: bytes = b"application/pdf") -> bytes:
        return (
            b"--b\r\nContent-Type: "
            + kind
            + b'\r\nContent-Disposition: attachment; filename="'
            + name.encode()
            + b'"'
            b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64encode(body) + b"\r\n"
        )

    raw = (
        b'From: a@outlet.test\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        + file("plan.pdf", b"plan")
        + file("again.pdf", b"plan")
        + file("sign.p7s", b"own", b"application/pkcs7-signature")
        + b"--b--\r\n"
    )
    assert [(one.kind, one.value, one.where) for one in attachment_hashes(scan(raw))] == [
        ("attachment-md5", md5(b"plan").hexdigest(), "2"),
        ("attachment-sha1", sha1(b"plan").hexdigest(), "2"),
        ("attachment-sha256", sha256(b"plan").hexdigest(), "2"),
    ]
