"""Makes an exercise and writes it as files; nothing here can send."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import date
from pathlib import Path

import msgspec

from tocsin.app.scenarios import ExerciseError, case_files, contacts, load_cast, load_scenario, names
from tocsin.connect.maildir import MAIL_FOLDERS
from tocsin.exercise import agenda, handed_in, mailbox, make, plan
from tocsin.exercise.proxy_log import proxy_log
from tocsin.model.names import KnownName
from tocsin.model.scenario import ExerciseMail, MailboxOwner, Mix, Scenario, Truth

# A scenario alone gets this much of ordinary-mail beneath it, so that mailboxes have a history.
GROUND = ("ordinary-mail", 0.35)
MAX_PEOPLE = 5000
_NOT_HANDED_IN = (
    "play.toml",
    "contacts.toml",
)  # of a case's folder: how it is played, and what people.toml takes in


class Request(msgspec.Struct, frozen=True):
    """What to make.

    `scenario` is a shipped name or the path of a YAML file, `scale` multiplies the number of campaigns.
    """

    scenario: str
    seed: int = 1
    people: int = 6
    scale: float = 1.0


class Exercise(msgspec.Struct, frozen=True):
    """An exercise in memory: who owns the mailboxes, the mails in order of time, and the truth about them.

    `known` are the outlets and institutions of names.toml, `registered` the days of dates.csv. `boxes` are folders with
    the day from which mail lies in them, none for mailboxes that hold everything; `maildirs` slugs of owners who have
    Maildirs there. `case` names a case, and `handed_in` are its files.
    """

    title: str
    owners: tuple[MailboxOwner, ...]
    mails: tuple[ExerciseMail, ...]
    truth: tuple[Truth, ...]
    known: tuple[KnownName, ...] = ()
    registered: dict[str, date] = {}
    boxes: tuple[tuple[str, date], ...] = ()
    maildirs: tuple[str, ...] = ()
    case: str = ""
    handed_in: dict[str, bytes] = {}


class Listed(msgspec.Struct, frozen=True):
    """A shipped scenario as `--list` shows it; `side`, `label` and `stratum` are `mixed` for a mix."""

    name: str
    title: str
    side: str
    label: str
    sources: tuple[str, ...] = ()
    stratum: str = "mixed"


def listed() -> tuple[Listed, ...]:
    """The shipped scenarios, mixes first."""
    cast = load_cast()
    found = []
    for name in names():
        one = load_scenario(name, cast)
        if isinstance(one, Mix):
            found.append(Listed(one.name, one.title, "mixed", "mixed"))
        else:
            stratum = one.stratum or {"hostile": "hostile", "benign": "ordinary"}[one.side]
            found.append(Listed(one.name, one.title, one.side, one.label, one.sources, stratum))
    order = {"mixed": 0, "hostile": 1, "benign": 2}
    return tuple(sorted(found, key=lambda item: (order[item.side], item.name)))


def make_exercise(request: Request) -> Exercise:
    """The exercise of this request; the same request gives the same bytes. Raises ExerciseError."""
    if not 2 <= request.people <= MAX_PEOPLE:
        raise ExerciseError(f"--people {request.people}: expected 2 to {MAX_PEOPLE}")
    if not 0 < request.scale <= 1000:
        raise ExerciseError(f"--scale {request.scale}: expected more than 0, up to 1000")
    cast = load_cast()
    chosen = load_scenario(request.scenario, cast)
    parts: list[tuple[Scenario, float]] = []
    wanted = chosen.parts if isinstance(chosen, Mix) else {}
    own = {one.name: one for one in chosen.own} if isinstance(chosen, Mix) else {}
    for name, part in wanted.items():
        one = own[name] if name in own else load_scenario(name, cast)
        if isinstance(one, Mix):
            raise ExerciseError(f"{request.scenario}: {name!r} is a mix itself; name its scenarios")
        if one.side == "hostile" and isinstance(chosen, Mix) and chosen.hostile_window:
            one = msgspec.structs.replace(
                one, plan=msgspec.structs.replace(one.plan, window=chosen.hostile_window)
            )
        parts.append((one, part * request.scale))
    if isinstance(chosen, Scenario):
        parts = [(chosen, request.scale)]
        ground = load_scenario(GROUND[0], cast)
        if isinstance(ground, Scenario) and chosen.name != ground.name:
            parts.append((ground, GROUND[1] * request.scale))
    owners = plan.owners(cast, request.people, request.seed)
    owners = agenda.with_occasions(cast, owners, request.seed, chosen.start, chosen.days)
    try:
        made = make.exercise(parts, cast, owners, request.seed, chosen.start, chosen.days)
    except KeyError as error:
        raise ExerciseError(f"{request.scenario}: nothing fills the slot {error.args[0]!r}") from error
    exercise = Exercise(
        chosen.title, owners, made.mails, mailbox.truth(made.mails), cast.known, made.registered
    )
    return _with_case(exercise, chosen, request.seed) if isinstance(chosen, Mix) else exercise


def _with_case(exercise: Exercise, mix: Mix, seed: int) -> Exercise:
    boxes = tuple(
        sorted(((name, date.fromisoformat(day)) for name, day in mix.boxes.items()), key=lambda b: b[1])
    )
    files: dict[str, bytes] = {}
    if mix.case:
        files = case_files(mix.case)
        log = next(
            (
                text
                for owner in exercise.owners
                if owner.slug in mix.maildirs
                for one in mix.own
                if (text := proxy_log(exercise.mails, owner.addresses[0], one.name, seed))
            ),
            "",
        )
        files["proxy.log"] = log.encode()
    return msgspec.structs.replace(
        exercise, boxes=boxes, maildirs=mix.maildirs, case=mix.case, handed_in=files
    )


def write_exercise(exercise: Exercise, folder: Path, seed: int, force: bool) -> tuple[Path, ...]:
    """Writes mailboxes, truth.jsonl, people.toml, names.toml, dates.csv and README.txt; returns their paths.

    A folder that holds something is refused unless `force` is set; an earlier exercise's mailboxes are then
    replaced. Raises ExerciseError.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not force:
            what = "is not empty" if folder.is_dir() else "is a file"
            raise ExerciseError(
                f"{folder}: {what}; name a new folder, or give --force to replace an exercise"
            )
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder, [box for box, _ in exercise.boxes])
        contents = _boxes(exercise)
        contents["truth.jsonl"] = mailbox.truth_lines(exercise.truth)
        contents["people.toml"] = handed_in.people_toml(
            exercise.owners, load_cast(), contacts(exercise.case) if exercise.case else None
        ).encode()
        contents["names.toml"] = handed_in.names_toml(exercise.known).encode()
        contents["dates.csv"] = handed_in.dates_csv(exercise.registered).encode()
        contents["README.txt"] = mailbox.note(
            exercise.title, seed, exercise.truth, exercise.owners, [box for box, _ in exercise.boxes]
        ).encode()
        contents |= {name: raw for name, raw in exercise.handed_in.items() if name not in _NOT_HANDED_IN}
        for name, raw in contents.items():
            parent = (folder / name).parent
            parent.mkdir(parents=True, exist_ok=True)
            if parent.name in MAIL_FOLDERS:
                for one in (*MAIL_FOLDERS, "tmp"):
                    parent.with_name(one).mkdir(exist_ok=True)
            (folder / name).write_bytes(raw)
    except OSError as error:
        raise ExerciseError(f"{error.filename or folder}: cannot be written ({error.strerror})") from error
    return tuple(folder / name for name in contents)


def _boxes(exercise: Exercise) -> dict[str, bytes]:
    """Path to bytes of every mailbox, in the folders of `boxes` if there are any."""
    contents: dict[str, bytes] = {}
    until = [day for _, day in exercise.boxes[1:]] + [date.max]
    for (box, begin), end in zip(exercise.boxes or (("", date.min),), until, strict=True):
        below = f"{box}/" if box else ""
        for owner in exercise.owners:
            mails = [
                m for m in exercise.mails
                if m.owner == owner.addresses[0] and (not box or begin <= m.at.date() < end)
            ]  # fmt: skip
            if box and owner.slug in exercise.maildirs:
                files = mailbox.maildir(mails, owner.addresses)
                contents |= {f"{below}{owner.slug}/{path}": raw for path, raw in files.items()}
            else:
                contents[f"{below}{owner.slug}.mbox"] = mailbox.mbox(mails)
    return contents


def _clear(folder: Path, boxes: Collection[str]) -> None:
    """Removes the mailboxes of an earlier exercise, and only where its note proves that it was one."""
    note = folder / "README.txt"
    if note.is_file() and note.read_bytes().startswith(b"EXERCISE"):
        for old in folder.glob("*.mbox"):
            old.unlink()
        for box in boxes:
            if (folder / box).is_dir() and not (folder / box).is_symlink():
                shutil.rmtree(folder / box)
