"""Which format of intelligence some bytes are in, told by content alone, and the reader for it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.exchange.csv_in import find_header, read_csv
from tocsin.exchange.entries import Entry, UnreadableIntel, as_utf8, collect, is_binary
from tocsin.exchange.lists_in import read_list
from tocsin.exchange.maltrail_in import is_maltrail, read_maltrail
from tocsin.exchange.misp_in import manifest_of, read_misp
from tocsin.exchange.stix_in import is_old_stix, read_stix, refused_old
from tocsin.model.intel import Intelligence

FORMATS = ("stix", "misp", "csv", "list", "maltrail")
EXPECTED = "a STIX 2.1 bundle, a MISP event, a CSV table with a header, a list of one value a line, or a maltrail block"


_NONE = msgspec.Raw()  # a key that is not there


class _Keys(msgspec.Struct, frozen=True):
    """The outermost keys that tell JSON formats apart."""

    type: msgspec.Raw = _NONE
    objects: msgspec.Raw = _NONE
    spec_version: msgspec.Raw = _NONE
    id: msgspec.Raw = _NONE
    Event: msgspec.Raw = _NONE
    response: msgspec.Raw = _NONE
    Attribute: msgspec.Raw = _NONE
    info: msgspec.Raw = _NONE


def format_of(data: bytes, place: str) -> str:
    """One of FORMATS, or "misp-manifest" for the table of contents of a feed.

    Raises UnreadableIntel for an empty file, binary data and JSON of another kind.
    """
    if not data[:65536].strip() and not data.strip():
        raise UnreadableIntel(f"{place}: is empty; expected {EXPECTED}")
    if is_binary(data):
        raise UnreadableIntel(f"{place}: is no text; expected {EXPECTED}")
    head = as_utf8(data[:65536]).lstrip()
    if is_old_stix(head):
        raise refused_old(place)
    if head[:1] in (b"{", b"["):
        return _json_format(as_utf8(data), place)
    if is_maltrail(head):
        return "maltrail"
    return "csv" if find_header(data) is not None else "list"


def read(
    data: bytes, source: str, place: str, *, format: str = "", by_pymisp: bool = True
) -> Iterator[Entry]:
    """Entries of one file; `place` is how it is called in what cannot be understood.

    Raises UnreadableIntel, while reading, for what cannot be read to its end.
    """
    match format or format_of(data, place):
        case "stix":
            return read_stix(data, source, place)
        case "misp":
            return read_misp(data, source, place, by_pymisp=by_pymisp)
        case "csv":
            return read_csv(data, source, place)
        case "maltrail":
            return read_maltrail(data, source, place)
        case "list":
            return read_list(data, source, place)
    raise UnreadableIntel(
        f"{place}: is a MISP feed's table of contents; name the folder that it stands in, or the feed's address"
    )


def read_whole(data: bytes, source: str, place: str) -> Intelligence:
    """Everything that one file gives, at once."""
    return collect(read(data, source, place))


def _json_format(data: bytes, place: str) -> str:
    expected = "expected a STIX 2.1 bundle or a MISP event"
    try:
        if data.lstrip()[:1] == b"[":
            first = msgspec.json.decode(data, type=list[msgspec.Raw])[:1]
            if not first:
                raise UnreadableIntel(f"{place}: is an empty list; {expected}")
            return _json_format(bytes(first[0]), place)
        keys = msgspec.json.decode(data, type=_Keys)
    except RecursionError as error:
        raise UnreadableIntel(f"{place}: is JSON nested too deeply; {expected}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        said = str(error)[:150]
        raise UnreadableIntel(f"{place}: is damaged JSON ({said}); {expected}, whole") from error
    if len(keys.Event) > 0 or len(keys.response) > 0 or len(keys.Attribute) > 0:
        return "misp"
    if len(keys.objects) > 0 or len(keys.spec_version) > 0 or (len(keys.type) > 0 and len(keys.id) > 0):
        return "stix"
    if len(keys.info) > 0:
        return "misp"
    if manifest_of(data) is not None:
        return "misp-manifest"
    raise UnreadableIntel(f"{place}: is JSON of another kind; {expected}")
