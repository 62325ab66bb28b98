"""What differs from sender to sender on either side, drawn alike for both, so that none of it tells them apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tocsin.exercise import chance
from tocsin.model.scenario import Mechanics

_WIDE = ("article", "newsletter", "card", "receipt")
_FONTS = "https://fonts.cloudbarn.example/css2?family={}"
_OPENS, _CLOSES = 7, 19


class Habits(msgspec.Struct, frozen=True):
    """How one sender's program builds mail; the shares follow bulk mail and letters as people receive them."""

    form: Literal["alternative", "html", "text"]
    encoding: str
    charset: str
    plain_http: bool
    answers_to: str  # local part of a Reply-To address, "" for none, "=" for the From address itself
    signature_link: bool
    tagged_links: bool
    backdrop: bool
    web_font: str


def habits(house: str, mechanics: Mechanics) -> Habits:
    """The habits of this house; what its mechanics say comes first."""
    wide = mechanics.layout in _WIDE
    draw = chance.stream(0, "habits", house, mechanics.layout)
    html_only = draw.random() < (0.24 if wide else 0.1)
    encoding = draw.choice(("quoted-printable",) * 16 + ("base64",) * 2 + ("8bit",) * 2)
    charset = draw.choice(("utf-8",) * 8 + ("iso-8859-1", "windows-1252"))
    answers = draw.choice(("", "", "=", "reply", "info", "contact") if wide else ("",) * 11 + ("=",))
    chances = [draw.random() for _ in range(5)]
    # Web fonts come with the templates of mailing programs; what is written by hand seldom has them.
    mailing = mechanics.footer in ("unsubscribe", "both") or mechanics.list_headers != "none"
    fonts = 0.15 if mailing else 0.04
    font = draw.choice(("Inter", "Lato", "Source+Serif+4", "Open+Sans"))
    form = mechanics.form if mechanics.form != "any" else "html" if html_only else "alternative"
    return Habits(
        form=form,
        encoding=draw.choice(mechanics.encoding) if mechanics.encoding else encoding,
        charset=mechanics.charset or charset,
        plain_http=chances[0] < 0.07,
        answers_to=answers,
        signature_link=not wide and chances[1] < 0.45,
        tagged_links=wide and chances[2] < 0.4,
        backdrop=wide and mechanics.pictures > 0 and chances[3] < 0.2,
        web_font=_FONTS.format(font) if wide and chances[4] < fonts else "",
    )


def waking(at: datetime, key: str) -> datetime:
    """The next time at which people and programs of either side send: mostly working hours, now and then not."""
    draw = chance.stream(0, "waking", key)
    if draw.random() < 0.1:
        return at
    hour = at.hour
    if hour >= _CLOSES:
        at += timedelta(days=1)
    if at.weekday() >= 5 and draw.random() < 0.85:
        at += timedelta(days=7 - at.weekday())
    if not _OPENS <= hour < _CLOSES:
        at = at.replace(hour=draw.randrange(_OPENS, _CLOSES), minute=draw.randrange(60))
    return at
