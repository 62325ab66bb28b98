"""Tables that are text and that Excel opens: web queries (`.iqy`, `.rqy`), SYLK (`.slk`), comma-separated values.

Source: Microsoft, "Get external data from a Web query"; SYLK as Excel writes it; RFC 4180.
"""

from __future__ import annotations

import re
from itertools import islice

from tocsin.observe.files.office_findings import EXCEL_ASKED, Findings
from tocsin.observe.files.sheet_formulas import read_formula

_MAX_CHARACTERS = 2_000_000
_MAX_LINES = 20_000
_MAX_FORMULAS = 500
_QUERY = re.compile(r"\s*+WEB[ \t]*+(?:[\r\n]|\Z)", re.IGNORECASE)
_FORMULA = re.compile(r"(?:^|[,;\t])\s{0,20}\"?\s{0,20}[=+@-]\s*+[^\s\d.]|;E[A-Za-z_]")
_COMMAND = re.compile(r"[\w.]{2,40}\|(?:'([^'\n]{1,2000})'|\"([^\"\n]{1,2000})\")!")


def read_sheet_text(text: str, findings: Findings) -> None:
    """Keep what a query asks for and what formulas in cells fetch; Excel asks before it does either.

    A query names its address in its third line, and connections in others. A cell is a formula if it begins with
    `=`, `+`, `-` or `@`; in SYLK the field `E` is one. Commands (`cmd|'/c …'!A0`) count with the addresses in them.
    """
    text = text[:_MAX_CHARACTERS]
    if _QUERY.match(text) or "SourceType=" in text[:2_000] or text[:6].upper() == "XLODBC":
        findings.inside(text, "web query", EXCEL_ASKED, tag="query")
        return
    if "(" not in text and "|" not in text:
        return
    formulas = (line for line in islice(text.splitlines(), _MAX_LINES) if _FORMULA.search(line))
    for formula in islice(formulas, _MAX_FORMULAS):
        formula = formula.replace('""', '"').replace(";;", ";").replace(";E", ";=")
        read_formula(formula, findings)
        for command in _COMMAND.finditer(formula):
            findings.inside(command[1] or command[2], "DDE formula", EXCEL_ASKED, tag="f", attribute="DDE")
