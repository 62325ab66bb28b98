"""What leaves the house for other programs: campaigns, what to look for, what was seen; never who knows whom."""

from __future__ import annotations

import msgspec

from tocsin.model.campaign import Campaign
from tocsin.model.claim import Claim
from tocsin.model.intel import Hit, Indicator
from tocsin.model.judgement import Judgement
from tocsin.model.observation import Observed


class SharedMail(msgspec.Struct, frozen=True):
    """One mail of a campaign as it may be shared: `target` stands for its reader and names nobody."""

    observed: Observed
    target: str
    time_s: float | None


class SharedCampaign(msgspec.Struct, frozen=True):
    """A campaign with the mails that show it; `indicators` are what Tocsin itself would look for.

    `judgement` is the signed one that stands, None where none does, `signer` the name of who signed it where that was
    asked for; `claims` are others' that may leave. What the machine thinks of who it was never leaves.
    """

    campaign: Campaign
    mails: tuple[SharedMail, ...]
    indicators: tuple[Indicator, ...]
    judgement: Judgement | None = None
    claims: tuple[Claim, ...] = ()
    signer: str = ""


class Met(msgspec.Struct, frozen=True):
    """How often an indicator met stored mail: a sighting, without the mails."""

    indicator: str
    count: int
    first_s: float
    last_s: float


class Sharing(msgspec.Struct, frozen=True):
    """All that one export holds.

    `producer` is the name that the export is given out under; `tlp` (of TLPS) marks all that has no stricter mark of
    its own, and nothing stricter than it is in here. `whole` tells that personal tokens are not cut.
    """

    campaigns: tuple[SharedCampaign, ...]
    indicators: tuple[Indicator, ...]
    met: tuple[Met, ...]
    producer: str
    tlp: str
    pap: str
    made_s: float
    exercise: bool = False
    whole: bool = False


class Left(msgspec.Struct, frozen=True):
    """Something that was not exported, and why; `count` of them."""

    what: str
    why: str
    count: int = 1


def meetings(hits: tuple[Hit, ...], times: dict[int, float]) -> tuple[Met, ...]:
    """Hits by indicator; `times` are those of the mails by number, hits on others are left out."""
    seen: dict[str, list[float]] = {}
    for hit in hits:
        if hit.number in times:
            seen.setdefault(hit.indicator, []).append(times[hit.number])
    return tuple(Met(id, len(moments), min(moments), max(moments)) for id, moments in sorted(seen.items()))
