"""What watching mailboxes finds, as lines for people and as one JSON object a mail."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.observation import Beacon, Observed
from tocsin.model.verdict import Verdict
from tocsin.render import words
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown, visible
from tocsin.render.text import beacon_text, verdict_words

WATCH_SCHEMA = "tocsin.watch/1"
_MOST_BEACONS = 20
_MOST_REASONS = 3


class WatchRecord(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One mail that came into a watched mailbox and alarmed, could not be read in full, or was handled.

    `uid` is the server's number of it in `folder` when it came. `action` is what the policy asks for, `done` what was
    done in the mailbox: "nothing", "copied" (a defused copy lies beside it), "replaced" (by the defused copy), "moved"
    (to `target`) or "not-done", and `why` says why not. `sealed` is the file with the original. `history` and
    `intelligence` are "" where it was judged with what the store knows, else the reason why not.
    """

    schema: str
    account: str
    folder: str
    uid: int
    owner: str
    source: str
    sha256: str
    message_id: str
    date: str | None
    arrival: str | None
    from_: str
    from_name: str
    subject: str
    verdict: Verdict
    beacons: tuple[Beacon, ...]
    action: str
    done: str = "nothing"
    why: str = ""
    target: str = ""
    sealed: str = ""
    labels: tuple[str, ...] = ()
    history: str = ""
    intelligence: str = ""


_DONE = {
    "copied": "A defused copy lies beside it.",
    "replaced": "It was replaced by a defused copy.",
}


def watch_record(
    observed: Observed, verdict: Verdict, *, account: str, folder: str, uid: int, owner: str, action: str
) -> WatchRecord:
    """The published form of a mail; what was done is added where it was."""
    return WatchRecord(
        WATCH_SCHEMA,
        account,
        folder,
        uid,
        owner,
        observed.source,
        observed.sha256,
        observed.message_id,
        rfc3339(observed.date_s),
        rfc3339(observed.arrival_s),
        observed.sender.address,
        observed.sender.name,
        observed.subject,
        verdict,
        tuple(words.unasked(observed.beacons)[:_MOST_BEACONS]),
        action,
    )


def watch_line(record: WatchRecord) -> bytes:
    """One line of JSON."""
    return plain_json(record) + b"\n"


def watch_text(record: WatchRecord) -> Iterator[str]:
    """Lines for people: what it is, where it lies, what it would do, why, and what was done."""
    verdict = record.verdict
    head = words.title(verdict) if verdict.alert else "No alert"
    yield f"{head} {verdict_words(verdict)}" if verdict.alert else head
    place = f"{visible(record.account)}, {shown(record.folder)}"
    labels = f" ({', '.join(shown(label, 40) for label in record.labels[:5])})" if record.labels else ""
    yield f"  In       {place}{labels}"
    yield f"  Subject  {shown(record.subject) or '(none)'}"
    name = f"“{shown(record.from_name, 120)}” " if record.from_name else ""
    yield f"  From     {name}{shown(record.from_) or 'no address'}"
    yield f"  When     {record.arrival or record.date or words.UNKNOWN_DATE}"
    for beacon in record.beacons[:1]:
        yield f"  Does     {beacon_text(beacon)}"
    for reason in verdict.for_[:_MOST_REASONS] if verdict.alert else ():
        yield f"  Why      {shown(reason.text)}"
    for text in verdict.not_evaluated[:1]:
        yield f"  Unread   {shown(text)}"
    if record.history:
        yield f"  Note     judged without what the store knows: {shown(record.history)}"
    yield f"  SHA-256  {record.sha256}"
    yield f"  Done     {_done(record)}"


def _done(record: WatchRecord) -> str:
    if record.done == "moved":
        return f"It was moved to {shown(record.target)}."
    if record.done == "not-done":
        return f"Nothing: {shown(record.why)}"
    return _DONE.get(record.done, "Nothing; it lies where it lay.")
