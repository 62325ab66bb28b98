"""Mails to evaluate on, observed once: exercises with their truth, and strata of real mail.

A world is what one scan would see together. It can be judged again and again, with other weights, in three ways.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tocsin.app.catalogue import load_catalogue
from tocsin.app.dates import load_dates
from tocsin.app.exercise import Request, listed, make_exercise, write_exercise
from tocsin.app.lists import Lists
from tocsin.app.names import load_names
from tocsin.app.observing import observer_factory
from tocsin.app.owners import OwnerLearner, owner_of
from tocsin.app.people import load_people
from tocsin.app.spill import Row, SpillReader, row_of
from tocsin.app.workers import Crew
from tocsin.connect.files import read_mail
from tocsin.judge import copies
from tocsin.judge.copies import copy_keys
from tocsin.judge.fanout import moment
from tocsin.judge.gathering import Gathering
from tocsin.judge.history import History
from tocsin.judge.known import Known, known_from
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.session import compare_copies, hands_by, time_order
from tocsin.judge.verdict import find, judge
from tocsin.model.observation import Observed
from tocsin.model.people import Owner, People
from tocsin.model.verdict import Verdict
from tocsin.model.weights import Weights

TOGETHER, MAILBOX, ALONE = "people together", "one mailbox", "mail alone"
WAYS = (TOGETHER, MAILBOX, ALONE)
REAL = "real"
READER = "reader@house.invalid"  # the one owner of real mails of many recipients
REAL_ORDER = ("newsletter", "grey-bulk", "benign", "bounce", "parser-test", "hostile")


class Case(msgspec.Struct, frozen=True):
    """One mail in one mailbox. `family` is its scenario, or its stratum of real mail; `stratum` how it counts."""

    mail: Observed
    owner: str
    label: str
    family: str
    stratum: str
    campaign: str = ""


class World(msgspec.Struct, frozen=True):
    """What one scan sees together, and what is known beside; `one_reader` tells that no mailbox has an owner."""

    name: str
    cases: tuple[Case, ...]
    known: Known
    people: People = People()
    one_reader: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """How one case was judged: the verdict, and everything that was found as (detector, level)."""

    verdict: Verdict
    found: tuple[tuple[str, str], ...]


def observe_all(paths: Iterable[Path], jobs: int, lists: Lists) -> list[Observed]:
    """Every mail in these places, observed by `jobs` processes; in no certain order."""
    with TemporaryDirectory(prefix="tocsin-observe-") as name:
        crew = Crew(observer_factory(lists), Path(name), jobs, 0)
        try:
            rows = [
                item for item in crew.run(read_mail([str(path) for path in paths])) if isinstance(item, Row)
            ]
        finally:
            crew.close()
        reader = SpillReader(Path(name))
        try:
            return [reader.read(row) for row in rows]
        finally:
            reader.close()


def exercise_world(seed: int, people: int, folder: Path, jobs: int, scenario: str = "all") -> World:
    """Makes this exercise in `folder` and observes it; raises ValueError if a mail of the truth is not found."""
    exercise = make_exercise(Request(scenario, seed=seed, people=people))
    write_exercise(exercise, folder, seed, force=True)
    lists = Lists(names=folder / "names.toml")
    strata = {one.name: one.stratum for one in listed()}
    seen: dict[tuple[str, str], Observed] = {}
    boxes = {str(folder / f"{owner.slug}.mbox"): owner.addresses[0] for owner in exercise.owners}
    for mail in observe_all(map(Path, boxes), jobs, lists):
        seen[boxes[mail.mailbox], mail.sha256] = mail
    cases = []
    for truth in exercise.truth:
        found = seen.get((truth.owner, truth.sha256))
        if found is None:
            raise ValueError(f"seed {seed}: reading does not show {truth.message_id} of {truth.owner}")
        cases.append(
            Case(
                found, truth.owner, truth.label, truth.scenario, strata[truth.scenario], truth.campaign or ""
            )
        )
    listed_people = load_people(folder / "people.toml")
    known = known_from(
        load_catalogue(), load_names(lists.names), listed_people, load_dates(folder / "dates.csv")
    )
    return World(f"exercise, seed {seed}", tuple(cases), known, listed_people)


def only(world: World, numbers: Sequence[int]) -> World:
    """The world with these of its cases."""
    return msgspec.structs.replace(world, cases=tuple(world.cases[number] for number in numbers))


def strata_of(corpus: Path) -> dict[str, list[Path]]:
    """The files of each stratum, from labels.tsv (label, weak_lure, path below dev/); hostile by lure."""
    files: dict[str, list[Path]] = defaultdict(list)
    with (corpus / "labels.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            name = f"{row['label']}, {row['weak_lure']}" if row["weak_lure"] else row["label"]
            files[name].append(corpus / "dev" / row["path"])
    rank = {label: number for number, label in enumerate(REAL_ORDER)}
    return dict(sorted(files.items(), key=lambda item: (rank.get(item[0].partition(",")[0], 99), item[0])))


def real_world(stratum: str, paths: Sequence[Path], jobs: int) -> World:
    """Real mail of one stratum; each mail's most likely reader is its owner."""
    mails = sorted(observe_all(paths, jobs, Lists()), key=lambda mail: (mail.source, mail.sha256))
    cases = [Case(mail, _reader_of(mail), "", stratum, REAL) for mail in mails]
    return World(stratum, tuple(cases), known_from(load_catalogue(), load_names()), one_reader=True)


def _reader_of(mail: Observed) -> str:
    row = row_of(mail, 0, 0, 0)
    learner = OwnerLearner({})
    learner.add(row)
    return owner_of(row, learner.learn(), {})


def outcomes(world: World, way: str, weights: Weights) -> list[Outcome]:
    """Every case of the world judged in one of `WAYS`, in the order of its cases.

    Together: one scan of all mailboxes, with the people file. One mailbox: each by itself without the file; of real
    mail, all of it as if one person had got it. Alone: each mail by itself, its recipient the owner.
    """
    number_of = range(len(world.cases))
    if way == TOGETHER:
        owners = {one.addresses[0]: one for one in world.people.owners}
        groups: Iterator[list[int]] = iter([list(number_of)])
    elif way == MAILBOX:
        owners = {}
        world = _without_people(world)
        names = [READER if world.one_reader else case.owner for case in world.cases]
        groups = iter([[n for n in number_of if names[n] == name] for name in dict.fromkeys(names)])
    else:
        owners = {}
        world = _without_people(world)
        groups = ([number] for number in number_of)
    found: dict[int, Outcome] = {}
    for group in groups:
        named = [READER if way == MAILBOX and world.one_reader else world.cases[n].owner for n in group]
        people = [owners.get(name) or unlisted_owner(name, world.known.catalogue) for name in named]
        found.update(_judged(world, group, people, weights, compare=way == TOGETHER))
    return [found[number] for number in number_of]


def _without_people(world: World) -> World:
    return msgspec.structs.replace(
        world, people=People(), known=msgspec.structs.replace(world.known, people=People())
    )


def _judged(
    world: World, group: list[int], owners: list[Owner], weights: Weights, *, compare: bool
) -> Iterator[tuple[int, Outcome]]:
    """These cases in time order, with the history of each other."""
    mails = [world.cases[number].mail for number in group]
    names = [owner.addresses[0] if owner.addresses else "" for owner in owners]
    order = sorted(
        range(len(group)), key=lambda at: time_order(moment(mails[at]), mails[at].sha256, names[at])
    )
    mails, owners, names = (
        [mails[at] for at in order],
        [owners[at] for at in order],
        [names[at] for at in order],
    )
    if compare:
        keys = [copy_keys(mail) for mail in mails]
        differences = compare_copies(keys, names, [moment(mail) for mail in mails], mails.__getitem__)
        mails = [copies.apply(mail, differences.get(number, b"")) for number, mail in enumerate(mails)]
    gathering = Gathering(hands_by(weights, world.known))
    for mail, owner in zip(mails, owners, strict=True):
        gathering.add(mail, owner)
    history = History(gathering.freeze(), world.known)
    for at, mail, owner in zip(order, mails, owners, strict=True):
        context = history.context(mail, owner)
        found, _ = find(mail, context)
        verdict = judge(mail, context, weights)
        history.remember(mail, owner, verdict)
        yield group[at], Outcome(verdict, tuple((name, finding.level) for name, finding in found))
