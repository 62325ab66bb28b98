"""All actor profiles at hand: those shipped, and an operator's own beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from tocsin.app.actor_toml import MAX_BYTES as MAX_TOML_BYTES
from tocsin.app.actor_toml import ProfileError, Written, decode_profile
from tocsin.model.actor import Actor, ActorName, Profiles, Statement

MAX_FILES = 2_000
MAX_OTHERS = 20  # bearers of one name that are listed
MAX_JSON_BYTES = 128 * 1024 * 1024  # ATT&CK's whole bundle has a third of this
MAX_TOTAL_BYTES = 512 * 1024 * 1024
IMPORTED = ("attack", "misp-galaxy")
_ENDINGS = (".toml", ".json")
_MARK = b"\xef\xbb\xbf"
_SHOWN_MISTAKES = 10
_SHOWN_PROBLEMS = 200


def load_profiles(extra: Path | None = None) -> Profiles:
    """The shipped profiles with those of `extra`, a file or a folder, in the order of their names.

    `extra` is TOML (one actor a file, the file's name is its id), an ATT&CK STIX bundle or a MISP galaxy, told by
    content. What has the id of an actor at hand, or its number in ATT&CK or the galaxy, adds to it; `replace = true`
    takes its place. Raises ProfileError for files that cannot be used; what is merely odd stands in `problems`.
    """
    shipped = shipped_profiles()
    if extra is None:
        return _profiles(shipped, ())
    written, problems = read_profiles(extra)
    actors = {actor.id: actor for actor in shipped}
    index = {reference: actor.id for actor in shipped for reference in _shared(actor)}
    seen: dict[str, str] = {}
    mistakes: list[str] = []
    for one in written:
        actor = one.actor
        problems.extend(one.notes)
        if actor.origin not in IMPORTED:
            if actor.id in seen:
                problems.append(f"{actor.origin}: {actor.id} stands in {seen[actor.id]} too; both are used")
            seen.setdefault(actor.id, actor.origin)
        target = actor.id if actor.id in actors else next(filter(None, map(index.get, _shared(actor))), None)
        if target is not None and not one.replace:
            actors[target] = _added(actors[target], actor)
        elif actor.name:
            actors[actor.id] = _named(actor)
        else:
            mistakes.append(
                f"{actor.origin}: name is missing; only a file with the id of a known actor goes without"
            )
        index |= dict.fromkeys(_shared(actor), target or actor.id)
    if mistakes:
        raise ProfileError(mistakes)
    return _profiles(actors.values(), problems)


def shipped_profiles() -> tuple[Actor, ...]:
    """The profiles that come with Tocsin, in the order of their ids."""
    folder = resources.files("tocsin").joinpath("data", "actors")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(
        _named(decode_profile(file.read_bytes(), file.name, file.name.removesuffix(".toml"), "tocsin").actor)
        for file in files
    )


def read_profiles(path: Path) -> tuple[list[Written], list[str]]:
    """What a file or folder holds, and what was odd about it. Raises ProfileError with all mistakes found."""
    written: list[Written] = []
    problems: list[str] = []
    mistakes: list[str] = []
    left = MAX_TOTAL_BYTES
    files = list(_files(path, mistakes))
    for file in files:
        limit = MAX_JSON_BYTES if file.suffix.lower() == ".json" else MAX_TOML_BYTES
        try:
            with file.open("rb") as stream:  # bounded: a device named by mistake has no end
                data = stream.read(min(limit, left) + 1)
        except OSError as error:
            mistakes.append(f"{file}: cannot be read ({error.strerror}); check the path and its rights")
            continue
        left -= len(data)
        if len(data) > limit or left < 0:
            mistakes.append(f"{file}: is larger than is read ({min(limit, MAX_TOTAL_BYTES):,} bytes)")
            continue
        try:
            if file.suffix.lower() == ".json" or data[:1000].removeprefix(_MARK).lstrip()[:1] == b"{":
                actors, odd = _from_json(data, file)
                written.extend(Written(actor) for actor in actors)
                problems.extend(f"{file}: {text}" for text in odd)
            else:
                written.append(decode_profile(data, str(file), file.stem, str(file)))
        except ProfileError as error:
            mistakes.extend(error.mistakes)
    if not files and not mistakes:
        mistakes.append(f"{path}: no profiles here; expected files that end in .toml or .json")
    if mistakes:
        more = len(mistakes) - _SHOWN_MISTAKES
        shown = mistakes[:_SHOWN_MISTAKES] + ([f"and {more:,} more mistakes"] if more > 0 else [])
        raise ProfileError(shown)
    return written, problems


def _files(path: Path, mistakes: list[str]) -> Iterator[Path]:
    if not path.is_dir():
        if path.exists() and not path.is_file():
            mistakes.append(f"{path}: is not an ordinary file; name a file of profiles or a folder")
            return
        yield path
        return
    count = 0
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if name.startswith(".") or not name.lower().endswith(_ENDINGS) or not file.is_file():
                continue
            count += 1
            if count > MAX_FILES:
                mistakes.append(f"{path}: holds more than {MAX_FILES:,} files; name a folder of profiles")
                return
            yield file


def _from_json(data: bytes, file: Path) -> tuple[tuple[Actor, ...], tuple[str, ...]]:
    from tocsin.exchange.entries import UnreadableIntel

    try:
        keys = msgspec.json.decode(data.removeprefix(_MARK), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ProfileError([f"{file}: is not JSON that can be read: {str(error)[:200]}"]) from error
    try:
        if "objects" in keys:
            from tocsin.exchange.attack_in import read_attack

            return read_attack(data)
        if "values" in keys:
            from tocsin.exchange.galaxy_in import read_galaxy

            return read_galaxy(data)
    except UnreadableIntel as error:
        raise ProfileError([f"{file}: {error}"]) from error
    raise ProfileError(
        [f'{file}: neither an ATT&CK bundle (a list "objects") nor a MISP galaxy (a list "values")']
    )


def _shared(actor: Actor) -> list[tuple[str, str]]:
    """The references by which two profiles are known to be of one actor."""
    return [(kind, value) for kind, value in actor.references if kind in ("attack", "misp-galaxy")]


def _named(actor: Actor) -> Actor:
    """The actor with its own name among its names, first."""
    if any(name.name.casefold() == actor.name.casefold() for name in actor.names):
        return actor
    return msgspec.structs.replace(actor, names=(ActorName(actor.name), *actor.names))


def _added(base: Actor, more: Actor) -> Actor:
    """`base` with what `more` says beside; where both have a name, it stays ambiguous if one says so."""
    names = {name.name.casefold(): name for name in base.names}
    given = ([ActorName(more.name)] if more.name else []) + list(more.names)
    for name in given:
        old = names.get(name.name.casefold())
        if old is None:
            names[name.name.casefold()] = name
        elif name.ambiguous:
            also = tuple(dict.fromkeys((*old.also, *name.also)))
            names[name.name.casefold()] = msgspec.structs.replace(
                old, ambiguous=True, also=also, note=old.note or name.note
            )
    statements: dict[Statement, None] = dict.fromkeys((*base.statements, *more.statements))
    return msgspec.structs.replace(
        base,
        names=tuple(names.values()),
        statements=tuple(statements),
        references=tuple(dict.fromkeys((*base.references, *more.references))),
        note=" ".join(filter(None, (base.note, more.note))) if more.note not in base.note else base.note,
    )


def _profiles(actors: Iterable[Actor], problems: Sequence[str]) -> Profiles:
    """In the order of their names; a name that several bear is ambiguous for each of them."""
    ordered = sorted(actors, key=lambda actor: (actor.name.casefold(), actor.id))
    bearers: dict[str, list[tuple[Actor, ActorName]]] = {}
    for actor in ordered:
        for name in actor.names:
            bearers.setdefault(name.name.casefold(), []).append((actor, name))
    told, unnamed = list(problems), 0
    for some in bearers.values():
        if len(some) == 1 or all(name.ambiguous for _, name in some):
            continue
        if all(actor.origin in IMPORTED for actor, _ in some):
            unnamed += 1
        else:
            ids = " and ".join(actor.id for actor, _ in some)
            told.append(f"the name {some[0][1].name!r} is borne by {ids}; it is taken as ambiguous")
    if unnamed:
        told.append(f"{unnamed:,} more names are borne by several actors; they are taken as ambiguous")
    more = len(told) - _SHOWN_PROBLEMS
    return Profiles(
        tuple([_marked(actor, bearers) for actor in ordered]),
        (*told[:_SHOWN_PROBLEMS], *([f"and {more:,} more"] if more > 0 else [])),
    )


def _marked(actor: Actor, bearers: dict[str, list[tuple[Actor, ActorName]]]) -> Actor:
    names: list[ActorName] = []
    for name in actor.names:
        others = [other.id for other, _ in bearers[name.name.casefold()] if other.id != actor.id]
        if others:
            also = tuple(dict.fromkeys((*name.also, *others[:MAX_OTHERS])))
            name = msgspec.structs.replace(name, ambiguous=True, also=also)
        names.append(name)
    return msgspec.structs.replace(actor, names=tuple(names))
