"""Reads Chromium's own network log: what it asked for, whether or not anything left the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec


class Request(msgspec.Struct, frozen=True):
    """One request or name look-up, with the site of the page that it was made for.

    `kind` is "url" for requests and "name" for look-ups, whose `url` is a bare host. `site` is the host of
    the outermost page, or where a page leaves for another one, of the page that it leaves.
    """

    site: str
    kind: str
    url: str


def requests(path: Path) -> Iterator[Request]:
    """Give the requests of a log in their order, those without a page (the browser's own) left out.

    A log whose end is missing is read as far as it goes. What the browser does by itself to one request (an
    upgrade by a list of https-only hosts, say) is not told again. Source: Chromium, net/log.
    """
    with path.open(encoding="utf-8", errors="replace") as lines:
        constants = json.loads(next(lines).strip().removeprefix('{"constants":').rstrip(","))
        types = constants["logEventTypes"]
        start, look_up = types["URL_REQUEST_START_JOB"], types["HOST_RESOLVER_MANAGER_REQUEST"]
        begin = constants["logEventPhase"]["PHASE_BEGIN"]
        told: set[int] = set()
        for line in lines:
            event = _event(line)
            if event is None or event.get("phase") != begin:
                continue
            params, number = event.get("params", {}), event["source"]["id"]
            if event["type"] == start and number not in told:
                told.add(number)
                top = params.get("network_isolation_key", "").partition(" ")[0]
                if site := left_by(params) or _host(top):
                    yield Request(site, "url", params["url"])
            elif event["type"] == look_up:
                top = params.get("network_anonymization_key", "").partition(" ")[0]
                if (site := _host(top)) and (host := _host(params["host"]) or params["host"]):
                    yield Request(site, "name", host)


def left_by(params: dict[str, Any]) -> str:
    """The page that made a request for a page of its own, "" for all other requests."""
    return _host(params.get("initiator", "")) if params.get("request_type") == "main frame" else ""


def _event(line: str) -> dict[str, Any] | None:
    """One event a line, a comma behind it, and a bracket too behind the last."""
    if line[:2] != '{"':
        return None
    for ending in (",", "],"):
        try:
            event: dict[str, Any] = json.loads(line.rstrip().removesuffix(ending))
        except ValueError:
            continue
        return event
    return None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
