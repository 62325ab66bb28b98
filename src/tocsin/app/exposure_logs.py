"""Reads logs that were handed in, for what they say of some hosts; nothing else of them is kept."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from tocsin.exchange.access_log import LogRead, read_lines
from tocsin.model.exposure import Fetched

_MOST_LETTERS = 4 * 1024**3
_LONGEST_LINE = 16_384
_MOST_FETCHED = 100_000
_TRIED_LINES = 1_000


class LogError(ValueError):
    """A log cannot be read; the message says which, where, and what was expected."""


def read_logs(paths: Iterable[Path], hosts: Collection[str]) -> LogRead:
    """What logs (plain or .gz) say was asked for of these hosts. Raises LogError."""
    found: list[Fetched] = []
    lines = unknown = 0
    for path in paths:
        count = odd = 0
        try:
            written_s = path.stat().st_mtime
            with _opened(path) as file:
                for one in read_lines(_bounded(file, path), path.name, hosts, written_s=written_s):
                    count += 1
                    if one is None:
                        odd += 1
                    else:
                        found.append(one)
                    if odd >= _TRIED_LINES and odd == count:
                        break
                    if len(found) > _MOST_FETCHED:
                        raise LogError(
                            f"{path}: more than {_MOST_FETCHED:,} lines ask for hosts of these mails"
                        )
        except (OSError, EOFError) as error:
            raise LogError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
        if odd and odd == count:
            raise LogError(
                f"{path}: no line is of a form that is known: Squid's access.log, the common or combined log format "
                "with whole URLs, a query log of dnsmasq, Unbound or BIND, or CSV with the columns time and url or host"
            )
        lines, unknown = lines + count, unknown + odd
    return LogRead(tuple(sorted(found, key=lambda one: (one.at_s, one.place))), lines, unknown)


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open("r", encoding="utf-8", errors="replace")


def _bounded(file: TextIO, path: Path) -> Iterator[str]:
    """The lines of a log, each whole up to _LONGEST_LINE; what stands beyond is passed over."""
    size, whole = 0, True
    while line := file.readline(_LONGEST_LINE):
        size += len(line)
        begins, whole = whole, line.endswith("\n")
        if size > _MOST_LETTERS:
            raise LogError(
                f"{path}: has more than {_MOST_LETTERS // 1024**3} GiB; cut it to the days of the mails"
            )
        if begins:
            yield line
