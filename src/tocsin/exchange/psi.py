"""Private set intersection by OpenMined's library: points on P-256, raised to secret keys by both sides.

The asker sends H(x)^a for each entry of theirs; the answerer returns each to the power of b, and H(y)^b for each entry
of their own, sorted; the asker takes a off again and sees which are among these. Nobody without a and b can tell what a
point was made of. Angelou et al., arXiv 2011.09350; what is listed is sent whole ("raw"): none is taken for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

POINT_BYTES = 33  # a compressed point of P-256: a byte of 2 or 3, and x


class PsiMissing(RuntimeError):
    """The library is not installed; the message says how to get it."""


class PsiRefused(ValueError):
    """The library refused what it was given: a point that lies on no curve, or a key out of range."""


def ask(entries: Sequence[str], key: bytes | None = None) -> tuple[bytes, tuple[bytes, ...]]:
    """The asker's key, and a point for each entry, in this order; the key is new unless one is given."""
    psi = _library()
    try:
        client = psi.client.CreateFromKey(key, True) if key is not None else psi.client.CreateWithNewKey(True)
        request = client.CreateRequest(list(entries))
    except RuntimeError as error:
        raise PsiRefused(_first_line(error)) from error
    return bytes(client.GetPrivateKeyBytes()), tuple(request.encrypted_elements)


def answer(
    points: Sequence[bytes], entries: Sequence[str], key: bytes | None = None
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The asker's points to the power of the answerer's key, in their order; and the answerer's own, sorted.

    The key is new and forgotten unless one is given. Raises PsiRefused for a point that lies on no curve.
    """
    psi = _library()
    try:
        server = psi.server.CreateFromKey(key, True) if key is not None else psi.server.CreateWithNewKey(True)
        request = psi.Request(reveal_intersection=True, encrypted_elements=points)
        response = server.ProcessRequest(request)
        setup = server.CreateSetupMessage(0.0, len(points), list(entries), psi.DataStructure.RAW)
    except RuntimeError as error:
        raise PsiRefused(_first_line(error)) from error
    return tuple(response.encrypted_elements), tuple(setup.raw.encrypted_elements)


def common(key: bytes, returned: Sequence[bytes], listed: Sequence[bytes]) -> tuple[int, ...]:
    """Places, ascending, of the asker's entries that are among the answerer's. Raises PsiRefused."""
    psi = _library()
    setup = psi.ServerSetup()
    setup.raw.encrypted_elements.extend(listed)
    try:
        client = psi.client.CreateFromKey(key, True)
        found = client.GetIntersection(setup, psi.Response(encrypted_elements=returned))
    except RuntimeError as error:
        raise PsiRefused(_first_line(error)) from error
    return tuple(sorted(found))


def _library() -> Any:
    try:
        import private_set_intersection.python as psi  # native code: only where it is used
    except ImportError as error:
        raise PsiMissing(
            "private set intersection needs a library that is not installed: pip install 'tocsin[psi]' "
            "(Linux on x86-64 with glibc 2.35 or later, macOS 14 on arm64); elsewhere use tocsin targets share"
        ) from error
    return psi


def _first_line(error: RuntimeError) -> str:
    return (str(error).splitlines() or ["refused"])[0][:200]
