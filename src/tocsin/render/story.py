"""A case that is played, as text for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

_WIDTH = 88


def heading(title: str) -> str:
    """What stands above everything."""
    return f"EXERCISE: fictional people, outlets and actors\n{title}"


def chapter(title: str) -> str:
    """The beginning of a part of the story."""
    return f"\n── {title} {'─' * max(0, _WIDTH - len(title) - 4)}"


def command(text: str, words: Sequence[str], said: Sequence[str], more: int = 0) -> str:
    """Why a command is run, the command as words for a shell, and the lines of its answer that tell most.

    `more` counts further runs of the same command for others.
    """
    lines = [textwrap.fill(text, _WIDTH)] if text else []
    lines += _shell(words)
    for one in said:
        deep = " " * (len(one) - len(one.lstrip()) + 2)
        lines += [f"  │ {part}" for part in textwrap.wrap(one, _WIDTH, subsequent_indent=deep)]
    if more:
        lines.append(f"  … and the same for {more} more")
    return "\n".join(("", *lines))


def _shell(words: Sequence[str]) -> list[str]:
    """A command that can be copied into a shell, broken where it is long."""
    lines = ["$"]
    for word in words:
        if len(lines[-1]) > 1 and len(lines[-1]) + len(word) > _WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return lines


def outcome(paths: Mapping[str, str], folder: str, settings: str) -> str:
    """Where everything lies that was made: path to words."""
    wide = max((len(path) for path in paths), default=0)
    rows = [f"  {path:<{wide}}  {words}" for path, words in paths.items()]
    return "\n".join(
        (
            chapter("What was made, each marked EXERCISE"),
            *rows,
            "",
            f"All that each command said lies in {folder}. To go on by yourself:  . {settings}",
        )
    )
