"""`tocsin gate`: judge mail on its way in, and take out what phones home."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.cli.edge import say
from tocsin.cli.stores import settings_of


@click.command()
@click.option("--listen", required=True, metavar="ADDRESS", help="unix:PATH, or inet:PORT@127.0.0.1.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="What is done with whose mail, in TOML. attachments = keep leaves attached HTML as it is.",
)
@click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE.")
@click.option("--people", type=click.Path(path_type=Path), help="Who is protected: people.toml.")
@click.option("--spool", type=click.Path(path_type=Path), help="Folder of the journal and the originals.")
@click.option(
    "--anchors", type=click.Path(path_type=Path), help="Who vouches for signed mail: PEM, or a folder."
)
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes [default: one more than cores].")
@click.option(
    "--socket-mode", default="660", show_default=True, metavar="OCTAL", help="Rights of the socket."
)
@click.option("--user", default="", metavar="NAME", help="Go on as this account when started by root.")
@click.option("--no-mark", is_flag=True, help="Write no field with the verdict into mails.")
@click.option("--strip-only", is_flag=True, help="Only take away what nobody outside may write.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
def command(
    listen: str,
    policy: Path | None,
    store: str | None,
    people: Path | None,
    spool: Path | None,
    anchors: Path | None,
    jobs: int | None,
    socket_mode: str,
    user: str,
    no_mark: bool,
    strip_only: bool,
    config: Path | None,
) -> None:
    """Listen for a mail server (milter), judge each mail, and tag, defuse or hold it by policy.

    Postfix keeps every mail that this program does not answer for. docs/gate.md has the lines for its settings.
    """
    from tocsin.app.live.build import LiveError
    from tocsin.app.live.gate import GateRequest, run_gate

    settings = settings_of(
        config, policy=policy, store=store, people=people, spool=spool, anchors=anchors, jobs=jobs
    )
    try:
        mode = int(socket_mode, 8)
    except ValueError as error:
        raise click.UsageError(
            f"--socket-mode {socket_mode}: expected an octal number such as 660"
        ) from error
    request = GateRequest(listen, settings, mode, user, strip_only, not no_mark)
    try:
        sys.exit(run_gate(request, say))
    except LiveError as error:
        raise click.UsageError(str(error)) from error
