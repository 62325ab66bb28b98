"""Plays a case: runs the program's own commands one after the other, as a user would, and keeps what each says.

Every command is a process of its own in an environment of the exercise's: its settings, keys and caches lie in the
exercise's folder, and nothing of the user's is read or written. A command that ends otherwise than the play expects
ends the play.
"""

from __future__ import annotations

import json
import os
import re
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
_SAYS_ITSELF = (0, 1)  # commands that end otherwise say why on standard error


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value for later steps: `field` of the records that `run` prints as JSON, of those where all of `where` hold.

    `field` may lead into what a record holds ("left_out.0.ref"). Instead of a command, `file` may name files below
    the folder by a pattern, and `find` a pattern of what stands in them. The first value counts, with `each` all do.
    """

    run: str = ""
    field: str = "id"
    where: dict[str, str] = {}
    each: bool = False
    file: str = ""
    find: str = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One command: `text` says why, `run` is what follows `tocsin`, with values in braces.

    `show` are beginnings of what it says and how many lines from there are shown; `exit` is the code that it must end
    with; `writes` are files below the folder that it must have written; `take` are values for later steps. `each` names
    a value with several parts: the command runs once for each of them.
    """

    run: str
    text: str = ""
    chapter: str = ""
    exit: int = 0
    show: tuple[tuple[str, int], ...] = ()
    writes: tuple[str, ...] = ()
    take: dict[str, Taken] = {}
    each: str = ""


class Play(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps of a case in order, and what is worth looking at in the end: path below the folder to words."""

    step: tuple[Step, ...]
    outcome: dict[str, str] = {}


class Played(msgspec.Struct, frozen=True):
    """A command that ran: its words as a shell reads them, what of its answer is shown, and where all of it is kept.

    `more` counts the further runs of a step that is for each of several.
    """

    step: Step
    words: tuple[str, ...]
    shown: tuple[str, ...]
    kept: Path
    more: int = 0


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
    lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
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
        parts = values[step.each].split("\n") if step.each else [""]
        runs = [_done(step, {**values, step.each: part}, folder, environment) for part in parts]
        words, said = runs[0]
        kept = folder / MADE / f"{number:02d}-{words[1]}.txt"
        kept.write_text(
            "EXERCISE\n" + "\n".join(f"$ {shlex.join(one)}\n\n{text}" for one, text in runs), "utf-8"
        )
        values |= _taken(step.take, values, folder, environment)
        yield Played(step, tuple(map(shlex.quote, words)), _shown(said, step.show), kept, len(runs) - 1)


def _done(
    step: Step, values: Mapping[str, str], folder: Path, environment: Mapping[str, str]
) -> tuple[tuple[str, ...], str]:
    """The words of a command that ended as it should, and what it said."""
    words = _words(step.run, values)
    done = _run(words, environment)
    missing = [name for name in step.writes if not (folder / name).is_file()]
    if done.returncode != step.exit or missing:
        why = f"wrote no {missing[0]}" if missing else f"ended with code {done.returncode}, not {step.exit}"
        raise ExerciseError(
            f"`tocsin {shlex.join(words)}` {why}.\n{(done.stderr or done.stdout)[-2000:].strip()}"
        )
    said = done.stdout if done.returncode in _SAYS_ITSELF else done.stdout + done.stderr
    return ("tocsin", *words), said


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
    wanted: Mapping[str, Taken], values: Mapping[str, str], folder: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """The values by name; each command for them runs once."""
    printed: dict[str, list[Any]] = {}
    found: dict[str, str] = {}
    for name, taken in wanted.items():
        if taken.file:
            texts = [path.read_text("utf-8") for path in sorted(folder.glob(taken.file))]
            parts = [part for text in texts for part in re.findall(taken.find, text)]
        else:
            if taken.run not in printed:
                done = _run(_words(taken.run, values), environment)
                printed[taken.run] = [
                    json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"
                ]
            parts = [
                part
                for record in printed[taken.run]
                if all(str(record.get(key)) == value for key, value in taken.where.items())
                and (part := _within(record, taken.field))
            ]
        if not parts:
            raise ExerciseError(f"{taken.file or taken.run}: nothing there could be the {name}")
        found[name] = "\n".join(parts if taken.each else parts[:1])
    return found


def _within(record: Any, field: str) -> str:
    """What the field holds, "" for nothing."""
    for key in field.split("."):
        if isinstance(record, list):
            record = record[int(key)] if int(key) < len(record) else None
        else:
            record = record.get(key) if isinstance(record, dict) else None
    return "" if record is None else str(record)


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
