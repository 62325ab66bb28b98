"""How far a document can be parsed before markup that multiplies makes the tree too large."""

from __future__ import annotations

import re

_CALM = 48_000  # a document of fewer characters is parsed without looking for multiplication
_MULTIPLYING = re.compile(
    r"<(/?)((?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u))(?=[\s/>])([^>]{0,200})"
)


def end_before_multiplication(text: str, max_elements: int) -> int:
    """Give the length of the text that makes at most about `max_elements` elements.

    Unclosed formatting elements are opened again in every block that follows, so that a small document can
    have millions of elements; the product is estimated from above. Source: WHATWG HTML, reconstruct the active
    formatting elements.
    """
    if len(text) <= _CALM or text.count("<") <= _CALM // 8:
        return len(text)
    open_tags: dict[str, set[str]] = {}
    active = elements = last = 0
    for match in _MULTIPLYING.finditer(text):
        elements += text.count("<", last, match.start()) * (active + 1)
        last = match.start()
        if elements > max_elements:
            return last
        name = match[2].lower()
        if match[1]:
            if open_tags.get(name):
                open_tags[name].pop()
                active -= 1
        else:
            same = open_tags.setdefault(name, set())
            active -= len(same)
            same.add(match[3])
            active += len(same)
    if elements + text.count("<", last) * (active + 1) > max_elements:
        return min(len(text), last + max_elements // (active + 1))
    return len(text)
