"""Settings to scan requests: lists and people are read here, once."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from tocsin.app.articles import ArticlesError, read_articles
from tocsin.app.catalogue import CatalogueError, load_catalogue
from tocsin.app.config import Config
from tocsin.app.dates import DatesError, load_dates
from tocsin.app.lists import Lists
from tocsin.app.names import NamesError, load_names
from tocsin.app.people import PeopleError, load_people
from tocsin.app.records import RecordsError, load_records
from tocsin.app.rules import RulesError, load_rules
from tocsin.app.scan import ScanRequest
from tocsin.app.weights import load_weights
from tocsin.connect.limits import ReadLimits
from tocsin.model.people import People
from tocsin.model.rules import RuleSet


class RequestError(ValueError):
    """The request cannot be carried out; the message says what to change."""


def make_request(config: Config, paths: Sequence[str], rules: RuleSet | None = None) -> ScanRequest:
    """Read what the settings point to; `rules` take the place of those that they name.

    Raises RequestError for a missing path, a bad people file, list or rule.
    """
    for path in paths:
        if path != "-" and not os.path.lexists(path):
            raise RequestError(f"{path}: there is no such file or folder; check the path")
    if paths.count("-") > 1:
        raise RequestError("standard input (-) can be read only once; name it once")
    try:
        people = load_people(config.people) if config.people else People()
        if config.vendors:
            load_catalogue(config.vendors)
        if config.articles and config.articles.exists():
            for _ in read_articles(config.articles):
                pass
        if config.names and config.names.exists():
            load_names(config.names)
        if config.dns_records and config.dns_records.exists():
            load_records(config.dns_records)
    except (PeopleError, CatalogueError, NamesError, ArticlesError, RecordsError) as error:
        raise RequestError(str(error)) from error
    lists = Lists(
        config.vendors,
        config.names,
        config.articles,
        config.dns_records,
        config.domain_dates,
        config.rules,
        tuple(name.strip().lower() for name in config.authserv_ids),
    )
    try:
        lists.digest()
    except OSError as error:
        raise RequestError(f"{error.filename}: cannot be read ({error.strerror}); check the path") from error
    try:
        if lists.domain_dates is not None and lists.domain_dates.exists():
            load_dates(lists.domain_dates)
    except DatesError as error:
        raise RequestError(str(error)) from error
    for file in (config.names, config.articles, config.dns_records, config.domain_dates, config.rules):
        if file is not None and not file.exists():
            raise RequestError(f"{file}: there is no such file or folder; check the path")
    if rules is None:
        try:
            rules = load_rules((config.rules,)) if config.rules else RuleSet()
        except RulesError as error:
            raise RequestError(str(error)) from error
    weights = load_weights()
    if config.prior:
        weights = msgspec.structs.replace(weights, prior=config.prior)
    return ScanRequest(
        paths=tuple(paths),
        weights=weights,
        people=people,
        lists=lists,
        jobs=config.jobs or available_cores(),
        threshold=config.threshold,
        mail_time_s=config.mail_time_s,
        limits=ReadLimits(max_mail_bytes=config.max_mail_bytes),
        budget=config.budget,
        rules=rules,
        mandate=config.mandate,
        keep_raw=config.keep_raw,
    )


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
