"""Write docs/known-tests.md from the tables of cases in tests/observe/known_sets.

python docs/make_known_tests.py            writes the page
python docs/make_known_tests.py --check    says whether it is out of date, exit code 1 if so
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "known-tests.md"
FOLDER = Path(__file__).parents[1] / "tests" / "observe" / "known_sets"
ORDER = ("email-privacy-tester", "httpleaks", "css-study", "advisories", "sanitisers")

INTRODUCTION = """# Known tests

Others have collected the ways in which a document makes a program fetch. Here each of their classes stands beside the
[technique](techniques/) under which Tocsin tells it. The mails are our own, on reserved names; no file or markup of
theirs is copied, only what their classes are called and what they do.

Each row is a case of `tests/observe/known_sets/`, in the file that stands below the heading: a mail in which
every label of the row is the last part of a URL, and which the tests hold to the technique, the moment and
the condition given here. *If* means that the request depends on the reader's program, device or settings, or
that one of several is made; *either* that some of the row's do. A row without a technique cannot fire in
mail, and says why; the tests hold that nothing is said to fire.
"""


def load() -> dict[str, dict[str, Any]]:
    """Give the tables by name, those of ORDER first."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    known = [name for name in ORDER if name in names] + [name for name in names if name not in ORDER]
    return {name: tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")) for name in known}


def render() -> str:
    """Give the page as Markdown."""
    sections = [INTRODUCTION]
    for name, table in load().items():
        own = [row for row in (*table["case"], *table.get("never", ())) if row.get("of_set", True)]
        labels = sum(len(row["labels"]) for row in own)
        sections.append(f"## {table['title']}\n")
        sections.append(f"{table['about']} {labels} labels; `{name}.toml`. Source: {table['source']}\n")
        sections.append("| label | what it is | technique | acts on |\n|---|---|---|---|")
        sections += [_firing(row) for row in table["case"]]
        sections.append("")
        if never := table.get("never"):
            sections.append("| label | what it is | why it cannot fire |\n|---|---|---|")
            sections += [f"| {_labels(row)} | {row['what']} | {row['why']} |" for row in never]
            sections.append("")
    return "\n".join(sections)


def _firing(row: dict[str, Any]) -> str:
    technique = row["technique"]
    acts = "either" if row.get("any_trigger") else row.get("trigger", "open")
    if row.get("any_condition"):
        acts += ", either"
    elif row.get("conditional"):
        acts += ", if"
    return f"| {_labels(row)} | {row['what']} | [{technique}](techniques/{technique}.md) | {acts} |"


def _labels(row: dict[str, Any]) -> str:
    return ", ".join(f"`{label}`" for label in row["labels"])


def main() -> int:
    """Write the page or check it; 0, or 1 where it is out of date."""
    text = render()
    if sys.argv[1:] == ["--check"]:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
