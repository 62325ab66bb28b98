"""Draws documents in Chromium, cut off from every network, and tells what it asked for."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tests.browser.netlog import Request, requests
from tests.browser.sink import SECOND

CHROMIUM = "/usr/bin/chromium"
_PROGRAMS = {CHROMIUM: "chromium", "unshare": "util-linux", "ip": "iproute2", "openssl": "openssl"}
_JOB_S = 60.0


class Setting(msgspec.Struct, frozen=True):
    """A screen, in CSS pixels and device pixels to one of those, and what is drawn on it."""

    width: int = 800
    height: int = 900
    density: float = 1.0
    dark: bool = False
    prints: bool = False
    loads: bool = False  # by a new load, where the page offers pictures for several densities


EVERYTHING = (
    Setting(),
    Setting(360, 700, 3.0, loads=True),
    Setting(360, 700, 2.0, dark=True, loads=True),
    Setting(1600, 1000, 2.0, dark=True),
    Setting(1600, 1000, 1.0),
    Setting(prints=True),
)
QUICK = (Setting(), Setting(360, 700, 2.0, dark=True, loads=True), Setting(prints=True))


class Job(msgspec.Struct, frozen=True):
    """One document to draw. `host` names it: unique in a run, of one label below `.invalid`.

    Where `blocked`, every request but that for the document fails, as in a program that loads nothing remote.
    Elements that the selector `without` names are taken off before the text is read and the picture taken.
    """

    host: str
    document: str
    scripts: bool = False
    settings: tuple[Setting, ...] = EVERYTHING
    looks: bool = False
    blocked: bool = False
    without: str = ""


class Result(msgspec.Struct, frozen=True):
    """How drawing went. `problem` is empty where it went well; `picture` is a PNG in base64."""

    host: str
    problem: str = ""
    text: str = ""
    picture: str = ""
    seconds: float = 0.0


class Recording(msgspec.Struct, frozen=True):
    """What one document asked for: URLs in the order of their first request, and hosts looked up.

    Left out are requests to the document's own host (relative URLs: in a mail they contact nobody, and the
    browser's own for a favicon), requests to hosts of OWN_HOSTS, which the browser makes for itself, and schemes
    that contact nobody (cid:). What the sink's answers asked for is in `second`.
    """

    urls: tuple[str, ...]
    names: tuple[str, ...]
    second: tuple[str, ...]
    problem: str = ""
    text: str = ""
    picture: bytes = b""
    seconds: float = 0.0


CANARY = (
    "<!DOCTYPE html><link rel=dns-prefetch href=//canary-name.invalid><style>@import 'http://canary-sheet.invalid/';"
    "</style><body background=http://canary-ground.invalid/><img src=https://canary-picture.invalid/>"
    "<iframe src=http://canary-frame.invalid/></iframe>"
)
_CANARY_HOSTS = frozenset(
    f"canary-{name}.invalid" for name in ("name", "sheet", "ground", "picture", "frame")
)


def canary_host(number: int) -> str:
    """The host of the document that each browser of a run draws first."""
    return f"canary{number}.invalid"


OWN_HOSTS = frozenset(("content-autofill.googleapis.com",))  # forms of the page, told to Google
_WEB = ("http://", "https://", "ws://", "wss://", "ftp://")


class RunFailed(Exception):
    """The browser did not ask for what it must ask for: nothing that the run recorded can be believed."""


def missing_programs() -> list[str]:
    """What a run needs and does not have, in words; empty where it can be done."""
    missing = [
        f"{name} (Debian package {package})" for name, package in _PROGRAMS.items() if not shutil.which(name)
    ]
    if os.geteuid() != 0:
        missing.append("root")
    return missing


def record(
    documents: Sequence[str],
    *,
    scripts: bool = False,
    settings: tuple[Setting, ...] = EVERYTHING,
    looks: bool = False,
    blocked: bool = False,
    without: str = "",
) -> list[Recording]:
    """Draw documents, one after the other in one browser, and give what each asked for.

    A document is served as UTF-8 from an origin of its own over http, parsed like any page. It runs in a
    network namespace with nothing but loopback, where a sink answers every name and request. Raises
    RunFailed where the canary or a document's own request is not in the browser's network log.
    """
    jobs = [
        Job(f"m{number}.invalid", text, scripts, settings, looks, blocked, without)
        for number, text in enumerate(documents)
    ]
    with tempfile.TemporaryDirectory(prefix="tocsin-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        results = _run(folder, jobs)
        logs = _read_logs(folder)
    return [_recording(job, results[job.host], logs.get(job.host, [])) for job in jobs]


def _run(folder: Path, jobs: list[Job]) -> dict[str, Result]:
    results: dict[str, Result] = {}
    (folder / "jobs.json").write_bytes(msgspec.json.encode(jobs))
    root = Path(__file__).parents[2]
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, "-m"]
    ended = subprocess.run(
        [*command, "tests.browser.stage", str(folder)],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120 + _JOB_S * len(jobs),
        check=False,
    )
    for line in ended.stdout.splitlines():
        result = msgspec.json.decode(line, type=Result)
        results[result.host] = result
    if ended.returncode or len(results) < len(jobs):
        raise RunFailed(
            f"the stage ended with {ended.returncode}: {ended.stderr.decode(errors='replace')[-2000:]}"
        )
    return results


def _read_logs(folder: Path) -> dict[str, list[Request]]:
    """The requests of each document by its host, from the logs of all browsers of a run."""
    by_site: dict[str, list[Request]] = {}
    for number, log in enumerate(sorted(folder.glob("log-*.json"), key=lambda path: int(path.stem[4:]))):
        for request in requests(log):
            by_site.setdefault(request.site, []).append(request)
        seen = {host_of(request.url) for request in by_site.get(canary_host(number), ())}
        if unseen := _CANARY_HOSTS - seen:
            raise RunFailed(f"the network log lacks requests of the canary: {', '.join(sorted(unseen))}")
    return by_site


def host_of(url: str) -> str:
    """The host of a URL in a network log; look-ups are bare hosts already."""
    return urlsplit(url).hostname or "" if "://" in url else url


def _recording(job: Job, result: Result, log: list[Request]) -> Recording:
    if not result.problem and not any(host_of(request.url) == job.host for request in log):
        raise RunFailed(f"{job.host} was drawn, but its own request is not in the network log")
    urls: dict[str, None] = {}
    names: dict[str, None] = {}
    second: dict[str, None] = {}
    for request in log:
        host = host_of(request.url)
        if (
            host == job.host
            or host in OWN_HOSTS
            or (request.kind == "url" and not request.url.startswith(_WEB))
        ):
            continue
        (second if host == SECOND else urls if request.kind == "url" else names)[request.url] = None
    asked = {host_of(url) for url in urls}
    return Recording(
        tuple(urls),
        tuple(name for name in names if name not in asked),
        tuple(url for url in second if "://" in url),
        result.problem,
        result.text,
        base64.b64decode(result.picture),
        result.seconds,
    )
