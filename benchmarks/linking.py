"""How campaigns are linked: `python -m benchmarks.linking [--markdown] [--scale N]`.

Three parts: exercises, whose campaigns are known because they are made; repeated bodies of real hostile mail from
TOCSIN_CORPUS (a folder that holds labels.tsv and dev/); and the cost for up to `--scale` mails.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from benchmarks.tables import Table, as_markdown, as_text
from benchmarks.worlds import TOGETHER, Case, World, exercise_world, observe_all, outcomes, strata_of
from tocsin.app.lists import Lists
from tocsin.app.scenarios import load_cast, load_scenario
from tocsin.app.weights import load_weights
from tocsin.link.linking import Entry, Linker, link
from tocsin.link.traits import pack, unpack
from tocsin.mail.body import part_text
from tocsin.mail.mime import scan
from tocsin.model.campaign import Campaign
from tocsin.model.scenario import Scenario

SEEDS = (602, 603)  # weights were set on 601
PEOPLE = 60  # some 20,000 mails
SIZES = (10_000, 100_000, 1_000_000)


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.linking", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--markdown", action="store_true", help="print tables for docs")
    parser.add_argument("--scale", type=int, default=1_000_000, help="most mails to time with; 0 for none")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    draw = as_markdown if options.markdown else as_text
    rows = []
    base: list[Entry] = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory(prefix="tocsin-linking-") as folder:
            world = exercise_world(seed, options.people, Path(folder), options.jobs)
        entries = entries_of(world)
        base = base or entries
        rows.append(exercise_row(seed, world, entries))
    if rows:
        print(draw(Table("Campaigns of exercises", EXERCISE_COLUMNS, tuple(rows))))
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if (corpus / "labels.tsv").is_file():
        print(
            draw(
                Table("Repeated bodies of real hostile mail", BODY_COLUMNS, (body_row(corpus, options.jobs),))
            )
        )
    else:
        sys.stderr.write("TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/: "
                         "repeated bodies of real mail were not measured.\n")  # fmt: skip
    costs = [cost_row(base, size) for size in SIZES if base and size <= options.scale]
    if costs:
        print(draw(Table("Cost", COST_COLUMNS, tuple(costs))))
    return 0


def entries_of(world: World) -> list[Entry]:
    """The mails of a world as a store would hand them to linking, judged together."""
    judged = outcomes(world, TOGETHER, load_weights())
    return [
        Entry(
            case.mail.sha256,
            case.owner,
            pack(case.mail),
            number,
            max(outcome.verdict.likelihood, outcome.verdict.phishing),
            outcome.verdict.alert,
        )
        for number, (case, outcome) in enumerate(zip(world.cases, judged, strict=True))
    ]


EXERCISE_COLUMNS = (
    "seed", "mails", "hands", "unnoticed", "their mails", "precision",
    "recall", "F1", "found mixed", "largest stranger share",
)  # fmt: skip


def exercise_row(seed: int, world: World, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Pairs of mails of hostile campaigns: how many of those found together belong together, and the reverse."""
    truth = truth_of(world.cases)
    noticed = {truth.get((entry.sha256, entry.owner)) for entry in entries if entry.suspect}
    unnoticed = {hand for hand in truth.values() if hand not in noticed}
    truth = {key: "?" if hand in unnoticed else hand for key, hand in truth.items()}
    found = link(entries)
    precision, recall, f1 = pair_scores(truth, found)
    mixed = 0
    strangers = 0.0
    for campaign in found:
        names = Counter(truth.get((one.sha256, one.owner), "") for one in campaign.members)
        alien = names.pop("", 0)
        names.pop("?", None)
        mixed += len(names) > 1
        if names:
            strangers = max(strangers, alien / len(campaign.members))
    sizes = Counter(hand for hand in truth.values() if hand != "?")
    return (
        str(seed), f"{len(entries):,}", str(sum(count > 1 for count in sizes.values())), str(len(unnoticed)),
        f"{sum(sizes.values()):,}",
        f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", str(mixed), f"{strangers:.2f}",
    )  # fmt: skip


def truth_of(cases: Sequence[Case]) -> dict[tuple[str, str], str]:
    """Whose each mail of a hostile campaign is, "?" for those that neither call nor ask for anything yet.

    Families that want their answers at one address are one hand.
    """
    hostile = [case for case in cases if case.campaign and case.stratum in ("hostile", "adversarial")]
    hands: dict[str, str] = {}
    wearers: dict[str, str] = {}

    def root(hand: str) -> str:
        while hands.get(hand, hand) != hand:
            hand = hands[hand]
        return hand

    for case in hostile:
        sender = case.mail.sender
        if sender.reply_to and sender.reply_to != sender.address:
            mine, other = root(hand_of(case)), root(wearers.setdefault(sender.reply_to, hand_of(case)))
            hands[max(mine, other)] = min(mine, other)
    return {
        (case.mail.sha256, case.owner): root(hand_of(case))
        if case.label in ("reconnaissance", "phishing")
        else "?"
        for case in hostile
    }


def hand_of(case: Case) -> str:
    """Whose a mail is: the senders of a family, each with hosts of its own, take turns campaign by campaign."""
    number = case.campaign.rpartition("-")[2]
    return (
        f"{case.family} {(int(number) - 1) % senders_of(case.family)}" if number.isdigit() else case.campaign
    )


@cache
def senders_of(family: str) -> int:
    """How many senders a family has."""
    scenario = load_scenario(family, load_cast())
    return len(scenario.senders) if isinstance(scenario, Scenario) else 1


def pair_scores(truth: dict[tuple[str, str], str], found: Iterable[Campaign]) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1; a pair of a campaign's mail and a stranger's counts as wrong."""
    right = together = 0
    for campaign in found:
        names = Counter(truth.get((one.sha256, one.owner), "") for one in campaign.members)
        alien = names.pop("", 0)
        names.pop("?", None)
        known = sum(names.values())
        right += sum(_pairs(count) for count in names.values())
        together += _pairs(known) + known * alien
    wanted = sum(_pairs(count) for count in Counter(hand for hand in truth.values() if hand != "?").values())
    precision, recall = right / together if together else 1.0, right / wanted if wanted else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


BODY_COLUMNS = (
    "mails",
    "bodies met twice or more",
    "their mails",
    "in one campaign",
    "purity",
    "completeness",
)


def body_row(corpus: Path, jobs: int) -> tuple[str, ...]:
    """Linking held against identity of bodies: the decoded text of all parts, addresses and white space aside.

    Purity: of the pairs found together, how many have one body (others may still be one hand's). Completeness: of the
    pairs with one body, how many were found together.
    """
    paths = [
        path for name, files in strata_of(corpus).items() if name.startswith("hostile") for path in files
    ]
    mails = observe_all(paths, jobs, Lists())
    bodies = {}
    for path in paths:
        raw = path.read_bytes()
        message = scan(raw)
        text = " ".join(
            part_text(message, part) for part in message.parts if part.media_type.startswith("text/")
        )
        plain = " ".join([word for word in text.split() if "@" not in word])
        if len(plain) >= 80:
            bodies[message.sha256] = sha256(plain.encode("utf-8", "replace")).hexdigest()
    found = link(Entry(mail.sha256, "", pack(mail), likelihood=1.0) for mail in mails)
    sizes = Counter(
        bodies[mail.sha256] for mail in {one.sha256: one for one in mails}.values() if mail.sha256 in bodies
    )
    repeated = {body for body, count in sizes.items() if count > 1}
    right = together = 0
    for campaign in found:
        names = Counter(bodies.get(one.sha256, one.sha256) for one in campaign.members)
        right += sum(_pairs(count) for count in names.values())
        together += _pairs(len(campaign.members))
    wanted = sum(_pairs(sizes[body]) for body in repeated)
    pure = sum(
        max(Counter(bodies.get(one.sha256, one.sha256) for one in campaign.members).values())
        for campaign in found
    )
    members = sum(len(campaign.members) for campaign in found)
    return (
        f"{len(mails):,}", f"{len(repeated):,}", f"{sum(sizes[body] for body in repeated):,}", f"{members:,}",
        f"{pure / members if members else 1:.3f}", f"{right / wanted if wanted else 1:.3f}",
    )  # fmt: skip


COST_COLUMNS = ("mails", "loading s", "linking s", "one more s", "campaigns", "peak MiB")


def cost_row(base: Sequence[Entry], size: int) -> tuple[str, ...]:
    """Seconds for `size` mails: copies of an exercise, each with hosts, people and texts of its own."""
    linker = Linker()
    start = time.perf_counter()
    linker.update(replicas(base, size))
    loaded = time.perf_counter()
    campaigns = linker.campaigns()
    linked = time.perf_counter()
    linker.update([msgspec.structs.replace(base[0], sha256="0" * 64)])
    linker.campaigns()
    again = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{size:,}", f"{loaded - start:.1f}", f"{linked - loaded:.1f}", f"{again - linked:.1f}",
        f"{len(campaigns):,}", f"{peak:,.0f}",
    )  # fmt: skip


def replicas(base: Sequence[Entry], size: int) -> Iterator[Entry]:
    """`size` mails: what is anybody's (programs, templates) stays, all else differs from copy to copy."""
    from tocsin.link.kinds import KINDS, SLOT_KINDS

    unpacked = [(entry, unpack(entry.traits)) for entry in base]
    shared = {"mailer", "structure", "making", "claim"}
    for number in range(size):
        entry, traits = unpacked[number % len(base)]
        turn = number // len(base)
        if turn:
            key = (turn * 0x9E3779B97F4A7C15) & (2**64 - 1)
            words = [traits.keys[at : at + 8] for at in range(0, len(traits.keys), 8)]
            keys = b"".join(
                word
                if KINDS[SLOT_KINDS[slot]].name in shared
                else (int.from_bytes(word, "little") ^ key).to_bytes(8, "little")
                for slot, word in zip(traits.slots, words, strict=True)
            )
            sketch = (int.from_bytes(traits.text, "little") ^ (key * 0x10001)).to_bytes(64, "little")[
                : len(traits.text)
            ]
            traits = msgspec.structs.replace(
                traits, keys=keys, text=sketch, unit=traits.unit ^ key, site=traits.site ^ key
            )
            sha = f"{turn:016x}"[::-1] + entry.sha256[16:]
            entry = msgspec.structs.replace(
                entry, sha256=sha, owner=f"{turn}.{entry.owner}", traits=msgspec.msgpack.encode(traits)
            )
        yield entry


if __name__ == "__main__":
    sys.exit(main())
