"""Pages whose characters another program may read as other ones, so that markup comes and goes."""

from __future__ import annotations

import re

from tocsin.mail.charsets import declared_in_html

# In these every byte below 128 stands for itself, whatever is before it.
_ONE_WAY = re.compile(
    r"(?:utf-?8|unicode-1-1-utf-8|us-?ascii|ascii|ansi_x3\.4-1968|iso_?-?8859-?[0-9]{1,2}(?:-[ei])?|latin-?[0-9]"
    r"|windows-?125[0-9]|cp-?125[0-9]|x-cp125[0-9]|windows-874|tis-620|koi8-?[ru]{1,2}|macintosh|x-mac-[a-z]+"
    r"|iso-ir-[0-9]+|)\Z"
)
# In these a byte from 128 on takes the next one with it; where all pairs are whole, nobody reads them otherwise.
_PAIRED = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
}
_ESCAPES = re.compile(rb"[\x0e\x0f\x1b]")
_STATEFUL = re.compile(r"iso-2022-(?:jp|kr|cn)[\w-]*\Z")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\0")


def reads_one_way(data: bytes, declared: str) -> bool:
    """Whether the markup in a page's bytes is the same to every program, by the charset of the header and its own."""
    if data.startswith(_BOMS) or b"\0" in data[:1_000]:
        return False
    return all(_agrees(data, name) for name in {declared.strip().lower(), declared_in_html(data).lower()})


def _agrees(data: bytes, name: str) -> bool:
    if _ONE_WAY.match(name) is not None:
        return True
    if _STATEFUL.match(name) is not None:
        return _ESCAPES.search(data) is None
    codec = _PAIRED.get(name)
    if codec is None:
        return False
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
