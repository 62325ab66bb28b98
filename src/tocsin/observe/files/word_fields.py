r"""Word's field codes, wherever they stand: in OOXML runs, in the text of .doc, in RTF.

Source: ECMA-376 part 1, 17.16 (fields); MS-DOC 2.8.25; RTF 1.9.1, "Fields".
"""

from __future__ import annotations

import re

from tocsin.observe.files.office_findings import (
    ASKED,
    CLICKED,
    OPENED,
    WORD_ASKED,
    Findings,
    Way,
)

MAX_DEPTH = 40  # fields in fields
MAX_FIELDS = 20_000
MAX_CODE = 8_192  # characters of one field code, after what stands in it was worked out

# Name: when its file is fetched, and the switches whose argument is no file. INCLUDETEXT, DATABASE and RD are
# worked out when fields are updated or printed; Word asks before it updates LINK, DDE and DDEAUTO.
_FIELDS: dict[str, tuple[Way, str]] = {
    "INCLUDEPICTURE": (OPENED, "c*"),
    "IMPORT": (OPENED, "c*"),
    "INCLUDE": (WORD_ASKED, "cnx*"),
    "INCLUDETEXT": (WORD_ASKED, "cnx*"),
    "RD": (WORD_ASKED, ""),
    "DATABASE": (WORD_ASKED, "bfls"),
    "LINK": (ASKED, "f*"),
    "DDE": (ASKED, "*"),
    "DDEAUTO": (ASKED, "*"),
    "HYPERLINK": (CLICKED, "lot"),
    "DISPLAYBARCODE": (CLICKED, "hsrqftp"),
    "MERGEBARCODE": (CLICKED, "hsrqftp"),
}
_COMMANDS = frozenset({"DDE", "DDEAUTO", "LINK", "DATABASE"})  # addresses may stand inside an argument
_NAME = re.compile(r"\s*+([A-Za-z]{2,20}+)")
_ARGUMENT = re.compile(
    r'\\(\S)(?=[\s"]|$)|["“”„]((?:[^"“”\\]++|\\.)*+)(?:["“”]|$)|((?:\\\\)?[^\s"“”]++)|\s++|.', re.DOTALL
)
_NUMBERS = re.compile(r"\s*+(?:\\\*[^\\]*+)?((?:\d{1,5}\s*+)+)")


class FieldReader:
    """Puts the pieces of nested fields together and keeps what they fetch.

    Codes inside a code count as what they give: QUOTE its characters (also written as numbers), REF the text
    that SET gave to a bookmark, others their last result, or their own code where there is none.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._open: list[list[str]] = []  # code, result, "r" while in the result
        self._set: dict[str, str] = {}
        self._left = MAX_FIELDS
        self._ignored = 0

    def begin(self) -> None:
        """A field starts."""
        if len(self._open) >= MAX_DEPTH or self._left <= 0:
            self._ignored += 1
            return
        self._left -= 1
        self._open.append(["", "", ""])

    def text(self, text: str) -> None:
        """Code or result of the innermost open field; text outside fields is passed over."""
        if self._open:
            field = self._open[-1]
            place = 1 if field[2] else 0
            if len(field[place]) < MAX_CODE:
                field[place] += text[:MAX_CODE]

    def separate(self) -> None:
        """The code of the innermost field ends, its last result follows."""
        if self._open and not self._ignored:
            self._open[-1][2] = "r"

    def end(self) -> None:
        """The innermost field ends."""
        if self._ignored:
            self._ignored -= 1
        elif self._open:
            code, result, _ = self._open.pop()
            self.text(self._worked_out(code[:MAX_CODE], result[:MAX_CODE]))

    def close(self) -> None:
        """The text ends: fields that are still open count as they are, as when Word repairs a document."""
        self._ignored = 0
        while self._open:
            self.end()

    def whole(self, code: str) -> None:
        """A field that stands in one piece (`w:fldSimple`)."""
        self.begin()
        self.text(code)
        self.end()

    def _worked_out(self, code: str, result: str) -> str:
        """Keep what a field fetches, and give what it contributes to the code around it."""
        match = _NAME.match(code)
        name = match[1].upper() if match is not None else ""
        rest = code[match.end() :] if match is not None else code
        if name == "QUOTE":
            numbers = _NUMBERS.fullmatch(rest)
            if numbers is not None:
                return "".join(chr(value) for value in map(int, numbers[1].split()) if 0 < value < 0xD800)
            return " ".join(_arguments(rest, "*"))
        if name == "SET":
            bookmark, _, value = rest.strip().partition(" ")
            if len(self._set) < 1_000:
                self._set[bookmark.lower()] = " ".join(_arguments(value, "*"))
            return ""
        if name == "REF" or code.strip().lower() in self._set:
            named = (rest if name == "REF" else code).split(None, 1)
            if named and named[0].lower() in self._set:
                return self._set[named[0].lower()]
        known = _FIELDS.get(name)
        if known is not None:
            self._keep(name, rest, *known)
        return result if self._open and result else rest if self._open else ""

    def _keep(self, name: str, rest: str, way: Way, switches: str) -> None:
        carrier = f"{name} field"
        before = len(self._findings.references)
        for argument in _arguments(rest, switches):
            self._findings.target(argument, carrier, way, tag="field", attribute=name)
        if name in _COMMANDS or len(self._findings.references) == before:
            text = rest if "\\\\\\\\" not in rest else rest.replace("\\\\", "\\")
            self._findings.inside(
                _without_switches(text, switches), carrier, way, tag="field", attribute=name
            )


def _arguments(code: str, switches: str) -> list[str]:
    r"""Give the arguments of a field code, those of `switches` (one character each) left out.

    Backslashes are doubled in codes that Word writes; `\\host\share` that somebody typed counts as it stands.
    """
    found: list[str] = []
    skipped = False
    for match in _ARGUMENT.finditer(code):
        switch, quoted, plain = match.groups()
        if switch is not None:
            skipped = switch.lower() in switches
            continue
        argument = quoted if quoted is not None else plain
        if argument is None:
            continue
        if skipped:
            skipped = False
            continue
        unc_as_typed = argument.startswith("\\\\") and not argument.startswith("\\\\\\\\")
        found.append(argument if unc_as_typed else argument.replace("\\\\", "\\").replace('\\"', '"'))
    return found


def _without_switches(code: str, switches: str) -> str:
    return code if "o" not in switches else " ".join(_arguments(code, switches))
