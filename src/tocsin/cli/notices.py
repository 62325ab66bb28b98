"""`tocsin notices`: read, sign, print, send and follow notices."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from tocsin.cli.analysts import asked
from tocsin.cli.edge import EXIT_UNREAD, say
from tocsin.cli.stores import AS, JSON, opened, settings_of, store_options

if TYPE_CHECKING:
    from tocsin.app.config import Config
    from tocsin.app.memory import Store

_IDS = click.argument("wanted", nargs=-1, required=True, metavar="NOTICE|CAMPAIGN…")
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_MOST_BYTES = 1024 * 1024 + 1


@click.group("notices")
def command() -> None:
    """Notices that were drafted: who signed them, who was told, who answered. docs/notify.md."""


@contextmanager
def _work(
    store: str | None, config: Path | None, *, keep: tuple[int, ...] = (), **flags: Path | None
) -> Iterator[tuple[Store, Config]]:
    """The store; what cannot be done ends the command with code 2 and a sentence for each notice."""
    from tocsin.app.analysts import AnalystError
    from tocsin.app.notices import NoticeError

    with opened(store, config, keep=keep, **flags) as (found, settings):
        try:
            yield found, settings
        except (NoticeError, AnalystError) as error:
            raise click.UsageError(str(error)) from error


@command.command("list")
@click.argument("subject", required=False, metavar="[CAMPAIGN|MESSAGE]")
@JSON
@store_options
def list_command(subject: str | None, as_json: bool, store: str | None, config: Path | None) -> None:
    """List notices, with where each stands and what it waits for."""
    from tocsin.app.assents import assents, missing, standing
    from tocsin.app.notice_release import subjects_of
    from tocsin.app.notices import followed
    from tocsin.render.notices import list_text, notice_line

    with _work(store, config) as (found, settings):
        listed = followed(found, subjects_of(found, subject) if subject else None)
        given = assents(found)
        waits = {
            one.notice.id: ""
            if one.ended
            else missing(standing(given, one), second_person=settings.second_person)
            for one in listed
        }
    for one in listed:
        wait = waits[one.notice.id]
        if as_json:
            sys.stdout.buffer.write(notice_line(one.notice, state=one.state, missing=wait, log=one.log))
        else:
            sys.stdout.write(list_text(one.notice, one.state, wait))
    if not listed and not as_json:
        sys.stdout.write("No notice was drafted: tocsin notify CAMPAIGN.\n")


@command.command("show")
@click.argument("notice")
@JSON
@store_options
def show_command(notice: str, as_json: bool, store: str | None, config: Path | None) -> None:
    """Show NOTICE whole: its text, what was left out, and all that happened to it."""
    from tocsin.app.assents import assents, missing, standing
    from tocsin.app.notices import find_notice
    from tocsin.render.notices import draft_text, log_text, notice_line

    with _work(store, config) as (found, settings):
        one = find_notice(found, notice)
        wait = missing(standing(assents(found), one), second_person=settings.second_person)
    if as_json:
        sys.stdout.buffer.write(notice_line(one.notice, state=one.state, missing=wait, log=one.log))
        return
    sys.stdout.write(draft_text(one.notice) + log_text(one.log))
    if not one.intact:
        sys.stdout.write("Its text is not the one that was drafted: withdraw it and draft another.\n")
    elif wait and not one.ended:
        sys.stdout.write(f"It waits: {wait}.\n")


def _sign(
    role: str,
    wanted: tuple[str, ...],
    who: str,
    passphrase_stdin: bool,
    store: str | None,
    config: Path | None,
) -> None:
    from tocsin.app.analysts import find_analyst, is_locked
    from tocsin.app.assents import give_assent
    from tocsin.app.notice_release import select

    with _work(store, config) as (found, _):
        analyst = find_analyst(found, who)
        chosen = select(found, wanted)
        passphrase = asked(f"Passphrase of {analyst.name}", passphrase_stdin) if is_locked(analyst.id) else ""
        kept = give_assent(found, role, chosen, analyst, passphrase, now_s=time.time())
    what = "confirmed" if role == "confirm" else "approved"
    sys.stdout.write(f"{len(kept.notices)} notices {what} by {analyst.name} ({kept.id})\n")


_WHO = click.option(
    "--as", "who", required=True, metavar="ANALYST", help="Who signs: name or id (tocsin analysts list)."
)
_STDIN = click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input.")


@command.command("confirm")
@_IDS
@_WHO
@_STDIN
@store_options
def confirm_command(
    wanted: tuple[str, ...], who: str, passphrase_stdin: bool, store: str | None, config: Path | None
) -> None:
    """Sign that these texts are right. Read them first: tocsin notices show."""
    _sign("confirm", wanted, who, passphrase_stdin, store, config)


@command.command("approve")
@_IDS
@_WHO
@_STDIN
@store_options
def approve_command(
    wanted: tuple[str, ...], who: str, passphrase_stdin: bool, store: str | None, config: Path | None
) -> None:
    """Sign, as somebody else than confirmed, that these notices may leave."""
    _sign("approve", wanted, who, passphrase_stdin, store, config)


@command.command("print")
@_IDS
@click.option(
    "-o", "folder", required=True, type=_FOLDER, help="A folder; a text and a letter (PDF) for each."
)
@click.option("--people", type=_FILE, help="The people: postal addresses for window envelopes.")
@store_options
def print_command(
    wanted: tuple[str, ...], folder: Path, people: Path | None, store: str | None, config: Path | None
) -> None:
    """Write signed notices for telephone, letter or in person, each with a new code. Nothing is noted as told."""
    from tocsin.app.letters import write_notices
    from tocsin.app.notice_release import release, select
    from tocsin.app.people import PeopleError, load_people

    with _work(store, config, people=people) as (found, settings):
        try:
            listed = load_people(settings.people) if settings.people is not None else None
        except PeopleError as error:
            raise click.UsageError(str(error)) from error
        released = release(found, settings, select(found, wanted), now_s=time.time())
        try:
            paths = write_notices(folder, released, settings, listed)
        except OSError as error:
            raise click.UsageError(
                f"{error.filename or folder}: cannot be written ({error.strerror}); codes printed before are void, "
                "print all anew"
            ) from error
    for path in paths:
        sys.stdout.write(f"{path}\n")
    say("Codes of these notices that were printed before are void.")


@command.command("send")
@_IDS
@click.option("--people", type=_FILE, help="The people and their addresses.")
@click.option("--relay", type=_FILE, help="By which server, under whose certificate (TOML).")
@AS
@store_options
def send_command(
    wanted: tuple[str, ...],
    people: Path | None,
    relay: Path | None,
    who: str,
    store: str | None,
    config: Path | None,
) -> None:
    """Mail signed notices through the operator's relay, never to the targeted mailbox alone."""
    from tocsin.app.notice_mail import RelayError, connected, post
    from tocsin.app.notice_release import select
    from tocsin.app.notify import people_for
    from tocsin.app.people import PeopleError, load_people
    from tocsin.app.relay import RelayFileError

    settings = settings_of(config, store=store, people=people, relay=relay)
    try:
        listed = load_people(settings.people) if settings.people is not None else None
        line, outgoing = connected(settings)
    except (RelayError, RelayFileError, PeopleError) as error:
        raise click.UsageError(str(error)) from error
    refused = 0
    try:
        with _work(store, config, keep=(line.descriptor(),), people=people, relay=relay) as (found, settings):
            readers = people_for(found, listed)
            chosen = select(found, wanted)
            done = post(found, settings, readers, line, outgoing, chosen, by=who, now=time.time)
    except RelayError as error:
        raise click.UsageError(str(error)) from error
    finally:
        line.close()
    for one in done:
        refused += one.state != "sent"
        to = f" to {one.to}" if one.to else ""
        sys.stdout.write(f"{one.notice.id}: {one.state or 'not sent'}{to} ({one.why})\n")
    if refused:
        sys.exit(EXIT_UNREAD)


@command.command("told")
@click.argument("notice")
@click.option("--how", required=True, metavar="WAY", help="telephone, letter, in person …")
@click.option("--result", default="told", metavar="RESULT", help="told, attempted or declined.")
@click.option("--note", default="", metavar="TEXT", help="What else is worth knowing.")
@AS
@store_options
def told_command(
    notice: str, how: str, result: str, note: str, who: str, store: str | None, config: Path | None
) -> None:
    """Note that the reader of NOTICE was told, or that it was tried."""
    from tocsin.app.notice_release import note_told
    from tocsin.app.notices import find_notice

    with _work(store, config) as (found, settings):
        one = find_notice(found, notice)
        note_told(found, settings, one, how=how, result=result, note=note, by=who, now_s=time.time())
    sys.stdout.write(f"{one.notice.id}: {result}\n")


@command.command("check")
@click.argument("code")
@AS
@JSON
@store_options
def check_command(code: str, who: str, as_json: bool, store: str | None, config: Path | None) -> None:
    """Look up the CODE that a caller read out. It is good once."""
    from tocsin.app.notice_release import check
    from tocsin.render.notices import check_line, check_text

    with _work(store, config) as (found, _):
        answer = check(found, code, now_s=time.time(), by=who)
    if as_json:
        sys.stdout.buffer.write(check_line(answer.answer, answer.notice, answer.at_s))
    else:
        sys.stdout.write(check_text(answer.answer, answer.notice, answer.at_s) + "\n")
    if answer.answer != "genuine":
        sys.exit(EXIT_UNREAD)


@command.command("bounce")
@click.argument("report", type=click.File("rb"))
@AS
@store_options
def bounce_command(report: BinaryIO, who: str, store: str | None, config: Path | None) -> None:
    """Note from a REPORT (.eml) that a notice came back."""
    from tocsin.app.notice_mail import note_bounce

    with _work(store, config) as (found, _):
        one = note_bounce(found, report.read(_MOST_BYTES), by=who, now_s=time.time())
    sys.stdout.write(f"{one.notice.id}: came back; tell {one.notice.to} in another way\n")


@command.command("answer")
@click.argument("mail", type=click.File("rb"))
@AS
@store_options
def answer_command(mail: BinaryIO, who: str, store: str | None, config: Path | None) -> None:
    """Note that somebody answered a notice by MAIL (.eml). It proves nothing: whoever reads the mailbox can answer."""
    from tocsin.app.notice_mail import note_answer

    with _work(store, config) as (found, _):
        one = note_answer(found, mail.read(_MOST_BYTES), by=who, now_s=time.time())
    sys.stdout.write(
        f"{one.notice.id}: answered by mail, which does not prove that its reader did; the code, read out by "
        "telephone, does\n"
    )


@command.command("withdraw")
@_IDS
@click.option("--because", required=True, metavar="TEXT", help="Why.")
@AS
@store_options
def withdraw_command(
    wanted: tuple[str, ...], because: str, who: str, store: str | None, config: Path | None
) -> None:
    """Take notices back; their codes no longer prove them."""
    from tocsin.app.notice_release import select, withdraw

    with _work(store, config) as (found, _):
        chosen = select(found, wanted)
        withdraw(found, chosen, because, by=who, now_s=time.time())
    sys.stdout.write(f"{len(chosen)} notices withdrawn\n")
