"""Cases of detectors about the machinery that sent the mail and the hosts that it calls; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import (
    Case,
    beacon,
    content,
    letter,
    pixel,
    sender,
    token,
    vouched,
)
from tocsin.judge.ages import Age
from tocsin.judge.context import Seen
from tocsin.judge.mailings import Mailing
from tocsin.model.observation import Observation

FREE = ("from-domain-freemail",)
OWN_PIXEL = pixel("https://t.outlet.test/p.gif")
RELAYED = letter(
    sender=sender(return_path="b@box.test", return_site="box.test"),
    observations=(
        Observation("return-path-other-site", "box.test", "return-path"),
        Observation("handed-in-by", "vps7.box.test", "received"),
    ),
)

SUDDEN = Mailing(people=6, organisations=4, bursts=1, unheard=6, silent=6)
COUNTED_BY_SERVICE = pixel(vendor="service")

CASES: list[Case] = [
    (
        "known-vendor",
        "unasked",
        letter(COUNTED_BY_SERVICE, sender=vouched(service="service", list_id="l.outlet.test")),
        {"mailing": SUDDEN},
    ),
    (
        "known-vendor",
        "unasked",
        letter(COUNTED_BY_SERVICE, sender=sender(one_click=True)),
        {"mailing": SUDDEN},
    ),
    ("known-vendor", "known", letter(COUNTED_BY_SERVICE), {"mailing": SUDDEN}),
    ("young-domain", "days", letter(), {"ages": (Age("sender", "outlet.test", 1),)}),
    (
        "young-domain",
        "weeks",
        letter(),
        {"ages": (Age("sender", "outlet.test", 900), Age("call", "stranger.test", 14))},
    ),
    ("young-domain", "months", letter(), {"ages": (Age("link", "page.test", 364),)}),
    ("young-domain", None, letter(), {"ages": (Age("sender", "outlet.test", 365),)}),
    ("young-domain", None, letter(), {"ages": (Age("call", "stranger.test", -20),)}),
    ("young-domain", None, letter(), {"ages": (Age("sender", "outlet.test", 3),), "wrote_to_address": True}),
    ("young-domain", None, letter(), {}),
    ("private-tracker", "hidden", letter(kinds=FREE), {}),
    ("private-tracker", "open", letter(beacon(), kinds=FREE), {}),
    ("private-tracker", None, letter(), {}),
    ("private-tracker", None, letter(pixel(vendor="service"), kinds=FREE), {}),
    ("private-tracker", None, letter(kinds=FREE, content=content(unsubscribe=True)), {}),
    ("private-tracker", None, letter(kinds=FREE, content=content(forwarded_inline=True)), {}),
    ("private-tracker", None, letter(kinds=FREE), {"traits": {"shared_hosting": True}}),
    ("private-tracker", None, letter(kinds=FREE), {"answers_owner": True}),
    ("domain-for-calls", "only", letter(pixel("https://t.outlet.test/p.gif"), sender=vouched()), {}),
    ("domain-for-calls", "only", letter(beacon("https://outlet.test/p", personal=token())), {}),
    (
        "domain-for-calls",
        "pictures",
        letter(pixel("https://t.outlet.test/p.gif"), beacon("https://img.outlet.test/1.jpg")),
        {},
    ),
    ("domain-for-calls", None, letter(beacon("https://img.outlet.test/1.jpg")), {}),
    ("domain-for-calls", None, letter(OWN_PIXEL, content=content(links=1, link_sites=("outlet.test",))), {}),
    ("domain-for-calls", None, letter(OWN_PIXEL, pixel()), {}),
    ("domain-for-calls", None, letter(OWN_PIXEL, content=content(postal_address=True)), {}),
    ("domain-for-calls", None, letter(OWN_PIXEL), {"site": Seen(mails=3, days=3)}),
    ("past-the-service", "letter", letter(sender=vouched(service="relay")), {}),
    ("past-the-service", "mailing", letter(sender=vouched(service="relay", list_unsubscribe=True)), {}),
    ("past-the-service", None, letter(), {}),
    ("past-the-service", None, letter(pixel(vendor="relay"), sender=vouched(service="relay")), {}),
    ("past-the-service", None, letter(pixel(), beacon(), sender=vouched(service="relay")), {}),
    (
        "past-the-service",
        None,
        letter(sender=vouched(service="relay"), content=content(link_sites=("stranger.test",))),
        {},
    ),
    (
        "calls-its-relay",
        "",
        letter(sender=sender(return_path="b@stranger.test", return_site="stranger.test")),
        {},
    ),
    ("calls-its-relay", "", letter(sender=sender(relays=("mx.stranger.test", "192.0.2.4"))), {}),
    ("calls-its-relay", "", letter(pixel("https://192.0.2.4/p"), sender=sender(relays=("192.0.2.4",))), {}),
    ("calls-its-relay", None, letter(sender=sender(relays=("mx.other.test",))), {}),
    ("calls-its-relay", None, letter(OWN_PIXEL, sender=sender(relays=("mx.outlet.test",))), {}),
    (
        "calls-its-relay",
        None,
        letter(sender=sender(relays=("mx.stranger.test",), list_id="l.stranger.test")),
        {},
    ),
    ("calls-its-relay", None, letter(sender=sender(relays=("mx.stranger.test",), service="s")), {}),
    ("own-address-each", "first", letter(beacon(personal=token()), pixel()), {}),
    ("own-address-each", "later", letter(beacon(personal=token()), pixel()), {"address": Seen(mails=1)}),
    ("own-address-each", "later", letter(beacon(personal=token()), pixel()), {"history_known": False}),
    ("own-address-each", None, letter(beacon(personal=token()), beacon("https://i.stranger.test/2.jpg")), {}),
    ("own-address-each", None, letter(pixel(personal=token())), {}),
    ("own-address-each", None, letter(beacon(personal=token(), vendor="service")), {}),
    ("own-address-each", None, letter(beacon(personal=token()), content=content(unsubscribe=True)), {}),
    ("bulk-mechanics", "bounce", letter(kinds=("verp",)), {}),
    ("bulk-mechanics", "script", letter(kinds=("message-id-maker",)), {}),
    ("bulk-mechanics", "script", letter(kinds=("script-mailer",)), {}),
    ("bulk-mechanics", "relay", RELAYED, {}),
    (
        "bulk-mechanics",
        None,
        letter(kinds=("verp", "return-path-other-site"), content=content(postal_address=True)),
        {},
    ),
    (
        "bulk-mechanics",
        None,
        letter(kinds=("return-path-other-site",), sender=sender(return_site="box.test")),
        {},
    ),
    ("bulk-mechanics", None, letter(kinds=("verp",)), {"answers_owner": True}),
    ("bulk-mechanics", None, letter(kinds=("verp",)), {"same_house": True}),
    ("machine-unnamed", "address", letter(kinds=("helo-raw-ip",)), {}),
    ("machine-unnamed", "unnamed", letter(kinds=("helo-no-domain",)), {}),
    ("machine-unnamed", "line", letter(kinds=("handed-in-line", "helo-no-domain")), {}),
    ("machine-unnamed", "rented", letter(kinds=("handed-in-rented",)), {}),
    ("machine-unnamed", None, letter(kinds=("handed-in-rented", *FREE)), {}),
    ("machine-unnamed", None, letter(kinds=("handed-in-rented",)), {"address": Seen(mails=2, days=2)}),
    ("machine-unnamed", None, letter(kinds=("handed-in-rented",), sender=sender(list_unsubscribe=True)), {}),
    ("machine-unnamed", None, letter(kinds=("handed-in-by",)), {}),
    ("unlikely-clock", "", letter(kinds=("zone-unlike-domain",)), {}),
    ("unlikely-clock", None, letter(kinds=("zone-unlike-domain", *FREE)), {}),
    ("unlikely-clock", None, letter(kinds=("zone-unlike-hop",)), {}),
    ("unknown-beacon-host", "mailing", letter(content=content(unsubscribe=True)), {}),
    (
        "unknown-beacon-host",
        "mailing",
        letter(beacon(personal=token()), sender=sender(list_id="l.outlet.test")),
        {},
    ),
    ("unknown-beacon-host", "pictures", letter(beacon(), content=content(postal_address=True)), {}),
]
