"""Every address that one mail mentions: links, pictures, beacons, route and list headers."""

from __future__ import annotations

import random
from urllib.parse import quote

from tocsin.exercise import chance, envelope
from tocsin.exercise.habits import Habits
from tocsin.exercise.plan import Thread
from tocsin.model.scenario import Cast, Mechanics, Service

_NO_SERVICE = Service("", "", "")


class Addresses:
    """Fills the URL templates of one mail.

    Pictures are the same for all readers of one issue, tokens are not.
    """

    def __init__(
        self,
        scenario: str,
        cast: Cast,
        thread: Thread,
        mechanics: Mechanics,
        rng: random.Random,
        shared: random.Random,
        manner: Habits,
    ) -> None:
        sender = thread.sender
        self._thread = thread
        self._mechanics = mechanics
        self._manner = manner
        self._service = cast.services[sender.service] if sender.service else _NO_SERVICE
        self.it_desk = "it-desk"
        domain = thread.persona.address.rpartition("@")[2]
        self._via = sender.via
        if sender.cast == "contacts":
            known = {c.address: c.via for c in cast.contacts}
            self._via = known.get(thread.persona.address, sender.via)
        reader = chance.stream(0, "subscriber", thread.house, thread.address)
        values = {
            "site": sender.hosts.get("site", domain),
            "domain": domain,
            "list": chance.slug(sender.organisation or sender.name, 24),
            "subscriber": chance.hexadecimal(reader, 10),
            "reader": chance.base62(reader, 16),
            "campaign8": chance.hexadecimal(chance.stream(0, "campaign", thread.wording), 8),
            "local": thread.persona.address.partition("@")[0],
            **sender.hosts,
        }
        self._tokens = chance.Tokens(rng, thread.owner, thread.address, values)
        self._pictures = chance.Tokens(shared, thread.owner, thread.address, values)
        self._values = values
        self._subject = "news"
        # A private account has no site of its own to link to.
        self.linkless = mechanics.no_links or (self._via == "freemail" and "site" not in sender.hosts)

    def about(self, subject: str) -> None:
        """Names the page that links go to where no other address is given."""
        self._subject = chance.slug(subject)

    def link(self, key: str) -> str:
        """The URL behind a link's key, through the click counter if the sender has one."""
        sender, service = self._thread.sender, self._service
        if key == "unsubscribe":
            plain = (
                sender.links.get(key) or service.unsubscribe_url or "https://{site}/unsubscribe/{subscriber}"
            )
            return self._tokens.fill(plain)
        plain = sender.links.get(key, "https://{site}/" + ("" if key == "home" else f"{key}/{self._subject}"))
        target = self._own(self._tokens.fill(plain))
        if self._manner.tagged_links:
            name = chance.slug(sender.organisation or sender.name, 16)
            target += (
                "&" if "?" in target else "?"
            ) + f"utm_source={name}&utm_medium=email&utm_campaign={self._subject[:24]}"
        if key in sender.links and key == "file":
            return target
        templates = (
            (service.click_url,)
            if self._mechanics.service_tracking and service.click_url
            else self._mechanics.link_url
        )
        if not templates:
            return target
        template = chance.stream(0, "click", self._thread.house).choice(templates)
        return self._own(self._tokens.fill(template.replace("{target}", quote(target, safe=""))))

    def _own(self, url: str) -> str:
        """The URL by the scheme that the sender's own servers speak."""
        served = bool(self._service.domain) and self._service.domain in url.split("/")[2]
        return (
            "http" + url[5:] if self._manner.plain_http and url.startswith("https:") and not served else url
        )

    def signature(self) -> str:
        """A line with the sender's site for under a letter, "" for who has none or does not do that."""
        sender = self._thread.sender
        if self.linkless or not self._manner.signature_link or sender.cast or not sender.organisation:
            return ""
        return "[www." + self._values["site"].removeprefix("www.") + "](home)"

    def picture(self, key: str) -> str:
        """The URL of an ordinary picture."""
        templates = self._mechanics.picture_url
        if not templates and self._mechanics.service_tracking and self._service.picture_url:
            templates = (self._service.picture_url,)
        if not templates:
            templates = ("https://{site}/media/{hex8}/{key}.jpg",)
        template = chance.stream(0, "picture", self._thread.house).choice(templates)
        # The address of a picture is the same for all, unless its template names the reader.
        return self._own(self._pictures.fill(template.replace("{key}", chance.slug(key))))

    def beacons(self) -> list[str]:
        """One URL for each beacon style of the mechanics."""
        templates = self._mechanics.beacon_url
        served = self._service.open_url if self._mechanics.service_tracking else ""
        count = len(self._mechanics.beacons)
        if not templates:
            return [self._tokens.fill(served)] * count
        own = self._own(
            self._tokens.fill(chance.stream(0, "beacon-url", self._thread.house).choice(templates))
        )
        return [self._tokens.fill(served), *[own] * (count - 1)][:count] if served else [own] * count

    def route(self, internal: bool) -> envelope.Route:
        """The envelope and what authentication found; `internal` for the owner's own IT desk."""
        thread, sender, service = self._thread, self._thread.sender, self._service
        domain = thread.owner.organisation.domain if internal else self._values["domain"]
        policy = chance.stream(0, "policy", domain).choice(("none", "quarantine", "reject", "absent"))
        if internal or sender.cast == "it" or (sender.cast == "colleagues" and not sender.address):
            desk = f"{self.it_desk}@{domain}" if internal else thread.persona.address
            return envelope.Route(desk, f"smtp.{domain}", domain, "aligned", domain, "reject", "own", "")
        via = self._via
        if sender.auth in ("spoofed", "service-only", "list"):  # with more, it would not have arrived
            policy = "absent" if policy == "absent" and sender.auth != "spoofed" else "none"
        if via == "service" or (via == "relay" and sender.service):
            bounce = self._tokens.fill(service.bounce)
            relay = self._tokens.fill(service.relay)
            handed = f"from app-{chance.stream(0, domain).randrange(1, 40)} by {relay} with HTTP"
            return envelope.Route(bounce, relay, domain, sender.auth, service.domain, policy, via, handed)
        if sender.auth == "list":
            lists = sender.hosts["listhost"]
            author = f"from mail.{domain} (mail.{domain} [{chance.test_net(domain)}]) by {lists} with ESMTPS"
            return envelope.Route(
                f"{self._values['list']}-bounces@{lists}", lists, domain, "list", lists, policy, "own", author
            )
        relay = (
            self._tokens.fill(sender.relay)
            or {"freemail": "out2.", "exchange": "outbound."}.get(via, "mail.") + domain
        )
        envelope_from = thread.persona.address
        if self._mechanics.list_headers in ("list", "one-click"):
            envelope_from = f"bounce+{self._tokens.fill('{hex8}')}@{domain}"
        if via == "relay":
            envelope_from = sender.hosts.get("envelope") or envelope_from
        host = chance.stream(0, "inside", domain).randrange(2, 250)
        submitted = (
            f"from [192.0.2.{host}] (unknown [192.0.2.{host}])\n\tby {relay} (Postfix) with ESMTPSA"
            if via == "own"
            else ""
        )
        return envelope.Route(envelope_from, relay, domain, sender.auth, relay, policy, via, submitted)

    def id_domain(self, route: envelope.Route) -> str:
        """The right-hand side of the Message-ID."""
        if route.via == "service":
            return self._service.domain
        return route.relay if route.via == "relay" else route.from_domain

    def reply_to(self) -> str:
        """The Reply-To address, "" for none."""
        reply = self._thread.sender.reply_to
        manner = self._manner.answers_to
        if not reply and manner and self._via != "freemail":
            local = self._values["local"] if manner == "=" else manner
            reply = f"{local}@{self._values['domain']}"
        persona = self._thread.persona
        for slot, value in (("first", chance.slug(persona.first)), ("last", chance.slug(persona.last))):
            reply = reply.replace("{" + slot + "}", value)
        return self._tokens.fill(reply)

    def list_address(self) -> str:
        """The address that a discussion list is written to."""
        return f"{self._values['list']}@{self._values.get('listhost', self._values['site'])}"

    def list_fields(self) -> list[tuple[str, str]]:
        """List-* fields (RFC 2369, 2919, 8058) and the headers of mechanics and service."""
        kind = self._mechanics.list_headers
        unsubscribe = self.link("unsubscribe")
        fields: list[tuple[str, str]] = []
        site = self._values["site"]
        if kind == "discussion":
            host = self._values.get("listhost", site)
            name = self._values["list"]
            fields = [
                ("Sender", f"{name}-bounces@{host}"),
                ("List-Id", f"<{name}.{host}>"),
                ("List-Post", f"<mailto:{name}@{host}>"),
                ("List-Unsubscribe", f"<mailto:{name}-leave@{host}>"),
                ("Precedence", "list"),
            ]
        elif kind != "none":
            if kind in ("list", "one-click"):
                fields.append(("List-Id", f"{self._values['list']} <{self._values['list']}.{site}>"))
            fields.append(("List-Unsubscribe", f"<{unsubscribe}>"))
            if kind == "one-click":
                fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        given = dict(self._mechanics.headers)
        if self._mechanics.service_tracking or self._via == "service":
            given |= self._service.headers
        if "receipt" in self._mechanics.beacons:
            given.setdefault(
                "Disposition-Notification-To",
                "{receipt_to}" if "receipt_to" in self._values else self._thread.persona.address,
            )
        fields += [(name, self._tokens.fill(value)) for name, value in given.items()]
        return fields
