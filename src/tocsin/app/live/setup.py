"""What the processes that open the store are told before they are started."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tocsin.app.keeping import observer_of
from tocsin.app.scan import ScanRequest, observing_settings


class MemorySetup(msgspec.Struct, frozen=True):
    """What decides beside the mails, where the store is ("" for none), and where the journal lies.

    `observer` names what observes, as a scan with the same settings would: records are kept under it. The journal is
    moved into the store every `keep_every_s`, campaigns are linked anew at most every `link_every_s`, and others'
    changes to the store are looked for every `look_every_s`. With `patient` nothing is answered before history is
    loaded: nobody waits for such mail. `acts` tells that mail is changed or held back by what is found.
    """

    request: ScanRequest
    store: str
    journal: Path
    observer: str
    keep_every_s: float = 3.0
    link_every_s: float = 300.0
    look_every_s: float = 4.0
    patient: bool = False
    acts: bool = True

    @classmethod
    def of(cls, request: ScanRequest, store: str, journal: Path) -> MemorySetup:
        """The setup for mail that is observed by the settings of this request."""
        observer = observer_of(observing_settings(request))
        return cls(request, store, journal, observer)
