"""What verdicts find, miss and alarm about for nothing: `python -m benchmarks.verdicts`, or `make evaluate`.

Two parts: exercises, whose truth is known because they are made, with seeds that no weight was set on; and real
mail from TOCSIN_CORPUS (a folder that holds labels.tsv and dev/), whose labels are weak.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import verdicts_on_exercises, verdicts_on_mail
from benchmarks.tables import as_markdown, as_text
from tocsin.app.weights import load_weights

# Weights were set while looking at seeds 1, 7 and 23; detectors were corrected on 101 to 103, tried on 201 and 202.
SEEDS = (301, 302, 303)
PEOPLE = 9


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; 0, or 2 when the corpus is missing."""
    options = _parser().parse_args(arguments)
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if not options.exercises_only and not (corpus / "labels.tsv").is_file():
        sys.stderr.write(
            "TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/; nothing was measured. "
            "Exercises alone need no corpus: --exercises-only.\n"
        )
        return 2
    weights = load_weights(options.weights.read_text(encoding="utf-8") if options.weights else None)
    draw = as_markdown if options.markdown else as_text
    tell = _teller()
    with tempfile.TemporaryDirectory(prefix="tocsin-verdicts-") as name:
        os.environ["XDG_CACHE_HOME"] = name  # the scans' own work folders
        cases = verdicts_on_exercises.measure_all(
            options.seeds, options.people, Path(name), weights, options.jobs, tell
        )
        seeds = ", ".join(map(str, options.seeds))
        print(
            f"Exercises: {len(cases)} mails, seeds {seeds}, {options.people} people, rules {weights.version}\n"
        )
        for table in verdicts_on_exercises.tables(cases):
            print(draw(table), flush=True)
        missed = (
            f"{100 * verdicts_on_exercises.missed_share(cases, way):.0f} ({way})"
            for way in verdicts_on_exercises.WAYS
        )
        print(f"Reconnaissance mails without any alert, of 100: {', '.join(missed)}\n", flush=True)
        if not options.exercises_only:
            sightings = verdicts_on_mail.measure(corpus, weights, options.jobs, tell)
            print(f"Real mail: {len(sightings)} mails, rules {weights.version}\n")
            for table in verdicts_on_mail.tables(sightings):
                print(draw(table), flush=True)
    tell("done")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verdicts", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--exercises-only", action="store_true", help="leave real mail out")
    parser.add_argument("--markdown", action="store_true", help="print for docs/measurements.md")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="seeds of the exercises")
    parser.add_argument("--people", type=int, default=PEOPLE, help="people in each exercise")
    parser.add_argument("--jobs", type=int, default=1, help="processes that observe")
    parser.add_argument("--weights", type=Path, help="a weights.toml to try in place of the shipped one")
    return parser


def _teller() -> Callable[[str], None]:
    started = time.monotonic()

    def tell(text: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.1f} s  {text}\n")
        sys.stderr.flush()

    return tell


if __name__ == "__main__":
    sys.exit(main())
