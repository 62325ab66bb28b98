"""Article texts that mails could copy, as the operator handed them in."""

from __future__ import annotations

import msgspec


class Article(msgspec.Struct, frozen=True):
    """One article: `site` is the registrable domain of its publisher, "" where the file does not say."""

    title: str
    text: str
    site: str = ""
