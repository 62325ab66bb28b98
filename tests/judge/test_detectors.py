"""Every detector: mails that it speaks about, and near ones that it must pass over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judge import (
    cases_authentication,
    cases_identity,
    cases_infrastructure,
    cases_pretext,
    cases_relation,
)
from tests.judge.factories import (
    READER,
    Case,
    beacon,
    content,
    context,
    letter,
    link,
    mail,
    pixel,
    reach,
    sender,
    token,
    vouched,
)
from tocsin.app.weights import load_weights
from tocsin.judge.context import Seen
from tocsin.judge.detectors import DETECTORS
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.hands import Company
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

BY_ID = {detector.id: detector for detector in DETECTORS}
KNOWN = Seen(mails=12, days=10, span_days=200, aligned=12)
TWO = Owner(("reader@house.example", "reader@post.example"), "Reader", "House")
PICTURES = tuple(beacon(f"https://img.stranger.test/{n}.jpg") for n in range(4))
OWN_PICTURES = tuple(beacon(f"https://img.outlet.test/{n}.jpg") for n in range(4))


# detector, level that it finds or None for silence, mail, what the context adds
CASES: list[Case] = [
    ("fan-out", "many", letter(), {"reaches": (reach(),)}),
    ("fan-out", "two", letter(), {"reaches": (reach("beacon", 2, 2),)}),
    ("fan-out", "house", letter(), {"reaches": (reach("text", 3, 1),)}),
    ("fan-out", "listed", letter(sender=sender(list_unsubscribe=True)), {"reaches": (reach(),)}),
    ("fan-out", "listed", letter(content=content(unsubscribe=True)), {"reaches": (reach(),)}),
    ("fan-out", "open", letter(pixel("https://o.service.test/1", vendor="service")), {"reaches": (reach(),)}),
    ("fan-out", "open", letter(beacon()), {"reaches": (reach(),)}),
    ("fan-out", "many", letter(beacon()), {"reaches": (reach("text", addresses=4),)}),
    (
        "fan-out",
        "many",
        letter(beacon()),
        {"reaches": (reach("sender", 4, 3), reach("text", 2, 2, addresses=2))},
    ),
    ("fan-out", "open", letter(beacon()), {"reaches": (reach("sender", 4, 3), reach("text", 2, 2, addresses=1))}),
    ("fan-out", None, letter(), {"reaches": (reach(people=1, organisations=1),)}),
    ("fan-out", None, letter(), {"reaches": (reach(people=2, organisations=1),)}),
    ("fan-out", None, letter(), {"reaches": (reach(outsiders=4),)}),
    ("fan-out", None, letter(), {"reaches": (reach("text", 4, 3, senders=4),)}),
    ("fan-out", None, letter(), {"reaches": (reach(),), "same_house": True}),
    ("several-personas", "host", letter(), {"reaches": (reach("beacon", 1, 1, senders=2),)}),
    ("several-personas", None, letter(), {"reaches": (reach("beacon", 4, 3, senders=1),)}),
    ("several-personas", None, letter(*PICTURES), {"reaches": (reach("beacon", 1, 1, senders=3),)}),
    (
        "identity-mismatch",
        "unaligned",
        letter(sender=sender(dmarc="fail"), content=content(persona=("journalist",))),
        {},
    ),
    ("identity-mismatch", "freemail", letter(content=content(persona=("un",)), kinds=("from-domain-freemail",)), {}),
    (
        "identity-mismatch",
        "service",
        letter(sender=vouched(service="relay"), content=content(persona=("agency",))),
        {},
    ),
    ("identity-mismatch", None, letter(sender=vouched(), content=content(persona=("journalist",))), {}),
    ("identity-mismatch", None, letter(sender=sender(dmarc="fail")), {}),
    (
        "identity-mismatch",
        None,
        letter(sender=vouched(service="relay", list_id="list.outlet.test"), content=content(persona=("agency",))),
        {},
    ),
    (
        "identity-mismatch",
        None,
        letter(sender=sender(dmarc="fail"), content=content(persona=("un",), forwarded_inline=True)),
        {},
    ),
    ("borrowed-name", "known", letter(), {"borrowed_name": True}),
    ("borrowed-name", None, letter(), {"borrowed_name": True, "answers_owner": True}),
    ("dmarc-fail-lax", "none", letter(sender=sender(dmarc="fail", dmarc_policy="none")), {}),
    ("dmarc-fail-lax", "fail", letter(sender=sender(dmarc="fail", dmarc_policy="reject")), {}),
    ("dmarc-fail-lax", None, letter(sender=sender(dmarc="none")), {}),
    ("dmarc-fail-lax", None, letter(sender=sender(dmarc="fail"), kinds=("list-damage",)), {}),
    ("dmarc-fail-lax", None, letter(sender=sender(dmarc="fail"), headers_missing=True), {}),
    ("freemail-reply-to", "", letter(kinds=("reply-to-freemail",)), {}),
    ("freemail-reply-to", None, letter(kinds=("reply-to-freemail", "from-domain-freemail")), {}),
    ("sender-unlike-reply", "", letter(sender=sender(reply_to="a@other.test", reply_site="other.test")), {}),
    ("sender-unlike-reply", None, letter(sender=vouched(reply_to="a@other.test", reply_site="other.test")), {}),
    ("no-relation", "letter", letter(), {}),
    ("no-relation", "new", letter(content=content(unsubscribe=True)), {}),
    ("no-relation", "lone", letter(), {"history_known": False}),
    ("no-relation", "unknown", letter(content=content(unsubscribe=True)), {"history_known": False}),
    ("no-relation", "unknown", letter(sender=sender(in_reply_to=("a@b",))), {"history_known": False}),
    ("no-relation", None, letter(), {"address": KNOWN}),
    ("no-relation", None, letter(), {"site": KNOWN}),
    ("no-relation", "letter", letter(kinds=("from-domain-freemail",)), {"site": KNOWN}),
    ("no-relation", "letter", letter(), {"address": Seen(mails=2, days=2, suspect=2)}),
    ("no-relation", None, letter(), {"wrote_to_address": True}),
    ("unknown-beacon-host", "hidden", letter(), {}),
    ("unknown-beacon-host", "stranger", letter(beacon()), {}),
    ("unknown-beacon-host", "linked", letter(content=content(link_sites=("stranger.test",))), {}),
    ("unknown-beacon-host", "rented", letter(), {"traits": {"shared_hosting": True}}),
    ("unknown-beacon-host", None, letter(beacon()), {"traits": {"shared_hosting": True}}),
    ("unknown-beacon-host", None, letter(pixel("https://t.outlet.test/p.gif")), {}),
    ("unknown-beacon-host", None, letter(pixel(vendor="service")), {}),
    ("unknown-beacon-host", None, letter(sender=vouched(dkim_domains=("stranger.test",))), {}),
    (
        "unknown-beacon-host",
        "hidden",
        letter(sender=sender(dmarc="fail", return_path="b@stranger.test", return_site="stranger.test")),
        {},
    ),
    ("odd-host", "address", letter(pixel("https://192.0.2.7/p.gif")), {}),
    ("odd-host", "dynamic", letter(), {"traits": {"odd_host": "dynamic"}}),
    ("odd-host", None, letter(), {}),
    ("changed-beacon-host", "", letter(), {"beacon_changed": True, "address": KNOWN}),
    ("changed-beacon-host", None, letter(), {"beacon_changed": True}),
    ("beacon-alone", "alone", letter(), {}),
    ("beacon-alone", "alone", letter(content=content(asks=("comment",))), {}),
    ("beacon-alone", "alone", letter(pixel("https://t.outlet.test/p", personal=token())), {}),
    ("beacon-alone", "hidden", letter(content=content(links=1)), {}),
    ("beacon-alone", "visible", letter(beacon(), content=content(pictures=1)), {}),
    ("beacon-alone", "service", letter(pixel(vendor="service")), {}),
    ("beacon-alone", None, letter(content=content(asks=("payment",))), {}),
    ("beacon-alone", None, letter(content=content(attachments=1)), {}),
    ("beacon-alone", None, letter(content=content(links=3)), {}),
    ("beacon-alone", None, letter(content=content(unsubscribe=True)), {}),
    ("beacon-alone", None, letter(beacon("https://www.outlet.test/logo.png"), content=content(pictures=1)), {}),
    ("empty-check", "", letter(content=content(text_length=12)), {}),
    ("empty-check", None, letter(content=content(text_length=40)), {}),
    ("empty-check", None, letter(content=content(text_length=0, pictures=1)), {}),
    (
        "receipt-probe",
        "empty",
        letter(beacon("writer@outlet.test", technique="receipt-request", trigger="receipt", host="", site=""),
               content=content(text_length=3)),
        {},
    ),
    (
        "receipt-probe",
        "elsewhere",
        letter(beacon("x@collector.test", technique="receipt-request", trigger="receipt", host="", site="")),
        {},
    ),
    (
        "receipt-probe",
        None,
        letter(beacon("writer@outlet.test", technique="receipt-request", trigger="receipt", host="", site="")),
        {},
    ),
    ("personal-token", "identifier", letter(pixel(personal=token())), {}),
    ("personal-token", "identifier", letter(pixel(personal=token("4711", "differs"))), {}),
    ("personal-token", "address", letter(pixel(personal=token("reader@house.example", "md5"))), {}),
    ("personal-token", "copies", letter(), {"reaches": (reach("text", 3, 2, addresses=3),)}),
    ("personal-token", "pictures", letter(*PICTURES), {"reaches": (reach("text", 3, 2, addresses=3),)}),
    ("personal-token", None, letter(*PICTURES), {"reaches": (reach("text", 3, 2, addresses=1),)}),
    ("personal-token", None, letter(pixel(personal=token(), vendor="service")), {}),
    ("concealment", "evasion", letter(pixel(technique="css-evasion")), {}),
    ("concealment", "redundant", letter(pixel(), pixel(technique="css-image"), pixel(technique="media")), {}),
    ("concealment", None, letter(pixel("https://fonts.outlet.test/f", technique="css-font")), {}),
    ("concealment", "evasion", letter(pixel(technique="css-import")), {}),
    ("concealment", None, letter(pixel(technique="css-import"), content=content(unsubscribe=True)), {}),
    ("concealment", None, letter(pixel(), pixel(technique="css-image")), {}),
    ("file-path-ntlm", "", letter(beacon("file://drop.stranger.test/x", technique="file-path", leaks=("ntlm",))), {}),
    ("file-path-ntlm", None, letter(beacon("file://fs.outlet.test/x", technique="file-path", leaks=("ntlm",))), {}),
    ("bulk-mechanics", "service", letter(sender=vouched(service="relay")), {}),
    ("bulk-mechanics", "program", letter(kinds=("merge-mailer",)), {}),
    ("bulk-mechanics", None, letter(sender=vouched(service="relay"), content=content(unsubscribe=True)), {}),
    ("bulk-mechanics", None, letter(sender=vouched(service="relay"), content=content(automatic="receipt")), {}),
    ("both-addresses", "", letter(to=TWO.addresses), {"owner": TWO}),
    ("both-addresses", "", letter(), {"owner": TWO, "other_addresses": True}),
    ("both-addresses", None, letter(), {"owner": TWO}),
    ("hidden-recipients", "", letter(to=()), {}),
    ("hidden-recipients", "", letter(to=("writer@outlet.test",)), {}),
    ("hidden-recipients", None, letter(), {}),
    ("hidden-recipients", None, letter(to=(), sender=sender(list_id="list.outlet.test")), {}),
    ("same-hand", "one", letter(), {"company": Company("host", 1)}),
    ("same-hand", "several", letter(), {"company": Company("reply", 3)}),
    ("same-hand", None, letter(), {}),
    ("same-hand", None, letter(), {"company": Company("host", 3), "began": True}),
    ("same-hand", None, letter(), {"company": Company("address", 3), "answers_owner": True}),
    ("same-hand", None, letter(), {"company": Company("address", 3), "same_house": True}),
    ("follow-up-click", "alert", letter(), {"linked": "host", "linked_level": "alert"}),
    ("follow-up-click", "same", letter(), {"linked": "address", "linked_level": "alert"}),
    ("follow-up-click", "suspect", mail(content=content(links=1)), {"linked": "name", "linked_level": "suspect"}),
    ("follow-up-click", None, mail(), {"linked": "name", "linked_level": "alert"}),
    ("follow-up-click", None, letter(), {"linked": "name", "linked_level": "alert", "wrote_to_address": True}),
    ("copied-article", "article", letter(content=content(headline=True, article=True)), {}),
    ("copied-article", "headline", letter(content=content(headline=True)), {}),
    ("copied-article", None, letter(sender=sender(list_id="l.outlet.test"), content=content(headline=True)), {}),
    ("agenda", "", letter(subject="New sanctions debated"), {"owner": Owner(READER.addresses, topics=("sanctions",))}),
    ("agenda", None, letter(subject="Lunch on Friday"), {"owner": Owner(READER.addresses, topics=("sanctions",))}),
    ("agenda", None, letter(subject="New sanctions debated"), {}),
    ("credential-ask", "link", letter(content=content(asks=("credentials",), links=1)), {}),
    ("credential-ask", "text", letter(content=content(asks=("credentials",))), {}),
    ("credential-ask", None, letter(content=content(asks=("click",), links=1)), {}),
    ("payment-ask", "stranger", letter(content=content(asks=("payment",))), {}),
    ("payment-ask", "known", letter(content=content(asks=("payment",))), {"address": KNOWN}),
    ("payment-ask", None, letter(content=content(asks=("donation",))), {}),
    ("deceptive-link", "address", mail(link("http://192.0.2.9/login"), content=content(links=1)), {}),
    ("deceptive-link", "free", mail(link()), {"traits": {"odd_link": "free"}}),
    ("deceptive-link", None, mail(link()), {}),
    ("deceptive-link", None, mail(link("http://192.0.2.9/login"), content=content(links=30)), {}),
    ("lone-link", "", mail(link(), content=content(text_length=120, links=1, link_sites=("stranger.test",))), {}),
    ("lone-link", None, mail(link(), content=content(text_length=900, links=1, link_sites=("stranger.test",))), {}),
    (
        "lone-link",
        None,
        mail(link(), content=content(text_length=120, links=1, link_sites=("stranger.test",))),
        {"site": KNOWN},
    ),
    ("nothing-offered", "", letter(), {}),
    ("nothing-offered", None, letter(content=content(links=1, link_sites=("stranger.test",))), {}),
    ("nothing-offered", None, letter(content=content(asks=("download",))), {}),
    ("role-from-outside", "", mail(sender=sender("box@mail.test", name="Mailbox Administrator")), {}),
    ("role-from-outside", "", mail(sender=sender("ann@mail.test", name="House payroll")), {}),
    ("role-from-outside", None, mail(sender=sender("ann@mail.test", name="Ann Writer")), {}),
    ("role-from-outside", None, mail(sender=sender("it@house.example", name="Helpdesk")), {"same_house": True}),
    ("attachment-lure", "program", mail(content=content(attachments=1, attachment_names=("Invoice.PDF.scr",))), {}),
    ("attachment-lure", "page", mail(content=content(attachments=1, attachment_names=("fax.html",))), {}),
    ("attachment-lure", None, mail(content=content(attachments=1, attachment_names=("fax.pdf",))), {}),
    ("known-vendor", "consistent", letter(pixel(vendor="service"), sender=vouched(service="service")), {}),
    ("known-vendor", "known", letter(pixel(vendor="service")), {}),
    ("known-vendor", None, letter(pixel(vendor="service"), pixel()), {}),
    ("known-vendor", None, letter(pixel("https://t.outlet.test/p")), {}),
    ("ordinary-pictures", "many", letter(*OWN_PICTURES), {}),
    ("ordinary-pictures", "some", letter(*PICTURES), {}),
    ("ordinary-pictures", None, letter(), {}),
    ("ordinary-pictures", None, letter(*(beacon(f"https://i.stranger.test/{n}", personal=token()) for n in "abc")), {}),
    ("only-familiar", "", letter(*OWN_PICTURES, sender=vouched()), {}),
    ("only-familiar", None, letter(*OWN_PICTURES), {}),
    ("only-familiar", None, letter(pixel("https://t.outlet.test/p"), sender=vouched()), {}),
    ("wide-readership", "outsiders", letter(), {"reaches": (reach(people=2, outsiders=9),)}),
    ("wide-readership", "recipients", letter(to=tuple(f"p{n}@house.example" for n in range(20))), {}),
    ("wide-readership", None, letter(), {"reaches": (reach(people=4, outsiders=1),)}),
    ("asks-for-action", "action", letter(content=content(asks=("donation",))), {}),
    ("asks-for-action", "links", letter(content=content(links=5, text_length=900)), {}),
    ("asks-for-action", "lure", letter(content=content(links=1, pictures=1, text_length=50)), {}),
    ("asks-for-action", None, letter(content=content(asks=("reply",), links=1)), {}),
    ("list-headers", "one-click", letter(sender=sender(one_click=True, list_unsubscribe=True)), {}),
    ("list-headers", "list", letter(sender=sender(list_unsubscribe=True)), {}),
    ("list-headers", None, letter(), {}),
    ("subscriber-footer", "both", letter(content=content(unsubscribe=True, postal_address=True)), {}),
    ("subscriber-footer", "one", letter(content=content(unsubscribe=True)), {}),
    ("subscriber-footer", None, letter(content=content(postal_address=True)), {}),
    ("transactional", "", letter(sender=vouched(), content=content(automatic="receipt")), {}),
    ("transactional", None, letter(sender=sender(dmarc="fail"), content=content(automatic="receipt")), {}),
    ("discussion-list", "", mail(sender=sender(list_id="talk.lists.test", in_reply_to=("a@b",))), {}),
    ("discussion-list", None, mail(sender=sender(list_id="news.lists.test", one_click=True)), {}),
    ("discussion-list", None, letter(sender=sender(list_id="talk.lists.test", in_reply_to=("a@b",))), {}),
    ("aligned-history", "long", letter(sender=vouched()), {"address": KNOWN}),
    ("aligned-history", "plain", letter(), {"address": KNOWN}),
    ("aligned-history", None, letter(sender=sender(dmarc="fail")), {"address": KNOWN}),
    ("aligned-history", None, letter(sender=vouched()), {"address": Seen(mails=2, days=2, span_days=30, aligned=2)}),
    ("aligned-history", None, letter(sender=vouched()), {"address": KNOWN, "beacon_changed": True}),
    ("owner-wrote-first", "answer", letter(), {"answers_owner": True}),
    ("owner-wrote-first", "address", letter(), {"wrote_to_address": True}),
    ("owner-wrote-first", "site", letter(), {"wrote_to_site": True}),
    ("owner-wrote-first", "doubtful", letter(), {"answers_owner": True, "linked": "address"}),
    ("owner-wrote-first", None, letter(sender=sender(dmarc="fail")), {"wrote_to_address": True}),
    ("owner-wrote-first", None, letter(), {}),
    ("same-organisation", "", letter(sender=vouched("ann@house.example")), {"same_house": True}),
    ("same-organisation", None, letter(sender=sender("ann@house.example", dmarc="fail")), {"same_house": True}),
    ("same-organisation", None, letter(sender=vouched()), {}),
    ("no-beacon", "", mail(link()), {}),
    ("no-beacon", None, letter(), {}),
    ("automatic", "", mail(content=content(automatic="bounce")), {}),
    ("automatic", None, mail(content=content(automatic="receipt")), {}),
    ("own-mail", "", mail(), {"own": True}),
    ("own-mail", None, mail(sender=sender("reader@house.example", dmarc="fail")), {"own": True}),
    ("announced-drill", "announced", letter(), {"drill": True, "announced": True}),
    ("announced-drill", "service", letter(), {"drill": True}),
    ("announced-drill", None, letter(), {"announced": True}),
]  # fmt: skip


def found(name: str, observed: Observed, surroundings: dict[str, Any]) -> Finding | None:
    return BY_ID[name].detect(observed, context(observed, **surroundings))


CASES += [
    *cases_authentication.CASES,
    *cases_identity.CASES,
    *cases_infrastructure.CASES,
    *cases_pretext.CASES,
    *cases_relation.CASES,
]


@pytest.mark.parametrize(
    ("name", "level", "observed", "surroundings"),
    [
        pytest.param(*case, id=f"{case[0]}-{case[1] if case[1] is not None else 'silent'}-{n}")
        for n, case in enumerate(CASES)
    ],
)
def test_detector(name: str, level: str | None, observed: Observed, surroundings: dict[str, Any]) -> None:
    finding = found(name, observed, surroundings)
    if level is None:
        assert finding is None
        return
    assert finding is not None
    assert finding.level == level
    assert finding.text.endswith(".")
    assert not finding.text[:1].islower()


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_every_detector_is_shown_speaking_and_silent(detector: Any) -> None:
    levels = {level for name, level, _, _ in CASES if name == detector.id}
    assert None in levels
    assert levels - {None}


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_every_level_has_a_weight_and_every_weight_a_source(detector: Any) -> None:
    weights = load_weights()
    entry = weights.detectors[detector.id]
    shown = {level for name, level, _, _ in CASES if name == detector.id and level is not None}
    assert shown <= {*entry.reconnaissance, *entry.phishing}
    assert len(entry.source.split()) >= 3


def test_weights_name_only_detectors_that_exist() -> None:
    assert set(load_weights().detectors) == set(BY_ID)


@pytest.mark.parametrize(
    "words", ["safe", "clean", "hacked", "infected", "compromised", "victim", "spied", "urgent"]
)
def test_no_reason_uses_words_that_frighten_or_promise(words: str) -> None:
    for name, level, observed, surroundings in CASES:
        if level is not None and (finding := found(name, observed, surroundings)) is not None:
            assert words not in finding.text.lower().split()
