"""Spreadsheet formulas that fetch: WEBSERVICE, IMAGE, HYPERLINK and the like, their addresses put together.

Source: ECMA-376 part 1, 18.17; OpenFormula (ODF 1.3 part 4); Microsoft's reference of IMAGE and WEBSERVICE.
"""

from __future__ import annotations

import re

from tocsin.observe.files.office_findings import CLICKED, FORMULA, SHEET_ASKED, Findings, Way

MAX_CALLS = 5_000

_FUNCTIONS: dict[str, Way] = {
    "WEBSERVICE": SHEET_ASKED,
    "IMAGE": SHEET_ASKED,
    "IMPORTDATA": SHEET_ASKED,
    "IMPORTXML": SHEET_ASKED,
    "IMPORTHTML": SHEET_ASKED,
    "RTD": SHEET_ASKED,
    "DDE": SHEET_ASKED,
    "HYPERLINK": CLICKED,
}
# The first letter stands apart, as a set: the search then skips all other letters quickly.
CALL = re.compile(
    f"[{''.join(sorted({name[0] + name[0].lower() for name in _FUNCTIONS}))}]"
    f"(?i:{'|'.join(sorted({name[1:] for name in _FUNCTIONS}))})\\s{{0,9}}\\("
)
_PIECE = re.compile(
    r'\s*+(?:"((?:[^"]|"")*+)"|(?:UNI)?CHAR\s{0,3}\(\s{0,3}(\d{1,6})\s{0,3}\))', re.IGNORECASE
)
_JOIN = re.compile(r"\s*+[&,;]\s*+")
_CONCATENATE = re.compile(r"\s*+(?:CONCATENATE|CONCAT|_xlfn\.CONCAT)\s{0,3}\(", re.IGNORECASE)
MAX_PIECES = 2_000


def read_formula(formula: str, findings: Findings) -> None:
    """Keep the addresses that the calls in one formula name.

    Strings joined by `&`, by CONCATENATE and from CHAR count as one. What follows the first part that comes
    from a cell is not known; an address that starts in a cell is not known at all, which is said.
    """
    for count, match in enumerate(CALL.finditer(formula)):
        if count == MAX_CALLS:
            break
        name = match[0].rstrip("( \t\r\n").upper()
        if name not in _FUNCTIONS or formula[max(0, match.start() - 1) : match.start()].isalnum():
            continue
        url = _first_argument(formula, match.end())
        if name in ("RTD", "DDE"):
            findings.inside(formula[match.end() : match.end() + 2_000], f"{name} formula", _FUNCTIONS[name])
        elif url is not None:
            findings.target(url, f"{name} formula", _FUNCTIONS[name], tag="f", attribute=name)
        elif _FUNCTIONS[name] is SHEET_ASKED:
            findings.troubles[FORMULA] = None


def _first_argument(formula: str, at: int) -> str | None:
    """The text of an argument as far as it is written out, None where it starts with something else."""
    joined = _CONCATENATE.match(formula, at)
    at = joined.end() if joined is not None else at
    pieces: list[str] = []
    while len(pieces) < MAX_PIECES and (match := _PIECE.match(formula, at)) is not None:
        if match[1] is not None:
            pieces.append(match[1].replace('""', '"'))
        elif 0 < int(match[2]) < 0x110000 and not 0xD800 <= int(match[2]) < 0xE000:
            pieces.append(chr(int(match[2])))
        at = match.end()
        join = _JOIN.match(formula, at)
        if join is None or ("&" not in join[0] and joined is None):
            break
        at = join.end()
    return "".join(pieces) if pieces else None
