"""The operator's file of registration days: what is read, and how mistakes are told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tocsin.app.dates import DatesError, load_dates, parse_dates


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_headings_comments_quotes_and_times_are_read() -> None:
    text = '\ufeff# from a registry\nDomain,Registered\n\n"one.example",2020-02-29\nTWO.test. , 1999-12-31T23:00:00Z,\n'
    assert parse_dates(text.lstrip("\ufeff")) == {
        "one.example": day("2020-02-29"),
        "two.test": day("1999-12-31"),
    }


def test_a_name_in_another_script_is_kept_as_mails_have_it() -> None:
    assert parse_dates("bücher.example,2020-01-01\n") == {"xn--bcher-kva.example": day("2020-01-01")}


def test_of_two_days_the_later_counts() -> None:
    text = "a.example,2024-05-01\na.example,2001-05-01\n"
    assert parse_dates(text) == {"a.example": day("2024-05-01")}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a.example", "1 cells"),
        ("a.example,2020-01-01,more", "3 cells"),
        ("nodomain,2020-01-01", "'nodomain' is not a domain"),
        ("-.example,2020-01-01", "is not a domain"),
        ("a..example,2020-01-01", "is not a domain"),
        ("a.example,01/02/2020", "'01/02/2020' is not a day"),
        ("a.example,2020-13-01", "is not a day"),
        ("a.example,2020-01-011", "is not a day"),
        ("a.example,1970-01-01", "lies before there were domains"),
        ("a.example,", "'' is not a day"),
    ],
)
def test_mistakes_are_told_with_file_line_and_what_was_expected(line: str, told: str) -> None:
    with pytest.raises(DatesError) as caught:
        parse_dates(f"domain,registered\n{line}\n", "dates.csv")
    assert "dates.csv, line 2" in str(caught.value)
    assert told in str(caught.value)
    assert "expected domain,registered" in str(caught.value)


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatesError, match="cannot be read"):
        load_dates(tmp_path / "none.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatesError, match="not UTF-8"):
        load_dates(binary)
