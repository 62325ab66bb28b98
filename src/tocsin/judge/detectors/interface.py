"""What a detector is: a pure function from one mail and its context to at most one finding."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tocsin.judge.context import Context
from tocsin.model.observation import Observed


class Finding(msgspec.Struct, frozen=True, gc=False):
    """What a detector found.

    `text` is one plain sentence for people; `where` the part, header or host it rests on; `level` picks the
    weight in weights.toml, "" for detectors that know one level only.
    """

    text: str
    where: str = ""
    level: str = ""


Detect = Callable[[Observed, Context], Finding | None]


class Detector(msgspec.Struct, frozen=True, gc=False):
    """A registered detector; `id` is its file name in kebab case, its key in weights.toml and its page."""

    id: str
    detect: Detect
