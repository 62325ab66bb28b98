"""The plain baselines: naive Bayes over techniques, and the share of each actor in the training reports."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from benchmarks.attribution.cases import Case
from benchmarks.attribution.metrics import Answer


def naive_bayes(train: Sequence[Case], test: Sequence[Case]) -> list[Answer]:
    """Multinomial naive Bayes with add-one smoothing, as anybody would write it first."""
    used: dict[str, Counter[str]] = {}
    reports: Counter[str] = Counter()
    for one in train:
        used.setdefault(one.actor, Counter()).update(one.techniques)
        reports[one.actor] += 1
    size = len({technique for one in train for technique in one.techniques})
    answers = []
    for case in test:
        scores = {
            actor: math.log(reports[actor] / len(train))
            + sum(
                math.log((counts[technique] + 1) / (counts.total() + size))
                for technique in sorted(case.techniques)
            )
            for actor, counts in used.items()
        }
        answers.append(answer_of(case, softmax(scores)))
    return answers


def class_prior(train: Sequence[Case], test: Sequence[Case]) -> list[Answer]:
    """Every actor as often as it is reported on, whatever the techniques."""
    reports = Counter(one.actor for one in train)
    shares = {actor: count / len(train) for actor, count in reports.items()}
    return [answer_of(case, shares) for case in test]


def softmax(scores: dict[str, float]) -> dict[str, float]:
    """Scores in nats as probabilities that sum to 1."""
    most = max(scores.values(), default=0.0)
    weights = {name: math.exp(score - most) for name, score in scores.items()}
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def answer_of(case: Case, probabilities: dict[str, float]) -> Answer:
    """A distribution over actors as the answer to one case."""
    first = max(probabilities.values(), default=0.0)
    truth = probabilities.get(case.actor)
    rank = None
    if truth is not None:
        ties = sum(value == truth for value in probabilities.values()) - 1
        rank = sum(value > truth for value in probabilities.values()) + ties / 2
    return Answer(case.actor, truth is not None, rank, first, truth or 0.0, first)
