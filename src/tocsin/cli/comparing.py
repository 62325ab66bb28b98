"""`tocsin targets compare`: common targets of two organisations, by files that are exchanged by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tocsin.cli.edge import say
from tocsin.cli.stores import JSON, opened, store_options
from tocsin.cli.written import check_place, write_private

if TYPE_CHECKING:
    from tocsin.app.comparing import Parties
    from tocsin.app.memory import Store
    from tocsin.model.comparison import Answer, Question

_PATH = click.Path(path_type=Path)
_TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
_Function = TypeVar("_Function", bound=Callable[..., Any])
_FINGERPRINT = click.option(
    "--fingerprint", "heard", required=True, metavar="DIGITS",
    help="What the sender read out to you, on a number that you know.",
)  # fmt: skip
_MANDATE = click.option("--mandate", metavar="TEXT", help="On whose behalf; recorded.")


def _parties(function: _Function) -> _Function:
    for option in reversed(
        (
            click.option("--from", "ours", required=True, metavar="NAME", help="Who you are."),
            click.option("--to", "theirs", required=True, metavar="NAME", help="Who they are, as you know them."),
            click.option("--list", "listed", type=_PATH, help="Addresses, one a line, instead of a campaign's."),
            click.option(
                "--all-addresses", "everything", is_flag=True,
                help="All that people.toml has of those who were hit, not those alone that were.",
            ),
            click.option(
                "--tlp", type=click.Choice(_TLPS, case_sensitive=False), default="AMBER", show_default=True,
                help="TLP 2.0 of the file.",
            ),
            click.option(
                "--days", type=click.IntRange(1, 90), default=14, show_default=True, help="How long the file is good."
            ),
            click.option("--people", type=_PATH, help="people.toml [default: people in the settings]."),
            _MANDATE,
            click.option("-o", "--output", type=_PATH, required=True, help="Write the file here."),
        )
    ):  # fmt: skip
        function = option(function)
    return store_options(function)


@click.group("compare")
def command() -> None:
    """Find targets that two organisations have in common; neither hands over its list. docs/targets.md."""


@command.command("ask")
@click.argument("campaign", required=False)
@click.option("--purpose", default="", metavar="TEXT", help="Why you ask; goes into the file.")
@_parties
def ask_command(campaign: str | None, purpose: str, output: Path, **given: Any) -> None:
    """Write a question: which of the addresses that CAMPAIGN hit does the other side have as well?"""
    from tocsin.app.comparing import ask

    check_place(output)
    with _ready(campaign, purpose, given) as (store, parties, addresses):
        question = ask(store, parties, addresses, now_s=time.time())
    _write(question, output)


@command.command("look")
@click.argument("file", type=_PATH)
@JSON
def look_command(file: Path, as_json: bool) -> None:
    """Say what FILE, a question or an answer, says of itself."""
    from tocsin.app.comparison_files import PsiFileError, load_file
    from tocsin.render.comparison import file_line, file_text

    try:
        found = load_file(file)
    except PsiFileError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(file_line(found))
        return
    sys.stdout.writelines(f"{line}\n" for line in file_text(found))


@command.command("answer")
@click.argument("question", type=_PATH)
@click.argument("campaign", required=False)
@click.option(
    "--at-most", type=int, default=1_000, show_default=True,
    help="Entries that one asker is answered about one campaign within 30 days.",
)  # fmt: skip
@_FINGERPRINT
@_parties
def answer_command(
    question: Path, campaign: str | None, at_most: int, heard: str, output: Path, **given: Any
) -> None:
    """Answer QUESTION, a file, from the addresses that CAMPAIGN hit; only the asker can tell what is common."""
    from tocsin.app.comparing import answer
    from tocsin.app.comparison_files import PsiFileError, load_question

    check_place(output)
    try:
        file = load_question(question)
    except PsiFileError as error:
        raise click.UsageError(str(error)) from error
    with _ready(campaign, "", given) as (store, parties, addresses):
        made = answer(store, file, parties, addresses, heard=heard, at_most=at_most, now_s=time.time())
    _write(made, output)


@command.command("finish")
@click.argument("answer", type=_PATH)
@_FINGERPRINT
@click.option("-o", "--output", type=_PATH, help="Write the common addresses to FILE, one a line.")
@_MANDATE
@JSON
@store_options
def finish_command(
    answer: Path,
    heard: str,
    output: Path | None,
    mandate: str | None,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Learn from ANSWER, a file, which addresses both sides have. What was kept of the question is forgotten."""
    from tocsin.app.comparing import CompareError, finish
    from tocsin.app.comparison_files import PsiFileError, PsiMissing, load_answer
    from tocsin.render.comparison import common_line, common_text

    if output is not None:
        check_place(output)
    with opened(store, config, mandate=mandate) as (found, settings):
        try:
            file = load_answer(answer)
            common = finish(found, file, heard=heard, mandate=settings.mandate, now_s=time.time())
        except (CompareError, PsiFileError, PsiMissing) as error:
            raise click.UsageError(str(error)) from error
    if output is not None:
        write_private("".join(f"{address}\n" for address in common.addresses).encode(), output)
    if as_json:
        sys.stdout.buffer.write(common_line(common))
        return
    sys.stdout.writelines(f"{line}\n" for line in common_text(common))


@command.command("list")
@JSON
@store_options
def list_command(as_json: bool, store: str | None, config: Path | None) -> None:
    """List open questions of ours, and whom we answered; the latest first."""
    from tocsin.app.comparing import exchanges, expire_exchanges
    from tocsin.render.comparison import exchange_line, exchange_sentence

    with opened(store, config) as (found, _):
        expire_exchanges(found, now_s=time.time())
        listed = exchanges(found)
    if as_json:
        sys.stdout.buffer.writelines(map(exchange_line, listed))
        return
    sys.stdout.writelines(f"{exchange_sentence(one)}\n" for one in listed)
    if not listed:
        sys.stdout.write("Nothing is being compared, and nobody was answered.\n")


@command.command("drop")
@click.argument("comparison")
@store_options
def drop_command(comparison: str, store: str | None, config: Path | None) -> None:
    """Forget the open question COMPARISON (its id), with its key and addresses; no answer to it can be read then."""
    from tocsin.app.comparing import CompareError, drop

    with opened(store, config) as (found, _):
        try:
            gone = drop(found, comparison, now_s=time.time())
        except CompareError as error:
            raise click.UsageError(str(error)) from error
    sys.stdout.write(f"{gone.id[:8]}: forgotten.\n")


@contextmanager
def _ready(
    campaign: str | None, purpose: str, given: dict[str, Any]
) -> Iterator[tuple[Store, Parties, tuple[str, ...]]]:
    """The store, who compares with whom, and which addresses; what goes wrong inside ends with code 2."""
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.comparing import CompareError, Parties
    from tocsin.app.comparison_files import PsiFileError, PsiMissing, addresses_in
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.app.people import PeopleError
    from tocsin.app.target_marks import AUDIENCES, MarkedError, tellable
    from tocsin.app.targets import addresses_of_targets, people_of, targets_of

    listed: Path | None = given["listed"]
    if (campaign is None) == (listed is None):
        raise click.UsageError("name a CAMPAIGN, or give --list FILE; one of both")
    flags = {key: given[key] for key in ("people", "mandate")}
    tlp = given["tlp"].upper()
    with opened(given["store"], given["config"], **flags) as (store, settings):
        try:
            one = None
            addresses: tuple[str, ...]
            if campaign is not None:
                one = find_campaign(load_campaigns(store), campaign)
                people = people_of(store, settings)
                every = targets_of(store, one, people)
                targets, left = tellable(
                    store, one, every, tlp, AUDIENCES["compare"], threshold=settings.threshold
                )
                for each in left:
                    say(f"Left out: {each.count:,} {each.what}: {each.why}.")
                addresses = addresses_of_targets(targets, people, everything=given["everything"])
            else:
                addresses = addresses_in(listed) if listed is not None else ()
            parties = Parties(
                given["ours"], given["theirs"], one, tlp, purpose, settings.mandate, given["days"]
            )
            yield store, parties, addresses
        except (CompareError, DecisionError, MarkedError, PeopleError, PsiFileError, PsiMissing) as error:
            raise click.UsageError(str(error)) from error


def _write(file: Question | Answer, output: Path) -> None:
    from tocsin.app.comparison_files import file_bytes, fingerprint_of
    from tocsin.render.comparison import written_text

    write_private(file_bytes(file), output)
    if file.exercise:
        say("EXERCISE: fictional people, outlets and actors")
    sys.stdout.writelines(f"{line}\n" for line in written_text(file, fingerprint_of(file)))
