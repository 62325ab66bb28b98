"""Lines of logs that say who asked for what: proxies (Squid, common and combined format), resolvers, tables.

Known forms: Squid's native access.log; the common and combined log format with whole URLs; query logs of dnsmasq
(Pi-hole's as well), Unbound and BIND, also as syslog keeps them; CSV whose first line names time, and url or host
(client and status as well where there are any). Lines of no known form are counted, never guessed at. Resolver logs
and encrypted connections through a proxy tell hosts alone.
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
    r"(\d{9,11}(?:\.\d{1,6})?)\s+-?\d+\s+(\S{1,100})\s+(\S{1,60})\s+\d+\s+([A-Z]{2,20})\s+(\S{1,8000})"
)
_CLF = re.compile(
    r'(\S{1,100}) \S{1,100} .{0,200}?\[([^\]]{20,30})\] "([A-Z]{2,20}) (\S{1,8000}) HTTP/[\d.]{1,4}"(?: (\d{3})\b)?'
)
_BIND = re.compile(
    r"(\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d)(?:\.\d+)?.{0,80}?client (?:@\S{1,40} )?"
    rf"({_IP})#\d+.{{0,300}}?query: ({_NAME}) IN"
)
_UNBOUND = re.compile(
    rf"\[(\d{{9,11}})\] unbound\[[^\]]{{1,20}}\] info: ({_IP}) ({_NAME})\. [A-Z0-9]{{1,10}} IN"
)
# What syslog writes before a line: of old "Feb 17 10:00:00", now also RFC 3339 with its zone.
_SYSLOG = r"(\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))"
_SYSLOG_UNBOUND = re.compile(
    rf"{_SYSLOG} .{{0,80}}?unbound\[[^\]]{{1,20}}\]:? .{{0,40}}?info: ({_IP}) ({_NAME})\. [A-Z0-9]{{1,10}} IN"
)
_DNSMASQ = re.compile(rf"{_SYSLOG} .{{0,80}}?query\[[A-Z0-9]{{1,10}}\] ({_NAME}) from ({_IP})")
_TIMES = (
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S.%f",
)
_DAY_S = 86_400.0
_ASK_AGAIN = "407"  # the proxy asks who it is; the same request follows
_STATUS = re.compile(r"(?<!\d)([1-5]\d\d)(?!\d)")


class _Asked(msgspec.Struct, frozen=True):
    """What one line says, whichever host it is about."""

    at_s: float
    host: str
    url: str
    client: str
    zoned: bool = True
    let_through: bool = True


class LogRead(msgspec.Struct, frozen=True):
    """What reading logs found: lines that ask for a wanted host, and how many lines were of no known form."""

    fetched: tuple[Fetched, ...] = ()
    lines: int = 0
    unknown: int = 0


def read_lines(
    lines: Iterable[str], name: str, hosts: Collection[str], *, written_s: float
) -> Iterator[Fetched | None]:
    """Of each line what it asks for: a Fetched where that is one of `hosts`, None for a line of no known form.

    Lines about other hosts give nothing. `written_s` is when the log was last written, for logs whose times have no
    year.
    """
    table: list[str] | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")[:_LONGEST_LINE]
        if number == 1:
            head = [cell.strip().lower() for cell in _cells(text.removeprefix("\ufeff"))]
            if "time" in head and {"url", "host"} & set(head):
                table = head
                continue
        if not text.strip():
            continue
        place = f"{name}, line {number}"
        found = _row(text, table) if table is not None else _line(text, written_s)
        if found is None:
            yield None
        elif found.host in hosts:
            yield Fetched(
                found.at_s, found.host, found.url, found.client, place, found.zoned, found.let_through
            )


def _line(text: str, written_s: float) -> _Asked | None:
    for pattern, reader in _FORMS:
        match = pattern.match(text) or (pattern.search(text) if pattern is _UNBOUND else None)
        if match is not None:
            return reader(match, written_s)
    return None


def _squid(match: re.Match[str], _: float) -> _Asked | None:
    """Squid names what it did before the status: TCP_DENIED/403, NONE_NONE/400, TCP_TUNNEL/200."""
    host, url = _asked(match[5], match[4])
    did, _slash, status = match[3].partition("/")
    refused = "DENIED" in did or status == _ASK_AGAIN
    return _Asked(float(match[1]), host, url, match[2], let_through=not refused) if host else None


def _clf(match: re.Match[str], _: float) -> _Asked | None:
    at_s = _moment(match[2], "%d/%b/%Y:%H:%M:%S %z")
    host, url = _asked(match[4], match[3])
    if not host or at_s is None:
        return None
    return _Asked(at_s, host, url, match[1], let_through=match[5] not in ("403", _ASK_AGAIN))


def _bind(match: re.Match[str], _: float) -> _Asked | None:
    at_s = _moment(match[1], "%d-%b-%Y %H:%M:%S")
    return _Asked(at_s, _host(match[3]), "", match[2], zoned=False) if at_s is not None else None


def _unbound(match: re.Match[str], _: float) -> _Asked | None:
    return _Asked(float(match[1]), _host(match[3]), "", match[2])


def _syslog_unbound(match: re.Match[str], written_s: float) -> _Asked | None:
    return _of_syslog(match[1], match[3], match[2], written_s)


def _dnsmasq(match: re.Match[str], written_s: float) -> _Asked | None:
    return _of_syslog(match[1], match[2], match[3], written_s)


def _of_syslog(time: str, host: str, client: str, written_s: float) -> _Asked | None:
    """A query at a time as syslog writes it: the last such day before the log was written, where it has no year."""
    if time[0].isdigit():
        try:
            return _Asked(datetime.fromisoformat(time).timestamp(), _host(host), "", client)
        except ValueError:
            return None
    year = datetime.fromtimestamp(written_s, UTC).year
    for each in (year, year - 1):
        at_s = _moment(f"{each} {time}", "%Y %b %d %H:%M:%S")
        if at_s is not None and at_s <= written_s + _DAY_S:
            return _Asked(at_s, _host(host), "", client, zoned=False)
    return None


_Reader = Callable[[re.Match[str], float], _Asked | None]
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_SQUID, _squid),
    (_CLF, _clf),
    (_DNSMASQ, _dnsmasq),
    (_UNBOUND, _unbound),
    (_SYSLOG_UNBOUND, _syslog_unbound),
    (_BIND, _bind),
)


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text]), [])
    except csv.Error:
        return []


def _row(text: str, table: list[str]) -> _Asked | None:
    row = dict(zip(table, (cell.strip() for cell in _cells(text)), strict=False))
    written = row.get("time", "")
    at_s = float(written) if re.fullmatch(r"\d{9,11}(\.\d{1,6})?", written) else None
    zoned = at_s is not None
    for form in _TIMES if at_s is None else ():
        at_s = _moment(written.replace("Z", "+0000"), form)
        if at_s is not None:
            zoned = form.endswith("%z")
            break
    host, url = _asked(row.get("url", ""), "GET") if row.get("url") else (_host(row.get("host", "")), "")
    if at_s is None or not host:
        return None
    status = _STATUS.search(row.get("status", ""))
    refused = "den" in row.get("status", "").lower() or "block" in row.get("status", "").lower()
    let_through = not refused and (status is None or status[1] not in ("403", _ASK_AGAIN))
    return _Asked(at_s, host, url, row.get("client", ""), zoned, let_through)


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
