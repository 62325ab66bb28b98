"""From a mail as the MTA has it, and as it shall be, to the changes that a milter may ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.connect.milter_protocol import (
    Field,
    Letter,
    add_field,
    append_field,
    change_field,
    replace_body,
)

_TO_THE_TOP = b"x-tocsin"
_TOP = 1  # below the MTA's own Received


def raw_of(letter: Letter, fields: Iterable[Field] | None = None, *, leading_space: bool = True) -> bytes:
    """The mail as bytes with CRLF; `fields` take the place of its own."""
    pieces: list[bytes] = []
    for field in letter.fields if fields is None else fields:
        gap = b":" if leading_space else b": "
        value = field.value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        pieces.append(field.name + gap + value + b"\r\n")
    return b"".join([*pieces, b"\r\n", letter.body])


def split(raw: bytes, *, leading_space: bool = True) -> tuple[tuple[Field, ...], bytes]:
    """Fields and body of a mail with CRLF or LF; lines that are no field and continue none are left out."""
    crlf, lf = raw.find(b"\r\n\r\n"), raw.find(b"\n\n")
    if raw.startswith((b"\r\n", b"\n")):
        return (), raw.partition(b"\n")[2]
    if crlf >= 0 and (lf < 0 or crlf < lf):
        head, body = raw[:crlf], raw[crlf + 4 :]
    elif lf >= 0:
        head, body = raw[:lf], raw[lf + 2 :]
    else:
        head, body = raw, b""
    fields: list[Field] = []
    for line in head.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            last = fields[-1]
            fields[-1] = Field(last.name, last.value + b"\n" + line)
            continue
        name, colon, value = line.partition(b":")
        if colon and name:
            if not leading_space:
                value = value.lstrip(b" \t")
            fields.append(Field(name, value))
    return tuple(fields), body


def field_changes(old: Iterable[Field], new: Iterable[Field]) -> Iterator[bytes]:
    """What turns the fields that the MTA has into those that shall be.

    Fields of one name are changed in their order and surplus ones taken away from the last on: so it does not matter
    whether a server counts those that are gone. New ones with a name starting with X-Tocsin go to the top.
    """
    before, after = _by_name(old), _by_name(new)
    top: list[Field] = []
    for key in [key for key in after if key.startswith(_TO_THE_TOP)]:
        wanted = after.pop(key)
        if [field.value for field in before.get(key, ())] == [field.value for field in wanted]:
            del before[key]
        else:
            top.extend(wanted)
    for key, fields in before.items():
        wanted = after.get(key, [])
        if [field.value for field in fields] == [field.value for field in wanted]:
            continue
        if len(wanted) < len(fields) and (kept := _kept(fields, wanted)) is not None:
            for occurrence in range(len(fields), 0, -1):
                if occurrence - 1 not in kept:
                    yield change_field(Field(fields[occurrence - 1].name, b""), occurrence)
            continue
        for occurrence in range(len(fields), 0, -1):
            field = fields[occurrence - 1]
            if occurrence > len(wanted):
                yield change_field(Field(field.name, b""), occurrence)
            elif wanted[occurrence - 1].value != field.value:
                yield change_field(Field(field.name, wanted[occurrence - 1].value or b" "), occurrence)
    for key, fields in after.items():
        for field in fields[len(before.get(key, ())) :]:
            yield append_field(field)
    for field in reversed(top):
        yield add_field(field, _TOP)


def body_changes(old: bytes, new: bytes) -> Iterator[bytes]:
    """What replaces the body; nothing where it is the same."""
    if old != new:
        yield from replace_body(new)


def _by_name(fields: Iterable[Field]) -> dict[bytes, list[Field]]:
    found: dict[bytes, list[Field]] = {}
    for field in fields:
        found.setdefault(field.name.lower().rstrip(), []).append(field)
    return found


def _kept(fields: list[Field], wanted: list[Field]) -> frozenset[int] | None:
    """Which of the fields are those wanted, where that is the same row with some left out; None where it is not."""
    kept: list[int] = []
    place = 0
    for field in wanted:
        while place < len(fields) and fields[place].value != field.value:
            place += 1
        if place == len(fields):
            return None
        kept.append(place)
        place += 1
    return frozenset(kept)
