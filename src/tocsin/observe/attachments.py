"""The attachments of a mail: their names, and the hashes by which others know them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5, sha1, sha256

from tocsin.mail.body import part_bytes
from tocsin.model.message import Message, Part
from tocsin.model.observation import Observation

_MOST = 200
_MOST_HASHED = 16
_MOST_HASHED_BYTES = 64 << 20  # of all attachments of a mail together, as they lie in it
_OWN_TO_EACH = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")


def attachment_names(message: Message) -> tuple[str, ...]:
    """A name for every attachment that a reader is offered, at most 200: its file name, else its media type.

    Of attached mails the mail itself counts, not what is in it. Pictures that the body shows (with a Content-ID,
    not marked as attachment) do not count, nor do parts that only some reading of ambiguous structure has.
    """
    names: list[str] = []
    for part in _attachments(message):
        names.append(part.filename or part.media_type)
        if len(names) == _MOST:
            break
    return tuple(names)


def attachment_hashes(message: Message) -> tuple[Observation, ...]:
    """MD5, SHA-1 and SHA-256 of each attached file, transfer encoding undone; of at most 16 files and 64 MiB.

    Signatures of the mail itself have none: each is another one. Kinds are "attachment-md5", "attachment-sha1" and
    "attachment-sha256"; intelligence names files by any of them.
    """
    found: dict[str, tuple[Observation, ...]] = {}
    left = _MOST_HASHED_BYTES
    for part in _attachments(message):
        if part.media_type in _OWN_TO_EACH or part.media_type == "message/rfc822":
            continue
        left -= part.end - part.start
        if left < 0:
            break
        data = part_bytes(message, part)
        if not data:
            continue
        name = sha256(data).hexdigest()
        if name not in found:
            found[name] = (
                Observation("attachment-md5", md5(data, usedforsecurity=False).hexdigest(), part.path),
                Observation("attachment-sha1", sha1(data, usedforsecurity=False).hexdigest(), part.path),
                Observation("attachment-sha256", name, part.path),
            )
        if len(found) == _MOST_HASHED:
            break
    return tuple(one for three in found.values() for one in three)


def _attachments(message: Message) -> Iterator[Part]:
    parts = message.parts
    if len(parts) < 2 and (not parts or (parts[0].disposition != "attachment" and not parts[0].filename)):
        return
    inside: set[int] = set()
    for index, part in enumerate(parts):
        if part.parent in inside:
            inside.add(index)
            continue
        media_type = part.media_type
        if part.reading or media_type.startswith("multipart/"):
            continue
        is_mail = media_type == "message/rfc822"
        if is_mail:
            inside.add(index)
        if part.disposition != "attachment":
            if part.content_id and media_type.startswith("image/"):
                continue
            if not part.filename and (media_type.startswith("text/") or (not is_mail and part.parent < 0)):
                continue
            if not part.filename and media_type.startswith("message/") and not is_mail:
                continue
        yield part
