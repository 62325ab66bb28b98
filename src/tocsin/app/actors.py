"""All actor profiles at hand: those shipped, and an operator's own beside them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from tocsin.app.actor_toml import MAX_BYTES as MAX_TOML_BYTES
from tocsin.app.actor_toml import MAX_NAME, Written, decode_profile
from tocsin.app.actor_toml import ProfileError as ProfileError
from tocsin.model.actor import Actor, ActorCheck, ActorName, Profiles

MAX_FILES = 2_000
MAX_JSON_BYTES = 128 * 1024 * 1024  # ATT&CK's whole bundle has a third of this
MAX_TOTAL_BYTES = 512 * 1024 * 1024
_ENDINGS = (".toml", ".json")
_MARK = b"\xef\xbb\xbf"


def load_profiles(extra: Path | None = None) -> Profiles:
    """The shipped profiles with those of `extra`, a file or a folder, in the order of their names.

    `extra` is TOML (one actor a file, the file's name is its id), an ATT&CK STIX bundle or a MISP galaxy, told by
    content. What has the id of an actor at hand, or its number in ATT&CK or the galaxy, adds to it; `replace = true`
    takes its place. Raises ProfileError for files that cannot be used; what is merely odd stands in `problems`.
    """
    from tocsin.attribute.merging import merge_profiles

    shipped = shipped_profiles()
    if extra is None:
        return merge_profiles([shipped])
    return _joined(shipped, *read_profiles(extra))


class Called(msgspec.Struct, frozen=True):
    """Whom a name means: `actor`, or where several are called so `candidates`, with the `names` by which each bears it.

    `close` is a name that could have been meant where nobody is called so, "" for none.
    """

    actor: Actor | None = None
    candidates: tuple[Actor, ...] = ()
    names: dict[str, tuple[ActorName, ...]] = {}
    close: str = ""


def called(written: str, profiles: Profiles) -> Called:
    """The actor of an id, a name, or a number in ATT&CK or the galaxy."""
    from tocsin.attribute.aliases import name_key, names_of, resolve

    actors = {actor.id: actor for actor in profiles.actors}
    if written in actors:
        return Called(actors[written])
    found = resolve(names_of(profiles), written)
    if len(found.actors) == 1 and not found.ambiguous:
        return Called(actors[found.actors[0]])
    key = name_key(written)
    names = {
        id_: tuple([name for name in actors[id_].names if name_key(name.name) == key]) for id_ in found.actors
    }
    others = (one for id_ in found.actors for name in names[id_] for one in name.also)
    ids = dict.fromkeys((*found.actors, *(one for one in others if one in actors)))
    close = ""
    if not ids:
        known = {name.name.casefold(): name.name for actor in profiles.actors for name in actor.names}
        near = difflib.get_close_matches(written[:MAX_NAME].casefold(), known, 1, 0.7)
        close = known[near[0]] if near else ""
    return Called(None, tuple([actors[id_] for id_ in ids]), names, close)


def check_profiles(path: Path) -> ActorCheck:
    """Whether the files of a path can be used beside the shipped profiles, with every mistake found."""
    try:
        written, odd = read_profiles(path)
    except ProfileError as error:
        return ActorCheck(mistakes=error.mistakes)
    shipped = shipped_profiles()
    profiles = _joined(shipped, written, odd)
    known = {actor.id for actor in shipped} - {one.actor.id for one in written if one.replace}
    ids = dict.fromkeys(one.actor.id for one in written)
    return ActorCheck(
        tuple(ids),
        tuple([id_ for id_ in ids if id_ in known]),
        sum(len(one.actor.statements) for one in written),
        (),
        profiles.problems,
    )


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
    known = {actor.id for actor in shipped_profiles()}
    own: dict[str, Path] = {}
    unnamed: dict[str, Path] = {}
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
                one = decode_profile(data, str(file), file.stem, str(file))
                written.append(msgspec.structs.replace(one, actor=_named(one.actor)))
                problems.extend(one.notes)
                if one.actor.id in own:
                    problems.append(
                        f"{file}: {one.actor.id} stands in {own[one.actor.id]} too; both are used"
                    )
                own.setdefault(one.actor.id, file)
                if one.actor.name and not one.replace:
                    known.add(one.actor.id)
                elif not one.actor.name:
                    unnamed[one.actor.id] = file
        except ProfileError as error:
            mistakes.extend(error.mistakes)
    replaced = {one.actor.id for one in written if one.replace}
    mistakes.extend(
        f"{file}: name is missing; only a file that adds to a known actor goes without"
        for id_, file in unnamed.items()
        if id_ not in known or id_ in replaced
    )
    if not files and not mistakes:
        mistakes.append(f"{path}: no profiles here; expected files that end in .toml or .json")
    if mistakes:
        raise ProfileError(mistakes)
    return written, problems


def _joined(shipped: Sequence[Actor], written: Sequence[Written], odd: Sequence[str]) -> Profiles:
    from tocsin.attribute.merging import merge_profiles

    replaced = {one.actor.id for one in written if one.replace}
    kept = [actor for actor in shipped if actor.id not in replaced]
    profiles = merge_profiles([kept, [one.actor for one in written]])
    return Profiles(profiles.actors, (*odd, *profiles.problems))


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


def _named(actor: Actor) -> Actor:
    """The actor with its own name among its names, first."""
    if not actor.name or any(name.name.casefold() == actor.name.casefold() for name in actor.names):
        return actor
    return msgspec.structs.replace(actor, names=(ActorName(actor.name), *actor.names))
