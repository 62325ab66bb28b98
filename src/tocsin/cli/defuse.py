"""`tocsin defuse`: take out of one mail what phones home, and keep its original sealed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.edge import EXIT_INTERRUPTED, EXIT_UNREAD, say, silence
from tocsin.cli.stores import settings_of


@click.command("defuse")
@click.argument("source", type=click.Path(path_type=Path), metavar="IN.eml | -")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path),
    help="Write to FILE, - for standard output [default: IN.defused.eml].",
)  # fmt: skip
@click.option(
    "--sealed", type=click.Path(path_type=Path),
    help="Keep the original in FILE or folder [default: beside the output].",
)  # fmt: skip
@click.option(
    "--links", type=click.Choice(("keep", "inert")), default="keep", show_default=True,
    help="Leave links as they are, or make them inert with their host beside.",
)  # fmt: skip
@click.option(
    "--attachments", type=click.Choice(("seal", "active", "keep")), default="seal", show_default=True,
    help="Replace files of kinds that could fetch when opened by a note; of PDF and office files only those in which "
    "something acts, or that cannot be looked through; or leave them.",
)  # fmt: skip
@click.option(
    "--tokens", type=click.Choice(("keep", "cut")), default="keep", show_default=True,
    help="Cut what stands behind ? and # in links; some links then lead elsewhere.",
)  # fmt: skip
@click.option(
    "--anchors", type=click.Path(path_type=Path), metavar="FILE|FOLDER",
    help="Certificates (PEM) that vouch for signers: what they signed is left as it is [default: none].",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What was done, as one JSON object on standard output.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
def command(
    source: Path,
    output: Path | None,
    sealed: Path | None,
    links: str,
    attachments: str,
    tokens: str,
    anchors: Path | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Write a mail anew without what phones home when it arrives, is opened, answered or printed.

    Only what needs it is changed. The original is kept in a sealed file beside: `tocsin restore` gives it back.

    Exit code: 0 written; 2 wrong use; 3 the mail cannot be read, or was written but something in it had to be left
    as it is; 4 the output cannot be written.
    """
    from tocsin.app.anchors import AnchorsError, load_anchors
    from tocsin.app.defusing import STANDARD, Unreadable, Unusable, Unwritable, defuse_file, places, policy_of
    from tocsin.app.scan import close_network
    from tocsin.model.signature import NO_ANCHORS
    from tocsin.render.defused import defused_line, defused_text

    settings = settings_of(config, anchors=anchors)
    policy = policy_of(links, attachments, tokens)
    try:
        trusted = load_anchors(settings.anchors) if settings.anchors else NO_ANCHORS
    except AnchorsError as error:
        raise click.UsageError(str(error)) from error
    close_network()
    try:
        output, sealed = places(source, output, sealed)
        if as_json and output == STANDARD:
            raise Unusable("--json and the mail cannot both go to standard output; name a file with -o")
        done = defuse_file(
            source, output, sealed, policy,
            stdin=sys.stdin.buffer, stdout=sys.stdout.buffer, largest=settings.max_mail_bytes,
            anchors=trusted, now_s=time.time(),
        )  # fmt: skip
    except Unusable as error:
        raise click.UsageError(str(error)) from error
    except Unreadable as error:
        say(str(error))
        sys.exit(EXIT_UNREAD)
    except Unwritable as error:
        if output == STANDARD:
            silence("stdout")
        say(str(error))
        sys.exit(EXIT_INTERRUPTED)
    if as_json:
        sys.stdout.buffer.write(defused_line(done))
        sys.stdout.buffer.flush()
    else:
        for line in defused_text(done):
            say(line)
    sys.exit(EXIT_UNREAD if done.defused.left else 0)
