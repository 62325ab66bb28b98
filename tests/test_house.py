"""The house keeps its shape: imports go one way, files stay short, nothing opens a socket by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tocsin"
MODULES = sorted(SOURCE.rglob("*.py"))

# layer: what it may import besides itself
ARROWS = {
    "model": set(),
    "mail": {"model"},
    "observe": {"model", "mail"},
    "judge": {"model", "mail", "observe"},
    "exercise": {"model", "mail"},
    "respond": {"model", "mail"},
    "render": {"model", "mail"},
    "connect": {"model", "mail"},
    "store": {"model"},
    "hunt": {"model", "mail"},
    "link": {"model", "mail"},
    "attribute": {"model", "mail"},
    "exchange": {"model", "mail", "hunt"},
    "app": {
        "model",
        "mail",
        "observe",
        "judge",
        "exercise",
        "render",
        "connect",
        "store",
        "hunt",
        "link",
        "attribute",
        "exchange",
        "respond",
    },
    "cli": {"app", "render", "model"},
}
# Only the guard may know the network exists, and what fetches from hosts that the operator configured.
NETWORK = {
    "socket",
    "ssl",
    "http",
    "urllib.request",
    "smtplib",
    "imaplib",
    "poplib",
    "ftplib",
    "asyncio",
    "requests",
}
FETCHERS = {
    "connect/fetch.py",
    "connect/taxii.py",
    "connect/imap.py",
    "connect/imap_wire.py",
    "connect/smtp.py",
    "connect/milter.py",  # is connected to, and connects to its own socket file alone
    "connect/handover.py",  # between processes of one fork
}
CLOCK_OR_FILES = {"time", "os", "pathlib", "tempfile", "subprocess", "shutil", "io"}
LINES = 400


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at the top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0]
    if path.parent == SOURCE:
        return
    allowed = ARROWS[own] | {own}
    for name in imports(path):
        if name.startswith("tocsin.") and layer(name) not in ("__version__", ""):
            assert layer(name) in allowed, f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_imports_the_network(path: Path) -> None:
    if path.relative_to(SOURCE).as_posix() in FETCHERS:
        return
    names = set(imports(path))
    assert not {
        name for name in names for network in NETWORK if name == network or name.startswith(network + ".")
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_core_reads_no_files_and_no_clock(path: Path) -> None:
    if path.parent == SOURCE or path.relative_to(SOURCE).parts[0] in (
        "connect",
        "store",
        "app",
        "cli",
    ):
        return
    names = set(imports(path)) & CLOCK_OR_FILES
    if path.name == "progress.py":  # the one picture that moves
        names -= {"time"}
    assert not names


def test_every_layer_is_known() -> None:
    folders = {
        path.relative_to(SOURCE).parts[0] for path in MODULES if len(path.relative_to(SOURCE).parts) > 1
    }
    assert folders <= set(ARROWS)
