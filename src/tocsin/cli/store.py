"""`tocsin store`: what is kept, who looked at it, and what one person may have or have gone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tocsin.app.config import Config, ConfigError, load_config
from tocsin.cli.edge import EXIT_INTERRUPTED, EXIT_UNREAD, say, silence

if TYPE_CHECKING:
    from tocsin.app.memory import Store
    from tocsin.model.people import People

_PATH = click.Path(path_type=Path)
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _options(function: _Function) -> _Function:
    for option in reversed(
        (
            click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE."),
            click.option("--mandate", metavar="TEXT", help="On whose behalf; recorded."),
            click.option("--config", type=_PATH, help="Settings in TOML."),
        )
    ):
        function = option(function)
    return function


_JSON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
_PEOPLE = click.option("--people", type=_PATH, help="people.toml, where the person is named by name.")


@click.group("store")
def command() -> None:
    """What is kept, who looked at it, and what one person may have or have gone: docs/store.md."""


@command.command("status")
@_JSON
@_options
def status_command(as_json: bool, **given: Any) -> None:
    """Say what the store holds, how it is kept, and what is past its period."""
    from tocsin.app.custody import holding
    from tocsin.render.store import holding_line, holding_text

    settings, store = _open(given)
    with _Session(store):
        held = holding(store, settings, now_s=time.time())
    sys.stdout.write(holding_line(held).decode() if as_json else holding_text(held))


@command.command("audit")
@_JSON
@_options
def audit_command(as_json: bool, **given: Any) -> None:
    """List who looked at which mail, when, by which command and under which mandate; the chain is checked."""
    from tocsin.render.store import audit_line, audit_text

    _, store = _open(given)
    with _Session(store, unread=True):
        for entry in store.audit_entries():
            sys.stdout.write(audit_line(entry).decode() if as_json else audit_text(entry))


@command.command("verify")
@_options
def verify_command(**given: Any) -> None:
    """Read every record once and check the audit. Exit code 3 if something cannot be read."""
    from tocsin.app.custody import verify

    settings, store = _open(given)
    with _Session(store):
        good, problems = verify(store, now_s=time.time(), mandate=settings.mandate)
    for problem in problems:
        say(f"{problem}.")
    sys.stdout.write(f"{good:,} records can be read; {len(problems):,} problems.\n")
    sys.exit(EXIT_UNREAD if problems else 0)


@command.command("export")
@click.argument("person")
@click.option("-o", "--output", type=_PATH, help="Write to FILE [default: standard output].")
@_PEOPLE
@_options
def export_command(person: str, output: Path | None, **given: Any) -> None:
    """Write everything that is held on PERSON (an address, or a name of people.toml), a JSON object a line."""
    from tocsin.app.custody import export_person
    from tocsin.render.store import held_line

    settings, store, people = _open_for_person(given)
    with _Session(store):
        addresses = _addresses(store, person, people)
        held = export_person(store, addresses, now_s=time.time(), mandate=settings.mandate)
        if output is None:
            sys.stdout.buffer.writelines(map(held_line, held))
        else:
            with open(output, "xb", opener=_for_the_user_alone) as file:
                file.writelines(map(held_line, held))


@command.command("erase")
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would go.")
@_PEOPLE
@_options
def erase_command(person: str, yes: bool, **given: Any) -> None:
    """Remove everything that is held on PERSON (an address, or a name of people.toml). The audit stays."""
    from tocsin.app.custody import erase_person, numbers_of

    settings, store, people = _open_for_person(given)
    with _Session(store):
        addresses = _addresses(store, person, people)
        count = len(numbers_of(store, addresses))
        if not yes:
            sys.stdout.write(f"{count:,} mails of {person} would be erased for good; add --yes to do it.\n")
            return
        erased = erase_person(store, addresses, now_s=time.time(), mandate=settings.mandate)
    sys.stdout.write(
        f"{erased:,} mails of {person} are erased, with their verdicts, hits and places in campaigns. The audit keeps "
        "that this was done. Backups are out of reach: erase there as well.\n"
    )


@command.command("expire")
@click.option("--dry-run", is_flag=True, help="Only say how many records would go.")
@_options
def expire_command(dry_run: bool, **given: Any) -> None:
    """Erase records that were kept for longer than retention_days; alerts for longer than retention_alert_days."""
    from tocsin.app.custody import expire, expired

    settings, store = _open(given)
    with _Session(store):
        now_s = time.time()
        if dry_run:
            count = len(expired(store, settings, now_s=now_s))
            sys.stdout.write(f"{count:,} records are past their period.\n")
            return
        sys.stdout.write(f"{expire(store, settings, now_s=now_s):,} records erased.\n")


class _Session:
    """Closes the store, and turns what goes wrong with it into words and an exit code."""

    def __init__(self, store: Store, *, unread: bool = False) -> None:
        self._store = store
        self._code = EXIT_UNREAD if unread else EXIT_INTERRUPTED

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        from tocsin.app.custody import CustodyError
        from tocsin.app.memory import StoreError

        self._store.close()
        if isinstance(error, CustodyError | FileExistsError):
            name = (
                f"{error.filename}: there is a file already; name another"
                if isinstance(error, OSError)
                else error
            )
            raise click.UsageError(str(name)) from error
        if isinstance(error, BrokenPipeError):  # whoever read the output has seen enough
            silence("stdout")
            sys.exit(0)
        if isinstance(error, StoreError | OSError):
            say(f"Stopped: {error}.")
            sys.exit(self._code)


def _settings(given: dict[str, Any]) -> Config:
    try:
        settings = load_config(given["config"], {"store": given["store"], "mandate": given["mandate"]})
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if not settings.store:
        raise click.UsageError("no store is named: give --store URL, TOCSIN_STORE or store in the settings")
    return settings


def _open(given: dict[str, Any]) -> tuple[Config, Store]:
    from tocsin.app.memory import StoreError, open_store
    from tocsin.app.scan import close_network

    settings = _settings(given)
    try:
        store = open_store(settings.store)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    close_network(store.sockets())
    return settings, store


def _open_for_person(given: dict[str, Any]) -> tuple[Config, Store, People]:
    from tocsin.app.people import PeopleError, load_people
    from tocsin.model.people import People

    settings = _settings(given)
    file = given["people"] or settings.people
    try:
        people = load_people(file) if file is not None else People()
    except PeopleError as error:
        raise click.UsageError(str(error)) from error
    return *_open(given), people


def _addresses(store: Store, person: str, people: People) -> tuple[str, ...]:
    from tocsin.app.custody import addresses_of

    return addresses_of(store, person, people)


def _for_the_user_alone(path: str, flags: int) -> int:
    import os

    return os.open(path, flags, 0o600)
