"""Where mail lies: the name it is reported under, the mailbox and folder that it belongs to."""

from __future__ import annotations

import os

import msgspec
from msgspec.structs import replace

from tocsin.connect.folder_names import is_inbox, is_sent, printable, stem
from tocsin.connect.maildir import flags_of, folder_of


class Place(msgspec.Struct, frozen=True):
    """One file, archive member or stream on its way to a reader.

    `label` is the printable `path` or `path#member`. `shelf` is the mailbox of loose mails that lie here:
    their folder, or the account around it. A file that holds several mails is a mailbox of its own, unless
    `account` says that the shelf is a recognised account, and then `folder` names the file's place in it.
    `given`: the user named this very path, so that nothing about it is passed over in silence.
    """

    label: str
    shelf: str
    folder: str = ""
    account: bool = False
    outgoing: bool = False
    depth: int = 0
    given: bool = False
    flags: str = ""
    in_maildir: bool = False
    packed: bool = False  # already one compressed stream deep, which alone does not count as depth
    size: int = 0  # bytes of the file, 0 where unknown

    @property
    def mailbox(self) -> str:
        """The mailbox of mails in a file that holds several."""
        return self.shelf if self.account else self.label

    def at(self, offset: int) -> str:
        """The source of the mail that starts `offset` bytes into this place."""
        return f"{self.label}@{offset}" if "#" in self.label else f"{self.label}#@{offset}"

    def member(self, name: str) -> str:
        """The label of a member of this archive."""
        return f"{self.label}#{printable(name)}"


def place_of_file(path: str, *, given: bool = False, size: int = 0) -> Place:
    """The place of a file that was named without its folder being walked: its own name decides."""
    parent, name = os.path.split(path)
    around, holder = os.path.split(parent)
    known = is_inbox(name) or is_sent(name)
    if not known and (is_inbox(holder) or is_sent(holder)):
        return Place(
            label=printable(path),
            shelf=printable(around or "."),
            folder=printable(stem(holder)),
            account=True,
            outgoing=is_sent(holder),
            given=given,
            size=size,
        )
    return Place(
        label=printable(path),
        shelf=printable(parent or "."),
        folder=printable(stem(name)) if known or is_sent(name) else "",
        account=known,
        outgoing=is_sent(name),
        given=given,
        size=size,
    )


def place_of_member(archive: Place, name: str, size: int = 0) -> Place:
    """The place of an archive member, by its own path alone, since archives are read as a stream.

    Maildirs are known by their `cur` and `new` folders; a folder or file called like an inbox or a sent
    folder makes the folder around it an account. Everything else is a loose mail of its folder or a mailbox
    file.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    base = Place(label=archive.member(name), shelf=archive.label, depth=archive.depth + 1, size=size)
    if archive.account:
        return replace(
            base, shelf=archive.shelf, account=True, folder=archive.folder, outgoing=archive.outgoing
        )
    if len(parts) >= 2 and parts[-2] in ("cur", "new"):
        holder = parts[:-2]
        folder = "INBOX"
        if holder and holder[-1].startswith("."):
            folder = folder_of(holder.pop())
        sent = is_sent(folder.rsplit("/", 1)[-1])
        shelf = _inside(archive.label, holder)
        return replace(
            base,
            shelf=shelf,
            account=True,
            folder=folder,
            outgoing=sent,
            in_maildir=True,
            flags=flags_of(parts[-1], parts[-2]),
        )
    for at, part in enumerate(parts):
        if is_inbox(part) or is_sent(part):
            inner = [stem(piece) for piece in parts[at:-1]] or [stem(part)]
            sent = any(is_sent(piece) for piece in parts[at:])
            shelf = _inside(archive.label, parts[:at])
            return replace(base, shelf=shelf, account=True, folder=printable("/".join(inner)), outgoing=sent)
    return replace(base, shelf=_inside(archive.label, parts[:-1]))


def _inside(root: str, parts: list[str]) -> str:
    return f"{root}#{printable('/'.join(parts))}" if parts else root
