"""Who runs the program, as the audit of a store names them."""

from __future__ import annotations

import getpass
import os


def account() -> str:
    """The account of the operating system, for the audit: by its number, since the environment can say anything.

    The name comes from /etc/passwd, or is "uid 1000": a directory of accounts would be asked over a socket.
    """
    if not hasattr(os, "getuid"):
        return getpass.getuser()
    number = str(os.getuid())
    try:
        with open("/etc/passwd", encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.split(":")
                if len(fields) > 2 and fields[2] == number:
                    return fields[0]
    except OSError:
        pass
    return f"uid {number}"
