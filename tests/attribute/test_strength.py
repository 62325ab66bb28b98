"""What a text may say, and what it may not, in four languages; and what people do to get around it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.attribute.plain_text import sentences
from tocsin.attribute.strength import Bounds, Ceiling, faults
from tocsin.model.claim import Claim

NAMES = ("Grey Heron", "GH12")
OTHERS = ("Amber Newt", "AN31", "Patchquill")
LIKELY = Ceiling(NAMES, 55, 79, "moderate", "actor")
VERY = Ceiling(NAMES, 80, 94, "high", "actor")
RESEMBLES = Ceiling(NAMES, 55, 79, "low", "resembles")
CLAIM = Claim(
    id="k-1",
    kind="attribution",
    by="Agency of Northmark",
    by_kind="agency",
    event="mails",
    words="It is certain that Amber Newt is behind this",
    source="press line",
)


def bounds(signed: Ceiling | None) -> Bounds:
    return Bounds(signed, (*NAMES, *OTHERS), ("Freedonia", "Freedonie"), (CLAIM,))


PASS: tuple[tuple[Ceiling | None, str], ...] = (
    (None, "We do not know who sent these mails."),
    (None, "We do not know who is behind the mails."),
    (None, "Who is behind it could not be established."),
    (None, "It could not be confirmed that the mails were opened."),
    (None, "This is not confirmed, and nothing proves it."),
    (None, "The mails were sent to members of parliament in Freedonia."),
    (None, "Nobody can be certain of this."),
    (None, "It was found on a patchquill of servers."),
    (None, "There is a roughly even chance that more such mails came."),
    (None, "Of the mails, 80 % came on one day."),
    (None, "The parliament of Freedonia and its security service have been told."),
    (None, "The subjects spoke of human rights in Freedonia."),
    (None, "All mails went through a mail-merge service; the senders are not known."),
    (None, "It is uncertain who wrote them."),
    (None, "Nous ne savons pas qui a envoyé ces courriels."),
    (None, "Rien ne prouve que ces messages ont été lus."),
    (None, "Cela n'est pas confirmé."),
    (None, "Nous ne savons pas qui est derrière ces courriels."),
    (None, "La suite est inconnue ; il reste à vérifier les boîtes."),
    (None, "Wir wissen nicht, wer hinter den Mails steckt."),
    (None, "Das ist nicht bestätigt."),
    (None, "Ob die Mails gelesen wurden, ließ sich nicht nachweisen, und kein Beweis liegt vor."),
    (None, "Sichern Sie die Mails als Dateien."),
    (None, "We weten niet wie achter deze mails zit."),
    (None, "Dat is niet bevestigd."),
    (None, "Niets bewijst dat de mails zijn gelezen."),
    (LIKELY, "It is likely that Grey Heron is behind these mails."),
    (LIKELY, "It is likely (55 to 79 %) that Grey Heron is behind these mails."),
    (LIKELY, "Our confidence in this judgement is moderate."),
    (LIKELY, "These mails are consistent with what was published of Grey Heron."),
    (LIKELY, "Il est probable que GH12 soit à l'origine de ces courriels."),
    (LIKELY, "Dass Grey Heron hinter diesen Mails steht, ist wahrscheinlich."),
    (LIKELY, "Dat Grey Heron achter deze mails zit, is waarschijnlijk."),
    (LIKELY, "There are some signs that Grey Heron is behind these mails."),
    (VERY, "It is very likely that Grey Heron is behind these mails."),
    (VERY, "We have high confidence in this."),
    (VERY, "Es ist sehr wahrscheinlich, dass Grey Heron hinter den Mails steckt."),
    (RESEMBLES, "These mails follow what was published of Grey Heron."),
    (None, "The Agency of Northmark says: “It is certain that Amber Newt is behind this”."),
    (None, "Agency of Northmark : « It is certain that Amber Newt is behind this »."),
)
FAIL: tuple[tuple[Ceiling | None, str, str], ...] = (
    (None, "Grey Heron sent these mails.", "grey heron"),
    (None, "It is likely that somebody prepared this for long.", "likely"),
    (None, "It is certain.", "certain"),
    (None, "This confirms what we feared.", "confirms"),
    (None, "The mails were undoubtedly sent in bulk.", "undoubtedly"),
    (None, "There is no doubt about it.", "no doubt"),
    (None, "It is not uncertain who did it.", "uncertain"),
    (None, "This is not only likely but confirmed.", "likely"),
    (None, "Likely, if not certain.", "certain"),
    (None, "It could not be more certain.", "certain"),
    (None, "It is unlikely that anybody else did it.", "unlikely"),
    (None, "The Dragonfly Crew is behind these mails.", "is behind"),
    (None, "These mails are the work of a well-known crew.", "work of"),
    (None, "The mails were carried out by the Dragonfly Crew.", "carried out by"),
    (None, "Freedonia sent the mails.", "freedonia sent"),
    (None, "The mails were sent by Freedonia.", "by freedonia"),
    (None, "State-sponsored attackers wrote them.", "state-sponsored"),
    (None, "European hackers wrote them.", "hackers"),
    (None, "You were hacked.", "hacked"),
    (None, "Your mailbox is safe.", "safe"),
    (None, "This is urgent.", "urgent"),
    (None, "Our confidence is high.", "confidence"),
    (None, "Il est certain que ces courriels sont dangereux.", "certain"),
    (None, "Cela ne fait aucun doute.", "doute"),
    (None, "C'est sans doute un groupe.", "sans doute"),
    (None, "Grey Heron a envoyé ces courriels.", "grey heron"),
    (None, "C'est l'œuvre de la Freedonie.", "oeuvre de"),
    (None, "Les preuves sont là.", "preuves"),
    (None, "Vous êtes victime d'un piratage.", "victime"),
    (None, "Nous en sommes sûrs.", "ssurs"),
    (None, "Das ist zweifellos so.", "zweifellos"),
    (None, "Das steht fest.", "steht fest"),
    (None, "Hinter den Mails steckt die Gruppe Nordlicht.", "steckt"),
    (None, "Die Mails wurden von Grey Heron verschickt.", "grey heron"),
    (None, "Das ist mit Sicherheit so.", "mit sicherheit"),
    (None, "Sie sind Opfer eines Angriffs.", "opfer"),
    (None, "Ein staatlicher Akteur schrieb sie.", "staatlich"),
    (None, "Dit is ongetwijfeld zo.", "ongetwijfeld"),
    (None, "Het is bewezen.", "bewezen"),
    (None, "Achter deze mails zit de groep Noorderlicht.", "achter"),
    (None, "U bent slachtoffer.", "slachtoffer"),
    (None, "Het is het werk van staatshackers.", "staatshackers"),
    (None, "We do not know who wrote them, but the Northern Crew is behind it.", "is behind"),
    (None, "It is not the work of amateurs: the Northern Crew is behind it.", "is behind"),
    (None, "patchquill sent them.", "patchquill"),
    (None, "Patchquill uses such servers.", "patchquill"),
    (None, "C'est la Freedonie qui a envoyé ces courriels.", "freedonie"),
    (None, "Die Mails stammen aus Freedonia.", "freedonia"),
    (None, "The perpetrators have been identified.", "identified"),
    (None, "The trail leads to a large house.", "leads to"),
    (None, "Niemand zweifelt daran.", "zweifelt"),
    (None, "Personne n'en doute.", "doute"),
    (None, "Wij zijn ervan overtuigd.", "overtuigd"),
    (None, "In all likelihood they did.", "in all likelihood"),
    (None, "Un État est derrière.", "un etat"),
    (LIKELY, "It is likely that the Northern Crew is behind it.", "is behind"),
    (LIKELY, "Grey Heron says it sent them.", "grey heron"),
    (LIKELY, "It is likely that Grey Heron sent this. It did.", "it did"),
    (LIKELY, "It is likely that Grey Heron, Freedonia's army, is behind it.", "freedonia's army"),
    (LIKELY, "Grey Heron sent these mails.", "grey heron"),
    (LIKELY, "Grey Heron is behind these mails.", "grey heron"),
    (LIKELY, "It is very likely that Grey Heron is behind them.", "very likely"),
    (LIKELY, "It is almost certain that Grey Heron is behind them.", "almost certain"),
    (LIKELY, "It is 90 % likely that Grey Heron is behind them.", "90 %"),
    (LIKELY, "Nine out of ten: Grey Heron is behind them.", "grey heron"),
    (LIKELY, "It is very unlikely that anybody but Grey Heron did it.", "very unlikely"),
    (LIKELY, "It is likely that Amber Newt is behind them.", "amber newt"),
    (LIKELY, "It is likely, and our confidence is moderate.", "confidence"),
    (LIKELY, "It is likely; we say so with moderate confidence.", "confidence"),
    (LIKELY, "We have high confidence in this.", "confidence"),
    (LIKELY, "Es ist fast sicher, dass Grey Heron dahintersteckt.", "fast sicher"),
    (LIKELY, "Il est quasi certain que Grey Heron soit derrière ces courriels.", "quasi certain"),
    (LIKELY, "Het is vrijwel zeker dat Grey Heron erachter zit.", "vrijwel zeker"),
    (LIKELY, "There are strong signs that Grey Heron is behind these mails.", "strong signs"),
    (VERY, "It is certain that Grey Heron is behind these mails.", "certain"),
    (VERY, "Freedonia's Grey Heron is very likely behind it, and Freedonia ordered it.", "freedonia ordered"),
    (RESEMBLES, "It is likely that Grey Heron is behind these mails.", "grey heron"),
    (None, "“It is certain that Amber Newt is behind this”.", "certain"),
    (None, "The Agency of Northmark says: “It is certain that Amber Newt was behind this”.", "certain"),
    (None, "The Agency of Northmark says that it is certain that Amber Newt is behind this.", "certain"),
    (
        None,
        "The Agency of Northmark says: “It is certain that Amber Newt is behind this. We agree”.",
        "certain",
    ),
)
AROUND: tuple[tuple[str, str], ...] = (
    ("It is con\u00adfirmed.", "soft hyphen"),
    ("It is con\u200bfirmed.", "no space"),
    ("It is con-\nfirmed.", "line break"),
    ("It is con-firmed.", "hyphen"),
    ("IT IS CONFIRMED", "capitals"),
    ("It is ｃｏｎｆｉｒｍｅｄ.", "wide letters"),
    ("It is 𝐜𝐨𝐧𝐟𝐢𝐫𝐦𝐞𝐝.", "mathematical letters"),
    ("It is соnfіrmеd.", "Cyrillic letters"),
    ("It is cοnfirmed.", "a Greek letter"),
    ("It is c o n f i r m e d.", "spaced"),
    ("It is c.o.n.f.i.r.m.e.d.", "dotted"),
    ("It is c0nf1rmed.", "digits"),
    ("It is ċonfirmed.", "accents"),
    ("It is\ncertain\nthat.", "lines"),
    ("“certain”", "quotation marks"),
    ("Grey\nHeron sent it.", "a name over two lines"),
    ("GH 12 sent it.", "a name apart"),
    ("G.H.12 did.", "a name with dots"),
    ("Grеy Hеron sent it.", "a name in look-alikes"),
    ("GREY-HERON", "a name with a hyphen"),
    ("Es ist bestaetigt.", "umlaut written out"),
    ("C’est sûr.", "a typographic apostrophe"),
    ("Это Grey", "another script"),
    ("Das ist nicht nur wahrscheinlich.", "not only"),
)


@pytest.mark.parametrize(("signed", "text"), PASS, ids=[text for _, text in PASS])
def test_what_may_be_said(signed: Ceiling | None, text: str) -> None:
    assert faults(text, bounds(signed)) == ()


@pytest.mark.parametrize(("signed", "text", "word"), FAIL, ids=[text for _, text, _ in FAIL])
def test_what_is_too_strong(signed: Ceiling | None, text: str, word: str) -> None:
    found = faults(text, bounds(signed))
    assert any(word in one.word.casefold() or one.word.casefold() in word for one in found), found
    assert all(one.sentence and one.why and one.allowed for one in found)


@pytest.mark.parametrize(("text", "how"), AROUND, ids=[how for _, how in AROUND])
def test_ways_around_are_closed(text: str, how: str) -> None:
    assert faults(text, bounds(None)), how


def test_the_table_covers_four_languages_and_both_sides() -> None:
    assert len(PASS) + len(FAIL) >= 60


def test_a_withdrawn_claim_may_not_be_quoted() -> None:
    import msgspec

    gone = msgspec.structs.replace(CLAIM, withdrawn_s=1.0)
    text = f"Agency of Northmark: “{CLAIM.words}”."
    assert faults(text, Bounds(None, OTHERS, (), (CLAIM,))) == ()
    assert faults(text, Bounds(None, OTHERS, (), (gone,)))


def test_the_analysts_desk_may_name_but_not_assert() -> None:
    desk = Bounds(None, OTHERS, desk=True)
    assert faults("The habits were published of Amber Newt and of AN31.", desk) == ()
    assert faults("Amber Newt sent these mails.", desk)
    assert faults("Amber Newt is behind these mails.", desk)


_TEXT = st.text(st.sampled_from("aàeéiosûnrct ,.;:!?-–“”«»„'’\"\n%0123456789АеGH\u00ad\u200b"), max_size=200)


@given(_TEXT)
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_without_a_fault_of_ours(text: str) -> None:
    for one in faults(text, bounds(LIKELY)):
        assert one.word


@given(st.lists(st.sampled_from([text for _, text in PASS[:22]]), min_size=1, max_size=4), st.data())
@settings(max_examples=60, deadline=None)
def test_a_strong_sentence_is_found_wherever_it_stands(texts: list[str], data: st.DataObject) -> None:
    strong = data.draw(st.sampled_from([text for signed, text, _ in FAIL[:42] if signed is None]))
    at = data.draw(st.integers(0, len(texts)))
    between = data.draw(st.sampled_from([" ", "\n", "\n\n", "  \u00ad"]))
    alone = {one.word for one in faults(strong, bounds(None))}
    found = {one.word for one in faults(between.join([*texts[:at], strong, *texts[at:]]), bounds(None))}
    assert alone <= found


@given(st.text("abc. \n", max_size=300))
@settings(max_examples=60, deadline=None)
def test_sentences_keep_every_letter(text: str) -> None:
    kept = "".join(one.written for one in sentences(text))
    assert "".join(kept.split()) == "".join(text.split())
