"""Finds one mail by file, digest or message id, and judges it where it lies."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from tocsin.app.scan import Scan, ScanRequest
from tocsin.model.scan import Judged
from tocsin.model.source import ReadError

_DIGEST = re.compile(r"[0-9a-fA-F]{6,64}")
# A mailbox named as MESSAGE would match every mail in it: so many are listed, not more.
_MOST_FOUND = 1000


class LookupFailed(ValueError):
    """There is nothing to look in; the message says what to name."""


class Wanted(msgspec.Struct, frozen=True):
    """What to match; all empty: any mail."""

    digest: str = ""
    message_id: str = ""

    def fits(self, judged: Judged) -> bool:
        mail = judged.observed
        if self.digest:
            return mail.sha256.startswith(self.digest)
        if self.message_id:
            return mail.message_id.strip("<> ") == self.message_id
        return True


def find_message(
    message: str, paths: Sequence[str], make_request: Callable[[Sequence[str]], ScanRequest]
) -> tuple[ScanRequest, Wanted]:
    """Turn what the user named into a scan and what to match in it. Raises LookupFailed."""
    if message == "-" or os.path.lexists(message):
        return make_request([message]), Wanted()
    if not paths:
        paths = last_scanned()
    if not paths:
        raise LookupFailed(
            f"{message}: there is no such file; to look a digest or Message-ID up, name the mailbox: "
            f"tocsin explain {message} --in MAILBOX"
        )
    if _DIGEST.fullmatch(message):
        return make_request(paths), Wanted(digest=message.lower())
    return make_request(paths), Wanted(message_id=message.strip("<> "))


def explain(
    request: ScanRequest, wanted: Wanted, *, stdin: BinaryIO | None = None
) -> tuple[list[Judged], list[ReadError]]:
    """Judge the whole mailbox and keep the mails that fit: a verdict needs the history around it."""
    scan = Scan(request, stdin=stdin)
    found: list[Judged] = []
    errors: list[ReadError] = []
    try:
        for item in scan:
            if isinstance(item, ReadError):
                errors.append(item)
            elif wanted.fits(item) and len(found) < _MOST_FOUND:
                found.append(item)
    finally:
        scan.close()
    return found, errors


def _state_file() -> Path:
    return (
        Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        / "tocsin"
        / "last-scan.json"
    )


def remember_scanned(paths: Sequence[str]) -> None:
    """Note which paths were scanned last, so that `explain` finds their mails; nothing about the mails themselves."""
    if "-" in paths:
        return
    file = _state_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps([os.path.abspath(path) for path in paths]), encoding="utf-8")
    except OSError:
        return  # a convenience: a read-only home must not fail the scan


def last_scanned() -> list[str]:
    """The paths scanned last that still exist."""
    try:
        paths = json.loads(_state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(paths, list):
        return []
    return [path for path in paths if isinstance(path, str) and os.path.lexists(path)]
