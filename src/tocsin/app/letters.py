"""Writes released notices into a folder: a text for each, and a letter where one is to be posted or handed over."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tocsin.app.catalogues import load_wording
from tocsin.app.config import Config
from tocsin.app.letter import letter_pdf
from tocsin.app.notice_release import Released
from tocsin.model.notice import Notice
from tocsin.model.people import People

_ON_PAPER = ("letter", "in-person")


def write_notices(
    folder: Path, released: Sequence[Released], settings: Config, people: People | None = None
) -> list[Path]:
    """The files written, readable by their owner alone, as they hold codes. Raises OSError.

    A letter to be posted bears the reader's postal address where `people` have one, placed for a window.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for one in released:
        name = f"{one.notice.id}-{one.notice.language}"
        paths.append(_write(folder / f"{name}.txt", one.text.encode()))
        if one.notice.channel in _ON_PAPER:
            wording = load_wording("notices", one.notice.language)
            address = postal_address(people, one.notice) if one.notice.channel == "letter" else ()
            pdf = letter_pdf(one.notice, one.text, settings.office, wording, address)
            paths.append(_write(folder / f"{name}.pdf", pdf))
    return paths


def postal_address(people: People | None, notice: Notice) -> tuple[str, ...]:
    """The lines of an envelope: name, then the address as written, a line at each comma or line end; () for none."""
    contact = next((one for one in people.contacts if one.person == notice.person), None) if people else None
    if contact is None:
        return ()
    ways = contact.ways
    if notice.audience == "delegate":
        ways = next((one.ways for one in contact.delegates if notice.to in (one.address, one.name)), ())
    written = next((one.to for one in ways if one.kind == "letter" and one.to.strip()), "")
    lines = [line.strip() for part in written.splitlines() for line in part.split(", ")]
    return (notice.name, *filter(None, lines)) if written else ()


def _write(path: Path, data: bytes) -> Path:
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    part.replace(path)
    return path
