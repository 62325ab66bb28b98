"""Copies of one mailing in several mailboxes of one scan: URLs that tell the readers apart, and those that do not."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailboxes import START, mail
from tests.e2e.running import run
from tests.e2e.test_scan import records

READERS = ("lena.maes@parliament.example", "tom.baker@union.example", "ida.roth@assembly.example")
TEXT = (
    "The committee votes on the harbour plan next week. We would be glad to hear what you think of it and to "
    "send you the annex with the figures of all three ports before the debate begins."
)


def copy(
    reader: str, url: str, *, number: int = 0, days: float = 0, text: str = TEXT, **headers: str
) -> bytes:
    """One reader's copy of a mailing that shows the picture at `url`."""
    return mail(
        number,
        html=f'<html><body><p>Dear reader,</p><p>{text}</p><img src="{url}" width="640" height="80"></body></html>',
        **{
            "To": reader,
            "Delivered_To": reader,
            "Subject": "Harbour plan",
            "Date": format_datetime(START + timedelta(days=days)),
            "Message_ID": f"<{number}.{reader.partition('@')[0]}.{days}@news-desk.test>",
            **headers,
        },
    )


def filler(reader: str, count: int = 4) -> list[bytes]:
    """Mail that makes the mailbox this reader's."""
    return [
        mail(
            900 + n, To=reader, Delivered_To=reader, Message_ID=f"<{n}.{reader}>", text=f"Minutes of day {n}."
        )
        for n in range(count)
    ]


def write_mbox(path: Path, mails: list[bytes]) -> None:
    """An mbox whose mails arrived when they are dated."""
    with path.open("wb") as file:
        for data in mails:
            date = parsedate_to_datetime(message_from_bytes(data)["Date"])
            file.write(f"From desk@news-desk.test {date:%a %b %d %H:%M:%S %Y}\n".encode() + data + b"\n")


def scanned(folder: Path, boxes: dict[str, list[bytes]], *options: str) -> list[dict[str, Any]]:
    for reader, mails in boxes.items():
        write_mbox(folder / f"{reader.partition('@')[0]}.mbox", [*filler(reader), *mails])
    result = run("scan", folder, "--json", *options, home=folder.parent / "home")
    return [record for record in records(result.stdout) if record["schema"] == "tocsin.mail/1"]


def told(
    found: list[dict[str, Any]], subject: str = "Harbour plan"
) -> dict[str, list[dict[str, str] | None]]:
    """What is said of the pictures, by owner."""
    said: dict[str, list[dict[str, str] | None]] = {}
    for record in found:
        if record["subject"].startswith(subject):
            said.setdefault(record["owner"], []).extend(beacon["personal"] for beacon in record["beacons"])
    return said


def boxes_of(tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    folder.mkdir()
    return folder


def test_a_short_number_that_differs_between_readers_is_personal(tmp_path: Path) -> None:
    boxes = {
        reader: [copy(reader, f"https://pics.stranger.test/harbour/{4711 + n}/banner.jpg", days=n)]
        for n, reader in enumerate(READERS)
    }
    found = scanned(boxes_of(tmp_path), boxes)
    assert told(found) == {
        reader: [{"kind": "differs", "value": str(4711 + n)}] for n, reader in enumerate(READERS)
    }
    judged = [record for record in found if record["subject"] == "Harbour plan"]
    for record in judged:
        assert "personal-token" in json.dumps(record["verdict"]["for"])


def test_alone_the_same_copy_tells_nothing(tmp_path: Path) -> None:
    boxes = {READERS[0]: [copy(READERS[0], "https://pics.stranger.test/harbour/4711/banner.jpg")]}
    assert told(scanned(boxes_of(tmp_path), boxes)) == {READERS[0]: [None]}


@pytest.mark.parametrize(
    "url",
    [
        "https://pics.stranger.test/b.jpg?r={}",
        "https://pics.stranger.test/{}/b.jpg",
        "https://r{}.pics.stranger.test/b.jpg",
        "https://pics.stranger.test/b{}.jpg",
        "https://pics.stranger.test/b.jpg#{}",
    ],
)
def test_wherever_it_stands(tmp_path: Path, url: str) -> None:
    boxes = {reader: [copy(reader, url.format(7200 + n))] for n, reader in enumerate(READERS[:2])}
    said = told(scanned(boxes_of(tmp_path), boxes))
    assert [personal["kind"] for owner in said for personal in said[owner] if personal] == ["differs"] * 2
    assert all("720" in personal["value"] for owner in said for personal in said[owner] if personal)


def test_a_mailing_whose_text_names_the_reader_is_known_by_its_form(tmp_path: Path) -> None:
    boxes = {
        reader: [
            copy(reader, f"https://pics.stranger.test/{5100 + n}/b.jpg", text=f"{words} " + TEXT, days=n / 8)
        ]
        for n, (reader, words) in enumerate(
            zip(READERS[:2], ("Rotterdam leads.", "Bremen leads."), strict=True)
        )
    }
    said = told(scanned(boxes_of(tmp_path), boxes))
    assert said == {
        reader: [{"kind": "differs", "value": str(5100 + n)}] for n, reader in enumerate(READERS[:2])
    }


def test_what_differs_between_mailings_only_is_not_personal(tmp_path: Path) -> None:
    boxes = {
        reader: [
            copy(
                reader, f"https://pics.stranger.test/b.jpg?cb={83001 + 7 * week}", days=3 * week, number=week
            )
            for week in range(3)
        ]
        for reader in READERS
    }
    assert told(scanned(boxes_of(tmp_path), boxes)) == {reader: [None] * 3 for reader in READERS}


def test_one_reader_with_two_copies_is_no_evidence(tmp_path: Path) -> None:
    boxes = {
        READERS[0]: [
            copy(READERS[0], f"https://pics.stranger.test/b.jpg?cb={83001 + n}", days=3 * n, number=n)
            for n in range(2)
        ],
        READERS[1]: [],
    }
    assert told(scanned(boxes_of(tmp_path), boxes)) == {READERS[0]: [None, None]}


@pytest.mark.parametrize(
    "values",
    [
        ("1610355600", "1610359200"),  # the clock at sending
        ("20210111", "20210112"),
        ("2021-01-11", "2021-01-12"),
        ("red", "blue"),  # a variant that is tried out
        ("", "4711"),
    ],
)
def test_clocks_days_and_variants_are_not_personal(tmp_path: Path, values: tuple[str, str]) -> None:
    boxes = {
        reader: [copy(reader, f"https://pics.stranger.test/b.jpg?x={value}", days=n / 24)]
        for n, (reader, value) in enumerate(zip(READERS, values, strict=False))
    }
    assert told(scanned(boxes_of(tmp_path), boxes)) == {reader: [None] for reader in READERS[:2]}


def test_copies_more_than_fourteen_days_apart_are_not_compared(tmp_path: Path) -> None:
    boxes = {
        reader: [copy(reader, f"https://pics.stranger.test/{4711 + n}/b.jpg", days=20 * n)]
        for n, reader in enumerate(READERS[:2])
    }
    assert told(scanned(boxes_of(tmp_path), boxes)) == {reader: [None] for reader in READERS[:2]}


def test_another_picture_is_not_the_same_one_with_a_token(tmp_path: Path) -> None:
    urls = (
        "https://pics.stranger.test/a1/2021/harbour1/north7.jpg",
        "https://pics.stranger.test/b2/2020/annexes9/south8.jpg",
    )
    boxes = {reader: [copy(reader, url)] for reader, url in zip(READERS, urls, strict=False)}
    assert told(scanned(boxes_of(tmp_path), boxes)) == {reader: [None] for reader in READERS[:2]}


def test_a_random_name_that_all_readers_share_is_not_personal(tmp_path: Path) -> None:
    url = "https://pics.stranger.test/o/9f86d081884c7d659a2feaa0c55ad015"
    alone = boxes_of(tmp_path)
    assert told(scanned(alone, {READERS[0]: [copy(READERS[0], url)]})) == {
        READERS[0]: [{"kind": "high-entropy", "value": "9f86d081884c7d659a2feaa0c55ad015"}]
    }
    boxes = {reader: [copy(reader, url)] for reader in READERS}
    assert told(scanned(alone, boxes)) == {reader: [None] for reader in READERS}


def test_neither_the_order_of_files_nor_the_number_of_jobs_matters(tmp_path: Path) -> None:
    outputs = []
    for number, (order, jobs) in enumerate(itertools.product((READERS, READERS[::-1]), ("1", "2"))):
        folder = tmp_path / str(number) / "mail"
        folder.mkdir(parents=True)
        boxes = {
            reader: [copy(reader, f"https://pics.stranger.test/{4711 + READERS.index(reader)}/b.jpg")]
            for reader in order
        }
        outputs.append(told(scanned(folder, boxes, "--jobs", jobs)))
    assert all(output == outputs[0] for output in outputs)
    assert [personal["kind"] for said in outputs[0].values() for personal in said if personal] == [
        "differs"
    ] * 3
