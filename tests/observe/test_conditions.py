"""What a browser passes over is still told, as conditional; what it asks for is told as certain."""

from __future__ import annotations

import pytest

from tocsin.observe.beacons import find_references
from tocsin.observe.html import read_html

B = "https://beacon.example/a"
FACE = f"@font-face {{ font-family: 'A b'; src: url({B}) }}"

CERTAIN = {
    "font that is named first": f'<style>{FACE} p {{ font-family: "a B", serif }}</style><p>x',
    "font by shorthand": f"<style>{FACE} p {{ font: bold 12px/1.2 'A B' }}</style><p>x",
    "font by attribute": f"<style>{FACE}</style><p style='color: red; font-family: A b'>x",
    "font by old element": f"<style>{FACE}</style><font face='A b'>x",
    "background with colour by style": f"<table><tr><td background={B} style='background-color: red'>x",
    "background with another's style": f"<style>.c {{ background: red }}</style><table><tr><td background={B}>x",
    "picture of no box": f"<div style='display: none'><img src={B}></div>",
    "background without a view": f"<div style='visibility: hidden'><p style='background: url({B})'></div>",
    "button": f"<input type=IMAGE src={B}>",
    "first refresh": f"<meta http-equiv=Refresh content='0;url={B}'>",
    "refresh with a user": "<meta http-equiv=refresh content='0;url=https://user@beacon.example/a'>",
    "film": f"<video src={B}.mp4></video>",
    "embedded page": f"<embed src={B}.html>",
    "prefixed cross-fade": f"<p style='background: -webkit-cross-fade(url({B}), url({B}), 50%)'>",
    "prefixed mask": f"<p style='-webkit-mask-box-image: url({B})'>",
    "page in a data: URL": f"<iframe src='data:text/html,<img src={B}>'></iframe>",
}
CONDITIONAL = {
    "font that nothing uses": f"<style>{FACE}</style><p>x",
    "font of a rule that matches nothing": f"<style>{FACE} .icons {{ font-family: 'A b' }}</style><p>x",
    "font behind another": f"<style>{FACE} p {{ font-family: Georgia, 'A b' }}</style><p>x",
    "font without name": f"<style>@font-face {{ src: url({B}) }} p {{ font-family: x }}</style><p>x",
    "font for old programs": f"<style>@font-face {{ font-family: x; src: url({B}) format('embedded-opentype') }}"
    "p { font-family: x }</style><p>x",
    "one of two faces": f"<style>{FACE} @font-face {{ font-family: A b; font-weight: 700; src: url({B}) }}"
    "p { font-family: A b }</style><p>x",
    "background under a style": f"<table><tr><td background={B} style='background: red'>x",
    "background under a rule": f"<style>@media screen {{ p, td.c {{ background-image: none }} }}</style>"
    f"<table><tr><td class=c background={B}>x",
    "background under a rule for any child": f"<style>* > td {{ background: red }}</style>"
    f"<table><tr><td background={B}>x",
    "background of no box": f"<div style='display: none'><p style='background: url({B})'></div>",
    "background of a hidden element": f"<div hidden><table background={B}></table></div>",
    "button with white space": f"<input type=' image ' src={B}>",
    "second refresh": f"<meta http-equiv=refresh content='0;url=/'><meta http-equiv=refresh content='1;url={B}'>",
    "refresh with white space": f"<meta http-equiv=' refresh' content='0;url={B}'>",
    "picture with a user": "<img src=https://user:word@beacon.example/a>",
    "film that waits": f"<video src={B} preload=none autoplay></video>",
    "track": f"<video><track default src={B}></video>",
    "flash by name": f"<embed src={B}.swf>",
    "flash by type": f"<object data={B} type=application/x-shockwave-flash></object>",
    "plain cross-fade": f"<p style='background: cross-fade(url({B}), url({B}), 50%)'>",
    "strings in a cross-fade": f'<p style=\'background: -webkit-cross-fade("{B}", "{B}", 50%)\'>',
    "filter": f"<p style='filter: url({B})'>",
    "prefix of another engine": f"<p style='-moz-mask-image: url({B})'>",
    "no base in a data: URL": "<iframe src='data:text/html,<img src=//beacon.example/a>'></iframe>",
}


def conditions(html: str) -> set[bool]:
    found = find_references(read_html(html))
    own = [reference for reference in found if not reference.url.startswith("data:")]
    return {reference.conditional for reference in own if "beacon.example/a" in reference.url}


@pytest.mark.parametrize("name", CERTAIN)
def test_certain(name: str) -> None:
    assert conditions(CERTAIN[name]) == {False}


@pytest.mark.parametrize("name", CONDITIONAL)
def test_conditional(name: str) -> None:
    assert conditions(CONDITIONAL[name]) == {True}
