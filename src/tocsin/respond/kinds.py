"""What may be done with a part: left, cleaned as HTML, sealed, or left and told."""

from __future__ import annotations

import re

from tocsin.mail.body import part_bytes
from tocsin.mail.smime import is_opaque
from tocsin.model.message import Message, Part
from tocsin.respond.idle_files import is_idle_file
from tocsin.respond.raster import is_raster
from tocsin.respond.signed import shuts_itself

HTML = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"))
_TEXT_WORDS = """
    text/plain text/csv text/tab-separated-values text/x-patch text/x-diff text/x-log text/rfc822-headers
    message/delivery-status message/disposition-notification message/feedback-report message/global-delivery-status
    message/global-headers text/x-python text/x-csrc text/x-chdr text/x-c text/troff text/parityfec
    application/json application/x-patch
"""
_TEXT = frozenset(_TEXT_WORDS.split())
# Cryptography is not rewritten: nothing readable would be left.
_SEALED_BY_SENDER_WORDS = """
    application/pkcs7-mime application/x-pkcs7-mime application/pkcs7-signature application/x-pkcs7-signature
    application/pgp-encrypted application/pgp-signature application/pgp-keys
"""
_SEALED_BY_SENDER = frozenset(_SEALED_BY_SENDER_WORDS.split())
_SOUND_MAGIC = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"OggS", b"fLaC", b"#!AMR")
_PLAIN_NAMES = re.compile(
    r"(?:.*\.(?:txt|text|log|csv|tsv|md|asc|sig|diff|patch|json|c|h|py|pl|sh|conf|cfg|ini|yaml|yml|toml)|[^.]*)\Z",
    re.I,
)
_PICTURE_NAMES = re.compile(
    r"(?:.*\.(?:png|jpe?g|jfif|gif|bmp|webp|tiff?|ico|heic|heif|avif|jpe)|[^.]*)\Z", re.I
)
_CALENDAR = re.compile(
    rb"://|\\\\|^(?:attach|image|sound|x-tocsin|begin:valarm|conference)|mailto:[^\r\n]*\?", re.I | re.M
)
# Programs open these by themselves or in the mail's own window, whatever the policy says of attachments.
_ALWAYS_WORDS = """
    application/ms-tnef application/vnd.ms-tnef message/external-body message/partial text/x-amp-html text/enriched
    text/richtext text/css text/xml application/xml image/svg+xml text/x-vcard
"""
_ALWAYS = frozenset(_ALWAYS_WORDS.split())
_MARKDOWN = re.compile(rb"!\[|<|\]:")  # a picture, HTML, an address that a picture may name
_URL = re.compile(rb"://|\\\\\\\\|mailto:", re.I)


def is_html(part: Part) -> bool:
    """Whether mail programs draw the part as a page within the mail."""
    return part.media_type in HTML and part.disposition != "attachment"


def action(message: Message, part: Part, attachments: str) -> str:
    """ "leave", "html", "seal" or "opaque" (left as it is, and told).

    `attachments` is as in `model.defused.Policy`: "keep" leaves files that wait to be opened.
    """
    keep = attachments == "keep"
    kind = part.media_type
    if is_html(part):
        return "html"
    if kind in _SEALED_BY_SENDER or is_opaque(part):
        return "opaque" if shuts_itself(message, part) else "seal"
    head = _head(message, part)
    above = message.parts[part.parent].media_type if part.parent >= 0 else ""
    if above == "multipart/encrypted" and shuts_itself(message, part):
        return "opaque"
    if kind in ("application/ms-tnef", "application/vnd.ms-tnef") or part.filename.lower() == "winmail.dat":
        return "seal"
    if head.startswith(b"\x78\x9f\x3e\x22"):
        return "seal"
    if not head:
        return "leave" if kind not in ("message/external-body", "message/partial") else "seal"
    if kind in _TEXT and _PLAIN_NAMES.match(part.filename):
        return "leave"
    if kind == "text/markdown" and _MARKDOWN.search(part_bytes(message, part)) is None:
        return "leave"
    if kind == "application/octet-stream" and _is_text_file(part, part_bytes(message, part)):
        return "leave"
    if (
        (kind.startswith("image/") or (kind == "application/octet-stream" and part.filename))
        and is_raster(head)
        and _PICTURE_NAMES.match(part.filename)
    ):
        return "leave"
    if kind.startswith(("audio/", "video/")) and head.startswith(_SOUND_MAGIC):
        return "leave"
    if kind in ("text/calendar", "application/ics"):
        return "seal" if _CALENDAR.search(_unfolded(part_bytes(message, part))) else "leave"
    if kind in ("text/vcard", "text/x-vcard", "text/directory"):
        return "seal" if _URL.search(_unfolded(part_bytes(message, part))) else "leave"
    if attachments == "active" and is_idle_file(kind, part.filename, part_bytes(message, part)):
        return "leave"
    if keep and kind not in _ALWAYS and (part.disposition == "attachment" or part.filename):
        return "leave"
    if keep and not kind.startswith(("text/", "message/", "application/xml")):
        return "leave"
    return "seal"


def _is_text_file(part: Part, data: bytes) -> bool:
    """Whether a file named as text holds nothing but text, which an editor opens."""
    return (
        part.filename.lower().endswith((".txt", ".log"))
        and b"<" not in data
        and data.isascii()
        and b"\0" not in data
    )


def _head(message: Message, part: Part) -> bytes:
    if part.media_type.startswith(("text/", "message/")) and part.encoding in ("", "7bit", "8bit"):
        return message.raw[part.start : min(part.end, part.start + 64)]
    return part_bytes(message, part)[:64]


def _unfolded(data: bytes) -> bytes:
    return data.replace(b"\r\n ", b"").replace(b"\n ", b"").replace(b"\r\n\t", b"").replace(b"\n\t", b"")
