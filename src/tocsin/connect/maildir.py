"""Maildir: a mail is a file in `cur` or `new`, its flags are in its name, subfolders are Maildirs themselves.

Source: https://cr.yp.to/proto/maildir.html, and Maildir++ of Courier for subfolders (".Sent.2024").
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.connect.folder_names import decode_modified_utf7, encode_modified_utf7, printable

MAIL_FOLDERS = ("cur", "new")  # `tmp` holds mails whose delivery never ended
_FLAGS = frozenset("SRPFDT")


def is_maildir(names: Iterable[str]) -> bool:
    """Whether a directory with these subdirectories is a Maildir."""
    held = set(names)
    return "cur" in held and ("new" in held or "tmp" in held)


def flags_of(name: str, folder: str = "cur") -> str:
    """The flags in a file name (":2,RS", on some systems ";2,RS" or "!2,RS"), sorted, "SRPFDT" only.

    "U" for a mail that has none of them, "N" for one that still lies in `new`, which programs empty when they list
    mails, "" for one whose name keeps no flags.
    """
    for mark in (":2,", ";2,", "!2,", "_2,"):
        at = name.rfind(mark)
        if at >= 0:
            return "".join(sorted(_FLAGS.intersection(name[at + 3 :]))) or _none(folder)
    return "N" if folder == "new" else ""


def _none(folder: str) -> str:
    return "N" if folder == "new" else "U"


def folder_of(name: str) -> str:
    """The folder that a Maildir++ subdirectory stands for: ".Sent.2024" is "Sent/2024"."""
    return printable(decode_modified_utf7(name.lstrip(".")).replace(".", "/"))


def maildir_folder(name: str) -> str:
    """The subdirectory of a folder, "." for the inbox itself; both "/" and "." part folder from subfolder."""
    if name.upper() == "INBOX":
        return "."
    encoded = encode_modified_utf7(name).replace("/", ".").strip(".")
    return f".{encoded[:200] or '_'}"


def maildir_flags(flags: Iterable[str]) -> str:
    """IMAP's flags as the letters in a file name, sorted."""
    letters = {
        "\\seen": "S",
        "\\answered": "R",
        "$forwarded": "P",
        "\\flagged": "F",
        "\\draft": "D",
        "\\deleted": "T",
    }
    return "".join(sorted({letters[flag.lower()] for flag in flags if flag.lower() in letters}))
