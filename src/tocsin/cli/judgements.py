"""`tocsin judgements`: what an analyst answers for, signed and dated."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.analysts import asked
from tocsin.cli.stores import JSON, opened, settings_of, store_options

_BY = click.option(
    "--as", "who", required=True, metavar="ANALYST", help="Who signs: name or id (tocsin analysts list)."
)
_STDIN = click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input.")


@click.group("judgements")
def command() -> None:
    """Sign who is behind a campaign, beside what the machine says. docs/judgements.md."""


@command.command("sign")
@click.argument("campaign")
@click.option(
    "--hypothesis", required=True, metavar="ID", help="An actor's id or name, unknown, criminal or marketing."
)
@click.option(
    "--likelihood", required=True, metavar="WORDS", help="ICD-203 words, or percent within one row: 80-90."
)
@click.option("--confidence", required=True, metavar="LEVEL", help="low, moderate or high.")
@click.option(
    "--level", required=True, metavar="LEVEL", help="none, linked-mails, cluster, resembles or actor."
)
@click.option("--basis", required=True, metavar="TEXT", help="What it rests on; @FILE reads a file.")
@click.option("--alternatives", default="", metavar="TEXT", help="What else was weighed, and why not.")
@click.option(
    "--evidence", multiple=True, metavar="ID", help="Evidence it rests on, as tocsin attribute lists it (e1)."
)
@click.option("--claim", "claims", multiple=True, metavar="ID", help="A claim that it rests on.")
@click.option(
    "--grade", "grades", multiple=True, metavar="ID=GRADE", help="An Admiralty grade for evidence: e1=B2."
)
@click.option("--dry-run", is_flag=True, help="Show what would be signed, and sign nothing.")
@_BY
@_STDIN
@JSON
@store_options
def sign_command(
    campaign: str,
    hypothesis: str,
    likelihood: str,
    confidence: str,
    level: str,
    basis: str,
    alternatives: str,
    evidence: tuple[str, ...],
    claims: tuple[str, ...],
    grades: tuple[str, ...],
    dry_run: bool,
    who: str,
    passphrase_stdin: bool,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Sign a judgement on CAMPAIGN. What is signed is shown first."""
    from tocsin.app.analysts import AnalystError, find_analyst
    from tocsin.app.attribute import evidence_of, profiles_of, resolved
    from tocsin.app.calibrated import TechniqueError
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.claims import ClaimError, find_claim, load_claims
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.app.judgements import JudgementError, draft, likelihood_range, sign_judgement
    from tocsin.model.judgement import Judgement
    from tocsin.render.judgements import judgement_line, judgement_text

    now_s = time.time()
    settings = settings_of(config, store=store)
    with opened(store, config) as (found, _):
        try:
            analyst = find_analyst(found, who)
            one = find_campaign(load_campaigns(found), campaign)
            profiles = profiles_of(settings)
            seen = evidence_of(found, one, settings, profiles, now_s=now_s)
            named = {each.id: f"{each.kind} {each.value}" for each in seen}
            low, high = likelihood_range(likelihood)
            wish = Judgement(
                "", one.id, (), analyst.id, now_s, resolved(hypothesis, profiles), "", low, high, confidence.lower(),
                level.lower(), _text(basis), alternatives, tuple(named.get(each, each) for each in evidence),
                tuple(find_claim(found, each).id for each in claims), tuple(_grade(each, named) for each in grades),
            )  # fmt: skip
            pairs = [(each.kind, each.value) for each in seen]
            elsewhere = {(each.kind, each.value) for each in seen if each.source != "campaign"}
            alone = [pair for pair in pairs if pair not in elsewhere]
            drafted = draft(one, wish, profiles.actors, pairs, load_claims(found), alone)
            sys.stderr.write(judgement_text(drafted, analyst))
            if dry_run:
                return
            kept = sign_judgement(found, drafted, analyst, _passphrase(analyst.id, passphrase_stdin))
        except (AnalystError, JudgementError, DecisionError, ClaimError, TechniqueError) as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(judgement_line(kept, analyst, counts=True))
        return
    sys.stdout.write(f"{kept.id}: signed by {analyst.name}\n")


@command.command("list")
@click.argument("campaign", required=False)
@JSON
@store_options
def list_command(campaign: str | None, as_json: bool, store: str | None, config: Path | None) -> None:
    """List judgements, each with its signature checked anew; those on CAMPAIGN if one is named."""
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.deciding import DecisionError, find_campaign
    from tocsin.app.judgements import judgements, standing_judgement
    from tocsin.render.judgements import signed_line, signed_text, standing_sentence

    with opened(store, config) as (found, _):
        try:
            known = load_campaigns(found)
            one = find_campaign(known, campaign) if campaign else None
        except DecisionError as error:
            raise click.UsageError(str(error)) from error
        listed = judgements(found, one, known)
        standing = standing_judgement(found, one) if one is not None else None
    if as_json:
        sys.stdout.buffer.writelines(map(signed_line, listed))
        return
    for each in listed:
        sys.stdout.write(signed_text(each))
    if standing is not None and listed:
        sys.stdout.write(f"{standing_sentence(standing)}\n")
    if not listed:
        sys.stdout.write("Nobody has signed a judgement: tocsin judgements sign CAMPAIGN.\n")


@command.command("show")
@click.argument("judgement")
@JSON
@store_options
def show_command(judgement: str, as_json: bool, store: str | None, config: Path | None) -> None:
    """Show JUDGEMENT whole: what was signed, on which mails, and whether it counts."""
    from tocsin.app.campaigns import load_campaigns
    from tocsin.app.judgements import JudgementError, find_judgement, judgements
    from tocsin.render.judgements import signed_line, signed_page

    with opened(store, config) as (found, _):
        try:
            one = find_judgement(judgements(found, campaigns=load_campaigns(found)), judgement)
        except JudgementError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(signed_line(one))
        return
    sys.stdout.write(signed_page(one))


@command.command("verify")
@JSON
@store_options
def verify_command(as_json: bool, store: str | None, config: Path | None) -> None:
    """Check every signature. Exit code 3 where one does not hold."""
    from tocsin.app.judgements import judgements
    from tocsin.render.judgements import signed_line, signed_text

    with opened(store, config) as (found, _):
        listed = judgements(found)
    broken = [one for one in listed if not one.counts and not one.withdrawn]
    if as_json:
        sys.stdout.buffer.writelines(map(signed_line, listed))
    else:
        for one in broken:
            sys.stdout.write(signed_text(one))
        sys.stdout.write(f"{len(listed) - len(broken)} of {len(listed)} signatures hold.\n")
    if broken:
        sys.exit(3)


@command.command("withdraw")
@click.argument("judgement")
@click.option("--because", required=True, metavar="TEXT", help="Why it is taken back.")
@click.option("--dry-run", is_flag=True, help="Show what would be signed, and sign nothing.")
@_BY
@_STDIN
@store_options
def withdraw_command(
    judgement: str,
    because: str,
    dry_run: bool,
    who: str,
    passphrase_stdin: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Take JUDGEMENT back by another signature of its signer: it stays, and counts no more."""
    from tocsin.app.analysts import AnalystError, find_analyst
    from tocsin.app.judgements import JudgementError, sign_judgement, withdrawal
    from tocsin.render.judgements import judgement_text

    with opened(store, config) as (found, _):
        try:
            analyst = find_analyst(found, who)
            drafted = withdrawal(found, judgement, because, now_s=time.time())
            if drafted.analyst != analyst.id:
                raise JudgementError(f"{judgement}: was signed by another; whoever signed takes back")
            sys.stderr.write(judgement_text(drafted, analyst))
            if dry_run:
                return
            kept = sign_judgement(found, drafted, analyst, _passphrase(analyst.id, passphrase_stdin))
        except (AnalystError, JudgementError) as error:
            raise click.UsageError(str(error)) from error
    sys.stdout.write(f"{kept.id}: takes back {kept.withdraws}\n")


def _passphrase(id: str, from_stdin: bool) -> str:
    """The passphrase of a key that is locked by one; "" for a key that is not."""
    from tocsin.app.analysts import is_locked

    return asked("Passphrase", from_stdin) if from_stdin or is_locked(id) else ""


def _text(given: str) -> str:
    if not given.startswith("@"):
        return given
    path = Path(given[1:])
    try:
        return path.read_bytes()[:100_000].decode("utf-8")
    except OSError as error:
        raise click.UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def _grade(given: str, named: dict[str, str]) -> tuple[str, str]:
    what, sign, grade = given.rpartition("=")
    if not sign:
        raise click.UsageError(f"--grade {given}: expected evidence and grade, as in e1=B2")
    return named.get(what.strip(), what.strip()), grade.strip().upper()
