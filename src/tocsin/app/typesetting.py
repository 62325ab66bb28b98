"""Sets pages by typst: texts come as data, nothing is included or fetched, the same data give the same bytes."""

from __future__ import annotations

import tempfile
from importlib import resources
from typing import Any, Literal

import msgspec

_STANDARDS: tuple[Literal["a-2a"], ...] = ("a-2a",)  # archivable, and readable aloud


def set_pages(template: str, name: str, layout: Any, *, made_s: float) -> bytes:
    """The PDF of data/TEMPLATE, which reads `layout` as the input `name`.

    PDF/A where the program's own fonts, or the system's, have every letter; elsewhere boxes stand for some.
    """
    import typst

    source = resources.files("tocsin").joinpath("data", template).read_bytes()
    made: object = None
    with tempfile.TemporaryDirectory(prefix="tocsin-") as nowhere:  # nothing to include, no packages to find
        for system, standards in ((False, _STANDARDS), (True, _STANDARDS), (True, ())):
            compiler = typst.Compiler(
                source,
                root=nowhere,
                font_paths=typst.Fonts(include_system_fonts=system, include_embedded_fonts=True),
                ignore_system_fonts=not system,
                sys_inputs={name: msgspec.json.encode(layout).decode()},
                package_path=nowhere,
                package_cache_path=nowhere,
            )
            try:
                made = compiler.compile(format="pdf", pdf_standards=list(standards), timestamp=int(made_s))
                break
            except typst.TypstError as error:
                if not standards or "could not be displayed" not in str(error):
                    raise
    assert isinstance(made, bytes)
    return made
