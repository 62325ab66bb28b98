"""How public blocks are read, left out and asked, on blocks made by hand."""

from __future__ import annotations

import tomllib

import msgspec
import pytest
from benchmarks.attribution import infrastructure
from benchmarks.attribution.blocks import Block, blocks_of
from benchmarks.attribution.overlap_cases import ask, asked, folds, known_of, left_out, naive
from benchmarks.attribution.overlap_figures import calibration_error, figures, risk_coverage
from benchmarks.attribution.overlap_fit import Judged, bands, threshold
from benchmarks.attribution.planted import plant, plants

from tocsin.attribute.overlap import Calibration

FILE = """# Copyright
# Aliases: grey heron

# Reference: https://lab.example/one/
# Reference: https://lab.example/TWO

desk.example
mail.desk.example:8080
popular.example
192.0.2.7:443
http://gate.test/a/b.php
/path/alone.php

# Reference: https://lab.example/two
cafe.example # said to be old

# Generic
198.51.100.1
"""


def block(name: str, actor: str, domains: str, *cited: str) -> Block:
    return Block(name, actor, cited or (name,), tuple(domains.split()), tuple(domains.split()))


BLOCKS = [
    block("h1", "heron", "a.example b.example", "r1"),
    block("h2", "heron", "a.example", "r1", "r2"),
    block("h3", "heron", "b.example c.example", "r3"),
    block("o1", "osprey", "a.example", "r2"),
    block("o2", "osprey", "d.example"),
    block("p1", "plover", "d.example", "r9"),
]


def test_a_block_is_what_stands_under_one_set_of_references() -> None:
    found = list(blocks_of("apt_heron-1.txt", FILE.splitlines(), lambda host: host.startswith("popular")))
    assert [(one.actor, one.domains, one.values) for one in found] == [
        (
            "heron",
            ("desk.example", "gate.test"),
            ("desk.example", "mail.desk.example", "192.0.2.7", "gate.test"),
        ),
        ("heron", ("cafe.example",), ("cafe.example",)),
        ("heron", (), ("198.51.100.1",)),
    ]
    assert found[0].origins == ("https://lab.example/one", "https://lab.example/two")
    assert found[1].origins == ("https://lab.example/two",)
    assert found[2].origins == (found[2].id,)
    assert list(blocks_of("apt_unclassified.txt", FILE.splitlines(), lambda _: False)) == []


def test_blocks_of_one_report_are_left_out_together() -> None:
    known = known_of(BLOCKS)
    # r1 and r2 are one report, for a block cites both: heron's first answer may come from h3 alone.
    assert left_out(BLOCKS[0], known) == left_out(BLOCKS[3], known)
    (one,) = ask(BLOCKS[0], known)
    assert (one.actor, [shared.value for shared in one.shared]) == ("heron", ["b.example"])
    assert ask(BLOCKS[1], known) == ()
    assert {one.actor for one in ask(BLOCKS[1], known_of(BLOCKS, by_report=False))} == {"heron", "osprey"}


def test_each_block_is_asked_with_its_actor_known_and_held_out() -> None:
    cases = asked(BLOCKS, known_of(BLOCKS))
    assert [(one.held_out, one.known) for one in cases[:2]] == [(False, True), (True, False)]
    assert cases[0].right
    assert not cases[1].named
    plover = [one for one in cases if one.block.actor == "plover"]
    assert [(one.known, one.named) for one in plover] == [(False, "osprey"), (False, "osprey")]
    plain = {(one.block.id, one.held_out): one.named for one in naive(BLOCKS)}
    assert plain["h1", False] == "heron"
    assert plain["h1", True] == "osprey"


def test_folds_deal_large_and_small_actors_alike() -> None:
    sizes = {f"actor{number}": number for number in range(20)}
    fold = folds(sizes, 5, 6)
    assert fold == folds(sizes, 5, 6) != folds(sizes, 5, 7)
    assert {sum(one == number for one in fold.values()) for number in range(5)} == {4}


def test_the_threshold_leaves_strangers_unnamed() -> None:
    cases = asked(BLOCKS, known_of(BLOCKS))
    values = [(one, 0.9 if one.block.id == "p1" else 0.4) for one in cases]
    assert threshold(values, abstains=0.5) <= 0.4
    assert threshold(values, abstains=1.0) > 0.9
    assert 0.4 < threshold(values, abstains=0.6) <= 0.9


def test_figures_count_names_by_actor() -> None:
    cases = asked(BLOCKS, known_of(BLOCKS))
    judged = [Judged(one, 0.9 if one.right else 0.3 if one.named else 0.0, bool(one.named)) for one in cases]
    told = figures(judged)
    assert told.held_out == 0.5
    # heron is named for h1 and h3; osprey for plover's block, plover for osprey's: two of three names are never right.
    assert (told.actors, round(told.macro.value, 3), told.precision.value) == (3, 0.333, 0.5)
    assert told.macro.low <= told.macro.value <= told.macro.high
    assert told.coverage.value == pytest.approx(4 / 6)
    assert calibration_error(judged) == pytest.approx((2 * 0.1 + 4 * 0.3) / 6)
    assert risk_coverage(judged) == [(2 / 6, 0.0), (4 / 6, 0.5)]
    assert all(0.0 <= one.low <= one.high <= 1.0 for one in bands([*judged] * 3))


def test_planting_is_told_from_who_is_named_afterwards() -> None:
    known = known_of(BLOCKS)
    judged = [
        Judged(one, 1.0, True) for one in asked(BLOCKS, known) if one.block.id == "h1" and not one.held_out
    ]
    eager = [Calibration(0.0, {}, 0.0)]
    told = plant(judged, eager, known, plants(BLOCKS, known))
    assert (told.blocks, told.rival, told.other, told.same + told.nobody) == (1, 0, 0, 1)


def test_the_calibration_is_written_as_it_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Calibration(-1.0, {"domains": 0.5}, 0.6, (), fitted_on="blocks")
    assert msgspec.convert(tomllib.loads(infrastructure.as_toml(model)), Calibration) == model
    monkeypatch.delenv("TOCSIN_CTI", raising=False)
    assert infrastructure.main([]) == 2
    assert "TOCSIN_CTI is not set: expected a folder" in capsys.readouterr().err
