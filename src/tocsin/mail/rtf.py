"""RTF as Outlook carries it: decompressed (MS-OXRTFCP), the HTML or text inside taken out (MS-OXRTFEX)."""

from __future__ import annotations

import re
import struct

import msgspec

from tocsin.mail.charsets import decode_text, without_surrogates

_LARGEST = 16 << 20  # bytes that one compressed body may unpack to
_COMPRESSED = 0x75465A4C
_STORED = 0x414C454D
# The dictionary that both sides start with, MS-OXRTFCP 2.1.2.1.
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New Roman"
    b"Courier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard"
    b"\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\x00]+"
    r"|([^\\{}\r\n\x00]+)|\\",
    re.S,
)
_SKIPPED = frozenset(
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "info",
        "pict",
        "header",
        "footer",
        "headerl",
        "headerr",
        "footerl",
        "footerr",
        "listtable",
        "revtbl",
        "filetbl",
    ]
)
_SYMBOLS = {
    "par": "\r\n", "line": "\r\n", "tab": "\t", "lquote": "&lsquo;", "rquote": "&rsquo;",
    "ldblquote": "&ldquo;", "rdblquote": "&rdquo;", "bullet": "&bull;", "endash": "&ndash;",
    "emdash": "&mdash;", "enspace": "&ensp;",
    "emspace": "&emsp;", "row": "\r\n", "cell": "\t",
}  # fmt: skip
_PLAIN_SYMBOLS = {
    "&lsquo;": "\u2018", "&rsquo;": "\u2019", "&ldquo;": "\u201c", "&rdquo;": "\u201d", "&bull;": "\u2022",
    "&ndash;": "\u2013", "&mdash;": "\u2014", "&ensp;": "\u2002", "&emsp;": "\u2003", "&nbsp;": "\xa0",
    "&shy;": "\xad",
}  # fmt: skip
_FONT_CHARSETS = {
    "77": "macintosh", "128": "cp932", "129": "cp949", "130": "johab", "134": "gbk", "136": "big5",
    "161": "windows-1253",
    "162": "windows-1254", "163": "windows-1258", "177": "windows-1255", "178": "windows-1256",
    "186": "windows-1257",
    "204": "windows-1251", "222": "windows-874", "238": "windows-1250", "254": "cp437",
}  # fmt: skip
_FONT = re.compile(r"\\f(\d{1,5})(?:\\[a-z]+-?\d*\s?)*?\\fcharset(\d{1,3})")
_CODE_PAGE = re.compile(r"\\ansicpg(\d{1,5})")
_CODE_PAGES = {
    "932": "cp932",
    "936": "gbk",
    "949": "cp949",
    "950": "big5",
    "65001": "utf-8",
    "10000": "macintosh",
}


class Encapsulated(msgspec.Struct, frozen=True):
    """What an RTF body was made from: `media_type` is text/html or text/plain."""

    media_type: str
    text: str


def decompress_rtf(data: bytes) -> bytes:
    """The RTF inside PidTagRtfCompressed; damaged data gives what could be read. Never raises.

    Unpacks at most 16 MiB. Sizes and checksum of the header are not trusted.
    """
    if len(data) < 16:
        return b""
    _, raw_size, magic, _ = struct.unpack_from("<IIII", data)
    if magic == _STORED:
        return data[16 : 16 + raw_size]
    if magic != _COMPRESSED:
        return data if data.startswith(b"{\\rtf") else b""
    window = bytearray(_DICTIONARY.ljust(4096, b" "))
    write = len(_DICTIONARY)
    output = bytearray()
    position, size = 16, len(data)
    while position < size and len(output) < _LARGEST:
        flags = data[position]
        position += 1
        for bit in range(8):
            if flags >> bit & 1:
                if position + 2 > size:
                    return bytes(output)
                token = data[position] << 8 | data[position + 1]
                position += 2
                offset = token >> 4
                if offset == write:
                    return bytes(output)
                for _ in range((token & 15) + 2):
                    byte = window[offset]
                    output.append(byte)
                    window[write] = byte
                    offset, write = (offset + 1) & 4095, (write + 1) & 4095
            else:
                if position >= size:
                    return bytes(output)
                byte = data[position]
                position += 1
                output.append(byte)
                window[write] = byte
                write = (write + 1) & 4095
    return bytes(output)


class _State(msgspec.Struct):
    """What a group inherits and gives back when it closes (MS-OXRTFEX 2.1.3)."""

    tag: bool = False  # inside \*\htmltag
    hidden: bool = False  # between \htmlrtf and \htmlrtf0
    skipped: bool = False  # inside a destination that shows nothing
    charset: str = ""
    fallback: int = 1  # \uc: characters after \u that stand in for it


def encapsulated(rtf: bytes) -> Encapsulated | None:
    """The HTML or plain text that an RTF body was generated from, or None where it was not. Never raises."""
    text = rtf.decode("latin-1")
    head = text[:4096]
    html = "\\fromhtml" in head
    if not html and "\\fromtext" not in head:
        return None
    page = _CODE_PAGE.search(head)
    default = _CODE_PAGES.get(page[1], f"windows-{page[1]}") if page is not None else "windows-1252"
    fonts = {number: _FONT_CHARSETS.get(charset, default) for number, charset in _FONT.findall(text[:65536])}
    result = without_surrogates(
        "".join(_pieces(text, html, default, fonts))
        .encode("utf-16-le", "surrogatepass")
        .decode("utf-16-le", "replace")
    )
    if not html:
        for entity, character in _PLAIN_SYMBOLS.items():
            result = result.replace(entity, character)
    return Encapsulated("text/html" if html else "text/plain", result)


def _pieces(text: str, html: bool, default: str, fonts: dict[str, str]) -> list[str]:
    pieces: list[str] = []
    pending = bytearray()  # bytes in the state's charset: two of them may make one character
    stack: list[_State] = []
    state = _State(charset=default)
    skip = 0  # characters still to pass over after \u
    starred = False
    position, size = 0, len(text)

    def flush() -> None:
        if pending:
            pieces.append(decode_text(bytes(pending), state.charset))
            pending.clear()

    while position < size:
        token = _TOKEN.match(text, position)
        if token is None:
            break
        position = token.end()
        word, number, code, symbol, brace, plain = token.groups()
        visible = not (state.skipped or state.hidden) or (state.tag and not state.skipped)
        if plain is not None:
            if skip:
                plain, skip = plain[skip:], max(0, skip - len(plain))
            if visible:
                pending += plain.encode("latin-1")
        elif code is not None:
            if skip:
                skip -= 1
            elif visible:
                pending.append(int(code, 16))
        elif brace == "{":
            flush()
            stack.append(msgspec.structs.replace(state))
            skip, starred = 0, False
        elif brace == "}":
            flush()
            state = stack.pop() if stack else state
            skip, starred = 0, False
        elif word is not None:
            if word == "bin":
                position += max(0, int(number or 0))
            elif word == "u":
                flush()
                if visible and number is not None:
                    pieces.append(chr(int(number) & 0xFFFF))
                skip = state.fallback
                continue
            elif word == "uc":
                state.fallback = min(int(number or 1), 16) if int(number or 1) >= 0 else 1
            elif word == "htmlrtf":
                flush()
                state.hidden = number != "0"
            elif word == "f":
                flush()
                state.charset = fonts.get(number or "0", default)
            elif word == "htmltag" and starred:
                flush()
                state.tag, state.hidden, state.charset = True, False, default
            elif starred or word in _SKIPPED:
                flush()
                state.skipped = True
            elif visible and word in _SYMBOLS:
                flush()
                mark = _SYMBOLS[word]
                pieces.append(mark)
            starred = False
        elif symbol is not None:
            if symbol == "*":
                starred = True
            elif skip:
                skip -= 1
            elif visible and symbol in "\\{}":
                pending += symbol.encode("latin-1")
            elif visible and symbol in "~_":
                flush()
                pieces.append("&nbsp;" if symbol == "~" else "&shy;")
            elif visible and symbol in "\r\n":
                flush()
                pieces.append("\r\n")
    flush()
    return pieces
