"""The host that is called also serves pictures that everybody sees.

Fires: three or more visible pictures come from the site that the call goes to ("many"), or one or two do
("some").
Silent: the call goes to a host that shows nothing.
Doubt: an attacker can add pictures.
Source: Haupt 2018, Bender 2016 and Fabian 2021 (telling tracking from ordinary pictures); set by
judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_PICTURES = frozenset({"image", "image-candidates", "background-attribute", "css-image"})


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.callbacks:
        return None
    target = (traits.strangers or traits.callbacks)[0]
    visible = sum(
        1
        for b in mail.beacons
        if b.site == target.site and b.technique in _PICTURES and not b.hidden and b.personal is None
    )
    familiar = not traits.strangers or target.site in mail.content.link_sites
    if visible >= 3 and familiar:
        return Finding("The same host serves pictures that everybody sees.", target.host, "many")
    if visible >= 2:
        return Finding("The same host serves pictures that everybody sees.", target.host, "some")
    return None
