"""Threads to mails: wording, page, headers and bytes of every step."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import msgspec

from tocsin.exercise import beacon, chance, envelope, layout, mime, page, words
from tocsin.exercise.address import Addresses
from tocsin.exercise.habits import Habits, habits, waking
from tocsin.exercise.plan import Persona, Thread
from tocsin.exercise.stamp import mail_date
from tocsin.model.scenario import Cast, ExerciseMail, Language, Mechanics, Scenario, Step, Text

_BY_HAND = Mechanics(form="text")
# The organisation after or under a name, with the post held there.
_SIGNED_FOR = re.compile(r"\{me\}(?:\n(?:\{[^{}\n]*\}, )?|, )\{outlet\}")


class _Previous(msgspec.Struct, frozen=True):
    message_ids: tuple[str, ...]
    subject: str
    text: str
    name: str
    at: datetime


class _Draft(msgspec.Struct, frozen=True):
    subject: str
    text: str
    html: str
    mechanics: Mechanics


def mails(scenario: Scenario, cast: Cast, thread: Thread, seed: int) -> tuple[ExerciseMail, ...]:
    """The mails of one thread as they lie in the owner's mailbox, in order of time."""
    made: list[ExerciseMail] = []
    previous: _Previous | None = None
    at = thread.at
    passed_over = False
    for number, step in enumerate(scenario.steps):
        rng = chance.stream(seed, thread.key, number)
        if number:
            at = waking(at + timedelta(days=rng.uniform(*step.after_days)), f"{thread.key}/{number}")
            if rng.random() >= step.chance:
                if not step.optional:
                    break
                passed_over = True
                continue
        if passed_over and step.otherwise:
            step = msgspec.structs.replace(step, text=step.otherwise)
        passed_over = False
        wording = chance.stream(seed, thread.wording, number)
        replied = previous if step.reply else None
        mechanics = _mechanics(scenario, thread, step, seed)
        manner = habits(thread.house if step.by != "owner" else thread.owner.slug, mechanics)
        addresses = Addresses(
            scenario.name,
            cast,
            thread,
            mechanics,
            rng,
            chance.stream(seed, thread.wording, "pictures"),
            manner,
        )
        draft = _draft(scenario, cast, thread, step, replied, wording, mechanics, manner, addresses, seed, at)
        raw, message_id, sent_from = _assemble(
            thread, step, draft, replied, manner, addresses, at, rng, cast, seed
        )
        campaign = thread.campaign if scenario.side == "hostile" and step.by == "sender" else None
        label = step.label or (scenario.label if step.by == "sender" else "no-sign")
        made.append(
            ExerciseMail(
                raw, sent_from, at, message_id, thread.owner.addresses[0], label, scenario.name, campaign
            )
        )
        author = thread.owner.name if step.by == "owner" else thread.persona.name
        chain = (*(replied.message_ids if replied else ()), message_id)
        previous = _Previous(chain, draft.subject, draft.text, author, at)
    return tuple(made)


def _mechanics(scenario: Scenario, thread: Thread, step: Step, seed: int) -> Mechanics:
    if step.by == "owner" and not step.mechanics:
        return _BY_HAND
    name = step.mechanics or chance.stream(seed, "mechanics", thread.house).choice(thread.sender.mechanics)
    return scenario.mechanics[name]


def _texts(scenario: Scenario, cast: Cast, step: Step) -> list[Text]:
    pool = [*scenario.texts]
    for group in scenario.borrow:
        pool += cast.texts[group]
    return [text for text in pool if text.step == step.text]


def _draft(
    scenario: Scenario,
    cast: Cast,
    thread: Thread,
    step: Step,
    replied: _Previous | None,
    rng: random.Random,
    mechanics: Mechanics,
    manner: Habits,
    addresses: Addresses,
    seed: int,
    at: datetime,
) -> _Draft:
    pool = _texts(scenario, cast, step)
    text = rng.choice([t for t in pool if t.lang == thread.lang] or pool)
    lang, owner, persona = text.lang, thread.owner, thread.persona
    mine = step.by == "owner"
    # Newsletters have something else in every issue; what is sent once is about what it was sent for.
    topic = rng.choice(sorted(cast.topics)) if scenario.plan.issues > 1 else thread.topic
    news = [a for a in cast.articles if a.lang == lang]
    article = rng.choice([a for a in news if a.topic == topic] or news)
    banks = {**cast.slots, **scenario.slots}
    headline = words.fill(article.headline, rng, lang, {}, banks)
    others = [a for a in news if a is not article] or news
    second = rng.choice(others)
    third = rng.choice([a for a in others if a is not second] or others)
    values = {
        "first": persona.first if mine else owner.first,
        "last": persona.last if mine else owner.last,
        "me": owner.name if mine else _signed(thread),
        "me_first": owner.first if mine else persona.first,
        "title": persona.title,
        "outlet": thread.sender.organisation or persona.name,
        "org": owner.organisation.name,
        "topic": cast.topics[topic][lang],
        "headline": headline,
        "article": article.body.strip(),
        "lede": article.body.strip().split("\n\n")[0],
        "date": words.day(at, lang),
        "headline2": words.fill(second.headline, rng, lang, {}, banks),
        "lede2": second.body.strip().split("\n\n")[0],
        "headline3": words.fill(third.headline, rng, lang, {}, banks),
        "issue": str(thread.issue + 1 + chance.stream(seed, "issue", thread.campaign).randrange(90)),
        "postal": thread.sender.postal,
    }
    subject = words.fill(text.subject, rng, lang, values, banks).strip()
    body = words.fill(_signed_once(text.body, values), rng, lang, values, banks)
    preheader = words.fill(text.preheader, rng, lang, values, banks)
    if replied:
        subject = words.reply_subject(replied.subject, lang, rng)
    addresses.about(headline if "{headline}" in text.subject + text.body else subject)
    footer = _footer(mechanics, rng, lang, values, banks)
    blocks = page.parse(body)
    if addresses.linkless:
        blocks = page.without_links(blocks)
    signature = "" if mine else addresses.signature()
    if signature:
        blocks = (*blocks, page.Block("p", signature))
    wrap = rng.choice((0, 72, 76))
    plain = page.to_text(blocks, addresses.link, wrap)
    if footer:
        plain += "\n\n" + page.to_text(page.parse(footer), addresses.link, wrap)
    quote = ""
    if replied:
        line = words.attribution(replied.at, lang, replied.name)
        plain += f"\n\n{line}\n{words.quoted(replied.text)}"
        quoted = html.escape(replied.text, quote=False).replace("\n", "<br>\n")
        quote = (
            f'<br><div>{html.escape(line)}</div><blockquote style="margin:0 0 0 .8ex">{quoted}</blockquote>'
        )
    if manner.form == "text":
        return _Draft(subject, plain, "", mechanics)
    style = chance.stream(seed, "look", thread.house, mechanics.layout)
    house = layout.look(style, mechanics.layout)
    inner = page.to_html(blocks, addresses.link, addresses.picture, house) + quote
    urls = addresses.beacons()
    written = chance.stream(seed, "beacon", thread.house)
    fragments = tuple(
        beacon.fragment(name, url, written) for name, url in zip(mechanics.beacons, urls, strict=True)
    )
    if manner.backdrop and "css-background" not in mechanics.beacons:
        fragments += (beacon.fragment("css-background", addresses.picture("backdrop"), written),)
    if manner.web_font:
        fragments += (beacon.fragment("css-link", manner.web_font, written),)
    furniture = layout.Furniture(
        title=persona.name,
        masthead=_image(addresses.picture("masthead"), persona.name, house.width)
        if mechanics.pictures
        else "",
        preheader=preheader,
        footer=page.to_html(page.parse(footer), addresses.link, addresses.picture, house) if footer else "",
        decorations=tuple(
            _image(addresses.picture(f"photo-{n}"), "", house.width // (n % 2 + 1))
            for n in range(1, mechanics.pictures)
        ),
    )
    markup = layout.document(mechanics.layout, inner, furniture, house, fragments, style)
    return _Draft(subject, "" if manner.form == "html" else plain, markup, mechanics)


def _signed_once(body: str, values: dict[str, str]) -> str:
    """The wording without the line that names the organisation, where it is the organisation that signs."""
    if values["me"] != values["outlet"]:
        return body
    return _SIGNED_FOR.sub("{me}", body)


def _signed(thread: Thread) -> str:
    """The name under a letter: the person's where the display name holds more, as in "Jo Doe, The Gazette"."""
    persona = thread.persona
    return (
        f"{persona.first} {persona.last}"
        if "{first}" in thread.sender.name and persona.last
        else persona.name
    )


def _image(url: str, alt: str, width: int) -> str:
    source, label = html.escape(url, quote=True), html.escape(alt, quote=True)
    return (
        f'<img src="{source}" alt="{label}" width="{width}" border="0" style="display:block;max-width:100%">'
    )


def _footer(
    mechanics: Mechanics, rng: random.Random, lang: Language, values: dict[str, str], banks: words.Banks
) -> str:
    kinds = {"both": ("postal", "unsubscribe"), "none": ()}.get(mechanics.footer, (mechanics.footer,))
    slots = ("{footer_" + kind.replace("-", "_") + "}" for kind in kinds)
    return "\n\n".join(words.fill(slot, rng, lang, values, banks) for slot in slots)


def _assemble(
    thread: Thread,
    step: Step,
    draft: _Draft,
    replied: _Previous | None,
    manner: Habits,
    addresses: Addresses,
    at: datetime,
    rng: random.Random,
    cast: Cast,
    seed: int,
) -> tuple[bytes, str, str]:
    sender, persona, owner, mechanics = thread.sender, thread.persona, thread.owner, draft.mechanics
    habit = chance.stream(seed, "habit", thread.house if step.by != "owner" else owner.slug)
    b64_words = habit.random() < 0.5
    encoding, charset = manner.encoding, manner.charset
    zone = timezone(timedelta(hours=habit.choice((0, 1, 1, 1, 2))))
    mailer = habit.choice(cast.slots["mailer"]["en"])
    if charset != "utf-8" and not _fits(draft.text + draft.html, charset):
        charset = "utf-8"
    markup = draft.html.replace("charset=utf-8", f"charset={charset}") if charset != "utf-8" else draft.html
    author = thread.address if step.by == "owner" else persona.address
    picture = f"image001.png@{chance.hexadecimal(rng, 8).upper()}.{author.rpartition('@')[2]}"
    cid = picture if "{cid}" in markup else ""
    boundary = habit.choice(
        ("----=_Part_{}", "=_{}", "----=_NextPart_000_{}", "000000000000{}", "b1_{}", "_----{}")
    )
    body = mime.Body(draft.text, markup.replace("{cid}", cid), encoding, charset,
                     boundary.format(chance.hexadecimal(rng, 20)), cid)  # fmt: skip
    threading = []
    if replied:
        threading = [
            ("In-Reply-To", replied.message_ids[-1]),
            ("References", "\n\t".join(replied.message_ids[-4:])),
        ]
    if step.by == "owner":
        message_id = envelope.message_id("own", author.rpartition("@")[2], at, rng)
        fields = [
            ("Message-ID", message_id),
            ("Date", mail_date(at)),
            ("User-Agent", mailer),
            ("From", mime.mailbox_phrase(owner.name, author, b64_words)),
            ("To", mime.mailbox_phrase(persona.name, persona.address, b64_words)),
            ("Subject", mime.encoded_words(draft.subject, b64_words)),
            *threading,
        ]
        return mime.message(fields, body), message_id, author
    route = addresses.route(step.by == "it")
    message_id = envelope.message_id(route.via, addresses.id_domain(route), at, rng)
    origin = (
        Persona("", "", "", f"{addresses.it_desk}@{owner.organisation.domain}")
        if step.by == "it"
        else persona
    )
    name = persona.name if step.by != "it" else owner.organisation.name + " IT"
    fields = [
        ("From", mime.mailbox_phrase(name, origin.address, b64_words)),
        ("To", _to(mechanics, thread, addresses, cast, b64_words)),
        ("Subject", mime.encoded_words(draft.subject, b64_words)),
        ("Date", mail_date(at.astimezone(zone))),
        ("Message-ID", message_id),
    ]
    if route.via in ("own", "exchange") and habit.random() < 0.5:
        fields = [fields[4], fields[3], fields[0], fields[1], fields[2]]
    extra = list(threading)
    reply_to = addresses.reply_to() if step.by == "sender" and (not sender.cast or sender.reply_to) else ""
    if reply_to:
        extra.append(("Reply-To", reply_to))
    program = sender.mailer or (
        mailer if route.via in ("own", "exchange", "relay") and not mechanics.service_tracking else ""
    )
    if program and step.by == "sender":
        extra.append(("X-Mailer" if habit.random() < 0.6 else "User-Agent", program))
    extra += addresses.list_fields()
    trace = envelope.arrival(route, owner, thread.address, at, rng)
    return mime.message([*trace, *fields, *extra], body), message_id, route.mail_from


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _to(mechanics: Mechanics, thread: Thread, addresses: Addresses, cast: Cast, b64_words: bool) -> str:
    if mechanics.to == "undisclosed":
        return "undisclosed-recipients:;"
    if mechanics.to == "sender":
        return thread.persona.address
    if mechanics.to == "list":
        return addresses.list_address()
    if mechanics.to == "everyone":
        draw = chance.stream(0, "outsiders", thread.campaign)
        outside = [c.address for c in draw.sample(cast.contacts, draw.randrange(3, 13))]
        named = dict.fromkeys([*thread.readers, *outside, thread.address])
        return ",\n\t".join(named)
    plain = chance.stream(0, "to", thread.house).random() < 0.35
    return thread.address if plain else mime.mailbox_phrase(thread.owner.name, thread.address, b64_words)


def ordered(found: Sequence[ExerciseMail]) -> list[ExerciseMail]:
    """The mails in order of time, then owner, then Message-ID."""
    return sorted(found, key=lambda m: (m.at, m.owner, m.message_id))
