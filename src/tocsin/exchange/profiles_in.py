"""What the readers of published actors have in common: bounds, ids, problems, and how a reference names a report."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tocsin.exchange.entries import MAX_BYTES, UnreadableIntel, as_utf8, is_binary, quoted
from tocsin.model.actor import Actor, Source

MAX_ACTORS = 20_000
MAX_NAMES = 200  # of one actor
MAX_SOURCES = 60  # of one statement
MAX_LISTED = 20  # problems of one kind that are told one by one

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)} | {
    name[:3]: number for number, name in enumerate(_MONTHS, 1)
}
_CITED = re.compile(r"\((\d{4})(?:,\s{0,3}([A-Za-z]{3,9})\.?(?:\s{1,3}(\d{1,2})(?!\d))?)?[^()]{0,20}\)")
_LABEL = re.compile(r"(?:(?<![A-Za-z])([A-Za-z]{3,9})\.?\s{1,3})?(?<!\d)((?:19|20)\d\d)(?!\d)")
# How the labels of references begin where they name who published.
_PUBLISHERS = {
    "fireeye": "FireEye", "microsoft": "Microsoft", "mstic": "Microsoft", "eset": "ESET", "symantec": "Symantec",
    "mandiant": "Mandiant", "secureworks": "Secureworks", "dell secureworks": "Secureworks",
    "kaspersky": "Kaspersky", "securelist": "Kaspersky", "crowdstrike": "CrowdStrike", "unit 42": "Palo Alto Networks",
    "unit42": "Palo Alto Networks", "palo alto": "Palo Alto Networks", "paloalto": "Palo Alto Networks",
    "proofpoint": "Proofpoint", "trend micro": "Trend Micro", "trendmicro": "Trend Micro", "talos": "Cisco Talos",
    "cisco talos": "Cisco Talos", "cisco": "Cisco", "cisa": "CISA", "us-cert": "US-CERT", "google tag": "Google",
    "google": "Google", "clearsky": "ClearSky", "mcafee": "McAfee", "volexity": "Volexity",
    "doj": "US Department of Justice", "cybereason": "Cybereason", "dragos": "Dragos", "pwc": "PwC",
    "recorded future": "Recorded Future", "recordedfuture": "Recorded Future", "zscaler": "Zscaler",
    "sentinelone": "SentinelOne", "sentinel one": "SentinelOne", "ibm": "IBM", "check point": "Check Point",
    "checkpoint": "Check Point", "bitdefender": "Bitdefender", "accenture": "Accenture", "novetta": "Novetta",
    "dfir report": "The DFIR Report", "dfir": "The DFIR Report", "group ib": "Group-IB", "group-ib": "Group-IB",
    "anomali": "Anomali", "uk ncsc": "NCSC (UK)", "ncsc": "NCSC (UK)", "cylance": "Cylance", "fbi": "FBI",
    "sophos": "Sophos", "ncc group": "NCC Group", "nsa": "NSA", "sygnia": "Sygnia", "riskiq": "RiskIQ",
    "malwarebytes": "Malwarebytes", "forcepoint": "Forcepoint", "redcanary": "Red Canary",
    "red canary": "Red Canary", "blackberry": "BlackBerry", "ptsecurity": "Positive Technologies",
    "lumen": "Lumen", "ahnlab": "AhnLab", "threatconnect": "ThreatConnect", "intezer": "Intezer",
    "morphisec": "Morphisec", "f-secure": "F-Secure", "securonix": "Securonix", "citizen lab": "Citizen Lab",
    "citizenlab": "Citizen Lab", "amnesty": "Amnesty International", "lab52": "Lab52", "huntress": "Huntress",
    "sekoia": "Sekoia", "anssi": "ANSSI", "jpcert": "JPCERT/CC", "eclecticiq": "EclecticIQ", "cyble": "Cyble",
    "meta": "Meta", "facebook": "Meta", "nccgroup": "NCC Group",
}  # fmt: skip


class Problems:
    """Gathers sentences on what was odd; of one kind no more than MAX_LISTED are told one by one."""

    def __init__(self) -> None:
        self._told: dict[str, list[str]] = {}
        self._count: Counter[str] = Counter()

    def tell(self, kind: str, sentence: str) -> None:
        """`kind` is a plural for people ("objects that cannot be read"), used when there are too many."""
        self._count[kind] += 1
        told = self._told.setdefault(kind, [])
        if len(told) < MAX_LISTED:
            told.append(sentence)

    def sentences(self) -> tuple[str, ...]:
        """In the order in which kinds were first met."""
        out: list[str] = []
        for kind, told in self._told.items():
            out += told
            if self._count[kind] > len(told):
                out.append(f"{self._count[kind] - len(told):,} more {kind}")
        return tuple(out)


def objects_of(data: bytes, key: str, expected: str) -> tuple[dict[str, msgspec.Raw], list[msgspec.Raw]]:
    """The outermost keys of a JSON object, and the list under `key`, its members not yet decoded.

    Raises UnreadableIntel for what is too long, no text, no JSON, or JSON without that list.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableIntel(f"is longer than {MAX_BYTES:,} bytes; expected {expected}")
    if not data[:65536].strip() and not data.strip():
        raise UnreadableIntel(f"is empty; expected {expected}")
    if is_binary(data):
        raise UnreadableIntel(f"is no text; expected {expected} (unpack it first)")
    try:
        top = msgspec.json.decode(as_utf8(data), type=dict[str, msgspec.Raw])
        if key not in top:
            raise UnreadableIntel(f'is JSON without "{key}"; expected {expected}')
        return top, msgspec.json.decode(top[key], type=list[msgspec.Raw])
    except RecursionError as error:
        raise UnreadableIntel(f"is JSON nested too deeply; expected {expected}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableIntel(
            f"is damaged JSON, or JSON of another kind ({str(error)[:150]}); expected {expected}, whole: "
            "nothing of it was used, get it again"
        ) from error


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 group", "2,000 groups"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def plain(value: Any) -> str:
    """A text on one line without unprintable characters, bounded; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    words = "".join(char if char.isprintable() else " " for char in quoted(value)).split()
    return " ".join(words)


def texts_of(value: Any, limit: int) -> list[str]:
    """The texts of a list (or one text alone), each once and not empty, the first `limit`."""
    members = value if isinstance(value, list) else [value]
    texts: dict[str, None] = {}
    for member in members:
        text = plain(member)
        if text:
            texts[text] = None
        if len(texts) == limit:
            break
    return list(texts)


def slug(name: str, otherwise: str) -> str:
    """A name as an id: lower-case ASCII letters and digits with hyphens between ("Lazarus Group" is lazarus-group)."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:60] or otherwise


def unlike(actors: list[Actor]) -> tuple[Actor, ...]:
    """The same actors, those whose ids clash told apart by what their own source calls them."""
    count = Counter(one.id for one in actors)
    return tuple(
        msgspec.structs.replace(one, id=f"{one.id}-{slug(one.references[0][1], 'x')}")
        if count[one.id] > 1 and one.references
        else one
        for one in actors
    )


def source_of(reference: Mapping[str, Any]) -> Source:
    """A report out of a reference of ATT&CK: authors, date in brackets, title and day of retrieval in one text.

    `publisher` is given only where the label of the reference begins with a name that is known to publish.
    """
    label, said = plain(reference.get("source_name")), plain(reference.get("description"))
    match = _CITED.search(said)
    title = label
    if match is not None or "(n.d.)" in said:
        rest = said[match.end() if match is not None else said.index("(n.d.)") + 6 :]
        title = rest.partition(" Retrieved ")[0].strip(" .") or label
    day = _day(match[1], match[2], match[3]) if match is not None else ""
    return Source(title, publisher_of(label), day or _date_in(label), plain(reference.get("url")))


def publisher_of(label: str) -> str:
    """Who published a report, told by how its label begins; "" where that names nobody known."""
    words = label.lower().replace("_", " ").split()
    for count in (2, 1):
        known = _PUBLISHERS.get(" ".join(words[:count]))
        if known:
            return known
    return ""


def year_of(day: str) -> int:
    """The year of an ISO date that may lack day and month, 0 where there is none."""
    return int(day[:4]) if day[:4].isdigit() else 0


def page_of(url: str, otherwise: str) -> str:
    """A key under which two addresses of one report are the same."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    if not parts.netloc:
        return otherwise
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}?{parts.query}" if parts.query else host + parts.path.rstrip("/")


def _day(year: str, month: str | None, day: str | None) -> str:
    number = _MONTH.get((month or "").lower())
    if not 1970 <= int(year) <= 2100:
        return ""
    if number is None:
        return year
    try:
        return date(int(year), number, int(day or "")).isoformat()
    except ValueError:  # no day, or one that this month does not have
        return f"{year}-{number:02}"


def _date_in(label: str) -> str:
    """The last year of a label, with the month before it if there is one ("Vendor Report August 2019")."""
    found = list(_LABEL.finditer(label))
    return _day(found[-1][2], found[-1][1], None) if found else ""
