"""`tocsin analysts`: who may sign judgements in this store."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.stores import JSON, opened, store_options


@click.group("analysts")
def command() -> None:
    """Who signs judgements: keys made, entered and retired. docs/judgements.md."""


@command.command("add")
@click.argument("name")
@click.option("--role", default="", metavar="TEXT", help="What they do, as in “duty analyst”.")
@click.option(
    "--public-key", "key", metavar="HEX", help="A colleague's key, as analysts list shows it there."
)
@click.option("--no-passphrase", is_flag=True, help="Leave the new private key without a passphrase.")
@click.option(
    "--passphrase-stdin", is_flag=True, help="Read the passphrase from the first line of standard input."
)
@JSON
@store_options
def add_command(
    name: str,
    role: str,
    key: str | None,
    no_passphrase: bool,
    passphrase_stdin: bool,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Make a key for NAME on this machine, and enter its public part in the store."""
    from tocsin.app.analysts import AnalystError, add_analyst
    from tocsin.render.judgements import analyst_line, analyst_sentence

    public = _public(key) if key is not None else None
    passphrase = ""
    if public is None and not no_passphrase:
        passphrase = asked("Passphrase for the new key", passphrase_stdin, confirm=True)
        if not passphrase:
            raise click.UsageError("the passphrase is empty; give one, or --no-passphrase")
    with opened(store, config) as (found, _):
        try:
            one, file = add_analyst(
                found, name, now_s=time.time(), role=role, passphrase=passphrase, public_key=public
            )
        except AnalystError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(analyst_line(one))
        return
    sys.stdout.write(f"{analyst_sentence(one)}\n")
    if file is not None:
        sys.stdout.write(f"  private key: {file}; keep it, it is nowhere else\n")


@command.command("list")
@JSON
@store_options
def list_command(as_json: bool, store: str | None, config: Path | None) -> None:
    """List who may sign, and who could."""
    from tocsin.app.analysts import analysts
    from tocsin.render.judgements import analyst_line, analyst_sentence

    with opened(store, config) as (found, _):
        listed = analysts(found)
    if as_json:
        sys.stdout.buffer.writelines(map(analyst_line, listed))
        return
    for one in listed:
        sys.stdout.write(f"{analyst_sentence(one)}\n")
    if not listed:
        sys.stdout.write("Nobody may sign in this store yet: tocsin analysts add NAME.\n")


@command.command("retire")
@click.argument("analyst")
@store_options
def retire_command(analyst: str, store: str | None, config: Path | None) -> None:
    """Let the key of ANALYST (name or id) sign nothing more; what it signed stays."""
    from tocsin.app.analysts import AnalystError, retire_analyst
    from tocsin.render.judgements import analyst_sentence

    with opened(store, config) as (found, _):
        try:
            gone = retire_analyst(found, analyst, now_s=time.time())
        except AnalystError as error:
            raise click.UsageError(str(error)) from error
    sys.stdout.write(f"{analyst_sentence(gone)}\n")


def asked(prompt: str, from_stdin: bool, *, confirm: bool = False) -> str:
    """A passphrase, from the terminal or the first line of standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError(
            "a passphrase is wanted, and there is no terminal to ask at: --passphrase-stdin reads it from a pipe"
        )
    return str(
        click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, default="", show_default=False)
    )


def _public(text: str) -> bytes:
    try:
        return bytes.fromhex(text.strip())
    except ValueError as error:
        raise click.UsageError("--public-key: expected 64 hexadecimal digits") from error
