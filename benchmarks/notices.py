"""From intelligence in to drafted notices: `python -m benchmarks.notices [--people N] [--rounds N]`.

People of an exercise are all sent the made-up agency's mails, among some ordinary mail; the mails are scanned into a
store, which is not timed. Then the commands run that an operator would run, each a process of its own: `tocsin intel
add` of what a partner sent, and `tocsin notify` for the campaign. Each round begins with the store as it was scanned.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import yaml

from benchmarks.tables import Table, as_markdown

PARTS = {"invented-agency": 1.0, "ordinary-mail": 0.1}
OFFICE = "EXERCISE Help line of the coast"


def main(arguments: list[str] | None = None) -> int:
    """Runs the rounds and prints one table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.notices", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/notices_bench"))
    options = parser.parse_args(arguments)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    try:
        rows = measured(options.folder, options.people, options.rounds)
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    title = f"From intelligence in to drafted notices, {options.people} people"
    columns = ("round", "mails kept", "intel add, s", "notify, s", "together, s", "notices", "peak MiB")
    print(as_markdown(Table(title, columns, tuple(rows))))
    return 0


def measured(folder: Path, people: int, rounds: int) -> list[tuple[str, ...]]:
    """One row a round; raises RuntimeError where a command ends otherwise than it should."""
    scenario = folder / "scenario.yaml"
    scenario.write_text(yaml.safe_dump(_scenario(), allow_unicode=True, sort_keys=False), "utf-8")
    _tocsin(folder, "exercise", str(scenario), "-o", str(folder / "ex"), "--people", str(people))
    told = _tocsin(
        folder, "scan", *(str(folder / "ex" / box) for box in ("january", "spring")), "--practice", "--quiet", "--json",
        "--people", str(folder / "ex/people.toml"), "--names", str(folder / "ex/names.toml"), codes=(1,),
    )  # fmt: skip
    kept = str(sum(line.startswith('{"schema":"tocsin.mail/') for line in told[0].splitlines()))
    for part in folder.glob("mail.db*"):
        shutil.copy(part, folder / f"as-scanned-{part.name}")
    rows: list[tuple[str, ...]] = []
    for number in range(1, rounds + 1):
        for part in folder.glob("mail.db*"):
            part.unlink()
        for part in folder.glob("as-scanned-*"):
            shutil.copy(part, folder / part.name.removeprefix("as-scanned-"))
        _, hunting_s, hunting_kib = _tocsin(
            folder, "intel", "add", str(folder / "ex/intelligence.json"), codes=(1,)
        )
        campaigns = _tocsin(folder, "campaigns", "list", "--json")[0]
        campaign = json.loads(campaigns.splitlines()[0])["id"]
        _, drafting_s, drafting_kib = _tocsin(
            folder, "notify", campaign, "--office", OFFICE, "--people", str(folder / "ex/people.toml")
        )
        listed = _tocsin(folder, "notices", "list", campaign, "--json")[0]
        drafted = len({json.loads(line)["person"] for line in listed.splitlines()})
        if drafted != people:
            raise RuntimeError(f"{drafted} people have a notice, not {people}")
        rows.append((
            str(number), kept, f"{hunting_s:.1f}", f"{drafting_s:.1f}", f"{hunting_s + drafting_s:.1f}", str(drafted),
            f"{max(hunting_kib, drafting_kib) / 1024:.0f}",
        ))  # fmt: skip
        sys.stderr.write(f"{rows[-1]}\n")
    return rows


def _scenario() -> dict[str, object]:
    """The shipped case with fewer families, its campaign reaching everybody."""
    text = (files("tocsin") / "data/scenarios/story.yaml").read_text("utf-8")
    found: dict[str, object] = yaml.safe_load(text) | {"parts": PARTS, "maildirs": []}
    for own in found["own"] if isinstance(found["own"], list) else ():
        own["plan"] |= {"share": [1.0, 1.0], "reach": "all"}
    return found


def _tocsin(folder: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> tuple[str, float, int]:
    """What a command printed, how many seconds it took from start to end, and its largest memory in KiB."""
    own = {"TOCSIN_STORE": str(folder / "mail.db"), "TOCSIN_KEY_FILE": str(folder / "store.key")}
    outside = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    with (folder / "printed").open("w+", encoding="utf-8") as printed:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", *arguments], stdout=printed, env=outside | own
        )
        _, status, used = os.wait4(process.pid, 0)
        took_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            raise RuntimeError(f"tocsin {arguments[0]} ended with code {process.returncode}")
        printed.seek(0)
        return printed.read(), took_s, used.ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
