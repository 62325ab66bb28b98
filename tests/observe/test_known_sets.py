"""Counterparts of our own to public sets of tests, each class of which must be observed as its table says."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from tocsin.mail.mime import scan
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import TRIGGERS, Beacon
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.beacons.techniques import BY_ID
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

FOLDER = Path(__file__).parent / "known_sets"
DOCS = Path(__file__).parents[2] / "docs"
_HOST = "leak.example"
_PIECES = re.compile(r"[/@:?#\\&=]+")


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class of a set: for each label a beacon whose URL holds it, or with `why` none that fires.

    `html` is put into a mail of its own, `mail` is one with its own header fields; `page` is a second HTML
    body for what cannot stand beside the first. `of_set` tells whether the labels are the set's own.
    """

    labels: tuple[str, ...]
    what: str
    technique: str = ""
    trigger: str = "open"
    conditional: bool = False
    any_trigger: bool = False
    any_condition: bool = False
    html: str = ""
    page: str = ""
    mail: str = ""
    why: str = ""
    of_set: bool = True

    def messages(self) -> Iterable[bytes]:
        heading = "From: Office <office@notes.example>\nTo: reader@house.example\nSubject: Agenda\n"
        for body in (self.html, self.page):
            if body:
                yield f"{heading}Content-Type: text/html; charset=utf-8\n\n{body.lstrip()}".encode()
        if self.mail:
            yield (heading + self.mail.lstrip()).encode()


class KnownSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    source: str
    about: str
    case: tuple[Case, ...]
    never: tuple[Case, ...] = ()


def load(name: str) -> KnownSet:
    return msgspec.convert(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")), KnownSet)


SETS = {name: load(name) for name in sorted(path.stem for path in FOLDER.glob("*.toml"))}
FIRING = [(name, case) for name, known in SETS.items() for case in known.case]
SILENT = [(name, case) for name, known in SETS.items() for case in known.never]


def name_of(value: object) -> str:
    return value.labels[0] if isinstance(value, Case) else str(value)


def beacons_of(case: Case, catalogue: Catalogue) -> list[Beacon]:
    found = (observe_beacons(scan(raw), catalogue, NO_NEEDLES) for raw in case.messages())
    return [beacon for one in found for beacon in one.beacons]


def speaks_of(beacon: Beacon, label: str) -> bool:
    """Whether a label is a piece of the URL, or the first label of its host."""
    pieces = [
        piece.removesuffix(f".{_HOST}").replace("_", "-").lower() for piece in _PIECES.split(beacon.url)
    ]
    return label.replace("_", "-").lower() in pieces


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return index_catalogue((), {})


@pytest.mark.parametrize(("known", "case"), FIRING, ids=name_of)
def test_class_is_observed(known: str, case: Case, catalogue: Catalogue) -> None:
    beacons = [beacon for beacon in beacons_of(case, catalogue) if beacon.technique == case.technique]
    for label in case.labels:
        named = [beacon for beacon in beacons if speaks_of(beacon, label)]
        assert named, f"{known}: no {case.technique} for {label}"
        if not case.any_trigger:
            assert case.trigger in {beacon.trigger for beacon in named}
        if not case.any_condition:
            assert {beacon.conditional for beacon in named} == {case.conditional}


@pytest.mark.parametrize(("known", "case"), SILENT, ids=name_of)
def test_class_that_cannot_fire_is_not_observed_as_firing(
    known: str, case: Case, catalogue: Catalogue
) -> None:
    at_once = [beacon for beacon in beacons_of(case, catalogue) if not beacon.conditional]
    assert case.why
    for label in case.labels:
        assert not [beacon for beacon in at_once if speaks_of(beacon, label)], f"{known}: {label}"


@pytest.mark.parametrize("known", SETS.values(), ids=SETS)
def test_table_is_sound(known: KnownSet) -> None:
    labels = [label for case in (*known.case, *known.never) for label in case.labels]
    assert len(set(labels)) == len(labels)
    assert {case.technique for case in known.case} <= set(BY_ID)
    assert {case.trigger for case in known.case} <= set(TRIGGERS)
    for case in (*known.case, *known.never):
        hosts = re.findall(r"//([a-z0-9.-]+)", f"{case.html}{case.page}{case.mail}".lower())
        reserved = (".example", "www.w3.org", "192.0.2.7")
        assert [host for host in hosts if not host.endswith(reserved)] == []


def test_page_is_current() -> None:
    page: str = runpy.run_path(str(DOCS / "make_known_tests.py"))["render"]()
    assert (DOCS / "known-tests.md").read_text("utf-8") == page, "run: python docs/make_known_tests.py"


@pytest.mark.parametrize("known", SETS.values(), ids=SETS)
def test_page_names_every_label_and_links_to_techniques_that_have_a_page(known: KnownSet) -> None:
    page = (DOCS / "known-tests.md").read_text(encoding="utf-8")
    for case in (*known.case, *known.never):
        assert [label for label in case.labels if f"`{label}`" not in page] == []
    for case in known.case:
        assert (DOCS / "techniques" / f"{case.technique}.md").is_file()


@pytest.mark.parametrize(("known", "count"), [("email-privacy-tester", 39), ("httpleaks", 203)])
def test_every_label_of_a_set_is_accounted_for(known: str, count: int) -> None:
    cases = (*SETS[known].case, *SETS[known].never)
    assert sum(len(case.labels) for case in cases if case.of_set) == count
