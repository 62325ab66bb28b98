"""Which mails of a campaign may be spoken of outside: what intelligence alone singled out carries its mark."""

from __future__ import annotations

import msgspec

from tocsin.app.mail_marks import OURS, singled_out
from tocsin.app.releases import releases
from tocsin.model.campaign import Campaign
from tocsin.model.intel import TLPS
from tocsin.model.sharing import Left
from tocsin.model.targets import Targets
from tocsin.respond.caveats import effective, may_be_told
from tocsin.store.interface import Store

# Colleagues elsewhere are no clients of ours: they may be told what others met by an incident may (TLP 2.0: GREEN).
AUDIENCES = {"share": "owner", "compare": "affected"}


class MarkedError(ValueError):
    """Nothing of a campaign can be told, or not under this mark; the message says whom to ask."""


def tellable(
    store: Store, campaign: Campaign, targets: Targets, tlp: str, audience: str, *, threshold: float
) -> tuple[Targets, tuple[Left, ...]]:
    """The targets less the mails whose mark forbids to tell of them, and what was left out, by mark and source.

    `audience` is of AUDIENCES, as `model.fact` has them.
    Raises MarkedError where nothing is left, or where `tlp`, the mark of what is written, is freer than what goes in.
    """
    numbers = [member.number for member in campaign.members]
    marks = singled_out(store, numbers, threshold=threshold).marks
    released = releases(store)
    left: dict[tuple[str, str], set[int]] = {}
    kept = []
    floor = "CLEAR"
    for one in targets.sent:
        mark = marks.get(one.number, OURS)
        if not may_be_told(mark, audience, released):
            left.setdefault((effective(mark), mark.ask), set()).add(one.number)
            continue
        floor = max(floor, min(effective(mark), "AMBER", key=TLPS.index), key=TLPS.index)
        kept.append(one)
    said = tuple(
        Left(
            "mails",
            f"intelligence of {ask} marked TLP:{mark} alone singled them out; ask for release",
            len(some),
        )
        for (mark, ask), some in sorted(left.items())
    )
    if targets.sent and not kept:
        reasons = "; ".join(f"{one.count:,} {one.what}: {one.why}" for one in said)
        raise MarkedError(
            f"{campaign.id}: nothing of it may be told ({reasons}, and record it with tocsin releases add "
            f"--audience {audience})"
        )
    if TLPS.index(tlp) < TLPS.index(floor):
        raise MarkedError(
            f"{campaign.id}: intelligence marked TLP:{floor} alone singled out some of its mails; give "
            f"--tlp {floor} or a stricter mark"
        )
    return msgspec.structs.replace(targets, sent=tuple(kept)), said
