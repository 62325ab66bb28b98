"""The view of a body against html5lib on markup that parsers read differently, and against bombs."""

from __future__ import annotations

import subprocess
import sys

import html5lib
import pytest

from tocsin.observe.html import HtmlView, read_html

NAMESPACE = "{http://www.w3.org/1999/xhtml}"

TRICKY = {
    "tag cut off by the end": '<p>a<img src="https://a.example/1"><img src=https://a.example/2',
    "slashes between attributes": "<img/src=https://a.example/1/alt=x><img//src='https://a.example/2'>",
    "second of two equal attributes": '<img src="https://a.example/1" src="https://a.example/2" SRC=x>',
    "no space between attributes": '<img alt="a"src="https://a.example/1"title=b>',
    "references in a value": '<img src="&#104;ttps:&#x2f;&sol;a.example/1?x=1&amp;y=2&copy=3&notit;=4">',
    "white space in a value": '<a href=" \n ht\ttps://a.example/1 ">x</a>',
    "capitals": "<IMG SRC=HTTPS://A.EXAMPLE/1><Image SRC=https://a.example/2>",
    "nul bytes": "<im\0g src=https://a.example/1><img s\0rc=https://a.example/2><img "
    "src=https://a.example/\0>",
    "bogus comments": "<!- <img src=https://a.example/1> -->x<?xml <img src=https://a.example/2> ?></ <b> >",
    "comments that end early": "<!--a--!><img src=https://a.example/1><!--><img src=https://a.example/2>-->",
    "comment that never ends": "<img src=https://a.example/1><!-- <img src=https://a.example/2>",
    "nested comment marks": "<!-- <!-- --><img src=https://a.example/1> --> <!--- ><img "
    "src=https://a.example/2>-->",
    "raw text": "<textarea><img src=https://a.example/1></textarea><title><img "
    "src=https://a.example/2></title>"
    "<xmp><img src=https://a.example/3></xmp><img src=https://a.example/4>",
    "end tag inside raw text": "<style></styl></style x><img src=https://a.example/1>",
    "plaintext": "<img src=https://a.example/1><plaintext><img src=https://a.example/2>",
    "script that hides its end": "<script><!--<script></script><img src=https://a.example/1>--></script>"
    "<img src=https://a.example/2>",
    "script string": "<script>'</scr'+'ipt><img src=https://a.example/1>'</script><img "
    "src=https://a.example/2>",
    "unclosed style": "<style>p{}<img src=https://a.example/1>",
    "unclosed quote": '<a href="https://a.example/1>x</a><img src="https://a.example/2">',
    "angle bracket in a value": "<img alt='>' src=https://a.example/1><img title='\"'><img "
    "src=https://a.example/2>",
    "foster parent": "<table><img src=https://a.example/1><tr><td background=https://a.example/2>x",
    "cell without a table": "<div><td background=https://a.example/1><img "
    "src=https://a.example/2></td></div>",
    "second body": "<body background=https://a.example/1><p><body background=https://a.example/2 style=x>",
    "links in links": "<a href=https://a.example/1>a<a href=https://a.example/2>b</a></a>",
    "link across a table": "<a href=https://a.example/1><table><tr><td>x</a><img src=https://a.example/2>",
    "misnested formatting": "<b><p><a href=https://a.example/1></b>x</p><i>y</a></i>",
    "frameset": "<frameset><frame src=https://a.example/1><noframes><img "
    "src=https://a.example/2></noframes></frameset>",
    "frameset after text": "x<frameset><frame src=https://a.example/1></frameset>",
    "head ends at a picture": "<head><link rel=prefetch href=https://a.example/1><img "
    "src=https://a.example/2></head>",
    "equals sign as a name": "<img =src=https://a.example/1 src=https://a.example/2><img src = https://a.example/3 "
    ">",
    "less-than signs": "a < b <img src=https://a.example/1> 5<6<a href=https://a.example/2>x</a><3><-><!>",
    "control characters": "\x01\x02<img\x0csrc=https://a.example/1>",
    "picture in options": "<select><option><img src=https://a.example/1></select><img "
    "src=https://a.example/2>",
    "cdata outside drawings": "<![CDATA[<img src=https://a.example/1>]]><img src=https://a.example/2>",
    "breaking out of mathematics": "<math><mtext><img src=https://a.example/1></mtext><img "
    "src=https://a.example/2>",
    "breaking out of a drawing": "<svg><p><img src=https://a.example/1></svg>",
    "html inside a drawing": "<svg><foreignObject><img src=https://a.example/1></foreignObject></svg>",
    "refresh in the body": "<p><meta http-equiv=refresh content='0;url=https://a.example/1'>",
    "deprecated players": "<embed src=https://a.example/1><bgsound src=https://a.example/2><applet "
    "code=c></applet>",
    "end tags only": "</p></br></img><img src=https://a.example/1></td>",
    "nothing": "",
    "one bracket": "<",
    "half a name": "<im",
}  # fmt: skip

# html5lib 1.1 lags behind the standard here; the expectation is the standard's.
STANDARD_SAYS = {
    "picture in options": [("img", "src", "https://a.example/1"), ("img", "src", "https://a.example/2")],
}
CARRIERS = {
    "img": ("src",), "a": ("href",), "link": ("href",), "iframe": ("src",), "frame": ("src",), "embed": ("src",),
    "bgsound": ("src",), "applet": ("code",), "meta": ("content",), "td": ("background",), "body": ("background",),
}  # fmt: skip


def by_html5lib(markup: str) -> list[tuple[str, str, str | None]]:
    tree = html5lib.parse(markup, treebuilder="etree", namespaceHTMLElements=True)
    found = []
    for element in tree.iter():
        if isinstance(element.tag, str) and element.tag.startswith(NAMESPACE):
            tag = element.tag.removeprefix(NAMESPACE)
            found += [
                (tag, name, element.get(name))
                for name in CARRIERS.get(tag, ())
                if element.get(name) is not None
            ]
    return sorted(found)


def by_view(view: HtmlView) -> list[tuple[str, str, str | None]]:
    return sorted(
        (node.tag, name, node.attributes[name])
        for node in view.nodes
        for name in CARRIERS.get(node.tag, ())
        if name in node.attributes
    )


@pytest.mark.parametrize("case", TRICKY)
def test_same_references_as_html5lib(case: str) -> None:
    expected = STANDARD_SAYS.get(case)
    assert by_view(read_html(TRICKY[case])) == (by_html5lib(TRICKY[case]) if expected is None else expected)


def sources(view: HtmlView) -> dict[str, tuple[bool, tuple[str, ...], str]]:
    return {
        node.get("src"): (node.conditional, node.fires_in, node.trigger)
        for node in view.nodes
        if node.get("src")
    }


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<!--[if mso]><img src=1//><![endif]-->", (True, ("outlook-windows",), "open")),
        ("<!--[if (gte mso 9)|(IE)]><img src=1//><![endif]-->", (True, ("outlook-windows", "mshtml"), "open")),
        ("<!--[if lt IE 9]><img src=1//><![endif]-->", (True, ("mshtml",), "open")),
        ("<!--[if !mso]><img src=1//><![endif]-->", (True, ("mshtml",), "open")),
        ("<!--[if (gte mso 9)&!(IE)]><img src=1//><![endif]-->", (True, ("outlook-windows",), "open")),
        ("<!--[if mso]><tr><td><img src=1//></td></tr><![endif]-->", (True, ("outlook-windows",), "open")),
        ("<![if !mso]><img src=1//><![endif]>", (False, (), "open")),
        ("<!--[if !mso]><!--><img src=1//><!--<![endif]-->", (False, (), "open")),
        ("<noscript><img src=1//></noscript>", (False, (), "open")),
        ("<template><img src=1//></template>", (True, ("outlook-windows",), "open")),
        ("<div><template shadowrootmode=open><img src=1//></template></div>", (False, (), "open")),
        ("<iframe srcdoc='<img src=1//>'></iframe>", (False, (), "open")),
        ("<iframe srcdoc='<!--[if mso]><img src=1//><![endif]-->'>", (True, ("outlook-windows",), "open")),
        ("<a href='data:text/html,<img src=1//>'>x</a>", (False, (), "click")),
        ("<object data='data:image/svg+xml,<svg><foreignObject><img src=1//>'></object>", (False, (), "open")),
        ("<img alt=x src='data:image/svg+xml;base64,PHN2Zz48L3N2Zz48aW1nIHNyYz0xLy8+'>", (True, (), "open")),
    ],
)  # fmt: skip
def test_embedded_documents(markup: str, expected: tuple[bool, tuple[str, ...], str]) -> None:
    assert sources(read_html(markup)).get("1//") == expected


def test_first_base_holds_for_the_whole_document_and_for_srcdoc() -> None:
    view = read_html(
        "<img src=a><iframe srcdoc='<img src=b>'></iframe><iframe src='data:text/html,<img src=c>'></iframe>"
        "<base target=_top><base href=https://a.example/x/><base href=https://b.example/>"
    )
    bases = {node.get("src"): node.base for node in view.nodes if node.tag == "img"}
    assert view.base == bases["a"] == bases["b"] == "https://a.example/x/"
    assert bases["c"] != "https://a.example/x/"


def test_base_of_an_embedded_document_stays_inside() -> None:
    view = read_html("<img src=a><iframe srcdoc='<base href=https://b.example/><img src=b>'></iframe>")
    assert {node.get("src"): node.base for node in view.nodes if node.tag == "img"} == {
        "a": None,
        "b": "https://b.example/",
    }


def test_documents_in_documents_end_at_a_depth() -> None:
    markup = "<img src=deep>"
    for _ in range(8):
        markup = "<iframe srcdoc='" + markup.replace("&", "&amp;").replace("'", "&#39;") + "'></iframe>"
    view = read_html(markup)
    assert [defect.code for defect in view.defects] == ["html-nested-too-deep"]
    assert "deep" not in sources(view)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", ["one", "two", "three"]),
        ("<p>h<b>el</b>lo</p>", ["hello"]),
        ("<title>no</title><style>no{}</style><script>no</script><p>yes", ["yes"]),
        ("<div style='display:none'>no<p>no</p></div><p>yes<span hidden>no</span>", ["yes"]),
        ("<p>yes<!--[if mso]>no//<![endif]--><template>no</template><iframe>no</iframe>", ["yes"]),
        ("<div style='max-height:0px;overflow:hidden'>no</div><div style='opacity: 0'>no</div>yes", ["yes"]),
        ("<div style='opacity:0.5;max-height:80px'>yes</div>", ["yes"]),
        ("<style>.pre{display:none}</style><div class=pre>no</div><p>yes", ["yes"]),
        ("<style>u{width:0;overflow:hidden;display:inline-block}</style>y<u>no</u>es", ["yes"]),
        ("<style>@media print{p{display:none}} a:hover{display:none}</style><p>y<a>es</a>", ["yes"]),
        ("<style>body{visibility:hidden} .b{mso-hide:all}</style><p class=b>yes", ["yes"]),
    ],
)
def test_visible_text(markup: str, text: list[str]) -> None:
    assert [line.strip() for line in read_html(markup).visible_text.splitlines() if line.strip()] == text


@pytest.mark.parametrize(
    ("markup", "hidden"),
    [
        ("<img src=x width=1 height=1>", True),
        ("<img src=x width='0'>", True),
        ("<img src=x style='width:1px; height:1px'>", True),
        ("<img src=x style='WIDTH: 0.5pt'>", True),
        ("<img src=x style='display: none !important'>", True),
        ("<div style='display:none'><table><tr><td><img src=x></table></div>", True),
        ("<div hidden><img src=x></div>", True),
        ("<div style='position:absolute;left:-9999px'><img src=x></div>", True),
        ("<img src=x width=600 height=1>", False),
        ("<img src=x width=1 style='width:100%'>", False),
        ("<img src=x width='1%'>", False),
        ("<img src=x style='max-width:100%;opacity:1'>", False),
        ("<div style='display:none'>x</div><img src=x>", False),
        ("<td style='font-size:0'><img src=x></td>", False),
        ("<img src=x>", False),
    ],
)
def test_hidden(markup: str, hidden: bool) -> None:
    (node,) = read_html(markup).tagged("img")
    assert node.hidden is hidden


@pytest.mark.parametrize(
    ("sheet", "markup", "hidden"),
    [
        (".x{display:none}", "<div class=x><p><img src=x></div>", True),
        (".x { DISPLAY : None }", "<div class='y x'><img src=x></div>", True),
        ("p, #x, b { visibility: hidden }", "<div id=x><img src=x></div>", True),
        ("img.x{opacity:0}", "<img class=x src=x>", True),
        (".a .x{position:absolute;left:-9999px}", "<div class=a><i><b class=x><img src=x>", True),
        ("td > img{width:1px;height:1px}", "<table><tr><td><img src=x width=80 height=80>", True),
        ("img{height:0}", "<img src=x>", True),
        ("img{width:1px}", "<img src=x height=500>", False),
        (".x{width:1px;height:1px}", "<div class=x><img src=x></div>", False),
        (".x{display:none}", "<div class=xx><img src=x></div>", False),
        ("@media screen{@media all{.x{display:none}}}", "<div class=x><img src=x>", True),
        ("@media only screen and (max-width:480px){.x{display:none}}", "<div class=x><img src=x>", False),
        ("@media print{.x{display:none}}", "<div class=x><img src=x>", False),
        ("@supports (display:grid){.x{display:none}}", "<div class=x><img src=x>", False),
        ("@keyframes k{from{opacity:0}to{opacity:1}}", "<to><from><img src=x>", False),
        (".x:hover{display:none}", "<div class=x><img src=x>", False),
        ("/*.x{display:none}*/", "<div class=x><img src=x>", False),
        ("<!-- .x{display:none} -->", "<div class=x><img src=x>", True),
        (".x{mso-hide:all}", "<div class=x><img src=x>", False),
        ("body{visibility:hidden}", "<div class=x><img src=x>", False),
        # What is shown again is not hidden: by a later, a more telling or an important rule, or by its own style.
        (".x{display:none} .x{display:block}", "<div class=x><img src=x>", False),
        (".x{display:block} .x{display:none}", "<div class=x><img src=x>", True),
        ("div.x{display:block} .x{display:none}", "<div class=x><img src=x>", False),
        ("#i{display:block} .x{display:none!important}", "<div class=x id=i><img src=x>", True),
        (".x{display:block ! important} #i{display:none}", "<div class=x id=i><img src=x>", False),
        (".x{display:none}", "<div class=x style='display: block'><img src=x>", False),
        (".x{display:none!important}", "<div class=x style='display: block'><img src=x>", True),
        (".x{display:none!important}", "<div class=x style='display:block!important'><img src=x>", False),
        (".x{display:none;opacity:0}", "<div class=x style='display: block'><img src=x>", True),
        ("img{width:1px;height:1px}", "<img src=x style='width: 90px'>", False),
        ("img{width:0}", "<img src=x style='width: 90px'>", False),
        # A picture for telephones, or for dark screens, is seen there.
        (
            ".x{display:none} @media (max-width:9em){.x{display:block!important}}",
            "<p class=x><img src=x>",
            False,
        ),
        (
            ".x{display:none} @media (max-width:9em){.y{display:block!important}}",
            "<p class=x><img src=x>",
            True,
        ),
        (".x{display:none} @media print{.x{display:block!important}}", "<p class=x><img src=x>", True),
        # Broken sheets.
        (".x{display:none", "<div class=x><img src=x>", True),
        ("} .x{display:none}}}", "<div class=x><img src=x>", True),
        ("* > ,]x[, .x{display:none}", "<div class=x><img src=x>", True),
        ("* > img{display:none}", "<img src=x>", True),
        (".y{display:none} ]x[, .y > ,.x{display:block}", "<div class=y><img src=x>", True),
    ],
)
def test_hidden_by_a_sheet(sheet: str, markup: str, hidden: bool) -> None:
    (node,) = read_html(f"<style>{sheet}</style>{markup}").tagged("img")
    assert node.hidden is hidden


@pytest.mark.parametrize(
    ("attributes", "hidden"),
    [("media=all", True), ("media='only screen'", True), ("media=print", False), ("type=text/x", False)],
)
def test_sheets_that_hide_apply_to_screens(attributes: str, hidden: bool) -> None:
    markup = f"<style {attributes}>img{{display:none}}</style><img src=x>"
    assert next(iter(read_html(markup).tagged("img"))).hidden is hidden


def test_hidden_things_are_told_of_all_kinds() -> None:
    view = read_html(
        "<style>.x{display:none}</style><div class=x>no<a href=l>no</a><iframe src=f></iframe>"
        "<p style='background:url(b)'>no</div><a href=s>seen</a>"
    )
    assert [(node.tag, node.hidden) for node in view.nodes] == [("a", True), ("iframe", True), ("a", False)]
    assert [style.hidden for style in view.inline_styles] == [True]
    assert view.visible_text.strip() == "seen"


def test_structure_is_the_same_for_one_template() -> None:
    one = read_html("<table><tr><td>Dear Ann<p>a<p>b</table><img src=https://a.example/1>")
    two = read_html("<table><tr><td>Dear Bob<p>c</table><img src=https://b.example/2 width=1>")
    other = read_html("<div>Dear Ann<p>a</div><img src=https://a.example/1>")
    assert one.structure == two.structure != other.structure


def test_styles_that_could_fetch_are_kept() -> None:
    view = read_html(
        "<p style='color:red'>a<p style='background:url(x)'>b<p style='background:\\75rl(x)'>c"
        "<style media=print>p{}</style><style type=text/plain>q{}</style>"
        "<link rel='alternate StyleSheet' href='data:text/css,r{}'>"
    )
    assert [style.text for style in view.inline_styles] == ["background:url(x)", "background:\\75rl(x)"]
    assert [(sheet.text, sheet.conditional) for sheet in view.style_sheets] == [("p{}", True), ("r{}", False)]


BOMBS = {
    "nesting": [
        "'<div>' * 100_000 + PICTURE",
        "'<span style=\"display:none\">' * 50_000 + PICTURE",
        "'<a href=https://a.example/1><table><tr><td>x' * 10_000 + PICTURE",
        "'<svg>' * 50_000 + '<image href=https://a.example/1>'",
        "'<template>' * 50_000 + PICTURE",
        "'<table><tr><td background=x>' * 20_000 + PICTURE",
        "'<select><option>' * 20_000 + PICTURE",
    ],
    "formatting": [
        "''.join(f'<b a{i}><p>x' for i in range(60_000)) + PICTURE",
        "'<div>' + ''.join(f'<i a{i}>' for i in range(900)) + '</div>' + '<p>x</p>' * 90_000",
        "'<a href=https://a.example/1><p>' * 20_000 + PICTURE",
    ],
    "numbers": [
        "'<img ' + ' '.join(f'a{i}=1' for i in range(100_000)) + ' src=https://a.example/1>'",
        "'<' * 1_000_000 + PICTURE",
        "PICTURE * 220_000",
        "'&amp;' * 1_000_000 + PICTURE",
        "'<base href=https://a.example/>' * 50_000 + PICTURE",
    ],
    "documents": [
        "'<!--' * 300_000 + '-->' + PICTURE",
        "'<!--[if mso]><img src=//b.example><![endif]-->' * 5_000 + PICTURE",
        "'<!--[if mso]>//' * 50_000 + PICTURE",
        "'<!--[if ' + '[if ' * 300_000 + PICTURE",
        "'<iframe srcdoc=\"<img src=x>\"></iframe>' * 5_000 + PICTURE",
    ],
    "length": [
        "'<img src=\"https://a.example/' + 'A' * 8_000_000 + '\">'",
        "'<img srcset=\"' + ',' * 2_000_000 + '\">'",
        "'<img srcset=\"' + 'a (' * 500_000 + '\">'",
        "'<p style=\"' + 'width:1' * 300_000 + '\">' + PICTURE",
        "'<p style=\"' + 'transform:' * 200_000 + '\">' + PICTURE",
        "'<meta http-equiv=refresh content=\"' + '0' * 2_000_000 + '\">' + PICTURE",
        "'<svg><rect fill=\"' + 'url(' * 500_000 + '\">'",
    ],
}
RUN_BOMBS = """
import pathlib, re, resource, sys
from tocsin.mail.mime import scan
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue
PICTURE = "<img src=https://a.example/1>"
for bomb in sys.argv[1:]:
    print(bomb, file=sys.stderr, flush=True)
    mail = b"From: a@a.example\\nContent-Type: text/html\\n\\n" + eval(bomb).encode()
    print(len(observe_beacons(scan(mail), index_catalogue((), {}), NO_NEEDLES).beacons))
status = pathlib.Path("/proc/self/status")  # ru_maxrss counts what the starting process held
peak = re.search(r"VmHWM:\\s*([0-9]+)", status.read_text()) if status.exists() else None
print((int(peak[1]) if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024)
"""


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_end(kind: str) -> None:
    bombs = BOMBS[kind]
    done = subprocess.run(
        [sys.executable, "-c", RUN_BOMBS, *bombs], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    *beacons, megabytes = map(int, done.stdout.split())
    assert len(beacons) == len(bombs)
    assert max(beacons) <= 5_000
    assert megabytes < 700


def test_multiplying_formatting_is_said() -> None:
    view = read_html("".join(f"<b a{number}><p>x" for number in range(60_000)))
    assert [defect.code for defect in view.defects] == ["html-too-many-nodes"]
