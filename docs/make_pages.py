"""Write docs/techniques from the table of techniques and the docstrings of the families.

python docs/make_pages.py            writes the pages
python docs/make_pages.py --check    says which are out of date, exit code 1 if any
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tocsin.observe.beacons.technique import Technique
from tocsin.observe.beacons.techniques import TECHNIQUES

FOLDER = Path(__file__).parent / "techniques"
WIDTH = 110

_TRIGGERS = {
    "receipt": "receipt: the mail need not be opened",
    "open": "open: the mail is opened or previewed",
    "reply": "reply: the mail is answered or quoted",
    "click": "click: the reader follows it",
    "attachment": "attachment: the reader opens an attachment",
    "print": "print: the mail is printed",
}
_LEAKS = {
    "address": "network address",
    "client": "program and device",
    "time": "time of reading",
    "cookies": "cookies and the page that it is read on",
    "resolver": "address of the name resolver",
    "ntlm": "NTLM response, from which a password can be guessed",
    "plaintext": "decrypted text",
    "account": "that the mail address is read",
}


def render_technique(technique: Technique) -> str:
    """Give the page of one technique as Markdown."""
    sections = [
        f"# {technique.id}",
        f"**{technique.title}.** {technique.what}",
        "## At a glance",
        "\n".join(
            (
                f"- Acts on: {_TRIGGERS[technique.trigger]}",
                f"- Shows: {', '.join(_LEAKS[leak] for leak in technique.leaks)}",
                f"- Stands in: {technique.carriers}",
            )
        ),
        "## Where it works",
        technique.clients,
        "## What a reader can do",
        technique.reader,
    ]
    if rules := _how_it_is_read(technique.id):
        sections += ["## How Tocsin reads it", *rules]
    sections += [
        "## Samples",
        f"Mails that show it and near misses that do not: `tests/samples/{technique.id}/`.",
        "## Sources",
        "\n".join(f"- {source}" for source in technique.sources),
    ]
    return "\n\n".join(_wrapped(section) for section in sections) + "\n"


def render_index() -> str:
    """Give the table of all techniques as Markdown."""
    rows = [
        f"| [{technique.id}]({technique.id}.md) | {technique.title} | {technique.trigger} "
        f"| {', '.join(technique.leaks)} |"
        for technique in TECHNIQUES
    ]
    return "\n".join(
        (
            "# Ways in which a mail phones home",
            "",
            "Trigger and leaks are the usual ones; each beacon in a result carries its own.",
            "",
            "| technique | what | trigger | leaks |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


def render_pages() -> dict[Path, str]:
    """Give every page with its place."""
    pages = {FOLDER / f"{technique.id}.md": render_technique(technique) for technique in TECHNIQUES}
    pages[FOLDER / "README.md"] = render_index()
    return pages


def _how_it_is_read(technique_id: str) -> list[str]:
    """Give the paragraphs of the family's own docstrings: the rules that the code follows."""
    name = f"tocsin.observe.beacons.{technique_id.replace('-', '_')}"
    if find_spec(name) is None:
        return []
    module = import_module(name)
    found = (
        getattr(module, function, None)
        for function in ("find", "find_in_message", "find_in_headers", "read", "base_of")
    )
    documented = [inspect.getdoc(function) for function in found if function is not None]
    return [paragraph for text in documented if text for paragraph in text.split("\n\n")]


def _wrapped(section: str) -> str:
    if section.startswith("#"):
        return section
    lines = section.split("\n") if section.startswith("- ") else [" ".join(section.split())]
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent="  " if line.startswith("- ") else "",
                      break_long_words=False, break_on_hyphens=False)
        for line in lines
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write or check the pages."""
    pages = render_pages()
    stale = [
        path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for path in stale:
            print(f"out of date: {path}", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
