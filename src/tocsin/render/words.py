"""The words that all outputs share: plain, without alarm, never more than was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tocsin.model.observation import Beacon, Observed
from tocsin.model.scan import Mailbox, Summary
from tocsin.model.verdict import Verdict
from tocsin.render.shown import place, shown

CLASS_TITLE = {
    "reconnaissance": "Looks like reconnaissance",
    "phishing": "Looks like phishing",
    "bulk": "Bulk mail",
    "tracked-personal": "Personal mail with tracking",
    "no-sign": "No sign found",
}
CLASS_MEANING = {
    "reconnaissance": "its real job seems to be to report back to its sender",
    "phishing": "it seems to be after a password, money or a click that harms",
    "bulk": "newsletters, advertising, receipts; tracked or not",
    "tracked-personal": "written to one person, and tells its sender when it is opened",
    "no-sign": "nothing in it phones home by itself, as far as we could read",
}
KNOWN_TITLE = "Meets known intelligence"
KNOWN_MEANING = "others report something that it shows as hostile; by its own signs it is: {}"
LOOKS_LIKE = {
    "reconnaissance": "with signs of reconnaissance: mail whose real job seems to be to report back",
    "phishing": "with signs of phishing: mail after a password, money or a click that harms",
}
OTHERWISE = {
    "bulk": ("bulk mail", "bulk mails"),
    "tracked-personal": ("personal mail with tracking", "personal mails with tracking"),
    "no-sign": ("without a sign that we could read", "without a sign that we could read"),
}
NO_ALERT = "That is not proof that there was none."
ALL_READ = "Nothing failed: every place named could be read, and every check could be made."
INTERRUPTED = "The scan was interrupted: what follows covers only what was read until then."
CHART_KEY = {
    "stranger": "a stranger is told",
    "known": "known services or the sender's own site only",
    "alert": "alerts",
    "gap": "no mail",
}
TRIGGER = {
    "receipt": "on arrival, without being opened",
    "open": "when it is opened or previewed",
    "reply": "when it is answered or quoted",
    "click": "when a link in it is clicked",
    "attachment": "when its attachment is opened",
    "print": "when it is printed",
}
ACTION = {
    "receipt-request": "asks for a receipt to be sent to",
    "file-path": "reaches for a file on",
    "active": "runs a script that may load something from",
    "anchor-dns": "looks up the name of",
    "receiver-dns": "makes the mail server look up the name of",
    "certificate": "checks a certificate at",
    "encrypted-exfil": "sends what it decrypts to",
}
LEAK = {
    "address": "the network address, and with it the rough place",
    "client": "the mail program, browser and system",
    "time": "when it was read",
    "cookies": "cookies or the page it was read on",
    "resolver": "which name server the network uses",
    "ntlm": "a hash of the Windows password",
    "plaintext": "the text of an encrypted mail",
    "account": "that the mailbox is read",
}
# "When it was read" is said of no mail that tells its sender something before or after that.
MOMENT = {
    "receipt": "when it arrived",
    "attachment": "when the attachment was opened",
    "print": "when it was printed",
}
CLIENT = {
    "adobe-reader": "Adobe Reader",
    "amp": "services that show AMP",
    "apple-mail": "Apple Mail",
    "browser-tab": "a browser of its own",
    "chromium": "Chromium",
    "excel": "Excel",
    "foxit-reader": "Foxit Reader",
    "gecko": "Firefox's engine",
    "gmail": "Gmail",
    "libreoffice": "LibreOffice",
    "mshtml": "Internet Explorer's engine",
    "old-gecko": "old versions of Firefox's engine",
    "outlook": "Outlook",
    "outlook-windows": "Outlook on Windows",
    "pegasus-mail": "Pegasus Mail",
    "plug-ins": "programs with plug-ins",
    "powerpoint": "PowerPoint",
    "scripting": "programs that run scripts",
    "thunderbird": "Thunderbird",
    "windows": "programs on Windows",
    "word": "Word",
    "xml": "programs that read XML",
}
FOLLOWED = {
    "form": "a form; what is typed into it goes there",
    "qr": "in a code to be photographed",
    "calendar": "from an invitation",
    "file-path": "a file share, or an address that starts a program",
    "header-url": "from the head of the mail",
    "active": "by a script",
}
PERSONAL = {
    "high-entropy": "it carries an identifier that can pick out one reader",
    "echo": "it repeats an identifier from the mail's own headers",
    "differs": "it carries an identifier that is another one in other readers' copies",
}
ENCODING = {
    "plain": "readable as it is",
    "percent": "readable as it is",
    "base64": "encoded (Base64)",
    "base64url": "encoded (Base64)",
    "base32": "encoded (Base32)",
    "base58": "encoded (Base58)",
    "base62": "encoded (Base62)",
    "hex": "encoded (hexadecimal)",
    "rot13": "encoded (ROT13)",
    "reversed": "written backwards",
    "md5": "as a fingerprint (MD5)",
    "sha1": "as a fingerprint (SHA-1)",
    "sha224": "as a fingerprint (SHA-224)",
    "sha256": "as a fingerprint (SHA-256)",
    "sha384": "as a fingerprint (SHA-384)",
    "sha512": "as a fingerprint (SHA-512)",
    "crc32": "as a checksum (CRC-32)",
    "adler32": "as a checksum (Adler-32)",
    "murmur2": "as a checksum (Murmur)",
    "murmur3": "as a checksum (Murmur)",
}
ADVICE = (
    "Block remote pictures in the mail program.",
    "Don't open the mail again, don't answer it, don't forward it inline, don't delete it.",
    "Save the original as a file (.eml or .msg) and keep it.",
    "Call the people who look after your IT or a help line you trust, on a number you already know.",
)
ADVICE_LINE = (
    "Now: block remote pictures; don't reopen, answer, forward inline or delete it; save the original; "
    "call your help line."
)
ADVICE_PHISHING = (
    "If a password was typed into a page that this mail led to, change it from another device, on the "
    "service's own "
    "site, and tell those people so."
)
# How often we miss what we look for; every result without an alert says it.
MISS_RATE = (
    "On simulated mail (exercises) of a kind that it was not fitted on, this version misses about 25 of 100 such mails "
    "when the mail of several people is read together, 38 of 100 in one mailbox and 40 of 100 for a mail by itself, "
    "and more of those that pass for a newsletter; see docs/measurements.md."
)
NO_CONTACT = "Made without contacting anything: no host that a mail names was looked up or called."
# ICD-203, section D.6.e.2.a: from which probability on each band begins (the first: from nothing).
LIKELIHOOD_BANDS = (
    (0.0, "almost no chance"),
    (0.05, "very unlikely"),
    (0.20, "unlikely"),
    (0.45, "roughly even chance"),
    (0.55, "likely"),
    (0.80, "very likely"),
    (0.95, "almost certain"),
)
OWNER_KNOWN_BY = {
    "people": "named in the people file",
    "delivered-to": "learnt from Delivered-To",
    "recipients": "learnt from the most frequent recipient",
    "sender": "learnt from the sender of its mails",
    "": "not known",
}
# A part's path, with the reading that shows it; four numbers with a large one are an address.
_PART = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)\d+(\.\d+)*(/.*)?|[0-3]?\d(\.[0-3]?\d){3}")
UNKNOWN_DATE = "no usable date"
EXERCISE = "EXERCISE: fictional people, outlets and actors"


def day(time_s: float | None) -> str:
    """A day as "12 Jan 2021" (UTC)."""
    return _format(time_s, "%d %b %Y")


def moment(time_s: float | None) -> str:
    """A moment as "12 Jan 2021 09:14 UTC"."""
    return _format(time_s, "%d %b %Y %H:%M UTC")


def _format(time_s: float | None, pattern: str) -> str:
    if time_s is None:
        return UNKNOWN_DATE
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime(pattern).lstrip("0")
    except (ValueError, OverflowError, OSError):
        return UNKNOWN_DATE


def span(first_s: float | None, last_s: float | None) -> str:
    """Two days joined, or the one day, or that none is known."""
    first, last = day(first_s), day(last_s)
    return first if first == last else f"{first} to {last}"


def percent(probability: float) -> str:
    """A probability in whole percent, never certain and never impossible."""
    if probability > 0.99:
        return "over 99 %"
    return "under 1 %" if probability < 0.01 else f"{probability * 100:.0f} %"


def probability(verdict: Verdict) -> float:
    """The likelihood of what the verdict calls the mail: of phishing for phishing, else of reconnaissance."""
    return verdict.phishing if verdict.class_ == "phishing" else verdict.likelihood


def band(verdict: Verdict) -> str:
    """The words of ICD-203 for the likelihood of what the verdict calls the mail."""
    return verdict.band if verdict.class_ != "phishing" else band_of(verdict.phishing)


def band_of(probability: float) -> str:
    """The words of ICD-203 for a probability 0..1."""
    return next(name for edge, name in reversed(LIKELIHOOD_BANDS) if probability >= edge)


def likelihood(verdict: Verdict) -> str:
    """That likelihood with its object: "very likely phishing", "almost no chance of reconnaissance"."""
    what = "phishing" if verdict.class_ == "phishing" else "reconnaissance"
    chance = band(verdict)
    return f"{chance} of {what}" if "chance" in chance else f"{chance} {what}"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 mail", "1,204 mails"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def when(mail: Observed) -> str:
    """The best moment known for a mail, saying so when it is only what the sender wrote."""
    if mail.arrival_s is not None:
        return moment(mail.arrival_s)
    if mail.date_s is not None:
        return f"{moment(mail.date_s)} (by the sender's clock)"
    return UNKNOWN_DATE


def leaks(beacons: Iterable[Beacon]) -> str:
    """What loading these would have shown the sender, in one clause; "" for none."""
    return "; ".join(leak_list(beacons))


def leak_list(beacons: Iterable[Beacon]) -> list[str]:
    """What loading these would have shown the sender, one clause each."""
    beacons = tuple(beacons)
    found = {leak for beacon in beacons for leak in beacon.leaks}
    triggers = {beacon.trigger for beacon in beacons if "time" in beacon.leaks}
    moment = MOMENT.get(triggers.pop(), LEAK["time"]) if len(triggers) == 1 else LEAK["time"]
    return [moment if leak == "time" else text for leak, text in LEAK.items() if leak in found]


def clients(beacon: Beacon) -> str:
    """The programs that a beacon is limited to, as people call them; "" for none."""
    return ", ".join(CLIENT.get(client, client) for client in beacon.fires_in)


def followed(beacon: Beacon) -> str:
    """What a reader would follow there, as a clause; "" for a link in the mail."""
    if beacon.technique in FOLLOWED:
        return FOLLOWED[beacon.technique]
    if beacon.technique in ("office", "pdf", "html-attachment", "archive", "shortcut", "contact"):
        return f"in an attachment ({beacon.label})" if beacon.label else "in an attachment"
    return ""


def action(beacon: Beacon) -> str:
    """What a beacon makes the mail program do: "loads a hidden picture from"."""
    if beacon.technique in ACTION:
        return ACTION[beacon.technique]
    if not beacon.host:
        return "asks for an answer to be sent to"
    hidden = "something hidden" if beacon.hidden else "something"
    if beacon.technique in ("image", "image-candidates", "background-attribute", "css-image"):
        hidden = "a hidden picture" if beacon.hidden else "a picture"
    return f"loads {hidden} from"


def title(verdict: Verdict) -> str:
    """What a mail is taken for; an alert that rests on intelligence alone says so."""
    return KNOWN_TITLE if by_intelligence(verdict) else CLASS_TITLE[verdict.class_]


def meaning(verdict: Verdict) -> str:
    """What that means, as a clause."""
    clause = CLASS_MEANING[verdict.class_]
    return KNOWN_MEANING.format(clause) if by_intelligence(verdict) else clause


def by_intelligence(verdict: Verdict) -> bool:
    """Whether a mail alarms by what others know, and would not by its own signs."""
    return verdict.alert and verdict.indicator and verdict.class_ not in LOOKS_LIKE


def weight(value: float) -> str:
    """A log-likelihood ratio with its sign: "+2.80", "−1.20"."""
    return f"{value:+.2f}".replace("-", "−")


def how_to_read(summary: Summary) -> tuple[str, ...]:
    """What stands behind the numbers, a paragraph each."""
    prior = (
        "Before a mail is looked at, the likelihood of reconnaissance is taken to be "
        f"{summary.prior * 100:g} % (the prior). Each reason moves it: a weight of +0.7 doubles the odds, "
        "+2.3 multiplies them by ten, "
        "a negative weight lowers them as much. Weights are natural logarithms of likelihood ratios."
    )
    threshold = (
        f"A mail becomes an alert from a likelihood of {summary.threshold * 100:g} % on (the threshold). "
        f"Version of the rules: {shown(summary.rules) or 'not recorded'}."
    )
    beacons = (
        "A beacon alone is no alert: most newsletters and many ordinary mails tell someone when they are "
        "opened. We do not know who is behind a mail."
    )
    return prior, threshold, beacons


def unasked(beacons: Iterable[Beacon]) -> list[Beacon]:
    """The beacons that need no click, those that wait for an attachment last."""
    found = [beacon for beacon in beacons if beacon.trigger != "click"]
    return sorted(found, key=lambda beacon: beacon.trigger == "attachment")


def personal(beacon: Beacon) -> str:
    """How the beacon knows its reader, as a clause; "" if it does not."""
    if beacon.personal is None:
        return ""
    kind = beacon.personal.kind
    if kind in PERSONAL:
        return PERSONAL[kind]
    whose = "the first half of the reader's address" if kind.endswith("-local") else "the reader's address"
    *outer, inner = kind.removesuffix("-local").split("-")
    how = ENCODING.get(inner, f"encoded ({inner})")
    return f"it carries {whose}, {how}{', encoded once more' if outer else ''}"


def where(spot: str) -> str:
    """The place of a reason or defect: "part 1.2", a header's name, a host, or the whole mail."""
    return f"part {spot}" if _PART.fullmatch(spot) else spot or "whole mail"


def headline(summary: Summary) -> str:
    """The one sentence that matters."""
    if summary.mails == 0:
        return "No mail was read."
    if summary.alerts:
        verb = "needs" if summary.alerts == 1 else "need"
        cases = sum(entry.alert for entry in summary.queue)
        grouped = f", in {count(cases, 'case')}" if 0 < cases < summary.alerts else ""
        return f"{summary.alerts:,} of {count(summary.unique, 'mail')} {verb} a look{grouped}."
    if summary.stored is not None and summary.stored.alarmed:
        return "What was read shows no sign of its own, and mail that was kept before needs a look."
    return "We found no sign of reconnaissance or phishing in what we could read."


def mailbox_line(mailbox: Mailbox) -> str:
    """A mailbox in one line: what, whose and how that is known, how much, from when to when."""
    owner = "owner not known"
    if mailbox.owner:
        owner = f"{shown(mailbox.owner)} ({OWNER_KNOWN_BY[mailbox.owner_known_by]})"
    dates = span(mailbox.first_s, mailbox.last_s)
    return f"{place(mailbox.name)}: {owner}, {count(mailbox.mails, 'mail')}, {dates}"


def capped(items: Sequence[str], limit: int, noun: str, nouns: str = "") -> list[str]:
    """The first items, and a line that counts the rest."""
    if len(items) <= limit:
        return list(items)
    more = count(len(items) - limit, f"more {noun}", f"more {nouns or noun + 's'}")
    return [*items[:limit], f"and {more}"]
