"""The recorder itself: it sees what it must see, stays cut off, and survives what mails do to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser import netlog
from tests.browser.recorder import CANARY, QUICK, Setting, missing_programs, record
from tests.browser.sink import SECOND

needs_browser = pytest.mark.skipif(bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}")

ONE = (Setting(),)
LEAVING = (
    '<!DOCTYPE html><meta http-equiv=refresh content="0; url=http://refresh.example/"><p>Still here'
    "<img loading=lazy src=http://lazy.example/ style='margin-top: 9000px; display: block'>"
    "<style>@media print { p { background: url(http://print.example/) } }</style>"
)
SCRIPTED = (
    "<p>Before<script>new Image().src = '//script.example/'; setTimeout(() => location = '//left.example/', 50)"
    "</script><noscript><img src=//noscript.example/></noscript>"
)
HANGING = "<script>for (;;) {}</script>"
HINTS = (
    "<link rel=dns-prefetch href=//resolved.example><link rel=preconnect href=//connected.example>"
    "<link rel=stylesheet href=//sheet.example/><iframe src=https://frame.example/></iframe>"
    "<img src=relative.png><img src=cid:inside><img src=http://192.0.2.7:6000/port>"
)


def keys(urls: tuple[str, ...]) -> set[str]:
    return {url.partition("://")[2] for url in urls}


@needs_browser
def test_page_that_leaves_is_still_recorded_and_pictured() -> None:
    leaving, hints = record([LEAVING, HINTS], settings=QUICK, looks=True)
    assert keys(leaving.urls) == {"refresh.example/", "lazy.example/", "print.example/"}
    assert "Still here" in leaving.text
    assert leaving.picture.startswith(b"\x89PNG")
    assert keys(hints.urls) == {"sheet.example/", "frame.example/", "192.0.2.7:6000/port"}
    assert set(hints.names) == {"resolved.example", "connected.example"}
    # What the sink's sheet imports and its frame shows was asked for too.
    assert {f"{SECOND}/imported.css", f"{SECOND}/framed.png"} <= keys(hints.second)


@needs_browser
def test_scripts_run_only_when_they_should() -> None:
    (off,) = record([SCRIPTED], settings=ONE)
    assert keys(off.urls) == {"noscript.example/"}
    on, hung, after = record([SCRIPTED, HANGING, CANARY], scripts=True, settings=ONE)
    assert keys(on.urls) == {"script.example/", "left.example/"}
    assert hung.problem
    assert not after.problem
    assert "https://canary-picture.invalid/" in after.urls


def test_network_log_is_read_to_where_it_ends(tmp_path: Path) -> None:
    constants = {
        "logEventTypes": {"URL_REQUEST_START_JOB": 1, "HOST_RESOLVER_MANAGER_REQUEST": 2},
        "logEventPhase": {"PHASE_BEGIN": 1},
    }
    page = {"network_isolation_key": "http://m1.invalid http://m1.invalid", "initiator": "http://m1.invalid"}
    left = {
        "network_isolation_key": "http://b.example http://b.example",
        "initiator": "http://m1.invalid",
        "request_type": "main frame",
    }
    events = [
        {"params": {**page, "url": "http://a.example/"}, "phase": 1, "source": {"id": 1}, "type": 1},
        {"params": {**page, "url": "https://a.example/"}, "phase": 1, "source": {"id": 1}, "type": 1},
        {"params": {**left, "url": "http://b.example/"}, "phase": 1, "source": {"id": 2}, "type": 1},
        {"phase": 2, "source": {"id": 2}, "type": 1},
        {
            "params": {
                "network_anonymization_key": "http://m1.invalid same_site",
                "host": "http://c.example:81",
            },
            "phase": 1,
            "source": {"id": 3},
            "type": 2,
        },
        {
            "params": {"network_isolation_key": "null null", "url": "http://own.example/"},
            "phase": 1,
            "source": {"id": 4},
            "type": 1,
        },
    ]
    log = tmp_path / "log.json"
    lines = [
        f'{{"constants":{json.dumps(constants)},',
        '"events": [',
        *(json.dumps(one) + "," for one in events),
    ]
    log.write_text("\n".join([*lines, '{"params":{"url":"http://d.exa']))
    assert list(netlog.requests(log)) == [
        netlog.Request("m1.invalid", "url", "http://a.example/"),
        netlog.Request("m1.invalid", "url", "http://b.example/"),
        netlog.Request("m1.invalid", "name", "c.example"),
    ]
