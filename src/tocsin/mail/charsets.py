"""Charset labels as mail and the web use them, and decoding that never fails."""

from __future__ import annotations

import codecs
import re

# Only these codecs are ever called: a label from mail must not reach Python's other ones (punycode is
# quadratic,
# unicode_escape rewrites text). Labels follow WHATWG Encoding 4.2, plus those that mail still carries.
_LABELS = {
    "utf-8": (
        "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8 unicode11utf8 unicode20utf8 utf_8 utf-8-sig cp65001 u8"
    ),
    "utf-7": "utf-7 utf7 unicode-1-1-utf-7 csunicode11utf7 x-unicode-2-0-utf-7 utf_7",
    "utf-16-le": "utf-16le utf-16-le unicode iso-10646-ucs-2 ucs-2 csunicode unicodefeff utf16le",
    "utf-16-be": "utf-16be utf-16-be unicodefffe utf16be",
    "utf-16": "utf-16 utf16",
    "utf-32": "utf-32 utf32 ucs-4",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
    "windows-1252": (
        "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 "
        "l1 iso-ir-100 cp819 "
        "ibm819 iso_8859-1:1987 csisolatin1 iso-8859-1-windows-3.1-latin-1 ansi 1252 windows1252 win-1252"
    ),
    "ascii": (
        "us-ascii ascii ansi_x3.4-1968 iso-ir-6 iso646-us ascii-8bit 7bit 8bit unknown-8bit "
        "x-unknown unknown default "
        "binary none x-ascii usascii iso-8859 iso_8859 _iso-8859-1 x-user-defined 646 us charset"
    ),
    "iso8859_2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 latin2 l2 csisolatin2 iso_8859-2:1987 iso-ir-101",
    "iso8859_3": "iso-8859-3 iso8859-3 iso88593 iso_8859-3 latin3 l3 csisolatin3 iso-ir-109",
    "iso8859_4": "iso-8859-4 iso8859-4 iso88594 iso_8859-4 latin4 l4 csisolatin4 iso-ir-110",
    "iso8859_5": "iso-8859-5 iso8859-5 iso88595 iso_8859-5 cyrillic csisolatincyrillic iso-ir-144",
    "iso8859_6": (
        "iso-8859-6 iso8859-6 iso88596 iso_8859-6 arabic iso-8859-6-e iso-8859-6-i ecma-114 asmo-708"
    ),
    "iso8859_7": "iso-8859-7 iso8859-7 iso88597 iso_8859-7 greek greek8 elot_928 ecma-118 sun_eu_greek",
    "iso8859_8": "iso-8859-8 iso8859-8 iso88598 iso_8859-8 iso-8859-8-i iso-8859-8-e hebrew visual logical",
    "iso8859_10": "iso-8859-10 iso8859-10 iso885910 latin6 l6 iso-ir-157",
    "iso8859_13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859_14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859_15": "iso-8859-15 iso8859-15 iso885915 iso_8859-15 latin-9 latin9 l9 csisolatin9",
    "iso8859_16": "iso-8859-16 iso8859-16",
    "cp874": "windows-874 tis-620 iso-8859-11 iso8859-11 iso885911 dos-874 cp874",
    "cp1250": "windows-1250 cp1250 x-cp1250 win-1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251 1251 windows1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": (
        "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 "
        "csisolatin5 iso-ir-148"
    ),
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852",
    "cp866": "cp866 ibm866 866 csibm866",
    "cp037": "cp037 ibm037",
    "cp500": "cp500 ibm500",
    "koi8_r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh macroman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": (
        "gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 csiso58gb231280 iso-ir-58 x-gbk "
        "cp936 ms936 936 euc-cn "
        "x-euc-cn windows-936 x-gb2312 gb2312_charset"
    ),
    "hz": "hz-gb-2312 hz",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 big-5 cp950 ms950 x-big5",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese eucjp ujis",
    "cp932": (
        "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j csshiftjis ms932 cp932 shift_jisx0213 mskanji"
    ),
    "iso2022_jp_ext": (
        "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-ext iso-2022-jp-2 iso-2022-jp-3 "
        "cp50220 cp50221 cp50222 "
        "jis iso2022jp iso-2022-jp-ms"
    ),
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "iso2022_cn": "iso-2022-cn iso-2022-cn-ext csiso2022cn",
    "cp949": (
        "euc-kr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
        "ksc_5601 windows-949 "
        "cp949 ks_c_5601 x-windows-949 uhc"
    ),
    "johab": "johab x-johab",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
# In these, bytes below 0x80 do not mean ASCII, so the short cut for pure ASCII must not be taken.
_SHIFTED = frozenset(
    [
        "utf-7",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "hz",
        "iso2022_jp_ext",
        "iso2022_kr",
        "iso2022_cn",
        "cp037",
        "cp500",
    ]
)
_WINDOWS_1252 = "".join(
    bytes([i]).decode("cp1252") if i not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(i) for i in range(256)
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_LABEL_JUNK = " \t\r\n\"'`<>();,="
_META = re.compile(rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]{1,64})", re.I)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,256}?encoding\s*=\s*[\"']([^\"']{1,64})", re.I)


def codec_of(label: str) -> str:
    """The codec for a charset label, "" for labels that nobody knows."""
    codec = _CODECS.get(label)
    if codec is None:
        tidy = label.strip(_LABEL_JUNK).lower().split("*", 1)[0].replace(" ", "")
        codec = _CODECS.get(tidy)
        if codec is None:
            codec = _CODECS.get(tidy.replace("_", "-").removeprefix("charset=").removeprefix("x-"), "")
    return codec


def windows_1252(data: bytes) -> str:
    """Bytes as browsers read windows-1252: the five undefined bytes become C1 controls."""
    return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0]


def guess_text(data: bytes) -> str:
    """Text of unlabelled bytes: UTF-8 where valid, ISO-2022-JP where its escapes stand, else windows-1252."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return windows_1252(data)
    if "\x1b$" in text and data.isascii():
        return without_surrogates(data.decode("iso2022_jp_ext", "replace"))
    return text


def without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def decode_text(data: bytes, label: str) -> str:
    """Text of bytes in the charset that `label` names; unknown labels and none are guessed. Never raises."""
    codec = codec_of(label) if label else "ascii"
    if codec not in _SHIFTED and data.isascii():
        return guess_text(data) if codec in ("", "ascii") and b"\x1b$" in data else data.decode("ascii")
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:].decode("utf-8", "replace")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") and (codec in ("", "ascii") or codec.startswith("utf-16")):
        return without_surrogates(data.decode("utf-16", "replace"))
    if codec in ("", "ascii"):
        return guess_text(data)
    if codec == "windows-1252":
        return windows_1252(data)
    if codec == "utf-8":
        return data.decode("utf-8", "replace")
    if codec == "iso2022_cn":
        return _iso_2022_cn(data)
    if codec.startswith("utf-16") and not data.count(b"\x00") and data.isascii():
        return data.decode("ascii")  # labelled UTF-16 but plain: real mailers do this
    if codec == "utf-16":
        codec = "utf-16-be" if _looks_big_endian(data) else "utf-16-le"
    return without_surrogates(data.decode(codec, "replace"))


def declared_in_html(data: bytes) -> str:
    """The charset label that an HTML document declares for itself in its first 2,048 bytes, or ""."""
    head = data[:2048]
    if (
        b"charset" not in head
        and b"CHARSET" not in head
        and b"encoding" not in head
        and b"harset" not in head.lower()
    ):
        return ""
    found = _META.search(head) or _XML.match(head)
    if found is None:
        return ""
    label = found.group(1).decode("latin-1").lower()
    return "utf-8" if codec_of(label).startswith("utf-16") else label  # WHATWG HTML 13.2.3.2


def _looks_big_endian(data: bytes) -> bool:
    return data[:4096:2].count(0) > data[1:4096:2].count(0)


def _iso_2022_cn(data: bytes) -> str:
    """ISO-2022-CN (RFC 1922): GB 2312 between SO and SI; other planes become U+FFFD."""
    pieces = []
    plane = b"A"
    shifted = False
    for token in re.split(rb"(\x1b\$[)*+][A-Z]|\x1bN|\x0e|\x0f|\n)", data):
        if token.startswith(b"\x1b$"):
            plane = token[3:4]
        elif token == b"\x0e":
            shifted = True
        elif token in (b"\x0f", b"\n"):
            shifted = False
            pieces.append("\n" if token == b"\n" else "")
        elif not shifted:
            pieces.append(token.decode("ascii", "replace"))
        elif plane == b"A":
            pieces.append(bytes(byte | 0x80 for byte in token).decode("gb2312", "replace"))
        else:
            pieces.append("\ufffd" * (len(token) // 2))
    return "".join(pieces)
