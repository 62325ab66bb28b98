"""What may still be unpacked, drawn and decoded for one mail: the answer to files that expand without end."""

from __future__ import annotations

MAX_BYTES = 64 << 20  # unpacked, over all files of a mail
MAX_RATIO = 200  # unpacked to packed, beyond the first MiB of a file
FREE_BYTES = 1 << 20
MAX_MEMBERS = 1_000
MAX_DEPTH = 5  # files in files
MAX_PICTURES = 100
MAX_PIXELS = 40_000_000
MAX_PAGES = 10
MAX_TAGS = 150_000  # of pages in files; a page costs by its tags, not by its bytes


class Allowance:
    """Counts down over all files of one mail; a reader that is refused says so and stops."""

    def __init__(self) -> None:
        self.bytes_left = MAX_BYTES
        self.members_left = MAX_MEMBERS
        self.pictures_left = MAX_PICTURES
        self.pixels_left = MAX_PIXELS
        self.pages_left = MAX_PAGES
        self.tags_left = MAX_TAGS

    def largest(self, packed: int) -> int:
        """How many bytes `packed` bytes may unpack to now; read one more to learn that there was more."""
        return min(self.bytes_left, max(FREE_BYTES, packed * MAX_RATIO))

    def take_bytes(self, unpacked: int) -> None:
        """Count bytes that were unpacked."""
        self.bytes_left = max(0, self.bytes_left - unpacked)

    def take_member(self) -> bool:
        """Count one file in a file; False when there were too many."""
        self.members_left -= 1
        return self.members_left >= 0

    def take_picture(self, pixels: int) -> bool:
        """Count one picture to be decoded; False when there were too many, or it is too large."""
        if self.pictures_left <= 0 or pixels > self.pixels_left:
            return False
        self.pictures_left -= 1
        self.pixels_left -= pixels
        return True

    def take_page(self) -> bool:
        """Count one page to be drawn; False when there were too many."""
        self.pages_left -= 1
        return self.pages_left >= 0

    def take_markup(self, text: str) -> str:
        """Give as much of a page as may still be parsed."""
        tags = text.count("<")
        if tags > self.tags_left:
            text = "<".join(text.split("<", self.tags_left + 1)[:-1])
            tags = self.tags_left
        self.tags_left -= tags
        return text
