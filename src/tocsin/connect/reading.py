"""One call of `read_mail`: its limits, what it consumed, what it met that is not mail."""

from __future__ import annotations

from tocsin.connect.feed import Counter
from tocsin.connect.limits import ReadLimits


class Reading:
    """The state that the readers of one call share.

    `wanted` narrows the reading to one source: archive members that cannot hold it are passed over.
    """

    def __init__(self, limits: ReadLimits, wanted: str = "") -> None:
        self.limits = limits
        self.counter = Counter()
        self.wanted = wanted
        self.not_mail: list[str] = []
        self.not_mail_count = 0

    def wants(self, label: str) -> bool:
        """Whether a place of this label may hold the wanted source."""
        return not self.wanted or self.wanted == label or self.wanted.startswith((label + "#", label + "@"))

    def pass_over(self, label: str) -> None:
        """Note a file in a folder or archive that is not mail."""
        self.not_mail_count += 1
        if len(self.not_mail) < 5:
            self.not_mail.append(label)
