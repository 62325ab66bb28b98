"""The words of drawings and formulas, as browsers show them."""

from __future__ import annotations

from turbohtml import Element

_WITH_WORDS = ("text", "mi", "mn", "mo", "mtext", "ms")


def _italics() -> dict[str, str]:
    """The letters that have an italic form of their own (Unicode, Mathematical Alphanumeric Symbols)."""
    runs = (
        ("A", "Z", 0x1D434),
        ("a", "z", 0x1D44E),
        ("Α", "Ρ", 0x1D6E2),
        ("Σ", "Ω", 0x1D6F4),
        ("α", "ω", 0x1D6FC),
    )
    italic = {
        chr(code): chr(start + code - ord(first))
        for first, last, start in runs
        for code in range(ord(first), ord(last) + 1)
    }
    return italic | {"h": "\u210e", "\u0131": "\U0001d6a4", "\u0237": "\U0001d6a5"}


_ITALIC = _italics()


def foreign_words(element: Element) -> str:
    """The text of an element that is no HTML, its pieces parted by a space; "" for none.

    A name of one letter in a formula is shown in italics, and that letter is what a browser gives as its text
    (MathML Core, "math-auto"), so it is what is written.
    """
    return " ".join(filter(None, map(_shown, element.find_all(list(_WITH_WORDS)))))


def _shown(element: Element) -> str:
    text = element.text
    if element.tag == "mi" and (element.attr("mathvariant") or "").strip().lower() != "normal":
        return _ITALIC.get(text.strip(), text)
    return text
