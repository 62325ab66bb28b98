"""Sketches: what near copies share, and strangers do not."""

from __future__ import annotations

from tocsin.observe.sketches import LENGTH, sketch_of


def alike(left: bytes, right: bytes) -> float:
    return sum(left[at : at + 2] == right[at : at + 2] for at in range(0, 2 * LENGTH, 2)) / LENGTH


def test_near_copies_are_alike_and_strangers_are_not() -> None:
    words = [b"w%d" % number for number in range(150)]
    changed = [*words[:70], b"other", *words[71:]]
    strangers = [b"v%d" % number for number in range(150)]
    sketch = sketch_of(words)
    assert len(sketch) == 2 * LENGTH
    assert sketch == sketch_of(list(words))
    assert alike(sketch, sketch_of(changed)) >= 0.7
    assert alike(sketch, sketch_of(strangers)) <= 0.1


def test_short_texts_have_no_sketch() -> None:
    assert sketch_of([b"word"] * 10) == b""
