"""The mail server's side of the milter protocol, as far as tests need it."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ALL_ACTIONS = 0x1FF
POSTFIX_PROTOCOL = 0x1FFFFF


def packet(command: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data) + 1) + command + data


def options(version: int = 6, actions: int = ALL_ACTIONS, protocol: int = POSTFIX_PROTOCOL) -> bytes:
    return packet(b"O", struct.pack(">III", version, actions, protocol))


def mail_packets(
    sender: str,
    recipients: list[str],
    fields: list[tuple[bytes, bytes]],
    body: bytes,
    queue_id: str = "4ABC",
    piece: int = 65_535,
) -> list[bytes]:
    """One mail as Postfix sends it; values carry the space after the colon."""
    return [
        packet(b"M", f"<{sender}>".encode("utf-8", "surrogateescape") + b"\0SIZE=100\0"),
        *(packet(b"R", f"<{one}>".encode("utf-8", "surrogateescape") + b"\0") for one in recipients),
        packet(b"D", b"Li\0" + queue_id.encode() + b"\0"),
        *(packet(b"L", name + b"\0" + value + b"\0") for name, value in fields),
        packet(b"N"),
        *(packet(b"B", body[at : at + piece]) for at in range(0, len(body), piece)),
        packet(b"E"),
    ]


@dataclass
class Answer:
    """What the filter asked for, and its last word: "a", "c", "t", "y" …"""

    verdict: str = ""
    text: str = ""
    body: bytes | None = None
    changes: list[tuple[str, int, bytes, bytes]] = field(default_factory=list)
    quarantine: str | None = None

    def fields(self, before: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The header fields as they are afterwards; occurrences are counted as Postfix does."""
        now = list(before)
        for kind, index, name, value in self.changes:
            if kind == "h":
                now.append((name, value))
            elif kind == "i":
                now.insert(max(0, index - 1), (name, value))  # 1: below the server's own Received
            else:
                places = [at for at, (known, _) in enumerate(now) if known.lower() == name.lower()]
                assert index <= len(places), (name, index)
                if value:
                    now[places[index - 1]] = (name, value)
                else:
                    del now[places[index - 1]]
        return now


class MilterClient:
    """A connection to a filter, negotiated as Postfix does."""

    def __init__(
        self, path: Path | str, *, protocol: int = POSTFIX_PROTOCOL, timeout_s: float = 60.0
    ) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout_s)
        self.socket.connect(str(path))
        self.socket.sendall(options(protocol=protocol))
        command, data = self.read()
        assert command == b"O"
        self.version, self.actions, self.protocol = struct.unpack(">III", data)

    def read(self) -> tuple[bytes, bytes]:
        """The next packet. Raises EOFError where the filter hung up."""
        (length,) = struct.unpack(">I", self._exactly(4))
        data = self._exactly(length)
        return data[:1], data[1:]

    def _exactly(self, count: int) -> bytes:
        pieces = b""
        while len(pieces) < count:
            piece = self.socket.recv(count - len(pieces))
            if not piece:
                raise EOFError("the filter hung up")
            pieces += piece
        return pieces

    def send(self, packets: list[bytes]) -> Answer:
        """Send a whole mail and take the answer."""
        self.socket.sendall(b"".join(packets))
        answer = Answer()
        while True:
            command, data = self.read()
            word = command.decode()
            if word in "actrdy":
                answer.verdict, answer.text = word, data.decode("utf-8", "replace").rstrip("\0")
                return answer
            if word == "b":
                answer.body = (answer.body or b"") + data
            elif word in "im":
                (index,) = struct.unpack_from(">I", data)
                name, value = data[4:].rstrip(b"\0").partition(b"\0")[::2]
                answer.changes.append((word, index, name, value))
            elif word == "h":
                name, value = data.rstrip(b"\0").partition(b"\0")[::2]
                answer.changes.append((word, 0, name, value))
            elif word == "q":
                answer.quarantine = data.decode("utf-8", "replace").rstrip("\0")

    def close(self) -> None:
        self.socket.close()


def wait_for_socket(path: Path, timeout_s: float = 60.0, ended: Callable[[], bool] = lambda: False) -> None:
    """Until something listens at the path. Raises TimeoutError, at once where `ended` says so."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s and not ended():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
                return
            except OSError:
                time.sleep(0.05)
    raise TimeoutError(f"nothing listens at {path}")


def wait_until_nobody_listens(path: Path, timeout_s: float = 60.0) -> None:
    """Until connecting to the path is refused."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                return
        time.sleep(0.02)
    raise TimeoutError(f"something still listens at {path}")
