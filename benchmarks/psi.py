"""What comparing lists of targets costs: `python -m benchmarks.psi [--listed N] [--asked N]`.

Two organisations with a store each and 1,000 addresses against 100,000, a tenth of the thousand in common, from the
addresses to the result: canonical forms, points, files written and read, the limits and the answer.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tocsin.app.comparing import Parties, answer, ask, finish
from tocsin.app.comparison_files import file_bytes, fingerprint_of, load_answer, load_question
from tocsin.app.memory import open_store

LIMIT_S = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; 1 where it took longer than the limit, or the result is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.psi", description=__doc__.partition("\n")[0])
    parser.add_argument("--asked", type=int, default=1_000)
    parser.add_argument("--listed", type=int, default=100_000)
    options = parser.parse_args(arguments)
    expected = options.asked // 10
    mine = [f"asker.{n}@press-{n % 40}.example" for n in range(options.asked - expected)]
    theirs = [f"Member.{n}@parliament-{n % 40}.example" for n in range(options.listed)]
    mine += [f"member.{n}+list@PARLIAMENT-{n % 40}.example" for n in range(expected)]
    with tempfile.TemporaryDirectory(prefix="tocsin-psi-") as name:
        folder = Path(name)
        a = open_store(str(folder / "a.db"), create=True, plain=True)
        b = open_store(str(folder / "b.db"), create=True, plain=True)
        try:
            steps: list[tuple[str, float, int]] = []
            since_s = time.perf_counter()

            def step(what: str, size: int) -> None:
                nonlocal since_s
                now_s = time.perf_counter()
                steps.append((what, now_s - since_s, size))
                since_s = now_s

            now_s = time.time()
            question = ask(a, Parties("A", "B", None), mine, now_s=now_s)
            (folder / "q.json").write_bytes(file_bytes(question))
            step("ask", (folder / "q.json").stat().st_size)
            read = load_question(folder / "q.json")
            answered = answer(
                b,
                read,
                Parties("B", "A", None),
                theirs,
                heard=fingerprint_of(question),
                at_most=10_000,
                now_s=now_s,
            )
            (folder / "a.json").write_bytes(file_bytes(answered))
            step("answer", (folder / "a.json").stat().st_size)
            ended = load_answer(folder / "a.json")
            common = finish(a, ended, heard=fingerprint_of(answered), now_s=now_s)
            step("finish", len(common.addresses))
        finally:
            a.close()
            b.close()
    whole_s = sum(seconds for _, seconds, _ in steps)
    print(f"{options.asked:,} asked, {options.listed:,} listed, {len(common.addresses):,} in common")
    for what, seconds, size in steps:
        unit = "addresses" if what == "finish" else "bytes"
        print(f"{what:8}{seconds:8.2f} s   {size:,} {unit}")
    print(f"{'whole':8}{whole_s:8.2f} s   limit {LIMIT_S:.0f} s")
    return 0 if whole_s <= LIMIT_S and len(common.addresses) == expected else 1


if __name__ == "__main__":
    sys.exit(main())
