"""What an export holds and what it had to leave out, in words."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.sharing import Left, Sharing
from tocsin.render.words import count


def left_lines(sharing: Sharing, left: Iterable[Left], format: str) -> list[str]:
    """A line on what was written, one for each kind of thing that was not, and one on readers."""
    own = sum(len(one.indicators) for one in sharing.campaigns)
    mails = sum(len(one.mails) for one in sharing.campaigns)
    written = f"{count(own + len(sharing.indicators), 'indicator')}"
    if format != "csv":
        written = f"{count(len(sharing.campaigns), 'campaign')} with {count(mails, 'mail')}, {written}"
    mark = f"TLP:{sharing.tlp}" + (f", PAP:{sharing.pap}" if sharing.pap else "")
    lines = [f"Written: {written}; marked {mark}."]
    lines += [f"Left out: {one.count:,} {one.what}: {one.why}." for one in left]
    if sharing.whole:
        lines.append("URLs hold what tells one reader from another: whoever gets this can ask their senders.")
    return lines
