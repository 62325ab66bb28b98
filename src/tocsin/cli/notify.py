"""`tocsin notify`: draft what each person may be told."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.stores import JSON, opened, settings_of, store_options

_FILE = click.Path(dir_okay=False, path_type=Path)
_SHOWN = 20


@click.command("notify")
@click.argument("subject", metavar="CAMPAIGN|MESSAGE|CASE")
@click.option(
    "--lang", "language", default="", metavar="LANG", help="One language for all (en, fr, nl, de, es)."
)
@click.option("--person", "persons", multiple=True, metavar="ADDRESS", help="Only this person; repeatable.")
@click.option(
    "--channel",
    default="",
    metavar="WAY",
    help="telephone, letter, in-person or mail [default: what is known].",
)
@click.option("--people", type=_FILE, help="The people: languages, ways to reach them, delegates.")
@click.option(
    "--log", "logs", multiple=True, type=_FILE, help="A log of proxy, firewall or resolver; repeatable."
)
@click.option("--office", metavar="NAME", help="Who tells, by a name that people can look up by themselves.")
@click.option("--again", default="", metavar="REASON", help="Tell people anew who were told before, and why.")
@click.option("--no-delegates", is_flag=True, help="Leave out those who read a mailbox for somebody.")
@click.option("--mandate", metavar="TEXT", help="On whose behalf; recorded.")
@click.option("--dry-run", is_flag=True, help="Show all texts, and keep none.")
@JSON
@store_options
def command(
    subject: str,
    language: str,
    persons: tuple[str, ...],
    channel: str,
    people: Path | None,
    logs: tuple[Path, ...],
    office: str | None,
    again: str,
    no_delegates: bool,
    mandate: str | None,
    dry_run: bool,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Draft a notice for each person of a CAMPAIGN, or for those who were sent one MESSAGE. docs/notify.md.

    Of a CASE (case-…), for the people whom an incident met, and who were sent nothing.

    A draft leaves nowhere: an analyst confirms it, somebody else approves it (tocsin notices).
    """
    from tocsin.app.case_log import CaseError
    from tocsin.app.deciding import DecisionError
    from tocsin.app.exposure import LogError
    from tocsin.app.notices import NoticeError
    from tocsin.app.notify import Wish, draft_notices, people_for
    from tocsin.app.notify_affected import draft_affected
    from tocsin.app.people import PeopleError, load_people
    from tocsin.cli.edge import say
    from tocsin.render.notices import draft_text, notice_line, reader_of, skipped_line

    settings = settings_of(config, store=store, people=people)
    try:
        listed = load_people(settings.people) if settings.people is not None else None
    except PeopleError as error:
        raise click.UsageError(str(error)) from error
    with opened(store, config, people=people, office=office, mandate=mandate) as (found, settings):
        wish = Wish(
            subject,
            persons,
            language.strip().lower(),
            channel.strip().lower(),
            again,
            not no_delegates,
            settings.mandate,
            logs,
        )
        try:
            if subject.strip().lower().startswith("case-"):
                drafts = draft_affected(
                    found, settings, subject, language=wish.language, now_s=time.time(), keep=not dry_run
                )
            else:
                drafts = draft_notices(
                    found, settings, people_for(found, listed), wish, now_s=time.time(), keep=not dry_run
                )
        except (NoticeError, DecisionError, LogError, CaseError) as error:
            raise click.UsageError(str(error)) from error
        exercise = found.exercise
    if as_json:
        for one in drafts.notices:
            sys.stdout.buffer.write(notice_line(one, state="" if dry_run else "drafted"))
        for each in drafts.skipped:
            sys.stdout.buffer.write(
                skipped_line(drafts.subject, each.person, each.to, each.why, each.notice, exercise=exercise)
            )
        return
    whole = drafts.notices if dry_run else drafts.notices[:1]
    for one in whole:
        sys.stdout.write(draft_text(one))
    for one in drafts.notices[len(whole) :][:_SHOWN]:
        sys.stdout.write(f"{one.id}  {reader_of(one)}\n")
    more = len(drafts.notices) - len(whole) - _SHOWN
    if more > 0:
        sys.stdout.write(f"and {more} more: tocsin notices list {drafts.subject}\n")
    for each in drafts.skipped:
        say(f"{each.to}: {each.why}.")
    kept = "none was kept (--dry-run)" if dry_run else "kept as drafts"
    sys.stdout.write(f"{len(drafts.notices)} notices on {drafts.subject}; {kept}.\n")
    if drafts.notices and not dry_run:
        sys.stdout.write(f"Read them, then: tocsin notices confirm {drafts.subject} --as ANALYST\n")
