"""`tocsin claims`: what others said about who did it, quoted."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from tocsin.cli.stores import AS, JSON, opened, store_options

_PATH = click.Path(dir_okay=False, path_type=Path)


@click.group("claims")
def command() -> None:
    """Keep who said what about whom, in which words: quoted, never counted. docs/claims.md."""


@command.command("add")
@click.argument("file", type=_PATH, required=False)
@click.option("--case", metavar="NAME", help="A case that comes with Tocsin (tocsin claims cases).")
@click.option("--event", default="", metavar="ID", help="The event it is about, as in ipac-mails-2021.")
@click.option("--event-title", default="", help="The event in words.")
@click.option("--by", default="", help="Who says it.")
@click.option(
    "--by-kind", default="organisation", show_default=True, help="government, agency, court, press, …"
)
@click.option("--government", default="", metavar="XX", help="For which state it speaks (ISO 3166), or EU.")
@click.option(
    "--kind", default="attribution", show_default=True, help="attribution, denial, answer, no-response, …"
)
@click.option("--about", default="", metavar="ACTOR", help="Whom the words name.")
@click.option("--accused", default="", metavar="XX", help="Whom the words hold responsible.")
@click.option("--said", default="", metavar="DATE", help="When: a day, month or year.")
@click.option("--words", default="", help="The exact words.")
@click.option("--language", default="", help="Their language (ISO 639-1).")
@click.option("--translation", default="", help="The words in translation.")
@click.option("--translated-by", default="", help="Who translated.")
@click.option("--strength", default="not-stated", show_default=True, help="How strongly: likely, asserted, …")
@click.option("--answers", default="", metavar="CLAIM", help="The claim that this one answers.")
@click.option("--reported-by", default="", help="Who reported it.")
@click.option("--source", default="", help="Where it can be read.")
@click.option("--grade", default="", help="Admiralty grade, as B2.")
@click.option("--tlp", default="", help="TLP 2.0 of the claim.")
@AS
@JSON
@store_options
def add_command(
    file: Path | None,
    case: str | None,
    who: str,
    as_json: bool,
    store: str | None,
    config: Path | None,
    **given: Any,
) -> None:
    """Keep one claim, or all of a FILE (TOML). Adding the same again changes nothing."""
    from tocsin.app.claims import ClaimError, add_case, add_claims, find_claim, read_case
    from tocsin.model.claim import Claim
    from tocsin.render.claims import claim_detail, claim_line, claim_sentence

    if (file is not None) + (case is not None) + bool(given["words"] or given["by"]) != 1:
        raise click.UsageError(
            "give one of: a FILE, --case NAME, or one claim by --by, --event, --words, --source"
        )
    with opened(store, config) as (found, _):
        try:
            if file is not None or case is not None:
                kept = add_case(found, read_case(file, case or ""), now_s=time.time(), who=who)
            else:
                if given["answers"]:
                    given["answers"] = find_claim(found, given["answers"]).id
                kept = add_claims(found, [Claim(id="", **given)], now_s=time.time(), who=who)
        except ClaimError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.writelines(map(claim_line, kept))
        return
    for one in kept:
        sys.stdout.write(f"{claim_sentence(one)}\n  {claim_detail(one)}\n")


@command.command("cases")
@JSON
def cases_command(as_json: bool) -> None:
    """List the cases that come with Tocsin."""
    from tocsin.app.claims import read_case, shipped_cases
    from tocsin.render.claims import CaseRecord, case_line, case_sentence

    for one in (read_case(name=name) for name in shipped_cases()):
        record = CaseRecord(
            name=one.name,
            title=one.title,
            exercise=one.exercise,
            claims=len(one.claims),
            incidents=len(one.incidents),
        )
        if as_json:
            sys.stdout.buffer.write(case_line(record))
        else:
            sys.stdout.write(case_sentence(record))


@command.command("list")
@click.option("--government", default="", metavar="XX", help="Only what this government said.")
@click.option("--year", default="", metavar="YEAR", help="Only what was said in this year.")
@click.option("--event", default="", metavar="ID", help="Only what is about this event.")
@click.option("--about", default="", metavar="ACTOR", help="Only what is about this actor.")
@click.option(
    "--campaign", default="", metavar="CAMPAIGN", help="Only what is tied to this campaign's events."
)
@click.option("--html", "page", type=_PATH, help="Write a page with a picture to FILE.")
@JSON
@store_options
def list_command(
    government: str,
    year: str,
    event: str,
    about: str,
    campaign: str,
    page: Path | None,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """List claims by event, and who attributes publicly by government and year."""
    from tocsin.app.actors import ProfileError
    from tocsin.app.attribute import claims_about
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.claims import claims_for, load_claims
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.render.claims import claim_line, render_claims, render_claims_page
    from tocsin.render.terminal import terminal

    with opened(store, config) as (found, settings):
        try:
            claims = (
                claims_for(found, find_campaign(load_campaigns(found), campaign))
                if campaign
                else load_claims(found)
            )
            claims = claims_about(claims, about, settings) if about else claims
        except (DecisionError, ProfileError) as error:
            raise click.UsageError(str(error)) from error
        exercise = found.exercise
    chosen = [
        one
        for one in claims
        if (not government or one.government == government.upper())
        and (not year or one.said[:4] == year)
        and (not event or one.event == event)
    ]
    if page is not None:
        try:
            page.write_text(render_claims_page(chosen, exercise=exercise), encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"{page}: cannot be written ({error.strerror})") from error
    if as_json:
        sys.stdout.buffer.writelines(map(claim_line, chosen))
        return
    console = terminal()
    for piece in render_claims(chosen, exercise=exercise):
        console.print(piece)


@command.command("show")
@click.argument("name", metavar="EVENT|CLAIM")
@JSON
@store_options
def show_command(name: str, as_json: bool, store: str | None, config: Path | None) -> None:
    """Lay all voices about one event side by side, answers below what they answer."""
    from tocsin.app.claims import ClaimError, find_claim, load_claims
    from tocsin.render.claims import NOTE, claim_line, exercise_mark, render_event
    from tocsin.render.terminal import terminal

    with opened(store, config) as (found, _):
        claims, exercise = load_claims(found), found.exercise
        try:
            event = name if any(one.event == name for one in claims) else find_claim(found, name).event
        except ClaimError as error:
            raise click.UsageError(
                f"{name}: is no event and no claim here; tocsin claims list shows both"
            ) from error
    chosen = [one for one in claims if one.event == event]
    if as_json:
        sys.stdout.buffer.writelines(map(claim_line, chosen))
        return
    console = terminal()
    for piece in (*exercise_mark(exercise), *render_event(event, chosen), NOTE):
        console.print(piece)


@command.command("tie")
@click.argument("claim")
@click.option("--campaign", default="", metavar="CAMPAIGN", help="The campaign here that it is about.")
@click.option("--actor", default="", metavar="ACTOR", help="The profile that its words name.")
@click.option("--incident", default="", metavar="INCIDENT", help="The incident that its words name.")
@AS
@JSON
@store_options
def tie_command(
    claim: str,
    campaign: str,
    actor: str,
    incident: str,
    who: str,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Say which campaign, actor or incident here CLAIM is about. It still counts in no assessment."""
    from tocsin.app.attribute import profiles_of, resolved
    from tocsin.app.calibrated import TechniqueError
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.claims import ClaimError, tie_claim
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.render.claims import claim_detail, claim_line, claim_sentence

    if not (campaign or actor or incident):
        raise click.UsageError("nothing to tie: give --campaign, --actor or --incident")
    with opened(store, config) as (found, settings):
        try:
            one = find_campaign(load_campaigns(found), campaign) if campaign else None
            name = resolved(actor, profiles_of(settings)) if actor else ""
            tied = tie_claim(
                found, claim, now_s=time.time(), campaign=one, actor=name, incident=incident, who=who
            )
        except (ClaimError, DecisionError, TechniqueError) as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(claim_line(tied))
        return
    sys.stdout.write(f"{claim_sentence(tied)}\n  {claim_detail(tied)}\n")


@command.command("withdraw")
@click.argument("claim")
@click.option("--because", required=True, metavar="TEXT", help="Why it should not have been entered.")
@AS
@JSON
@store_options
def withdraw_command(
    claim: str, because: str, who: str, as_json: bool, store: str | None, config: Path | None
) -> None:
    """Mark CLAIM as entered by mistake: it stays, struck through. What its speaker took back is a claim itself."""
    from tocsin.app.claims import ClaimError, withdraw_claim
    from tocsin.render.claims import claim_detail, claim_line

    with opened(store, config) as (found, _):
        try:
            gone = withdraw_claim(found, claim, because, now_s=time.time(), who=who)
        except ClaimError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(claim_line(gone))
        return
    sys.stdout.write(f"{claim_detail(gone)}\n")
