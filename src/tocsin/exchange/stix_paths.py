"""Where STIX keeps what a mail shows: object paths of patterns as kinds of observables."""

from __future__ import annotations

from tocsin.exchange.stix_syntax import Path

# Path to `hunt.terms.TERMS`; "place" is a host or an address of a network, by the look of the value. The type of
# objects of Tocsin's own stands for what STIX has no object for.
OWN_TYPE = "x-tocsin-mail"
_KINDS: dict[tuple[str, ...], str] = {
    ("url", "value"): "url",
    ("domain-name", "value"): "domain",
    ("ipv4-addr", "value"): "ip",
    ("ipv6-addr", "value"): "ip",
    ("email-addr", "value"): "address",
    ("email-message", "from_ref", "value"): "address",
    ("email-message", "sender_ref", "value"): "address",
    ("email-message", "subject"): "subject",
    ("network-traffic", "dst_ref", "value"): "place",
    ("network-traffic", "src_ref", "value"): "place",
    (OWN_TYPE, "token"): "token",
    (OWN_TYPE, "template_hash"): "template",
}
_HEADERS = {
    "x-mailer": "mailer",
    "user-agent": "mailer",
    "reply-to": "address",
    "return-path": "address",
    "subject": "subject",
}
_HASHES = frozenset({"md5", "sha1", "sha256"})
_SINGLE = frozenset({"subject", "mailer"})  # a mail shows one of them: several conditions are on the same one

_UNSEEN = {
    "to_refs": "who else received a mail is nothing that is searched",
    "cc_refs": "who else received a mail is nothing that is searched",
    "bcc_refs": "who else received a mail is nothing that is searched",
    "body": "the text of mails is not kept, so that it cannot be searched",
    "body_multipart": "the text of mails is not kept, so that it cannot be searched",
    "message_id": "message ids are not kept",
    "display_name": "the display names of senders are not compared",
    "resolves_to_refs": "what a name resolved to stands in no mail",
    "dst_port": "ports are no part of what is compared",
    "src_port": "ports are no part of what is compared",
}


def term_of(path: Path) -> str:
    """Of which of TERMS (or "place") the values of a path are; "" where no mail shows them."""
    steps = path.steps
    kind = _KINDS.get((path.type, *steps))
    if kind is not None:
        return kind
    if steps[0] == "hashes" and path.type in ("file", "artifact") and len(steps) == 2:
        return "hash" if steps[1].replace("-", "").replace("_", "").lower() in _HASHES else ""
    if path.type == "email-message" and steps[0] == "additional_header_fields" and len(steps) in (2, 3):
        if len(steps) == 3 and not steps[2].startswith("["):
            return ""
        return _HEADERS.get(steps[1].lower(), "")
    if steps[-1] in ("Host", "host") and "request_header" in steps and path.type == "network-traffic":
        return "place"
    return ""


def is_single(path: Path) -> bool:
    """Whether one mail shows at most one value there."""
    return term_of(path) in _SINGLE


def names_type(path: Path) -> bool:
    """Whether it is the type of a place, which the value tells anyway (`network-traffic:dst_ref.type`)."""
    return path.type == "network-traffic" and path.steps in (("dst_ref", "type"), ("src_ref", "type"))


def why_unseen(path: Path) -> str:
    """Why nothing can be compared there, as a clause for people."""
    for step in path.steps:
        reason = _UNSEEN.get(step)
        if reason is not None and path.type in (
            "email-message",
            "domain-name",
            "network-traffic",
            "email-addr",
        ):
            return reason
    if path.type in ("file", "artifact"):
        if path.steps[0] == "hashes":
            return "of hashes, MD5, SHA-1 and SHA-256 are compared"
        return "of files, only hashes are compared"
    return f"no mail shows {written(path)}"


def written(path: Path) -> str:
    """A path as people write it."""
    text = ""
    for step in path.steps:
        if step.startswith("["):
            text += step
        else:
            text += ("." if text else "") + (step if step.replace("_", "").isalnum() else f"'{step}'")
    return f"{path.type}:{text}"
