"""Lines of logs that say who asked for what: proxies (Squid, common and combined format), resolvers, tables.

Known forms: Squid's native access.log; the common and combined log format with whole URLs; query logs of dnsmasq,
Unbound and BIND; CSV whose first line names time, and url or host (client as well where there is one). Lines of no
known form are counted, never guessed at. Resolver logs know hosts alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from tocsin.model.exposure import Fetched

_LONGEST_LINE = 16_384
_IP = r"[0-9a-fA-F.:]{2,45}"
_NAME = r"\S{1,255}"
_SQUID = re.compile(
    r"(\d{9,11}(?:\.\d{1,6})?)\s+\d+\s+(\S{1,100})\s+\S{1,60}\s+\d+\s+([A-Z]{2,20})\s+(\S{1,8000})"
)
_CLF = re.compile(
    r'(\S{1,100}) \S{1,100} .{0,200}?\[([^\]]{20,30})\] "([A-Z]{2,20}) (\S{1,8000}) HTTP/[\d.]{1,4}"'
)
_BIND = re.compile(
    r"(\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d)(?:\.\d+)?.{0,80}?client (?:@\S{1,40} )?"
    rf"({_IP})#\d+.{{0,300}}?query: ({_NAME}) IN"
)
_UNBOUND = re.compile(
    rf"\[(\d{{9,11}})\] unbound\[[^\]]{{1,20}}\] info: ({_IP}) ({_NAME})\. [A-Z0-9]{{1,10}} IN"
)
_DNSMASQ = re.compile(
    rf"(\w{{3}} [ \d]\d \d\d:\d\d:\d\d) .{{0,80}}?query\[[A-Z0-9]{{1,10}}\] ({_NAME}) from ({_IP})"
)
_TIMES = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")


class LogRead(msgspec.Struct, frozen=True):
    """What reading logs found: lines that ask for a wanted host, and how many lines were of no known form."""

    fetched: tuple[Fetched, ...] = ()
    lines: int = 0
    unknown: int = 0


def read_lines(
    lines: Iterable[str], name: str, hosts: Collection[str], *, year: int
) -> Iterator[Fetched | None]:
    """Of each line what it asks for: a Fetched where that is one of `hosts`, None for a line of no known form.

    Lines about other hosts give nothing. `year` is that of the last line, for logs that write none.
    """
    table: list[str] | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")[:_LONGEST_LINE]
        if number == 1:
            head = [cell.strip().lower() for cell in next(csv.reader([text]), [])]
            if "time" in head and {"url", "host"} & set(head):
                table = head
                continue
        if not text.strip():
            continue
        place = f"{name}, line {number}"
        found = _row(text, table) if table is not None else _line(text, year)
        if found is None:
            yield None
            continue
        at_s, host, url, client = found
        if host in hosts:
            yield Fetched(at_s, host, url, client, place)


def _line(text: str, year: int) -> tuple[float, str, str, str] | None:
    for pattern, reader in _FORMS:
        match = pattern.match(text) or (pattern.search(text) if pattern is _UNBOUND else None)
        if match is not None:
            return reader(match, year)
    return None


def _squid(match: re.Match[str], _: int) -> tuple[float, str, str, str] | None:
    host, url = _asked(match[4], match[3])
    return (float(match[1]), host, url, match[2]) if host else None


def _clf(match: re.Match[str], _: int) -> tuple[float, str, str, str] | None:
    at_s = _moment(match[2], "%d/%b/%Y:%H:%M:%S %z")
    host, url = _asked(match[4], match[3])
    return (at_s, host, url, match[1]) if host and at_s is not None else None


def _bind(match: re.Match[str], _: int) -> tuple[float, str, str, str] | None:
    at_s = _moment(match[1], "%d-%b-%Y %H:%M:%S")
    return (at_s, _host(match[3]), "", match[2]) if at_s is not None else None


def _unbound(match: re.Match[str], _: int) -> tuple[float, str, str, str] | None:
    return float(match[1]), _host(match[3]), "", match[2]


def _dnsmasq(match: re.Match[str], year: int) -> tuple[float, str, str, str] | None:
    at_s = _moment(f"{year} {match[1]}", "%Y %b %d %H:%M:%S")
    return (at_s, _host(match[2]), "", match[3]) if at_s is not None else None


_Reader = Callable[[re.Match[str], int], tuple[float, str, str, str] | None]
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_SQUID, _squid),
    (_CLF, _clf),
    (_DNSMASQ, _dnsmasq),
    (_UNBOUND, _unbound),
    (_BIND, _bind),
)


def _row(text: str, table: list[str]) -> tuple[float, str, str, str] | None:
    try:
        cells = next(csv.reader([text]), [])
    except csv.Error:
        return None
    row = dict(zip(table, (cell.strip() for cell in cells), strict=False))
    written = row.get("time", "")
    at_s = float(written) if re.fullmatch(r"\d{9,11}(\.\d{1,6})?", written) else None
    for form in _TIMES:
        at_s = at_s if at_s is not None else _moment(written.replace("Z", "+0000"), form)
    host, url = _asked(row.get("url", ""), "GET") if row.get("url") else (_host(row.get("host", "")), "")
    return (at_s, host, url, row.get("client", "")) if at_s is not None and host else None


def _asked(target: str, method: str) -> tuple[str, str]:
    """Host and URL of what a proxy was asked for; of a tunnel (CONNECT) the host alone is known."""
    if method == "CONNECT":
        return _host(target.rpartition(":")[0] or target), ""
    scheme, _, rest = target.partition("://")
    if scheme.lower() not in ("http", "https"):
        return "", ""
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return _host(host.partition(":")[0] if not host.startswith("[") else host), target


def _host(name: str) -> str:
    return name.strip().rstrip(".").lower()


def _moment(text: str, form: str) -> float | None:
    """Unix time; times without a zone are taken for UTC."""
    try:
        read = datetime.strptime(text, form)
    except ValueError:
        return None
    return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).timestamp()
