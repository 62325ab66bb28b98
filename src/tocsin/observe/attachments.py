"""The attachments of a mail by name."""

from __future__ import annotations

from tocsin.model.message import Message

_MOST = 200


def attachment_names(message: Message) -> tuple[str, ...]:
    """A name for every attachment that a reader is offered, at most 200: its file name, else its media type.

    Of attached mails the mail itself counts, not what is in it. Pictures that the body shows (with a Content-ID,
    not marked as attachment) do not count, nor do parts that only some reading of ambiguous structure has.
    """
    parts = message.parts
    if len(parts) < 2 and (not parts or (parts[0].disposition != "attachment" and not parts[0].filename)):
        return ()
    names: list[str] = []
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
        names.append(part.filename or media_type)
        if len(names) == _MOST:
            break
    return tuple(names)
