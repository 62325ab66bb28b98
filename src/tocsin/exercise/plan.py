"""Who is written to, by whom and when: a scenario laid out as threads over a period."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import msgspec

from tocsin.exercise import agenda, chance, habits
from tocsin.model.scenario import Cast, Language, MailboxOwner, Organisation, Scenario, Sender

_ZONE = timezone(timedelta(hours=1))
_HOURS = (6, 7, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 14, 15, 15, 16, 16, 17, 18, 20, 22)


class Persona(msgspec.Struct, frozen=True):
    """The name and address that a thread's other side writes under."""

    name: str
    first: str
    last: str
    address: str
    title: str = ""


class Thread(msgspec.Struct, frozen=True):
    """One exchange with one owner; `wording` keys what a campaign's owners share, `key` is its own.

    `readers` are the addresses of all owners that the campaign reaches, `topic` what it is about.
    """

    sender: Sender
    house: str
    persona: Persona
    owner: MailboxOwner
    address: str
    lang: Language
    campaign: str
    wording: str
    key: str
    issue: int
    at: datetime
    topic: str
    readers: tuple[str, ...]


def owners(cast: Cast, count: int, seed: int) -> tuple[MailboxOwner, ...]:
    """The first `count` owners of the cast; past its named people, made from its names.

    Raises ValueError for a count below two.
    """
    if count < 2:
        raise ValueError(f"an exercise needs at least 2 people, not {count}")
    places = {place.id: place for place in cast.organisations}
    made: dict[str, MailboxOwner] = {}
    for person in cast.people[:count]:
        place = places[person.organisation]
        owner = _owner(
            person.first, person.last, place, person.languages, person.topics, person.personal, person.listed
        )
        made[owner.slug] = owner
    rng = chance.stream(seed, "owners")
    topics = sorted(cast.topics)
    while len(made) < count:
        place = cast.organisations[len(made) % len(cast.organisations)]
        lang = rng.choice(place.languages)
        first, last = rng.choice(cast.names[lang].first), rng.choice(cast.names[lang].last)
        spoken: tuple[Language, ...] = (lang, "en") if lang != "en" else (lang,)
        owner = _owner(first, last, place, spoken, tuple(rng.sample(topics, 2)), "")
        made.setdefault(owner.slug, owner)
    return tuple(made.values())


def _owner(
    first: str,
    last: str,
    place: Organisation,
    languages: tuple[Language, ...],
    topics: tuple[str, ...],
    personal: str,
    listed: bool = False,
) -> MailboxOwner:
    local = f"{chance.slug(first)}.{chance.slug(last)}"
    addresses = (f"{local}@{place.domain}", *([personal] if personal else []))
    slug = chance.slug(f"{first} {last}")
    hidden = (personal,) if personal and not listed else ()
    return MailboxOwner(slug, f"{first} {last}", first, last, addresses, place, languages, topics, hidden)


def threads(
    scenario: Scenario,
    cast: Cast,
    people: Sequence[MailboxOwner],
    seed: int,
    scale: float,
    start: datetime,
    days: int,
) -> tuple[Thread, ...]:
    """The scenario's threads for these people between `start` and `start` + `days`, in order of campaign.

    `scale` multiplies the number of campaigns; a positive one leaves at least one.
    """
    plan = scenario.plan
    rng = chance.stream(seed, scenario.name, "plan")
    found: list[Thread] = []
    number = 0
    turns: Sequence[MailboxOwner | None] = people if plan.reach == "each" else (None,)
    for turn, owner in enumerate(turns):
        for _ in range(_count(plan.campaigns * scale, rng)):
            number += 1
            index = (number - 1 + turn) % len(scenario.senders)
            sender = scenario.senders[index]
            if owner is not None and not set(owner.languages) & set(sender.languages):
                speaking = [s for s in scenario.senders if set(owner.languages) & set(s.languages)]
                sender = rng.choice(speaking or scenario.senders)
                index = scenario.senders.index(sender)
            readers = [o for o in people if set(o.languages) & set(sender.languages)] or people
            readers = [owner] if owner is not None else readers
            topic = _topic(cast, readers, plan.aimed, rng)
            begin = _moment(start, days, plan.window, rng)
            if rng.random() < plan.timed:
                bounds = (start + timedelta(days=days * part) for part in plan.window)
                known = agenda.near(readers, rng, *bounds)
                if known:
                    begin, topic = (
                        begin.replace(year=known[0].year, month=known[0].month, day=known[0].day),
                        known[1],
                    )
            if owner is None:
                readers = _targets(readers, plan.reach, plan.share, topic if plan.aimed else "", rng)
            found += _campaign(scenario, cast, sender, index, number, readers, begin, topic, seed)
    return tuple(found)


def _count(wanted: float, rng: random.Random) -> int:
    if wanted <= 0:
        return 0
    whole = int(wanted)
    return max(1, whole + (rng.random() < wanted - whole))


def _topic(cast: Cast, readers: Sequence[MailboxOwner], aimed: float, rng: random.Random) -> str:
    theirs = [topic for reader in readers for topic in reader.topics]
    return rng.choice(theirs) if rng.random() < aimed else rng.choice(sorted(cast.topics))


def _targets(
    people: Sequence[MailboxOwner], reach: str, share: tuple[float, float], topic: str, rng: random.Random
) -> list[MailboxOwner]:
    """Whom a campaign reaches: those who work on its topic rather than others, in two organisations at least."""
    if reach == "all":
        return list(people)
    size = min(len(people), max(2, round(len(people) * rng.uniform(*share))))
    order = sorted(people, key=lambda o: rng.random() / (2.0 if topic in o.topics else 1.0))
    chosen = order[:size]
    if len({o.organisation.id for o in chosen}) == 1:
        others = [o for o in people if o.organisation.id != chosen[0].organisation.id]
        chosen[-1] = rng.choice(others) if others else chosen[-1]
    return sorted(chosen, key=lambda o: o.slug)


def _moment(start: datetime, days: int, window: tuple[float, float], rng: random.Random) -> datetime:
    day = start + timedelta(days=int(days * rng.uniform(*window)))
    if day.weekday() >= 5 and rng.random() < 0.85:
        day += timedelta(days=2)
    return day.replace(
        hour=rng.choice(_HOURS), minute=rng.randrange(60), second=rng.randrange(60), tzinfo=_ZONE
    )


def _campaign(
    scenario: Scenario,
    cast: Cast,
    sender: Sender,
    index: int,
    number: int,
    targets: Sequence[MailboxOwner],
    begin: datetime,
    topic: str,
    seed: int,
) -> list[Thread]:
    plan = scenario.plan
    name = f"{scenario.name}-{number:03d}"
    rng = chance.stream(seed, name, "people")
    lang = rng.choice(sender.languages)
    found = []
    readers = tuple(owner.addresses[0] for owner in targets)
    for owner in targets:
        spoken = [one for one in owner.languages if one in sender.languages]
        speech = spoken[0] if plan.language == "owner" and spoken else lang
        addresses = [owner.addresses[0]]
        if len(owner.addresses) > 1 and rng.random() < plan.personal:
            addresses = [owner.addresses[1]]
        elif len(owner.addresses) > 1 and rng.random() < plan.personal_too:
            addresses.append(owner.addresses[1])
        for voice in range(plan.voices):
            several = plan.voices > 1
            heard = f"{name}/{owner.slug}/{voice}" if several else name
            persona = _persona(sender, cast, owner, speech, seed, heard, rng)
            # A relation keeps its look: the house style follows the persona of a circle, else the sender.
            look = persona.address if sender.cast or several else f"{scenario.name}/{index}"
            house = f"{seed}/{look}"
            offset = timedelta(seconds=int(rng.uniform(0, plan.within_hours * 3600)))
            for issue in range(plan.issues):
                at = habits.waking(
                    begin + offset + timedelta(days=plan.every_days * issue),
                    f"{seed}/{name}/{issue}/{owner.slug}",
                )
                for place, address in enumerate(addresses):
                    found.append(Thread(
                        sender, house, persona, owner, address, speech, name, f"{name}/{issue}/{speech}",
                        f"{name}/{issue}/{owner.slug}/{place}/{voice}", issue, at + timedelta(minutes=7 * place),
                        topic, readers,
                    ))  # fmt: skip
    return found


def _persona(
    sender: Sender,
    cast: Cast,
    owner: MailboxOwner,
    lang: Language,
    seed: int,
    campaign: str,
    rng: random.Random,
) -> Persona:
    if sender.cast == "it":
        place = owner.organisation
        return Persona(sender.name, sender.name, "", f"{sender.address or 'it'}@{place.domain}")
    if sender.cast == "colleagues":
        own = chance.stream(seed, "colleagues", owner.organisation.id)
        circle = [(own.choice(cast.names[tongue].first), own.choice(cast.names[tongue].last))
                  for tongue in owner.organisation.languages for _ in range(6)]  # fmt: skip
        first, last = rng.choice(circle)
        if not sender.address:
            address = f"{chance.slug(first)}.{chance.slug(last)}@{owner.organisation.domain}"
            return Persona(f"{first} {last}", first, last, address)
    if sender.cast == "contacts":
        known = [c for c in cast.contacts if lang in c.languages]
        circle_of_contacts = chance.stream(seed, "contacts", owner.slug, lang).sample(
            known, min(7, len(known))
        )
        contact = rng.choice(circle_of_contacts)
        if not sender.address:
            return Persona(
                f"{contact.first} {contact.last}", contact.first, contact.last, contact.address, contact.title
            )
    draw = chance.stream(seed, campaign, "persona")
    if sender.cast == "contacts":
        first, last = contact.first, contact.last
    elif sender.personas:
        first, _, last = draw.choice(sender.personas).partition(" ")
    elif sender.cast != "colleagues":
        first, last = draw.choice(cast.names[lang].first), draw.choice(cast.names[lang].last)
    values = {
        "first": chance.slug(first),
        "last": chance.slug(last),
        "f": chance.slug(first)[0],
        "nn": str(draw.randrange(11, 99)),
    }
    address = sender.address
    name = sender.name.replace("{first}", first).replace("{last}", last)
    for slot, value in values.items():
        address = address.replace("{" + slot + "}", value)
    return Persona(name, first, last, address)
