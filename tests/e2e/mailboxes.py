"""Small mailboxes that tests write themselves; every host is reserved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

OWNER = "lena.maes@parliament.example"
START = datetime(2021, 1, 11, 9, 0, tzinfo=UTC)


def mail(number: int, *, html: str = "", text: str = "Good morning.", **headers: str) -> bytes:
    """One mail; headers override the usual ones, underscores standing for hyphens."""
    message = EmailMessage()
    fields = {
        "From": "Press Desk <desk@news-desk.test>",
        "To": OWNER,
        "Delivered-To": OWNER,
        "Subject": f"Report {number}",
        "Date": format_datetime(START + timedelta(hours=number)),
        "Message-ID": f"<{number}@news-desk.test>",
    }
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    for name, value in fields.items():
        message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def mbox(path: Path, mails: list[bytes]) -> Path:
    """Write an mbox."""
    with path.open("wb") as file:
        for data in mails:
            file.write(
                b"From sender@news-desk.test Mon Jan 11 09:00:00 2021\n" + data.rstrip(b"\n") + b"\n\n"
            )
    return path


def phone_home_mailbox(folder: Path) -> Path:
    """Mails that try every way this program knows to make a reader call home."""
    bodies = [
        '<p>Hello</p><img src="http://192.0.2.7/p.gif?u=lena.maes@parliament.example" width="1" height="1">',
        (
            '<link rel="stylesheet" href="https://css.tracker.example/a.css">'
            '<style>@import "//b.tracker.example/b.css";body{background:url(https://c.tracker.example/c.png)}</style>'
        ),
        '<iframe src="https://frame.tracker.example/"></iframe><meta http-equiv="refresh" content="0;url=https://r.test/">',
        '<svg><image href="https://svg.tracker.example/x"/></svg><video poster="https://v.tracker.example/p"></video>',
        '<a href="https://click.tracker.example/?t=9f86d081884c7d659a2feaa0c55ad015">Read</a>',
    ]
    return mbox(
        folder / "inbox.mbox",
        [mail(n, html=f"<html><body>{body}</body></html>") for n, body in enumerate(bodies)],
    )
