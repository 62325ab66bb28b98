"""One linear pass over the text of a style sheet or style attribute.

The scanner follows CSS Syntax Level 3 where it matters (strings, url tokens, comments, escapes, blocks) and
is more permissive elsewhere, since mail programs are. The tests hold it against tinycss2, which is correct
but takes longer for one sheet than all the rest of a mail does.
"""

from __future__ import annotations

import re

import msgspec

from tocsin.observe import css_text
from tocsin.observe.css_probe import font_probe, probe_of
from tocsin.observe.css_reading import CssReading, CssReference
from tocsin.observe.css_text import GAP, MAX_URL, NAME, STRING, URL_BODY, unescape
from tocsin.observe.embedded import MSHTML, OUTLOOK_WINDOWS, data_document

MAX_REFERENCES = 5_000
MAX_SELECTORS = 4_000  # characters of the head of one rule that are looked at
MAX_STOPS = 200_000  # tokens looked at in one text: more is no style sheet
# Specified, but no engine fetches what they name, or engines that mail is hardly drawn with.
_NO_ENGINE = frozenset(("src", "image", "attr", "cross-fade", "-moz-image-set", "-moz-image-rect"))
_STRING_IS_URL = frozenset(
    (
        *("src", "image", "image-set", "-webkit-image-set", "-moz-image-set", "cross-fade"),
        *("-webkit-cross-fade", "-moz-image-rect", "expression", "attr"),
    )
)
_ANY_STRING = ("expression", "attr")  # take strings that are no URL as well
_LOADERS = ("alphaimageloader", "icmfilter")
_KNOWN = _STRING_IS_URL | frozenset(("url", "var", *_LOADERS))
_ENDINGS = ("url", "src", "image", "-set", "fade", "rect", "sion", "var", "attr", "ader", "lter")
_NEAR = 16  # enclosing functions that are looked at


_STOP = re.compile(r"[\"'{}()@\\]|/\*")
# Rules that cannot fetch are skipped whole; the names of functions that can end in one of l c e t n r.
_BORING = re.compile(r"(?:[^{}\"'(@\\/]*+\{(?:[^{}\"'(@\\/]++|\((?<![lcetnrLCETNR]\()|/(?!\*))*+\})++")
_LOADER_SOURCE = re.compile(r"(?i)\b(?:src|colorspace)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^,)\s'\"]+))")
_LOADER = re.compile(r"alphaimageloader|icmfilter", re.IGNORECASE)
_VARIABLE = re.compile(r"\(\s*+(--(?:[-\w]|[^\x00-\x7f]|\\[^\n])++)")
_UNC = re.compile(r"\\\\[\w.@-]+\\")

# Trigger, conditional, clients, whether the rule is @font-face, its selectors, probe and media.
_Rule = tuple[str, bool, tuple[str, ...], bool, str, str, str]
_NO_RULE: _Rule = ("open", False, (), False, "", "", "")


class Scanner:
    """One pass over one text. `declaration` is where the current declaration (or rule head) starts."""

    def __init__(self, text: str, inline: bool, depth: int = 0) -> None:
        self.text = text
        self.inline = inline
        self.depth = depth
        self.found: list[tuple[CssReference, int]] = []  # with its group of candidates, -1 for none
        self.customs: list[tuple[str, str, bool]] = []
        self.uses: list[tuple[str, bool, CssReference]] = []
        self.blocks: list[tuple[int, int]] = []
        self.rules: list[_Rule] = []  # of the outermost blocks, as far as they were needed
        self.functions: list[tuple[str, int]] = []
        self.noted = 0
        self.complete = True
        self.declaration = 0
        self.comment = -1  # where the last comment started
        self.past_rule = False
        self.known_name = -1, 0  # start of a declaration and of the name in it
        self.known_context: tuple[int, int, CssReference | None] = (-1, 0, None)

    def reading(self) -> CssReading:
        members: dict[int, int] = {}
        for _, group in self.found:
            members[group] = members.get(group, 0) + 1
        references = tuple(
            msgspec.structs.replace(reference, conditional=True)
            if group >= 0 and members[group] > 1 and not reference.conditional
            else reference
            for reference, group in self.found
        )
        return CssReading(references, tuple(self.customs), tuple(self.uses), self.complete)

    def scan(self) -> None:
        text, functions = self.text, self.functions
        position = stops = 0
        while True:
            if not functions and (boring := _BORING.match(text, position)) is not None:
                self.declaration = position = boring.end()
                self.past_rule = True
            stop = _STOP.search(text, position)
            if stop is None:
                return
            stops += 1
            if stops > MAX_STOPS or self.noted > MAX_REFERENCES:
                self.complete = False
                return
            at = stop.start()
            sign = text[at]
            if (semicolon := text.rfind(";", position, at)) >= 0:
                self.declaration = semicolon + 1
                functions.clear()
            position = at + 1
            if sign == "{":
                self.blocks.append((self.declaration, at))
                self.declaration = position
                self.past_rule = True
                functions.clear()
            elif sign == "}":
                if self.blocks:
                    self.blocks.pop()
                    del self.rules[len(self.blocks) :]
                self.declaration = position
                functions.clear()
            elif sign == "/":
                self.comment = at
                end = text.find("*/", at + 2)
                position = end + 2 if end >= 0 else len(text)
            elif sign == "(":
                position = self.open(at)
            elif sign == ")":
                if functions:
                    functions.pop()
            elif sign == "@":
                position = self.at_word(at)
            elif sign == "\\":
                escape = css_text.ESCAPE.match(text, at)
                position = escape.end() if escape else position
            else:
                position = self.string(at)

    def string(self, at: int) -> int:
        match = STRING.match(self.text, at)
        if match is None:
            return at + 1
        end = match.end() + 1
        closed = self.text[match.end() : end] == self.text[at]
        function = self.functions[-1][0] if self.functions else ""
        if function in _STRING_IS_URL:
            value = unescape(self.text[at + 1 : match.end()])
            if function not in _ANY_STRING or "//" in value:
                refused = function.endswith("fade") or (not closed and end <= len(self.text))
                self.add(value, at, evasive=True, as_string=True, broken=refused)
        elif "progid" in self.text[at : at + 40].lower() and _LOADER.search(self.text, at, end):
            self.loader(unescape(self.text[at:end]), at)
        elif self.text.startswith("--", self.name_start()):
            self.add(unescape(self.text[at + 1 : match.end()]), at, evasive=True, as_string=True)
        return end if closed else match.end()

    def name_start(self) -> int:
        if self.known_name[0] != self.declaration:
            gap = GAP.match(self.text, self.declaration)
            self.known_name = self.declaration, gap.end() if gap else self.declaration
        return self.known_name[1]

    def open(self, at: int) -> int:
        """Enter a function or parenthesis; read through a url token."""
        text = self.text
        written = text[max(0, at - 8) : at].lower()
        name = ""
        if "\\" in text[max(0, at - 12) : at] or written.endswith(_ENDINGS):
            written = css_text.name_before(text, at)
            name = unescape(written).lower()
            if name not in _KNOWN:
                name = ""
        if name == "url":
            return self.url_token(at, "\\" in written)
        self.functions.append((name, at))
        if name in _LOADERS:
            self.loader(text[at : at + 400], at)
        elif name == "var":
            variable = _VARIABLE.match(text, at)
            if variable is not None:
                self.use(unescape(variable[1]), at)
        return at + 1

    def url_token(self, at: int, escaped_name: bool) -> int:
        text = self.text
        gap = at + 1
        while text[gap : gap + 1].isspace():
            gap += 1
        if text[gap : gap + 1] in ("'", '"'):
            match = STRING.match(text, gap)
            end = match.end() if match else gap + 1
            raw = text[gap + 1 : end]
            broken = text[end : end + 1] != text[gap] and end < len(text)
            unclosed = end + 1 >= len(text)
            self.functions.append(("", at))
            self.add_raw(raw, at, escaped_name or unclosed, broken)
            return end if broken else end + 1
        if text[gap : gap + 5].lower() == "data:":
            end = text.find(")", gap)
            return end + 1 if end >= 0 else len(text)
        match = URL_BODY.match(text, gap)
        end = match.end() if match else len(text)
        raw = text[gap : min(end, gap + MAX_URL)].rstrip()
        bad = css_text.find_bad(raw)
        if bad >= 0:
            raw = raw[:bad].rstrip(";}")
        self.add_raw(raw, at, escaped_name or bad >= 0 or end >= len(text), bad >= 0)
        return end + 1

    def add_raw(self, raw: str, at: int, evasive: bool, broken: bool) -> None:
        if _UNC.match(raw):  # Word takes it as a path; to a browser these are escapes
            self.add(raw, at, evasive=evasive, broken=broken, only_in=(OUTLOOK_WINDOWS,))
            return
        self.add(unescape(raw), at, evasive=evasive or "\\" in raw, broken=broken)

    def loader(self, text: str, at: int) -> None:
        self.noted += 1
        match = _LOADER_SOURCE.search(text)
        if match is not None:
            self.add(unescape(match[1] or match[2] or match[3] or ""), at, function="alphaimageloader")

    def add(
        self,
        url: str,
        at: int,
        *,
        evasive: bool = False,
        as_string: bool = False,
        broken: bool = False,
        function: str = "",
        only_in: tuple[str, ...] = (),
    ) -> None:
        """Note a URL at a place in a declaration; `broken`: a browser would drop it, others may not."""
        url = url.strip(" \t\r\n\f")
        if not url or url[0] == "#" or url[:5].lower() == "data:":
            return
        self.noted += 1
        named = self.context(at)
        if named is None:
            return
        near = self.functions[-_NEAR:]
        around = [name for name, _ in near if name and name not in _LOADERS]
        if function == "alphaimageloader" or "expression" in around:
            only_in = (MSHTML,)
        if named.role == "custom":
            self.customs.append((named.property, url, as_string))
            return
        group = next((start for name, start in near if name.endswith("image-set")), -1)
        family = ""
        if named.role == "font" and self.blocks:
            group, start = self.blocks[-1]
            family, limited = css_text.font_face(self.text, start, at)
            broken = broken or limited
        reference = msgspec.structs.replace(
            named,
            url=url,
            function=function or (around[-1] if around else "url"),
            evasive=named.evasive or evasive or bool(around),
            conditional=named.conditional or broken or bool(only_in) or not _NO_ENGINE.isdisjoint(around),
            fires_in=only_in or named.fires_in,
            offset=at,
            family=family,
        )
        self.found.append((reference, group))

    def use(self, name: str, at: int) -> None:
        self.noted += 1
        named = self.context(at)
        if named is not None:
            as_string = any(function in _STRING_IS_URL for function, _ in self.functions[-_NEAR:])
            reference = msgspec.structs.replace(named, function="var", evasive=True, offset=at)
            self.uses.append((name, as_string, reference))

    def context(self, at: int) -> CssReference | None:
        """A reference without URL for the declaration around a place; None where nothing is declared."""
        if not self.blocks and not self.inline:
            return None
        start = self.name_start()
        if self.known_context[0] != start:
            colon = self.text.find(":", start, min(at, start + 1000))
            if colon < 0:
                return None
            named = None if self.text[start] == "@" else self.named(self.text[start:colon])
            self.known_context = start, colon, named
        _, colon, named = self.known_context
        if named is not None and self.comment > colon and not named.evasive:
            return msgspec.structs.replace(named, evasive=True)
        return named

    def named(self, head: str) -> CssReference | None:
        name = unescape(css_text.without_comments(head).strip()).lower()
        role, dependent, clients = css_text.property_kind(name)
        trigger, conditional, rule_clients, font, selectors, probe, media = self.rule()
        if font:
            role, dependent, clients = "font" if name == "src" else "", False, ()
            start = self.blocks[-1][1]
            asked = font_probe(self.text[start : self.text.find("}", start, start + 4_000)])
            dependent, probe = bool(asked), probe or asked
        if not role:
            return None
        return CssReference(
            url="",
            role=role,
            property=name,
            evasive="/*" in head or "\\" in head,
            trigger=trigger,
            conditional=conditional or dependent,
            fires_in=clients or rule_clients,
            selectors=selectors,
            probe=probe,
            media=media,
        )

    def rule(self) -> _Rule:
        """What the enclosing rules impose together."""
        rules = self.rules
        for start, end in self.blocks[len(rules) :]:
            trigger, conditional, clients, _, selectors, probe, media = rules[-1] if rules else _NO_RULE
            prelude = self.text[start : min(end, start + MAX_SELECTORS)]
            own_trigger, own_conditional, own_clients = css_text.rule_condition(prelude)
            head = unescape(css_text.without_comments(prelude)).strip()
            font = head[:10].lower() == "@font-face"
            if head[:1] != "@":
                selectors = head if end - start < MAX_SELECTORS else ""
            elif head[:6].lower() == "@media":
                media = head[6:200]
            rules.append(
                (
                    own_trigger if own_trigger != "open" else trigger,
                    conditional or own_conditional,
                    own_clients or clients,
                    font,
                    selectors,
                    probe or probe_of(prelude),
                    media,
                )
            )
        return rules[-1] if rules else _NO_RULE

    def at_word(self, at: int) -> int:
        word = NAME.match(self.text, at + 1, at + 200)
        if word is None:
            return at + 1
        if unescape(word[0]).lower() == "import" and not self.inline:
            return self.import_rule(word.end(), at, "\\" in word[0])
        return word.end()

    def import_rule(self, position: int, at: int, evasive: bool) -> int:
        rule = css_text.read_import(self.text, position)
        if rule is None:
            return position
        self.declaration = rule.end
        late = self.past_rule or bool(self.blocks)  # browsers ignore it, programs that rewrite hoist it
        dependent = rule.conditional or rule.broken or late
        if rule.url[:5].lower() == "data:":
            self.embedded(rule.url, dependent)
        elif rule.url and rule.url[0] != "#":
            written = evasive or rule.evasive
            reference = CssReference(
                rule.url, "import", "@import", "url", written, "open", dependent, (), at, "", rule.probe
            )
            self.noted += 1
            self.found.append((reference, -1))
        return rule.end

    def embedded(self, url: str, conditional: bool) -> None:
        held = data_document(url)
        if held is None or held[0] != "css" or self.depth >= 3:
            return
        inner = Scanner(held[1], False, self.depth + 1)
        inner.scan()
        for reference in inner.reading().references:
            dependent = reference.conditional or conditional
            self.found.append((msgspec.structs.replace(reference, conditional=dependent, offset=-1), -1))
