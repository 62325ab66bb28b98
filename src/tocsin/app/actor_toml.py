"""Reads one actor's profile as people write it: TOML, its sources named once, each statement referring to them."""

from __future__ import annotations

import datetime
import difflib
import ipaddress
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tocsin.attribute.signs import SECTORS, SIGN, THEMES
from tocsin.model.actor import Actor, ActorName, Source, Statement

MAX_BYTES = 512 * 1024
MAX_STATEMENTS = 2_000
MAX_TEXT = 1_000
MAX_NAME = 100
MAX_LIST = 200
MAX_DOTS = 100  # in one line: the reader of TOML takes quadratic time for keys of very many parts
SHOWN_MISTAKES = 10
KINDS = ("group", "criminal")
REFERENCES = ("attack", "misp-galaxy", "maltrail")

_TOP = ("name", "kind", "note", "replace", "references", "sources", "alias")
_SOURCE = ("title", "publisher", "date", "url")
_ALIAS = ("name", "by", "ambiguous", "also", "note")
_SHARED = ("text", "sources", "denied", "until")
# Each kind of statement and the keys that may hold its value.
_TABLES: dict[str, tuple[str, ...]] = {
    "technique": ("id",),
    "sign": ("id",),
    "infrastructure": ("host",),
    "theme": ("id",),
    "target": ("sector", "country"),
    "observable": (),
}
# What people write and no profile has: who is behind an actor is a claim.
_SPONSOR = frozenset(
    {"state", "country", "nation", "nationality", "sponsor", "origin", "attributed", "suspected_state"}
)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TECHNIQUE = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_DATE = re.compile(r"(?:19[89][0-9]|20[0-9]{2})(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_URL = re.compile(r"https?://[!-~]{3,2000}")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ProfileError(ValueError):
    """Profiles that cannot be used; `mistakes` has a sentence for each, with place and what was expected."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        more = len(self.mistakes) - SHOWN_MISTAKES
        rest = [f"and {more:,} more mistakes; tocsin actors check shows them all"] if more > 0 else []
        super().__init__("\n".join((*self.mistakes[:SHOWN_MISTAKES], *rest)))


class Written(msgspec.Struct, frozen=True):
    """One file as read: the actor (its name "" where the file names none), and whether it replaces a shipped one.

    `notes` are sentences on what is allowed and yet worth a look.
    """

    actor: Actor
    replace: bool = False
    notes: tuple[str, ...] = ()


def decode_profile(data: bytes, place: str, id_: str, origin: str) -> Written:
    """One profile from the bytes of its file.

    `place` is the file as people know it, `id_` its name without ending, `origin` as in Actor. Raises ProfileError
    with every mistake found.
    """
    reader = _Reader(place)
    if not _SLUG.fullmatch(id_) or len(id_) > MAX_NAME:
        raise ProfileError(
            [f"{place}: the file's name is the actor's id; expected lower case such as our-actor.toml"]
        )
    document = _document(data, place)
    reader.known(document, (*_TOP, *_TABLES), "")
    sources = reader.sources(document.get("sources", {}))
    statements = tuple(reader.statements(document, sources))
    name = reader.text(document.get("name", ""), "name", MAX_NAME, empty=True)
    kind = document.get("kind", "group")
    if kind not in KINDS:
        reader.wrong(f"kind is {_cut(kind)}; expected one of {', '.join(KINDS)}")
    actor = Actor(
        id_,
        name,
        tuple(reader.aliases(document.get("alias", []))),
        statements,
        str(kind),
        origin,
        tuple(reader.references(document.get("references", {}))),
        reader.text(document.get("note", ""), "note", MAX_TEXT, empty=True),
    )
    replace = reader.flag(document, "replace", "")
    for key in sources:
        if key not in reader.used:
            reader.notes.append(f"{place}: no statement refers to the source {_cut(key)}")
    if reader.mistakes:
        raise ProfileError(reader.mistakes)
    return Written(actor, replace, tuple(reader.notes))


def _document(data: bytes, place: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise ProfileError([f"{place}: is larger than {MAX_BYTES:,} bytes; a profile is a short TOML file"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProfileError([f"{place}: is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            raise ProfileError(
                [f"{place}, line {number}: has more than {MAX_DOTS} dots; break the line into several"]
            )
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also numbers of thousands of digits
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise ProfileError([f"{place}: is not valid TOML: {reason}"]) from error


class _Reader:
    """Collects what is wrong with one document, so that all of it can be said at once."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.mistakes: list[str] = []
        self.notes: list[str] = []
        self.used: set[str] = set()

    def wrong(self, text: str, where: str = "") -> None:
        if len(self.mistakes) < MAX_LIST:
            self.mistakes.append(f"{self.place}: {where}{': ' if where else ''}{text}")

    def known(self, table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key in keys:
                continue
            if key.lower() in _SPONSOR:
                self.wrong(
                    f"{_cut(key)}: a profile names no state; who is said to be behind an actor is a claim "
                    "(tocsin claims add)",
                    where,
                )
            else:
                self.wrong(f"unknown key {_cut(key)}; {suggestion(key, keys)}", where)

    def text(self, value: Any, key: str, limit: int, where: str = "", *, empty: bool = False) -> str:
        if not isinstance(value, str):
            self.wrong(f"{key} is {_cut(value)}; expected words in quotes", where)
            return ""
        words: str = " ".join(value.split())
        if not words and not empty:
            self.wrong(f"{key} is missing or empty; expected words in quotes", where)
        found = _CONTROL.search(words)
        if found is not None:
            self.wrong(f"{key} has the control character U+{ord(found[0]):04X}; take it out", where)
        if len(words) > limit:
            self.wrong(f"{key} has {len(words):,} characters; expected {limit:,} at most", where)
        return words

    def flag(self, table: Mapping[str, Any], key: str, where: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.wrong(f"{key} is {_cut(value)}; expected true or false", where)
        return value is True

    def values(self, value: Any, key: str, where: str) -> tuple[str, ...]:
        """A word or a list of words, each as a word."""
        some = value if isinstance(value, list) else [value]
        if not some or len(some) > MAX_LIST or not all(isinstance(one, str) and one for one in some):
            self.wrong(
                f'{key} is {_cut(value)}; expected a word in quotes, or a list of up to {MAX_LIST}: ["a", "b"]',
                where,
            )
            return ()
        return tuple(dict.fromkeys(some))

    def date(self, value: Any, key: str, where: str, *, empty: bool = False) -> str:
        """A day, month or year, in quotes or as TOML writes days and numbers, as text."""
        if isinstance(value, datetime.datetime):
            value = value.date()
        plain = isinstance(value, datetime.date) or type(value) is int
        written: object = str(value)[:20] if plain else value
        if empty and written == "":
            return ""
        if isinstance(written, str) and _DATE.fullmatch(written):
            try:
                datetime.date.fromisoformat(f"{written}-01-01"[:10])
            except ValueError:
                pass
            else:
                return written
        self.wrong(
            f'{key} is {_cut(value)}; expected a day, month or year: "2022-03-07", "2022-03", "2022"', where
        )
        return ""

    def sources(self, tables: Any) -> dict[str, Source]:
        found: dict[str, Source] = {}
        if not isinstance(tables, dict):
            self.wrong("sources is no table; expected tables such as [sources.our-report-2024]")
            return found
        for key, table in tables.items():
            where = f"sources.{_cut(key)[1:-1]}"
            if not isinstance(table, dict):
                self.wrong("expected a table with title, publisher, date and url", where)
                continue
            self.known(table, _SOURCE, where)
            if "date" not in table:
                self.wrong('date is missing; write when it was published, as in date = "2024-05"', where)
            url = table.get("url", "")
            if not isinstance(url, str) or (url and not _URL.fullmatch(url)):
                self.wrong(f"url is {_cut(url)}; expected https://…, or leave it out", where)
                url = ""
            found[key] = Source(
                self.text(table.get("title", ""), "title", MAX_TEXT, where),
                self.text(table.get("publisher", ""), "publisher", MAX_NAME, where),
                self.date(table["date"], "date", where) if "date" in table else "",
                url,
            )
        return found

    def references(self, table: Any) -> Iterator[tuple[str, str]]:
        if not isinstance(table, dict):
            self.wrong('references is no table; expected [references] with lines such as attack = "G0128"')
            return
        self.known(table, REFERENCES, "references")
        for key, value in table.items():
            if key in REFERENCES:
                for one in self.values(value, key, "references"):
                    yield key, self.text(one, key, MAX_NAME, "references")

    def tables(self, value: Any, kind: str) -> Iterator[tuple[dict[str, Any], str]]:
        """The [[kind]] tables, each with its place."""
        if not isinstance(value, list):
            self.wrong(f"{kind} is {_cut(value)}; expected [[{kind}]] tables")
            return
        for number, table in enumerate(value[: MAX_STATEMENTS + 1], 1):
            if number > MAX_STATEMENTS:
                self.wrong(f"more than {MAX_STATEMENTS:,} [[{kind}]] tables; split the actor")
                return
            if not isinstance(table, dict):
                self.wrong(f"expected a [[{kind}]] table, found {_cut(table)}", f"{kind} {number}")
                continue
            name = next(
                (table[key] for key in ("name", "id", "host", "sector", "country") if key in table), ""
            )
            name = name[0] if isinstance(name, list) and name else name
            yield table, f"{kind} {number}" + (f" ({_cut(name)})" if name else "")

    def aliases(self, value: Any) -> Iterator[ActorName]:
        seen: set[str] = set()
        for table, where in self.tables(value, "alias"):
            self.known(table, _ALIAS, where)
            name = self.text(table.get("name", ""), "name", MAX_NAME, where)
            ambiguous = self.flag(table, "ambiguous", where)
            also = self.values(table["also"], "also", where) if "also" in table else ()
            note = self.text(table.get("note", ""), "note", MAX_TEXT, where, empty=True)
            if ambiguous and not also and not note:
                self.wrong(
                    "ambiguous, but who else is called so? Name them in also, or say it in note", where
                )
            if name.casefold() in seen:
                self.notes.append(f"{self.place}: {where}: this name stands there twice")
                continue
            seen.add(name.casefold())
            by = self.text(table.get("by", ""), "by", MAX_NAME, where, empty=True)
            others = tuple(self.text(one, "also", MAX_NAME, where) for one in also)
            yield ActorName(name, by, ambiguous, others, note)

    def statements(self, document: Mapping[str, Any], sources: Mapping[str, Source]) -> Iterator[Statement]:
        seen: set[tuple[str, str, str]] = set()
        for kind, keys in _TABLES.items():
            for table, where in self.tables(document.get(kind, []), kind):
                self.known(table, (*keys, *_SHARED), where)
                text = self.text(table.get("text", ""), "text", MAX_TEXT, where)
                named = tuple(self._named(table, sources, where))
                denied = self.flag(table, "denied", where)
                until = self.date(table.get("until", ""), "until", where, empty=True)
                for value in self._values(kind, keys, table, where):
                    if (kind, value, text) in seen:
                        self.notes.append(f"{self.place}: {where}: the same statement stands there twice")
                        continue
                    seen.add((kind, value, text))
                    yield Statement(kind, value, text, named, denied, until)

    def _named(self, table: Mapping[str, Any], sources: Mapping[str, Source], where: str) -> Iterator[Source]:
        if "sources" not in table:
            self.wrong(
                'sources is missing; name who published it, as in sources = ["our-report-2024"], and describe '
                "that in [sources.our-report-2024]",
                where,
            )
            return
        for key in self.values(table["sources"], "sources", where):
            self.used.add(key)
            if key in sources:
                yield sources[key]
            else:
                hint = suggestion(key, sources) if sources else "the file describes no source yet"
                self.wrong(f"there is no [sources.{_cut(key)[1:-1]}]; {hint}", where)

    def _values(
        self, kind: str, keys: tuple[str, ...], table: Mapping[str, Any], where: str
    ) -> Iterator[str]:
        if not keys:
            yield ""
            return
        if not any(key in table for key in keys):
            self.wrong(f"{' or '.join(keys)} is missing", where)
        for key in keys:
            if key in table:
                for written in self.values(table[key], key, where):
                    value, expected = _value(kind, key, written)
                    if expected:
                        self.wrong(f"{key} is {_cut(written)}; {expected}", where)
                    yield value


def _value(kind: str, key: str, written: str) -> tuple[str, str]:
    """What a program compares, and "" or what was expected instead."""
    if kind == "technique":
        fits = _TECHNIQUE.fullmatch(written)
        return written, "" if fits else "expected the id of an ATT&CK technique such as T1598.003"
    if kind == "infrastructure":
        host = written.lower()
        return host, "" if _HOST.fullmatch(host) or _is_network(host) else (
            "expected a host with a dot, an IP address or a network, without scheme, path or brackets"
        )
    if key == "country":
        fits = _COUNTRY.fullmatch(written)
        return f"country:{written}", "" if fits else "expected the two capitals of ISO 3166, such as BE"
    known: Iterable[str] = SECTORS if key == "sector" else THEMES if kind == "theme" else SIGN
    value = f"sector:{written}" if key == "sector" else written
    return value, "" if written in known else suggestion(written, known)


def _is_network(written: str) -> bool:
    try:
        ipaddress.ip_network(written)
    except ValueError:
        return False
    return True


def suggestion(written: str, known: Iterable[str]) -> str:
    """What could have been meant, in words for an error."""
    known = list(known)
    close = difflib.get_close_matches(written[:MAX_NAME], known, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known[:60])}"


def _cut(value: object) -> str:
    """A value as written, short enough for an error."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list" if value else "an empty list"
    text = repr(value[:80] if isinstance(value, str) else value)
    return text[:100]
