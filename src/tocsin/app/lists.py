"""The operator's own files that observing and judging read beside the shipped lists."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec


class Lists(msgspec.Struct, frozen=True):
    """Paths, None where nothing was handed in.

    `vendors` are mail services, `names` outlets, institutions and people that mails could
    imitate, `articles` a folder of texts that mails could copy, `dns_records` a file of DNS records, `domain_dates` a
    file of registration days, `rules` a file or folder of site rules. `authserv_ids` are the servers whose
    Authentication-Results are believed; () means learnt from the mailbox.
    """

    vendors: Path | None = None
    names: Path | None = None
    articles: Path | None = None
    dns_records: Path | None = None
    domain_dates: Path | None = None
    rules: Path | None = None
    authserv_ids: tuple[str, ...] = ()

    def digest(self) -> str:
        """Changes when one of the files does: what was observed with other lists is not taken up again.

        Raises OSError for a file that cannot be read.
        """
        seen = hashlib.sha256(repr(self.authserv_ids).encode())
        for path in (
            self.vendors,
            self.names,
            self.articles,
            self.dns_records,
            self.domain_dates,
            self.rules,
        ):
            seen.update(b"\0")
            if path is None:
                continue
            for file in sorted(path.rglob("*")) if path.is_dir() else (path,):
                if file.is_file():
                    seen.update(str(file).encode("utf-8", "surrogateescape") + b"\0")
                    seen.update(hashlib.sha256(file.read_bytes()).digest())
        return seen.hexdigest()
