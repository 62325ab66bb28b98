"""What can be made of mails before the database is asked: while it still writes the batch before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.model.observable import digest
from tocsin.model.observation import Observed
from tocsin.model.stored import NewMail
from tocsin.store.codec import Codec
from tocsin.store.columns import Blobs, Columns, Integers, Reals, Same
from tocsin.store.connection import packed

_DIGITS = 64

Key = tuple[bytes, str]  # SHA-256 and owner


@dataclass(frozen=True)
class Prepared:
    """Mails, and side by side with them what is kept of each. `records` waits for the records that are being packed."""

    mails: Sequence[NewMail]
    keys: Sequence[Key]
    times_s: Sequence[float | None]
    senders: Sequence[bytes]
    sources: Sequence[bytes]
    shown: Sequence[tuple[int, ...]]
    records: Callable[[], list[bytes]]

    def index_rows(self, numbers: Sequence[int], names: Mapping[str, int], at_s: float) -> Columns:
        """Rows of the table of mails."""
        return {
            "number": Integers(numbers),
            "sha256": Blobs([sha256 for sha256, _ in self.keys]),
            "owner": Integers([names[mail.owner] for mail in self.mails]),
            "mailbox": Integers([names[mail.observed.mailbox] for mail in self.mails]),
            "observer": Integers([names[mail.observer] for mail in self.mails]),
            "time_s": Reals(self.times_s),
            "stored_s": Same(at_s),
            "outgoing": Integers([int(mail.observed.outgoing) for mail in self.mails]),
            "raw": Same(0),
            "sender": Blobs(self.senders),
            "source": Blobs(self.sources),
        }


def prepare(mails: Sequence[NewMail], codec: Codec[Observed]) -> Prepared:
    """Prepare mails; nothing else may be packed with this codec before the records are there."""
    records = codec.pack_many([mail.observed for mail in mails])
    return Prepared(
        mails,
        [(sha256_of(mail.observed.sha256), mail.owner) for mail in mails],
        [time_of(mail.observed) for mail in mails],
        [packed(mail.observed.sender.address) for mail in mails],
        [packed(places_of(mail)[0]) for mail in mails],
        [(*mail.digests, digest_of(mail.observed.sha256.lower())) for mail in mails],
        records,
    )


def places_of(mail: NewMail) -> tuple[str, ...]:
    """Where a mail was found, the first place first."""
    return mail.occurrences or (mail.observed.source,)


def time_of(observed: Observed) -> float | None:
    """When a mail came: arrival, else Date; Unix seconds UTC."""
    return observed.arrival_s if observed.arrival_s is not None else observed.date_s


def digest_of(sha256: str) -> int:
    """What mails with these bytes are found by in the index of what they show."""
    return digest("mail", sha256)  # a kind that no observable has


def sha256_of(digits: str) -> bytes:
    """Raises ValueError for what is no SHA-256."""
    if len(digits) != _DIGITS:
        raise ValueError(f"{digits!r} is no SHA-256; expected {_DIGITS} hexadecimal digits")
    return bytes.fromhex(digits)
