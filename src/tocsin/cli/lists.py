"""The options by which `scan` and `explain` take the operator's own lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


def list_options(function: _Function) -> _Function:
    """Add them to a command, which takes them as keyword arguments to hand on to `load_config`."""
    for option in reversed(
        (
            click.option("--people", type=_PATH, help="Who is protected: people.toml."),
            click.option("--vendors", type=_PATH, help="Your own list of mail services beside ours."),
            click.option("--names", type=_PATH, help="Your own outlets and institutions beside ours."),
            click.option("--articles", type=_PATH, help="Folder of article texts that mails could copy."),
            click.option(
                "--records", "dns_records", type=_PATH, help="DNS records to check signatures with."
            ),
            click.option("--dates", "domain_dates", type=_PATH, help="When domains were registered: CSV."),
            click.option(
                "--rules", type=_PATH, help="Your own rules: a YAML or YARA file, or a folder of them."
            ),
            click.option(
                "--authserv-id",
                "authserv_ids",
                multiple=True,
                metavar="NAME",
                help="Server whose Authentication-Results are believed [default: learnt from the mailbox].",
            ),
        )
    ):
        function = option(function)
    return function


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The options as `load_config` wants them: None for what was not given."""
    return {key: None if value == () else value for key, value in values.items()}
