"""`tocsin export`: hand campaigns and intelligence on to other programs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from tocsin.app.config import ConfigError, load_config
from tocsin.cli.edge import EXIT_INTERRUPTED, say

_TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT")
_PAPS = ("CLEAR", "GREEN", "AMBER", "RED")


@click.command("export")
@click.argument("campaigns", nargs=-1, metavar="[CAMPAIGN]...")
@click.option("--format", "format_", type=click.Choice(("stix", "misp", "csv")), required=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write to FILE [default: standard output]."
)
@click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE.")
@click.option("--intel", is_flag=True, help="With the intelligence that is kept, and how often it met mail.")
@click.option("--producer", default="", metavar="NAME", help="Who gives it out, as receivers shall see it.")
@click.option(
    "--tlp", type=click.Choice(_TLPS, case_sensitive=False), default="AMBER", show_default=True,
    help="TLP 2.0 of the export; nothing stricter goes in.",
)  # fmt: skip
@click.option("--pap", type=click.Choice(_PAPS, case_sensitive=False), help="What receivers may do with it.")
@click.option("--with-tokens", is_flag=True, help="Leave in URLs what tells one reader from another.")
@click.option("--with-signers", is_flag=True, help="Name the analysts who signed judgements.")
@click.option("--mandate", metavar="TEXT", help="On whose behalf it is given out; recorded.")
@click.option(
    "--warning-lists", type=click.Path(path_type=Path), help="Folder of MISP warning lists beside ours."
)
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
def command(
    campaigns: tuple[str, ...],
    format_: str,
    output: Path | None,
    store: str | None,
    intel: bool,
    producer: str,
    tlp: str,
    pap: str | None,
    with_tokens: bool,
    with_signers: bool,
    mandate: str | None,
    warning_lists: Path | None,
    config: Path | None,
) -> None:
    """Write campaigns (all that are listed, or those named) as STIX 2.1, MISP events or a table of indicators.

    Readers leave under pseudonyms, URLs without what tells one reader from another. What a format cannot hold, or
    its mark does not allow, is counted on standard error.

    Exit code: 0 written; 2 wrong use; 4 the output could not be written.
    """
    from tocsin.app.campaigns import listed_campaigns
    from tocsin.app.export import ExportError, Wish, chosen, export
    from tocsin.app.memory import StoreError, open_store
    from tocsin.app.scan import close_network
    from tocsin.app.warning_lists import WarningListError
    from tocsin.render.export import left_lines

    try:
        settings = load_config(config, {"store": store, "mandate": mandate, "warning_lists": warning_lists})
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if not settings.store:
        raise click.UsageError("no store is named: give --store URL, TOCSIN_STORE or store in the settings")
    try:
        opened = open_store(settings.store)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    wish = Wish(
        format_, intel, producer or "unnamed producer", tlp.upper(), (pap or "").upper(),
        with_tokens, settings.mandate, settings.warning_lists, with_signers,
    )  # fmt: skip
    try:
        close_network(opened.sockets())
        known = listed_campaigns(opened)
        shared = chosen(known, campaigns) if campaigns else known
        data, sharing, left = export(opened, wish, shared, now_s=time.time())
    except (ExportError, WarningListError) as error:
        raise click.UsageError(str(error)) from error
    except StoreError as error:
        say(f"Stopped: {error}.")
        sys.exit(EXIT_INTERRUPTED)
    finally:
        opened.close()
    try:
        _write(data, output)
    except OSError as error:
        say(
            f"{output or 'standard output'}: cannot be written ({error.strerror or error}); make room and run again."
        )
        sys.exit(EXIT_INTERRUPTED)
    for line in left_lines(sharing, left, format_):
        say(line)


def _write(data: bytes, output: Path | None) -> None:
    """Whole or not at all; nobody but the user may read the file."""
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
