"""An ATT&CK bundle as groups, campaigns, techniques and uses: read object by object, damaged ones told and left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tocsin.exchange.profiles_in import Problems, counted, objects_of, page_of, plain, source_of
from tocsin.model.actor import Source

EXPECTED = "an ATT&CK bundle in STIX 2.1 (enterprise-attack.json)"
MAX_REFERENCES = 500  # of one object


class Group(msgspec.Struct, frozen=True):
    """A group or campaign. `number` is ATT&CK's ("G0128", "C0022"); `references` are as the bundle has them."""

    id: str
    number: str
    name: str
    aliases: Any
    references: tuple[dict[str, Any], ...]


class Technique(msgspec.Struct, frozen=True):
    """A technique: `number` ("T1598.003") and its name, that of its parent before it."""

    number: str
    name: str


class Use(msgspec.Struct, frozen=True):
    """A group or campaign (its STIX id) uses a technique, as reports say; `reports` are keys with what is cited."""

    user: str
    technique: Technique
    reports: tuple[tuple[str, Source], ...]


class Bundle(msgspec.Struct, frozen=True):
    """What a bundle holds that is in force. `behind` gives the groups of a campaign, by STIX ids."""

    groups: dict[str, Group]
    campaigns: dict[str, Group]
    uses: tuple[Use, ...]
    behind: dict[str, tuple[str, ...]]
    problems: tuple[str, ...]


class _Object(msgspec.Struct, frozen=True):
    """Whatever is asked of any object; any value may have any type."""

    type: Any = None
    id: Any = None
    name: Any = None
    aliases: Any = None
    revoked: Any = None
    x_mitre_deprecated: Any = None
    relationship_type: Any = None
    source_ref: Any = None
    target_ref: Any = None
    external_references: Any = None


_OBJECTS = msgspec.json.Decoder(_Object)
_READ = frozenset({"intrusion-set", "campaign", "attack-pattern", "relationship"})


def read_bundle(data: bytes) -> Bundle:
    """Everything of a bundle that speaks of who does what.

    Raises UnreadableIntel for what is no such bundle; objects that are damaged, revoked or deprecated, and relations to
    what is not there, are told in `problems`.
    """
    _, raws = objects_of(data, "objects", EXPECTED)
    problems = Problems()
    held: dict[str, _Object] = {}
    retired: set[str] = set()
    for number, raw in enumerate(raws):
        one = _read_object(number, raw, problems)
        if one is None or one.type not in _READ:
            continue
        if one.revoked is True or one.x_mitre_deprecated is True:
            retired.add(one.id)
        elif one.id in held:
            problems.tell(
                "objects with the id of another",
                f"objects[{number}]: its id is there twice; the first counts",
            )
        else:
            held[one.id] = one
    groups = dict(_groups(held, "intrusion-set", problems))
    campaigns = dict(_groups(held, "campaign", problems))
    techniques = _techniques(held)
    uses: list[Use] = []
    behind: dict[str, tuple[str, ...]] = {}
    loose = 0
    for one in held.values():
        if one.type != "relationship":
            continue
        source, target = one.source_ref, one.target_ref
        if not isinstance(source, str) or not isinstance(target, str):
            loose += 1
        elif one.relationship_type == "attributed-to" and source in campaigns and target in groups:
            behind[source] = tuple(dict.fromkeys((*behind.get(source, ()), target)))
        elif one.relationship_type == "uses" and (source in groups or source in campaigns):
            if target in techniques:
                uses.append(Use(source, techniques[target], _reports(one.external_references)))
            elif target.startswith("attack-pattern--") and target not in retired:
                loose += 1
    if loose:
        problems.tell("", f"left out: {counted(loose, 'relation')} to what the bundle does not hold")
    for type_, word in (
        ("intrusion-set", "group"),
        ("campaign", "campaign"),
        ("attack-pattern", "technique"),
    ):
        count = sum(id_.startswith(f"{type_}--") for id_ in retired)
        if count:
            problems.tell("", f"left out: {counted(count, word)} that ATT&CK has revoked or deprecated")
    if not groups:
        problems.tell("", "no group of ATT&CK is in it")
    return Bundle(groups, campaigns, tuple(uses), behind, problems.sentences())


def _read_object(number: int, raw: msgspec.Raw, problems: Problems) -> _Object | None:
    try:
        one = _OBJECTS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:150]
        problems.tell("objects that cannot be read", f"objects[{number}]: is no object of STIX ({said})")
        return None
    if not isinstance(one.type, str) or not isinstance(one.id, str):
        problems.tell("objects that cannot be read", f"objects[{number}]: has no type or no id")
        return None
    return one


def _groups(held: dict[str, _Object], type_: str, problems: Problems) -> Iterator[tuple[str, Group]]:
    for id_, one in held.items():
        if one.type != type_:
            continue
        references = _references(one.external_references)
        number, name = _number(references), plain(one.name)
        if not number or not name:
            problems.tell(
                "groups or campaigns without a name or a number of ATT&CK",
                f"{plain(id_)}: has no name or no number of ATT&CK; left out",
            )
            continue
        yield id_, Group(id_, number, name, one.aliases, references)


def _techniques(held: dict[str, _Object]) -> dict[str, Technique]:
    bare: dict[str, Technique] = {}
    for id_, one in held.items():
        if one.type == "attack-pattern":
            number = _number(_references(one.external_references))
            if number:
                bare[id_] = Technique(number, plain(one.name) or number)
    names = {one.number: one.name for one in bare.values()}
    full: dict[str, Technique] = {}
    for id_, technique in bare.items():
        parent = names.get(technique.number.partition(".")[0]) if "." in technique.number else None
        full[id_] = Technique(technique.number, f"{parent}: {technique.name}") if parent else technique
    return full


def _references(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list):
        return ()
    return tuple(one for one in value[:MAX_REFERENCES] if isinstance(one, dict))


def _number(references: tuple[dict[str, Any], ...]) -> str:
    for one in references:
        source, number = one.get("source_name"), one.get("external_id")
        if isinstance(source, str) and source.startswith("mitre") and isinstance(number, str):
            return plain(number)
    return ""


def _reports(value: Any) -> tuple[tuple[str, Source], ...]:
    """The reports that a relation cites; its own page at ATT&CK is none."""
    reports: dict[str, Source] = {}
    for one in _references(value):
        label = plain(one.get("source_name"))
        if label and not label.startswith("mitre"):
            source = source_of(one)
            reports.setdefault(page_of(source.url, label), source)
    return tuple(reports.items())
