"""Has everything loaded before workers are forked: the first mail of a kind then takes no longer than the next.

Parsers are imported where they are first needed. A worker that took their place after another was killed would load
them again, while mail waits for it.
"""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable

from tocsin.app.observing import Observe
from tocsin.model.arrival import Opinions
from tocsin.model.defused import Policy
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail
from tocsin.respond.defuse import defuse

Fallback = Callable[[Observed, tuple[str, ...], float, str], Opinions]

# What the mail below does not lead to.
_LOADED = """
    PIL.Image pypdfium2 zxingcpp rensa olefile asn1crypto.cms cryptography.x509 encodings.idna encodings.utf_7
    stringprep encodings.big5hkscs encodings.gb18030 encodings.cp949 encodings.shift_jis encodings.euc_jp
    tocsin.mail.certificates
"""

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_PAGES = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Annots[4 0 R]>>endobj
4 0 obj<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://www.tocsin.example/)>>>>endobj
trailer<</Root 1 0 R>>
"""
_HTML = (
    b"<html><head><title>a</title><style>p { color: red } @media print { p { background: url(x.png) } }</style>"
    b"</head><body><p style='margin: 1px'>a <a href='https://www.tocsin.example/a?b=c'>link</a></p>"
    b"<img src='http://t.tocsin.example/p.gif?u=0123456789abcdef' width=1 height=1><img src='cid:one'></body></html>"
)
_HEAD = b"""\
From: Ann Writer <writer@tocsin.example>
To: reader@tocsin.example
Subject: =?iso-2022-jp?B?GyRCJDMbKEI=?= and =?koi8-r?Q?=C1?=
Date: Mon, 11 Jan 2021 09:00:00 +0000
Message-ID: <warm@tocsin.example>
Authentication-Results: mx.tocsin.example; spf=pass smtp.mailfrom=writer@tocsin.example; dkim=pass
DKIM-Signature: v=1; a=rsa-sha256; d=tocsin.example; s=a; h=from; bh=YQ==; b=YQ==
Disposition-Notification-To: writer@tocsin.example
List-Unsubscribe: <https://www.tocsin.example/u?x=1>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="a"
"""


def warm_up(observe: Observe, fallback: Fallback) -> None:
    """Observe, judge and defuse a mail of our own that has something of many kinds."""
    for name in _LOADED.split():
        importlib.import_module(name)
    from PIL import Image

    Image.init()
    raw = _mail().replace(b"\n", b"\r\n")
    seen = observe(RawMail("warm-up", "warm-up", raw, arrival_s=0.0), "")
    fallback(seen, ("reader@tocsin.example",), 0.0, "")
    for policy in (Policy(), Policy("inert", "active", "cut")):
        defuse(raw, policy)


def _mail() -> bytes:
    parts = (
        (b"text/html; charset=utf-8", b"", _HTML),
        (b"text/plain; charset=utf-8", b"", b"a https://www.tocsin.example/b"),
        (b"image/png", b"Content-ID: <one>\n", _PIXEL),
        (b"application/pdf", b"", _PAGES),
        (b"application/msword", b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1600)),
        (b"application/pkcs7-mime; smime-type=signed-data", b"", b"\x30\x03\x02\x01\x00"),
    )
    body = b""
    for kind, more, data in parts:
        body += b"--a\nContent-Type: " + kind + b"\n" + more + b"Content-Transfer-Encoding: base64\n\n"
        body += base64.encodebytes(data)
    return _HEAD + b"\n" + body + b"--a--\n"
