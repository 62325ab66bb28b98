"""A notice as a letter on paper: PDF without a link in it, the same letter the same bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.app.typesetting import set_pages
from tocsin.model.notice import Notice
from tocsin.model.wording import Wording
from tocsin.render.letter import letter_layout
from tocsin.respond.notice_text import CODE_PLACE

_CODE = re.compile(r"\b[23456789CFGHJKMPQRTVWX]{4}-[23456789CFGHJKMPQRTVWX]{4}\b")


def letter_pdf(
    notice: Notice, text: str, office: str, wording: Wording, address: Sequence[str] = ()
) -> bytes:
    """The pages of this text; the code stands in a frame of its own as well.

    `address` are the lines that shall show in the window of an envelope, () where it is put by hand.
    """
    said = text[text.find(wording.texts["head.genuine"][0]) :]  # nobody else's words stand there
    code = _CODE.search(said)
    layout = letter_layout(notice, text, office, wording, code[0] if code else CODE_PLACE, address)
    return set_pages("letter.typ", "letter", layout, made_s=notice.made_s)
