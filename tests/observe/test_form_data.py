"""Form data files: the form that they open elsewhere, their scripts and links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.observe.form_data_files import FOUND, NOTHING

from tocsin.model.attached import AttachedFile
from tocsin.observe.beacons import pdf
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.form_data import MAX_BYTES


def look(data: bytes, name: str) -> list[tuple[str, str, bool]]:
    kind = kinds.kind_of(data[: kinds.HEAD], name, "")
    assert kind == kinds.PDF
    reading = pdf.read(AttachedFile(data, name, "", kind, "2"), Allowance())
    assert {found.technique for found in reading.references} <= {"pdf"}
    return [(found.url, found.trigger, found.conditional) for found in reading.references]


@pytest.mark.parametrize("name", FOUND)
def test_what_form_data_open(name: str) -> None:
    data, file, expected = FOUND[name]
    assert look(data, file) == [expected]


@pytest.mark.parametrize("name", NOTHING)
def test_form_data_that_contact_nobody(name: str) -> None:
    assert look(*NOTHING[name]) == []


def test_large_form_data_are_said_to_be_read_in_part() -> None:
    data = FOUND["fdf"][0] + bytes(MAX_BYTES)
    reading = pdf.read(AttachedFile(data, "a.fdf", "", kinds.PDF, "2"), Allowance())
    assert [defect.code for defect in reading.defects] == ["pdf-not-read-whole"]
    assert "a.fdf" in reading.not_evaluated[0]
    assert len(reading.references) == 1


@given(st.binary(max_size=300))
def test_any_form_data_are_taken(tail: bytes) -> None:
    for head in (b"%FDF-1.2\n/F(", b"<xfdf><f href='", b"%FDF-1.2\n/JavaScript<</Before<"):
        assert isinstance(look(head + tail, "a.fdf"), list)
