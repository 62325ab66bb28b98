"""weights.toml: what comes with the package, and what is refused."""

from __future__ import annotations

import pytest

from tocsin.app.weights import load_weights

SMALL = """
version = "t-1"
[prior]
reconnaissance = 0.001
phishing = 0.01
source = "a test"
[group.host]
cap = 2.0
about = "hosts"
[detector.odd-host]
group = "host"
reconnaissance = {{ free = 1.0 }}
phishing = 0.5
source = "a test"
{more}
"""


def test_levels_and_single_numbers_are_read() -> None:
    weights = load_weights(SMALL.format(more=""))
    entry = weights.detectors["odd-host"]
    assert entry.reconnaissance == {"free": 1.0}
    assert entry.phishing == {"": 0.5}
    assert (weights.prior, weights.caps) == (0.001, {"host": 2.0})


def test_the_shipped_weights_can_be_read() -> None:
    weights = load_weights()
    assert weights.version
    assert 0 < weights.prior < 0.01
    assert all(len(entry.source) > 10 for entry in weights.detectors.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SMALL.format(more="").replace("0.001", "1.5"), "prior.reconnaissance"),
        (SMALL.format(more="").replace("cap = 2.0", "cap = 0"), "group.host.cap"),
        (SMALL.format(more="").replace('group = "host"', 'group = "hosts"'), "no \\[group.hosts\\]"),
        (SMALL.format(more='[detector.x]\ngroup = "host"\nsource = " "'), "source is empty"),
        (SMALL.format(more='[detector.x]\ngroup = "host"\nsource = "a"\nweight = 3'), "weight"),
        (SMALL.format(more="").replace("0.5", '"0.5"'), "float"),
    ],
)
def test_mistakes_are_refused_with_the_key_at_fault(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        load_weights(text)
