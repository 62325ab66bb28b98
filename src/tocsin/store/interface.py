"""What every store does; one contract suite holds all of them to it (tests/store)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from tocsin.model.intel import Hit, Indicator
from tocsin.model.observation import Observed
from tocsin.model.stored import AuditEntry, MailRow, NewMail, VerdictVersion

DOCUMENT_KINDS = (
    "source",
    "not-understood",
    "poll",
    "campaign",
    "decision",
    "incident",
    "setting",
    "claim",
    "analyst",
    "judgement",
    "telling",
    "release",
    "notice",
    "notice-code",
    "assent",
    "notice-event",
    "case",
    "case-event",
    "comparison",
)


class StoreError(Exception):
    """A store cannot do what it was asked; the message says which store, what was expected, and what to do."""


class StoreMissing(StoreError):
    """There is no such store, and the command at hand must not make one."""


class StoreLocked(StoreError):
    """The key is missing or wrong, or another process holds the store for writing."""


class StoreVersion(StoreError):
    """The store was written by a newer version of Tocsin, or is no store."""


class StoreLost(StoreError):
    """The store went away or takes nothing more (disk full, server gone); nothing half-done was kept."""


class StoreDamaged(StoreError):
    """The store's bytes are not what was written; nothing was changed."""


class ExerciseRefused(StoreError):
    """A practice mail was offered to a real store, or a real mail to a practice store."""


class Store(Protocol):
    """Mails, verdicts, intelligence and what people decided; every method is all or nothing.

    Methods raise StoreLost where the disk is full or the server gone. Inside `transaction` several calls are
    one. One process writes at a time, any number read meanwhile. Iterators must not be held over a write.
    """

    url: str  # without passwords, for messages
    encrypted: bool
    exercise: bool  # holds practice mail, and nothing else

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is kept together or not at all."""
        ...

    def close(self) -> None: ...

    def sockets(self) -> tuple[int, ...]:
        """Connected sockets that the network guard must let pass; () for a store that is a file."""
        ...

    # Mails ----------------------------------------------------------------------------------------------

    def add(self, mails: Sequence[NewMail], *, at_s: float) -> list[int]:
        """Keep mails; returns their numbers in the order given.

        A mail that the store knows by SHA-256 and owner keeps its number and row and gains the places it was found
        in; observed by another observer, its record is replaced. Marks of mailboxes and what was done with a mail
        when it came are added to those that are known. Raises ExerciseRefused.
        """
        ...

    def add_all(self, batches: Iterable[Sequence[NewMail]], *, at_s: float) -> Iterator[list[int]]:
        """Keep batches of mails, each as `add` would; yields the numbers of each when it is kept for good.

        The next batch is asked for while the one before goes to the disk. An error ends it: the batch at hand is not
        kept, all before it are.
        """
        ...

    def rows(self, numbers: Collection[int] | None = None) -> Iterator[MailRow]:
        """Index rows in the order of numbers: of all mails, or of these; unknown numbers are left out."""
        ...

    def numbers(self, sha256: str) -> tuple[int, ...]:
        """The stored mails with these bytes, one for each owner; `sha256` may be a prefix of 8 or more digits."""
        ...

    def read(self, number: int) -> Observed:
        """The record of a mail. Raises KeyError for a number that is not there."""
        ...

    def records(self, numbers: Collection[int] | None = None) -> Iterator[tuple[int, Observed]]:
        """Records in the order of numbers, streamed."""
        ...

    def occurrences(self, number: int) -> tuple[str, ...]:
        """All places the mail was found in, the first one first."""
        ...

    def held(self, source: str, sha256: str, observer: str) -> tuple[int, ...]:
        """Numbers of mails with these bytes, found at this place before, by this observer; () if none."""
        ...

    def traits(self, numbers: Collection[int] | None = None) -> Iterator[tuple[int, bytes]]:
        """What linking compares, in the order of numbers, streamed."""
        ...

    def keep_raw(self, number: int, raw: bytes) -> None:
        """Keep a mail's bytes beside its record."""
        ...

    def raw(self, number: int) -> bytes | None: ...

    # Observables ----------------------------------------------------------------------------------------

    def find(self, digests: Collection[int]) -> Iterator[tuple[int, int]]:
        """Pairs of digest and mail number for every stored mail that shows one of the observables, in any order."""
        ...

    def texts(self, kind: str, containing: str = "") -> Iterator[tuple[int, str]]:
        """Pairs of mail number and value of this kind whose value contains a text, in any order."""
        ...

    # Verdicts -------------------------------------------------------------------------------------------

    def add_verdicts(self, versions: Sequence[VerdictVersion]) -> None:
        """Add versions; their `version` is set by the store to the next one of each mail."""
        ...

    def verdicts(self, number: int) -> tuple[VerdictVersion, ...]:
        """All versions of one mail, the first one first."""
        ...

    def standing(self, numbers: Collection[int] | None = None) -> Iterator[VerdictVersion]:
        """The newest version of each mail, in the order of numbers."""
        ...

    # Intelligence ---------------------------------------------------------------------------------------

    def add_indicators(self, indicators: Sequence[tuple[Indicator, Collection[int]]]) -> tuple[int, int, int]:
        """Keep indicators, each with the digests that can lead to it (() where only a search can).

        By `id`: new ones are added, changed ones replaced, the rest left. Returns the counts of these three.
        """
        ...

    def indicators(self, source: str | None = None) -> Iterator[Indicator]: ...

    def indicator(self, id: str) -> Indicator | None: ...

    def indicator_holders(self, ids: Collection[str], source: str) -> dict[str, bool]:
        """Of indicators with these ids that are kept: whether they are this source's, or another one's."""
        ...

    def indicators_by_digest(self, digests: Collection[int]) -> Iterator[tuple[int, Indicator]]:
        """Indicators that one of these digests can lead to."""
        ...

    def indicators_to_search(self) -> Iterator[Indicator]:
        """Indicators that no digest leads to: LIKE, MATCHES, CIDR, negations."""
        ...

    def remove_indicators(self, source: str) -> int:
        """Forget a source's indicators (hits stay); returns how many."""
        ...

    def add_hits(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Keep hits; returns those that are new by indicator, mail, match and value seen."""
        ...

    def hits(self, *, indicator: str | None = None, number: int | None = None) -> Iterator[Hit]: ...

    # Small documents ------------------------------------------------------------------------------------

    def put(self, kind: str, id: str, body: bytes) -> None:
        """Keep a small document, of DOCUMENT_KINDS, under its id; one that is there is replaced."""
        ...

    def get(self, kind: str, id: str) -> bytes | None: ...

    def documents(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """All documents of a kind, by id."""
        ...

    def remove(self, kind: str, id: str) -> None: ...

    # People, audit --------------------------------------------------------------------------------------

    def owners(self) -> tuple[tuple[str, int], ...]:
        """Whose mail is kept, and how many mails each."""
        ...

    def erase(self, numbers: Collection[int]) -> int:
        """Remove mails with all that was derived from them, indexes, verdicts and hits included; returns how many."""
        ...

    def audit(self, entry: AuditEntry) -> None:
        """Add an entry; entries cannot be changed or removed."""
        ...

    def audit_entries(self) -> Iterator[AuditEntry]:
        """All entries, the oldest first. Raises StoreError where the chain of entries was tampered with."""
        ...
