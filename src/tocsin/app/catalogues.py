"""Load the words of reports and notices: gettext catalogues in data/locale, read as they are, without compiling."""

from __future__ import annotations

import io
import string
from importlib import resources

from tocsin.model.wording import Wording

REPORT_LANGUAGES = ("en", "fr", "nl", "de")
_FORMS = 2


class CatalogueTextError(ValueError):
    """A catalogue that cannot be used; the message names the file, the key and what was expected."""


def load_wording(topic: str, language: str) -> Wording:
    """The catalogue `data/locale/LANGUAGE/TOPIC.po`, where msgid is a key and msgstr the text.

    Raises CatalogueTextError for a language that has no such catalogue, an empty or fuzzy text, or one that the
    format does not allow.
    """
    file = resources.files("tocsin").joinpath("data", "locale", language, f"{topic}.po")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CatalogueTextError(f"there are no words for {topic} in {language!r}") from error
    return read_wording(data, language, f"{language}/{topic}.po")


def notice_languages() -> tuple[str, ...]:
    """The languages that notices can be written in: those of which data/locale holds a catalogue, English first."""
    folders = resources.files("tocsin").joinpath("data", "locale").iterdir()
    found = sorted(one.name for one in folders if one.joinpath("notices.po").is_file())
    return tuple(sorted(found, key=lambda language: language != "en"))


def read_wording(data: bytes, language: str, name: str) -> Wording:
    """A catalogue from its bytes; `name` is what messages call it. Raises CatalogueTextError."""
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(io.BytesIO(data), locale=language, charset="utf-8", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise CatalogueTextError(f"{name}: is no gettext catalogue ({error})") from error
    texts: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if not forms or message.fuzzy or not all(forms) or len(forms) > _FORMS:
            raise CatalogueTextError(f"{name}: {key}: expected a text, or a singular and a plural")
        for form in forms:
            placeholders(form, f"{name}: {key}")
        texts[key] = forms
    return Wording(language, texts)


def placeholders(text: str, where: str = "text") -> frozenset[str]:
    """Names of the places that a text leaves to be filled in. Raises CatalogueTextError for any other use of braces."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise CatalogueTextError(f"{where}: {error}") from error
    for _, name, spec, conversion in parts:
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise CatalogueTextError(
                f"{where}: {{{name}}} is no plain place; expected a name, as in {{mails}}"
            )
    return frozenset(name for _, name, _, _ in parts if name is not None)
