"""Defuses one mail, keeps its original sealed, and gives it back; all files are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from tocsin.mail.mime import scan
from tocsin.mail.smime import arrival_of
from tocsin.model.defused import DefusedFile, Policy
from tocsin.model.signature import NO_ANCHORS, Anchors
from tocsin.respond.defuse import defuse
from tocsin.respond.sealed import LARGEST, SUFFIX, Head, SealBroken, seal, unseal

STANDARD = Path("-")
_NOT_MAIL = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"!BDN", b"PK\x03\x04", b"%PDF")


class Unusable(ValueError):
    """What was named cannot be used as it was asked; the message says what to do."""


class Unreadable(ValueError):
    """The mail, or what is sealed, cannot be read; the message says why."""


class Unwritable(ValueError):
    """The output cannot be written; nothing was."""


def policy_of(links: str, attachments: str, tokens: str) -> Policy:
    """The policy of a command's options."""
    return Policy(links, attachments, tokens)


def places(source: Path, output: Path | None, sealed: Path | None) -> tuple[Path, Path]:
    """Where the defused mail and the sealed original go. Raises Unusable."""
    if output is None:
        output = STANDARD if source == STANDARD else source.with_name(source.stem + ".defused.eml")
    if sealed is None:
        if output == STANDARD:
            raise Unusable("say where the original is to be kept: --sealed FILE (or a folder)")
        sealed = output.with_name(output.name + SUFFIX)
    elif sealed.is_dir():
        name = output if output != STANDARD else source if source != STANDARD else Path("mail.eml")
        sealed = sealed / (name.name + SUFFIX)
    elif not sealed.name.endswith(SUFFIX):
        raise Unusable(f"--sealed {sealed}: the name must end in {SUFFIX}, so that no program opens it")
    for path in (output, sealed):
        if path != STANDARD and not path.absolute().parent.is_dir():
            raise Unusable(f"{path}: that folder does not exist; make it first")
        if path != STANDARD and path.is_dir():
            raise Unusable(f"{path}: this is a folder; name a file")
    return output, sealed


def defuse_file(
    source: Path,
    output: Path,
    sealed: Path,
    policy: Policy,
    *,
    stdin: BinaryIO,
    stdout: BinaryIO,
    largest: int,
    anchors: Anchors = NO_ANCHORS,
    now_s: float = 0.0,
) -> DefusedFile:
    """Read one mail, put its original under seal, then write it defused.

    Signatures are held to `anchors` at the time when the mail came, as its receiver recorded it, else at `now_s`.
    Raises Unreadable, Unusable where the sealed file's place is taken by another mail, Unwritable.
    """
    raw = _read(source, stdin, largest)
    if not raw.strip():
        raise Unreadable(f"{source}: holds nothing; a mail was expected")
    if raw.startswith(_NOT_MAIL):
        raise Unreadable(f"{source}: is no mail in its own text (.eml); save it as one first")
    at_s = arrival_of(scan(raw), now_s) if anchors.certificates else now_s
    defused = defuse(raw, policy, anchors, at_s)
    fresh = _keep(raw, sealed)
    try:
        _write(defused.raw, output, stdout)
    except OSError as error:
        if fresh and output != STANDARD:
            sealed.unlink(missing_ok=True)
        raise Unwritable(
            f"{_named(output)}: cannot be written ({error.strerror or error}); make room and run again"
        ) from error
    return DefusedFile(str(source), str(output), str(sealed), _digest(raw), _digest(defused.raw), defused)


def restore_file(source: Path, output: Path, *, stdin: BinaryIO, stdout: BinaryIO) -> Head:
    """Give back the mail that lies sealed, byte for byte. Raises Unreadable, Unusable, Unwritable."""
    try:
        raw, head = unseal(_read(source, stdin, LARGEST))
    except SealBroken as error:
        raise Unreadable(f"{source}: {error}") from error
    if output != STANDARD and output.exists() and not (output.is_file() and output.read_bytes() == raw):
        raise Unusable(f"{output}: is there already and is not this mail; name another file")
    try:
        _write(raw, output, stdout)
    except OSError as error:
        raise Unwritable(
            f"{_named(output)}: cannot be written ({error.strerror or error}); make room and run again"
        ) from error
    return head


def _read(source: Path, stdin: BinaryIO, largest: int) -> bytes:
    try:
        if source == STANDARD:
            raw = stdin.read(largest + 1)
        else:
            with source.open("rb") as file:
                raw = file.read(largest + 1)
    except OSError as error:
        raise Unreadable(f"{source}: cannot be read ({error.strerror or error})") from error
    if len(raw) > largest:
        raise Unreadable(f"{source}: is larger than {largest} bytes (max_mail_bytes in the settings)")
    return raw


def _keep(raw: bytes, sealed: Path) -> bool:
    """Write the original under seal; whether the file is new."""
    try:
        if sealed.exists():
            try:
                known = unseal(sealed.read_bytes())[0]
            except SealBroken:
                known = b""
            if known == raw:
                return False
            raise Unusable(f"{sealed}: holds something else already; name another place with --sealed")
        _whole(seal(raw), sealed)
    except OSError as error:
        raise Unwritable(
            f"{sealed}: cannot be written ({error.strerror or error}); the mail was left as it is"
        ) from error
    return True


def _write(data: bytes, output: Path, stdout: BinaryIO) -> None:
    if output == STANDARD:
        stdout.write(data)
        stdout.flush()
    else:
        _whole(data, output)


def _whole(data: bytes, path: Path) -> None:
    """Write a file that only its owner may read: all of it, on the disk, or none."""
    draft = path.with_name(f".tocsin-{secrets.token_hex(6)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _named(path: Path) -> str:
    return "standard output" if path == STANDARD else str(path)
