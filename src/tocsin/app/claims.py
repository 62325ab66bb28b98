"""The ledger of claims: who said what about whom, quoted and tied to what it answers; taken back, never changed."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from hashlib import blake2b
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from tocsin.app.account import account
from tocsin.app.incidents import IncidentError, add_incident, load_incidents, moments
from tocsin.model.campaign import Campaign, Incident
from tocsin.model.claim import CLAIM_KINDS, SPEAKER_KINDS, STRENGTHS, Claim, Tie
from tocsin.model.intel import TLPS
from tocsin.store.interface import Store

MAX_BYTES = 1024 * 1024
_MOST = 2_000  # claims of one file
_MOST_TIES = 100
_LONGEST = {"words": 4_000, "translation": 4_000, "source": 1_000, "withdrawn_because": 1_000}
_USUAL = 300
_OWN = ("id", "ties", "added_s", "added_by", "withdrawn_s", "withdrawn_by", "withdrawn_because")
_FIELDS = tuple(name for name in Claim.__struct_fields__ if name not in _OWN)
# What makes a claim: all that is said in it. Left out is what it is tied to here, and what it answers.
_CONTENT = tuple(
    name for name in _FIELDS if name not in ("actor", "answers", "campaigns", "event_title", "incidents")
)
_ANSWERING = ("confirmation", "denial", "answer", "no-response", "retraction")
_GRADES = frozenset(f"{source}{information}" for source in "ABCDEF" for information in "123456")

_decoder = msgspec.msgpack.Decoder(Claim)


class ClaimError(ValueError):
    """A claim cannot be kept or found as asked; the message says what was expected."""


class Case(msgspec.Struct, frozen=True):
    """A file of claims about one or several events, with incidents of the same time; `exercise` marks practice."""

    name: str
    title: str
    claims: tuple[Claim, ...]
    incidents: tuple[Incident, ...] = ()
    exercise: bool = False


def claim_id(claim: Claim, answered: Claim | None = None) -> str:
    """The id that its content, and that of the claim it answers, gives a claim: corrected, it is another one."""
    parts = [getattr(claim, name) for name in _CONTENT]
    if answered is not None:
        parts += [getattr(answered, name) for name in _CONTENT]
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=6)
    return f"k-{digest.hexdigest()}"


def add_claims(store: Store, claims: Sequence[Claim], *, now_s: float, who: str = "") -> tuple[Claim, ...]:
    """Keep claims; what is kept already stays as it is. All or none is kept. Raises ClaimError.

    `answers` of a claim is the id of one that is kept, or the `id` that another of these was given for the call.
    """
    known = {one.id: one for one in load_claims(store)}
    checked = [_checked(one, now_s) for one in claims]
    named = {one.id: one for one in checked if one.id}
    if len(named) < sum(1 for one in checked if one.id):
        twice = next(one.id for number, one in enumerate(checked) if one.id and named[one.id] is not one)
        raise ClaimError(f"id {twice!r}: two claims have it; give each its own, so that answers find theirs")
    _check_answers({**known, **named, **{f"\0{number}": one for number, one in enumerate(checked)}})
    answered = {**known, **named}
    ids = {name: claim_id(one, answered.get(one.answers)) for name, one in named.items()}
    kept: dict[str, Claim] = {}
    for one in checked:
        made = msgspec.structs.replace(
            one,
            id=claim_id(one, answered.get(one.answers)),
            answers=ids.get(one.answers, one.answers),
            added_s=now_s,
            added_by=who or account(),
        )
        kept.setdefault(made.id, known.get(made.id, made))
    with store.transaction():
        for id, made in kept.items():
            if id not in known:
                store.put("claim", id, msgspec.msgpack.encode(made))
    return tuple(kept.values())


def load_claims(store: Store) -> tuple[Claim, ...]:
    """All claims in the order of time, those without a date last; withdrawn ones are marked."""
    found = (_decoder.decode(body) for _, body in store.documents("claim"))
    return tuple(sorted(found, key=_order))


def find_claim(store: Store, wanted: str) -> Claim:
    """The claim with this id, or one that begins so. Raises ClaimError."""
    near = [one for one in load_claims(store) if wanted.strip() and one.id.startswith(wanted.strip())]
    if len(near) != 1:
        why = "several claims begin so" if near else "there is no such claim"
        raise ClaimError(f"{wanted}: {why}; tocsin claims list shows them")
    return near[0]


def claims_for(store: Store, campaign: Campaign, actors: Collection[str] = ()) -> tuple[Claim, ...]:
    """What is said of a campaign: claims tied to it under any of its ids, and all others about the same events.

    `actors` adds claims about these profiles that answer one of those. Withdrawn claims are left out.
    """
    claims = [one for one in load_claims(store) if one.withdrawn_s is None]
    names = {campaign.id, *campaign.aliases}
    events = {one.event for one in claims if names & set(one.campaigns)}
    chosen = {one.id for one in claims if one.event in events}
    chosen |= {one.id for one in claims if one.answers in chosen and one.actor in actors and one.actor}
    return tuple(one for one in claims if one.id in chosen)


def withdraw_claim(store: Store, wanted: str, because: str, *, now_s: float, who: str = "") -> Claim:
    """Mark a claim as one that should not have been entered; it stays. Raises ClaimError."""
    one = find_claim(store, wanted)
    if one.withdrawn_s is not None:
        raise ClaimError(f"{one.id}: was withdrawn before: {one.withdrawn_because}")
    because = because.strip()
    if not because or len(because) > _LONGEST["withdrawn_because"]:
        raise ClaimError("--because: say in up to 1,000 characters why it is withdrawn")
    _check_text("--because", because)
    gone = msgspec.structs.replace(
        one, withdrawn_s=now_s, withdrawn_by=who or account(), withdrawn_because=because
    )
    store.put("claim", one.id, msgspec.msgpack.encode(gone))
    return gone


def tie_claim(
    store: Store,
    wanted: str,
    *,
    now_s: float,
    campaign: Campaign | None = None,
    actor: str = "",
    incident: str = "",
    who: str = "",
) -> Claim:
    """Say which campaign, profile or incident here a claim is about, and who says so. Raises ClaimError."""
    one = find_claim(store, wanted)
    if one.withdrawn_s is not None:
        raise ClaimError(f"{one.id}: is withdrawn, and can be tied to nothing: {one.withdrawn_because}")
    if incident:
        found = [each.incident.id for each in load_incidents(store) if each.incident.id.startswith(incident)]
        if len(found) != 1:
            raise ClaimError(f"{incident}: is no incident here, or several; tocsin incidents list shows them")
        incident = found[0]
    new = [id for id in (campaign.id if campaign is not None else "", actor, incident) if id]
    known = {*one.campaigns, one.actor, *one.incidents}
    tied = msgspec.structs.replace(
        one,
        ties=(*one.ties, *(Tie(id, who or account(), now_s) for id in new if id not in known)),
        campaigns=tuple(dict.fromkeys((*one.campaigns, *((campaign.id,) if campaign is not None else ())))),
        actor=actor or one.actor,
        incidents=tuple(dict.fromkeys((*one.incidents, *((incident,) if incident else ())))),
    )
    store.put("claim", one.id, msgspec.msgpack.encode(tied))
    return tied


def moment_of(claim: Claim) -> float | None:
    """When it was said: the first second of its day, month or year (Unix, UTC), None without a date."""
    text = claim.said
    try:
        return moments("said", f"{text}-01" if len(text) == 4 else text)[0] if text else None
    except IncidentError:
        return None


# Files ---------------------------------------------------------------------------------------------------


def shipped_cases() -> tuple[str, ...]:
    """Names of the cases that come with the program."""
    folder = resources.files("tocsin.data") / "cases"
    return tuple(
        sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))
    )


def read_case(path: Path | None = None, name: str = "") -> Case:
    """A case from a file, or a shipped one by its name. Raises ClaimError with the place in the file."""
    if path is not None:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise ClaimError(f"{path}: cannot be read ({error.strerror})") from error
        return _case(data, str(path), path.stem)
    if name not in shipped_cases():
        close = get_close_matches(name, shipped_cases(), 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(shipped_cases())}"
        raise ClaimError(f"{name}: is no shipped case; {hint}")
    shipped = resources.files("tocsin.data") / "cases" / f"{name}.toml"
    return _case(shipped.read_bytes(), name, name)


def add_case(store: Store, case: Case, *, now_s: float, who: str = "") -> tuple[Claim, ...]:
    """Keep a case: its incidents, then its claims. Practice goes into practice stores alone. Raises ClaimError."""
    if case.exercise != store.exercise:
        what = (
            "practice; this store holds real mail"
            if case.exercise
            else "real; this store holds practice mail"
        )
        raise ClaimError(f"{case.name}: is {what}: name another store")
    with store.transaction():
        try:
            incidents = {
                one.id: add_incident(store, msgspec.structs.replace(one, id=""), now_s=now_s, who=who).id
                for one in case.incidents
            }
        except IncidentError as error:
            raise ClaimError(f"{case.name}: {error}") from error
        claims = [
            msgspec.structs.replace(one, incidents=tuple(incidents.get(each, each) for each in one.incidents))
            for one in case.claims
        ]
        return add_claims(store, claims, now_s=now_s, who=who)


def _case(data: bytes, where: str, name: str) -> Case:
    if len(data) > MAX_BYTES:
        raise ClaimError(f"{where}: is larger than {MAX_BYTES:,} bytes; split it")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ClaimError(f"{where}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"{where}: is not valid TOML: {error}") from error
    except RecursionError as error:
        raise ClaimError(f"{where}: is nested too deeply") from error
    _check_keys(document, ("title", "exercise", "events", "claims", "incidents"), where)
    title, exercise = document.get("title", name), document.get("exercise", False)
    if not isinstance(title, str) or not isinstance(exercise, bool):
        raise ClaimError(f"{where}: expected title as text and exercise as true or false")
    events = document.get("events", {})
    if not isinstance(events, dict) or not all(isinstance(one, str) for one in events.values()):
        raise ClaimError(
            f'{where}: expected [events] with a title each, as in ipac-mails-2021 = "The mails of …"'
        )
    claims = []
    for place, entry in _entries(document, "claims", where):
        _check_keys(entry, ("id", *_FIELDS), place)
        event = entry.get("event")
        if events and str(event) not in events:
            raise ClaimError(f"{place}: event {event!r} is not in [events]; there are {', '.join(events)}")
        title_ = events.get(event, "") if isinstance(event, str) else ""
        given = {"id": "", "event_title": title_, **entry}
        if isinstance(given.get("said"), date):  # said = 2031-05-02, without quotes
            given["said"] = given["said"].isoformat()[:10]
        claims.append(_converted(given, Claim, place))
    incidents = []
    for place, entry in _entries(document, "incidents", where):
        _check_keys(
            entry, ("id", "title", "kind", "observed", "reported", "place", "source", "text", "tlp"), place
        )
        incidents.append(_converted({"id": "", "reported": "", **entry}, Incident, place))
    if not claims and not incidents:
        raise ClaimError(f"{where}: holds no [[claims]]; docs/claims.md shows how they are written")
    return Case(name, title, tuple(claims), tuple(incidents), exercise)


def _entries(document: dict[str, Any], key: str, where: str) -> Iterable[tuple[str, dict[str, Any]]]:
    entries = document.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ClaimError(f"{where}: expected tables [[{key}]]")
    if len(entries) > _MOST:
        raise ClaimError(f"{where}: has {len(entries):,} {key}; at most {_MOST:,} in one file")
    return [(f"{where}: {key} {number}", one) for number, one in enumerate(entries, 1)]


def _converted(entry: dict[str, Any], kind: type[Any], place: str) -> Any:
    try:
        return msgspec.convert(entry, kind)
    except msgspec.ValidationError as error:
        raise ClaimError(f"{place}: {error}; docs/claims.md shows how it is written") from error


def _check_keys(entry: dict[str, Any], known: Sequence[str], where: str) -> None:
    for key in entry:
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            raise ClaimError(f"{where}: unknown key {key!r}; {hint}")


# Checks --------------------------------------------------------------------------------------------------


def _checked(one: Claim, now_s: float) -> Claim:
    tidy = {
        name: " ".join(getattr(one, name).split()) for name in _FIELDS if isinstance(getattr(one, name), str)
    }
    one = msgspec.structs.replace(one, **tidy)
    if len(one.campaigns) + len(one.incidents) > _MOST_TIES:
        raise ClaimError(
            f"campaigns, incidents: more than {_MOST_TIES} are named; tie a claim to what it names"
        )
    for name, text in {
        **tidy,
        "id": one.id,
        "campaigns": max((*one.campaigns, *one.incidents), key=len, default=""),
    }.items():
        if len(text) > _LONGEST.get(name, _USUAL):
            raise ClaimError(
                f"{name}: {len(text):,} characters; at most {_LONGEST.get(name, _USUAL):,} are kept"
            )
        _check_text(name, text)
    for name, known in (("kind", CLAIM_KINDS), ("by_kind", SPEAKER_KINDS), ("strength", STRENGTHS)):
        if getattr(one, name) not in known:
            raise ClaimError(f"{name} {getattr(one, name)!r}: expected one of {', '.join(known)}")
    for name, empty in (
        ("by", "who said it"),
        ("event", "which event it is about"),
        ("source", "where it can be read"),
    ):
        if not getattr(one, name):
            raise ClaimError(f"{name}: is empty; say {empty}")
    if not one.words and one.kind != "no-response":
        raise ClaimError("words: are empty; a claim is quoted in the words in which it was made")
    if one.said and moment_of(one) is None:
        raise ClaimError(f"said {one.said!r}: is no date; expected 2021-01-20, 2021-01 or 2021, or nothing")
    moment_s = moment_of(one)
    if moment_s is not None and moment_s > now_s + 86_400:
        raise ClaimError(f"said {one.said!r}: lies in the future; claims are what was said")
    if one.tlp and one.tlp not in TLPS:
        raise ClaimError(f"tlp {one.tlp!r}: expected one of {', '.join(TLPS)}")
    if one.grade and one.grade not in _GRADES:
        raise ClaimError(f"grade {one.grade!r}: expected a source A to F and information 1 to 6, as B2")
    if one.government and not (
        len(one.government) == 2 and one.government.isascii() and one.government.isupper()
    ):
        raise ClaimError(f"government {one.government!r}: expected two capital letters (ISO 3166), or EU")
    if bool(one.translation) != bool(one.translated_by):
        raise ClaimError("translation: say who translated it (translated_by), or leave both out")
    if one.kind == "attribution" and not (one.about or one.accused):
        raise ClaimError(
            "about: an attribution names somebody (about or accused); else it is of another kind"
        )
    return one


def _check_answers(claims: dict[str, Claim]) -> None:
    sound: set[str] = set()
    for one in claims.values():
        if one.answers and one.answers not in claims:
            raise ClaimError(
                f"answers {one.answers!r}: is no claim here; add that one first, or in the same file"
            )
    for id in claims:
        seen: set[str] = set()
        at = id
        while at and at not in sound:
            if at in seen:
                raise ClaimError(
                    f"answers {claims[id].answers!r}: claims answer each other in a circle; one was said first"
                )
            seen.add(at)
            at = claims[at].answers
        sound |= seen


def _check_text(name: str, text: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ClaimError(f"{name}: is not UTF-8; write it again")


def _order(one: Claim) -> tuple[bool, float, bool, str]:
    moment_s = moment_of(one)
    return moment_s is None, moment_s or 0.0, one.kind in _ANSWERING, one.id
