"""Mails attached as plain files: clients open them by their name, whatever type the part declares."""

from __future__ import annotations

import re

from tocsin.mail import transfer
from tocsin.mail.drafts import Draft

_FILE_TYPES = frozenset(("application/octet-stream", "application/x-eml", "application/eml", "message/eml"))
_PAGES = (".mht", ".mhtml")  # written like a mail, opened by a browser
_LOOKED_AT = 2_048  # bytes of the encoded body
_ANY_FIELD = re.compile(rb"\s*[!-9;-~]{1,80}:[ \t]")
_FAMILIAR = re.compile(
    rb"(?:\A\s*|\n)(received|return-path|from|to|subject|date|message-id|mime-version|delivered-to):[ \t]",
    re.I,
)


def is_attached_mail(raw: bytes, draft: Draft) -> bool:
    """Whether a part that declares no mail is one: named ".eml", or a nameless sort of file that starts as one.

    What is named so must start with a header field; what is not, with a field and hold three familiar ones.
    """
    lowered = draft.filename.lower()
    if lowered.endswith(_PAGES):
        return False
    named = lowered.endswith(".eml")
    if not named and draft.media_type not in _FILE_TYPES:
        return False
    if draft.media_type.startswith(("multipart/", "message/rfc822")) or draft.data is not None:
        return False
    head = transfer.undo(raw[draft.start : min(draft.end, draft.start + _LOOKED_AT)], draft.encoding)
    if _ANY_FIELD.match(head) is None:
        return False
    return named or len({name.lower() for name in _FAMILIAR.findall(head)}) >= 3
