"""What checking rules found, on the terminal and as one JSON object; schema in docs/schemas."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.mail.plain_json import plain_json
from tocsin.model.rule_check import Checked, Measured, Proof
from tocsin.model.source import ReadError
from tocsin.render import words
from tocsin.render.shown import place, shown

RULE_CHECK_SCHEMA = "tocsin.rule-check/1"
_SHOWN_FAILED = 20
_SHOWN_RULES = 100
_SHOWN_ERRORS = 6


class RuleWarning(msgspec.Struct, frozen=True):
    """Something about a rule that is allowed and yet worth a look."""

    rule: str
    text: str


class RuleCheckRecord(msgspec.Struct, frozen=True):
    """What `rules check --json` found.

    `failed` are the examples that do not hold; `measured` is empty without a folder of benign mail, of which `mails`
    were read and `unread` could not be; `errors` are places in it that could not be read.
    """

    schema: str
    rules: int
    examples: int
    proven: bool
    failed: tuple[Proof, ...]
    measured: tuple[Measured, ...]
    warnings: tuple[RuleWarning, ...]
    mails: int
    unread: int
    errors: tuple[ReadError, ...] = ()


def rule_check_line(checked: Checked) -> bytes:
    """The check as a line of JSON, line end included."""
    record = RuleCheckRecord(
        RULE_CHECK_SCHEMA,
        checked.rules,
        len(checked.proofs),
        checked.proven,
        tuple([proof for proof in checked.proofs if not proof.holds]),
        checked.measured,
        tuple([RuleWarning(rule, text) for rule, text in checked.warnings]),
        checked.mails,
        checked.unread,
        checked.errors,
    )
    return plain_json(record) + b"\n"


def render_check(checked: Checked, *, benign: bool) -> Iterator[RenderableType]:
    """Yield what the terminal shows: the answer, what failed and why, hits in benign mail, warnings."""
    failed = [proof for proof in checked.proofs if not proof.holds]
    yield Text.assemble("\n", (_headline(checked, len(failed)), "bold red" if failed else "bold"))
    for proof in failed[:_SHOWN_FAILED]:
        yield Text("")
        yield from _failure(proof)
    if len(failed) > _SHOWN_FAILED:
        yield Text(f"\nand {len(failed) - _SHOWN_FAILED:,} more; --json lists them all", style="dim")
    if benign:
        yield from _measured(checked)
    if checked.warnings:
        yield Text("\nWorth a look", style="bold")
        for rule, text in checked.warnings[:_SHOWN_RULES]:
            yield Padding(Text.assemble((shown(rule), "bold"), "  ", shown(text)), (0, 0, 0, 3))
        if len(checked.warnings) > _SHOWN_RULES:
            yield Text(
                f"   and {len(checked.warnings) - _SHOWN_RULES:,} more; --json lists them all", style="dim"
            )


def _headline(checked: Checked, failed: int) -> str:
    rules = words.count(checked.rules, "rule")
    if failed:
        verb = "does" if failed == 1 else "do"
        return f"{failed:,} of {words.count(len(checked.proofs), 'example')} {verb} not hold ({rules})."
    if not checked.proofs:
        return f"{rules}, without any example: nothing was proven."
    return f"All {words.count(len(checked.proofs), 'example')} of {rules} hold."


def _failure(proof: Proof) -> Iterator[RenderableType]:
    if proof.hit is None:
        said = "could not be read"
    else:
        said = "should hit and misses" if proof.expected else "should miss and hits"
    about = f" ({shown(proof.about)})" if proof.about else ""
    yield Text.assemble((f"{shown(proof.rule)}: ", "bold"), f"an example{about} {said}")
    yield Padding(Text(shown(proof.place, 300), style="dim"), (0, 0, 0, 3))
    for line in proof.saw:
        indent = len(line) - len(line.lstrip())
        yield Padding(Text(shown(line.strip(), 300)), (0, 0, 0, 3 + indent))


def _measured(checked: Checked) -> Iterator[RenderableType]:
    yield Text(f"\nHits in {words.count(checked.mails, 'benign mail')}", style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("Rule", overflow="fold")
    table.add_column("Hits", justify="right")
    table.add_column("Share", justify="right")
    table.add_column("At most (95 %)", justify="right")
    ordered = sorted(checked.measured, key=lambda one: -one.hits)
    for one in ordered[:_SHOWN_RULES]:
        table.add_row(Text(shown(one.rule)), f"{one.hits:,}", f"{one.share:.3%}", f"{one.upper:.3%}")
    yield Padding(table, (0, 0, 0, 3))
    if len(ordered) > _SHOWN_RULES:
        yield Text(f"   and {len(ordered) - _SHOWN_RULES:,} more; --json lists them all", style="dim")
    for one in ordered[:_SHOWN_RULES]:
        if one.mails:
            yield Padding(Text.assemble((shown(one.rule), "bold"), " hits, for example"), (0, 0, 0, 3))
            for source in one.mails:
                yield Padding(Text(place(source), style="dim"), (0, 0, 0, 6))
    for error in checked.errors[:_SHOWN_ERRORS]:
        yield Padding(Text(f"{place(error.source)}: {shown(error.text)}", style="yellow"), (0, 0, 0, 3))
    if len(checked.errors) > _SHOWN_ERRORS:
        yield Text(
            f"   and {len(checked.errors) - _SHOWN_ERRORS:,} more places that could not be read",
            style="yellow",
        )
    if checked.unread:
        yield Text(f"   {words.count(checked.unread, 'mail')} could not be read", style="yellow")
