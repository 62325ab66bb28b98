"""Form data files with and without addresses."""

from __future__ import annotations

WEB = "https://forms.beacon.example/a.pdf"
FDF = b"%%FDF-1.2\n1 0 obj\n<</FDF<<%s/Fields[<</T(name)/V(Paul)>>]>>>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%%%EOF\n"
XFDF = (
    '<?xml version="1.0"?>\n{}<xfdf xmlns="http://ns.adobe.com/xfdf/" xml:space="preserve">{}<fields/></xfdf>'
)
URI = f'<annots><link><OnActivation><Action Trigger="U"><URI Name="{WEB}"/></Action></OnActivation></link></annots>'

FOUND: dict[str, tuple[bytes, str, tuple[str, str, bool]]] = {
    "fdf": (FDF % b"/F(https://forms.beacon.example/a.pdf)", "a.fdf", (WEB, "attachment", True)),
    "fdf-share": (FDF % b"/F(//192.0.2.7/s/a.pdf)", "a.fdf", ("\\\\192.0.2.7\\s\\a.pdf", "attachment", True)),
    "fdf-hexadecimal": (FDF % (b"/F <%s>" % WEB.encode().hex().encode()), "data", (WEB, "attachment", True)),
    "fdf-file-specification": (
        FDF % b"/F<</FS/URL/F(https://forms.beacon.example/a.pdf)>>",
        "a.fdf",
        (WEB, "attachment", True),
    ),
    "fdf-script": (
        FDF % b"/JavaScript<</After(app.launchURL\\('https://forms.beacon.example/a.pdf'\\))>>",
        "a.fdf",
        (WEB, "attachment", True),
    ),
    "xfdf": (XFDF.format("", f'<f href="{WEB}"/>').encode(), "a.xfdf", (WEB, "attachment", True)),
    "xfdf-wide": (
        XFDF.format("", f"<f href='{WEB}'/>").encode("utf-16"),
        "a.xfdf",
        (WEB, "attachment", True),
    ),
    "xfdf-link": (XFDF.format("", URI).encode(), "form.xml", (WEB, "click", False)),
    "xfdf-entity": (
        XFDF.format(f'<!DOCTYPE xfdf SYSTEM "{WEB}">', "").encode(),
        "a.xfdf",
        (WEB, "attachment", True),
    ),
}
NOTHING = {
    "fdf-beside": (FDF % b"/F(programme.pdf)", "a.fdf"),
    "fdf-here": (FDF % b"/F(C:/forms/programme.pdf)", "a.fdf"),
    "xfdf-beside": (XFDF.format("", '<f href="forms/programme.pdf"/>').encode(), "a.xfdf"),
    "xfdf-words": (XFDF.format("", f"<value>{WEB}</value>").encode(), "a.xfdf"),
}
