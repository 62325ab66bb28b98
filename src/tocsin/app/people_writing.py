"""Adds people to people.toml: what is there stays as it is written, and what comes is read again before it counts."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tocsin.app.matching import AddressBook
from tocsin.app.people import parse_people, read_people_text
from tocsin.app.people_fields import PeopleError
from tocsin.app.people_sealed import is_sealed, reseal
from tocsin.model.people import Contact, Delegate, Owner, People, Way


class Newcomer(msgspec.Struct, frozen=True):
    """Somebody to be listed; `place` says where they come from, for messages."""

    owner: Owner
    contact: Contact
    place: str = ""


class Listed(msgspec.Struct, frozen=True):
    """What became of one: `why` is "" for somebody who was added, else why not."""

    name: str
    address: str
    place: str
    why: str = ""


def add_people(path: Path, newcomers: Sequence[Newcomer], *, keep: bool = True) -> tuple[Listed, ...]:
    """List newcomers in the file, all who can be at once; with `keep` off nothing is written.

    Whoever has an address that is listed already is left out, and so is whoever cannot be read back. A file that is not
    there is made. Raises PeopleError, OSError; the file is as it was then.
    """
    with _locked(path):
        raw = path.read_bytes() if path.exists() else b""
        text, key = read_people_text(raw, path) if raw else ("", b"")
        if key and newcomers:
            raise PeopleError(
                f"{path}: keeps addresses as keyed hashes, and names cannot be told from them; open it "
                "(tocsin people open), add to what comes out, and seal that again"
            )
        people = parse_people(text, str(path))
        told, chosen = _chosen(people, newcomers)
        written = text + ("" if not text or text.endswith("\n") else "\n") + "".join(map(entry_text, chosen))
        parse_people(written, str(path))
        if keep and chosen:
            data = written.encode()
            _replace(path, reseal(raw, data, path) if is_sealed(raw) else data)
    return told


def _chosen(people: People, newcomers: Sequence[Newcomer]) -> tuple[tuple[Listed, ...], list[Newcomer]]:
    names = {owner.addresses[0]: owner.name for owner in people.owners}
    told: list[Listed] = []
    chosen: list[Newcomer] = []
    for one in newcomers:
        owner = one.owner
        name, address = owner.name or "", owner.addresses[0] if owner.addresses else ""
        book = AddressBook(
            msgspec.structs.replace(people, owners=(*people.owners, *(c.owner for c in chosen)))
        )
        known = next((book[each] for each in owner.addresses if each in book), None)
        why = ""
        if not owner.addresses:
            why = "has no mail address"
        elif known is not None:
            why = f"is listed already, as {names.get(known, known)}"
        else:
            try:
                parse_people(entry_text(one), one.place or "what was given")
            except PeopleError as error:
                why = str(error)
        if not why:
            chosen.append(one)
            names[address] = name or address
        told.append(Listed(name or address, address, one.place, why))
    return tuple(told), chosen


def entry_text(one: Newcomer) -> str:
    """One [[person]] in TOML."""
    owner, contact = one.owner, one.contact
    pairs: list[tuple[str, str]] = [
        ("name", _quoted(owner.name)),
        ("addresses", _list(owner.addresses)),
        ("private", _list(contact.private)),
        ("unpublished", _list(owner.unpublished)),
        ("organisation", _quoted(owner.organisation)),
        ("sector", _quoted(owner.sector)),
        ("country", _quoted(owner.country)),
        ("languages", _list(owner.languages)),
        ("topics", _list(owner.topics)),
        ("roles", _list(contact.roles)),
        ("groups", _list(contact.groups)),
        ("mandate", _quoted(contact.mandate)),
        ("consent", _quoted(contact.consent)),
        ("retention_days", str(contact.retention_days) if contact.retention_days is not None else '""'),
        ("reads_with", _list(contact.reads_with)),
        ("pictures", _quoted(contact.pictures)),
    ]
    lines = ["", "[[person]]", *(f"{key} = {value}" for key, value in pairs if value not in ('""', "[]"))]
    if not owner.protected:
        lines.append("protected = false")
    for event in owner.events:
        lines += ["", "[[person.event]]", f"name = {_quoted(event.name)}", f"day = {_quoted(event.day)}"]
        lines += [f"topics = {_list(event.topics)}"] if event.topics else []
    lines += _ways("person.way", contact.ways)
    for delegate in contact.delegates:
        lines += _delegate(delegate)
    return "\n".join(lines) + "\n"


def _delegate(one: Delegate) -> Iterator[str]:
    yield from ("", "[[person.delegate]]", f"name = {_quoted(one.name)}")
    for key, value in (("role", one.role), ("address", one.address)):
        if value:
            yield f"{key} = {_quoted(value)}"
    if one.languages:
        yield f"languages = {_list(one.languages)}"
    yield from _ways("person.delegate.way", one.ways)


def _ways(table: str, ways: Iterable[Way]) -> Iterator[str]:
    for way in ways:
        yield from ("", f"[[{table}]]", f"kind = {_quoted(way.kind)}", f"to = {_quoted(way.to)}")
        if way.note:
            yield f"note = {_quoted(way.note)}"


def _quoted(text: str) -> str:
    """A basic string of TOML 1.0: as JSON's, but for DEL."""
    plain = text.encode("utf-8", "replace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time adds to a list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
