"""The drawing mode that a document type asks for, and the type that is written for it."""

from __future__ import annotations

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
