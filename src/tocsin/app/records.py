"""Reads the operator's file of DNS records; every mistake in it is said with its line."""

from __future__ import annotations

from pathlib import Path

from tocsin.mail.dns_records import NO_RECORDS, Records, parse_records

MAX_BYTES = 64 * 1024 * 1024


class RecordsError(ValueError):
    """The file cannot be used; the message names file, line and what was expected."""


def load_records(path: Path | None) -> Records:
    """The records in this file, as `mail.dns_records` reads them; none where no file is given. Raises RecordsError."""
    if path is None:
        return NO_RECORDS
    try:
        with path.open("rb") as file:  # bounded: a device named by mistake has no end
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecordsError(
            f"{path}: cannot be read ({error.strerror}); check the path given to --records"
        ) from error
    if len(data) > MAX_BYTES:
        raise RecordsError(
            f"{path}: is larger than {MAX_BYTES // 1024**2} MiB; check the path given to --records"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordsError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    records, bad = parse_records(text)
    if bad:
        more = f" ({len(bad) - 1} more such lines)" if len(bad) > 1 else ""
        raise RecordsError(f"{path}, line {bad[0].number}: {bad[0].text}{more}")
    return records
