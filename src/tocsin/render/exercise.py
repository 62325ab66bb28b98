"""What an exercise wrote, and which scenarios there are, as text and as JSON; schemas in docs/schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from tocsin.model.scenario import MailboxOwner, Truth

EXERCISE_SCHEMA = "tocsin.exercise/1"
SCENARIO_SCHEMA = "tocsin.scenario/1"


class ExerciseRecord(msgspec.Struct, frozen=True):
    """What `exercise --json` wrote: `labels` counts the mails of each label, `files` are paths."""

    schema: str
    exercise: bool
    scenario: str
    seed: int
    directory: str
    mails: int
    labels: dict[str, int]
    files: tuple[str, ...]


class ScenarioRecord(msgspec.Struct, frozen=True):
    """A shipped scenario as `exercise --list --json` shows it; `side` and `label` are `mixed` for a mix."""

    schema: str
    name: str
    title: str
    side: str
    label: str
    sources: tuple[str, ...]


def labels(truth: Sequence[Truth]) -> dict[str, int]:
    """How many mails each label has, by name of the label."""
    return dict(sorted(Counter(line.label for line in truth).items()))


def exercise_text(title: str, truth: Sequence[Truth], owners: Sequence[MailboxOwner], folder: str) -> str:
    """What was written where, and the command that reads it."""
    counted = ", ".join(f"{count} {label}" for label, count in labels(truth).items())
    return (
        f"EXERCISE  {title}\n"
        f"{len(truth)} mails in {len(owners)} mailboxes under {folder}\n"
        f"  {counted}\n"
        f"Now: tocsin scan {folder} --people {folder}/people.toml"
    )


def scenarios_text(scenarios: Sequence[ScenarioRecord]) -> str:
    """One line a scenario: name, side, title."""
    width = max(len(one.name) for one in scenarios)
    return "\n".join(f"{one.name:<{width}}  {one.side:<8} {one.title}" for one in scenarios)
