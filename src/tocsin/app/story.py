"""Plays a case: runs the program's own commands one after the other, as a user would, and keeps what each says.

Every command is a process of its own in an environment of the exercise's: its settings, keys and caches lie in the
exercise's folder, and nothing of the user's is read or written. A command that ends otherwise than the play expects
ends the play.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tocsin.app.scenarios import ExerciseError, case_files

PLAY = "play.toml"
MADE = "made"  # what the commands write; the rest is keys, the store and settings
KEYS = "keys"
STORE = "practice.db"
SETTINGS = "tocsin.toml"
SHELL = "settings.sh"
_LONGEST_S = 300.0
_WIDTH = 88
_WRONG_USE = 2  # such a command says why on standard error


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value for later steps: `field` of the records that `run` prints as JSON, of those where all of `where` hold.

    The first record counts, or with `each` all of them, as several words of a command.
    """

    run: str
    field: str = "id"
    where: dict[str, str] = {}
    each: bool = False


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One command: `text` says why, `run` is what follows `tocsin`, with values in braces.

    `show` are beginnings of what it says and how many lines from there are shown; `exit` is the code that it must end
    with; `writes` are files below the folder that it must have written; `take` are values for later steps.
    """

    run: str
    text: str = ""
    chapter: str = ""
    exit: int = 0
    show: tuple[tuple[str, int], ...] = ()
    writes: tuple[str, ...] = ()
    take: dict[str, Taken] = {}


class Play(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps of a case in order, and what is worth looking at in the end: path below the folder to words."""

    step: tuple[Step, ...]
    outcome: dict[str, str] = {}


class Played(msgspec.Struct, frozen=True):
    """A command that ran: its words as a shell reads them, what it said, what of it is shown, and where all is kept."""

    step: Step
    words: tuple[str, ...]
    said: str
    shown: tuple[str, ...]
    kept: Path


def missing(case: Play, folder: Path) -> tuple[str, ...]:
    """The outcomes that are not there."""
    return tuple(name for name in case.outcome if not (folder / name).exists())


def load_play(case: str) -> Play:
    """How this case is played. Raises ExerciseError where it cannot be."""
    found = case_files(case).get(PLAY) if case else None
    if found is None:
        raise ExerciseError(
            "--play: this scenario is no case that can be played; `tocsin exercise story --play` is one"
        )
    return msgspec.toml.decode(found, type=Play)


def prepare(folder: Path, case: str) -> Path:
    """Remove what an earlier play left in the folder of this exercise, and write its settings; returns their path."""
    root = folder.resolve()
    for name in (MADE, KEYS):
        if (root / name).is_dir() and not (root / name).is_symlink():
            shutil.rmtree(root / name)
    for old in root.glob(f"{STORE}*"):
        old.unlink()
    (root / MADE).mkdir(exist_ok=True)
    (root / KEYS).mkdir(mode=0o700, exist_ok=True)
    template = case_files(case)[SETTINGS].decode()
    (root / SETTINGS).write_text(template.replace("{dir}", _toml_text(str(root))), "utf-8")
    lines = [f"export {name}={shlex.quote(value)}" for name, value in _own(root).items()]
    head = "# EXERCISE: settings and keys of this exercise, for commands of your own. In a shell:  . settings.sh\n"
    (root / SHELL).write_text(head + "\n".join(lines) + "\n", "utf-8")
    return root / SETTINGS


def _toml_text(path: str) -> str:
    """The inside of a TOML text in quotes."""
    return json.dumps(path, ensure_ascii=False)[1:-1]


def _own(root: Path) -> dict[str, str]:
    keys = root / KEYS
    return {
        "TOCSIN_CONFIG": str(root / SETTINGS),
        "TOCSIN_KEY_FILE": str(keys / "store.key"),
        "XDG_DATA_HOME": str(keys),
        "XDG_STATE_HOME": str(keys / "state"),
        "XDG_CACHE_HOME": str(keys / "cache"),
        "XDG_CONFIG_HOME": str(keys / "config"),
    }


def play(steps: tuple[Step, ...], folder: Path) -> Iterator[Played]:
    """Run the steps in order. Raises ExerciseError where one does not end as it should."""
    root = folder.resolve()
    outside = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    environment = {**outside, **_own(root), "COLUMNS": str(_WIDTH), "PYTHONIOENCODING": "utf-8"}
    values: dict[str, str] = {"dir": str(folder), "made": str(folder / MADE)}
    for number, step in enumerate(steps, 1):
        words = _words(step.run, values)
        done = _run(words, environment)
        line = shlex.join(("tocsin", *words))
        kept = folder / MADE / f"{number:02d}-{words[0]}.txt"
        said = done.stdout if done.returncode != _WRONG_USE else done.stdout + done.stderr
        kept.write_text(f"EXERCISE\n$ {line}\n\n{said}", "utf-8")
        missing = [name for name in step.writes if not (folder / name).is_file()]
        if done.returncode != step.exit or missing:
            why = (
                f"wrote no {missing[0]}" if missing else f"ended with code {done.returncode}, not {step.exit}"
            )
            raise ExerciseError(f"`{line}` {why}.\n{(done.stderr or said)[-2000:].strip()}")
        values |= _taken(step.take, values, environment)
        yield Played(step, tuple(map(shlex.quote, ("tocsin", *words))), said, _shown(said, step.show), kept)


def _words(run: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The words of a command; one that is a value alone may stand for several."""
    words: list[str] = []
    for word in shlex.split(run):
        name = word[1:-1]
        if word == f"{{{name}}}" and name in values:
            words += values[name].split("\n")
            continue
        for key, value in values.items():
            word = word.replace(f"{{{key}}}", value)
        words.append(word)
    return tuple(words)


def _run(words: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ExerciseError(f"`{shlex.join(words)}` did not end within {_LONGEST_S:.0f} s") from error


def _taken(
    wanted: Mapping[str, Taken], values: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The values by name; each command for them runs once."""
    printed: dict[str, list[Any]] = {}
    values_taken: dict[str, str] = {}
    for name, taken in wanted.items():
        if taken.run not in printed:
            done = _run(_words(taken.run, values), environment)
            printed[taken.run] = [
                json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")
            ]
        found = [
            str(record[taken.field])
            for record in printed[taken.run]
            if taken.field in record
            and all(str(record.get(key)) == value for key, value in taken.where.items())
        ]
        if not found:
            raise ExerciseError(f"`tocsin {taken.run}` shows nothing that could be the {name}")
        values_taken[name] = "\n".join(found if taken.each else found[:1])
    return values_taken


def _shown(said: str, wanted: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """The lines that are shown: from each beginning as many as asked for, blank ones left out."""
    lines = [line.rstrip() for line in said.splitlines()]
    shown: list[str] = []
    at = 0
    for beginning, count in wanted:
        first = next((n for n in range(at, len(lines)) if lines[n].strip().startswith(beginning)), None)
        if first is None:
            continue
        shown += [line for line in lines[first : first + count] if line]
        at = first + count
    return tuple(shown)
