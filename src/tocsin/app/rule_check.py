"""Proves an operator's rules by their examples, and counts what they hit in a folder of benign mail."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.app.rules import RulesError, read_example
from tocsin.app.scan import Progress, Scan, ScanRequest
from tocsin.app.spill import Row, SpillReader
from tocsin.app.workers import Crew
from tocsin.judge.history import History
from tocsin.judge.likelihood import logit
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.rules.book import YARA, reason_name
from tocsin.judge.rules.examples import context_from, observed_from, trace
from tocsin.judge.rules.match import compile_condition
from tocsin.model.observation import Observed
from tocsin.model.rule_check import Checked, Measured, Proof
from tocsin.model.rules import Example, Rule, RuleSet
from tocsin.model.source import RawMail, ReadError
from tocsin.model.weights import Weights

MAX_EXAMPLE_BYTES = 4 * 1024 * 1024
WARN_SHARE = 0.001  # of benign mail: a rule that hits more costs people's time
_NAMED = 5
_Z = 1.959964  # two-sided 95 %


def prove(rules: RuleSet, mail_time_s: float) -> tuple[Proof, ...]:
    """Hold every example against its rule, in the order of the rules.

    Mails are observed by a worker, as a scan does. Raises WorkerFailed and StorageFailed as a scan does.
    """
    examples = [(rule, example) for rule in rules.rules for example in rule.examples]
    raw: dict[str, bytes] = {}
    problems: dict[int, str] = {}
    for number, (_, example) in enumerate(examples):
        try:
            if example.file:
                raw[str(number)] = read_example(example, MAX_EXAMPLE_BYTES)
            elif example.mail is not None:
                raw[str(number)] = example.mail
        except RulesError as error:
            problems[number] = str(error)
    observed = _observe(raw, rules, mail_time_s) if raw else {}
    return tuple(
        [
            _proof(rule, example, observed.get(str(number)), problems.get(number, ""))
            for number, (rule, example) in enumerate(examples)
        ]
    )


def _observe(raw: dict[str, bytes], rules: RuleSet, mail_time_s: float) -> dict[str, Observed]:
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        crew = Crew(observer_factory(Lists(), rules.yara), Path(folder), 1, mail_time_s=mail_time_s)
        reader = SpillReader(Path(folder))
        try:
            mails = (RawMail(number, "examples", data) for number, data in raw.items())
            rows = [row for row in crew.run(mails) if isinstance(row, Row)]
            return {row.source: reader.read(row) for row in rows}
        finally:
            reader.close()
            crew.close()


def _proof(rule: Rule, example: Example, mail: Observed | None, problem: str) -> Proof:
    if problem:
        return Proof(rule.id, example.place, example.about, example.hit, None, (problem,))
    context = None
    if mail is None:
        mail = observed_from(example.facts)
    else:
        if mail.unread:
            return Proof(rule.id, example.place, example.about, example.hit, None, mail.not_evaluated)
        reader = next(iter((*mail.delivered_to, *mail.to)), "reader@house.example")
        context = History().context(mail, unlisted_owner(reader))
    context = context_from(mail, example.facts, context)
    if rule.condition is None:
        matched = [fact for fact in mail.observations if fact.kind == YARA]
        hit = any(fact.value == rule.id for fact in matched)
        names = ", ".join(sorted({fact.value for fact in matched})) or "no rule"
        saw: tuple[str, ...] = (f"what matched: {names}",)
        if mail.not_evaluated:
            saw = (*saw, *mail.not_evaluated)
    else:
        hit = bool(compile_condition(rule.condition)(mail, context))
        saw = trace(rule.condition, mail, context) if hit is not example.hit else ()
    return Proof(rule.id, example.place, example.about, example.hit, hit, () if hit is example.hit else saw)


def measure(
    request: ScanRequest, report: Callable[[Progress], None]
) -> tuple[tuple[Measured, ...], int, tuple[ReadError, ...], int]:
    """Scan the request's paths and count each rule's hits.

    Returns them in the order of the rules, how many different mails were read, what could not be read, and how many
    mails the rules were not held against. Raises StorageFailed and WorkerFailed as a scan does.
    """
    names = {reason_name(rule.id): rule.id for rule in request.rules.rules}
    observed_only = frozenset([rule.id for rule in request.rules.rules if not rule.weighs])
    hits: dict[str, int] = dict.fromkeys(names.values(), 0)
    places: dict[str, list[str]] = {rule: [] for rule in hits}
    errors: list[ReadError] = []
    mails = unread = 0
    scan = Scan(request, report=report)
    try:
        for item in scan:
            if isinstance(item, ReadError):
                errors.append(item)
                continue
            if item.observed.unread:
                unread += 1
                continue
            mails += 1
            told = [names.get(reason.detector) for reason in (*item.verdict.for_, *item.verdict.against)]
            seen = {fact.value for fact in item.observed.observations if fact.kind == YARA} & observed_only
            for rule in (*told, *seen):
                if rule is not None:
                    hits[rule] += 1
                    if len(places[rule]) < _NAMED:
                        places[rule].append(item.observed.source)
    finally:
        scan.close()
    measured = tuple(
        [
            Measured(
                rule, number, number / mails if mails else 0.0, upper_end(number, mails), tuple(places[rule])
            )
            for rule, number in hits.items()
        ]
    )
    return measured, mails, tuple(errors), unread


def upper_end(hits: int, of: int) -> float:
    """The upper end of the 95 % interval of a share (Wilson 1927), 1 for no trials."""
    if not of:
        return 1.0
    share, z2 = hits / of, _Z * _Z
    middle = share + z2 / (2 * of)
    return min(1.0, (middle + _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))) / (1 + z2 / of))


def warnings(
    rules: Sequence[Rule], measured: Sequence[Measured], weights: Weights, threshold: float
) -> Iterator[tuple[str, str]]:
    """(rule, sentence) for what is allowed and yet worth a look."""
    by_rule = {one.rule: one for one in measured}
    needed = logit(min(max(threshold, 1e-9), 1 - 1e-9))
    for rule in rules:
        for question, prior, nats in (
            ("reconnaissance", weights.prior, rule.reconnaissance),
            ("phishing", weights.phishing_prior, rule.phishing),
        ):
            if nats > 0 and logit(prior) + nats >= needed:
                yield (
                    rule.id,
                    f"Its weight of {nats:+g} alone makes an alert for {question}; nothing else has to agree.",
                )
        sides = {example.hit for example in rule.examples}
        if sides != {True, False} and (rule.weighs or sides):
            missing = " and ".join(
                name for name, side in (("hit", True), ("miss", False)) if side not in sides
            )
            yield rule.id, f"It has no example of a {missing}, so nothing proves that it does what it says."
        found = by_rule.get(rule.id)
        if found is not None and found.share > WARN_SHARE and (rule.reconnaissance > 0 or rule.phishing > 0):
            yield (
                rule.id,
                f"It hits {found.share:.2%} of the benign mail; more than {WARN_SHARE:.1%} is too much to look at.",
            )


def check(
    rules: RuleSet, request: ScanRequest | None, weights: Weights, threshold: float, mail_time_s: float,
    report: Callable[[Progress], None],
) -> Checked:  # fmt: skip
    """Prove all examples and, with a request, measure on its paths."""
    proofs = prove(rules, mail_time_s)
    measured: tuple[Measured, ...] = ()
    errors: tuple[ReadError, ...] = ()
    mails = unread = 0
    if request is not None:
        measured, mails, errors, unread = measure(request, report)
    return Checked(
        rules=len(rules.rules),
        proofs=proofs,
        measured=measured,
        warnings=tuple(warnings(rules.rules, measured, weights, threshold)),
        mails=mails,
        unread=unread,
        errors=errors,
    )
