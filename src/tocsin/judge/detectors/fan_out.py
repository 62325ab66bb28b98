"""The same mail, sender or beacon reaches several protected people within two weeks.

Fires: the beacon host, the From address or the text of a mail that phones home by itself is found within
fourteen days in the mailboxes of at least two protected people of different organisations ("two"), of
three organisations or four people ("many"), or of three people in one organisation ("house"). Letters of different
text, sender and host that are written alike in HTML and calls count as well, for less ("alike").
Silent: as many readers outside the protected group got it too; many different senders share the text, as in
letter campaigns of citizens; the mail answers the reader or comes from the reader's own organisation.
Doubt: press releases, invitations and advocacy mailings reach many protected people as well, so reach
alone never carries an alert; with list headers or a way to leave the list it counts little ("listed"),
and no more where its calls go to known services or fetch the same picture for everybody, or where its readers could be
drawn by chance from all whose mail was scanned ("open"). Programs for sales letters write alike, too.
Source: indictment of 25 March 2024 (justice.gov): one mail-merge system, over 1,000 mails to over 400
accounts of one alliance of parliamentarians; Proofpoint, 14 July 2022, on five campaigns against
journalists.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.fanout import Reach
from tocsin.judge.places import place_of
from tocsin.mail.callbacks import out_of_sight
from tocsin.model.observation import Observed

_BY_CHANCE = 0.2  # from this probability on, that the protected got it is no more than what chance gives
_MOST_SENDERS = 10  # more write alike because they use the same program
_SHARED = {
    "beacon": "a hidden call to the same host",
    "sender": "mail of the same sender",
    "text": "the same text",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    best: Reach | None = None
    for reach in context.reaches:
        if reach.kind not in _SHARED or reach.people < 2 or reach.outsiders >= reach.people:
            continue
        if reach.kind == "text" and reach.senders > 3 and reach.senders * 2 > reach.people:
            continue
        if best is None or (reach.organisations, reach.people) > (best.organisations, best.people):
            best = reach
    if context.answers_owner or context.same_house:
        return None
    if best is None:
        return _alike(context)
    if best.organisations >= 3 or (best.organisations >= 2 and best.people >= 4):
        level = "many"
    elif best.organisations >= 2:
        level = "two"
    elif best.people >= 3:
        level = "house"
    else:
        return None
    houses = f"{best.organisations} organisations" if best.organisations > 1 else "one organisation"
    text = f"Within two weeks {best.people} protected people of {houses} were sent {_SHARED[best.kind]}."
    if context.traits.listed or mail.content.unsubscribe:
        level = "listed"
    elif _is_by_chance(best) or (context.traits.callbacks and not _tells_readers_apart(context)):
        level = "open"
    return Finding(text, place_of(best.kind, context.traits), level)


def _is_by_chance(reach: Reach) -> bool:
    return reach.outsiders >= 2 and reach.chance > _BY_CHANCE


def _alike(context: Context) -> Finding | None:
    for reach in context.reaches:
        if reach.kind == "template" and reach.organisations >= 2 and not reach.outsiders:
            if reach.senders > _MOST_SENDERS:
                return None
            text = (
                f"Within two weeks {reach.people} protected people of {reach.organisations} organisations were sent "
                "letters whose hidden calls are written alike."
            )
            return Finding(text, "body", "alike")
    return None


def _tells_readers_apart(context: Context) -> bool:
    """Whether some call to no known service is out of sight, personal, or different in every copy of the text.

    Any copies of the text tell that, also where the sender or the host reached more people than the text did.
    """
    for reach in context.reaches:
        if reach.kind == "text" and reach.senders == 1 and 2 <= reach.people <= reach.addresses:
            return True
    return any(
        beacon.vendor is None and (beacon.personal is not None or out_of_sight(beacon))
        for beacon in context.traits.callbacks
    )
