"""policy.toml: what is asked for whom, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.policies import PolicyError, load_policy, parse_policy
from tocsin.model.handling import Handling
from tocsin.respond.handling import handling_for

POLICY = """
[default]
alert = "quarantine"
links = "inert"

[[rule]]
for = "@House.example"
tracked = "defuse"

[[rule]]
for = ["ann@house.example", "@elsewhere.example"]
alert = "tag"
tokens = "cut"
"""


def test_an_address_goes_before_its_domain_and_that_before_the_default() -> None:
    policy = parse_policy(POLICY)
    ann, bob, other = (
        handling_for(policy, who) for who in ("Ann@house.example", "bob@HOUSE.example", "x@sub.house.example")
    )
    assert (ann.alert, ann.tracked) == ("tag", "tag")
    assert (ann.defusing.links, ann.defusing.tokens) == ("inert", "cut")
    assert (bob.alert, bob.tracked) == ("quarantine", "defuse")
    assert (other.alert, other.tracked, other.other) == ("quarantine", "tag", "tag")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[defaults]", "did you mean 'default'"),
        ('[default]\nalert = "delete"', "alert is 'delete'; expected one of pass, tag, defuse, quarantine"),
        ('[default]\nalarm = "tag"', "did you mean 'alert'"),
        ('[[rule]]\nalert = "tag"', "for is a list"),
        ('[[rule]]\nfor = "house.example"', "neither an address nor a domain"),
        ('[[rule]]\nfor = "@a.example"\n[[rule]]\nfor = "@A.example"', "has a rule already (rule 1)"),
        ('[rule]\nfor = "@a.example"', "two brackets"),
        ("default = 3", "expected a table"),
        ("[default\n", "is not valid TOML"),
        ('[default]\nalert = ["tag"]', "expected one of"),
    ],
)
def test_mistakes_are_said_with_their_place(text: str, told: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse_policy(text, "p.toml")
    assert told in str(error.value)
    assert str(error.value).startswith("p.toml: ")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'[default]\nalert = "\xe9"')
    for path in (tmp_path / "missing", tmp_path, tmp_path / "latin"):
        with pytest.raises(PolicyError, match=str(path)):
            load_policy(path)


def test_the_policy_in_the_manual_is_the_one_that_holds_without_a_file() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gate.md").read_text()
    written = parse_policy(page.partition("```toml\n")[2].partition("```")[0])
    assert written.default == Handling()
    assert handling_for(written, "ann@parliament.example").tracked == "defuse"
    assert handling_for(written, "press.office@parliament.example").alert == "quarantine"
