"""Texts of one language, as a catalogue has them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Wording(msgspec.Struct, frozen=True):
    """What is said in one language (ISO 639-1): by key, one form, or two (singular, plural).

    Forms may hold named places, as in "{mails} to {people}", that are filled in when they are said.
    """

    language: str
    texts: Mapping[str, tuple[str, ...]]
