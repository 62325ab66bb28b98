"""`tocsin targets`: who was sent the mails of a campaign, and each domain owner's part of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.comparing import command as compare
from tocsin.cli.edge import say
from tocsin.cli.stores import JSON, opened, store_options
from tocsin.cli.written import check_place, write_private

if TYPE_CHECKING:
    from tocsin.app.config import Config
    from tocsin.app.domain_owners import Register
    from tocsin.app.memory import Store
    from tocsin.model.campaign import Campaign
    from tocsin.model.targets import Targets

_TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
_PATH = click.Path(path_type=Path)
_PEOPLE = click.option("--people", type=_PATH, help="people.toml [default: people in the settings].")
_OWNERS = click.option("--owners", type=_PATH, help="A register of domain owners (TOML).")


@click.group("targets")
def command() -> None:
    """Who was sent a campaign's mails: listed, shared with each domain's owner, compared. docs/targets.md."""


command.add_command(compare)


@command.command("list")
@click.argument("campaign")
@click.option("--by-domain", is_flag=True, help="What each domain's owner could be given.")
@click.option("--mandate", metavar="TEXT", help="On whose behalf; recorded.")
@_OWNERS
@_PEOPLE
@JSON
@store_options
def list_command(
    campaign: str,
    by_domain: bool,
    mandate: str | None,
    owners: Path | None,
    people: Path | None,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """List the addresses that mails of CAMPAIGN were sent to, and since when."""
    from tocsin.render.targets import domain_lines, domain_text, target_lines, target_text

    with opened(store, config, people=people, mandate=mandate) as (found, settings):
        _, targets, register = _targets(found, settings, campaign, owners)
        _audit_look(found, targets, settings)
    whose = {one.domain: register.owner(one.domain) for one in targets.sent}
    if as_json:
        lines = domain_lines(targets, whose) if by_domain else target_lines(targets, whose)
        sys.stdout.buffer.writelines(lines)
        return
    for line in domain_text(targets, whose) if by_domain else target_text(targets):
        sys.stdout.write(f"{line}\n")


@command.command("share")
@click.argument("campaign")
@click.option(
    "--domain", required=True, metavar="DOMAIN", help="Whose part; what lies below it is theirs too."
)
@click.option("--format", "format_", type=click.Choice(("csv", "json")), default="csv", show_default=True)
@click.option("-o", "--output", type=_PATH, help="Write to FILE [default: standard output].")
@click.option(
    "--tlp", type=click.Choice(_TLPS, case_sensitive=False), default="AMBER", show_default=True,
    help="TLP 2.0 of what is given out.",
)  # fmt: skip
@click.option("--mandate", metavar="TEXT", help="On whose behalf it is given out; recorded.")
@_OWNERS
@_PEOPLE
@store_options
def share_command(
    campaign: str,
    domain: str,
    format_: str,
    output: Path | None,
    tlp: str,
    mandate: str | None,
    owners: Path | None,
    people: Path | None,
    store: str | None,
    config: Path | None,
) -> None:
    """Write what the owner of DOMAIN needs to find the mails of CAMPAIGN: addresses there, times, Message-IDs, SHA-256.

    Nothing about other domains' addresses goes in, and no private address.

    Exit code: 0 written; 2 wrong use, or nothing is theirs; 4 the output could not be written.
    """
    from tocsin.app.domain_owners import DomainError, domain_of
    from tocsin.app.target_marks import AUDIENCES, MarkedError, tellable
    from tocsin.app.targets import TargetError, share
    from tocsin.render.targets import share_csv, share_json, share_text

    if output is not None:
        check_place(output)
    with opened(store, config, people=people, mandate=mandate) as (found, settings):
        one, targets, register = _targets(found, settings, campaign, owners)
        try:
            owner = register.named(domain_of(domain))
            told, left = tellable(
                found, one, targets, tlp.upper(), AUDIENCES["share"], threshold=settings.threshold
            )
            given = share(
                found,
                told,
                owner,
                register,
                left,
                tlp=tlp.upper(),
                mandate=settings.mandate,
                now_s=time.time(),
            )
        except (DomainError, MarkedError, TargetError) as error:
            raise click.UsageError(str(error)) from error
    written = share_csv(given) if format_ == "csv" else share_json(given)
    write_private(written, output)
    if given.exercise:
        say("EXERCISE: fictional people, outlets and actors")
    for line in share_text(given):
        say(line)


def _targets(
    store: Store, settings: Config, campaign: str, owners: Path | None
) -> tuple[Campaign, Targets, Register]:
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.app.domain_owners import DomainError, Register, load_owners
    from tocsin.app.people import PeopleError
    from tocsin.app.targets import people_of, targets_of

    try:
        people = people_of(store, settings)
        register = Register(load_owners(owners) if owners is not None else (), people.renamed)
        one = find_campaign(load_campaigns(store), campaign)
        return one, targets_of(store, one, people), register
    except (DecisionError, DomainError, PeopleError) as error:
        raise click.UsageError(str(error)) from error


def _audit_look(store: Store, targets: Targets, settings: Config) -> None:
    from tocsin.app.targets import audit_look

    audit_look(store, targets, mandate=settings.mandate, now_s=time.time())
