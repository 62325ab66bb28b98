"""The store over a database that speaks SQL: each method of `interface.Store`, handed to the part of its topic."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from tocsin.model.intel import Hit, Indicator
from tocsin.model.observation import Observed
from tocsin.model.stored import AuditEntry, MailRow, NewMail, VerdictVersion
from tocsin.store.audit import Audit
from tocsin.store.connection import Connection
from tocsin.store.documents import Documents
from tocsin.store.hits import Hits
from tocsin.store.indicators import Indicators
from tocsin.store.mails import Mails
from tocsin.store.schema import setting
from tocsin.store.verdicts import Verdicts


class SqlStore:
    """A store on an open connection whose tables are there (`schema.prepare`).

    `sockets` and `after_erasing` are what engines differ in: the sockets that a server is reached by, and what makes
    erased bytes leave the disk.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        url: str,
        encrypted: bool,
        sockets: Callable[[], tuple[int, ...]] = tuple,
        after_erasing: Callable[[], None] = lambda: None,
    ) -> None:
        self.url = url
        self.encrypted = encrypted
        self.exercise = setting(connection, "exercise") == "1"
        self._connection = connection
        self._sockets = sockets
        self._after_erasing = after_erasing
        self._mails = Mails(connection, exercise=self.exercise, where=url)
        self._verdicts = Verdicts(connection)
        self._indicators = Indicators(connection)
        self._hits = Hits(connection)
        self._documents = Documents(connection)
        self._audit = Audit(connection, url)

    def transaction(self) -> AbstractContextManager[None]:
        return self._connection.transaction()

    def close(self) -> None:
        self._connection.close()

    def sockets(self) -> tuple[int, ...]:
        return self._sockets()

    # Mails ----------------------------------------------------------------------------------------------

    def add(self, mails: Sequence[NewMail], *, at_s: float) -> list[int]:
        return self._mails.add(mails, at_s)

    def add_all(self, batches: Iterable[Sequence[NewMail]], *, at_s: float) -> Iterator[list[int]]:
        return self._mails.add_all(batches, at_s)

    def rows(self, numbers: Collection[int] | None = None) -> Iterator[MailRow]:
        return self._mails.rows(numbers)

    def numbers(self, sha256: str) -> tuple[int, ...]:
        return self._mails.numbers(sha256)

    def read(self, number: int) -> Observed:
        return self._mails.record(number)

    def records(self, numbers: Collection[int] | None = None) -> Iterator[tuple[int, Observed]]:
        return self._mails.records(numbers)

    def occurrences(self, number: int) -> tuple[str, ...]:
        return self._mails.occurrences(number)

    def held(self, source: str, sha256: str, observer: str) -> tuple[int, ...]:
        return self._mails.held(source, sha256, observer)

    def traits(self, numbers: Collection[int] | None = None) -> Iterator[tuple[int, bytes]]:
        return self._mails.traits(numbers)

    def keep_raw(self, number: int, raw: bytes) -> None:
        self._mails.keep_raw(number, raw)

    def raw(self, number: int) -> bytes | None:
        return self._mails.raw(number)

    def owners(self) -> tuple[tuple[str, int], ...]:
        return self._mails.owners()

    def erase(self, numbers: Collection[int]) -> int:
        with self._connection.transaction():
            self._verdicts.erase(numbers)
            self._hits.erase(numbers)
            erased = self._mails.erase(numbers)
        self._after_erasing()
        return erased

    # Observables ----------------------------------------------------------------------------------------

    def find(self, digests: Collection[int]) -> Iterator[tuple[int, int]]:
        return self._mails.shown.find(digests)

    def texts(self, kind: str, containing: str = "") -> Iterator[tuple[int, str]]:
        return self._mails.texts.find(kind, containing)

    # Verdicts -------------------------------------------------------------------------------------------

    def add_verdicts(self, versions: Sequence[VerdictVersion]) -> None:
        self._verdicts.add(versions)

    def verdicts(self, number: int) -> tuple[VerdictVersion, ...]:
        return self._verdicts.of(number)

    def standing(self, numbers: Collection[int] | None = None) -> Iterator[VerdictVersion]:
        return self._verdicts.standing(numbers)

    # Intelligence ---------------------------------------------------------------------------------------

    def add_indicators(self, indicators: Sequence[tuple[Indicator, Collection[int]]]) -> tuple[int, int, int]:
        return self._indicators.add(indicators)

    def indicators(self, source: str | None = None) -> Iterator[Indicator]:
        return self._indicators.all(source)

    def indicator(self, id: str) -> Indicator | None:
        return self._indicators.one(id)

    def indicator_holders(self, ids: Collection[str], source: str) -> dict[str, bool]:
        return self._indicators.holders(ids, source)

    def indicators_by_digest(self, digests: Collection[int]) -> Iterator[tuple[int, Indicator]]:
        return self._indicators.by_digest(digests)

    def indicators_to_search(self) -> Iterator[Indicator]:
        return self._indicators.to_search()

    def remove_indicators(self, source: str) -> int:
        return self._indicators.remove(source)

    def add_hits(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        return self._hits.add(hits)

    def hits(self, *, indicator: str | None = None, number: int | None = None) -> Iterator[Hit]:
        return self._hits.all(indicator, number)

    # Small documents, audit -----------------------------------------------------------------------------

    def put(self, kind: str, id: str, body: bytes) -> None:
        self._documents.put(kind, id, body)

    def get(self, kind: str, id: str) -> bytes | None:
        return self._documents.get(kind, id)

    def documents(self, kind: str) -> Iterator[tuple[str, bytes]]:
        return self._documents.all(kind)

    def remove(self, kind: str, id: str) -> None:
        self._documents.remove(kind, id)

    def audit(self, entry: AuditEntry) -> None:
        self._audit.add(entry)

    def audit_entries(self) -> Iterator[AuditEntry]:
        return self._audit.entries()
