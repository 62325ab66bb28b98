"""What people are told of a beacon: when its sender learns it, in which programs, what a click would follow."""

from __future__ import annotations

import pytest

from tests.render import factories
from tocsin.observe.beacons.techniques import TECHNIQUES
from tocsin.render import words


@pytest.mark.parametrize(
    ("triggers", "moment"),
    [
        (("open",), "when it was read"),
        (("receipt",), "when it arrived"),
        (("attachment",), "when the attachment was opened"),
        (("print",), "when it was printed"),
        (("receipt", "open"), "when it was read"),
    ],
)
def test_the_moment_fits_the_trigger(triggers: tuple[str, ...], moment: str) -> None:
    beacons = [factories.beacon(trigger=trigger, leaks=("address", "time")) for trigger in triggers]
    assert words.leak_list(beacons)[-1] == moment


def test_clients_have_their_names() -> None:
    beacon = factories.beacon(fires_in=("scripting", "outlook-windows", "older mail programs"))
    assert words.clients(beacon) == "programs that run scripts, Outlook on Windows, older mail programs"
    assert words.clients(factories.beacon(fires_in=())) == ""


@pytest.mark.parametrize(
    ("technique", "label", "expected"),
    [
        ("link", "Read more", ""),
        ("form", "form action, POST", "a form; what is typed into it goes there"),
        ("office", "hyperlink", "in an attachment (hyperlink)"),
        ("archive", "", "in an attachment"),
    ],
)
def test_what_a_click_follows(technique: str, label: str, expected: str) -> None:
    assert words.followed(factories.beacon(technique=technique, label=label, trigger="click")) == expected


def test_words_name_techniques_that_exist() -> None:
    known = {technique.id for technique in TECHNIQUES}
    assert words.FOLLOWED.keys() <= known
    assert words.ACTION.keys() <= known
