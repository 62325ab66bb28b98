"""`python -m benchmarks.attribution [techniques|infrastructure|all]`: each part is a word with options of its own."""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = ("techniques", "infrastructure")


def main(arguments: list[str]) -> int:
    """Runs the part that is named, or all in turn; the worst of their exit codes, 2 for an unknown one."""
    if arguments[:1] == ["all"]:
        arguments = arguments[1:]
    if arguments and not arguments[0].startswith("-") and arguments[0] not in PARTS:
        sys.stderr.write(
            f"No part {arguments[0]!r}: expected one of {', '.join(PARTS)}, or nothing for all.\n"
        )
        return 2
    named, rest = (
        ((arguments[0],), arguments[1:]) if arguments and arguments[0] in PARTS else (PARTS, arguments)
    )
    return max(int(import_module(f"benchmarks.attribution.{part}").main(rest)) for part in named)


sys.exit(main(sys.argv[1:]))
