"""Writes released notices into a folder: a text for each, and a letter where one is to be posted or handed over."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tocsin.app.catalogues import load_wording
from tocsin.app.config import Config
from tocsin.app.letter import letter_pdf
from tocsin.app.notice_release import Released

_ON_PAPER = ("letter", "in-person")


def write_notices(folder: Path, released: Sequence[Released], settings: Config) -> list[Path]:
    """The files written, readable by their owner alone, as they hold codes. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for one in released:
        name = f"{one.notice.id}-{one.notice.language}"
        paths.append(_write(folder / f"{name}.txt", one.text.encode()))
        if one.notice.channel in _ON_PAPER:
            wording = load_wording("notices", one.notice.language)
            pdf = letter_pdf(one.notice, one.text, settings.office, wording)
            paths.append(_write(folder / f"{name}.pdf", pdf))
    return paths


def _write(path: Path, data: bytes) -> Path:
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    part.replace(path)
    return path
