"""Reads scenarios and the cast that they share; every mistake is said with file, line and a suggestion."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
import yaml

from tocsin.exercise import check
from tocsin.exercise.hosts import foreign_hosts
from tocsin.model.scenario import Cast, Mix, Scenario

_DATA = files("tocsin") / "data"
_CAST = ("cast.yaml", "articles.yaml", "wordings.yaml", "known.yaml", "letters.yaml")
_MAX_BYTES = 4_000_000
_Value = TypeVar("_Value")


class ExerciseError(ValueError):
    """An exercise cannot be made; the message says what was read, where, and what to do."""


def names() -> tuple[str, ...]:
    """The names of the shipped scenarios, in order."""
    folder = _DATA / "scenarios"
    return tuple(sorted(e.name.removesuffix(".yaml") for e in folder.iterdir() if e.name.endswith(".yaml")))


def load_cast() -> Cast:
    """The people, services, articles and wordings that ship with Tocsin."""
    merged: dict[str, Any] = {}
    for name in _CAST:
        text = (_DATA / "exercise" / name).read_text("utf-8")
        for key, found in _document(text, name).items():
            merged[key] = merged[key] | found if isinstance(merged.get(key), dict) else found
    return _converted(merged, Cast, "cast", "")


def load_scenario(name: str, cast: Cast) -> Scenario | Mix:
    """A shipped scenario by name, or one from a YAML file by path. Raises ExerciseError."""
    shipped = names()
    if name in shipped:
        return parse_scenario((_DATA / "scenarios" / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml", cast)
    path = Path(name)
    if not path.is_file():
        raise ExerciseError(f"no scenario and no file named {name!r}{check.nearest(name, shipped)}"
                            f"\navailable: {', '.join(shipped)}")  # fmt: skip
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ExerciseError(f"{name}: larger than {_MAX_BYTES:,} bytes; a scenario is a short YAML file")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ExerciseError(f"{name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ExerciseError(f"{name}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    return parse_scenario(text, name, cast)


def parse_scenario(text: str, source: str, cast: Cast) -> Scenario | Mix:
    """The scenario written in this YAML text; `source` is named in errors. Raises ExerciseError."""
    document = _document(text, source)
    for host, line in _foreign(text):
        raise ExerciseError(f"{source}: line {line}: {host!r} is not on a reserved domain; "
                            "an exercise may name hosts under .example, .test and .invalid only")  # fmt: skip
    if "parts" in document:
        mix = _dated(_converted(document, Mix, source, text), source)
        for one in mix.own:
            _faultless(one, cast, f"{source}: {one.name}")
        return mix
    return _faultless(_dated(_converted(document, Scenario, source, text), source), cast, source)


def _faultless(scenario: Scenario, cast: Cast, source: str) -> Scenario:
    faults = check.faults(scenario, cast)
    if faults:
        raise ExerciseError(
            f"{source}: {faults[0]}" + (f" (and {len(faults) - 1} more)" if faults[1:] else "")
        )
    return scenario


def case_files(case: str) -> dict[str, bytes]:
    """Name to bytes of what a case's folder holds, as others would hand it in. Raises ExerciseError."""
    folder = _DATA / "exercise" / case
    if not case.isidentifier() or not folder.is_dir():
        raise ExerciseError(f"case: there is no case named {case!r} in data/exercise")
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


def contacts(case: str) -> dict[str, str]:
    """Slug of an owner to lines for their table in people.toml. Raises ExerciseError."""
    raw = case_files(case).get("contacts.toml", b"")
    return {slug: str(lines).lstrip() for slug, lines in tomllib.loads(raw.decode()).items()}


def _dated(found: _Value, source: str) -> _Value:
    start = getattr(found, "start", "")
    days = getattr(found, "days", 0)
    for place, day in {"start": start, **getattr(found, "boxes", {})}.items():
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise ExerciseError(
                f'{source}: {place}: {day!r} is not a date; write it as "2025-01-06"'
            ) from error
    if not 1 <= days <= 3650:
        raise ExerciseError(f"{source}: days: {days} is not between 1 and 3650")
    return found


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ExerciseError(f"{source}: {place}not valid YAML: {getattr(error, 'problem', error)}") from error
    except RecursionError as error:
        raise ExerciseError(f"{source}: nested too deeply for a scenario") from error
    if not isinstance(document, dict):
        raise ExerciseError(f"{source}: expected a mapping with name, title, side, label, plan, senders, ...")
    return document


def _converted(document: dict[str, Any], kind: type[_Value], source: str, text: str) -> _Value:
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        unknown = re.search(r"unknown field `([^`]+)`", message)
        if unknown is None:
            raise ExerciseError(f"{source}: {message}") from error
        key = unknown[1]
        fields = {name for struct in _structs(kind, set()) for name in struct.__struct_fields__}
        line = next((f"line {line}: " for name, line in _keys(text) if name == key), "")
        raise ExerciseError(f"{source}: {line}unknown key {key!r}{check.nearest(key, fields)}") from error


def _structs(kind: Any, seen: set[type[msgspec.Struct]]) -> set[type[msgspec.Struct]]:
    """Every Struct type that this type reaches through its fields."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind not in seen:
            seen.add(kind)
            for field in msgspec.structs.fields(kind):
                _structs(field.type, seen)
        return seen
    for part in getattr(kind, "__args__", ()):
        _structs(part, seen)
    return seen


def _nodes(text: str) -> Iterator[yaml.Node]:
    pending: list[yaml.Node] = [node] if (node := yaml.compose(text, Loader=yaml.SafeLoader)) else []
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            pending += [one for pair in reversed(node.value) for one in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            pending += reversed(node.value)


def _keys(text: str) -> Iterator[tuple[str, int]]:
    for node in _nodes(text):
        if isinstance(node, yaml.MappingNode):
            yield from ((str(key.value), key.start_mark.line + 1) for key, _ in node.value)


def _foreign(text: str) -> Iterator[tuple[str, int]]:
    """Hosts that are not reserved, with the line of the YAML scalar that holds them."""
    for node in _nodes(text):
        if isinstance(node, yaml.ScalarNode):
            for host in foreign_hosts(unquote(node.value)):
                block = node.style in ("|", ">")
                below = node.value[: node.value.find(host)].count("\n") + 1 if block else 0
                yield host, node.start_mark.line + 1 + below
