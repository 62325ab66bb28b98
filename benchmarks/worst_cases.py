"""How long mails take that are made to take long: `python -m benchmarks.worst_cases [WORD...]`.

Every case, or each whose name holds one of the words, is observed once in this process. A case must end within 2 s of
processor time, or with a defect that says what was left out; the exit code is 1 where one does neither.
"""

from __future__ import annotations

import base64
import io
import sys
import time
import zipfile
import zlib
from collections.abc import Callable

from benchmarks.tables import Table, as_markdown
from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail

BUDGET_S = 2.0
MIB = 1 << 20
HEAD = b"From: A <a@b.test>\nTo: Reader <reader@c.test>\nSubject: s\nMIME-Version: 1.0\n"
URL = b"http://p.test/"


def page(body: bytes) -> bytes:
    """A mail that is this HTML."""
    return HEAD + b"Content-Type: text/html; charset=utf-8\n\n" + body


def style(sheet: bytes) -> bytes:
    """A mail with this style sheet and some elements that it may match."""
    return page(b"<style>" + sheet + b"</style>" + b"<p class=a>x" * 1_000)


def text(body: bytes) -> bytes:
    """A mail that is this text."""
    return HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + body


def attached(name: str, data: bytes, media_type: str = "application/octet-stream") -> bytes:
    """A mail with this file."""
    return (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nx\n--b\n'
        + f'Content-Type: {media_type}\nContent-Disposition: attachment; filename="{name}"\n'.encode()
        + b"Content-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(data)
        + b"--b--\n"
    )


def zipped(**members: bytes) -> bytes:
    """A ZIP archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def nested_zip(depth: int) -> bytes:
    """Archives in archives, ten in each."""
    data = b"\0" * 10 * MIB
    for _ in range(depth):
        data = zipped(**{f"{n}.zip": data for n in range(10)})
    return data


def numbered(count: int, template: bytes) -> bytes:
    """The template `count` times, each with its number."""
    return b"".join(template.replace(b"#", b"%d" % n) for n in range(count))


CASES: dict[str, Callable[[], bytes]] = {
    "style sheet of 5 MB, every rule fetches": lambda: style(
        numbered(90_000, b".c#{background:url(http://p.test/#.gif) no-repeat}\n")
    ),
    "style sheet of 5 MB, nothing fetches": lambda: style(numbered(120_000, b".c#{color:#fff;margin:0 #px}\n")),
    "style sheet of 5 MB, imports": lambda: style(numbered(150_000, b"@import 'http://p.test/#.css';\n")),
    "style sheet of 5 MB, unclosed": lambda: style(b"a{background:url(" * 300_000),
    "style sheet of 5 MB, comments": lambda: style(b"/*" * 1_200_000 + b"*/ a{b:url(" + URL + b")}"),
    "style sheet of 5 MB, escapes": lambda: style(b"a{b:\\75\\72\\6c(http://p.test/)}" * 170_000),
    "style sheet of 5 MB, nested blocks": lambda: style(b"@media screen{" * 350_000 + b"a{b:url(" + URL + b")}"),
    "style sheet, chain of 20,000 variables": lambda: style(
        b"p{--v0:url(http://p.test/)}" + numbered(20_000, b"p{--w#:var(--v#)}") + b"p{background:var(--w19999)}"
    ),
    "style sheet, selector of 100,000 names": lambda: style(
        b",".join(b".s%d .t" % n for n in range(100_000)) + b"{background:url(http://p.test/)}"
    ),
    "100,000 elements": lambda: page(b"<div><p>x</p></div>" * 50_000),
    "100,000 pictures": lambda: page(numbered(100_000, b"<img src=http://p.test/#>")),
    "100,000 nested elements": lambda: page(b"<div>" * 100_000 + b"x"),
    "100,000 nested drawings": lambda: page(b"<svg><g><image href=http://p.test/>" * 50_000),
    "drawings with animations": lambda: page(
        b"<svg>" + numbered(40_000, b"<set attributeName=href to=http://p.test/#>") + b"</svg>"
    ),
    "30,000 unclosed anchors": lambda: page(numbered(30_000, b"<a href=http://p.test/#>x ")),
    "30,000 unclosed bold anchors": lambda: page(numbered(30_000, b"<b><a href=http://p.test/#><i>x ")),
    "30,000 table cells, unclosed formatting": lambda: page(b"<b><i><u><font color=red>" * 8 + b"<p>x" * 30_000),
    "frames in frames": lambda: page(b"<iframe srcdoc=\"" * 20_000 + b"x"),
    "100,000 conditional comments": lambda: page(
        numbered(100_000, b"<!--[if mso]><img src=http://p.test/#><![endif]-->")
    ),
    "srcset of 5 MB": lambda: page(b"<img srcset=\"" + numbered(250_000, b"http://p.test/# #w, ") + b"\">"),
    "srcset of commas": lambda: page(b"<img srcset=\"" + b", " * 2_000_000 + b"\">"),
    "refresh of 1 MB": lambda: page(b"<meta http-equiv=refresh content=\"0;" + b" url " * 200_000 + b"\">"),
    "attribute of 5 MB": lambda: page(b"<img src=\"http://p.test/" + b"a%41" * 1_250_000 + b"\">"),
    "style attribute of 5 MB": lambda: page(b"<p style=\"" + b"a:url( \\" * 600_000 + b"\">"),
    "100,000 attributes": lambda: page(b"<img " + numbered(100_000, b"a#=http://p.test/ ") + b">"),
    "entities of 5 MB": lambda: page(b"<img alt=\"" + b"&#x41;&amp;" * 450_000 + b"\">"),
    "script of 5 MB": lambda: page(b"<script>" + b"a='http://p.test/';\"\\" * 250_000 + b"</script>"),
    "event handlers": lambda: page(b"<p onclick=\"x='http://p.test/'\">" * 50_000),
    "JSON of 2 MB": lambda: page(b"<script type=application/ld+json>" + b"[" * 2_000_000 + b"</script>"),
    "30,000 links with long tokens": lambda: page(
        b"".join(b"<a href=http://p.test/%s>x</a>" % base64.b64encode(b"%032d" % n) for n in range(30_000))
    ),
    "URL of 1 MB of base64": lambda: page(b"<img src=http://p.test/" + base64.b64encode(b"x%40y" * 150_000) + b">"),
    "URL of 1 MB of escapes": lambda: page(b"<img src=http://p.test/" + b"%2525" * 200_000 + b">"),
    "text of 5 MB of URLs": lambda: text(numbered(250_000, b"http://p.test/# ")),
    "text of 5 MB without spaces": lambda: text(b"http://p.test/" * 350_000),
    "text of brackets": lambda: text(b"[x](" * 1_000_000),
    "text of at signs": lambda: text(b"a@" * 2_000_000),
    "archive bomb, one member": lambda: attached("a.zip", zipped(a=b"\0" * 500 * MIB)),
    "archive bomb, nested": lambda: attached("a.zip", nested_zip(4)),
    "archive of 60,000 members": lambda: attached("a.zip", zipped(**{f"{n}.html": b"x" for n in range(60_000)})),
    "archive of 400 large pages": lambda: attached(
        "a.zip", zipped(**{f"{n}.html": b"<p><img src=http://p.test/>x</p>" * 4_800 for n in range(400)})
    ),
    "gzip bomb": lambda: attached("a.gz", zlib.compress(b"\0" * 500 * MIB, wbits=31)),
    "document with 30,000 relationships": lambda: attached(
        "a.docx",
        zipped(
            **{
                "[Content_Types].xml": b"<Types/>",
                "word/_rels/document.xml.rels": b"<Relationships>"
                + numbered(30_000, b'<Relationship Id="r#" Type="x/image" Target="http://p.test/#" '
                                   b'TargetMode="External"/>')
                + b"</Relationships>",
            }
        ),
    ),
    "document of nested XML": lambda: attached(
        "a.docx",
        zipped(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:p>" * 1_000_000}),
    ),
    "rich text of nested groups": lambda: attached("a.rtf", b"{\\rtf1" + b"{\\field{\\*\\fldinst" * 300_000),
    "rich text of hex": lambda: attached("a.rtf", b"{\\rtf1{\\object\\objdata " + b"d0cf11e0 " * 500_000),
    "PDF of 100,000 objects": lambda: attached(
        "a.pdf", b"%PDF-1.7\n" + numbered(100_000, b"# 0 obj<</A<</S/URI/URI(http://p.test/#)>>>>endobj\n")
    ),
    "PDF of nested arrays": lambda: attached("a.pdf", b"%PDF-1.7\n1 0 obj" + b"[" * 1_000_000),
    "calendar of 5 MB": lambda: attached(
        "a.ics", b"BEGIN:VCALENDAR\r\n" + numbered(150_000, b"ATTACH:http://p.test/#\r\n"), "text/calendar"
    ),
    "calendar of folded lines": lambda: attached(
        "a.ics", b"BEGIN:VCALENDAR\r\nATTACH:http://p.test/" + b"a\r\n " * 1_000_000, "text/calendar"
    ),
    "certificate of nested sequences": lambda: attached("smime.p7s", b"\x30\x80" * 500_000),
    "picture that claims to be large": lambda: attached(
        "a.bmp", b"BM" + b"\0" * 16 + (100_000).to_bytes(4, "little") * 2 + b"\x01\0\x18\0" + b"\0" * 64
    ),
    "2,000 inline pictures": lambda: HEAD
    + b'Content-Type: multipart/mixed; boundary="b"\n\n'
    + b"--b\nContent-Type: image/gif\nContent-Transfer-Encoding: base64\n\n"
    b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\n" * 2_000,
}  # fmt: skip


def main(names: list[str]) -> int:
    """Run the cases, print their table, and give the exit code."""
    observe = observer_factory(Lists())()
    rows: list[tuple[str, ...]] = []
    broken = 0
    for name, make in CASES.items():
        if names and not any(word in name for word in names):
            continue
        raw = make()
        started = time.process_time()
        observed: Observed = observe(RawMail(name, "cases", raw), "")
        spent_s = time.process_time() - started
        codes = sorted({defect.code for defect in observed.defects})
        broken += spent_s > BUDGET_S and not codes
        rows.append(
            (name, f"{len(raw) / MIB:.1f}", f"{spent_s:.2f}", str(len(observed.beacons)), ", ".join(codes))
        )
        print(f"{spent_s:6.2f} s  {name}: {', '.join(codes)}", file=sys.stderr)
    print(as_markdown(Table("Worst cases", ("mail", "MB", "s", "beacons", "defects"), tuple(rows))))
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
