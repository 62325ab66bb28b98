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
_MOST_LINKED = 12
OPENING = "[Tocsin changed this "
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
    "charset": (
        "page in letters that programs read differently",
        "pages in letters that programs read differently",
    ),
    "receipt-request": ("request for a receipt", "requests for a receipt"),
    "header-address": ("header field that names an address", "header fields that name an address"),
    "file-sealed": ("file put under seal", "files put under seal"),
    "signature-removed": ("signature taken away", "signatures taken away"),
}


def sentence(done: tuple[Done, ...], what: str = "text", hosts: tuple[str, ...] = ()) -> str:
    """What was changed in a text or a mail, in one line for its reader; `hosts` are those that links lead to."""
    counts: dict[str, int] = {}
    for one in done:
        known = one.what if one.what in WORDS else "other"
        counts[known] = counts.get(known, 0) + one.count
    pieces = [f"{counts[kind]} {words[counts[kind] != 1]}" for kind, words in WORDS.items() if kind in counts]
    if other := counts.get("other"):
        pieces.append(f"{other} other piece{'s' if other != 1 else ''} of markup")
    from_ = _listed(tuple(dict.fromkeys(one.host for one in done if one.host)), _MOST_HOSTS)
    named = f" (from {from_})" if from_ else ""
    linked = f" Links lead to {_listed(hosts, _MOST_LINKED)}." if hosts else ""
    return f"{OPENING}{what}: {', '.join(pieces)}{named}.{linked} The original is kept sealed.]"


def _listed(hosts: tuple[str, ...], most: int) -> str:
    more = f" and {len(hosts) - most} more" if len(hosts) > most else ""
    return ", ".join(hosts[:most]) + more
