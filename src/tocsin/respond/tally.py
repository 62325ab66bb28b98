"""Counts what was done to a part, and says it in a line."""

from __future__ import annotations

from tocsin.model.defused import Done


class Tally:
    """Counts changes of one part."""

    def __init__(self, part: str) -> None:
        self.part = part
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, what: str, host: str = "") -> None:
        key = (what, host)
        self._counts[key] = self._counts.get(key, 0) + 1

    def __bool__(self) -> bool:
        return bool(self._counts)

    def done(self) -> tuple[Done, ...]:
        return tuple(Done(self.part, what, host, count) for (what, host), count in self._counts.items())


_MOST_HOSTS = 5
WORDS = {
    "picture": ("remote picture", "remote pictures"),
    "background": ("background picture", "background pictures"),
    "style": ("style that could load something", "styles that could load something"),
    "script": ("script", "scripts"),
    "form": ("form field", "form fields"),
    "frame": ("frame", "frames"),
    "refresh": ("redirect", "redirects"),
    "link-hint": ("linked file", "linked files"),
    "media": ("film, sound or plug-in", "films, sounds or plug-ins"),
    "drawing": ("drawing", "drawings"),
    "comment": ("comment with hidden markup", "comments with hidden markup"),
    "link": ("link made inert", "links made inert"),
    "token": ("link shortened", "links shortened"),
}


def sentence(done: tuple[Done, ...]) -> str:
    """What was taken out, in one line for the reader of the mail."""
    counts: dict[str, int] = {}
    for one in done:
        known = one.what if one.what in WORDS else "other"
        counts[known] = counts.get(known, 0) + one.count
    pieces = [f"{counts[what]} {words[counts[what] != 1]}" for what, words in WORDS.items() if what in counts]
    if other := counts.get("other"):
        pieces.append(f"{other} other piece{'s' if other != 1 else ''} of markup")
    hosts = list(dict.fromkeys(one.host for one in done if one.host))
    named = ", ".join(hosts[:_MOST_HOSTS])
    if len(hosts) > _MOST_HOSTS:
        named += f" and {len(hosts) - _MOST_HOSTS} more"
    from_ = f" (from {named})" if named else ""
    return f"[Tocsin changed this text: {', '.join(pieces)}{from_}. The original is kept sealed.]"
