"""The words of reports: complete in every language, with the same places to fill in, and never too strong."""

from __future__ import annotations

import pytest

from tocsin.app.catalogues import (
    REPORT_LANGUAGES,
    CatalogueTextError,
    load_wording,
    placeholders,
    read_wording,
)
from tocsin.attribute.signs import SIGN
from tocsin.attribute.strength import Bounds, Ceiling, faults
from tocsin.render.report.say import Data, country, day, line, number, percent, written_day
from tocsin.render.report.who import BANDS

WORDINGS = {language: load_wording("reports", language) for language in REPORT_LANGUAGES}
ROWS = {"almost-no-chance": (1, 4), "very-unlikely": (5, 19), "unlikely": (20, 44), "roughly-even-chance": (45, 54),
        "likely": (55, 79), "very-likely": (80, 94), "almost-certain": (95, 99)}  # fmt: skip
SIGNS = {"strong": (80, 94), "some": (55, 79), "few": (45, 54)}
BOUND = ("likelihood.", "signs.", "confidence.", "what.", "that.")


def ceiling(row: tuple[int, int], confidence: str = "high", level: str = "actor") -> Ceiling:
    return Ceiling(("Grey Heron",), *row, confidence, level)


@pytest.mark.parametrize("language", REPORT_LANGUAGES)
def test_every_catalogue_has_the_same_keys_forms_and_places(language: str) -> None:
    english, other = WORDINGS["en"].texts, WORDINGS[language].texts
    assert set(other) == set(english)
    for key, forms in other.items():
        assert len(forms) == len(english[key]), key
        assert {name for form in forms for name in placeholders(form)} == {
            name for form in english[key] for name in placeholders(form)
        }, key


@pytest.mark.parametrize("language", REPORT_LANGUAGES)
def test_no_text_is_stronger_than_nothing_signed(language: str) -> None:
    for key, forms in WORDINGS[language].texts.items():
        if key.startswith(BOUND):
            continue
        for form in forms:
            filled = form.format(**dict.fromkeys(placeholders(form), "…"))
            assert faults(filled, Bounds(desk=True)) == (), key
            assert faults(filled, Bounds()) == (), key


@pytest.mark.parametrize("language", REPORT_LANGUAGES)
@pytest.mark.parametrize("kind", ["actor", "resembles"])
def test_sentences_of_likelihood_pass_at_their_row_and_at_no_weaker_one(language: str, kind: str) -> None:
    wording = WORDINGS[language]
    assert tuple(name for _, name in BANDS) == tuple(ROWS)
    for name, row in ROWS.items():
        what = line(wording, f"what.{kind}", title="Grey Heron")
        within = line(wording, "range", low=row[0], high=row[1])
        text = line(wording, f"likelihood.{name}", what=what, range=within).checked
        assert faults(text, Bounds(ceiling(row, level=kind), ("Grey Heron",))) == (), name
        assert faults(text, Bounds(None, ("Grey Heron",))), name
        for other, weaker in ROWS.items():
            if weaker[1] < row[1] and weaker[0] >= 45:
                bounds = Bounds(ceiling(weaker, level=kind), ("Grey Heron",))
                assert faults(text, bounds), (name, other)


@pytest.mark.parametrize("language", REPORT_LANGUAGES)
def test_signs_for_targets_follow_the_likelihood(language: str) -> None:
    wording = WORDINGS[language]
    what = line(wording, "that.actor", title="Grey Heron")
    for name, row in SIGNS.items():
        text = line(wording, f"signs.{name}", what=what).checked
        found = faults(text, Bounds(ceiling(row), ("Grey Heron",)))
        assert not [one for one in found if "stronger" in one.why], name
    strong = line(wording, "signs.strong", what=what).checked
    assert faults(strong, Bounds(ceiling((55, 79)), ("Grey Heron",)))


@pytest.mark.parametrize("language", REPORT_LANGUAGES)
def test_confidence_passes_at_its_level_and_not_above(language: str) -> None:
    levels = ("low", "moderate", "high")
    for place, name in enumerate(levels):
        text = line(WORDINGS[language], f"confidence.{name}").checked
        for other, signed in enumerate(levels):
            found = faults(text, Bounds(ceiling((55, 79), signed)))
            assert bool(found) == (other < place), (name, signed)


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    assert number(WORDINGS["de"], 12345) == "12.345"
    assert percent(WORDINGS["nl"], 0.0) == "< 1%"
    assert day(WORDINGS["nl"], 1611100800.0) == "20 januari 2021"
    assert day(WORDINGS["en"], 1611100800.0) == "20 January 2021"
    assert written_day(WORDINGS["fr"], "2021-01") == "janvier 2021"
    assert country(WORDINGS["fr"], "BE") == "Belgique"
    assert line(WORDINGS["fr"], "people", 0).text == "0 personne"
    assert line(WORDINGS["fr"], "people", 2).text == "2 personnes"


def test_text_of_others_is_defanged_and_not_held_for_ours() -> None:
    said = line(WORDINGS["en"], "claim.denial", by=Data("https://evil.test {by}"), day="2021")
    assert said.text == "hxxps://evil[.]test {by} denies it (2021):"
    assert "evil" not in said.checked


@pytest.mark.parametrize(
    "body",
    [b'msgid "a"\nmsgstr ""\n',
     b'msgid "a"\nmsgstr "{0}"\n', b'msgid "a"\nmsgstr "{x!r}"\n', b'msgid "a"\nmsgstr "{"\n',
     b'#, fuzzy\nmsgid "a"\nmsgstr "b"\n', b'msgid "a"\nmsgstr "\xff"\n', b'msgid "a\n'],
)  # fmt: skip
def test_a_bad_catalogue_is_refused_with_its_name(body: bytes) -> None:
    head = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    with pytest.raises(CatalogueTextError, match="of ours"):
        read_wording(head + body, "en", "of ours")


def test_a_language_without_words_is_said() -> None:
    with pytest.raises(CatalogueTextError, match="no words"):
        load_wording("reports", "xx")


def test_every_sign_of_mails_has_a_sentence() -> None:
    assert {f"evidence.{sign}" for sign in SIGN} <= WORDINGS["en"].texts.keys()
