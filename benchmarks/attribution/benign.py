"""What real newsletters show, by sender, as if each sender were a campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.worlds import observe_all, strata_of
from tocsin.app.lists import Lists
from tocsin.model.observation import Observed

LABELS = ("newsletter", "grey-bulk", "benign")


def senders(corpus: Path, shared: Callable[[str], bool], jobs: int = 1) -> dict[str, tuple[str, ...]]:
    """Hosts of links, beacons and senders that strangers do not share, by the site that sent the mail.

    `corpus` holds labels.tsv and dev/; mails without a sender stand alone.
    """
    paths = [
        path
        for name, files in strata_of(corpus).items()
        if name.partition(",")[0] in LABELS
        for path in files
    ]
    return grouped(observe_all(paths, jobs, Lists()), shared)


def grouped(mails: Iterable[Observed], shared: Callable[[str], bool]) -> dict[str, tuple[str, ...]]:
    """What all mails of one sender show together; in the order of the mails' digests."""
    found: dict[str, dict[str, None]] = {}
    for mail in sorted(mails, key=lambda one: one.sha256):
        hosts = [beacon.host for beacon in mail.beacons]
        hosts += [
            mail.sender.domain,
            mail.sender.reply_site,
            mail.sender.return_site,
            *mail.sender.dkim_domains,
        ]
        own = found.setdefault(mail.sender.site or mail.sha256, {})
        own.update(dict.fromkeys(host for host in hosts if host and not shared(host)))
    return {sender: tuple(values) for sender, values in found.items()}
