"""docs/defects.md lists every code that reading a mail can yield."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(
    r'(?:Defect|_defect|Doubt|marks\.append)\(\s*"([a-z][a-z-]+)"|^    "([a-z-]+)": "[A-Z]', re.M
)


def test_every_code_of_the_scanner_is_listed() -> None:
    source = "".join(path.read_text("utf-8") for path in sorted((ROOT / "src/tocsin/mail").glob("*.py")))
    used = {first or second for first, second in NAMED.findall(source)} | {"no-headers", "empty"}
    rows = [
        line.split("|")[1]
        for line in (ROOT / "docs/defects.md").read_text("utf-8").splitlines()
        if "`" in line and "|" in line
    ]
    listed = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    assert len(used) > 25
    assert used - listed == set()
