"""What styles fetch: every spelling that a browser reads as a request, and what it does not."""

from __future__ import annotations

import pytest
import tinycss2
import tinycss2.ast
from hypothesis import given
from hypothesis import strategies as st

from tocsin.observe.beacons import css_evasion, css_fingerprint, css_font, css_image, css_import
from tocsin.observe.css import read_css
from tocsin.observe.css_reading import CssReference
from tocsin.observe.css_scan import MAX_REFERENCES
from tocsin.observe.css_text import media_condition, unescape
from tocsin.observe.html import read_html

B = "http://beacon.example/"


def sheet(text: str) -> tuple[CssReference, ...]:
    return read_css(text).references


def inline(text: str) -> tuple[CssReference, ...]:
    return read_css(text, inline=True).references


def one(found: tuple[CssReference, ...]) -> CssReference:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    "declaration",
    [
        f"background:url({B})",
        f"background: #fff URL( '{B}' ) no-repeat",
        f'BACKGROUND-IMAGE : url("{B}")',
        f"color:red;list-style:url({B})",
        f"background:url(data:image/png;base64,AA==;x), url({B})",
        f"content:'a;b}}' url({B})",
        f"cursor:url({B}), auto",
        f"-webkit-mask-image:url({B})",
        f"shape-outside:url({B})",
        f"border-image-source:url({B})",
        f"/* note */ background:url({B}) /* end */",
        f"background:url({B})!important",
    ],
)
def test_plain_pictures(declaration: str) -> None:
    for found in (one(inline(declaration)), one(sheet(f"p{{{declaration}}}"))):
        assert (found.url, found.role, found.evasive, found.conditional) == (B, "image", False, False)


@pytest.mark.parametrize(
    "declaration",
    [
        rf"background:\75\72\6c({B})",
        rf"background:\000075 \000072 \00006c ({B})",
        rf"background:u\rl({B})",
        rf"b\61 ckground:url({B})",
        f"background:/**/url({B})",
        f"background/**/:url({B})",
        "background:url(http\\3a //beacon.example/)",
        "background:url('http:\\2f\\2f beacon.example/')",
        f"background:-webkit-cross-fade(url({B}), red, 50%)",
        f"background:image-set('{B}' 1x)",
        f"background:-webkit-image-set(url({B}) 1x)",
        f"background:var(--x, url({B}))",
    ],
)
def test_evasive_spellings(declaration: str) -> None:
    for found in (one(inline(declaration)), one(sheet(f"p{{{declaration}}}"))):
        assert (found.url, found.role, found.evasive, found.conditional) == (B, "image", True, False)


@pytest.mark.parametrize("text", [f"background:url({B}", f"background:url('{B}", f"background:url('{B}'"])
def test_what_the_end_of_the_text_closes(text: str) -> None:
    assert one(inline(text)).url == B
    assert one(sheet("p{" + text)).evasive


@pytest.mark.parametrize(
    "declaration",
    [
        f"background:u/**/rl({B})",
        f"background:src('{B}')",
        f"background:image('{B}')",
        f"background:attr(data-x url, '{B}')",
        f"background:url({B} with space)",
        f"background:url({B}'quote)",
        f"background:url('{B}\n)",
    ],
)
def test_what_only_lenient_programs_fetch(declaration: str) -> None:
    found = one(inline(declaration))
    assert found.url == B
    assert found.conditional
    assert found.evasive or "\n" in declaration


@pytest.mark.parametrize(
    ("declaration", "clients"),
    [
        (f"behavior:url({B})", ("mshtml",)),
        (f"-moz-binding:url({B})", ("old-gecko",)),
        (
            f"filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='{B}',sizingMethod='scale')",
            ("mshtml",),
        ),
        (f"-ms-filter:\"progid:DXImageTransform.Microsoft.AlphaImageLoader(src='{B}')\"", ("mshtml",)),
        (f"_background:url({B})", ("mshtml",)),
        (f"*background:url({B})", ("mshtml",)),
        (f"width:expression(this.src='{B}')", ("mshtml",)),
        (f"mso-footnote-separator:url({B})", ("outlook-windows",)),
    ],
)
def test_properties_of_some_clients(declaration: str, clients: tuple[str, ...]) -> None:
    found = one(inline(declaration))
    assert (found.url, found.fires_in, found.conditional) == (B, clients, True)


def test_a_network_path_keeps_its_backslashes() -> None:
    found = one(inline(r"background:url(\\host.example\share\x.png)"))
    assert found.url == r"\\host.example\share\x.png"
    assert found.fires_in == ("outlook-windows",)


@pytest.mark.parametrize(
    "text",
    [
        f"p::before{{content:'url({B})'}}",
        f"/* p{{background:url({B})}} */",
        f"@namespace url({B}); @namespace x '{B}'; p{{color:red}}",
        f"p{{--x:url({B})}}",
        "p{fill:url(#a);behavior:url(#default#VML)}",
        "p{background:url(data:image/png;base64,AA==)}",
        "p{background:url()}",
        "p{color:rgb(1,2,3);content:attr(title)}",
        f"url({B})",
        "@font-face{src:local('x');font-family:'url(x)'}",
        "",
    ],
)
def test_nothing_is_fetched(text: str) -> None:
    assert sheet(text) == ()


@pytest.mark.parametrize(
    ("around", "trigger", "conditional"),
    [
        ("p{%s}", "open", False),
        ("@media screen{p{%s}}", "open", False),
        ("@media all, print{p{%s}}", "open", False),
        ("@layer base{p{%s}}", "open", False),
        ("@media print{p{%s}}", "print", True),
        ("@page{%s}", "print", True),
        ("@media (prefers-color-scheme:dark){p{%s}}", "open", True),
        ("@media screen{@media (max-width:600px){p{%s}}}", "open", True),
        ("@supports (display:grid){p{%s}}", "open", True),
        ("@container (width>1px){p{%s}}", "open", True),
        ("@keyframes x{to{%s}}", "open", True),
        ("a:hover{%s}", "open", True),
        ("a:visited,a:focus{%s}", "open", True),
        ("p,a:hover{%s}", "open", False),
        ("a[href*='x']{%s}", "open", True),
        ("a{&:active{%s}}", "open", True),
        ("@media print{p{color:red}} p{%s}", "open", False),
        ("@import 'data:,'; p{%s}", "open", False),
        (".a\\:b{%s}", "open", False),
        ("<!-- p{%s} -->", "open", False),
    ],
)
def test_conditions(around: str, trigger: str, conditional: bool) -> None:
    found = one(sheet(around.replace("%s", f"background:url({B})")))
    assert (found.url, found.trigger, found.conditional) == (B, trigger, conditional)


@pytest.mark.parametrize(
    ("text", "trigger", "conditional", "evasive"),
    [
        (f"@import '{B}';", "open", False, False),
        (f"@IMPORT URL( {B} ) screen;", "open", False, False),
        (f"@charset 'x';@import url('{B}') layer(base)", "open", False, False),
        (f"@import url({B}) layer(base) supports(display:grid);", "open", True, False),
        (f"@import '{B}' print;", "open", True, False),
        (f"@import '{B}' (min-width:1px);", "open", True, False),
        (f"p{{color:red}} @import '{B}';", "open", True, False),
        (f"@\\69mport '{B}';", "open", False, True),
        (f"@import/**/'{B}';", "open", False, True),
        (f"@import \\75rl({B});", "open", False, True),
        (f"@import url({B}", "open", False, True),
    ],
)
def test_imports(text: str, trigger: str, conditional: bool, evasive: bool) -> None:
    found = one(sheet(text))
    assert (found.url, found.role) == (B, "import")
    assert (found.trigger, found.conditional, found.evasive) == (trigger, conditional, evasive)


def test_a_sheet_inside_an_import_is_read() -> None:
    found = one(sheet("@import 'data:text/css,p%7Bbackground:url(http://beacon.example/)%7D';"))
    assert (found.url, found.role) == (B, "image")


def test_fonts() -> None:
    alone = one(sheet(f"@font-face{{font-family:x;src:local('x'),url({B}) format('woff2')}}"))
    assert (alone.role, alone.conditional) == ("font", False)
    several = sheet(
        f"@font-face{{font-family:y;src:url({B}1)}}@font-face{{font-family:z;src:url({B}2);src:url({B}3),url({B}4)}}"
    )
    assert [found.conditional for found in several] == [False, True, True, True]
    assert one(sheet(f"@font-face{{src:url({B});unicode-range:U+30-39}}")).conditional


def test_one_of_several_candidates_is_conditional() -> None:
    found = sheet(f"p{{background:image-set('{B}1' 1x, url({B}2) 2x)}} q{{background:url({B}3),url({B}4)}}")
    assert [reference.conditional for reference in found] == [True, True, False, False]


def techniques(html: str) -> list[tuple[str, str, str]]:
    view = read_html(html)
    families = (css_image, css_evasion, css_import, css_font)
    return [
        (reference.technique, reference.url, reference.trigger)
        for family in families
        for reference in family.find(view)
    ]


def test_a_variable_is_followed_from_sheet_to_style() -> None:
    html = (
        f"<style>:root{{--one:url({B}a);--two:'{B}b';--three:var(--two);--four:url({B}d)}}"
        ".x{background:var(--one)}</style><p class=x style='background-image:image-set(var(--three) 1x)'>"
    )
    assert techniques(html) == [("css-evasion", B + "a", "open"), ("css-evasion", B + "b", "open")]


def test_a_string_variable_is_no_picture_by_itself() -> None:
    assert techniques(f"<style>p{{--one:'{B}';background:var(--one)}}</style>") == []


def test_variables_in_a_circle() -> None:
    assert techniques("<style>p{--a:var(--b);--b:var(--a);background:var(--a)}</style>") == []


@pytest.mark.parametrize(
    ("selectors", "conditional"),
    [
        ("p", False),
        ("*", False),
        ("P.Note", False),
        ("#main > .note", False),
        (".gone", True),
        ("#gone", True),
        ("h1", True),
        ("h1, .note", False),
        (".note .gone", True),
        (".ExternalClass p", True),
        ("u + .body .note", True),
        (".note:not(.gone)", False),
        (".note::before", False),
        (".n\\6fte", False),
        ("p/* .gone */.note", False),
        (".late", False),
        (".in-comment", False),
    ],
)
def test_rules_that_match_nothing_are_conditional(selectors: str, conditional: bool) -> None:
    html = (
        f"<style>{selectors}{{background-image:url({B})}}</style><div id=Main><p class='a note'>x</div>"
        "<!--[if mso]><i class=in-comment><img src=//b.example/x></i><![endif]--><b class=late>"
    )
    view = read_html(html)
    (reference,) = [*css_image.find(view), *css_evasion.find(view), *css_fingerprint.find(view)]
    assert reference.conditional == conditional


def test_sheets_that_lie_in_the_mail_are_read() -> None:
    held = {
        "s@x.example": f"@import 'cid:t%40x.example';p{{background:url({B}1)}}",
        "t@x.example": f"p{{background:url({B}2)}}",
    }
    view = read_html("<link rel=stylesheet href=cid:s@x.example><p>x", held)
    assert [reference.url for reference in css_image.find(view)] == [B + "1", B + "2"]
    circle = read_html("<style>@import 'cid:c';p{background:url(x)}</style><p>", {"c": "@import 'cid:c';"})
    assert [reference.url for reference in css_image.find(circle)] == ["x"]


def test_a_sheet_not_read_whole_is_said() -> None:
    view = read_html("<style>a{background:" + "url(x)," * 6_000 + "</style>")
    assert [defect.code for defect in view.defects] == ["css-not-read-whole"]


def test_carriers_keep_their_conditions() -> None:
    sheet_of_print = "<style media=print>p{background:url(x.png)}</style>"
    html = f"<base href='http://b.example/d/'>{sheet_of_print}<i style='background:url({B})'>"
    view = read_html(html)
    (printed,), (drawn,) = css_fingerprint.find(view), css_image.find(view)
    assert (printed.trigger, printed.conditional, printed.base, printed.label) == (
        "print",
        True,
        "http://b.example/d/",
        "style background, print",
    )
    assert (drawn.url, drawn.tag, drawn.attribute, drawn.conditional) == (B, "i", "style", False)


@pytest.mark.parametrize(
    ("element", "found"),
    [
        (f"<link rel=stylesheet href={B}>", [("open", False)]),
        (f"<link rel='STYLESHEET preload' type='text/css; charset=utf-8' href={B}>", [("open", False)]),
        (f"<link rel=stylesheet media=print href={B}>", [("open", False)]),
        (f"<link rel='alternate stylesheet' href={B}>", [("open", False)]),
        (f"<link rel=stylesheet disabled href={B}>", [("open", True)]),
        (f"<link rel=stylesheet type=text/less href={B}>", []),
        (f"<link rel=icon href={B}>", []),
        ("<link rel=stylesheet>", []),
    ],
)
def test_linked_sheets(element: str, found: list[tuple[str, bool]]) -> None:
    references = list(css_import.find(read_html(element)))
    assert [(reference.trigger, reference.conditional) for reference in references] == found


def test_media_queries() -> None:
    assert media_condition("") == media_condition("screen") == media_condition("ALL") == ("open", False)
    assert media_condition("print") == media_condition("print and (color)") == ("print", True)
    assert media_condition("screen and (color)") == media_condition("speech") == ("open", True)


def test_escapes() -> None:
    assert unescape(r"\75\72 l\0 \d800 \110000 \"") == 'url\ufffd\ufffd\ufffd"'
    assert unescape("a\\\nb\\") == "ab\ufffd"


CSS_TEXT = st.lists(
    st.sampled_from(
        [
            "url(",
            "URL(",
            ")",
            "(",
            "{",
            "}",
            ";",
            ":",
            "'",
            '"',
            "/*",
            "*/",
            "\\",
            "\\75",
            " ",
            "\n",
            "@import ",
            "@media print",
            "@font-face",
            "src",
            "background",
            "p",
            "image-set(",
            "var(--x)",
            "--x",
            "http://a.example/",
            "#",
            ",",
            "!",
            "é",
            "\ud800",
        ]
    ),
    max_size=40,
).map("".join)


@given(CSS_TEXT | st.text(st.characters(codec=None), max_size=100), st.booleans())
def test_never_raises(text: str, as_inline: bool) -> None:
    for found in read_css(text, inline=as_inline).references:
        assert found.url
        assert found.role in ("image", "import", "font")
        assert found.trigger in ("open", "print")


def fetched_by_peer(declarations: str) -> set[str]:
    """The url tokens and url("…") of declarations, as tinycss2 reads them."""
    found: set[str] = set()
    pending = [
        declaration.value
        for declaration in tinycss2.parse_blocks_contents(declarations)
        if declaration.type == "declaration" and declaration.lower_name == "background"
    ]
    while pending:
        for token in pending.pop():
            if token.type == "url":
                found.add(token.value)
            elif token.type == "function":
                first = next((item for item in token.arguments if item.type != "whitespace"), None)
                if token.lower_name == "url" and first is not None and first.type == "string":
                    found.add(first.value)
                pending.append(token.arguments)
    return {url.strip() for url in found if url.strip() and not url.strip().startswith("#")}


PIECES = st.lists(
    st.sampled_from(
        [
            "url(http://a.example/1)",
            "url( 'http://a.example/2' )",
            "\\75rl(http://a.example/3)",
            "'str;ing'",
            '"/*"',
            "/* ; } url(no) */",
            'u\\72 l("http://a.example/4")',
            "red",
            "rgb(1,2,3)",
            " ",
            "UrL(http\\3a //a.example/5)",
            "linear-gradient(red, blue)",
            ",",
        ]
    ),
    max_size=8,
).map(" ".join)


@given(PIECES, PIECES)
def test_agrees_with_tinycss2(first: str, second: str) -> None:
    text = f"color:red;background:{first};margin:0;background:{second}"
    expected = fetched_by_peer(text)
    assert {found.url for found in inline(text)} == expected
    assert {found.url for found in sheet(f"q{{color:red}}p{{{text}}}")} == expected


@pytest.mark.parametrize(
    "unit",
    [
        "(",
        "{",
        "}",
        "a{",
        "url(",
        "url(a ",
        "url('",
        "\\",
        "\\75rl(",
        "@import ",
        "@import/*",
        "/*",
        "a/*x*/b",
        "image-set(",
        "@media print{",
        "var(--x",
        "'a'",
        "alphaimageloader(",
        "a{b:url(x)}",
        "a{b:url(x),",
        "@import url('",
    ],
)
def test_long_junk_ends(unit: str) -> None:
    text = unit * 100_000
    for as_inline in (False, True):
        assert len(read_css(text, inline=as_inline).references) <= MAX_REFERENCES + 1


def test_what_stands_behind_deep_nesting_is_found() -> None:
    assert one(sheet("p{b:" + "(" * 100_000 + f"}}q{{background:url({B})}}")).url == B


def test_five_megabytes_of_rules() -> None:
    text = ".a{color:red;padding:0 1px}\n" * 180_000 + f"p{{background:url({B})}}"
    assert one(sheet(text)).url == B


def test_a_reading_says_when_it_stopped() -> None:
    assert read_css("p{color:red;background:url(x)}").complete
    assert not read_css("a{background:" + "url(x)," * 6_000).complete
