"""Mail inside parts in formats of its own: uuencoded blocks in text, winmail.dat, HTML inside RTF."""

from __future__ import annotations

from tocsin.mail import transfer
from tocsin.mail.drafts import Draft, Limits, decoded_body
from tocsin.mail.tnef import SIGNATURE, Item, unpack_tnef
from tocsin.model.message import Bodies, Defect

_TNEF_TYPES = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_TNEF_PREFIX = b"eJ8+I"  # the signature, base64-encoded
_MARKUP = (b"<html", b"<!doctype html")


def unpack_embedded(
    raw: bytes, drafts: list[Draft], limits: Limits, bodies: Bodies
) -> tuple[list[Draft], list[Defect]]:
    """Parts unpacked from parts, and the defects met on the way; decoded texts are kept in `bodies`.

    An unpacked part's `path` is that of its outer part, "!" and a name ("2!body.html"); `data` holds its
    bytes, spans and `reading` are the outer part's.
    """
    found: list[Draft] = []
    defects: list[Defect] = []
    for index, draft in enumerate(drafts):
        if len(found) >= limits.max_readings:
            defects.append(Defect("too-many-parts", "The mail has more parts than are read.", draft.path))
            break
        items: list[Item] = []
        if _is_tnef(raw, draft):
            items = unpack_tnef(decoded_body(raw, draft, limits.max_decoded, bodies))
            if not items:
                defects.append(Defect("tnef-unreadable", "A winmail.dat could not be read.", draft.path))
        elif draft.media_type == "text/plain" and not draft.reading:
            if draft.data is None and raw.find(b"begin", draft.start, draft.end) < 0:
                if draft.encoding not in transfer.BASE64:
                    continue
            elif draft.data is not None and b"begin" not in draft.data:
                continue
            blocks = transfer.uu_blocks(decoded_body(raw, draft, limits.max_decoded, bodies))
            items = [
                Item(name or "block", _type_of_name(name, data), data, "", True) for name, data in blocks
            ]
            if items:
                defects.append(Defect("uuencoded-text", "A text holds uuencoded files.", draft.path))
        found.extend(_draft(draft, index, item) for item in items)
    return found, defects


def _is_tnef(raw: bytes, draft: Draft) -> bool:
    if draft.media_type.startswith("multipart/") or draft.end <= draft.start:
        return False
    if draft.media_type in _TNEF_TYPES or draft.filename.lower() == "winmail.dat":
        return True
    head = raw[draft.start : draft.start + 16] if draft.data is None else draft.data[:4]
    return head.startswith(SIGNATURE) or (
        draft.encoding in transfer.BASE64 and head.lstrip().startswith(_TNEF_PREFIX)
    )


def _type_of_name(name: str, data: bytes) -> str:
    if name.lower().endswith((".html", ".htm")) or data[:512].lstrip().lower().startswith(_MARKUP):
        return "text/html"
    return "text/plain" if name.lower().endswith(".txt") else "application/octet-stream"


def _draft(outer: Draft, index: int, item: Item) -> Draft:
    return Draft(
        f"{outer.path}!{item.name}",
        outer.reading,
        index,
        (),
        item.media_type,
        {"charset": item.charset} if item.charset else {},
        "",
        "attachment" if item.attachment else "inline",
        item.name if item.attachment else "",
        item.content_id,
        outer.start,
        outer.end,
        item.data,
    )
