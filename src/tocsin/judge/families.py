"""What mails of one hand share although host, sender and text differ: how their calls are written."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.mail.url_shape import holds_token, url_shape
from tocsin.model.observation import Beacon, Observed


def template_of(mail: Observed, telling: Sequence[Beacon]) -> str:
    """What tells one mail-making template from another, or "" where nothing is told apart.

    `telling` are the calls that are out of sight or tell readers apart. The template is the structure of the HTML with
    technique and URL shape of the first such call that carries a token.
    """
    structure = mail.content.structure_hash
    if not structure:
        return ""
    for beacon in telling[:20]:
        shape = url_shape(beacon.url)
        if holds_token(shape):
            return f"{structure} {beacon.technique} {shape}"
    return ""
