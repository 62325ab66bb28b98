"""What mails ask for and claim, as word lists."""

from __future__ import annotations

import msgspec

# kind -> language (ISO 639-1) -> phrases
PhraseTable = dict[str, dict[str, tuple[str, ...]]]


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases by kind and language, as data/phrases.toml has them.

    A phrase is whole words; "(a|b|)" stands for any of the alternatives, the last one nothing. `asks` fills
    `Content.asks`, `persona` fills `Content.persona`; `marks` are sentences that tell a kind of mail
    ("unsubscribe", "receipt", "reported-speech").
    """

    asks: PhraseTable = {}
    marks: PhraseTable = {}
    persona: PhraseTable = {}
