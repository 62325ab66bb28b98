"""`tocsin campaigns`: mails that hang together, why, and what analysts say about it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tocsin.cli.stores import AS, opened

if TYPE_CHECKING:
    from tocsin.app.memory import Store
    from tocsin.model.campaign import Decision
    from tocsin.model.judgement import Telling

_PATH = click.Path(path_type=Path)
_Function = TypeVar("_Function", bound=Callable[..., Any])
_SHOWN_MAILS = 20


def _options(function: _Function) -> _Function:
    for option in reversed(
        (
            click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE."),
            click.option("--config", type=_PATH, help="Settings in TOML."),
        )
    ):
        function = option(function)
    return function


def _saying(function: _Function) -> _Function:
    for option in reversed(
        (
            click.option("--because", default="", metavar="TEXT", help="Why; kept with the decision."),
            click.option(
                "--as", "who", default="", metavar="NAME", help="Who decides [default: your account]."
            ),
        )
    ):
        function = option(function)
    return _options(function)


_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")


@click.group("campaigns")
def command() -> None:
    """Mails of one hand: listed, shown with every reason, joined and parted by analysts. docs/campaigns.md."""


@command.command("list")
@click.option(
    "--all", "everything", is_flag=True, help="Those without an alert as well (--json has them anyway)."
)
@_JSON
@_options
def list_command(everything: bool, as_json: bool, store: str | None, config: Path | None) -> None:
    """List campaigns in the order in which to look at them: alerts first, then how many people they reach."""
    from tocsin.app.campaign_views import campaign_lines
    from tocsin.render.campaign_records import campaign_line
    from tocsin.render.campaigns import render_list
    from tocsin.render.terminal import terminal

    with opened(store, config) as (opened_store, _):
        lines = campaign_lines(opened_store)
        exercise = opened_store.exercise
    if as_json:
        sys.stdout.buffer.writelines(map(campaign_line, lines))
        return
    console = terminal()
    for piece in render_list(lines, exercise=exercise, everything=everything):
        console.print(piece)


@command.command("show")
@click.argument("campaign")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to FILE.")
@click.option("--mandate", default="", metavar="TEXT", help="On whose behalf; recorded.")
@_JSON
@_options
def show_command(
    campaign: str, page: Path | None, mandate: str, as_json: bool, store: str | None, config: Path | None
) -> None:
    """Show CAMPAIGN, by its id, an id that it once had, or the beginning of one: mails, people, time, reasons."""
    from tocsin.app.campaign_views import view_campaign
    from tocsin.app.deciding import DecisionError, undone_by
    from tocsin.render.campaign_records import view_line
    from tocsin.render.campaigns import render_view
    from tocsin.render.shown import visible
    from tocsin.render.terminal import terminal

    if page is not None:
        _check_page(page)
    with opened(store, config) as (opened_store, _):
        try:
            view = view_campaign(opened_store, campaign, now_s=time.time(), mandate=mandate)
        except DecisionError as error:
            raise click.UsageError(str(error)) from error
    undone = frozenset(undone_by(view.decisions))
    if page is not None:
        from tocsin.render.campaign_page import render_campaign_page

        _write(page, render_campaign_page(view, undone))
    if as_json:
        sys.stdout.buffer.write(view_line(view, undone))
        return
    console = terminal()
    for piece in render_view(view, _SHOWN_MAILS, undone):
        console.print(piece)
    if page is not None:
        console.print(f"\nPage: {visible(str(page.absolute()))}", markup=False)


@command.command("merge")
@click.argument("campaigns", nargs=-1, required=True, metavar="CAMPAIGN CAMPAIGN...")
@_saying
def merge_command(
    campaigns: tuple[str, ...], because: str, who: str, store: str | None, config: Path | None
) -> None:
    """Say that these campaigns are of one hand. It stands over the machine's opinion until it is undone."""
    from tocsin.app.deciding import merge

    _decide(store, config, lambda kept: merge(kept, campaigns, because=because, who=who, now_s=time.time()))


@command.command("split")
@click.argument("campaign")
@click.argument("mails", nargs=-1, required=True, metavar="MAIL...")
@_saying
def split_command(
    campaign: str, mails: tuple[str, ...], because: str, who: str, store: str | None, config: Path | None
) -> None:
    """Say that these MAILs (SHA-256, its beginning, or Message-ID) are not of one hand with the rest of CAMPAIGN."""
    from tocsin.app.deciding import split

    _decide(
        store, config, lambda kept: split(kept, campaign, mails, because=because, who=who, now_s=time.time())
    )


@command.command("undo")
@click.argument("decision")
@_saying
def undo_command(decision: str, because: str, who: str, store: str | None, config: Path | None) -> None:
    """Say that DECISION no longer stands; it stays in the list. An undoing can be undone as well."""
    from tocsin.app.deciding import undo

    _decide(store, config, lambda kept: undo(kept, decision, because=because, who=who, now_s=time.time()))


@command.command("decisions")
@_JSON
@_options
def decisions_command(as_json: bool, store: str | None, config: Path | None) -> None:
    """List who joined, parted and undid what, when and why; the latest first."""
    from tocsin.app.campaigns import load_decisions
    from tocsin.app.deciding import undone_by
    from tocsin.render.campaign_records import decision_line
    from tocsin.render.campaigns import render_decisions
    from tocsin.render.terminal import terminal

    with opened(store, config) as (opened_store, _):
        decisions = load_decisions(opened_store)
    undone = frozenset(undone_by(decisions))
    if as_json:
        sys.stdout.buffer.writelines(decision_line(one, one.id in undone) for one in reversed(decisions))
        return
    console = terminal()
    for piece in render_decisions(decisions, undone):
        console.print(piece)


@command.command("rebuild")
@_options
def rebuild_command(store: str | None, config: Path | None) -> None:
    """Link all kept mail anew. The same mails, verdicts and decisions give the same campaigns, under the same ids."""
    from tocsin.app.campaigns import update_campaigns

    with opened(store, config) as (opened_store, _):
        updated = update_campaigns(opened_store, now_s=time.time())
    lines = [f"{len(updated.campaigns):,} campaigns: {len(updated.new):,} new, {len(updated.grown):,} grown."]
    if updated.unreadable:
        lines.append(
            f"{updated.unreadable:,} mails were kept by another version and are compared once scanned again."
        )
    sys.stdout.write("\n".join(lines) + "\n")


@command.command("told")
@click.argument("campaign")
@click.argument("person", required=False)
@click.option("--how", default="", metavar="WORDS", help="By which way: telephone, letter, in person.")
@click.option("--result", default="told", show_default=True, help="told, attempted or declined.")
@click.option("--on", default="", metavar="DATE", help="When [default: now].")
@click.option("--note", default="", metavar="TEXT", help="Whatever else should be kept.")
@AS
@_JSON
@_options
def told_command(
    campaign: str,
    person: str | None,
    how: str,
    result: str,
    on: str,
    note: str,
    who: str,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Record that PERSON (an address) was told of CAMPAIGN; without PERSON, list who was and who was not."""
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.app.telling import TellingError, record_telling, tellings, untold
    from tocsin.render.judgements import telling_line, telling_sentence, untold_line
    from tocsin.render.shown import shown

    with opened(store, config) as (opened_store, _):
        try:
            one = find_campaign(load_campaigns(opened_store), campaign)
            left: tuple[str, ...] = ()
            if person is not None:
                kept = record_telling(
                    opened_store,
                    one,
                    person,
                    how=how,
                    result=result,
                    on=on,
                    note=note,
                    by=who,
                    now_s=time.time(),
                )
                listed: tuple[Telling, ...] = (kept,)
            else:
                listed, left = tellings(opened_store, one), untold(opened_store, one)
        except (DecisionError, TellingError) as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.writelines(map(telling_line, listed))
        sys.stdout.buffer.writelines(untold_line(one.id, address) for address in left)
        return
    for each in listed:
        sys.stdout.write(f"{telling_sentence(each)}\n")
    for address in left:
        sys.stdout.write(f"not told yet: {shown(address)}\n")


def _decide(store: str | None, config: Path | None, decide: Callable[[Store], Decision]) -> None:
    """Keep a decision, link anew, and say where its mails are now."""
    from tocsin.app.campaigns import update_campaigns
    from tocsin.app.deciding import DecisionError
    from tocsin.render.campaign_words import decision_sentence, headline

    with opened(store, config) as (opened_store, _):
        try:
            decision = decide(opened_store)
        except DecisionError as error:
            raise click.UsageError(str(error)) from error
        updated = update_campaigns(opened_store, now_s=time.time())
        kept = {one.id: one for one in updated.campaigns}
        touched = _touched(opened_store, decision)
        found = [one for one in kept.values() if touched & {member.sha256 for member in one.members}]
        alone = touched - {member.sha256 for one in found for member in one.members}
    sys.stdout.write(f"{decision.id}: {decision_sentence(decision)}\n")
    for one in found:
        once = f" (once {', '.join(one.aliases[:5])})" if one.aliases else ""
        sys.stdout.write(f"  {one.id}{once}: {headline(one)}\n")
    if alone:
        said = (
            "1 mail is in no campaign now"
            if len(alone) == 1
            else f"{len(alone):,} mails are in no campaign now"
        )
        sys.stdout.write(f"  {said}: nothing that is kept hangs together with it.\n")
    sys.stdout.write(f"To take it back: tocsin campaigns undo {decision.id}\n")


def _touched(store: Store, decision: Decision) -> set[str]:
    """The mails that a decision is about; for an undoing, those of what it undoes."""
    from tocsin.app.campaigns import load_decisions

    known = {one.id: one for one in load_decisions(store)}
    seen: set[str] = set()
    while decision.undoes and decision.undoes in known and decision.undoes not in seen:
        seen.add(decision.undoes)
        decision = known[decision.undoes]
    return {*decision.mails, *decision.others}


def _check_page(page: Path) -> None:
    """Refuse, before any work, to write where no page of ours was."""
    from tocsin.render.page import PAGE_START

    if str(page) == "-":
        raise click.UsageError("--html -: the page is written to a file; name one, like campaign.html")
    if not page.absolute().parent.is_dir():
        raise click.UsageError(f"--html {page}: that folder does not exist; make it first")
    if not page.exists():
        return
    try:
        with page.open("rb") as file:
            head = file.read(len(PAGE_START))
    except OSError as error:
        raise click.UsageError(
            f"--html {page}: cannot be written ({error.strerror}); name another"
        ) from error
    if head not in (PAGE_START.encode(), b""):
        raise click.UsageError(
            f"--html {page}: this is no report of Tocsin; name another, so that it is kept"
        )


def _write(page: Path, text: str) -> None:
    draft = page.with_name(f".tocsin-{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        draft.replace(page)
    finally:
        draft.unlink(missing_ok=True)
