"""Names that a mail claims to write for, and names that it only speaks of."""

from __future__ import annotations

import pytest

from tocsin.model.names import KnownName, Names
from tocsin.observe.names import NameBook, compile_names, find_claims
from tocsin.observe.words import split_words


def known(id_: str, name: str, *aliases: str) -> KnownName:
    return KnownName(id_, name, "newspaper", (f"{id_}.example",), "BE", "https://example.org", aliases)


BOOK = compile_names(
    Names(
        (
            known("veritor", "Veritor", "Veritor News"),
            known("soir", "Le Soir Bleu", "Le Soir"),
            known("times", "The Times"),
            known("time", "Time"),
            known("council", "Council of Harbours", "CoH", "Conseil des ports"),
            known("rvt", "RVT", "Radio Veld"),
            known("zeit", "Die Zeit"),
            known("courant", "De Standaard"),
        )
    )
)


def claims(name: str = "", text: str = "", book: NameBook = BOOK) -> dict[str, str]:
    return find_claims(book, name, text, split_words(text))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Veritor Newsroom", "veritor"),
        ("Ann Writer | VERITOR", "veritor"),
        ("V\u0435ritor Desk", "veritor"),  # a Cyrillic letter
        ("Verit\u200bor", "veritor"),
        ("The Times", "times"),
        ("Ann Writer, The Times", "times"),
        ("Ann Writer (Le Soir)", "soir"),
        ("Ann Writer from Veritor", "veritor"),
        ("Time Magazine", "time"),
        ("RVT Nieuws", "rvt"),
        ("Council of Harbours", "council"),
        ("Time Management Tips", ""),
        ("Last Time", ""),
        ("Times of Inland", ""),
        ("The Sunday Times of Inland", ""),
        ("Time", ""),
        ("rvt", ""),
        ("Pervt RVTX", ""),
        ("ce soir", ""),
        ("Die Zeit ist um", ""),
        ("", ""),
        ("\u202e\u202d", ""),
    ],
)
def test_display_names(name: str, expected: str) -> None:
    assert claims(name) == ({expected: "from"} if expected else {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,\nI am a journalist with Veritor and would like to talk.", "veritor"),
        ("Hello,\nI'm Ann from Veritor.", "veritor"),
        ("Hello,\nI write for The Times about ports.", "times"),
        ("Hello,\nI am the Veritor correspondent in Brussels.", "veritor"),
        ("Hello,\nI am writing on behalf of the Council of Harbours.", "council"),
        ("Bonjour,\nJe suis journaliste au Soir et je prépare un sujet.", "soir"),
        ("Bonjour,\nje travaille pour Le Soir.", "soir"),
        ("Beste,\nIk ben redacteur bij De Standaard.", "courant"),
        ("Guten Tag,\nich bin Redakteurin bei der Zeit in Hamburg.", "zeit"),
        ("Hello,\nI am writing about the article that Veritor published.", ""),
        ("Hello,\nI am told by Veritor readers that ports close.", ""),
        ("Bonjour,\nje suis disponible le soir.", ""),
        ("Hallo,\nich bin in der Zeit nicht da.", ""),
        ("Hallo,\nich bin zur Zeit nicht da.", ""),
        ("Veritor reports that I am late.", ""),
    ],
)
def test_introductions(text: str, expected: str) -> None:
    assert claims(text=text) == ({expected: "introduction"} if expected else {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See you.\n--\nAnn Writer\nCorrespondent, Le Soir\n+32 2 555 01 00", "soir"),
        ("See you.\nAnn Writer\nReporter | The Times", "times"),
        ("Cordialement,\nAnn Writer\nRédaction Le Soir", "soir"),
        ("Groeten,\nAnn Writer\nJournalist De Standaard", "courant"),
        ("Regards,\nAnn Writer\nSenior adviser\nCouncil of Harbours", "council"),
        ("Veritor correspondent arrested at the harbour\nRead more", ""),
        ("As seen in\nVeritor\nThe Times\nLe Soir", ""),
        ("Editor's choice\nVeritor, The Times, Le Soir, Die Zeit", ""),
        ("Regards\n> Ann Writer\n> Correspondent, Le Soir", ""),
        (
            "I met the editor and we spoke for long about what happened when Veritor came to the harbour, said Ann.",
            "",
        ),
    ],
)
def test_signatures(text: str, expected: str) -> None:
    assert claims(text=text) == ({expected: "signature"} if expected else {})


def test_the_display_name_says_more_than_the_signature() -> None:
    assert claims("Veritor Newsroom", "Yours\nAnn\nEditor, Veritor") == {"veritor": "from"}


def test_without_a_list_nothing_is_claimed() -> None:
    assert claims("Veritor Newsroom", book=compile_names(Names())) == {}


def test_names_without_words_are_passed_over() -> None:
    assert (
        claims(
            "Anything",
            book=compile_names(
                [known("odd", "-", "", "x", "The")],
            ),
        )
        == {}
    )
