"""Which reader looks into which kind of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance

Reader = Callable[[AttachedFile, Allowance], FileReading]


def _mail(file: AttachedFile, allowance: Allowance) -> FileReading:
    return FileReading(mail=file.data)


READERS: Mapping[str, Reader] = {kinds.MAIL: _mail, kinds.MHTML: _mail}
