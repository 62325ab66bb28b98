"""DNS records that somebody handed in as text: a subset of zone files (RFC 1035 5.1) that `dig` prints."""

from __future__ import annotations

import ipaddress
import re

import msgspec

TYPES = ("TXT", "A", "AAAA", "MX", "CNAME")
_OTHER_TYPES = frozenset(
    {
        "NS", "SOA", "PTR", "SRV", "CAA", "SPF", "RRSIG", "DNSKEY", "DS", "NSEC", "NSEC3", "NSEC3PARAM", "TLSA",
        "HTTPS", "SVCB", "NAPTR", "SSHFP", "LOC", "HINFO", "OPENPGPKEY", "SMIMEA", "DNAME", "CDS", "CDNSKEY",
    }
)  # fmt: skip
EXPECTED = 'expected a line such as: mail.example.org. 3600 IN TXT "v=spf1 -all"'
_NAME = re.compile(r"(?=.{1,254}\Z)(?:[A-Za-z0-9_*/+=-]{1,63}\.)*[A-Za-z0-9_*/+=-]{1,63}\.?")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*+)("?)|([^\s"]++)')
_ESCAPE = re.compile(r"\\(\d{3}|.)")
_TTL = re.compile(r"\d{1,10}|(?:\d{1,8}[smhdw])+", re.IGNORECASE)
_MOST_ALIASES = 8
MAX_VALUE = 16_384  # characters of one value: a policy or key is far shorter

_Table = dict[tuple[str, str], tuple[str, ...]]


class Records(msgspec.Struct, frozen=True):
    """Answers by lower-case name without the last dot, and type; an empty tuple says that there is none.

    A name that holds only ("name", "ANY") -> () has no records of any type.
    """

    table: _Table = {}

    def __bool__(self) -> bool:
        return bool(self.table)

    def lookup(self, name: str, kind: str) -> tuple[str, ...] | None:
        """The values of this type at this name, aliases followed; None where nothing handed in tells.

        TXT values are the joined strings, MX values host names by preference, A and AAAA addresses in their shortest
        form.
        """
        table = self.table
        name = name.lower().rstrip(".")
        for _ in range(_MOST_ALIASES):
            values = table.get((name, kind))
            if values is not None:
                return values
            alias = table.get((name, "CNAME"))
            if not alias:
                return table.get((name, "ANY"))
            name = alias[0]
        return None

    def beside(self, other: Records) -> Records:
        """These records and, where they say nothing of a name and type, those of the other."""
        if not self.table or not other.table:
            return self if self.table else other
        return Records({**other.table, **self.table})


NO_RECORDS = Records()


class BadLine(msgspec.Struct, frozen=True):
    """A line that is no record: its number from 1, and what is wrong with it."""

    number: int
    text: str


def parse_records(text: str) -> tuple[Records, list[BadLine]]:
    """The records in this text, and the lines that are none.

    `NAME [TTL] [IN] TYPE VALUE`, every name absolute with or without its last dot. Of TYPES; other known types, blank
    lines and comments (";") are passed over. "-" as the value says that the name has no record of that type (or, with
    the type ANY, none at all).
    """
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    bad: list[BadLine] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.isspace() or line.lstrip()[:1] in ";":
            continue
        try:
            record = _read_line(line)
        except ValueError as error:
            bad.append(BadLine(number, str(error)))
            continue
        if record is not None:
            name, kind, preference, value = record
            values = found.setdefault((name, kind), [])
            if value is not None and (preference, value) not in values[-200:]:
                values.append((preference, value))
    return Records({key: tuple(value for _, value in sorted(found[key])) for key in found}), bad


def _read_line(line: str) -> tuple[str, str, int, str | None] | None:
    """Name, type, preference and value (None: there is none) of a line; ValueError says what is wrong."""
    words = _split(line)
    if words[0][0].startswith("$"):
        if words[0][0].upper() == "$TTL":
            return None
        raise ValueError(f"{words[0][0][:40]} is not understood; write every name in full")
    if line[:1].isspace():
        raise ValueError("the line starts with blanks; write the name on every line")
    name = words[0][0]
    if words[0][1] or _NAME.fullmatch(name) is None:
        raise ValueError(f"{name[:100]!r} is not a name; {EXPECTED}")
    rest = words[1:]
    while rest and not rest[0][1] and (rest[0][0].upper() == "IN" or _TTL.fullmatch(rest[0][0])):
        rest = rest[1:]
    if not rest:
        raise ValueError(f"there is no type after {name[:100]!r}; {EXPECTED}")
    kind = rest[0][0].upper()
    if rest[0][1] or (kind not in TYPES and kind not in _OTHER_TYPES and kind != "ANY"):
        raise ValueError(f"{rest[0][0][:40]!r} is not a type of record; {EXPECTED}")
    if kind in _OTHER_TYPES:
        return None
    values = rest[1:]
    key = name.lower().rstrip(".")
    if values == [("-", False)]:
        return key, kind, 0, None
    if kind == "ANY":
        raise ValueError('ANY can only be followed by "-": there is no such name')
    if not values:
        raise ValueError(f"there is no value after {kind}; {EXPECTED}")
    preference, value = _value(kind, values)
    return key, kind, preference, value


def _split(line: str) -> list[tuple[str, bool]]:
    """Words up to a comment, each with whether it stood in quotes."""
    words: list[tuple[str, bool]] = []
    for match in _WORD.finditer(line):
        if match[3] is None:
            if not match[2]:
                raise ValueError("a quote is not closed; a record stands on one line")
            words.append((match[1], True))
        elif ";" in match[3]:
            before = match[3].partition(";")[0]
            if before:
                words.append((before, False))
            break
        else:
            words.append((match[3], False))
    return words


def _value(kind: str, words: list[tuple[str, bool]]) -> tuple[int, str]:
    if kind == "TXT":
        text = "".join(_unescaped(word) for word, _ in words)
        if len(text) > MAX_VALUE:
            raise ValueError(f"the text has {len(text):,} characters; at most {MAX_VALUE:,} are read")
        return 0, text
    if kind == "MX":
        if len(words) != 2 or not words[0][0].isdecimal() or len(words[0][0]) > 5:
            raise ValueError("expected a number and a host after MX, as in: MX 10 mx.example.org.")
        return int(words[0][0]), _host(words[1][0])
    if len(words) != 1:
        raise ValueError(f"expected one value after {kind}, found {len(words)}")
    if kind == "CNAME":
        return 0, _host(words[0][0])
    try:
        address = ipaddress.ip_address(words[0][0])
    except ValueError:
        raise ValueError(f"{words[0][0][:60]!r} is not an address") from None
    if (address.version == 4) != (kind == "A"):
        raise ValueError(f"{words[0][0][:60]!r} is not an address of type {kind}")
    return 0, str(address)


def _host(word: str) -> str:
    if word != "." and _NAME.fullmatch(word) is None:
        raise ValueError(f"{word[:100]!r} is not a host name")
    return word.lower().rstrip(".")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1]) & 255) if len(m[1]) == 3 else m[1], text)
