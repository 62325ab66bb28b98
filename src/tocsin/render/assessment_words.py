"""What an assessment says, in sentences: likelihood and confidence always in two."""

from __future__ import annotations

from tocsin.model.assessment import Assessment, Evidence, Hypothesis
from tocsin.render import words
from tocsin.render.shown import short

LEVEL_TITLE = {
    "none": "nothing that links these mails",
    "linked-mails": "linked mails",
    "cluster": "a cluster of mails of one hand",
    "resembles": "resembles a published actor",
    "actor": "an actor",
}
LEVEL_SENTENCE = {
    "none": "One mail, or none: nothing is linked.",
    "linked-mails": "These mails are linked with each other. Who sent them is not known.",
    "cluster": "These mails are most likely of one hand. Whose hand it is, is not known.",
    "resembles": "These mails resemble what was published of one actor.",
    "actor": "An analyst names an actor.",
}
MARK_SIGN = {
    "strongly-inconsistent": "– –",
    "inconsistent": "–",
    "none": "·",
    "consistent": "+",
    "strongly-consistent": "+ +",
}
KIND_TITLE = {
    "technique": "Technique",
    "sign": "Habit",
    "infrastructure": "Infrastructure",
    "observable": "Observable",
    "theme": "Theme",
    "target": "Targets",
    "timing": "Timing",
}
FORGEABLE = {
    "anyone": "anybody can copy it",
    "with-effort": "copied with some effort",
    "hard": "hard to copy",
}
CALIBRATED = {
    "infrastructure": "calibrated by how often public lists of indicators agree",
    "techniques": "calibrated by how often published reports agree",
}
MACHINE = "By machine; no analyst has said so."
VEILED = "Names of published actors are not shown; an analyst sees them with --actor-names."


def answer(one: Assessment) -> tuple[str, ...]:
    """The answer in sentences, the level first; likelihood and confidence stand in sentences of their own."""
    said = [LEVEL_SENTENCE[one.level]]
    if one.abstains:
        said.append(one.because)
        if one.consistent_with:
            said.append(
                f"They are consistent with what was published of {listed(one, one.consistent_with)}; others do so too."
            )
        return tuple(said)
    leading = one.hypotheses[0]
    said.append(f"That it is {short(leading.title, 80)} is {one.band} ({chance(leading)}).")
    said.append(f"Confidence in this is {one.confidence}.")
    return tuple(said)


def listed(one: Assessment, ids: tuple[str, ...]) -> str:
    """Hypotheses by their titles, in a row."""
    titles = {each.id: short(each.title, 80) for each in one.hypotheses}
    named = [titles.get(id, id) for id in ids]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def chance(one: Hypothesis) -> str:
    """Probability and interval in percent."""
    return f"{words.percent(one.probability)}, between {words.percent(one.low)} and {words.percent(one.high)}"


def evidence_sentence(one: Evidence, *, said: str) -> str:
    """What a piece of evidence says (`said`, defanged), how many mails show it, how easily it is copied."""
    share = f"{one.mails} of {words.count(one.of, 'mail')}; " if one.of else ""
    return f"{said} ({share}{FORGEABLE[one.forgeability]}; grade {one.grade})"
