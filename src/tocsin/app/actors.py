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
MAX_JSON_BYTES = 128 * 1024 * 1024  # ATT&CK's whole bundle has a third of this
MAX_TOTAL_BYTES = 512 * 1024 * 1024
_ENDINGS = (".toml", ".json")
_SHOWN_MISTAKES = 10
_SHOWN_PROBLEMS = 200


class _Head(msgspec.Struct):
    """As much of a JSON file as tells what it is."""

    type: str = ""
    values: msgspec.Raw | None = None
    objects: msgspec.Raw | None = None


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
    seen: dict[str, str] = {}
    mistakes: list[str] = []
    for one in written:
        target = _at_hand(one.actor, actors)
        problems.extend(one.notes)
        if one.actor.origin not in ("attack", "misp-galaxy"):
            if one.actor.id in seen:
                problems.append(
                    f"{one.actor.origin}: {one.actor.id} stands in {seen[one.actor.id]} too; both are used"
                )
            seen.setdefault(one.actor.id, one.actor.origin)
        if target is None or one.replace:
            if not one.actor.name:
                mistakes.append(
                    f"{one.actor.origin}: name is missing; only a file with the id of a known actor goes without"
                )
                continue
            actors[one.actor.id] = _named(one.actor)
        else:
            actors[target] = _added(actors[target], one.actor)
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
            if data.lstrip()[:1] == b"{":
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
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProfileError([f"{file}: is not JSON that can be read: {str(error)[:200]}"]) from error
    if head.type == "bundle" and head.objects is not None:
        from tocsin.exchange.attack_in import read_attack

        return read_attack(data)
    raise ProfileError([f'{file}: is no ATT&CK STIX bundle ("type": "bundle", with "objects")'])


def _at_hand(actor: Actor, actors: dict[str, Actor]) -> str | None:
    """The id of the actor that this one adds to."""
    if actor.id in actors:
        return actor.id
    mine = {(kind, value) for kind, value in actor.references if kind in ("attack", "misp-galaxy")}
    return (
        next((id_ for id_, other in actors.items() if mine & set(other.references)), None) if mine else None
    )


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
    ordered = tuple(sorted(actors, key=lambda actor: (actor.name.casefold(), actor.id)))
    told = [*problems, *_clashes(ordered)]
    more = len(told) - _SHOWN_PROBLEMS
    return Profiles(
        ordered,
        (*told[:_SHOWN_PROBLEMS], f"and {more:,} more") if more > 0 else tuple(told),
    )


def _clashes(actors: Sequence[Actor]) -> Iterator[str]:
    """Sentences on names that several actors bear though not every profile says so."""
    bearers: dict[str, list[tuple[Actor, ActorName]]] = {}
    for actor in actors:
        for name in actor.names:
            bearers.setdefault(name.name.casefold(), []).append((actor, name))
    for some in bearers.values():
        unmarked = [actor.id for actor, name in some if not name.ambiguous]
        if len(some) > 1 and unmarked:
            ids = " and ".join(actor.id for actor, _ in some)
            yield (
                f"the name {some[0][1].name!r} is borne by {ids}: it is taken as ambiguous; mark it so in "
                f"{', '.join(unmarked)}"
            )
