"""A real TAXII 2.1 server (medallion) on this machine, and one that goes away between pages."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

USER, PASSWORD = "reader", "a pass:word"
NAMES = ("Twice", "Paged", "Broken", "Empty", "Closed")
COLLECTIONS = {name: f"00000000-0000-4000-8000-{number:012d}" for number, name in enumerate(NAMES)}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server:
    """A running medallion; `root` is the address of its API root."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/taxii2/"
        self.root = f"http://127.0.0.1:{self.port}/trustgroup1/"
        data = {
            "/discovery": {"title": "Test", "default": self.root, "api_roots": [self.root]},
            "trustgroup1": {
                "information": {
                    "title": "Root",
                    "versions": ["application/taxii+json;version=2.1"],
                    "max_content_length": 9765625,
                },
                "status": [],
                "collections": [
                    {
                        "id": id_,
                        "title": name,
                        "can_read": name != "Closed",
                        "can_write": True,
                        "media_types": ["application/stix+json;version=2.1"],
                        "objects": [],
                        "manifest": [],
                    }
                    for name, id_ in COLLECTIONS.items()
                ],
            },
        }
        (folder / "data.json").write_text(json.dumps(data))
        settings = {
            "backend": {
                "module": "medallion.backends.memory_backend",
                "module_class": "MemoryBackend",
                "filename": str(folder / "data.json"),
            },
            "users": {USER: PASSWORD},
            "taxii": {"max_page_size": 7},
        }
        (folder / "conf.json").write_text(json.dumps(settings))
        program = "import sys; from medallion.scripts.run import main; sys.exit(main())"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "--port", str(self.port), str(folder / "conf.json")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("medallion did not start")

    def address(self, name: str) -> str:
        return f"{self.root}collections/{COLLECTIONS[name]}/"

    def add(self, name: str, objects: list[dict[str, Any]]) -> None:
        """As another program would: by the published client."""
        from taxii2client.v21 import Collection

        collection = Collection(self.address(name), user=USER, password=PASSWORD)
        try:
            status = collection.add_objects({"objects": objects})
            assert status.success_count == len(objects)
        finally:
            collection.close()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def serve(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()


class Doorman:
    """Passes a number of requests on to a server, then drops the answer of one and closes."""

    def __init__(self, port: int, requests: int) -> None:
        self._behind = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._run, args=(requests,), daemon=True)
        self._thread.start()

    def _run(self, requests: int) -> None:
        for left in range(requests, -1, -1):
            client, _ = self._listening.accept()
            with client:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += client.recv(65536)
                with socket.create_connection(("127.0.0.1", self._behind)) as behind:
                    behind.sendall(asked)
                    answer = b""
                    while piece := behind.recv(65536):
                        answer += piece
                client.sendall(answer if left else answer[: len(answer) // 2])
        self._listening.close()

    def wait(self) -> None:
        self._thread.join(20)


def answering(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """One HTTP answer as bytes."""
    fields = {"Content-Length": str(len(body)), "Connection": "close"} | (headers or {})
    reason = http.client.responses.get(status, "Odd")
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Scripted:
    """Gives fixed answers by path, as bytes, and keeps what was asked."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with client:
                asked = b""
                while b"\r\n\r\n" not in asked and (piece := client.recv(65536)):
                    asked += piece
                text = asked.decode("latin-1")
                self.asked.append(text)
                path = text.split(" ", 2)[1] if " " in text else ""
                answer = self.answers.get(path, answering(404))
                try:
                    client.sendall(answer)
                except OSError:
                    continue

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
