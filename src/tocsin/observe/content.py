"""What a mail shows and asks, in features that can be counted and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from hashlib import blake2b
from itertools import filterfalse

from tocsin.mail.addresses import Address, parse_addresses
from tocsin.mail.headers import decode_words
from tocsin.model.message import Message
from tocsin.model.observation import Beacon, Content, Observation
from tocsin.observe.articles import NO_ARTICLES, ArticleBook, find_copy
from tocsin.observe.attachments import attachment_names
from tocsin.observe.automatic import automatic_kind
from tocsin.observe.copies import without_tokens
from tocsin.observe.envelope import bounded
from tocsin.observe.fields import Fields, fields_by_name, first_of
from tocsin.observe.forwarded import is_forward_subject, is_forwarded_inline, is_reply_subject
from tocsin.observe.greeting import find_greeting, name_words
from tocsin.observe.headline import LEAST_ARTICLE, find_dateline, is_article, is_headline
from tocsin.observe.language import detect_language
from tocsin.observe.names import NO_NAMES, NameBook, find_claims
from tocsin.observe.persona import find_persona
from tocsin.observe.phrases import PhraseBook, find_kinds
from tocsin.observe.postal import has_postal_address
from tocsin.observe.sketches import sketch_of
from tocsin.observe.words import FOOT, HEAD, join_words, split_words

_EXCERPT = 200
_OUTLINE = 4_000  # characters of tags
_DIGITS = b"0123456789"
_LEAST_HASHED = 40
_LEAST_TEXT_WORDS = 12  # below which a text of no known language is a greeting and a name
_PICTURES = frozenset(("image", "background-attribute", "css-image"))
_OFFERS = frozenset(("offer-goods", "offer-terms", "offer-talk"))
_UNSUBSCRIBE_URL = ("unsub", "optout", "opt-out", "opt_out", "desabonn", "desinscri", "abmeld", "uitschrijv")


def observe_content(
    message: Message,
    text: str,
    html_structure: str,
    beacons: Sequence[Beacon],
    recipients: Sequence[Address],
    phrases: PhraseBook,
    fields: Fields | None = None,
    book: NameBook = NO_NAMES,
    articles: ArticleBook = NO_ARTICLES,
    outline: str = "",
) -> tuple[Content, tuple[Observation, ...]]:
    """Read what the mail shows to a person and asks of them.

    `text` is the visible text of the body that a reader sees, one line a block; `html_structure` what tells one
    template from another (`HtmlView.structure`), "" for plain text, `outline` the tags it stands for; `recipients`
    those of the header and of the delivery, whose names and addresses are left out of `text_hash`. Of a long text,
    words are looked for in the first 4,000 and the last 1,500 characters. `fields` are those of the message by name,
    where somebody has them already.

    Observations: "persona" (a role; where: "from", "signature" or "introduction"), "claims-name" (the id of one in
    `book`; where: the same places), "dateline",
    "offer" ("clear" or "some": a product, service or position), "event" ("answer" or "programme": an invitation),
    "asks-unknown" (the language, or "unknown") where nothing was found to be asked in a language without phrases,
    "article-copy" (the title of one of `articles`; where: the share of the shorter of both that stands in both),
    "article-publisher" (its site; where: its title), "reply-mark-without-thread" for a subject that answers nothing,
    "forward-mark" for one that says forward.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if fields is None:
        fields = fields_by_name(message.headers)
    subject = decode_words(first_of(fields, "subject")[:2_000])
    names = name_words(recipients)
    greeting, personal = find_greeting(text, names)
    head = text[:HEAD] if len(text) > HEAD + FOOT else text
    subject_words = split_words(subject)
    text_words = split_words(without_tokens(head))
    head_words = text_words
    if head is not text:
        text_words = head_words + split_words(without_tokens(text[-FOOT:]))
    line = join_words([*subject_words, *text_words])
    known = phrases.words.intersection(text_words)
    kinds = find_kinds(phrases.text, line, known.union(subject_words))
    asks = tuple([kind for kind in phrases.asks if kind in kinds])
    reply = is_reply_subject(subject)
    found: list[Observation] = []

    author = parse_addresses(bounded(fields["from"][0]), 10) if "from" in fields else ()
    author_name, author_address = (author[0].name, author[0].address) if author else ("", "")
    persona = find_persona(phrases.persona, author_name, text, text_words, known)
    found.extend([Observation("persona", role, where) for role, where in persona.items()])
    claims = find_claims(book, author_name, text, text_words)
    found.extend([Observation("claims-name", id_, where) for id_, where in claims.items()])
    found.extend(_purposes(kinds))
    numbers = {
        word
        for word in filterfalse(bytes.isalpha, text_words)
        if word.isalnum() or word.translate(None, _DIGITS) != word
    }
    language = detect_language(known, head)
    if language not in phrases.languages and not asks and _is_text(text_words, head):
        found.append(Observation("asks-unknown", language or "unknown", "body"))
    forwarded = is_forwarded_inline(subject, head, known)
    if reply and "in-reply-to" not in fields and "references" not in fields:
        found.append(Observation("reply-mark-without-thread", subject[:200], "subject"))
    if is_forward_subject(subject):
        found.append(Observation("forward-mark", subject[:200], "subject"))

    article = False
    if len(text) >= LEAST_ARTICLE and not forwarded and not reply and len(asks) <= 2 and "\n>" not in head:
        dateline = find_dateline(text)
        if dateline:
            found.append(Observation("dateline", dateline[:100], "body"))
        reported = "reported-speech" in kinds
        article = is_article(head, text_words, known, dateline=bool(dateline), reported=reported)

    if articles.titles:
        copied = find_copy(articles, text_words)
        if copied is not None:
            found.append(Observation("article-copy", copied.title, f"{copied.share:.2f}"))
            found.extend([Observation("article-publisher", site, copied.title) for site in copied.sites])

    links, link_sites, pictures, unsubscribe_link = _count_beacons(beacons)
    attached = attachment_names(message)
    return (
        Content(
            language=language,
            text_length=len(text),
            links=links,
            link_sites=link_sites,
            pictures=pictures,
            attachments=len(attached),
            attachment_names=attached,
            asks=asks,
            unsubscribe=unsubscribe_link or "unsubscribe" in kinds,
            postal_address=has_postal_address(text, line, known, numbers),
            personal_greeting=personal,
            persona=tuple(persona),
            headline=is_headline(subject, subject_words, reply=reply),
            article=article,
            forwarded_inline=forwarded,
            automatic=automatic_kind(message, fields, author_address, subject, head, kinds),
            text_hash=_text_hash(head_words, names.union(numbers), greeting, cut=head is not text),
            structure_hash=_digest(html_structure.encode("utf-8", "replace")) if html_structure else "",
            text_sketch=sketch_of(head_words) if beacons else b"",
            structure_sketch=sketch_of(outline[:_OUTLINE].encode("utf-8", "replace").split())
            if outline and beacons
            else b"",
            excerpt=" ".join(text[: 2 * _EXCERPT].split())[:_EXCERPT],
        ),
        tuple(found),
    )


def _purposes(kinds: Set[str]) -> Iterator[Observation]:
    """The ordinary purposes that the marks of sellers and organisers add up to."""
    offers = len(_OFFERS.intersection(kinds))
    if offers:
        yield Observation("offer", "clear" if offers > 1 else "some", "body")
    if "event-kind" in kinds:
        if "event-answer" in kinds:
            yield Observation("event", "answer", "body")
        elif "event-programme" in kinds:
            yield Observation("event", "programme", "body")


def _is_text(words: Sequence[bytes], text: str) -> bool:
    """Whether there is enough to ask for something; scripts without spaces have few words."""
    return len(words) >= _LEAST_TEXT_WORDS or (
        not text.isascii() and sum(c > "\u0370" for c in text[:400]) >= 12
    )


def _count_beacons(beacons: Sequence[Beacon]) -> tuple[int, tuple[str, ...], int, bool]:
    """Links, their sites in order, pictures in sight, and whether a link lets the reader unsubscribe."""
    links = 0
    pictures = 0
    sites: dict[str, None] = {}
    unsubscribe = False
    for beacon in beacons:
        technique = beacon.technique
        if technique == "link":
            links += 1
            if beacon.site:
                sites[beacon.site] = None
            if not unsubscribe:
                unsubscribe = "nsubscri" in beacon.label or _names_unsubscribing(beacon.url.lower())
        elif technique in _PICTURES and not beacon.hidden:
            pictures += 1
    return links, tuple(sites), pictures, unsubscribe


def _names_unsubscribing(url: str) -> bool:
    for mark in _UNSUBSCRIBE_URL:  # noqa: SIM110  a generator costs more than the search
        if mark in url:
            return True
    return False


def _text_hash(words: list[bytes], varying: frozenset[bytes], greeting: str, *, cut: bool) -> str:
    """The same for copies that differ in greeting, names, numbers, addresses and links only; "" for short texts.

    `varying` are the words of that kind. `cut` tells that the text goes on after `words`: where it was cut depends on
    the length of what differs, so the words near the cut are left out.
    """
    if varying:
        words = list(filterfalse(varying.__contains__, words))
    if greeting:
        greeted = [word for word in split_words(greeting) if word not in varying]
        start = words.index(greeted[0]) if greeted and greeted[0] in words[:300] else -1
        if start >= 0 and words[start : start + len(greeted)] == greeted:
            words = words[:start] + words[start + len(greeted) :]
    if cut:
        words = words[: max(len(words) - 20, 0) // 200 * 200]
    kept = b" ".join(words)
    return _digest(kept) if len(kept) >= _LEAST_HASHED else ""


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()
