"""Holds the beacons that are found beside two public lists of mail trackers, over a corpus of real mail.

    TOCSIN_CORPUS=/path/to/corpus TOCSIN_PEERS=/path/to/lists python -m benchmarks.trackers [--markdown] [--list]

The lists are JSON files, `trackers-mailtrackerblocker.json` and `trackers-simplify.json`: an object whose
"vendors" maps a name to regular expressions. Each is applied as its program applies it, case ignored: the first
searches the whole text of each `<img ...>` of the HTML source, the second the `src` of each picture. A picture
counts once a mail and URL. Pictures that a list alone finds are printed in full, URLs defanged; `--list` prints
the other differences too. Exit code 1 if a list finds a picture that a browser requests and Tocsin does not.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import msgspec

from benchmarks.tables import Table, as_markdown, as_text
from benchmarks.worlds import strata_of
from tocsin.app.catalogue import load_catalogue
from tocsin.app.phrases import load_phrases
from tocsin.connect.files import read_mail
from tocsin.mail.body import part_text
from tocsin.mail.mime import scan
from tocsin.mail.url import defang, resolve
from tocsin.model.observation import Beacon
from tocsin.model.source import RawMail
from tocsin.observe.mail import observe_message

LISTS = {
    "MailTrackerBlocker": "trackers-mailtrackerblocker.json",
    "Simplify": "trackers-simplify.json",
}
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_BASE = re.compile(r"""<base\b[^>]*\bhref\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_REASONS = ("known service", "reader's address", "token", "hidden")
_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)  # `html.unescape` drops what parsers keep
_SHOWN = 110  # characters of a URL


class Pattern(msgspec.Struct, frozen=True):
    vendor: str
    text: str
    compiled: re.Pattern[str]


class Peer(msgspec.Struct, frozen=True):
    """One list; `any_of` is all its patterns in one, to tell quickly that none matches."""

    name: str
    patterns: tuple[Pattern, ...]
    any_of: re.Pattern[str]
    whole_tag: bool

    def match(self, tag: str, source: str) -> Pattern | None:
        text = f"{tag}\n{html.unescape(tag)}" if self.whole_tag else source
        if not self.any_of.search(text):
            return None
        return next((pattern for pattern in self.patterns if pattern.compiled.search(text)), None)


class Sighting(msgspec.Struct, frozen=True):
    """One picture or other beacon of one mail: what each list and Tocsin make of it.

    `trigger` is Tocsin's, "" where it finds nothing; `element` tells whether the standard library's HTML
    parser sees such an element too, with a URL that has a host.
    """

    source: str
    url: str
    matches: dict[str, Pattern]
    trigger: str
    technique: str
    reasons: tuple[str, ...]
    vendor: str
    element: bool


def load_peer(name: str, path: Path) -> Peer:
    vendors: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))["vendors"]
    patterns = tuple(
        Pattern(vendor, text, re.compile(text, re.IGNORECASE))
        for vendor, texts in vendors.items()
        for text in texts
    )
    any_of = re.compile("|".join(f"(?:{pattern.text})" for pattern in patterns), re.IGNORECASE)
    return Peer(name, patterns, any_of, whole_tag=name == "MailTrackerBlocker")


class _Images(HTMLParser):
    """Sources of the images that the standard library's parser sees: no comments, scripts or styles."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.sources.update(value.strip() for name, value in attributes if name == "src" and value)

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        return self.parse_bogus_comment(i)  # as browsers do; the library's own raises on some


def pictures(text: str) -> Iterator[tuple[str, str, str, bool]]:
    """Each `<img>` of an HTML source: the tag, its src decoded, the URL it asks for ("" for none), and whether
    it is an element rather than text of a comment."""
    seen = _Images()
    seen.feed(text)
    base = match[1] if (match := _BASE.search(text)) else None
    for image in _IMAGE.finditer(text):
        found = _SOURCE.search(image[0])
        source = html.unescape(next(filter(None, found.groups()), "")) if found else ""
        url = resolve(source, base) if source else None
        remote = url is not None and bool(url.host) and url.scheme in ("http", "https")
        href = _CONTROL.sub("", url.href) if url is not None and remote else ""
        yield image[0], source, href, source.strip() in seen.sources


def reasons_of(beacons: Iterable[Beacon]) -> tuple[str, ...]:
    """What a URL is named for, in the order of _REASONS; () for a reference like any other."""
    found = set()
    for beacon in beacons:
        if beacon.vendor:
            found.add("known service")
        if beacon.hidden:
            found.add("hidden")
        if beacon.personal:
            found.add("token" if beacon.personal.kind == "high-entropy" else "reader's address")
    return tuple(reason for reason in _REASONS if reason in found)


def sightings(paths: Sequence[str], peers: Sequence[Peer]) -> Iterator[Sighting | None]:
    """What is found in each mail, by whomever; None after each mail."""
    catalogue, phrases = load_catalogue(), load_phrases()
    for mail in read_mail(paths):
        if not isinstance(mail, RawMail):
            continue
        ours: dict[str, list[Beacon]] = {}
        for beacon in observe_message(mail, catalogue=catalogue, phrases=phrases).beacons:
            if beacon.host:
                ours.setdefault(_CONTROL.sub("", beacon.url), []).append(beacon)
        theirs: dict[str, tuple[dict[str, Pattern], bool]] = {}
        message = scan(mail.raw, headers_missing=mail.headers_missing)
        for part in message.parts:
            if part.media_type != "text/html" or part.disposition == "attachment":
                continue
            for tag, source, url, element in pictures(part_text(message, part)):
                matches = {peer.name: found for peer in peers if (found := peer.match(tag, source))}
                if matches:
                    known, before = theirs.get(url or source or tag, ({}, False))
                    theirs[url or source or tag] = (matches | known, (element and bool(url)) or before)
        for url in {**theirs, **ours}:
            beacons = ours.get(url, [])
            matches, element = theirs.get(url, ({}, False))
            opening = [beacon for beacon in beacons if beacon.trigger == "open"]
            if not matches and not opening:
                continue
            first = min(opening or beacons, key=lambda beacon: beacon.conditional, default=None)
            yield Sighting(
                mail.source,
                url,
                matches,
                first.trigger if first else "",
                first.technique if first else "",
                reasons_of(beacons),
                next((beacon.vendor for beacon in beacons if beacon.vendor), ""),
                element,
            )
        yield None


def _count(title: str, found: Sequence[Sighting]) -> tuple[str, str, str]:
    return title, f"{len({one.source for one in found}):,}", f"{len(found):,}"


def totals(found: Sequence[Sighting]) -> Table:
    opening = [one for one in found if one.trigger == "open"]
    listed = [one for one in found if one.matches]
    rows = [_count(f"{name}'s list matches", [one for one in found if name in one.matches]) for name in LISTS]
    rows += [
        _count("either list matches", listed),
        _count("Tocsin: fires on opening", opening),
        _count(
            "Tocsin: of these, named (known service, token, address, hidden)",
            [o for o in opening if o.reasons],
        ),
        _count("a list and Tocsin, which names it", [o for o in opening if o.matches and o.reasons]),
        _count(
            "a list and Tocsin, which does not name it", [o for o in opening if o.matches and not o.reasons]
        ),
        _count(
            "a list alone: a browser would request it", [o for o in listed if not o.trigger and o.element]
        ),
        _count("a list alone: nothing is requested", [o for o in listed if not o.trigger and not o.element]),
        _count(
            "a list matches, Tocsin has it for later than opening",
            [o for o in listed if o.trigger not in ("", "open")],
        ),
        _count("Tocsin alone, named", [o for o in opening if o.reasons and not o.matches]),
        _count("Tocsin alone, not named", [o for o in opening if not o.reasons and not o.matches]),
    ]
    return Table("What is found", ("", "mails", "URLs"), tuple(rows))


def alone(found: Sequence[Sighting]) -> Table:
    """What only Tocsin finds, by technique and by reason; a URL with two reasons counts under both."""
    ours = [one for one in found if one.trigger == "open" and not one.matches]
    urls: Counter[tuple[str, str]] = Counter()
    for one in ours:
        urls.update((technique, reason) for technique in (one.technique, "all") for reason in one.reasons)
        urls.update((technique, "all") for technique in (one.technique, "all"))
        urls.update((technique, "named") for technique in (one.technique, "all") if one.reasons)
    techniques = sorted({one.technique for one in ours}, key=lambda name: -urls[name, "all"])
    columns = ("all", "named", *_REASONS)
    rows = ((name, *(f"{urls[name, column]:,}" for column in columns)) for name in (*techniques, "all"))
    return Table("What Tocsin alone finds, URLs by technique", ("technique", *columns), tuple(rows))


def unnamed(found: Sequence[Sighting]) -> Table:
    """Pictures that a list matches and Tocsin finds without naming them, by the name that the list gives."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in found:
        if one.trigger == "open" and one.matches and not one.reasons:
            for name, pattern in one.matches.items():
                counts[name, pattern.vendor] += 1
    rows = tuple((f"{name}: {vendor}", str(count)) for (name, vendor), count in counts.most_common())
    return Table("Matched by a list, not named by Tocsin", ("list: its name for it", "URLs"), rows)


def differences(found: Sequence[Sighting], *, everything: bool) -> Iterator[str]:
    """What a list matches, one a line: what came of it, our reasons and service, the patterns, file and URL."""
    for one in found:
        if not one.matches or (one.trigger and not everything):
            continue
        kind = "not named" if one.trigger else "missed" if one.element else "not requested"
        kind = "named" if one.trigger == "open" and one.reasons else kind
        patterns = "; ".join(f"{name}, {found.vendor}: {found.text}" for name, found in one.matches.items())
        url = defang(one.url)[:_SHOWN]
        yield "\t".join((kind, ",".join(one.reasons), one.vendor, patterns, one.source, url))


def main() -> int:
    """Measures and prints; 0, 1 if a right one is missed, 2 when the corpus or the lists are missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("TOCSIN_PEERS", "")))
    parser.add_argument("--markdown", action="store_true", help="tables for the documentation")
    parser.add_argument("--list", action="store_true", help="print every difference, not only what is missed")
    options = parser.parse_args()
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if not (corpus / "labels.tsv").is_file():
        sys.stderr.write("TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/.\n")
        return 2
    missing = [name for name in LISTS.values() if not (options.peers / name).is_file()]
    if missing:
        sys.stderr.write(f"{options.peers} lacks {', '.join(missing)}: set TOCSIN_PEERS or give --peers.\n")
        return 2
    peers = [load_peer(name, options.peers / file) for name, file in LISTS.items()]
    paths = [str(path) for members in strata_of(corpus).values() for path in members]
    found: list[Sighting] = []
    mails = 0
    for one in sightings(paths, peers):
        if one is None:
            mails += 1
        else:
            found.append(one)
    counts = ", ".join(f"{peer.name} {len(peer.patterns)} patterns" for peer in peers)
    print(f"{mails:,} mails; {counts}\n")
    draw = as_markdown if options.markdown else as_text
    for table in (totals(found), unnamed(found), alone(found)):
        print(draw(table))
    for line in differences(found, everything=options.list):
        print(line)
    return 1 if any(one.matches and not one.trigger and one.element for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
