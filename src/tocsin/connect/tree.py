"""Folders as mail programs leave them: which files lie in them, and whose mailbox they are.

A folder is an account, so that all below it is one mailbox with folders, when it
- is a Maildir (`cur` beside `new` or `tmp`),
- is a Thunderbird or Mozilla mail folder (`.msf` indexes or `.sbd` subfolders),
- holds Apple Mail's `.mbox` folders, or is one that was copied alone,
- holds something called like an inbox or a sent folder.
Anywhere else each mbox is its own mailbox, and loose mails belong to the folder they lie in (MH, exports).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence

from tocsin.connect.folder_names import is_inbox, is_sent, printable, stem
from tocsin.connect.maildir import MAIL_FOLDERS, flags_of, folder_of, is_maildir
from tocsin.connect.place import Place
from tocsin.model.source import ReadError

# Written by mail programs and systems beside the mail: never worth a line in a report.
_COMPANIONS = (
    ".msf",
    ".mozmsgs",
    ".wdseml",
    ".lock",
    ".plist",
    ".emlxpart",
    ".sqlite",
    ".sqlite-wal",
    ".sqlite-shm",
    ".dns",  # records that lie beside a mail (`connect.files`)
)
_COMPANION_NAMES = frozenset(
    {
        ".ds_store",
        "thumbs.db",
        "desktop.ini",
        "maildirfolder",
        "maildirsize",
        "subscriptions",
        "dovecot-uidlist",
        "dovecot-keywords",
        "dovecot-uidvalidity",
        "dovecot-acl-list",
        ".mh_sequences",
        ".xmhcache",
        "msgfilterrules.dat",
        "popstate.dat",
        "filterlog.html",
        "table_of_contents",
        "panacea.dat",
        ".nomedia",
        "courierimapuiddb",
        "courierimapsubscribed",
        "truth.jsonl",
    }
)


class _Folder:
    """A folder on the way: where it is, and the account it belongs to."""

    __slots__ = ("account", "folder", "path", "sent")

    def __init__(self, path: str, account: str, folder: str, sent: bool) -> None:
        self.path, self.account, self.folder, self.sent = path, account, folder, sent


def walk(root: str) -> Iterator[tuple[str, Place] | ReadError]:
    """The regular files below a folder in the order of their names, each with its place.

    Nothing but folders and regular files is ever opened. A folder that was seen before (a loop of links) is
    passed over; one that cannot be listed is a ReadError.
    """
    account, folder = _account_around(root)
    pending = [_Folder(root, account, folder, is_sent(os.path.basename(os.path.abspath(root))))]
    seen: set[tuple[int, int]] = set()
    while pending:
        here = pending.pop()
        try:
            status = os.stat(here.path)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(here.path) as entries:
                listed = sorted((entry.name, _is_directory(entry)) for entry in entries)
        except OSError as error:
            yield unreadable(here.path, error, "folder")
            continue
        directories = [name for name, is_directory in listed if is_directory]
        files = [name for name, is_directory in listed if not is_directory]
        if not here.account and is_account(directories, files):
            here.account = here.path
        maildir = is_maildir(directories)
        yield from _files(here, files)
        pending.extend(
            _below(here, name, maildir) for name in reversed(directories) if not _passed_over(name, maildir)
        )


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def total_size(root: str) -> int:
    """The bytes in all files below a folder, links to folders not followed."""
    total, pending = 0, [root]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.is_file():
                        total += entry.stat().st_size
    return total


def is_account(directories: Sequence[str], files: Sequence[str]) -> bool:
    """Whether a folder with these entries is the top of one account."""
    return (
        is_maildir(directories)
        or any(name.endswith(".msf") for name in files)
        or any(name.endswith((".sbd", ".mbox", ".imapmbox")) for name in directories)
        or any(is_inbox(name) or is_sent(name) for name in (*directories, *files))
    )


def is_companion(name: str) -> bool:
    """Whether a file is an index or setting that mail programs keep beside the mail."""
    lower = name.lower()
    return lower in _COMPANION_NAMES or lower.endswith(_COMPANIONS) or lower.startswith(("dovecot.", "._"))


def unreadable(path: str, error: OSError, what: str = "file") -> ReadError:
    """The error for a file or folder that the system does not let us read."""
    if error.errno == errno.EACCES or error.errno == errno.EPERM:
        return ReadError(
            "permission-denied",
            printable(path),
            f"This {what} may not be read by this user. Give read permission, or run as the user whose "
            "mail it is.",
        )
    if error.errno == errno.ENOENT and os.path.islink(path):
        return ReadError("broken-link", printable(path), "This link points to a file that is not there.")
    if error.errno == errno.ENOENT:
        return ReadError("not-found", printable(path), f"There is no such {what}. Check the spelling.")
    if error.errno == errno.ELOOP:
        return ReadError("link-loop", printable(path), "This link leads back to itself and was passed over.")
    return ReadError(
        "unreadable", printable(path), f"This {what} could not be read: {error.strerror or error}."
    )


def special_file(path: str, mode: int) -> ReadError:
    """The error for a pipe, socket or device, which is never opened."""
    kinds = ((stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISBLK, "a device"),
             (stat.S_ISCHR, "a device"))  # fmt: skip
    what = next((text for test, text in kinds if test(mode)), "no ordinary file")
    return ReadError(
        "not-a-file",
        printable(path),
        f"This is {what}, which is not opened. To read from a pipe use: ... | tocsin scan -",
    )


def _account_around(root: str) -> tuple[str, str]:
    """The account and folder that a folder named by the user belongs to by its own name.

    "export/Sent" is part of "export", "Maildir/.Work/cur" of "Maildir".
    """
    parent, name = os.path.split(root.rstrip("/"))
    around, holder = os.path.split(parent)
    if name in MAIL_FOLDERS:
        return (around or ".", folder_of(holder)) if holder.startswith(".") else (parent or ".", "INBOX")
    return (parent or ".", printable(stem(name))) if is_inbox(name) or is_sent(name) else ("", "")


def _passed_over(name: str, maildir: bool) -> bool:
    return (maildir and name == "tmp") or name == ".git"


def _below(here: _Folder, name: str, maildir: bool) -> _Folder:
    path = os.path.join(here.path, name)
    if not here.account:
        return _Folder(path, "", "", is_sent(name))
    if name in MAIL_FOLDERS and (maildir or os.path.basename(here.path).startswith(".")):
        return _Folder(path, here.account, here.folder or "INBOX", here.sent)
    if maildir and name.startswith("."):
        folder = folder_of(name)
        return _Folder(path, here.account, folder, is_sent(folder.rsplit("/", 1)[-1]))
    if _is_apple_inside(name):
        return _Folder(path, here.account, here.folder, here.sent)
    folder = f"{here.folder}/{printable(stem(name))}" if here.folder else printable(stem(name))
    return _Folder(path, here.account, folder, here.sent or is_sent(name))


def _is_apple_inside(name: str) -> bool:
    """Apple Mail keeps the mails of Inbox.mbox in Inbox.mbox/<UUID>/Data/1/2/Messages."""
    return (
        name in ("Data", "Messages")
        or (len(name) == 1 and name.isdigit())
        or (len(name) == 36 and name.count("-") == 4)
    )


def _files(here: _Folder, names: Sequence[str]) -> Iterator[tuple[str, Place] | ReadError]:
    in_maildir = os.path.basename(here.path) in ("cur", "new") and bool(here.account)
    for name in names:
        path = os.path.join(here.path, name)
        try:
            status = os.stat(path)
        except OSError as error:
            yield unreadable(path, error)
            continue
        if not stat.S_ISREG(status.st_mode):
            yield special_file(path, status.st_mode)
            continue
        yield path, _place(here, name, path, status.st_size, in_maildir)


def _place(here: _Folder, name: str, path: str, size: int, in_maildir: bool) -> Place:
    sent = is_sent(name)
    folder = here.folder
    if here.account and not in_maildir and name != "mbox" and (sent or is_inbox(name) or "." not in name):
        folder = "/".join(filter(None, (here.folder, printable(stem(name)))))
    elif sent and not here.account:
        folder = printable(stem(name))
    return Place(
        label=printable(path),
        shelf=printable(here.account or here.path),
        folder=folder,
        account=bool(here.account),
        outgoing=here.sent or sent,
        flags=flags_of(name, os.path.basename(os.path.dirname(path))) if in_maildir else "",
        in_maildir=in_maildir,
        size=size,
    )
