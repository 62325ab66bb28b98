"""What a family of techniques finds in one body, before URLs are resolved and hosts are looked up."""

from __future__ import annotations

import msgspec


class Reference(msgspec.Struct, frozen=True, gc=False):
    """One place in a body or header that makes some client contact a host.

    `url` is as written, HTML character references decoded, otherwise untouched: it may be relative, padded with
    white space or nonsense. `base` is the base URL in force where the body itself sets one (`<base href>`;
    `srcdoc` inherits), else None. `trigger` is one of `model.observation.TRIGGERS`. `fires_in` names the clients
    it is limited to; empty means all that load remote content. `offset` is a character offset in the decoded
    part, -1 if unknown. `label` is the link text for links, "tag attribute" for the rest.
    """

    technique: str
    url: str
    tag: str
    attribute: str
    trigger: str = "open"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    hidden: bool = False
    offset: int = -1
    label: str = ""
    base: str | None = None
