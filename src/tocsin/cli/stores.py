"""Opens the store that a command works on, the network closed, for the length of a block."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tocsin.app.config import Config, ConfigError, load_config
from tocsin.cli.edge import EXIT_INTERRUPTED, say

if TYPE_CHECKING:
    from tocsin.app.memory import Store

_Function = TypeVar("_Function", bound=Callable[..., Any])

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
AS = click.option("--as", "who", default="", metavar="NAME", help="Who says so [default: your account].")


def store_options(function: _Function) -> _Function:
    """The options --store and --config, handed on as `store` and `config`."""
    for option in reversed(
        (
            click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE."),
            click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML."),
        )
    ):
        function = option(function)
    return function


@contextmanager
def opened(
    store: str | None, config: Path | None, *, keep: Collection[int] = (), **flags: Any
) -> Iterator[tuple[Store, Config]]:
    """The store that is named and all settings; `flags` are settings given on the command line (None: not given).

    `keep` are connected sockets that go on working when the network is closed. What is wrong with either ends the
    command with code 2, a store that goes away with code 4.
    """
    from tocsin.app.memory import StoreError, open_store
    from tocsin.app.scan import close_network

    settings = settings_of(config, store=store, **flags)
    if not settings.store:
        raise click.UsageError("no store is named: give --store URL, TOCSIN_STORE or store in the settings")
    try:
        found = open_store(settings.store)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    try:
        close_network((*found.sockets(), *keep))
        yield found, settings
    except StoreError as error:
        say(f"Stopped: {error}.")
        sys.exit(EXIT_INTERRUPTED)
    finally:
        found.close()


def settings_of(config: Path | None, **flags: Any) -> Config:
    """Settings for a command; what is wrong with them ends it with code 2."""
    try:
        return load_config(config, flags)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
