"""The scanner: the bytes of a mail to a Message, in every reading that some client shows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from tocsin.mail.drafts import NESTED, Draft, Limits, decoded_body
from tocsin.mail.embedded import unpack_embedded
from tocsin.mail.headers import first
from tocsin.mail.identity import fingerprint
from tocsin.mail.readings import Readings
from tocsin.model.message import Bodies, Defect, Envelope, Message

__all__ = ["Limits", "scan"]

_LEAD = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:[ \t]*+[\r\n]++)*(?:>?From [^\r\n]*(?:\r\n|\n|\r))?[\r\n]*"
)


def scan(
    raw: bytes,
    *,
    envelope: Envelope = Envelope(),  # noqa: B008  frozen
    arrival_s: float | None = None,
    headers_missing: bool = False,
    limits: Limits = Limits(),  # noqa: B008  frozen
) -> Message:
    """Reads a mail; what is wrong with it becomes defects, never an exception.

    The parts of the standard reading come first, in the order of their bytes, then those of other readings
    (`Part.reading` names the ambiguity, docs/defects.md lists them), then what was unpacked from parts.
    Beyond 40 levels of nesting a path is "~" and the index of the part. With `headers_missing` the bytes are
    an HTML body that was saved without headers.
    """
    readings = Readings(raw, limits)
    bodies: Bodies = {}
    defects: list[Defect] = []
    if headers_missing:
        drafts = [Draft("", "", -1, (), "text/html", {}, "", "", "", "", 0, len(raw))]
        readings.drafts = drafts
    else:
        lead = _LEAD.match(raw)
        start = lead.end() if lead is not None else 0
        if start:
            defects.extend(_lead_defects(raw[:start]))
        readings.read(start, len(raw))
        drafts = readings.drafts
        unpacked, unpack_defects = unpack_embedded(raw, drafts, limits, bodies)
        drafts.extend(unpacked)
        readings.defects.extend(unpack_defects)
    defects.extend(readings.defects)
    root = drafts[0]
    if len(drafts) == 1 and not root.headers and not headers_missing:
        defects.append(
            Defect(
                "no-header-block" if raw else "empty",
                "The mail has no headers." if raw else "The mail is empty.",
            )
        )
    if root.headers and root.media_type != "text/plain" and not first(root.headers, "mime-version"):
        defects.append(Defect("mime-version-missing", "MIME structure without a MIME-Version field."))
    return Message(
        raw,
        hashlib.sha256(raw).hexdigest(),
        fingerprint(root.headers, _leaves(raw, drafts, limits, bodies)),
        root.headers,
        tuple([draft.part() for draft in drafts]),
        tuple(defects),
        envelope,
        arrival_s,
        headers_missing,
        readings.exercise,
        bodies,
    )


def _lead_defects(lead: bytes) -> Iterator[Defect]:
    if lead[0] >= 0xEF:
        yield Defect("leading-bom", "A byte order mark stands before the headers.")
        lead = lead[3 if lead[0] == 0xEF else 2 :]
    if b"From " in lead:
        yield Defect("leading-from-line", "An mbox separator stands before the headers.")
    elif lead:
        yield Defect("leading-blank-line", "Blank lines stand before the headers.")


def _leaves(raw: bytes, drafts: list[Draft], limits: Limits, bodies: Bodies) -> Iterator[tuple[str, bytes]]:
    for draft in drafts:
        if (
            draft.reading
            or "!" in draft.path
            or draft.media_type.startswith("multipart/")
            or draft.media_type in NESTED
        ):
            continue
        yield draft.media_type, decoded_body(raw, draft, limits.max_decoded, bodies)
