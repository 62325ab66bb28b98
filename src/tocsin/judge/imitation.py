"""Look-alikes of many domains at once: an index made once, a few look-ups for each host, each host once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Literal

import msgspec

from tocsin.judge.lookalike import site_label, skeleton, slip, sound
from tocsin.model.names import KnownName
from tocsin.observe.confusables import host_likeness, latin_likeness
from tocsin.observe.ordinary import AFFIXES, ARTICLES, ORDINARY, PLACES

# "letters" of another alphabet, "signs" that look alike, "joined" with other words, "country" where those are places or
# languages alone, as of national sections, "place" of the name below somebody else's domain, "slip" of the finger,
# "sound", "hyphen", or the same name with another "ending".
Way = Literal["letters", "signs", "joined", "country", "place", "slip", "sound", "hyphen", "ending"]
# A "claimed" likeness is one of chance unless the mail claims that very name.
Strength = Literal["strong", "weak", "claimed"]
_RANK = {"strong": 0, "weak": 1, "claimed": 2}

_SIGNS = re.compile(r"[a-z0-9]+")
_HYPHENS = 8  # pieces of a label that are looked at
_LABELS = 12  # labels of a host that are looked at
_DISTINCT = 5  # letters; shorter names are common by chance
_TYPED = 6  # letters; slips and sounds of shorter names are other words
_HEARD = 7
_MOST = 16


class Likeness(msgspec.Struct, frozen=True, gc=False):
    """A host that looks like `domain`, which is one of `of`'s, but is none of them."""

    host: str
    of: KnownName
    domain: str
    way: Way
    strength: Strength


class Lookalikes:
    """The index; `of` answers for a host, `genuine` for a domain that belongs to somebody on the lists."""

    def __init__(self, entries: Iterable[KnownName] = ()) -> None:
        domains: dict[str, KnownName] = {}
        brands: dict[str, list[str]] = {}
        for entry in entries:
            for domain in entry.domains:
                if domain not in domains:
                    domains[domain] = entry
                    brands.setdefault(_brand(domain), []).append(domain)
            for name in (entry.name, *entry.aliases):
                squeezed = squeeze(name)
                if len(squeezed) >= _DISTINCT and entry.domains:
                    known = brands.setdefault(squeezed, [])
                    if entry.domains[0] not in known:
                        known.append(entry.domains[0])
        self._domains = domains
        self._brands = brands
        self._looks: dict[str, list[str]] = {}
        self._heads: dict[str, list[str]] = {}
        self._tails: dict[str, list[str]] = {}
        for brand in brands:
            if len(brand) >= _DISTINCT:
                self._looks.setdefault(skeleton(brand), []).append(brand)
            if len(brand) >= _TYPED:
                # One slip leaves either the first or the last half of a name as it is.
                self._heads.setdefault(brand[:3], []).append(brand)
                self._tails.setdefault(brand[-3:], []).append(brand)
        self.of = lru_cache(maxsize=8192)(self._of)

    @cached_property
    def _sounds(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for brand in self._brands:
            if len(brand) >= _HEARD and is_distinct(brand):
                found.setdefault(sound(brand), []).append(brand)
        return found

    def genuine(self, host: str) -> KnownName | None:
        """Whose domain this is or lies below, by the longest suffix."""
        for _ in range(_LABELS * 4):
            if not host:
                break
            found = self._domains.get(host)
            if found is not None:
                return found
            host = host.partition(".")[2]
        return None

    def _of(self, host: str, site: str) -> tuple[Likeness, ...]:
        """What this host looks like but is not, the strongest first; `site` is its registrable domain."""
        host = host[-253:]
        if not self._domains or "." not in site or not host.endswith(site) or self.genuine(host) is not None:
            return ()
        own = "." + site
        raw = site_label(site)
        label = latin_likeness(host_likeness(raw))
        found: dict[str, Likeness] = {}
        for brand, way, strength in (
            *self._ways(label, foreign=label != raw),
            *self._places(host[: -len(site)].rstrip("."), site),
        ):
            for domain in self._brands.get(brand, ()):
                if domain.endswith(own):
                    continue
                before = found.get(domain)
                if before is None or _RANK[strength] < _RANK[before.strength]:
                    found[domain] = Likeness(host, self._domains[domain], domain, way, strength)
        return tuple(sorted(found.values(), key=lambda likeness: _RANK[likeness.strength])[:_MOST])

    def _ways(self, label: str, *, foreign: bool) -> Iterator[tuple[str, Way, Strength]]:
        brands = self._brands
        squeezed = label.replace("-", "")
        if foreign:
            for brand in self._looks.get(skeleton(label), ()):
                yield brand, "letters", "strong"
        if label in brands:
            yield label, "ending", "claimed"
            return
        if squeezed in brands and len(squeezed) >= _DISTINCT:
            yield (
                squeezed,
                "hyphen",
                "weak" if len(squeezed) >= _HEARD and is_distinct(squeezed) else "claimed",
            )
        for brand in self._looks.get(skeleton(label), ()):
            if brand != squeezed:
                yield brand, "signs", _strength_of_signs(brand)
        yield from self._joined(label)
        if len(label) >= _TYPED - 1:
            for brand in {*self._heads.get(label[:3], ()), *self._tails.get(label[-3:], ())}:
                edit = slip(label, brand) if "-" not in brand else _slip_in_piece(label, brand)
                if edit:
                    yield brand, "slip", _strength_of_slip(edit, brand)
        if len(squeezed) >= _TYPED:
            for brand in self._sounds.get(sound(squeezed), ()):
                if brand != squeezed:
                    yield brand, "sound", "weak"

    def _joined(self, label: str) -> Iterator[tuple[str, Way, Strength]]:
        pieces = [piece for piece in label.split("-") if piece][:_HYPHENS]
        if len(pieces) > 1:
            for start in range(len(pieces)):
                for end in range(start + 1, min(start + 5, len(pieces) + 1)):
                    if end - start == len(pieces):
                        continue
                    run = "".join(pieces[start:end])
                    rest = (*pieces[:start], *pieces[end:])
                    if run in AFFIXES:
                        continue
                    for brand in self._like(run):
                        if all(piece in PLACES for piece in rest):
                            yield (
                                brand,
                                "country",
                                "weak" if len(brand) > 2 and not is_ordinary(brand) else "claimed",
                            )
                            continue
                        plain = all(piece in AFFIXES or piece in PLACES or piece.isdigit() for piece in rest)
                        yield brand, "joined", _strength_of_join(brand, plain=plain)
        for inner in _without_affixes(pieces[0] if len(pieces) == 1 else "".join(pieces), 3):
            for brand in self._like(inner):
                country = inner in label and label.replace("-", "").replace(inner, "", 1) in PLACES
                clear = is_distinct(brand) and len(brand) >= _TYPED
                yield (
                    brand,
                    "country" if country else "joined",
                    ("claimed" if not clear else "weak" if country else "strong"),
                )

    def _like(self, run: str) -> Iterator[str]:
        """The name that this run of letters is, or shows with signs that look alike."""
        if run in self._brands:
            yield run
        elif len(run) >= _TYPED:
            yield from self._looks.get(skeleton(run), ())

    def _places(self, below: str, site: str) -> Iterator[tuple[str, Way, Strength]]:
        """Names and whole domains that stand in the labels below somebody else's domain."""
        if not below:
            return
        labels = below.split(".")[-_LABELS:]
        first = site_label(site).partition("-")[0]
        for start in range(len(labels)):
            runs = [".".join(labels[start:end]) for end in range(start + 2, min(start + 5, len(labels) + 1))]
            if len(labels) - start <= 3:
                runs.append(".".join((*labels[start:], first)))  # "outlet.com-news.example"
            for entry in [self._domains[run] for run in runs if run in self._domains]:
                brand = labels[start] if labels[start] in self._brands else squeeze(entry.name)
                yield brand, "place", "strong"
        common = all(piece in AFFIXES for piece in site_label(site).split("-"))
        for label in labels:
            if label in self._brands and label not in AFFIXES:
                yield label, "place", "weak" if common and is_distinct(label) else "claimed"


def squeeze(name: str) -> str:
    """A name as it would stand in a host: its letters and digits alone."""
    return "".join(_SIGNS.findall(latin_likeness(name)))


def _brand(domain: str) -> str:
    label = domain.removeprefix("www.").partition(".")[0]
    return latin_likeness(host_likeness(label)) if label.startswith("xn--") else label


@lru_cache(maxsize=4096)
def is_distinct(brand: str) -> bool:
    """Whether a name in a host can hardly mean anybody else: long enough, and no one or two words of every day."""
    return len(brand) >= _DISTINCT and not is_ordinary(brand) and not _is_composed(brand)


def is_ordinary(brand: str) -> bool:
    """Whether a name in a host is a word of every day by itself."""
    return brand in ORDINARY or brand in AFFIXES or brand.isdigit()


@lru_cache(maxsize=4096)
def _is_composed(brand: str) -> bool:
    for at in range(1, min(_DISTINCT, len(brand) - 3)):
        if brand[at:] in AFFIXES:  # "abcnews" is as short as "abc"
            return True
    return any(
        (brand[:at] in ORDINARY or brand[:at] in ARTICLES or brand[:at] in AFFIXES)
        and (brand[at:] in ORDINARY or brand[at:] in AFFIXES)
        for at in range(1, len(brand) - 1)
    )


def _strength_of_slip(edit: str, brand: str) -> Strength:
    if not is_distinct(brand):
        return "claimed"
    if edit in ("swapped", "neighbour", "doubled"):
        return "strong" if len(brand) > _HEARD else "weak" if len(brand) == _HEARD else "claimed"
    return "weak" if edit == "dropped" and len(brand) > _HEARD else "claimed"


def _slip_in_piece(label: str, brand: str) -> str:
    """A slip in a name with hyphens counts in pieces that are long enough to be told from others."""
    pieces, known = label.split("-"), brand.split("-")
    other = [(left, right) for left, right in zip(pieces, known, strict=False) if left != right]
    if len(pieces) != len(known) or len(other) != 1 or len(other[0][1]) < _DISTINCT:
        return ""
    return slip(*other[0])


def _strength_of_signs(brand: str) -> Strength:
    return "claimed" if is_ordinary(brand) else "strong"


def _strength_of_join(brand: str, *, plain: bool) -> Strength:
    if is_ordinary(brand) or len(brand) < 3:
        return "claimed"
    if plain:
        return "strong" if is_distinct(brand) else "weak"
    return "weak" if is_distinct(brand) and len(brand) >= _HEARD else "claimed"


def _without_affixes(label: str, depth: int) -> Iterator[str]:
    """What is left of a label when words such as "news" are taken from its ends, up to `depth` of them."""
    for size in range(2, min(13, len(label) - 2)):
        if label[:size] in AFFIXES:
            rest = label[size:]
            yield rest
            if depth > 1:
                yield from _without_affixes(rest, depth - 1)
        if label[-size:] in AFFIXES:
            rest = label[:-size]
            yield rest
            if depth > 1:
                yield from _without_affixes(rest, depth - 1)
