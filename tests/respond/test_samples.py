"""Every sample mail, defused: nothing is left that acts by itself, and twice is the same as once."""

from __future__ import annotations

from base64 import encodebytes
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.respond.hostile import PAGES
from tocsin.mail.mime import scan
from tocsin.model.catalogue import Catalogue
from tocsin.model.defused import Policy
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue
from tocsin.respond.defuse import defuse

SAMPLES = Path(__file__).parents[1] / "samples"
ACTING = frozenset(("receipt", "open", "reply", "print"))
# What the receiving server looked up is past; OpenPGP signatures in the text itself are not rewritten.
ELSEWHERE = {
    "receiver-dns": ("hit-random-envelope-domain", "hit-random-sender-domain", "hit-signing-domain"),
    "certificate": ("hit-openpgp-in-the-text",),
}
POLICIES = tuple(
    Policy(links, attachments, tokens)
    for links, attachments, tokens in (
        ("keep", "seal", "keep"),
        ("inert", "active", "keep"),
        ("keep", "keep", "cut"),
    )
)
FOLDERS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


@cache
def catalogue() -> Catalogue:
    return index_catalogue((), {})


def acting(raw: bytes) -> list[str]:
    found = observe_beacons(scan(raw), catalogue(), NO_NEEDLES).beacons
    return [f"{one.technique} {one.trigger} {one.url}" for one in found if one.trigger in ACTING]


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_acts_by_itself_any_more(folder: str) -> None:
    seen = 0
    for path in sorted((SAMPLES / folder).glob("*.eml")):
        raw = path.read_bytes()
        defused = defuse(raw)
        seen += 1
        assert defuse(defused.raw).raw == defused.raw, path.name
        assert not any(one.what == "mail-sealed" for one in defused.done), path.name
        if path.stem in ELSEWHERE.get(folder, ()):
            assert acting(defused.raw), f"{path.name} is no exception any more"
        else:
            assert acting(defused.raw) == [], path.name
    assert seen


FIELDS = (
    "Disposition-Notification-To: <tom@b.example>", "X-Confirm-Reading-To: tom@b.example", "Content-Base: https://b.example/",
    "BIMI-Location: v=BIMI1; l=https://b.example/a.svg", "X-Image-URL: https://b.example/a.png", "Subject: Hello",
    "List-Unsubscribe: <https://b.example/u>", "Content-Location: https://b.example/", "Subject: =?utf-8?q?Hello?=",
)  # fmt: skip
LINKS = (
    "<a href=https://9f2c41d07be84a3d9c5566ab01e7f3d8.b.example/>x</a>", "<a href=https://paper.example/>x</a>",
    "https://9f2c41d07be84a3d9c5566ab01e7f3d8.b.example/", "<https://q7zk2mx9w4vt8rn3.b.example/>", "www.b.example",
    "<img src=cid:a>", "<p>Hello", "<table><tr><td>", "</table>", "<!--", "-->", "<style>", "</style>", "<title>",
)  # fmt: skip


KINDS = (
    "text/html; charset=utf-8",
    "text/plain; charset=utf-8",
    "application/xhtml+xml",
    "text/html; charset=gbk",
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(FIELDS), max_size=3, unique=True),
    st.lists(st.sampled_from(PAGES + LINKS), min_size=1, max_size=6),
    st.sampled_from(KINDS),
    st.sampled_from(POLICIES),
)  # fmt: skip
def test_nothing_acts_in_what_is_put_together(
    fields: list[str], pieces: list[str], kind: str, policy: Policy
) -> None:
    head = "\r\n".join(["From: Tom Hadley <tom@weekly-observer.example>", *fields, f"Content-Type: {kind}"])
    page = "".join(pieces).encode("utf-8", "replace")
    for raw in (head.encode() + b"\r\n\r\n" + page, mixed(head, page, kind)):
        defused = defuse(raw, policy)
        assert acting(defused.raw) == []
        assert defuse(defused.raw, policy).raw == defused.raw


def mixed(head: str, page: bytes, kind: str) -> bytes:
    outer = head.replace(f"Content-Type: {kind}", "Content-Type: multipart/alternative; boundary=x")
    parts = f"{outer}\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x\r\nContent-Type: {kind}\r\n"
    return parts.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + encodebytes(page) + b"--x--\r\n"


FILES = (".pdf", ".docx", ".xlsx", ".pptx")
PICTURED = ("hit-page-with-picture",)  # a code to be read by a telephone: nothing in the file acts


@pytest.mark.parametrize("folder", ["office", "pdf", "qr"])
def test_files_that_act_are_sealed_and_some_others_stay(folder: str) -> None:
    kept = set()
    for path in sorted((SAMPLES / folder).glob("*.eml")):
        raw = path.read_bytes()
        if any(part.filename.lower().endswith(FILES) for part in scan(raw).parts):
            after = defuse(raw, Policy(attachments="active"))
            if any(part.filename.lower().endswith(FILES) for part in scan(after.raw).parts):
                kept.add(path.stem)
    assert {name for name in kept if not name.startswith("near-")} <= set(PICTURED)
    assert folder != "office" or "near-plain" in kept


def test_what_needs_no_change_stays_byte_for_byte() -> None:
    stayed = []
    for path in sorted(SAMPLES.glob("*/near-*.eml")):
        raw = path.read_bytes()
        after = defuse(raw)
        if not after.done and not after.reserialised:
            assert after.raw.partition(b"\n")[2] == raw, path
            assert after.raw.startswith(b"X-Tocsin-Defused: ")
            stayed.append(path)
    assert len(stayed) > 50
