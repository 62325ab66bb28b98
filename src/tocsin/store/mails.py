"""Mails: the index row, the record, where it was found, what linking compares, and the bytes where kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

import zstandard
from msgspec.structs import replace

from tocsin.model.observation import Observed
from tocsin.model.stored import MailRow, NewMail
from tocsin.store.codec import Codec
from tocsin.store.columns import Blobs, Columns, Integers
from tocsin.store.connection import Connection, among, key_of, packed, take_ids, unpacked
from tocsin.store.interface import ExerciseRefused
from tocsin.store.known import KnownFilter
from tocsin.store.marks import knows_more, marked
from tocsin.store.names import Names
from tocsin.store.prepared import Key, Prepared, digest_of, places_of, prepare, sha256_of, time_of
from tocsin.store.shown import index_of
from tocsin.store.texts import Texts

_ROW = "SELECT number, sha256, owner, mailbox, time_s, stored_s, sender, outgoing, observer, raw FROM mails"
_SHORTEST_PREFIX = 8
_DIGITS = 64


class Mails:
    """The mails of one store; `exercise` tells that they are practice mails, all of them."""

    def __init__(self, connection: Connection, *, exercise: bool, where: str) -> None:
        self._connection = connection
        self._exercise = exercise
        self._where = where
        self._names = Names(connection)
        self._filter = KnownFilter(connection)
        self._codec = Codec(Observed, records=True)
        self.shown = index_of(connection)
        self.texts = Texts(connection)

    # Writing --------------------------------------------------------------------------------------------

    def add(self, mails: Sequence[NewMail], at_s: float) -> list[int]:
        """Keep mails (`Store.add`)."""
        return self._write(self._prepare(mails), at_s, behind=False)

    def add_all(self, batches: Iterable[Sequence[NewMail]], at_s: float) -> Iterator[list[int]]:
        """Keep mails, preparing each batch while the one before it goes to the disk (`Store.add_all`)."""
        written: list[int] | None = None
        try:
            for mails in batches:
                prepared = self._prepare(mails)
                if written is not None:
                    self._connection.settle()
                    yield written
                written = self._write(prepared, at_s, behind=True)
            if written is not None:
                self._connection.settle()
                yield written
        finally:
            self._connection.settle()

    def _prepare(self, mails: Sequence[NewMail]) -> Prepared:
        exercise = self._exercise
        for mail in mails:
            if mail.observed.exercise != exercise:
                self._refuse(mail.observed)
        return prepare(mails, self._codec)

    def _write(self, prepared: Prepared, at_s: float, *, behind: bool) -> list[int]:
        mails, keys = prepared.mails, prepared.keys
        if not mails:
            return []
        with self._connection.transaction(behind=behind):
            names = self._names.ids(sorted(_shared(mails)))
            known = self._known(keys)
            if not known and len(set(keys)) == len(keys):
                first = take_ids(self._connection, "mails", len(mails))
                all_new = list(range(first, first + len(mails)))
                self._insert(prepared, all_new, names, at_s)
                if any(mail.occurrences for mail in mails):
                    self._add_places(list(zip(all_new, mails, strict=True)), ())
                return all_new
            prepared.records()  # to be packed anew for those that are new: the codec must be free
            new: dict[Key, NewMail] = {}
            changed: dict[int, NewMail] = {}
            found_again: dict[int, NewMail] = {}
            for key, mail in zip(keys, mails, strict=True):
                if key not in known:
                    new.setdefault(key, mail)
                elif known[key][1] != names[mail.observer]:
                    changed[known[key][0]] = mail
                else:
                    found_again[known[key][0]] = mail
            numbers = {key: number for key, (number, _) in known.items()}
            first = take_ids(self._connection, "mails", len(new)) if new else 0
            numbers.update((key, first + position) for position, key in enumerate(new))
            if new:
                some = prepare(list(new.values()), self._codec)
                self._insert(some, [numbers[key] for key in new], names, at_s)
            self._replace(changed, names)
            self._mark(found_again)
            numbered = [(numbers[key], mail) for key, mail in zip(keys, mails, strict=True)]
            self._add_places(numbered, [number for number, _ in known.values()])
        return [numbers[key] for key in keys]

    def keep_raw(self, number: int, raw: bytes) -> None:
        packed_raw = zstandard.ZstdCompressor(level=3).compress(raw)
        with self._connection.transaction():
            if not self._connection.fetch("SELECT 1 FROM mails WHERE number = ?", (number,)):
                raise KeyError(number)
            self._connection.execute(
                "INSERT INTO raws (number, raw) VALUES (?, ?)"
                " ON CONFLICT (number) DO UPDATE SET raw = excluded.raw",
                (number, packed_raw),
            )
            self._connection.execute("UPDATE mails SET raw = 1 WHERE number = ?", (number,))

    def erase(self, numbers: Collection[int]) -> int:
        """Remove mails and what is derived from them, except verdicts and hits. Call inside a transaction."""
        clause, values = among(self._connection, "number", numbers)
        there = [
            int(number) for (number,) in self._connection.fetch(f"SELECT number FROM mails{clause}", values)
        ]
        if not there:
            return 0
        self.shown.remove(there)
        self.texts.remove(there)
        clause, values = among(self._connection, "number", there)
        sql = f"SELECT owner, COUNT(*) FROM mails{clause} GROUP BY owner"
        self._count({owner: -count for owner, count in self._connection.fetch(sql, values)})
        self._connection.execute("DELETE FROM owners WHERE mails = 0")
        for table in ("mails", "places", "records", "traits", "raws"):
            self._connection.execute(f"DELETE FROM {table}{clause}", values)
        self._names.remove_unused()
        return len(there)

    # Reading --------------------------------------------------------------------------------------------

    def rows(self, numbers: Collection[int] | None = None) -> Iterator[MailRow]:
        clause, values = among(self._connection, "number", numbers)
        text = self._names.text
        for row in self._connection.select(f"{_ROW}{clause} ORDER BY number", values):
            yield MailRow(
                number=row[0],
                sha256=bytes(row[1]).hex(),
                owner=text(row[2]),
                mailbox=text(row[3]),
                time_s=row[4],
                stored_s=row[5],
                sender=unpacked(row[6]),
                outgoing=bool(row[7]),
                observer=text(row[8]),
                raw=bool(row[9]),
            )

    def numbers(self, sha256: str) -> tuple[int, ...]:
        digits = sha256.lower()
        if not _SHORTEST_PREFIX <= len(digits) <= _DIGITS or set(digits) - set("0123456789abcdef"):
            return ()
        if len(digits) == _DIGITS:
            return tuple(number for _, _, number, _ in self._with_sums([bytes.fromhex(digits)]))
        low, high = bytes.fromhex(digits.ljust(_DIGITS, "0")), bytes.fromhex(digits.ljust(_DIGITS, "f"))
        found = self._connection.fetch(
            "SELECT number FROM mails WHERE sha256 BETWEEN ? AND ? ORDER BY number", (low, high)
        )
        return tuple(number for (number,) in found)

    def record(self, number: int) -> Observed:
        found = self._connection.fetch("SELECT record FROM records WHERE number = ?", (number,))
        if not found:
            raise KeyError(number)
        return self._codec.unpack(bytes(found[0][0]))

    def records(self, numbers: Collection[int] | None = None) -> Iterator[tuple[int, Observed]]:
        clause, values = among(self._connection, "number", numbers)
        sql = f"SELECT number, record FROM records{clause} ORDER BY number"
        for number, record in self._connection.select(sql, values):
            yield number, self._codec.unpack(bytes(record))

    def occurrences(self, number: int) -> tuple[str, ...]:
        first = self._connection.fetch("SELECT source FROM mails WHERE number = ?", (number,))
        rest = self._connection.fetch("SELECT place FROM places WHERE number = ? ORDER BY place", (number,))
        return tuple(unpacked(bytes(place)) for (place,) in (*first, *rest))

    def held(self, source: str, sha256: str, observer: str) -> tuple[int, ...]:
        by = self._names.known(observer)
        with_sum = [row[2] for row in self._with_sums([sha256_of(sha256)]) if row[3] == by]
        return tuple(number for number in with_sum if source in self.occurrences(number))

    def traits(self, numbers: Collection[int] | None = None) -> Iterator[tuple[int, bytes]]:
        clause, values = among(self._connection, "number", numbers)
        sql = f"SELECT number, traits FROM traits{clause} ORDER BY number"
        for number, traits in self._connection.select(sql, values):
            yield number, bytes(traits)

    def raw(self, number: int) -> bytes | None:
        found = self._connection.fetch("SELECT raw FROM raws WHERE number = ?", (number,))
        return zstandard.ZstdDecompressor().decompress(bytes(found[0][0])) if found else None

    def owners(self) -> tuple[tuple[str, int], ...]:
        counted = self._connection.fetch("SELECT owner, mails FROM owners WHERE mails > 0")
        return tuple(sorted((self._names.text(owner), int(count)) for owner, count in counted))

    # Details --------------------------------------------------------------------------------------------

    def _refuse(self, observed: Observed) -> NoReturn:
        if observed.exercise:
            raise ExerciseRefused(
                f"{observed.source}: is a practice mail, and {self._where} is a store for real mail; scan it with "
                "--practice into a store of its own"
            )
        raise ExerciseRefused(
            f"{observed.source}: is no practice mail, and {self._where} is a store for practice; use another store"
        )

    def _known(self, keys: Sequence[Key]) -> dict[Key, tuple[int, int]]:
        """Number and observer of those mails that are there."""
        possible = self._filter.possible(dict.fromkeys(sha256 for sha256, _ in keys))
        return {
            (sha256, self._names.text(owner)): (number, observer)
            for sha256, owner, number, observer in self._with_sums(possible)
        }

    def _with_sums(self, sums: Collection[bytes]) -> list[tuple[bytes, int, int, int]]:
        """SHA-256, owner, number and observer of the mails with these sums."""
        if not sums:
            return []
        numbers = {number for _, number in self.shown.find({digest_of(sha256.hex()) for sha256 in sums})}
        clause, values = among(self._connection, "number", numbers)
        sql = f"SELECT sha256, owner, number, observer FROM mails{clause} ORDER BY number"
        wanted = set(sums)
        return [
            (bytes(sha256), owner, number, observer)
            for sha256, owner, number, observer in self._connection.fetch(sql, values)
            if bytes(sha256) in wanted
        ]

    def _insert(
        self, prepared: Prepared, numbers: Sequence[int], names: Mapping[str, int], at_s: float
    ) -> None:
        self._derive(prepared, numbers, lambda: prepared.index_rows(numbers, names, at_s))
        self._count(Counter(names[mail.owner] for mail in prepared.mails))
        self._filter.note([sha256 for sha256, _ in prepared.keys])

    def _count(self, owners: Mapping[int, int]) -> None:
        """Keep count of the mails of owners: counting them when asked reads all rows."""
        self._connection.executemany(
            "INSERT INTO owners (owner, mails) VALUES (?, ?)"
            " ON CONFLICT (owner) DO UPDATE SET mails = owners.mails + excluded.mails",
            sorted(owners.items()),
        )

    def _derive(
        self, prepared: Prepared, numbers: Sequence[int], index_rows: Callable[[], Columns] | None = None
    ) -> None:
        """Keep what is made of records, with index rows for mails that are new.

        The order matters for speed alone: rows are written while Python prepares what follows, and nothing is asked
        of the database until that is done.
        """
        unfilled = self.texts.unfilled()
        insert = self._connection.insert_columns
        number = Integers(numbers)
        insert("traits", {"number": number, "traits": Blobs([mail.traits for mail in prepared.mails])})
        if index_rows:
            insert("mails", index_rows())
        insert("records", lambda: {"number": number, "record": Blobs(prepared.records())})
        texts = self.texts.packed(
            zip(numbers, [mail.texts for mail in prepared.mails], strict=True), unfilled
        )
        self.shown.add(zip(numbers, prepared.shown, strict=True))
        self.texts.write(texts)

    def _replace(self, changed: dict[int, NewMail], names: dict[str, int]) -> None:
        if not changed:
            return
        before = dict(self.records(changed))
        changed = {
            number: replace(mail, observed=marked(mail.observed, before[number]))
            if number in before
            else mail
            for number, mail in changed.items()
        }
        self.shown.retire(changed)
        self.texts.remove(changed)
        clause, values = among(self._connection, "number", changed)
        for table in ("records", "traits"):
            self._connection.execute(f"DELETE FROM {table}{clause}", values)
        self._connection.executemany(
            "UPDATE mails SET observer = ?, time_s = ?, outgoing = ?, sender = ? WHERE number = ?",
            [
                (
                    names[mail.observer],
                    time_of(mail.observed),
                    int(mail.observed.outgoing),
                    packed(mail.observed.sender.address),
                    number,
                )
                for number, mail in changed.items()
            ],
        )
        self._derive(prepare(list(changed.values()), self._codec), list(changed))

    def _mark(self, found_again: dict[int, NewMail]) -> None:
        """Add to records what the mailbox has marked since, and what was done with mails that arrived."""
        some = {number: mail for number, mail in found_again.items() if knows_more(mail.observed)}
        records = []
        for number, before in self.records(some) if some else ():
            now = marked(before, some[number].observed)
            if now != before:
                records.append((self._codec.pack(now), number))
        if records:
            self._connection.executemany("UPDATE records SET record = ? WHERE number = ?", records)

    def _add_places(self, numbered: Sequence[tuple[int, NewMail]], known: Collection[int]) -> None:
        """Note where mails were found, beside the place that their row names."""
        named = {number: packed(places_of(mail)[0]) for number, mail in reversed(numbered)}
        if known:
            clause, values = among(self._connection, "number", known)
            found = self._connection.fetch(f"SELECT number, source FROM mails{clause}", values)
            named.update((number, bytes(source)) for number, source in found)
        further = {
            (number, key_of(place)): packed(place)
            for number, mail in numbered
            for place in places_of(mail)
            if packed(place) != named[number]
        }
        self._connection.executemany(
            "INSERT INTO places (number, key, place) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(*key, place) for key, place in sorted(further.items())],
        )


def _shared(mails: Sequence[NewMail]) -> set[str]:
    return {
        *[mail.owner for mail in mails],
        *[mail.observed.mailbox for mail in mails],
        *[mail.observer for mail in mails],
    }
