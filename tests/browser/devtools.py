"""Speaks the Chrome DevTools Protocol with one Chromium over a pair of pipes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

Event = dict[str, Any]


class BrowserGone(Exception):
    """The browser ended, or its page crashed."""


class TookTooLong(Exception):
    """The browser did not answer in time."""


class Devtools:
    """One running Chromium. Messages are JSON with a NUL behind each, on its file descriptors 3 and 4.

    `on_event` is called with every event, while a call waits or `pump` runs. Source: Chromium,
    `--remote-debugging-pipe`; the DevTools Protocol.
    """

    def __init__(self, command: Sequence[str], on_event: Callable[[Event], None]) -> None:
        self.on_event = on_event
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()

        def place() -> None:
            # Both ends are moved out of the way first: one may already be 3 or 4.
            low, high = os.dup(to_read), os.dup(to_write)
            spare = [os.dup(descriptor) for descriptor in (low, high)]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self.process = subprocess.Popen(
            [*command, "--remote-debugging-pipe"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=place,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0

    def call(self, method: str, timeout_s: float = 10.0, session: str = "", **params: Any) -> dict[str, Any]:
        """Send a command and give its result; an error of the protocol gives {"error": …}."""
        number = self.send(method, session, **params)
        deadline = time.monotonic() + timeout_s
        while True:
            for message in self._messages(deadline):
                if message.get("id") == number:
                    if "error" in message:
                        return {"error": message["error"].get("message", "")}
                    result: dict[str, Any] = message["result"]
                    return result
            if time.monotonic() >= deadline:
                raise TookTooLong(method)

    def send(self, method: str, session: str = "", **params: Any) -> int:
        """Send a command whose answer nobody waits for; give its number."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._to, data) :]
        except BrokenPipeError as error:
            raise BrowserGone(method) from error
        return self._number

    def pump(self, done: Callable[[], bool], timeout_s: float, step_s: float = 0.02) -> bool:
        """Take in events until `done` says so or the time is up; tell which it was."""
        deadline = time.monotonic() + timeout_s
        while not done():
            now = time.monotonic()
            if now >= deadline:
                return False
            for _ in self._messages(min(deadline, now + step_s)):
                pass
        return True

    def _messages(self, deadline: float) -> list[Event]:
        """Wait until the deadline at most; give all answers that came, events having been told."""
        ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return []
        data = os.read(self._from, 1 << 20)
        if not data:
            raise BrowserGone("the browser closed its pipe")
        *whole, self._buffer = (self._buffer + data).split(b"\0")
        answers: list[Event] = []
        for one in whole:
            message: Event = json.loads(one)
            if "id" in message:
                answers.append(message)
            else:
                self.on_event(message)
        return answers

    def close(self, timeout_s: float = 4.0) -> None:
        """Let the browser end by itself, so that its network log is whole; end it if it does not."""
        try:
            self.send("Browser.close")
            self.process.wait(timeout_s)
        except (BrowserGone, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        for descriptor in (self._to, self._from):
            os.close(descriptor)
