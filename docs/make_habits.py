"""Write the table of docs/exposure.md from data/habits.toml.

python docs/make_habits.py            writes the table into the page
python docs/make_habits.py --check    says whether it is out of date, exit code 1 if so
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "exposure.md"
DATA = Path(__file__).parents[1] / "src" / "tocsin" / "data" / "habits.toml"
HEAD = "| program or provider | pictures | who asks | |\n|---|---|---|---|\n"
_ASKS = {
    (False, False): "the reader",
    (True, False): "the provider",
    (True, True): "relays, before anybody reads",
}


def page() -> str:
    """Give the page with the table as the data have it."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(HEAD)
    after = rest
    while after.startswith("|"):
        after = after.partition("\n")[2]
    rows = [_row(one) for one in tomllib.loads(DATA.read_text(encoding="utf-8"))["habit"]]
    return before + HEAD + "\n".join(rows) + "\n" + after


def _row(one: dict[str, Any]) -> str:
    asks = "nobody" if one["id"] == "mutt" else _ASKS[one.get("proxy", False), one.get("early", False)]
    pictures = "the reader decides" if one["pictures"] == "asks" else one["pictures"]
    return f"| {one['name']} | {pictures} | {asks} | {one.get('note', '')} |"


def main(arguments: list[str]) -> int:
    """Write or check the table."""
    text = page()
    stale = PAGE.read_text(encoding="utf-8") != text
    if "--check" in arguments:
        if stale:
            print(f"out of date: {PAGE}", file=sys.stderr)
        return int(stale)
    if stale:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
