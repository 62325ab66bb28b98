"""The milter protocol, version 6, from the filter's side: bytes in, events out; it touches no socket.

A packet is a 4-byte big-endian length and that many bytes, the first of which is the command. Source: sendmail's
libmilter (mfdef.h, mfapi.h) and Postfix's MILTER_README; the library itself is not used, its Python binding being GPL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import msgspec

VERSION = 6
_LENGTH = struct.Struct(">I")
_OPTIONS = struct.Struct(">III")
_INDEX = struct.Struct(">I")
# Postfix sends a header field whole (header_size_limit, 100 KB); bodies come in pieces of 64 KB.
LARGEST_PACKET_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 65_535
MOST_RECIPIENTS = 50_000
MOST_HEADER_BYTES = 16 * 1024 * 1024

ADD_HEADERS, CHANGE_BODY, CHANGE_HEADERS, QUARANTINE = 0x01, 0x02, 0x10, 0x20
_ACTIONS = ADD_HEADERS | CHANGE_BODY | CHANGE_HEADERS | QUARANTINE
_NO_CONNECT, _NO_HELO, _NO_UNKNOWN, _NO_DATA = 0x01, 0x02, 0x100, 0x200
_LEADING_SPACE = 0x100000
# By command: the flag that says that the MTA waits for no reply to it.
_SILENT = {
    b"C": 0x1000,
    b"H": 0x2000,
    b"M": 0x4000,
    b"R": 0x8000,
    b"T": 0x10000,
    b"U": 0x20000,
    b"L": 0x80,
    b"N": 0x40000,
    b"B": 0x80000,
}
_WANTED = _NO_CONNECT | _NO_HELO | _NO_UNKNOWN | _NO_DATA | _LEADING_SPACE | sum(_SILENT.values())

CONTINUE = b"\0\0\0\1c"
ACCEPT = b"\0\0\0\1a"
TEMPFAIL = b"\0\0\0\1t"
PROGRESS = b"\0\0\0\1p"

_HELLO, _MACROS, _MAIL, _BODY, _END, _ABORT, _QUIT, _NEXT = b"O", b"D", b"M", b"B", b"E", b"A", b"Q", b"K"


class ProtocolError(ValueError):
    """The client does not speak the milter protocol, or beyond the limits; the message says what came."""


class Field(msgspec.Struct, frozen=True):
    """A header field as the MTA has it: `value` with the white space after the colon, lines parted by LF alone."""

    name: bytes
    value: bytes


class Letter(msgspec.Struct, frozen=True):
    """One mail handed over to be judged; `macros` are those of the whole transaction ("i" is the queue id).

    `truncated` tells that the body was larger than the session may hold: `body` is then its beginning.
    """

    sender: str
    recipients: tuple[str, ...]
    fields: tuple[Field, ...]
    body: bytes
    macros: dict[str, str]
    truncated: bool = False


class Aborted(msgspec.Struct, frozen=True):
    """The MTA gave up the mail at hand; no answer is expected."""


class Ended(msgspec.Struct, frozen=True):
    """The MTA has no more mail on this connection."""


Event = Letter | Aborted | Ended


class Session:
    """What one MTA has said on one connection so far.

    `reply` collects what has to be sent back at once. After a Letter the caller answers by `answer`.
    """

    def __init__(self, largest_body_bytes: int) -> None:
        self._largest = largest_body_bytes
        self._incoming = bytearray()
        self._protocol = 0
        self._greeted = False
        self._macros: dict[str, str] = {}
        self._noted = b""
        self.reply = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._sender = ""
        self._recipients: list[str] = []
        self._fields: list[Field] = []
        self._field_bytes = 0
        self._body = bytearray()
        self._truncated = False
        self._in_mail = False

    @property
    def held_bytes(self) -> int:
        """How much the mail at hand takes."""
        return len(self._body) + self._field_bytes + len(self._incoming)

    @property
    def leading_space(self) -> bool:
        """Whether values carry the white space after the colon, in both directions."""
        return bool(self._protocol & _LEADING_SPACE)

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take in what came; yields what it amounts to. Raises ProtocolError."""
        self._incoming += data
        start = 0
        try:
            while len(self._incoming) - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._incoming, start)
                if not 1 <= length <= LARGEST_PACKET_BYTES:
                    raise ProtocolError(f"a packet of {length} bytes; expected 1 to {LARGEST_PACKET_BYTES}")
                end = start + _LENGTH.size + length
                if len(self._incoming) < end:
                    break
                packet = bytes(self._incoming[start + _LENGTH.size : end])
                start = end
                event = self._take(packet[:1], packet[1:])
                if event is not None:
                    yield event
        finally:
            del self._incoming[:start]

    def _take(self, command: bytes, data: bytes) -> Event | None:
        if command == _HELLO:
            self._greet(data)
            return None
        if not self._greeted:
            raise ProtocolError(f"command {command!r} before the negotiation of options")
        if command == _MACROS:
            self._note(data)
        elif command == _QUIT:
            return Ended()
        elif command == _NEXT:
            self._begin()
        elif command == _ABORT:
            aborted = self._in_mail
            self._begin()
            return Aborted() if aborted else None
        elif command == _END:
            return self._finish(data)
        elif command in _SILENT:
            self._collect(command, data)
            if not self._protocol & _SILENT[command]:
                self.reply += CONTINUE
        else:
            raise ProtocolError(f"command {command!r}, which the protocol does not have")
        return None

    def _greet(self, data: bytes) -> None:
        if len(data) < _OPTIONS.size:
            raise ProtocolError(f"options in {len(data)} bytes; expected {_OPTIONS.size}")
        version, actions, protocol = _OPTIONS.unpack_from(data)
        if version < 2 or actions & _ACTIONS != _ACTIONS:
            raise ProtocolError(
                f"version {version} with actions {actions:#x}; expected a mail server that lets filters add and "
                "change fields, replace bodies and quarantine (Postfix 2.6 or later, milter_protocol = 6)"
            )
        self._protocol = protocol & _WANTED
        self._greeted = True
        self._begin()
        self.reply += _packet(b"O", _OPTIONS.pack(min(version, VERSION), _ACTIONS, self._protocol))

    def _note(self, data: bytes) -> None:
        if data == self._noted:  # Postfix says the same before every header field
            return
        self._noted = data
        words = data[1:].split(b"\0")
        for name, value in zip(words[::2], words[1::2], strict=False):
            if len(self._macros) < 200 or name.decode("utf-8", "replace") in self._macros:
                key = name.decode("utf-8", "replace").strip("{}")
                self._macros[key] = value[:2000].decode("utf-8", "replace")

    def _collect(self, command: bytes, data: bytes) -> None:
        if command == _MAIL:
            self._begin()
            self._in_mail = True
            self._sender = _address(data)
        elif command == b"R":
            if len(self._recipients) >= MOST_RECIPIENTS:
                raise ProtocolError(f"more than {MOST_RECIPIENTS} recipients of one mail")
            self._recipients.append(_address(data))
        elif command == b"L":
            name, _, rest = data.partition(b"\0")
            self._field_bytes += len(data)
            if self._field_bytes > MOST_HEADER_BYTES:
                raise ProtocolError(f"header fields of more than {MOST_HEADER_BYTES} bytes in one mail")
            self._fields.append(Field(name, rest.removesuffix(b"\0")))
        elif command == _BODY:
            self._grow(data)

    def _grow(self, data: bytes) -> None:
        room = self._largest - len(self._body)
        self._truncated = self._truncated or len(data) > room
        self._body += data[: max(room, 0)]

    def _finish(self, data: bytes) -> Letter:
        if not self._in_mail:
            raise ProtocolError("the end of a mail that did not begin")
        self._grow(data)
        letter = Letter(
            self._sender,
            tuple(self._recipients),
            tuple(self._fields),
            bytes(self._body),
            dict(self._macros),
            self._truncated,
        )
        self._begin()
        return letter


def _address(data: bytes) -> str:
    """The address of an envelope, without brackets and parameters; what is no UTF-8 is shown by its bytes."""
    text = data.partition(b"\0")[0].decode("utf-8", "backslashreplace").strip()
    return text.removeprefix("<").removesuffix(">")


def _packet(command: bytes, data: bytes = b"") -> bytes:
    return _LENGTH.pack(len(data) + 1) + command + data


def add_field(field: Field, index: int) -> bytes:
    """Insert a field at a place counted from 0, the top; Postfix's own Received stands at 0."""
    return _packet(b"i", _INDEX.pack(index) + field.name + b"\0" + field.value + b"\0")


def append_field(field: Field) -> bytes:
    """Add a field below all others."""
    return _packet(b"h", field.name + b"\0" + field.value + b"\0")


def change_field(field: Field, occurrence: int) -> bytes:
    """Change the value of the first, second … field of this name (counted from 1); an empty value takes it away."""
    return _packet(b"m", _INDEX.pack(occurrence) + field.name + b"\0" + field.value + b"\0")


def replace_body(body: bytes) -> Iterable[bytes]:
    """Replace the body, in pieces."""
    for start in range(0, max(len(body), 1), _PIECE_BYTES):
        yield _packet(b"b", body[start : start + _PIECE_BYTES])


def quarantine(reason: str) -> bytes:
    """Ask the MTA to put the mail on hold instead of delivering it."""
    return _packet(b"q", reason.encode("ascii", "replace").replace(b"\0", b" ")[:500] + b"\0")


def refuse_for_now(text: str) -> bytes:
    """Answer 451 with a line that the sending server's operator reads."""
    line = text.encode("ascii", "replace").replace(b"%", b"%%")[:400]
    return _packet(b"y", b"451 4.7.1 " + line + b"\0")
