"""How often ordinary real mail shows a sign, theme, technique: `python -m benchmarks.attribution.sign_rates [--write]`.

Mail of TOCSIN_CORPUS (a folder that holds labels.tsv and dev/): newsletters and other bulk stand for marketing, spam
and phishing for crime; every `--every`th file, each mail as if nothing else had come. `--write` puts the shares into
the package, where they tell how little a sign says of anybody.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import msgspec

from benchmarks.fit import teller
from benchmarks.tables import Table, as_markdown, as_text, wilson
from benchmarks.worlds import ALONE, outcomes, real_world, strata_of
from tocsin.app.catalogue import load_catalogue
from tocsin.app.evidence import Lists, surrounded
from tocsin.app.names import load_names
from tocsin.app.themes import load_themes
from tocsin.app.warning_lists import load_warning_lists
from tocsin.app.weights import load_weights
from tocsin.attribute.material import Material, Seen
from tocsin.attribute.showing import signs_of, view_of
from tocsin.attribute.signs import SIGNS, THEMES
from tocsin.attribute.themes import find_themes
from tocsin.hunt.warnings import Warnings
from tocsin.mail.techniques import attack_patterns
from tocsin.model.campaign import Campaign

EVERY = 1
GROUPS = {"marketing": ("newsletter", "grey-bulk"), "criminal": ("hostile",)}
# What one mail without its reader's other mail, people.toml and registration days cannot show.
NOT_ALONE = frozenset(
    (
        *("later-click", "rapport-first", "many-targets", "single-target", "private-address"),
        *("persona-contact", "young-domain", "aged-domain"),
    )
)
# Those that one mail can show (`mail.techniques`).
TECHNIQUES = (
    *(
        "T1187",
        "T1566.002",
        "T1589.002",
        "T1590.005",
        "T1592.004",
        "T1598",
        "T1598.002",
        "T1598.003",
        "T1656",
        "T1672",
    ),
)
MEASURED = (*(one.id for one in SIGNS if one.id not in NOT_ALONE), *THEMES, *TECHNIQUES)
_HEAD = (
    "# Share of ordinary real mail that shows each sign, theme and technique: measured, written by\n"
    "# python -m benchmarks.attribution.sign_rates --write. Half a mail is added to each count, so that none is 0.\n"
)


class Counted(msgspec.Struct, frozen=True):
    """How many of `mails` show each sign, theme and technique."""

    mails: int
    shown: Mapping[str, int]


def main(arguments: list[str] | None = None) -> int:
    """Counts and prints or writes; 0, or 2 when the corpus is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attribution.sign_rates", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the shares into the package")
    parser.add_argument("--markdown", action="store_true", help="print a table for docs")
    parser.add_argument("--every", type=int, default=EVERY, metavar="N", help=f"every Nth file [{EVERY}]")
    parser.add_argument("--jobs", type=int, default=2, help="processes that observe")
    options = parser.parse_args(arguments)
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if not (corpus / "labels.tsv").is_file():
        sys.stderr.write(
            "TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/; nothing was counted.\n"
        )
        return 2
    tell = teller()
    counted: dict[str, Counted] = {}
    for group, labels in GROUPS.items():
        paths = sorted(
            path
            for stratum, found in strata_of(corpus).items()
            if stratum.partition(",")[0] in labels
            for path in found
        )[:: max(1, options.every)]
        tell(f"{group}: {len(paths):,} files")
        counted[group] = count(materials(group, paths, options.jobs))
    if options.write:
        path = Path(str(resources.files("tocsin").joinpath("data", "sign_rates.toml")))
        path.write_text(as_toml(counted, options.every, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")
        tell(f"wrote {path.name}")
    print((as_markdown if options.markdown else as_text)(table(counted)))
    tell("done")
    return 0


def materials(group: str, paths: Sequence[Path], jobs: int) -> Iterable[Material]:
    """Each mail in these files with its verdict, by itself."""
    world = real_world(group, paths, jobs)
    lists = Lists(load_catalogue(), load_names(), load_themes(), Warnings(load_warning_lists()))
    judged = outcomes(world, ALONE, load_weights())
    for case, outcome in zip(world.cases, judged, strict=True):
        seen = Seen(case.mail, case.owner, case.mail.date_s, outcome.verdict)
        yield surrounded(Campaign("c-0", (), (), (), None, None), (seen,), lists)


def count(mails: Iterable[Material]) -> Counted:
    """How many mails show what; each Material holds one."""
    shown: Counter[str] = Counter()
    number = 0
    for material in mails:
        number += 1
        view = view_of(material.mails[0], material)
        found = {*signs_of(view), *find_themes(material.themes, view.mail.subject, view.mail.content.excerpt)}
        verdict = material.mails[0].verdict
        found |= {one.id for one in attack_patterns(view.mail, verdict.class_ if verdict is not None else "")}
        shown.update(found & set(MEASURED))
    return Counted(number, shown)


def share(hits: int, of: int) -> float:
    """The share, with half a mail added to hits and misses: what was never seen is rare, not impossible."""
    return (hits + 0.5) / (of + 1)


def table(counted: Mapping[str, Counted]) -> Table:
    """All signs, themes and techniques with their shares."""
    head = ("shown", *(f"{group} ({one.mails:,} mails)" for group, one in counted.items()))
    rows = tuple(
        (value, *(_percent(one.shown.get(value, 0), one.mails) for one in counted.values()))
        for value in MEASURED
    )
    return Table(
        "Share of ordinary mail that shows each sign", head, rows, "Percent, with 95 % intervals (Wilson)."
    )


def _percent(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{100 * hits / max(of, 1):.1f} ({100 * low:.1f}–{100 * high:.1f})"


def as_toml(counted: Mapping[str, Counted], every: int, day: str) -> str:
    """The file as it stands in the package."""
    sizes = ", ".join(f"{one.mails:,} {group}" for group, one in counted.items())
    basis = (
        f"{sizes}: real mail, each by itself; benchmarks.attribution.sign_rates --every {every}, {day}. "
        "marketing: newsletters and other bulk; criminal: spam and phishing"
    )
    lines = [_HEAD + f'measured_on = "{basis}"']
    for group, one in counted.items():
        lines += ["", f"[{group}]"]
        lines += [f'"{value}" = {share(one.shown.get(value, 0), one.mails):.3f}' for value in MEASURED]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
