"""A loopback server that answers every name and every request, so that what a first answer asks for shows too."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

SECOND = "second.invalid"  # what the sink's own answers name: requests that no mail asks for itself
PORTS = (
    80,
    443,
    81,
    88,
    591,
    3000,
    5000,
    7080,
    8000,
    8008,
    8080,
    8081,
    8088,
    8090,
    8443,
    8888,
    9000,
    9090,
    9443,
)
_IDLE_S = 20.0
_FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


PICTURE = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\x06\0\0\0")
    + _chunk(b"IDAT", zlib.compress(b"\0\0\0\0\0"))
    + _chunk(b"IEND", b"")
)
SOUND = (  # a moment of silence, which film players take as well: tracks are loaded once it plays
    b"RIFF"
    + (36 + 8000).to_bytes(4, "little")
    + b"WAVEfmt \x10\0\0\0\1\0\1\0"
    + (8000).to_bytes(4, "little") * 2
    + b"\1\0\x08\0data"
    + (8000).to_bytes(4, "little")
    + b"\x80" * 8000
)
SHEET = (
    f'@import "http://{SECOND}/imported.css";'
    f"@font-face {{ font-family: second; src: url(http://{SECOND}/font.woff2) }}"
    f"body::before {{ content: url(http://{SECOND}/sheet.png) }}"
).encode()
FRAME = f'<!DOCTYPE html><title>frame</title><img src="http://{SECOND}/framed.png">'.encode()
SCRIPT = f'new Image().src = "http://{SECOND}/scripted.png";'.encode()


def answer_to(path: str, fields: dict[str, str]) -> tuple[str, bytes]:
    """Media type and body for a request, by what the browser says it is for.

    Sec-Fetch-Dest says so over https; over http browsers leave it out, and Accept, Range and the name tell.
    """
    purpose = fields.get("sec-fetch-dest", "")
    accept = fields.get("accept", "")
    name = path.partition("?")[0].lower()
    if purpose == "style" or accept.startswith("text/css"):
        return "text/css", b"" if "imported" in name else SHEET
    if purpose in ("document", "iframe", "frame", "object", "embed") or accept.startswith("text/html"):
        return "text/html", FRAME
    if purpose in ("audio", "video", "track") or "range" in fields:
        return ("text/vtt", b"WEBVTT\n") if purpose == "track" else ("audio/wav", SOUND)
    if purpose == "image" or accept.startswith("image/"):
        return "image/png", PICTURE
    if purpose == "font" or name.endswith((".woff", ".woff2", ".ttf", ".otf", ".eot")):
        return "font/ttf", _font()
    if purpose == "manifest" or name.endswith((".webmanifest", "manifest.json")):
        return "application/manifest+json", b'{"name": "sink"}'
    if purpose == "script" or name.endswith((".js", ".mjs")):
        return "text/javascript", SCRIPT
    return "text/plain", b""


def _font() -> bytes:
    for path in map(Path, _FONTS):
        if path.exists():
            return path.read_bytes()
    return b""


def certificate(folder: Path) -> ssl.SSLContext:
    """Make a key and a self-signed certificate for one run."""
    key, chain = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=sink.invalid", "-keyout", str(key), "-out", str(chain)),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


class Sink:
    """Listens on all addresses of its namespace; the first byte tells TLS from plain HTTP.

    `pages` gives the document of a host, None for hosts that are not ours: those get an answer by purpose.
    """

    def __init__(self, tls: ssl.SSLContext, pages: Callable[[str], bytes | None]) -> None:
        self.tls = tls
        self.pages = pages
        for port in PORTS:
            listener = socket.create_server(
                ("::", port), family=socket.AF_INET6, backlog=256, dualstack_ipv6=True
            )
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind(("127.0.0.1", 53))
        threading.Thread(target=_answer_names, args=(names,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_IDLE_S)
        with contextlib.suppress(OSError), connection:
            first = connection.recv(1, socket.MSG_PEEK)
            if first == b"\x16":
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                while request := lines.readline(1 << 20):
                    fields: dict[str, str] = {}
                    while (line := lines.readline(1 << 16)).strip():
                        name, _, value = line.decode("latin-1").partition(":")
                        fields[name.strip().lower()] = value.strip()
                    if (length := fields.get("content-length", "0")).isdecimal():
                        lines.read(int(length))
                    connection.sendall(self._answer(request.decode("latin-1"), fields))

    def _answer(self, request: str, fields: dict[str, str]) -> bytes:
        path = (*request.split(), "", "/")[1]
        host = fields.get("host", "").partition(":")[0].lower()
        page = self.pages(host) if path == "/" else None
        if page is not None:
            media_type, body = "text/html; charset=utf-8", page
        else:
            media_type, body = answer_to(path, fields)
        head = (
            "HTTP/1.1 200 OK\r\n"
            f"Content-Type: {media_type}\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\n"  # else what one mail loaded the next would not ask for
            "Access-Control-Allow-Origin: *\r\n"
            "\r\n"
        )
        return head.encode() + (b"" if request.startswith("HEAD") else body)


def _answer_names(server: socket.socket) -> None:
    """Answer every question for an IPv4 address with loopback, all others with nothing. Source: RFC 1035."""
    while True:
        question, asker = server.recvfrom(2048)
        end = 12
        while end < len(question) and question[end]:
            end += question[end] + 1
        end += 5
        if len(question) < end:
            continue
        wants_address = question[end - 4 : end - 2] == b"\0\1"
        head = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_address else b"\0\0") + b"\0\0\0\0"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1" if wants_address else b""
        server.sendto(head + question[12:end] + record, asker)
