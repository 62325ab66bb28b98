"""Every technique on its sample mails: what must be found, and the near misses that must not."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from tocsin.mail.mime import scan
from tocsin.model.catalogue import Catalogue
from tocsin.observe import beacons
from tocsin.observe.beacons.assemble import Found, observe_beacons
from tocsin.observe.beacons.techniques import BY_ID
from tocsin.observe.envelope import read_recipients
from tocsin.observe.tokens import needles_for
from tocsin.observe.vendors import index_catalogue

SAMPLES = Path(__file__).parents[1] / "samples"
PAGES = Path(__file__).parents[2] / "docs" / "techniques"
MAILS = sorted(path for path in SAMPLES.glob("*/*.eml") if path.parent.name in BY_ID)


@cache
def catalogue() -> Catalogue:
    return index_catalogue((), {})


def look(path: Path) -> Found:
    message = scan(path.read_bytes())
    people = read_recipients(message)
    echoed = [h.value for h in message.headers if h.name in ("message-id", "return-path", "list-unsubscribe")]
    return observe_beacons(message, catalogue(), needles_for((*people.to, *people.delivered_to), echoed))


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_sample(path: Path) -> None:
    found = {beacon.technique for beacon in look(path).beacons}
    if path.stem.startswith("hit-"):
        assert path.parent.name in found
    else:
        assert path.stem.startswith("near-"), "a sample is called hit-* or near-*"
        assert path.parent.name not in found


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_sample_names_no_real_host(path: Path) -> None:
    reserved = (".example", ".test", ".invalid")
    for beacon in look(path).beacons:
        address = beacon.host.startswith(("192.0.2.", "198.51.100.", "203.0.113."))
        assert not beacon.host or address or beacon.host.endswith(reserved)


@pytest.mark.parametrize("technique", sorted(BY_ID))
def test_technique_has_samples_of_both_kinds(technique: str) -> None:
    names = [path.stem for path in (SAMPLES / technique).glob("*.eml")]
    assert sum(name.startswith("hit-") for name in names) >= 2
    assert sum(name.startswith("near-") for name in names) >= 2


@pytest.mark.parametrize("technique", sorted(BY_ID))
def test_technique_has_a_page(technique: str) -> None:
    page = (PAGES / f"{technique}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {technique}\n")


def test_every_module_of_a_technique_is_in_the_table() -> None:
    modules = [
        import_module(f"{beacons.__name__}.{module.name}") for module in iter_modules(beacons.__path__)
    ]
    techniques = {module.TECHNIQUE for module in modules if hasattr(module, "TECHNIQUE")}
    assert techniques <= set(BY_ID)
    assert {technique for technique, _ in beacons.HTML_FAMILIES} <= techniques
