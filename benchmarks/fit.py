"""Fits the weights of reconnaissance: `python -m benchmarks.fit --write`, or `make fit`.

On exercises of seeds that no evaluation uses, and on one half of the real benign mail of TOCSIN_CORPUS (a folder that
holds labels.tsv and dev/); the other half stays for the evaluation.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path

from benchmarks.fitting import Row, as_file, fit, fitted_weights
from benchmarks.worlds import REAL, WAYS, Case, World, exercise_world, outcomes, real_world, strata_of
from tocsin.app.weights import FittedFile, load_weights
from tocsin.model.weights import Weights

SEEDS = (51, 52, 53, 54, 55, 56, 57)
PEOPLE = 9
# Real spam and phishing is no reconnaissance that anybody knows of; its labels are weak, so it counts little.
_REAL_HOSTILE = 0.3
_ABOUT = (
    "Fitted by python -m benchmarks.fit on simulated mail (hostile, and benign: hard) and on real benign mail; counts "
    "are mails with the finding, of all, judged in three ways."
)


def main(arguments: list[str] | None = None) -> int:
    """Fits and prints or writes; 0, or 2 when the corpus is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit", description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the result into the package")
    parser.add_argument("--jobs", type=int, default=2, help="processes that observe")
    parser.add_argument("--version", default="", help="name of the rules [default: that of weights.toml]")
    options = parser.parse_args(arguments)
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if not (corpus / "labels.tsv").is_file():
        sys.stderr.write(
            "TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/; nothing was fitted.\n"
        )
        return 2
    judged = load_weights(fitted="")
    tell = teller()
    with tempfile.TemporaryDirectory(prefix="tocsin-fit-") as name:
        worlds = exercises(SEEDS, PEOPLE, Path(name), options.jobs, tell)
    rows = settled_rows([*worlds, *real_mail(corpus, options.jobs, tell)], judged, tell)
    fitted = fit(rows, judged)
    text = as_toml(as_file(fitted, rows, options.version or judged.version, _ABOUT))
    if options.write:
        path = Path(str(resources.files("tocsin.judge").joinpath("fitted.toml")))
        path.write_text(text, encoding="utf-8")
        tell(f"wrote {path}")
    else:
        sys.stdout.write(text)
    return 0


def exercises(
    seeds: Iterable[int], people: int, folder: Path, jobs: int, tell: Callable[[str], None]
) -> list[World]:
    """The exercises of these seeds, each in a folder of its own."""
    worlds = []
    for seed in seeds:
        tell(f"exercise, seed {seed}")
        worlds.append(exercise_world(seed, people, folder / f"exercise-{seed}", jobs))
    return worlds


def real_mail(corpus: Path, jobs: int, tell: Callable[[str], None]) -> list[World]:
    """The strata of the corpus."""
    worlds = []
    for stratum, paths in strata_of(corpus).items():
        tell(f"{stratum}: {len(paths)} files")
        worlds.append(real_world(stratum, paths, jobs))
    return worlds


def held_out(case: Case) -> bool:
    """Whether a real mail stays out of fitting: half of them do, by their own digest."""
    return int(case.mail.sha256[:8], 16) % 2 == 1


def settled_rows(worlds: Sequence[World], judged: Weights, tell: Callable[[str], None]) -> list[Row]:
    """What is found in every mail by weights that were fitted once: some findings rest on verdicts on other mails, and
    those that people's own weights give alarm far more often than what ships.
    """
    return training_rows(worlds, fitted_weights(judged, training_rows(worlds, judged, tell)), tell)


def training_rows(worlds: Sequence[World], judged: Weights, tell: Callable[[str], None]) -> list[Row]:
    """What was found in every mail that weights may be fitted on, in each way of judging."""
    rows = []
    for world in worlds:
        tell(f"{world.name}: judging")
        for way in WAYS:
            for case, outcome in zip(world.cases, outcomes(world, way, judged), strict=True):
                if case.label == "phishing":
                    continue  # fraud is weighed apart
                if case.stratum == REAL and (held_out(case) or case.family.startswith("parser-test")):
                    continue
                hostile = case.label == "reconnaissance"
                benign_of_hostile = not hostile and case.stratum == "hostile"
                rows.append(
                    Row(
                        frozenset(outcome.found),
                        hostile,
                        f"{case.family}, harmless" if benign_of_hostile else case.family,
                        case.stratum == REAL,
                        _REAL_HOSTILE if case.family.startswith("hostile,") else 1.0,
                        disguised=hostile and case.stratum == "adversarial",
                    )
                )
    return rows


def as_toml(file: FittedFile) -> str:
    """The file as it stands in the package, one level a line."""
    lines = [f"# {file.about}", ""]
    lines += [f'version = "{file.version}"', f'about = "{file.about}"', f"cap = {file.cap:g}", ""]
    for name, levels in file.detector.items():
        lines.append(f"[detector.{name}]")
        for level, one in levels.items():
            counts = ", ".join(
                f"{kind} = [{pair[0]}, {pair[1]}]"
                for kind, pair in (("hostile", one.hostile), ("hard", one.hard), ("real", one.real))
            )
            lines.append(f'"{level}" = {{ weight = {one.weight:g}, {counts} }}')
        lines.append("")
    return "\n".join(lines)


def teller() -> Callable[[str], None]:
    """Says on standard error what is being done, with the seconds since the start."""
    started = time.monotonic()

    def tell(text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.1f} s  {text}\n")
        sys.stderr.flush()

    return tell


if __name__ == "__main__":
    sys.exit(main())
