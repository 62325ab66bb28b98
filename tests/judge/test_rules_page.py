"""docs/rules.md names everything that rules can ask, and nothing else."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from typing import get_args

from tocsin.judge.rules.fields import FIELDS
from tocsin.judge.rules.parse import parse_rules
from tocsin.model.rules import Operator
from tocsin.observe.yara_rules import MODULES

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_0-9.]+)`", PAGE))


def test_every_field_and_operator_is_told() -> None:
    names = {name for name in FIELDS if not name.startswith(("sender.", "content."))}
    names |= {inner for field in FIELDS.values() for inner in field.items or ()}
    assert names <= NAMED
    assert set(get_args(Operator)) <= NAMED
    assert set(MODULES) <= NAMED


def test_no_field_is_told_that_is_not_there() -> None:
    told = {name for name in NAMED if name.startswith(("sender.", "content.", "context."))}
    assert told <= set(FIELDS)


def test_the_rules_that_are_shown_can_be_read() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(shown) == 2
    for text in shown:
        assert parse_rules(text, "page", lambda name: UTC).errors == ()
