"""Takes out of a mail what phones home; all bytes that need no change stay as they are."""

from __future__ import annotations

import re

from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.drafts import NESTED
from tocsin.mail.mime import scan
from tocsin.mail.smime import gravest, signature_of
from tocsin.model.defused import Defused, Done, Policy
from tocsin.model.message import Header, Message, Part
from tocsin.model.signature import NO_ANCHORS, Anchors, Signature
from tocsin.respond.charset import reads_one_way
from tocsin.respond.fields import acts
from tocsin.respond.html import TooLarge, clean_html
from tocsin.respond.kinds import action
from tocsin.respond.links import calm_text
from tocsin.respond.notice import with_notice
from tocsin.respond.plain import is_own, is_plain, plain_kind, with_line
from tocsin.respond.reserialise import is_ambiguous, reserialise
from tocsin.respond.signed import Cover, bereft, opened
from tocsin.respond.writing import note, quoted, quoted_printable

HEADER = "x-tocsin-defused"
_SAID_BY_NOBODY = frozenset(("receipt-request", "header-address"))  # other changes leave a line or a note
_HTML_KIND = b"text/html; charset=utf-8"
_CONTENT = ("content-type", "content-transfer-encoding")
_ROUNDS = 5
_SIGNED = re.compile(rb"multipart/signed", re.I)
_FIRST_LINE = re.compile(rb"[^\n]*\n")
_Edit = tuple[int, int, bytes]


class _Stubborn(ValueError):
    """The mail cannot be edited where it lies."""


def defuse(
    raw: bytes,
    policy: Policy = Policy(),  # noqa: B008  frozen
    anchors: Anchors = NO_ANCHORS,
    at_s: float = 0.0,
) -> Defused:
    """Take out what phones home on receipt, opening, reply or print, by an allow-list of what cannot.

    Parts whose signature verifies to one of `anchors`, at `at_s` (Unix time of arrival), are left as they are. Never
    raises, whatever the bytes. What comes back is unchanged by defusing it again: the work is done until a
    further round would change nothing, and a mail for which that does not happen, or whose structure cannot be
    made plain, is reduced to its main fields and a note.
    """
    done: dict[tuple[str, str, str], Done] = {}
    left: tuple[str, ...] = ()
    reserialised = False
    current = raw
    signature: Signature | None = None  # as the mail came
    for _ in range(_ROUNDS):
        try:
            after = _round(current, policy, anchors, at_s)
        except _Stubborn:
            break
        signature = signature or after.signature
        for one in after.done:
            key = (one.part, one.what, one.host)
            count = one.count + (done[key].count if key in done else 0)
            done[key] = Done(one.part, one.what, one.host, count)
        left = tuple(dict.fromkeys((*left, *after.left)))
        reserialised = reserialised or after.reserialised
        if after.raw == current or not (after.done or after.reserialised):
            return Defused(after.raw, tuple(done.values()), reserialised, left, signature)
        current = after.raw
    reduced = _reduced(raw, policy)
    signature = signature or signature_of(raw, anchors, at_s)
    return Defused(reduced, (*done.values(), Done("", "mail-sealed")), True, left, signature)


def _round(raw: bytes, policy: Policy, anchors: Anchors, at_s: float) -> Defused:
    message = scan(raw)
    newline = _newline(raw)
    reserialised = False
    cover = Cover(message, anchors, at_s)
    signature = gravest(cover.all)
    if is_ambiguous(message, cover):
        message = scan(reserialise(message, newline))
        cover = Cover(message, anchors, at_s)
        reserialised = True
        if is_ambiguous(message):
            raise _Stubborn
    if not message.headers:
        raise _Stubborn
    edits: list[_Edit] = []
    done: list[Done] = []
    left: list[str] = []
    texts: dict[int, str] = {}  # texts as they are to be written, by the number of the part
    pages: dict[int, str] = {}  # pages in which nothing was to be changed
    for index, part in enumerate(message.parts):
        if "!" in part.path:
            continue  # unpacked from a part that is looked at itself
        headers = message.headers if index == 0 else part.headers
        if cover.exempts(message, part) and index:
            continue
        _fields(headers, part.path, edits, done)
        if cover.exempts(message, part):
            continue
        if part.media_type.startswith("multipart/") and part.media_type == "multipart/encrypted":
            left.append("An encrypted part was left as it is.")
        if part.media_type.startswith("multipart/") or part.media_type in NESTED:
            continue
        if _opened(message, part, headers, newline, edits, done):
            continue
        if is_plain(message, part):
            text, calmed = calm_text(part_text(message, part), policy, part.path)
            if calmed:
                texts[index] = with_line(text, calmed)
                done.extend(calmed)
            continue
        quiet = _part(message, index, part, headers, policy, newline, edits, done, left)
        if quiet and is_own(message, part):
            pages[index] = quiet
    if done and all(one.what in _SAID_BY_NOBODY for one in done):
        _say(message, texts, pages, done, cover)
    for index, text in texts.items():
        part = message.parts[index]
        kind = _HTML_KIND if index in pages else plain_kind(part)
        headers = message.headers if index == 0 else part.headers
        _rewrite(part, headers, kind, quoted_printable(text, newline), newline, edits, False)
    signed = {index for index, part in enumerate(message.parts) if part.media_type == "multipart/signed"}
    for index in bereft(message, frozenset(one.part for one in done if one.what == "file-sealed")):
        signed.discard(index)
        _unsign(message, index, edits, done)
    if done and signed and not cover.signatures:
        left.append("The mail carries a signature, which may no longer fit.")
    edits = [edit for edit in edits if edit[0] != edit[1] or edit[2]]
    stamp = _stamp(policy, newline)
    old = [header for header in message.headers if header.name == HEADER]
    edits.extend((header.start, header.end, b"") for header in old)
    start = next((h.start for h in message.headers if h.name != HEADER), message.headers[0].start)
    edits.append((start, start, stamp))
    return Defused(_applied(message.raw, edits), tuple(done), reserialised, tuple(left), signature)


def _stamp(policy: Policy, newline: bytes) -> bytes:
    value = f"links={policy.links}; attachments={policy.attachments}; tokens={policy.tokens}"
    return f"X-Tocsin-Defused: {value}".encode() + newline


def _newline(raw: bytes) -> bytes:
    line = _FIRST_LINE.match(raw)
    return b"\n" if line is not None and not line[0].endswith(b"\r\n") else b"\r\n"


def _applied(raw: bytes, edits: list[_Edit]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        if start < position:
            raise _Stubborn
        pieces.append(raw[position:start])
        pieces.append(new)
        position = end
    pieces.append(raw[position:])
    return b"".join(pieces)


def _fields(headers: tuple[Header, ...], path: str, edits: list[_Edit], done: list[Done]) -> None:
    for header in headers:
        if what := acts(header):
            done.append(Done(path, what))
            edits.append((header.start, header.end, b""))


def _part(
    message: Message,
    index: int,
    part: Part,
    headers: tuple[Header, ...],
    policy: Policy,
    newline: bytes,
    edits: list[_Edit],
    done: list[Done],
    left: list[str],
) -> str:
    """Note what must be edited in a part; give a page in which nothing had to, written anew."""
    what = action(message, part, policy.attachments)
    if what == "leave":
        return ""
    if what == "opaque":
        left.append(f"{part.media_type} (part {part.path or 'of the whole mail'}) was left as it is.")
        return ""
    if part.data is not None:
        raise _Stubborn
    if what == "html":
        try:
            cleaned = clean_html(part_text(message, part), policy, part.path)
        except TooLarge:
            what = "seal"
        else:
            changed = cleaned.done
            if not reads_one_way(part_bytes(message, part), part.params.get("charset", "")):
                changed = (*changed, Done(part.path, "charset"))
            elif not changed and part.media_type != "text/html":
                changed = (Done(part.path, "document-type"),)
            if not changed:
                return cleaned.text
            done.extend(changed)
            kind = _HTML_KIND
            text = with_notice(cleaned.text, changed, cleaned.hosts)
    if what == "seal":
        done.append(Done(part.path, "file-sealed"))
        text = note(message, part)
        parent = message.parts[part.parent] if part.parent >= 0 else None
        if parent is not None and parent.media_type == "multipart/alternative":
            kind = b"application/octet-stream; name=" + quoted("sealed.txt").encode()
        else:
            kind = b"text/plain; charset=utf-8"
    _rewrite(part, headers, kind, quoted_printable(text, newline), newline, edits, what == "seal")
    return ""


def _opened(
    message: Message,
    part: Part,
    headers: tuple[Header, ...],
    newline: bytes,
    edits: list[_Edit],
    done: list[Done],
) -> bool:
    """Put the mail inside signed data in its place, to be looked at in the next round; whether there was one."""
    found = opened(message, part, newline) if part.data is None else None
    if found is None:
        return False
    if not headers:
        raise _Stubborn
    fields, body = found
    gone = [header for header in headers if header.name.startswith("content-")]
    first = gone[0].start if gone else headers[0].start
    edits.extend((header.start, header.end, b"") for header in gone)
    edits.append((first, first, b"".join(field + newline for field in fields)))
    edits.append((part.start, part.end, body))
    done.append(Done(part.path, "signature-removed"))
    return True


def _unsign(message: Message, index: int, edits: list[_Edit], done: list[Done]) -> None:
    """Make a container of signed mail one of mixed parts, since its signature is gone."""
    part = message.parts[index]
    headers = message.headers if index == 0 else part.headers
    field = next((header for header in headers if header.name == "content-type"), None)
    if field is None:
        raise _Stubborn
    written, count = _SIGNED.subn(b"multipart/mixed", message.raw[field.start : field.end], count=1)
    if not count:
        raise _Stubborn
    edits.append((field.start, field.end, written))
    done.append(Done(part.path, "signature-removed"))


def _say(
    message: Message, texts: dict[int, str], pages: dict[int, str], done: list[Done], cover: Cover
) -> None:
    """Put the line into the first page and the first plain text, where nothing that is shown says it yet."""
    for index, page in list(pages.items())[:1]:
        texts[index] = with_notice(page, tuple(done), what="mail")
    own = ((i, part) for i, part in enumerate(message.parts) if not cover.exempts(message, part))
    plain = next((i for i, part in own if is_plain(message, part)), -1)
    if plain >= 0:
        texts[plain] = with_line(part_text(message, message.parts[plain]), tuple(done), "mail")


def _rewrite(
    part: Part,
    headers: tuple[Header, ...],
    kind: bytes,
    body: bytes,
    newline: bytes,
    edits: list[_Edit],
    sealed: bool,
) -> None:
    if not headers:
        raise _Stubborn
    gone = {*_CONTENT, "content-md5", "content-length"}
    if sealed:
        gone |= {"content-disposition", "content-id", "content-description", "content-class"}
    fields = b"Content-Type: " + kind + newline + b"Content-Transfer-Encoding: quoted-printable" + newline
    first = next((header.start for header in headers if header.name in gone), headers[0].start)
    edits.extend((header.start, header.end, b"") for header in headers if header.name in gone)
    edits.append((first, first, fields))
    edits.append((part.start, part.end, body))


_MAIN = frozenset(
    ("from", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references", "received")
)


def _reduced(raw: bytes, policy: Policy) -> bytes:
    """What is left of a mail that cannot be made plain: its main fields and a note."""
    lines: list[bytes] = []
    for header in scan(raw).headers[:200]:
        if header.name in _MAIN:
            value = re.sub(r"[^\x21-\x7e]+", " ", header.value).strip()[:900]
            lines.append(f"{header.name.title()}: {value}".encode())
    text = "[Tocsin could not make this mail plain enough to be shown. The original is kept sealed.]"
    fields = [
        _stamp(policy, b"").rstrip(),
        *lines,
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=utf-8",
        b"",
        text.encode(),
        b"",
    ]
    return b"\r\n".join(fields)
