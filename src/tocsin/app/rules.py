"""Reads an operator's own rules from files and folders; every mistake in them is said with file and line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.model.rules import Example, Rule, RuleSet, YaraSource

if TYPE_CHECKING:
    from tocsin.observe.yara_rules import YaraRules

MAX_FILES = 20_000
MAX_BYTES = 16 * 1024 * 1024
MAX_TOTAL_BYTES = 128 * 1024 * 1024
YAML_ENDINGS = (".yaml", ".yml")
YARA_ENDINGS = (".yar", ".yara")
_SHOWN_ERRORS = 10


class RulesError(ValueError):
    """Rules that cannot be used; the message has a line for each mistake, with what was expected."""


def load_rules(paths: Sequence[Path]) -> RuleSet:
    """The rules in these files and folders. Raises RulesError, with all mistakes that were found.

    A folder is searched to the bottom for .yaml, .yml, .yar and .yara; other files in it are left alone, so examples
    can lie beside the rules. An id names one rule only, across all files.
    """
    from tocsin.judge.rules.parse import parse_rules

    rules: dict[str, Rule] = {}
    examples: dict[str, tuple[Example, ...]] = {}
    yara: list[YaraSource] = []
    errors: list[str] = []
    left, seen = MAX_TOTAL_BYTES, 0
    for file in _files(paths):
        text = _read(file, min(left, MAX_BYTES), errors)
        if text is None:
            continue
        seen += 1
        left -= len(text)
        if seen > MAX_FILES or left <= 0:
            raise RulesError(
                f"{file}: more rules than are read ({MAX_FILES:,} files, {MAX_TOTAL_BYTES // 1024**2} MiB)"
            )
        if file.suffix.lower() in YARA_ENDINGS:
            yara.append(YaraSource(str(file), text))
            continue
        found = parse_rules(text, str(file), _zone)
        errors.extend(found.errors)
        for rule in found.rules:
            if rule.id in rules:
                errors.append(
                    f"{rule.place}: rule {rule.id!r} stands in {rules[rule.id].place} already; rename one"
                )
            rules.setdefault(rule.id, rule)
        for name, more in found.yara_examples.items():
            examples[name] = (*examples.get(name, ()), *more)
    for rule in _yara_rules(yara, examples, errors):
        if rule.id in rules:
            errors.append(
                f"{rule.place}: rule {rule.id!r} stands in {rules[rule.id].place} already; rename one"
            )
        rules.setdefault(rule.id, rule)
    if errors:
        more_errors = len(errors) - _SHOWN_ERRORS
        shown = errors[:_SHOWN_ERRORS] + ([f"and {more_errors} more mistakes"] if more_errors > 0 else [])
        raise RulesError("\n".join(shown))
    if not seen:
        raise RulesError(
            f"{', '.join(map(str, paths))}: no rules here; expected files that end in .yaml, .yml, .yar or .yara"
        )
    return RuleSet(tuple(rules.values()), tuple(yara))


def yara_scanner_of(sources: Sequence[YaraSource]) -> YaraRules | None:
    """YARA rules ready for the process that calls, None where there are none. Raises YaraError."""
    if not sources:
        return None
    import time

    from tocsin.observe.yara_rules import compile_yara, yara_scanner

    return yara_scanner(compile_yara(sources), time.monotonic)


def read_example(example: Example, limit: int) -> bytes:
    """The bytes of an example that lies in a file beside its rule. Raises RulesError."""
    folder = Path(example.place.rpartition(", line ")[0]).parent
    name = Path(example.file)
    if name.is_absolute() or ".." in name.parts:
        raise RulesError(
            f"{example.place}: {example.file!r} lies outside the rule's folder; put the mail beside the rule"
        )
    try:
        if not (folder / name).is_file():
            raise RulesError(
                f"{example.place}: there is no file {example.file!r} beside the rule; check its name"
            )
        with (folder / name).open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise RulesError(f"{example.place}: {example.file!r} cannot be read ({error.strerror})") from error
    if len(data) > limit:
        raise RulesError(
            f"{example.place}: {example.file!r} is larger than {limit:,} bytes; make the example smaller"
        )
    return data


def _yara_rules(
    sources: Sequence[YaraSource], examples: dict[str, tuple[Example, ...]], errors: list[str]
) -> Iterator[Rule]:
    names: set[str] = set()
    if sources:
        from tocsin.judge.rules.tree import RuleError
        from tocsin.judge.rules.yara_meta import yara_rule
        from tocsin.observe.yara_rules import YaraError, compile_yara, describe

        try:
            described = list(describe(compile_yara(sources)))
        except YaraError as error:
            errors.append(str(error))
            return
        for entry in described:
            names.add(entry.name)
            try:
                place = _place_of(entry.name, sources)
                yield yara_rule(entry.name, entry.meta, place, examples.get(entry.name, ()))
            except RuleError as error:
                errors.append(str(error))
    for name, given in examples.items():
        if name not in names:
            place = given[0].place if given else "yara"
            errors.append(f"{place}: there is no YARA rule {name!r} in the files named; check the name")


def _place_of(name: str, sources: Sequence[YaraSource]) -> str:
    pattern = re.compile(rf"\brule\s+{re.escape(name)}\b")
    for source in sources:
        match = pattern.search(source.text)
        if match is not None:
            return f"{source.path}, line {source.text.count(chr(10), 0, match.start()) + 1}"
    return sources[0].path


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            if path.suffix.lower() not in (*YAML_ENDINGS, *YARA_ENDINGS):
                raise RulesError(
                    f"{path}: expected a file that ends in .yaml, .yml, .yar or .yara, or a folder of them"
                )
            if path.exists() and not path.is_file():
                raise RulesError(f"{path}: this is not an ordinary file; name a file of rules")
            yield path
            continue
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                file = Path(folder) / name
                ours = not name.startswith(".") and name.lower().endswith((*YAML_ENDINGS, *YARA_ENDINGS))
                if ours and file.is_file():
                    yield file


def _read(file: Path, limit: int, errors: list[str]) -> str | None:
    try:
        with file.open("rb") as stream:  # bounded: a device named by mistake has no end
            data = stream.read(limit + 1)
    except OSError as error:
        errors.append(f"{file}: cannot be read ({error.strerror}); check the path and its rights")
        return None
    if len(data) > limit:
        errors.append(f"{file}: is larger than {limit:,} bytes; is it a list of rules?")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        errors.append(f"{file}, line {line}: is not UTF-8 (byte {error.start}); save it as UTF-8")
        return None


def _zone(name: str) -> tzinfo:
    """The time zone of this name in the system's list. Raises ValueError."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "this machine knows no such time zone; write one such as Europe/Brussels, or +01:00"
        ) from None
