"""Judged mails and summaries as a scan hands them to renderers; people, outlets and hosts are fictional."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from tocsin.model.message import Defect
from tocsin.model.observation import Beacon, Content, Observation, Observed, Personal, Sender
from tocsin.model.scan import Judged, Mailbox, Month, SiteCount, Summary
from tocsin.model.source import ReadError
from tocsin.model.verdict import Reason, Verdict

JANUARY_2021_S = 1_610_443_080.0  # 12 January 2021, 09:18 UTC
OWNER = "amina.verlinde@parlement.example"


def beacon(**changes: Any) -> Beacon:
    """A hidden picture with a personal identifier on a host that belongs to nobody known."""
    base = Beacon(
        technique="image",
        url="https://img.dailyworldpress.example/o/7f3c19ab22e84410b0d7?m=amina.verlinde%40parlement.example",
        host="img.dailyworldpress.example",
        site="dailyworldpress.example",
        trigger="open",
        conditional=False,
        fires_in=(),
        leaks=("address", "client", "time"),
        part="2",
        personal=Personal("percent", OWNER),
        hidden=True,
        offset=4312,
        label="img src",
    )
    return msgspec.structs.replace(base, **changes)


BEACONS = (
    beacon(),
    beacon(
        technique="css-image",
        url="https://img.dailyworldpress.example/c/7f3c19ab22e84410b0d7.png",
        label="background-image",
        personal=Personal("high-entropy", "7f3c19ab22e84410b0d7"),
        conditional=True,
        fires_in=("Apple Mail", "Thunderbird"),
        offset=911,
    ),
    beacon(
        technique="receipt-request",
        url="mailto:desk@freemail.example",
        host="",
        site="",
        trigger="receipt",
        leaks=("time", "account"),
        part="Disposition-Notification-To",
        personal=None,
        hidden=False,
        offset=-1,
        label="",
    ),
    beacon(
        technique="link",
        url="https://dailyworldpress.example/article/4417",
        host="dailyworldpress.example",
        trigger="click",
        personal=None,
        hidden=False,
        label="Read the full story",
    ),
)
FOR = (
    Reason(
        "beacon-alone",
        "It asks for nothing and has no link or attachment: the call to a host is all that it does.",
        2.8,
        "2",
    ),
    Reason(
        "identity-mismatch",
        "It says it comes from the Daily World Press, but was sent from desk@freemail.example.",
        2.4,
        "From",
    ),
    Reason(
        "unknown-beacon-host",
        "The host img.dailyworldpress.example belongs to no known mail service, and neither "
        "the sender nor any link in the mail uses it.",
        2.0,
        "2",
    ),
    Reason(
        "fan-out",
        "Within two weeks 3 protected people of 2 organisations were sent the same text.",
        1.6,
        "text",
    ),
    Reason("no-relation", "Nobody here ever wrote to this sender or heard from it before.", 1.3, "From"),
    Reason("personal-token", "The call carries the reader's address.", 0.9, "2"),
)
AGAINST = (
    Reason("list-headers", "It has a List-Unsubscribe header, as newsletters do.", -1.2, "List-Unsubscribe"),
    Reason("ordinary-pictures", "The same host also serves a picture that a reader can see.", -0.6, "2"),
)
NOT_EVALUATED = (
    "The receiver recorded no SPF, DKIM or DMARC result: whether the sender is genuine was not evaluated.",
)


def verdict(**changes: Any) -> Verdict:
    """Reconnaissance, very likely."""
    base = Verdict(
        class_="reconnaissance",
        likelihood=0.9263,
        prior=0.0005,
        band="very likely",
        alert=True,
        for_=FOR,
        against=AGAINST,
        not_evaluated=NOT_EVALUATED,
        phishing=0.031,
        rules="2026.11-1",
    )
    return msgspec.structs.replace(base, **changes)


def judged(number: int = 1, **changes: Any) -> Judged:
    """One alert; `verdict`, `owner`, `occurrences` change `Judged`, the other names `Observed`."""
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    source = f"/home/amina/Mail/parliament.mbox#@{number * 48_213}"
    own = {key: changes.pop(key) for key in ("verdict", "owner", "occurrences") if key in changes}
    mail = Observed(
        source=source,
        mailbox="/home/amina/Mail/parliament.mbox",
        folder="",
        sha256=sha256,
        fingerprint=hashlib.sha256(sha256.encode()).hexdigest(),
        message_id=f"20210112.{number}@freemail.example",
        date_s=JANUARY_2021_S,
        arrival_s=JANUARY_2021_S + 14,
        subject="Parliament to debate resolution on forced labour, sources say",
        to=(OWNER,),
        delivered_to=(OWNER,),
        sender=Sender(
            name="Daily World Press Newsdesk",
            address="desk@freemail.example",
            domain="freemail.example",
            site="freemail.example",
            reply_to="desk@freemail.example",
            return_path="bounce-7f3c@relay.mailmerge.example",
            relays=("mx.parlement.example", "relay.mailmerge.example", "192.0.2.44"),
            mailer="MassMailer 4.1",
            dkim_domains=("mailmerge.example",),
        ),
        content=Content(
            language="en",
            text_length=1890,
            links=1,
            pictures=1,
            excerpt="Lawmakers will next week debate a resolution that calls on the government to act on "
            "reports of forced labour. Full report at https://dailyworldpress.example/article/4417. The",
        ),
        beacons=BEACONS,
        observations=(Observation("mass-mailer", "MassMailer 4.1", "X-Mailer"),),
        defects=(Defect("missing-terminator", "The last boundary of the multipart is missing.", "1"),),
        not_evaluated=NOT_EVALUATED,
        size=48_213,
    )
    mail = msgspec.structs.replace(mail, **changes)
    return Judged(
        mail, own.get("verdict", verdict()), own.get("owner", OWNER), own.get("occurrences", (mail.source,))
    )


def phishing(number: int) -> Judged:
    """One phishing alert without a beacon that works by itself."""
    reasons = (
        Reason("credential-ask", "It asks for a password and brings a link to type it into.", 3.2, "body"),
        Reason("deceptive-link", "A link shows one address and leads to 203.0.113.9.", 2.2, "body"),
    )
    return judged(
        number,
        subject="Your mailbox is full: confirm your account at https://webmail-parlement.example/login",
        sender=Sender(
            name="IT Service Desk", address="it@webmail-parlement.example", site="webmail-parlement.example"
        ),
        beacons=(
            beacon(
                technique="link",
                url="http://203.0.113.9/login?u=amina",
                host="203.0.113.9",
                site="203.0.113.9",
                trigger="click",
                personal=None,
                hidden=False,
                label="https://webmail.parlement.example",
            ),
        ),
        defects=(),
        verdict=verdict(
            class_="phishing",
            likelihood=0.002,
            band="almost no chance",
            phishing=0.8312,
            for_=reasons,
            against=(),
            not_evaluated=(),
        ),
    )


def months(
    first_year: int, first_month: int, number: int, *, gaps: tuple[int, ...] = ()
) -> tuple[Month, ...]:
    """So many months with counts that go up and down; those in `gaps` (by index) hold no mail at all."""
    made = []
    for index in range(number):
        if index in gaps:
            continue
        year, month = divmod(first_year * 12 + first_month - 1 + index, 12)
        wave = abs((index * 7) % 13 - 6)
        strangers = (index * 5) % 4
        alerts = 2 if index % 11 == 4 else 0
        made.append(
            Month(f"{year:04d}-{month + 1:02d}", 40 + 9 * wave, 12 + 6 * wave, strangers + alerts, alerts)
        )
    return tuple(made)


SITES = (
    SiteCount("dailyworldpress.example", "", 4, 3),
    SiteCount("", "Postbode Mailings", 9, 1),
    SiteCount("", "Fictional Letters", 212, 0),
    SiteCount("", "Veldpost", 96, 0),
    SiteCount("", "Campagne Nord", 61, 0),
    SiteCount("nieuwsblad-noord.example", "", 38, 0, 38),
    SiteCount("gemeente.example", "", 21, 0, 17),
    SiteCount("", "Kiosk Deliver", 14, 0),
    SiteCount("stats.unrelated-host.test", "", 6, 0),
    SiteCount("192.0.2.77", "", 1, 0),
    SiteCount(
        "a-very-long-host-name-that-somebody-made-to-break-our-chart.with-many-labels.invalid", "", 1, 0
    ),
)


def summary(**changes: Any) -> Summary:
    """A scan of two mailboxes with alerts, errors and things not evaluated."""
    base = Summary(
        mails=1204,
        unique=1187,
        mailboxes=(
            Mailbox(
                "/home/amina/Mail/parliament.mbox",
                OWNER,
                "delivered-to",
                1088,
                1_577_900_000.0,
                1_640_900_000.0,
            ),
            Mailbox("/home/amina/Mail/old laptop/Takeout.zip", "", "", 116, None, None),
        ),
        first_s=1_577_900_000.0,
        last_s=1_640_900_000.0,
        classes={"reconnaissance": 3, "phishing": 1, "bulk": 640, "tracked-personal": 92, "no-sign": 451},
        alerts=4,
        beaconing=505,
        not_evaluated=17,
        defective=31,
        months=months(2020, 1, 24, gaps=(6, 7, 8)),
        sites=SITES,
        errors=(
            ReadError(
                "archive-encrypted",
                "/home/amina/Mail/old laptop/private.zip",
                "a password-protected archive; unpack it yourself and scan the folder",
            ),
            ReadError(
                "mbox-truncated",
                "/home/amina/Mail/parliament.mbox",
                "ends in the middle of a mail; what came before was read",
                52_459_744,
            ),
        ),
        elapsed_s=0.61,
        bytes_read=52_459_744,
        prior=0.0005,
        threshold=0.5,
        rules="2026.11-1",
        exercise=False,
    )
    return msgspec.structs.replace(base, **changes)


def empty() -> Summary:
    """A scan that read one mailbox and found nothing to alarm about."""
    return summary(
        months=tuple(msgspec.structs.replace(month, alerts=0) for month in summary().months),
        sites=tuple(msgspec.structs.replace(site, alerts=0) for site in SITES),
        alerts=0,
        classes={"reconnaissance": 0, "phishing": 0, "bulk": 640, "tracked-personal": 92, "no-sign": 455},
    )


def alerts() -> list[Judged]:
    """The alerts of `summary`."""
    return [
        judged(1),
        judged(
            2,
            subject="RE: Your statement on the resolution",
            arrival_s=None,
            occurrences=("a.eml", "b.eml"),
            verdict=verdict(likelihood=0.99999, band="almost certain"),
        ),
        judged(
            3,
            subject="",
            beacons=BEACONS[:1],
            defects=(),
            verdict=verdict(likelihood=0.57, band="likely", against=(), not_evaluated=()),
        ),
        phishing(4),
    ]


HOSTILE = (
    "</style><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>"
    "\u202egnp.exe\u2066 nul\x00esc\x1b[31m bell\x07 https://evil.example/path?a=b&c=\"d\" 'q' //evil.test "
    "[/bold] [link=https://evil.example/]x[/link] :bell: "
    "www.evil.example admin@evil.example ]]> --> <!-- &lt; &#x3c;script&#x3e;"
)
LONG = "x" * 10_000


def hostile(number: int = 1) -> Judged:
    """One alert with every string that a mail controls turned against us."""
    return judged(
        number,
        source=f"/mail/caf\udce9\x1b[2J.mbox#{HOSTILE}",
        subject=HOSTILE + LONG,
        to=(HOSTILE,),
        delivered_to=(HOSTILE,),
        message_id=HOSTILE,
        sender=Sender(
            name=HOSTILE,
            address=HOSTILE,
            reply_to=HOSTILE + "2",
            return_path=HOSTILE,
            mailer=HOSTILE,
            relays=(HOSTILE,),
            dkim_domains=(HOSTILE,),
            list_id=HOSTILE,
            spf=HOSTILE,
            service=HOSTILE,
        ),
        content=Content(excerpt=HOSTILE + LONG),
        beacons=tuple(
            beacon(
                technique=HOSTILE,
                url="https://evil.example/" + HOSTILE + LONG,
                host=HOSTILE,
                site=HOSTILE,
                part=HOSTILE,
                label=HOSTILE,
                fires_in=(HOSTILE,),
                personal=Personal(HOSTILE, HOSTILE),
                vendor=HOSTILE,
                trigger=trigger,
            )
            for trigger in ("open", "click", "receipt")
        ),
        observations=(Observation(HOSTILE, HOSTILE + LONG, HOSTILE),),
        defects=(Defect(HOSTILE, HOSTILE + LONG, HOSTILE),),
        owner=HOSTILE,
        occurrences=(f"/mail/a.mbox#{HOSTILE}", f"/mail/b.zip#{HOSTILE}"),
        verdict=verdict(
            for_=(Reason(HOSTILE, HOSTILE + LONG, 2.0, HOSTILE),),
            against=(Reason(HOSTILE, HOSTILE, -2.0, HOSTILE),),
            not_evaluated=(HOSTILE,),
            rules=HOSTILE,
        ),
    )


def hostile_summary() -> Summary:
    """A summary whose every string comes from an attacker."""
    return summary(
        mailboxes=(Mailbox("/mail/caf\udce9\x1b[2J.mbox", HOSTILE, "recipients", 1, 1e18, -1e18),),
        sites=(SiteCount(HOSTILE, "", 3, 1), SiteCount("", HOSTILE, 3, 1)),
        errors=(ReadError(HOSTILE, f"/mail/b.zip#{HOSTILE}", HOSTILE + LONG, 3),),
        rules=HOSTILE,
    )
