"""Write docs/detectors from the docstrings of the detectors and from weights.toml.

python docs/make_detector_pages.py            writes the pages
python docs/make_detector_pages.py --check    says which are out of date, exit code 1 if any
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from importlib import import_module
from pathlib import Path

from tocsin.app.weights import load_weights
from tocsin.judge.detectors import DETECTORS
from tocsin.model.weights import DetectorWeight, Fitted, Weights

FOLDER = Path(__file__).parent / "detectors"
HEADINGS = ("Fires", "Silent", "Doubt", "Source")


def parse_docstring(name: str) -> tuple[str, dict[str, str]]:
    """A detector's title and its sections by heading; raises ValueError where one is missing."""
    module = import_module(f"tocsin.judge.detectors.{name.replace('-', '_')}")
    title, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
    pieces = re.split(rf"^({'|'.join(HEADINGS)}): ", rest, flags=re.MULTILINE)
    sections = {pieces[i]: " ".join(pieces[i + 1].split()) for i in range(1, len(pieces) - 1, 2)}
    missing = [heading for heading in HEADINGS if not sections.get(heading)]
    if not title or missing:
        raise ValueError(f"{module.__name__}: docstring lacks {', '.join(missing) or 'a title'}")
    return title, sections


def render_detector(name: str, weights: Weights) -> str:
    """The page of one detector as Markdown."""
    title, sections = parse_docstring(name)
    entry = weights.detectors[name]
    parts = [f"# {name}", f"**{title}**"]
    parts += [f"## {heading}\n\n{_sentence(sections[heading])}" for heading in HEADINGS]
    parts.append(f"## Weight\n\n{_weight_table(entry)}")
    cap = weights.caps[entry.group]
    parts.append(
        f"Group `{entry.group}`: its weights of one sign are held to {cap:g} nats together. {entry.source}"
    )
    return "\n\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _weight_table(entry: DetectorWeight) -> str:
    lines = [
        "| level | reconnaissance | set by people | in simulated hostile, benign and real benign mail | phishing |",
        "|---|--:|--:|---|--:|",
    ]
    for level in sorted({*entry.reconnaissance, *entry.phishing}):
        cells = (
            _cell(entry.reconnaissance.get(level)),
            _cell(entry.judged.get(level)) if level in entry.fitted else "",
            _found(entry.fitted.get(level)),
            _cell(entry.phishing.get(level)),
        )
        lines.append(f"| {level or '–'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _found(fitted: Fitted | None) -> str:
    """The shares of mails that the finding was made in, as a fitted weight rests on them."""
    if fitted is None:
        return ""
    return ", ".join(f"{100 * count / of:.2g} %" for count, of in (fitted.hostile, fitted.hard, fitted.real))


def _cell(weight: float | None) -> str:
    if weight is None:
        return ""
    factor = math.exp(abs(weight))
    shown = f"{factor:.0f}" if factor >= 10 else f"{factor:.1f}"
    return f"{weight:+g} ({'×' if weight > 0 else '÷'} {shown})"


def render_index(weights: Weights) -> str:
    """The overview of all detectors as Markdown."""
    sums = (
        "A verdict is a sum of log-likelihood ratios in nats: the prior's log odds plus the weight of every reason for "
        "and against, each group of correlated reasons held to a cap. +1 makes the odds 2.7 times higher, −1 as much "
        "lower."
    )
    priors = (
        f"Version {weights.version}. Prior: {weights.prior:g} a mail for reconnaissance, {weights.phishing_prior:g} "
        f"for phishing. {weights.prior_source} An alert is given from a likelihood of 0.5, unless the operator sets "
        "another threshold; no single reason reaches that."
    )
    fitted = (
        "Weights are first set by people, with a reason beside each (`judge/weights.toml`). Where data allow, they are "
        "then fitted (`judge/fitted.toml`, by `make fit`): on simulated mail, since no real reconnaissance mail is "
        "public, and on real benign mail. A fitted weight keeps the sign that people gave it and stays within "
        f"{weights.fitted_cap:g} nats, because what is hostile in the data is emulated from published descriptions; "
        "what holds by definition (group `nature`) and everything about phishing is not fitted. The pages "
        "show both numbers."
    )
    lines = ["# Detectors", sums, priors, *([fitted] if weights.fitted_cap else []), _index_table(weights)]
    return "\n\n".join(lines) + "\n"


def _index_table(weights: Weights) -> str:
    lines = ["| detector | says | group (cap) | reconnaissance | phishing |", "|---|---|---|--:|--:|"]
    for detector in sorted(DETECTORS, key=lambda detector: detector.id):
        entry = weights.detectors[detector.id]
        title, _ = parse_docstring(detector.id)
        lines.append(
            f"| [{detector.id}]({detector.id}.md) | {title} | {entry.group} ({weights.caps[entry.group]:g}) "
            f"| {_range(entry.reconnaissance)} | {_range(entry.phishing)} |"
        )
    return "\n".join(lines)


def _range(levels: dict[str, float]) -> str:
    if not levels:
        return ""
    low, high = min(levels.values()), max(levels.values())
    return f"{low:+g}" if low == high else f"{low:+g} to {high:+g}"


def pages() -> dict[Path, str]:
    """Each page and its text."""
    weights = load_weights()
    written = {FOLDER / f"{detector.id}.md": render_detector(detector.id, weights) for detector in DETECTORS}
    written[FOLDER / "README.md"] = render_index(weights)
    return written


def main(arguments: list[str]) -> int:
    """Write or check the pages; the exit code."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is out of date: run python docs/make_detector_pages.py")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
