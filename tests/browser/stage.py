"""Runs inside a network namespace of its own: the sink, the browser, and one mail after the other.

    unshare --net --mount python -m tests.browser.stage FOLDER

FOLDER holds `jobs.json`, a list of `recorder.Job`; results go to standard output, one JSON line a job, and the
browser's network logs to FOLDER/log-N.json.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tests.browser.devtools import BrowserGone, Devtools, TookTooLong
from tests.browser.recorder import CANARY, CHROMIUM, Job, Result, Setting, canary_host
from tests.browser.sink import Sink, certificate

# Upgrades to https and checks of who may ask whom would hide requests; the others ask for their own sake.
_FEATURES_OFF = (
    *("IsolateOrigins", "site-per-process", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"),
    *(
        "LocalNetworkAccessChecks",
        "OptimizationHints",
        "MediaRouter",
        "Translate",
        "AutofillServerCommunication",
    ),
)
_SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
    *("--disable-default-apps", "--disable-extensions", "--no-default-browser-check", "--mute-audio"),
    *("--ignore-certificate-errors", "--disable-site-isolation-trials", "--disable-popup-blocking"),
    *("--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--hide-scrollbars"),
    f"--disable-features={','.join(_FEATURES_OFF)}",
    "--net-log-capture-mode=Default",
)
_REMOTE = ("http:", "https:", "ftp:")
_REFRESH = re.compile(
    r"""http-equiv\s*=\s*["']?\s*refresh\b.{0,80}?content\s*=\s*["']?\s*(\d+)""", re.I | re.S
)
_LONGEST_REFRESH_S = 6.0
_DRAW_S = 6.0  # a page that is not drawn by then hangs
_LOAD_S, _QUIET_S, _BUSY_S, _SCRIPT_S = 4.0, 0.04, 1.5, 0.4
_TALLEST = 16_000  # CSS pixels of the window in which lazy pictures load


def open_network() -> None:
    """Make every address of this namespace its own, and its name server the sink's."""
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)
    names = Path("/run/tocsin-resolv.conf")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True, capture_output=True)
    names.write_text("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", str(names), "/etc/resolv.conf"], check=True, capture_output=True)
    if len(socket.if_nameindex()) != 1:
        raise SystemExit("this namespace holds more than loopback")


class Stage:
    """One browser with one tab, replaced when it hangs or crashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.page = b""
        self.host = ""
        self.logs = 0
        self.browser: Devtools | None = None
        self.session = self.main_frame = ""
        self.open_requests: set[str] = set()
        self.last_change = 0.0
        self.loaded = self.crashed = self.blocked = False
        self.popups: list[str] = []
        self.sink = Sink(certificate(folder), lambda host: self.page if host == self.host else None)

    def start(self) -> None:
        log = self.folder / f"log-{self.logs}.json"
        profile = self.folder / f"profile-{self.logs}"
        self.logs += 1
        self.crashed = False
        command = (CHROMIUM, *_SWITCHES, f"--log-net-log={log}", f"--user-data-dir={profile}", "about:blank")
        self.browser = Devtools(command, self.on_event)
        self.browser.call("Browser.getVersion", timeout_s=60)
        target = self.browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.main_frame = target
        self.browser.call("Target.setDiscoverTargets", discover=True)
        self.browser.call("Browser.setDownloadBehavior", behavior="deny")
        for domain in ("Page", "Network", "Inspector"):
            self.call(f"{domain}.enable")
        self.block(False)
        self.draw_document(Job(canary_host(self.logs - 1), CANARY, settings=(Setting(),)))

    def block(self, blocked: bool) -> None:
        """Let nothing but documents be asked for, or everything."""
        # A page that leaves for another is answered with "no content": it has asked, and stays.
        leaving = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"}
        every = {"urlPattern": "*", "requestStage": "Request"}
        self.call("Fetch.enable", patterns=[every] if blocked else [leaving])
        self.blocked = blocked

    def stop(self) -> None:
        if self.browser is not None:
            self.browser.close()
            self.browser = None

    def call(self, method: str, timeout_s: float = 10.0, **params: Any) -> dict[str, Any]:
        if self.browser is None:
            raise BrowserGone(method)
        if self.crashed:
            raise BrowserGone("the page crashed")
        return self.browser.call(method, timeout_s, self.session, **params)

    def on_event(self, event: dict[str, Any]) -> None:
        method, params = event["method"], event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.open_requests.add(params["requestId"])
            self.last_change = time.monotonic()
        elif method in ("Network.loadingFinished", "Network.loadingFailed"):
            self.open_requests.discard(params["requestId"])
            self.last_change = time.monotonic()
        elif method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Fetch.requestPaused":
            self.paused(params)
        elif method == "Page.javascriptDialogOpening" and self.browser is not None:
            self.browser.send("Page.handleJavaScriptDialog", self.session, accept=True)
        elif method == "Target.targetCreated" and params["targetInfo"].get("openerId"):
            self.popups.append(params["targetInfo"]["targetId"])
        elif method in ("Inspector.targetCrashed", "Target.targetCrashed"):
            self.crashed = True

    def paused(self, params: dict[str, Any]) -> None:
        if self.browser is None:
            return
        number = params["requestId"]
        elsewhere = urlsplit(params["request"]["url"]).hostname != self.host
        is_page = params["resourceType"] == "Document" and params["frameId"] == self.main_frame
        if self.blocked and not is_page and params["request"]["url"].startswith(_REMOTE):
            self.browser.send(
                "Fetch.failRequest", self.session, requestId=number, errorReason="BlockedByClient"
            )
        elif elsewhere and is_page:
            self.browser.send("Fetch.fulfillRequest", self.session, requestId=number, responseCode=204)
        else:
            self.browser.send("Fetch.continueRequest", self.session, requestId=number)

    def settle(self, longest_s: float = _BUSY_S) -> None:
        """Wait until nothing has been asked for a moment."""
        if self.browser is None:
            return

        def quiet() -> bool:
            return not self.open_requests and time.monotonic() - self.last_change > _QUIET_S

        self.browser.pump(quiet, longest_s, _QUIET_S / 2)
        self.open_requests.clear()  # a film that never ends must not be waited for again

    def apply(self, setting: Setting) -> None:
        """Change screen and media, and have the page drawn once."""
        self.emulate(setting)
        self.draw()

    def emulate(self, setting: Setting) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=setting.width,
            height=setting.height,
            deviceScaleFactor=setting.density,
            mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if setting.dark else "light"}]
        self.call(
            "Emulation.setEmulatedMedia", media="print" if setting.prints else "screen", features=features
        )

    def draw(self) -> str:
        clip = {"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1}
        self.last_change = time.monotonic()
        return str(self.call("Page.captureScreenshot", _DRAW_S, format="png", clip=clip).get("data", ""))

    def record(self, job: Job) -> Result:
        """Draw one document in all its settings; a browser that fails at it is replaced."""
        began = time.monotonic()
        try:
            if self.browser is None:
                self.start()
            self.draw_document(job)
            text, picture = self.look(job.settings[0], job.without) if job.looks else ("", "")
        except (BrowserGone, TookTooLong) as error:
            self.stop()
            return Result(job.host, f"{type(error).__name__}: {error}")
        return Result(job.host, "", text, picture, time.monotonic() - began)

    def draw_document(self, job: Job) -> None:
        self.page, self.host = job.document.encode("utf-8", "replace"), job.host
        lowered = job.document.lower()
        began = time.monotonic()
        if self.blocked != job.blocked:
            self.block(job.blocked)
        self.call("Emulation.setScriptExecutionDisabled", value=not job.scripts)
        self.load(job.settings[0])
        if "lazy" in lowered:
            self.apply(msgspec.structs.replace(job.settings[0], height=_TALLEST))
            self.settle()
        for setting in job.settings[1:]:
            # Of the candidates of one picture the browser chooses by density when it loads, not later.
            if setting.loads and "srcset" in lowered:
                self.load(setting)
            else:
                self.apply(setting)
                self.settle()
        wait_s = _SCRIPT_S if job.scripts and "<script" in lowered else 0.0
        for delay in _REFRESH.findall(job.document):
            wait_s = max(wait_s, min(int(delay[:3]) + 0.3, _LONGEST_REFRESH_S) - (time.monotonic() - began))
        if wait_s > 0 and self.browser is not None:
            self.browser.pump(lambda: False, wait_s)
            self.settle()
        for popup in self.popups:
            self.call("Target.closeTarget", targetId=popup)
        self.popups.clear()

    def load(self, setting: Setting) -> None:
        self.emulate(setting)
        self.loaded = False
        self.open_requests.clear()
        failed = self.call("Page.navigate", url=f"http://{self.host}/").get("errorText", "")
        if failed or self.browser is None:
            raise BrowserGone(failed)
        self.browser.pump(lambda: self.loaded, _LOAD_S)
        self.settle()
        self.draw()
        self.settle()

    def look(self, setting: Setting, without: str) -> tuple[str, str]:
        """What a reader sees: the text, and a picture of the first window."""
        self.apply(setting)
        if without:
            taken = f"for (const one of document.querySelectorAll({json.dumps(without)})) one.remove()"
            self.call("Runtime.evaluate", expression=taken)
        found = self.call("Runtime.evaluate", expression="document.body.innerText", returnByValue=True)
        picture = self.call("Page.captureScreenshot", format="png").get("data", "")
        return str(found.get("result", {}).get("value", "")), str(picture)


def main() -> None:
    folder = Path(sys.argv[1])
    jobs = msgspec.json.decode((folder / "jobs.json").read_bytes(), type=list[Job])
    open_network()
    stage = Stage(folder)
    try:
        for job in jobs:
            sys.stdout.buffer.write(msgspec.json.encode(stage.record(job)) + b"\n")
            sys.stdout.buffer.flush()
    finally:
        stage.stop()


if __name__ == "__main__":
    main()
