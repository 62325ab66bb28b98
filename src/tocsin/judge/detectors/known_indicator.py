"""It meets a piece of intelligence that the operator's store keeps.

Fires: an indicator that is in force meets the mail: strong for the very URL, token, host, mail address or hash, or for
several things that must come together; domain for a name below a listed domain, an address or a network; weak for a
text or structure; doubtful for whatever a source is not sure of or is graded D or E. Such a mail alarms whatever its
likelihood, since an indicator says that somebody hostile was there, and not what for.
Silent: indicators that were withdrawn or had run out when the mail came, values that warning lists say strangers share,
a subject or mail program alone; these hits are kept and shown with the reason.
Doubt: lists err, hosts change hands, and services that many share get listed.
Source: indicators as practice shares them (STIX 2.1, section 4.7; MISP warning lists); weights set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.pointers import strongest
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.indicators:
        return None
    best = strongest(context.indicators)
    return Finding(best.text, best.where, best.level)
