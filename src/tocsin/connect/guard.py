"""The guard of a whole process: while mail is analysed, no socket opens.

An audit hook sees only what goes through the interpreter; parsers in C and Rust do not. On Linux a seccomp
filter therefore refuses the system calls themselves, for every thread and every child of the process, and
cannot be taken off again (seccomp(2), prctl(2)). Elsewhere the hook is all there is, and the program says so.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence

# Numbers of the refused system calls, from the kernel's own tables (asm/unistd.h, audit.h).
_X86_64 = 0xC000003E
_AARCH64 = 0xC00000B7
_SYSCALLS = {
    # audit value, (socket, connect, sendto, sendmsg, bind, listen, io_uring_setup), (execve, execveat)
    "x86_64": (_X86_64, (41, 42, 44, 46, 49, 50, 425), (59, 322)),
    "aarch64": (_AARCH64, (198, 203, 206, 211, 200, 201, 425), (221, 281)),
}
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
_X32_BIT = 0x40000000  # calls of the x32 table carry this bit and would pass by other numbers

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_RET_ALLOW = 0x7FFF0000
_RET_ERRNO = 0x00050000

_LOAD_WORD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_GREATER_EQUAL = 0x35
_RETURN = 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE = 0, 4
_OFFSET_DESCRIPTOR, _OFFSET_ADDRESS = 16, 16 + 4 * 8  # arguments 0 and 4 of sendto (low words; little-endian)
_SENDTO = 2  # its place among the network calls above

_NETWORK_EVENTS = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
        "socket.getnameinfo",
        "socket.sendto",
        "socket.sendmsg",
        "urllib.Request",
        "smtplib.connect",
        "ftplib.connect",
    }
)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


_Step = tuple[int, str, str, int]  # code, label if true, label if false ("" is the next step), value


def _assembled(steps: Sequence[_Step], labels: Mapping[str, int]) -> bytes:
    """Turn labels into the relative jumps of classic BPF."""
    program = []
    for position, (code, if_true, if_false, value) in enumerate(steps):
        jump_true = labels[if_true] - position - 1 if if_true else 0
        jump_false = labels[if_false] - position - 1 if if_false else 0
        program.append(struct.pack("=HBBI", code, jump_true, jump_false, value))
    return b"".join(program)


def _filter(audit_architecture: int, refused: tuple[int, ...], sendto: int, keep: tuple[int, ...]) -> bytes:
    """Build the BPF program: foreign architecture or a refused number returns EACCES, all else is allowed.

    `sendto` without an address passes on the sockets of `keep`, which were connected before.
    """
    steps: list[_Step] = [
        (_LOAD_WORD, "", "", _OFFSET_ARCHITECTURE),
        (_JUMP_EQUAL, "", "refuse", audit_architecture),
        (_LOAD_WORD, "", "", _OFFSET_NUMBER),
        (_JUMP_GREATER_EQUAL, "refuse", "", _X32_BIT),
    ]
    steps += [
        (_JUMP_EQUAL, "sendto" if number == sendto and keep else "refuse", "", number) for number in refused
    ]
    labels = {"allow": len(steps)}
    steps.append((_RETURN, "", "", _RET_ALLOW))
    labels["sendto"] = len(steps)
    for offset in (_OFFSET_ADDRESS, _OFFSET_ADDRESS + 4):
        steps += [(_LOAD_WORD, "", "", offset), (_JUMP_EQUAL, "", "refuse", 0)]
    steps.append((_LOAD_WORD, "", "", _OFFSET_DESCRIPTOR))
    for descriptor in keep:
        steps.append((_JUMP_EQUAL, "", f"not {descriptor}", descriptor))
        steps.append((_RETURN, "", "", _RET_ALLOW))
        labels[f"not {descriptor}"] = len(steps)
    labels["refuse"] = len(steps)
    steps.append((_RETURN, "", "", _RET_ERRNO | errno.EACCES))
    return _assembled(steps, labels)


def _refuse_by_kernel(*, programs_too: bool, keep: tuple[int, ...]) -> bool:
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _SYSCALLS:
        return False
    audit_architecture, network, execute = _SYSCALLS[machine]
    refused = network + (execute if programs_too else ())
    code = _filter(audit_architecture, refused, network[_SENDTO], keep)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    result = libc.syscall(
        _SYS_SECCOMP[machine], _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(program)
    )
    return bool(result == 0)


def _refuse_event(event: str, arguments: tuple[object, ...]) -> None:
    if event in _NETWORK_EVENTS:
        raise PermissionError(
            errno.EACCES, f"Tocsin contacts nothing while it reads mail; refused: {event}{arguments!r:.120}"
        )


def refuse_network(*, programs_too: bool = False, keep: Iterable[int] = ()) -> str:
    """Close the network to this process for good, and to all processes it starts from now on.

    With `programs_too` no other program can be started either (workers need none). `keep` are descriptors of sockets
    that are connected already, to a database that the operator named: what goes over them still goes, new ones are
    refused like all others, and workers, which close the network for themselves, cannot use them. Returns how it
    is held: "kernel" (seccomp filter and audit hook) or "interpreter" (audit hook alone, where the kernel offers no
    filter). Pipes and `socketpair` keep working: they reach nobody outside.
    """
    held = _refuse_by_kernel(programs_too=programs_too, keep=tuple(keep))
    sys.addaudithook(_refuse_event)
    return "kernel" if held else "interpreter"
