"""Private set intersection: known answers, held against another library's curve, and files that lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.exchange import psi
from tocsin.exchange.psi_files import (
    PsiFileError,
    encoded,
    filled_size,
    fingerprint,
    is_fingerprint,
    joined,
    read_answer,
    read_question,
    sealed,
)
from tocsin.model.comparison import ANSWER_SCHEMA, QUESTION_SCHEMA, Answer, Question

VECTOR = json.loads((Path(__file__).parent / "vectors" / "psi.json").read_text())
ID = VECTOR["id"]


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    pytest.importorskip(
        "private_set_intersection.python", reason="openmined-psi has no wheel for this system (tocsin[psi])"
    )


def hexes(points: tuple[bytes, ...]) -> list[str]:
    return [point.hex() for point in points]


def entries(addresses: list[str]) -> list[str]:
    return [f"tocsin targets 1\n{ID}\n{address}" for address in addresses]


def test_fixed_keys_give_known_points() -> None:
    asker, answerer = bytes.fromhex(VECTOR["asker_key"]), bytes.fromhex(VECTOR["answerer_key"])
    key, points = psi.ask(entries(VECTOR["asker"]), asker)
    returned, listed = psi.answer(points, entries(VECTOR["answerer"]), answerer)
    assert key == asker
    assert hexes(points) == VECTOR["question"]
    assert hexes(returned) == VECTOR["returned"]
    assert hexes(listed) == VECTOR["listed"]
    assert list(psi.common(asker, returned, listed)) == VECTOR["common"]


def test_points_are_raised_as_another_library_raises_them() -> None:
    """ECDH gives the x of a point raised to a key: the same curve, computed by somebody else."""
    scalar = int(VECTOR["answerer_key"], 16)
    secret = ec.derive_private_key(scalar, ec.SECP256R1())
    for before, after in zip(VECTOR["question"], VECTOR["returned"], strict=True):
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(before))
        assert secret.exchange(ec.ECDH(), point).hex() == after[2:]


def test_new_keys_find_what_is_common_and_tell_nothing_else() -> None:
    mine, theirs = [f"a{n}@x.example" for n in range(30)], [f"a{n}@x.example" for n in range(20, 60)]
    key, points = psi.ask(mine)
    returned, listed = psi.answer(points, theirs)
    assert psi.common(key, returned, listed) == tuple(range(20, 30))
    other, again = psi.ask(mine)
    assert other != key
    assert not set(points) & set(again)
    assert not set(points) & {*returned, *listed}


@pytest.mark.parametrize(
    "bad", [b"", b"\x02" + b"\x01" * 32, b"\x02" + b"\xff" * 32, b"\x00" * 33, b"\x04" + b"\1" * 64]
)
def test_points_that_lie_on_no_curve_are_refused(bad: bytes) -> None:
    key, points = psi.ask(["a", "b"])
    with pytest.raises(psi.PsiRefused):
        psi.answer((points[0], bad), ["a"])
    with pytest.raises(psi.PsiRefused):
        psi.common(key, (bad,), points)


@pytest.mark.parametrize(
    ("entries", "size"), [(1, 20), (20, 20), (21, 50), (51, 100), (400, 500), (1000, 1000), (100_001, 200_000)],
)  # fmt: skip
def test_sizes_are_rounded_up(entries: int, size: int) -> None:
    assert filled_size(entries) == size


@pytest.fixture(scope="module")
def question() -> Question:
    _, points = psi.ask([f"a{n}" for n in range(20)])
    return sealed(
        Question(
            QUESTION_SCHEMA, True, ID, 1, "A", "B", "", "AMBER", "2021-02-17T09:00:00Z", "2021-03-01T09:00:00Z", 20,
            joined(points),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def answer(question: Question) -> Answer:
    points = tuple(question.points[n : n + 33] for n in range(0, 660, 33))
    returned, listed = psi.answer(points, [f"b{n}" for n in range(20)])
    return sealed(
        Answer(
            ANSWER_SCHEMA, True, ID, 1, question.check, "B", "A", "AMBER", "2021-02-17T09:00:00Z",
            "2021-03-01T09:00:00Z", 20, joined(returned), 20, joined(listed),
        )
    )  # fmt: skip


def test_files_come_back_as_they_were(question: Question, answer: Answer) -> None:
    assert read_question(encoded(question), "q") == question
    assert read_answer(encoded(answer), "a") == answer
    digits = fingerprint(question)
    assert len(digits.replace(" ", "")) == 25
    assert is_fingerprint(question, digits.replace(" ", "-"))
    assert not is_fingerprint(answer, digits)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_byte_goes_unseen(question: Question, data: st.DataObject) -> None:
    """A changed file is refused, or says the same under the same fingerprint (as with an escaped letter)."""
    raw = bytearray(encoded(question))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        read = read_question(bytes(raw), "q")
    except PsiFileError:
        return
    assert read == question


@given(st.binary(max_size=300))
def test_noise_is_refused_in_words(data: bytes) -> None:
    for read in (read_question, read_answer):
        with pytest.raises(PsiFileError, match=r"^f: "):
            read(data, "f")


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another version of the format": ({"schema": "tocsin.psi-question/2"}, "another version"),
    "another form": ({"form": 2}, "one version of Tocsin"),
    "too many": ({"entries": 20_000}, "at most 10,000"),
    "fewer points than said": ({"entries": 50}, "does not fit"),
    "half a point": ({"points": b"\x02" * 650}, "does not fit"),
    "no points": ({"points": b"\x09" * 660}, "no point of the curve"),
    "one point again and again": ({"points": b"\x02" * 660}, "twice"),
    "a short list": ({"entries": 1, "points": b"\x02" * 33}, "none that Tocsin writes"),
    "no time": ({"made": "yesterday"}, "is no time"),
    "a time without zone": ({"made": "2021-02-17T09:00:00"}, "is no time"),
    "good for a year": ({"expires": "2022-02-17T09:00:00Z"}, "longer than 90 days"),
    "nobody": ({"asker": " "}, "who asks whom"),
    "a long name": ({"asker": "x" * 300}, "who asks whom"),
    "an odd id": ({"id": "../../etc"}, "not written by Tocsin"),
    "an odd mark": ({"tlp": "PURPLE"}, "not written by Tocsin"),
}


@pytest.mark.parametrize("lie", LIES)
def test_files_that_were_made_up_are_refused(question: Question, lie: str) -> None:
    fields, said = LIES[lie]
    forged = sealed(msgspec.structs.replace(question, **fields))
    with pytest.raises(PsiFileError, match=said):
        read_question(encoded(forged), "q")


def test_a_list_in_an_order_is_refused(answer: Answer) -> None:
    points = [answer.points[n : n + 33] for n in range(0, 660, 33)]
    forged = sealed(msgspec.structs.replace(answer, points=joined(points[::-1])))
    with pytest.raises(PsiFileError, match="not sorted"):
        read_answer(encoded(forged), "a")


def test_files_are_told_apart(question: Question, answer: Answer) -> None:
    with pytest.raises(PsiFileError, match="is an answer"):
        read_question(encoded(answer), "a")
    with pytest.raises(PsiFileError, match="is a question"):
        read_answer(encoded(question), "q")
    with pytest.raises(PsiFileError, match="no file of a comparison"):
        read_answer(b'{"schema": "tocsin.mail/1"}', "m")
    with pytest.raises(PsiFileError, match="damaged"):
        read_question(encoded(question)[:-200], "q")
    with pytest.raises(PsiFileError, match="damaged"):
        read_question(b"[" * 100_000, "q")
