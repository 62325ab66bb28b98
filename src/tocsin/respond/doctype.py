"""The drawing mode that a document type asks for, and the type that is written for it."""

from __future__ import annotations

import re

from turbohtml import Doctype, Node

from tocsin.mail.url import defang_host, resolve

# Source: WHATWG HTML, the initial insertion mode. Families of names there are given by what they share.
_QUIRKS = (
    "+//silmaril//dtd html pro v0r11 19970101//",
    "-//as//dtd html 3.0 aswedit",
    "-//advasoft ltd//dtd html 3.0 aswedit",
    "-//ietf//dtd html",
    "-//metrius//dtd metrius presentational//",
    "-//microsoft//dtd internet explorer",
    "-//netscape comm. corp.//dtd",
    "-//o'reilly and associates//dtd html",
    "-//sq//dtd html 2.0 hotmetal",
    "-//softquad software//dtd hotmetal pro",
    "-//softquad//dtd hotmetal pro",
    "-//spyglass//dtd html 2.0 extended//",
    "-//sun microsystems corp.//dtd hotjava",
    "-//w3c//dtd html 3",
    "-//w3c//dtd html 4.0 frameset//",
    "-//w3c//dtd html 4.0 transitional//",
    "-//w3c//dtd html experimental",
    "-//w3c//dtd w3 html",
    "-//w3o//dtd w3 html 3.0//",
    "-//w3o//dtd w3 html strict 3.0//en//",
    "-//webtechs//dtd mozilla html",
)
_QUIRKS_EXACT = ("-/w3c/dtd html 4.0 transitional/en", "html")
_QUIRKS_SYSTEM = "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd"
_OLD = ("-//w3c//dtd html 4.01 frameset//", "-//w3c//dtd html 4.01 transitional//")
_LIMITED = ("-//w3c//dtd xhtml 1.0 frameset//", "-//w3c//dtd xhtml 1.0 transitional//")


def plain_doctype(name: str, public: str, system: str | None) -> str:
    """The document type, naming nothing, in which browsers draw as in the one given; "" stands for none."""
    public, system = public.lower(), None if system is None else system.lower()
    if name.lower() != "html" or public in _QUIRKS_EXACT or public.startswith(_QUIRKS):
        return ""
    if system == _QUIRKS_SYSTEM or (not system and public.startswith(_OLD)):
        return ""
    if public.startswith((*_LIMITED, *_OLD)):
        return '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n'
    return "<!DOCTYPE html>\n"


_PROLOGUE = re.compile(r"<!doctype\b([^>]*)>", re.I)
_W3C = re.compile(
    r"\s*html\s*(?:public\s*[\"'][^\"'<>\[]*[\"']\s*(?:[\"'](?:http://www\.w3\.org/[\w/.-]*)?[\"']\s*)?)?/?\Z",
    re.I,
)
_WELL_FORMED = re.compile(
    r"\s*html\s*(?:(?:public\s*(?:\"[^\"]*\"|'[^']*')|system)\s*(?:\"[^\"]*\"|'[^']*')?\s*)?\Z", re.I
)
_FORCES_QUIRKS_WORDS = """
    missing-doctype-name invalid-character-sequence-after-doctype-name missing-doctype-public-identifier
    missing-quote-before-doctype-public-identifier abrupt-doctype-public-identifier eof-in-doctype
    missing-quote-before-doctype-system-identifier abrupt-doctype-system-identifier missing-doctype-system-identifier
"""
_FORCES_QUIRKS = frozenset(_FORCES_QUIRKS_WORDS.split())
HOST = re.compile(r"(?:https?:)?[/\\]{2}([^\s/\\?#\"'()<>;,]{1,253})", re.I)


def read_doctype(text: str, tree: Node) -> tuple[str, bool, str]:
    """The document type to write, whether the one that stands there names something, and the host it names."""
    found = _PROLOGUE.search(text[:20_000])
    lowered = text[:4_000].lower()
    names = "<!entity" in lowered or ("<!doctype" in lowered and "[" in (found[1] if found else "["))
    host = ""
    if found is not None and _W3C.match(found[1]) is None:
        names, host = True, host_in(found[1])
    declared = next((node for node in tree.children if isinstance(node, Doctype)), None)
    if declared is None:
        return "", names, host
    broken = found is None or _WELL_FORMED.match(found[1]) is None
    if broken and any(error.code in _FORCES_QUIRKS for error in getattr(tree, "errors", ())):
        return "", names, host
    return plain_doctype(declared.name, declared.public_id or "", declared.system_id), names, host


def host_in(text: str) -> str:
    """The first host that an address in the text names, defanged, or \"\"."""
    found = HOST.search(text)
    if found is None:
        return ""
    url = resolve("https://" + found[1])
    return defang_host(url.host)[:253] if url is not None else ""
