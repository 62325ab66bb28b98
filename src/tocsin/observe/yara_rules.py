"""YARA rules over the mail as it lies and over each part as it is decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from tocsin.mail.body import part_bytes
from tocsin.model.message import Message
from tocsin.model.observation import Observation
from tocsin.model.rules import YaraSource

if TYPE_CHECKING:
    import yara_x

KIND = "yara"
# What all scans of one mail may take together; one scan cannot be told less than a second.
MAIL_S = 2.0
SCAN_S = 1
MAX_BYTES = 96 * 1024 * 1024
MAX_PARTS = 200
MAX_MATCHES = 1000  # of one pattern in one piece
# Modules that only read the bytes they are given. `cuckoo` and `vt` want a report that Tocsin has not, `console`
# prints, and `time` would make the same mail hit today and miss tomorrow.
MODULES = ("crx", "dex", "dotnet", "elf", "hash", "lnk", "macho", "math", "pe", "string", "zip")


class YaraError(ValueError):
    """Rules that cannot be compiled; the message says file, line and why."""


class YaraRules(msgspec.Struct, frozen=True):
    """Compiled rules; `clock` gives seconds that only ever grow."""

    scanner: yara_x.Scanner
    clock: Callable[[], float]


class YaraMeta(msgspec.Struct, frozen=True):
    """What a rule says of itself: its name and its `meta`."""

    name: str
    meta: dict[str, object]


def compile_yara(sources: Sequence[YaraSource]) -> yara_x.Rules:
    """Compile all sources together: names are told apart across files. Raises YaraError.

    Includes are refused, and so are modules that do more than read the mail's bytes.
    """
    import yara_x  # 9 ms, for those who have YARA rules

    compiler = yara_x.Compiler(includes_enabled=False)
    for source in sources:
        try:
            compiler.add_source(source.text, origin=source.path)
        except yara_x.CompileError as error:
            raise YaraError(_first_line(compiler, source, str(error))) from None
    rules = compiler.build()
    for module in rules.imports():
        if module not in MODULES:
            raise YaraError(
                f"{_importing(module, sources)}: imports {module!r}, not offered; choose of {', '.join(MODULES)}"
            )
    return rules


def describe(rules: yara_x.Rules) -> Iterator[YaraMeta]:
    """Name and meta of each rule, in the order of the sources."""
    for rule in rules:
        yield YaraMeta(rule.identifier, dict(rule.metadata))


def yara_scanner(rules: yara_x.Rules, clock: Callable[[], float]) -> YaraRules:
    """These rules made ready to scan mails, in the process that calls.

    The thread by which YARA-X ends scans in time does not survive a fork: make this where it is used.
    """
    import yara_x

    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(SCAN_S)
    scanner.max_matches_per_pattern(MAX_MATCHES)
    return YaraRules(scanner, clock)


def observe_yara(message: Message, rules: YaraRules) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    """An observation for each rule and part that it matches ("" for the mail as it lies), and what was left out.

    Parts that a container holds whole are not scanned twice; bytes, parts and time are bounded a mail.
    """
    import yara_x

    found: dict[tuple[str, str], None] = {}
    left = MAX_BYTES
    end_s = rules.clock() + MAIL_S
    for number, (path, data) in enumerate(_pieces(message)):
        if number > MAX_PARTS or len(data) > left:
            return _observed(found), (
                "The mail is larger than your YARA rules are held against: its last parts were not.",
            )
        left -= len(data)
        if rules.clock() > end_s:
            return _observed(found), (
                "Your YARA rules took too long on this mail: its last parts were not held against them.",
            )
        try:
            results = rules.scanner.scan(data)
        except yara_x.TimeoutError:
            return _observed(found), ("Your YARA rules took too long on this mail and were stopped.",)
        except yara_x.ScanError as error:
            return _observed(found), (f"Your YARA rules failed on this mail ({str(error)[:100]}).",)
        for rule in results.matching_rules:
            found.setdefault((rule.identifier, path))
    return _observed(found), ()


def _observed(found: dict[tuple[str, str], None]) -> tuple[Observation, ...]:
    return tuple([Observation(KIND, name, path) for name, path in found])


def _pieces(message: Message) -> Iterator[tuple[str, bytes]]:
    yield "", message.raw
    seen: set[tuple[int, int, str]] = set()
    for part in message.parts:
        if part.media_type.startswith("multipart/"):
            continue
        span = (part.start, part.end, part.encoding)
        if part.data is None:
            if span in seen:
                continue
            seen.add(span)
        data = part_bytes(message, part)
        if data:
            yield part.path, data


def _first_line(compiler: yara_x.Compiler, source: YaraSource, text: str) -> str:
    """The first fault as "file, line 3: what it is (the label at the place)"."""
    errors = [error for error in compiler.errors() if isinstance(error, dict)]
    if not errors:
        return f"{source.path}: {text.splitlines()[0][:300]}"
    first = errors[0]
    labels = [label.get("text", "") for label in first.get("labels", ()) if isinstance(label, dict)]
    note = f" ({labels[0]})" if labels and labels[0] else ""
    return f"{source.path}, line {first.get('line', 1)}: {str(first.get('title', text))[:300]}{note}"


def _importing(module: str, sources: Sequence[YaraSource]) -> str:
    """The place of the import, for an error."""
    for source in sources:
        for number, line in enumerate(source.text.splitlines(), 1):
            if "import" in line and f'"{module}"' in line:
                return f"{source.path}, line {number}"
    return sources[0].path if sources else "YARA rules"
