"""Data for the mail program itself: actions, cards and pictures that it shows around the mail or instead of it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "markup-action"

ABOUT = Technique(
    TECHNIQUE,
    "Action or card for the mail program",
    "open",
    VISIT,
    "JSON-LD (`application/ld+json`) and microdata of schema.org: `EmailMessage` with its actions, `PromotionCard`, "
    "`Organization logo`; Outlook cards: `application/adaptivecard+json`, `MessageCard`, `SignedAdaptiveCard`, "
    "`SignedMessageCard`",
    "The mail carries data that a mail service reads itself: buttons beside the subject, pictures in the list of "
    "mails, a card above the text. A picture in the list is shown before the mail is opened; a card can ask the "
    "sender's server for new content each time it is shown; a button calls the server.",
    BLOCK_REMOTE + " Do not press buttons beside a subject or in a card of a mail that you did not expect.",
    "Gmail, for senders that it registered, and Outlook, for senders that the organisation or Microsoft approved. Both "
    "fetch through servers of their own: the sender learns that and when, not from where.",
    (
        "https://developers.google.com/workspace/gmail/markup",
        "https://learn.microsoft.com/en-us/outlook/actionable-messages/",
    ),
)
TAGS = frozenset({"script", "@property"})
GMAIL = "gmail"
OUTLOOK = "outlook"

_LINKED_DATA = "application/ld+json"
_CARDS = frozenset({"application/adaptivecard+json", "application/messagecard+json"})
_MAX_VALUES = 20_000
_MAX_DEPTH = 40
_MAX_REFERENCES = 1_000
_REMOTE = re.compile(r"\s*+(?:https?:)?//[^\s]", re.IGNORECASE)
_PICTURE_KEYS = frozenset(
    (
        *(
            "image",
            "logo",
            "thumbnail",
            "thumbnailurl",
            "photo",
            "primaryimageofpage",
            "contenturl",
            "poster",
        ),
        *("backgroundimage", "heroimage", "activityimage", "iconurl", "images"),
    )
)
_CALL_KEYS = frozenset(
    (
        *(
            "url",
            "uri",
            "target",
            "targeturl",
            "urltemplate",
            "handler",
            "potentialaction",
            "action",
            "trackingurl",
        ),
        *(
            "checkinurl",
            "modifyreservationurl",
            "cancelreservationurl",
            "confirmreservationurl",
            "requesturl",
        ),
        *("ticketdownloadurl", "boardingpassurl", "downloadurl", "installurl", "discussionurl"),
    )
)
_PLAIN = frozenset({"url", "uri", "src"})
_AT_OPENING = "autoinvokeaction"
_PICTURE_TYPES = frozenset({"image", "imageobject", "backgroundimage"})
_WHO = frozenset({"organization", "person", "brand"})  # their url is where they are at home, not a button
# Names, not addresses: nobody asks for them.
_SKIPPED = frozenset(
    ("@context", "@id", "@type", "$schema", "sameas", "additionaltype", "type", "originator")
)
_IN_THE_LIST = frozenset({"promotioncard", "organization", "discountoffer", "imageobject"})


def find(view: HtmlView) -> Iterator[Reference]:
    """Find the addresses that such data names; all are conditional and limited to the service that reads the data.

    Pictures of `PromotionCard`, `Organization` and offers are shown in the list of mails: receipt. Other
    pictures, and an Outlook card's `autoInvokeAction`, act when the mail is opened; targets, handlers and reservation
    pages on a click. Vocabularies, contexts and identifiers name no address. A signed card is decoded, its
    signature is not checked. Data that is no valid JSON is not read by the services either.
    Source: Gmail markup reference; Outlook, actionable messages (`autoInvokeAction`, signed cards).
    """
    left = _MAX_REFERENCES
    for reference in _all(view):
        left -= 1
        if left < 0:
            return
        yield reference


def _all(view: HtmlView) -> Iterator[Reference]:
    for node in view.by_tag.get("script", ()):
        kind = node.get("type").partition(";")[0].strip().lower()
        if kind == _LINKED_DATA or kind in _CARDS:
            yield from _in_data(node, node.text, OUTLOOK if kind in _CARDS else GMAIL)
    for node in view.by_tag.get("@property", ()):
        yield from _in_property(node)


def _in_data(node: HtmlNode, text: str, client: str) -> Iterator[Reference]:
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return
    if client == GMAIL and isinstance(data, dict) and "messagecard" in str(data.get("@type", "")).lower():
        client = OUTLOOK
    pending: list[tuple[object, str, str, str, str, int]] = [(data, "", "", "", "click", 0)]
    for _ in range(_MAX_VALUES):
        if not pending:
            return
        value, key, around, kind, trigger, depth = pending.pop()
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            named = value.get("@type", value.get("type", ""))
            kind = named.rpartition("/")[2].lower()[:80] if isinstance(named, str) else ""
            for name, inner in reversed(list(islice(value.items(), _MAX_VALUES))):
                lowered = name.lower()
                if lowered not in _SKIPPED:
                    when = "open" if lowered == _AT_OPENING else trigger
                    pending.append((inner, lowered, key, kind, when, depth + 1))
        elif isinstance(value, list) and depth < _MAX_DEPTH:
            pending.extend((inner, key, around, kind, trigger, depth + 1) for inner in reversed(value))
        elif isinstance(value, str) and _REMOTE.match(value) and (act := _act(key, around, kind, trigger)):
            yield _reference(node, value.strip(), f"{kind} {key}".strip(), act, client)


def _act(key: str, around: str, kind: str, trigger: str) -> str:
    """When an address with this key acts; "" where it is no address to call."""
    if key in _PICTURE_KEYS or (key in _PLAIN and (around in _PICTURE_KEYS or kind in _PICTURE_TYPES)):
        return "receipt" if kind in _IN_THE_LIST else "open"
    return trigger if key in _CALL_KEYS and not (kind in _WHO and key in _PLAIN) else ""


def _in_property(node: HtmlNode) -> Iterator[Reference]:
    attributes = node.attributes
    for name in attributes.get("itemprop", "").lower().split():
        if node.text and "card" in name:
            yield from _in_card(node)
            continue
        value = attributes.get("href") or attributes.get("content") or attributes.get("src") or ""
        if not node.parent or not _REMOTE.match(value) or name in _SKIPPED:
            continue
        if act := _act(name, "", node.parent.lower(), "click"):
            yield _reference(node, value.strip(), f"{node.parent} {name}", act, GMAIL)


def _in_card(node: HtmlNode) -> Iterator[Reference]:
    """Read a signed card: a JWS whose payload holds the card as a string, or the serialised card itself."""
    text = node.text.strip()
    if text[:1] == "{":
        yield from _in_data(node, text, OUTLOOK)
        return
    payload = "".join(text.split()).split(".")
    if len(payload) != 3:
        return
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload[1] + "=" * (-len(payload[1]) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        return
    for name, value in claims.items() if isinstance(claims, dict) else ():
        if "card" in name.lower():
            yield from _in_data(node, value if isinstance(value, str) else json.dumps(value), OUTLOOK)


def _reference(node: HtmlNode, url: str, label: str, trigger: str, client: str) -> Reference:
    label = re.sub(r"[^\w. -]", "", label)[:100]
    attribute = "data" if client == GMAIL else "card"
    reference = node.reference(
        TECHNIQUE, url, attribute, trigger=trigger, conditional=True, fires_in=(client,)
    )
    return msgspec.structs.replace(reference, tag="script" if node.tag == "script" else "", label=label)
