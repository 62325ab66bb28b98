"""What holds an assessment down, what it lacks and what would change it, in sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.attribute.hypotheses import CRIMINAL, MARKETING
from tocsin.model.assessment import Calibrated, Evidence, Without
from tocsin.model.campaign import Campaign

_FEW = 3


def level_of(campaign: Campaign, found: Calibrated | None) -> str:
    """The level of the claim, of `model.assessment.LEVELS`; never "actor", which a person alone can say."""
    if found is not None:
        return "resembles"
    if len(campaign.members) < 2:
        return "none"
    reasons = {one.reason for one in campaign.links}
    if len(campaign.members) >= _FEW and len(campaign.people) >= 2 and len(reasons) >= 2:
        return "cluster"
    return "linked-mails"


def why_silent(
    campaign: Campaign,
    evidence: Sequence[Evidence],
    leading: str,
    rivals: Sequence[Calibrated],
    modelled: Sequence[Calibrated],
) -> str:
    """Why no actor is named."""
    if not campaign.members:
        return "The campaign has no mails any more: there is nothing to assess."
    if not evidence:
        return "Nothing that could tell one sender from another was found in these mails."
    if rivals:
        return "Sources disagree on whose infrastructure this is; no actor is named while they do."
    if leading == MARKETING:
        return "The mails look like ordinary marketing; such mail gets no actor."
    if leading == CRIMINAL:
        return (
            "The mails fit fraud best; what is published of criminals describes a kind of mail, and no single actor "
            "that could be named."
        )
    named = [one for one in evidence if one.kind == "infrastructure" and one.names]
    if named:
        why = next((one.because for one in modelled if one.because), "")
        tied = "What intelligence ties to an actor here is too little, too old or too widely shared to name one by"
        return f"{tied}: {why}." if why else f"{tied}."
    return "Mail alone does not tell who sent it: the habits it shows are shared by several actors, and can be copied."


def caps_on(evidence: Sequence[Evidence], found: Calibrated | None) -> tuple[str, ...]:
    """What the answer could not go beyond, whatever the evidence."""
    caps = []
    if not any(one.kind == "infrastructure" and one.names for one in evidence):
        caps.append(
            "No infrastructure evidence names an actor: nothing stronger than “consistent with” is said, and no "
            "likelihood in words, since no public data tells how often such a guess from mail is right."
        )
    if found is not None:
        what = "lists of indicators" if found.calibration == "infrastructure" else "reports"
        caps.append(
            f"The likelihood rests on how often public {what} agree; their labels are vendors’ opinions."
        )
    if evidence and all(one.forgeability == "anyone" for one in evidence):
        caps.append("All of the evidence can be copied by anybody who knows the published habits.")
    caps.append(
        "A program names no state, and never says that an actor did it: that takes a person’s signed judgement."
    )
    return tuple(caps)


def missing_from(campaign: Campaign, evidence: Sequence[Evidence], partial: int) -> tuple[str, ...]:
    """Evidence that was looked for and is not there."""
    kinds = {one.kind for one in evidence}
    own = [one for one in evidence if one.kind == "infrastructure" and not one.names]
    missing = []
    if not any(one.kind == "infrastructure" and one.names for one in evidence):
        missing.append("No indicator that intelligence ties to an actor meets these mails.")
    if own:
        missing.append(
            f"Who registered {own[0].value}{' and the other hosts' if len(own) > 1 else ''}, when, and what else lies "
            "on the same servers: ask a partner with passive DNS; Tocsin contacts nothing."
        )
    if not any(one.kind == "technique" and one.source != "campaign" for one in evidence):
        missing.append("What happened beyond mail (intrusion, tools, accounts) is not known here.")
    if "target" not in kinds:
        missing.append(
            "Sector and country of those reached: people.toml does not give them for enough people."
        )
    if "theme" not in kinds:
        missing.append("A theme: subjects and first lines match none of the listed ones.")
    if len(campaign.people) < 2:
        missing.append("Other mailboxes: one person’s mail does not show who else was written to.")
    if partial:
        missing.append(f"The raw bytes of {partial} of the mails: these were judged from their records.")
    return tuple(missing)


def would_change(
    leading: str, level: str, without: Sequence[Without], titles: Mapping[str, str]
) -> tuple[str, ...]:
    """What would move the answer, the pieces that carry it first."""
    found = []
    for one in without:
        if one.leading != leading:
            what = ", ".join(one.evidence[:4])
            found.append(f"Without {what}, “{titles.get(one.leading, one.leading)}” would lead.")
        elif one.level != level:
            found.append(f"Without {', '.join(one.evidence[:4])}, no actor would be named.")
    if level == "resembles":
        found.append("An independent source that ties these hosts to somebody else would take the name away.")
    else:
        found.append("Indicators from two independent sources that name one actor would let one be named.")
    found.append(
        "An analyst who grades the evidence, or knows more, signs a judgement that stands beside this."
    )
    return tuple(found)
