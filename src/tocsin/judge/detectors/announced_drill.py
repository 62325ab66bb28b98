"""The reader's own organisation announced a drill, and a drill service sent this.

Fires: within sixty days before, the own organisation told its people about a simulated phishing mail, and
the mail's sender, calls or links belong to a known drill service ("announced"); or only the drill service
is known ("service").
Silent: announcements alone: an attacker may use the occasion.
Doubt: what is not listed as a drill service counts as a stranger.
Source: set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.drill:
        return None
    if context.announced:
        text = "The reader's own organisation announced a drill, and a drill service sent this."
        return Finding(text, "Received", "announced")
    return Finding("A service for phishing drills sent this.", "Received", "service")
