"""Counts for the head of a report, taken while verdicts pass by, so that no mail is held in memory."""

from __future__ import annotations

import time
from collections import Counter
from typing import TypeGuard

from tocsin.judge.queue import Queue
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import Observed
from tocsin.model.scan import Judged, Month, SiteCount
from tocsin.model.verdict import CLASSES

# What phones home without a click: the reader need only receive, open or answer the mail.
_UNASKED = ("receipt", "open", "reply")
_KEPT_SITES = 60


def is_shown(when: float | None) -> TypeGuard[float]:
    """Whether a stamp is worth showing: the years 1970 to 9999. Others are broken clocks or forged."""
    return when is not None and 0 < when < 253_402_300_800


class Overview:
    """Adds up judged mails; the properties are what `Summary` holds."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._vendor_names = {vendor.id: vendor.name for vendor in catalogue.vendors}
        self.queue = Queue()
        self.mails = 0
        self.unique = 0
        self.alerts = 0
        self.beaconing = 0
        self.not_evaluated = 0
        self.defective = 0
        self.exercise = False
        self.first_s: float | None = None
        self.last_s: float | None = None
        self._classes: Counter[str] = Counter()
        self._months: dict[str, list[int]] = {}
        self._days: dict[int, list[int]] = {}  # the same lists, by day since 1970: most mails share a day
        self._sites: Counter[tuple[str, str]] = Counter()
        self._site_alerts: Counter[tuple[str, str]] = Counter()
        self._site_own: Counter[tuple[str, str]] = Counter()

    def add(self, judged: Judged) -> None:
        mail, verdict = judged.observed, judged.verdict
        self.mails += len(judged.occurrences)
        self.unique += 1
        self.alerts += verdict.alert
        self.not_evaluated += bool(verdict.not_evaluated)
        self.defective += bool(mail.defects)
        self.exercise = self.exercise or mail.exercise
        self.queue.add(judged)
        self._classes[verdict.class_] += 1
        sites, stranger = self._sites_of(mail)
        self.beaconing += bool(sites)
        for site in sites:
            self._sites[site] += 1
            self._site_alerts[site] += verdict.alert
            self._site_own[site] += site == (mail.sender.site, "")
        self._count_month(mail, bool(sites), stranger, verdict.alert)

    def _sites_of(self, mail: Observed) -> tuple[set[tuple[str, str]], bool]:
        sites = set()
        stranger = False
        for beacon in mail.beacons:
            if beacon.trigger not in _UNASKED or not beacon.site:
                continue
            vendor = beacon.vendor or ""
            sites.add((vendor or beacon.site, vendor))
            stranger = stranger or not (vendor or beacon.site == mail.sender.site)
        return sites, stranger

    def _count_month(self, mail: Observed, beaconing: bool, stranger: bool, alert: bool) -> None:
        when = mail.arrival_s if mail.arrival_s is not None else mail.date_s
        if not is_shown(when):
            return
        self.first_s = when if self.first_s is None else min(self.first_s, when)
        self.last_s = when if self.last_s is None else max(self.last_s, when)
        day = int(when // 86_400)
        counts = self._days.get(day)
        if counts is None:
            moment = time.gmtime(when)
            month = f"{moment.tm_year:04d}-{moment.tm_mon:02d}"
            counts = self._days[day] = self._months.setdefault(month, [0, 0, 0, 0])
        counts[0] += 1
        counts[1] += beaconing and not stranger
        counts[2] += stranger
        counts[3] += alert

    @property
    def classes(self) -> dict[str, int]:
        return {name: self._classes[name] for name in CLASSES}

    @property
    def months(self) -> tuple[Month, ...]:
        return tuple(Month(month, *counts) for month, counts in sorted(self._months.items()))

    @property
    def sites(self) -> tuple[SiteCount, ...]:
        """The most frequent destinations, alerted ones first."""
        ranked = sorted(self._sites, key=lambda key: (-self._site_alerts[key], -self._sites[key], key))
        return tuple(
            SiteCount(
                site if not vendor else "",
                self._vendor_names.get(vendor, vendor),
                self._sites[site, vendor],
                self._site_alerts[site, vendor],
                self._site_own[site, vendor],
            )
            for site, vendor in ranked[:_KEPT_SITES]
        )
