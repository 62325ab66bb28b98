"""What evidence a campaign yields: signs, infrastructure, themes, readers; its places, origins and limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.judge.factories import DAY_S, NOON_S, beacon, content, link, mail, pixel, sender, token, vouched
from tocsin.app.evidence import material_of
from tocsin.app.memory import open_store
from tocsin.app.sign_rates import load_sign_rates
from tocsin.app.themes import load_themes
from tocsin.attribute.evidence import contradictions, gaps, gather
from tocsin.attribute.material import Material, Met, Seen
from tocsin.attribute.showing import TABLE
from tocsin.attribute.signs import SIGN, THEMES
from tocsin.attribute.themes import find_themes, fold_term
from tocsin.model.assessment import EVIDENCE_KINDS, FORGEABILITY, Evidence
from tocsin.model.campaign import Campaign, Member
from tocsin.model.intel import Comparison, Hit, Indicator, IntelSource
from tocsin.model.observable import Observable
from tocsin.model.observation import Beacon, Observation
from tocsin.model.people import Owner
from tocsin.model.stored import NewMail
from tocsin.model.verdict import Reason, Verdict

BOOK = load_themes()
HOST = "news.stranger.test"
MEPS = {
    f"mep{number}@house{number}.example": Owner(
        (f"mep{number}@house{number}.example",),
        organisation=f"House {number}",
        sector="parliament",
        country="be",
    )
    for number in range(4)
}


def reason(detector: str, where: str = "From") -> Verdict:
    found = (Reason(detector, "a text", 1.0, where),)
    return Verdict("reconnaissance", 0.9, 0.01, "very likely", True, found, (), ())


def seen(
    number: int, *beacons: Beacon, owner: str = "", verdict: Verdict | None = None, **values: Any
) -> Seen:
    time_s = values.pop("time_s", NOON_S + number * 3_600)
    one = mail(*beacons, **{"sha256": f"{number:064x}", "date_s": time_s, **values})
    return Seen(one, owner or f"mep{number}@house{number}.example", time_s, verdict, number)


def campaign(mails: Sequence[Seen]) -> Campaign:
    members = tuple(Member(one.observed.sha256, "", one.owner, one.time_s, one.number) for one in mails)
    return Campaign("c-0123456789ab", members, (), tuple({one.owner for one in mails}), None, None)


def material(*mails: Seen, **values: Any) -> Material:
    return Material(campaign(mails), mails, **{"themes": BOOK, **values})


def values_of(found: Iterable[Evidence], kind: str) -> dict[str, Evidence]:
    return {one.value: one for one in found if one.kind == kind}


def met(number: int, value: str = HOST, *, source: str = "s1", excuse: str = "", **fields: Any) -> Met:
    indicator = Indicator(
        f"i-{source}-{value}-{fields.get('description', '')}",
        source,
        Comparison("host", "=", (value,)),
        value,
        **fields,
    )
    hit = Hit(indicator.id, number, "host", Observable("host", value, "1"), 0.0, not excuse, excuse)
    feed = IntelSource(source, f"Feed {source}", "csv", "feed.csv", 0.0, 0.0)
    actors = tuple(name.lower() for name in indicator.names)
    return Met(hit, f"{number:064x}", indicator, feed, actors, excuse)


@pytest.mark.parametrize(
    ("sign", "one"),
    [
        ("hidden-beacon", seen(0, pixel())),
        ("visible-picture", seen(0, beacon())),
        ("personal-token", seen(0, pixel(personal=token()))),
        ("address-in-url", seen(0, pixel(personal=token("mep@house.example", "base64")))),
        ("personal-link", seen(0, link(personal=token()))),
        ("beacon-only", seen(0, pixel())),
        ("link-to-site", seen(0, link())),
        ("raw-address", seen(0, pixel("http://192.0.2.7/p.gif"))),
        ("attachment", seen(0, content=content(attachments=1, attachment_names=("agenda.pdf",)))),
        ("freemail-sender", seen(0, kinds=("from-domain-freemail",))),
        ("freemail-reply", seen(0, kinds=("reply-to-freemail",))),
        ("spoofed-domain", seen(0, sender=sender(dmarc="fail"))),
        ("mail-service", seen(0, sender=sender(service="sendall"))),
        ("mail-merge", seen(0, kinds=("merge-mailer",))),
        ("own-domain", seen(0, sender=vouched())),
        ("look-alike-domain", seen(0, verdict=reason("look-alike"))),
        ("young-domain", seen(0, verdict=reason("young-domain", "x.test"))),
        ("persona-contact", seen(0, verdict=reason("borrowed-name"))),
        ("persona-journalist", seen(0, observations=(Observation("persona", "journalist", "signature"),))),
        ("persona-invented-outlet", seen(0, observations=(Observation("persona", "newspaper", "from"),))),
        ("persona-company", seen(0, sender=sender(name="Acme Widgets Ltd"))),
        ("headline-subject", seen(0, content=content(headline=True))),
        ("article-copied", seen(0, content=content(article=True))),
        ("asks-nothing", seen(0)),
        ("asks-meeting", seen(0, content=content(asks=("interview",)))),
        ("asks-credentials", seen(0, content=content(asks=("credentials",)))),
    ],
)
def test_a_mail_shows_a_sign(sign: str, one: Seen) -> None:
    found = values_of(gather(material(one)), "sign")
    assert sign in found
    assert found[sign].places[0].sha256 == one.observed.sha256
    assert found[sign].places[0].where
    assert (found[sign].grade, found[sign].origin) == ("F6", SIGN[sign].origin)


@pytest.mark.parametrize(
    ("sign", "one"),
    [
        ("hidden-beacon", seen(0, beacon())),
        ("beacon-only", seen(0, pixel(), link())),
        ("spoofed-domain", seen(0, sender=sender(dmarc="fail"), kinds=("list-damage",))),
        ("own-domain", seen(0, sender=sender())),
        ("attachment", seen(0, content=content(attachments=1, attachment_names=("smime.p7s",)))),
        ("asks-nothing", seen(0, kinds=("asks-unknown",))),
        ("persona-company", seen(0, sender=sender(name="Anna Laginc"))),
    ],
)
def test_a_mail_that_only_looks_like_it_does_not(sign: str, one: Seen) -> None:
    assert sign not in values_of(gather(material(one)), "sign")


def test_an_outlet_that_vouches_for_its_mail_poses_as_nobody() -> None:
    said = (Observation("claims-name", "the-paper", "from"), Observation("persona", "newspaper", "from"))
    names: dict[str, Any] = {"kinds": {"the-paper": "newspaper"}, "domains": {"the-paper": ("paper.test",)}}
    genuine = seen(0, sender=vouched("news@paper.test"), observations=said)
    borrowed = seen(0, sender=vouched("news@paper-desk.test"), observations=said)
    assert not any("persona" in sign for sign in values_of(gather(material(genuine, **names)), "sign"))
    posed = values_of(gather(material(borrowed, **names)), "sign")
    assert "persona-journalist" in posed
    assert "persona-invented-outlet" not in posed


def test_one_mail_of_many_is_not_the_campaigns_habit() -> None:
    mails = [seen(number, pixel()) for number in range(5)]
    mails[0] = seen(0, pixel(), content=content(asks=("credentials",)))
    found = values_of(gather(material(*mails)), "sign")
    assert "asks-credentials" not in found
    assert (found["hidden-beacon"].mails, found["hidden-beacon"].of) == (5, 5)
    assert len(found["hidden-beacon"].places) == 5


def test_ids_and_order_do_not_hang_on_the_order_of_mails() -> None:
    mails = [seen(number, pixel(f"https://{HOST}/{number}"), link()) for number in range(4)]
    found = gather(material(*mails))
    assert found == gather(material(*reversed(mails)))
    assert [one.id for one in found] == [f"e{number}" for number in range(1, len(found) + 1)]
    assert {one.kind for one in found} <= set(EVIDENCE_KINDS)
    assert {one.forgeability for one in found} <= set(FORGEABILITY)


def test_techniques_count_with_the_signs_they_are_read_off() -> None:
    found = gather(material(seen(0, pixel(personal=token()), sender=sender(dmarc="fail"))))
    techniques = values_of(found, "technique")
    assert {"T1598.003", "T1589.002", "T1672"} <= techniques.keys()
    signs = {one.origin for one in found if one.kind == "sign"}
    assert {one.origin for one in techniques.values()} <= signs


def test_a_link_comes_after_a_call() -> None:
    one: dict[str, Any] = {"owner": "mep0@house0.example"}
    first, later = seen(0, pixel(), **one), seen(1, link(), **one, time_s=NOON_S + DAY_S)
    assert "later-click" in values_of(gather(material(first, later)), "sign")
    earlier = seen(1, link(), **one, time_s=NOON_S - DAY_S)
    assert "later-click" not in values_of(gather(material(first, earlier)), "sign")


def test_rapport_comes_before_the_link() -> None:
    one: dict[str, Any] = {"owner": "mep0@house0.example"}
    harmless, later = seen(0, **one), seen(1, link(), **one)
    assert "rapport-first" in values_of(gather(material(harmless, later)), "sign")
    assert "rapport-first" not in values_of(gather(material(later)), "sign")


def test_reach_is_counted_by_organisation() -> None:
    alike = content(text_hash="aa")
    mails = [seen(number, content=alike) for number in range(3)]
    assert "many-targets" in values_of(gather(material(*mails, people=MEPS)), "sign")
    late = [seen(number, content=alike, time_s=NOON_S + number * 10 * DAY_S) for number in range(3)]
    assert "many-targets" not in values_of(gather(material(*late, people=MEPS)), "sign")
    alone = material(mails[0], people=MEPS)
    assert "single-target" not in values_of(gather(alone), "sign")  # nobody else's mail was read
    kept = msgspec.structs.replace(alone, held=tuple(MEPS))
    assert "single-target" in values_of(gather(kept), "sign")


def test_a_sector_is_a_choice_only_beside_others() -> None:
    mails = [seen(number) for number in range(3)]
    others = {
        f"x{n}@ngo.example": Owner((f"x{n}@ngo.example",), sector="NGO", country="NL") for n in range(6)
    }
    among = gather(material(*mails, people={**MEPS, **others}, held=(*MEPS, *others)))
    assert {"sector:parliament", "country:BE"} <= values_of(among, "target").keys()
    alone = gather(material(*mails, people=MEPS, held=tuple(MEPS)))
    assert values_of(alone, "target").keys() == {""}
    assert "says nothing" in values_of(alone, "target")[""].text
    assert not values_of(
        gather(material(*mails[:2], people={**MEPS, **others}, held=tuple(others))), "target"
    )


def test_intelligence_names_a_host_once_for_one_report() -> None:
    mails = [seen(number, pixel(f"https://{HOST}/{number}")) for number in range(3)]
    report = "seen in https://blog.vendor.test/the-report/"
    hits = (
        *(met(number, names=("Alpha",), description=report) for number in range(3)),
        met(0, source="s2", names=("Alpha",), description=f"copied: {report}"),
        met(1, source="s3", names=("Beta",)),
    )
    found = gather(material(*mails, hits=hits))
    named = [one for one in found if one.kind == "infrastructure" and one.names]
    assert [(one.value, one.names, one.origin, one.mails) for one in named] == [
        (HOST, ("alpha",), "report blog.vendor.test/the-report", 3),
        (HOST, ("beta",), "source s3", 1),
    ]
    assert named[0].forgeability == "with-effort"  # it is called, not just linked to


def test_reports_that_are_quoted_together_are_one_origin() -> None:
    hits = (
        met(0, description="https://a.test/one"),
        met(0, "b.stranger.test", description="https://b.test/two https://a.test/one"),
        met(0, "c.stranger.test", description="https://b.test/two"),
    )
    found = gather(material(seen(0), hits=hits))
    assert len({one.origin for one in found if one.kind == "infrastructure"}) == 1


def test_sites_that_strangers_share_are_nobodys_infrastructure() -> None:
    one = seen(0, link("https://www.wikipedia.org/wiki/Bell"), pixel(f"https://{HOST}/0"))
    shared = material(one, hosting={"www.wikipedia.org": "shared"})
    assert values_of(gather(shared), "infrastructure").keys() == {"stranger.test"}
    assert "link-to-site" not in values_of(gather(shared), "sign")


def test_what_does_not_count_stays_as_text() -> None:
    hit = met(0, names=("Alpha",), excuse="its source has withdrawn it")
    found = gather(material(seen(0, pixel(f"https://{HOST}/0")), hits=(hit,)))
    assert not any(one.names for one in found)
    told = [one for one in found if one.source == "s1"]
    assert [(one.kind, one.value) for one in told] == [("observable", "")]
    assert "withdrawn" in told[0].text
    shared = msgspec.structs.replace(hit, excuse="")
    hosting = {HOST: "file-hosts"}
    found = gather(material(seen(0, link(f"https://{HOST}/0")), hits=(shared,), hosting=hosting))
    assert not values_of(found, "infrastructure")


def test_a_genuine_sender_is_harder_to_forge_than_a_link() -> None:
    domain = Observable("host", "outlet.test", "from")
    hit = met(0, "outlet.test", names=("Alpha",))
    hit = msgspec.structs.replace(hit, hit=msgspec.structs.replace(hit.hit, seen=domain))
    for who, forgeability in ((vouched(), "hard"), (sender(), "anyone")):
        found = values_of(gather(material(seen(0, sender=who), hits=(hit,))), "infrastructure")
        assert found["outlet.test"].forgeability == forgeability


def test_grades_are_those_that_people_gave() -> None:
    grades = {"sign hidden-beacon": ("B2", "a-1"), f"infrastructure {HOST}": ("C3", "a-2")}
    found = gather(material(seen(0, pixel(f"https://{HOST}/0")), hits=(met(0, grade="A1"),), grades=grades))
    sign = values_of(found, "sign")["hidden-beacon"]
    host = values_of(found, "infrastructure")[HOST]
    assert (sign.grade, sign.graded_by) == ("B2", "a-1")
    assert (host.grade, host.graded_by) == ("C3", "a-2")


@pytest.mark.parametrize(
    ("text", "themes"),
    [
        ("La résolution sur les Ouïghours, droits de l’homme", {"uyghurs", "human-rights"}),
        ("Oeigoeren in Xinjiang", {"uyghurs"}),
        ("Nordkorea und die Atomwaffen", {"north-korea", "nuclear"}),
        ("Guerre en Ukraine: la Russie et l’OTAN", {"ukraine", "russia", "nato-defence"}),
        ("Unusual sign-in from Russia/Moscow", set()),
        ("Made in China by Chinese makers", set()),
        ("The migration of our mail server is done", set()),
        ("", set()),
    ],
)
def test_themes_by_words_of_four_languages(text: str, themes: set[str]) -> None:
    assert find_themes(BOOK, text, "").keys() == themes
    assert values_of(gather(material(seen(0, subject=text))), "theme").keys() == themes


def test_every_theme_has_words_and_stars_need_letters() -> None:
    assert {term.theme for found in (*BOOK.whole.values(), *BOOK.begun.values()) for term in found} == set(
        THEMES
    )
    with pytest.raises(ValueError, match="star"):
        fold_term("abc*")


def test_every_sign_but_one_can_be_shown() -> None:
    alone = {sign for sign, _ in TABLE}
    together = {"later-click", "rapport-first", "many-targets", "single-target"}
    personas = {one for one in SIGN if one.startswith("persona-")}
    assert SIGN.keys() - alone - together - personas == {"aged-domain"}
    assert alone <= SIGN.keys()


def test_rates_tell_what_newsletters_and_spam_show_as_well() -> None:
    rates = load_sign_rates()
    assert rates.marketing.keys() == rates.criminal.keys()
    assert {one for one in rates.marketing if not one.startswith("T1")} <= {*SIGN, *THEMES}
    assert rates.marketing["mail-service"] > rates.criminal["mail-service"] > 0
    assert rates.marketing["T1598.003"] > 0.5


def test_what_contradicts_itself_is_told() -> None:
    who: dict[str, Any] = {
        "sender": vouched("a@outlet.test"),
        "observations": (Observation("persona", "journalist", "body"),),
    }
    other: dict[str, Any] = {
        "sender": sender("a@outlet.test", dmarc="fail"),
        "observations": (Observation("persona", "un", "body"),),
    }
    told = contradictions(material(seen(0, **who), seen(1, **other)))
    assert len(told) == 2
    assert "a@outlet.test" in told[0]
    assert not contradictions(material(seen(0, **who), seen(1, **who)))


def test_nothing_to_look_at() -> None:
    empty = Material(Campaign("c-0", (), (), (), None, None), ())
    assert gather(empty) == ()
    assert contradictions(empty) == ()
    assert "No mail" in gaps(empty)[0]
    part = msgspec.structs.replace(material(seen(0)), campaign=campaign([seen(0), seen(1)]))
    assert len(gaps(part)) == 2
    undated = Seen(mail(date_s=None, arrival_s=None), "", None)
    assert gather(material(undated))


def test_hostile_records_are_bounded() -> None:
    hosts = tuple(beacon(f"http://h{n}.stranger.test/{n}") for n in range(300))
    said = tuple(Observation("claims-name", f"id{n}", "from") for n in range(300))
    mails = [
        seen(
            n,
            *hosts,
            subject="uyghur \ud800\x1b[31m\u202e" * 20_000,
            content=content(excerpt="tibet " * 20_000, attachment_names=("\udcff.pdf",)),
            sender=sender(
                name="Recruiting ltd " * 20_000, address="\ud800@x", domain="a" * 5_000, site="a" * 5_000
            ),
            observations=said,
            time_s=(1e300, float("inf"), float("nan"), -1e18)[n % 4],
        )
        for n in range(20)
    ]
    orphans = [
        Met(Hit(f"i{n}", n, match, Observable(kind, value, "1"), 0.0), f"{n % 20:064x}")
        for n, (match, kind, value) in enumerate(
            [("host", "host", ""), ("url", "url", "http://["), ("subject", "subject", "x" * 100_000)] * 400
        )
    ]
    found = gather(material(*mails, hits=tuple(orphans)))
    assert {"uyghurs", "tibet"} <= values_of(found, "theme").keys()
    assert len(found) < 600
    assert all(len(one.text) < 1_000 and len(one.places) <= 5 for one in found)
    assert contradictions(material(*mails)) == ()


def test_a_store_hands_in_what_it_holds(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "s.db"), create=True, plain=True)
    one = mail(pixel(f"https://{HOST}/0"), sha256="a" * 64)
    (number,) = store.add([NewMail(one, "mep0@house0.example")], at_s=1.0)
    member = Member("a" * 64, "", "mep0@house0.example", NOON_S, number)
    gone = Member("b" * 64, "", "mep1@house1.example", NOON_S, number + 7)
    members = Campaign("c-1", (member, gone), (), (), NOON_S, NOON_S)
    old = met(number, names=("Alpha",), valid_until_s=NOON_S - DAY_S)
    new = met(number, "b.stranger.test", names=("Beta", "Nobody"))
    assert old.indicator is not None
    assert new.indicator is not None
    assert old.source is not None
    store.put("source", "s1", msgspec.msgpack.encode(old.source))
    store.add_indicators([(old.indicator, ()), (new.indicator, ())])
    store.add_hits([old.hit, new.hit])
    actors = {"Alpha": ("alpha",), "Beta": ("beta",)}
    found = material_of(store, members, lambda name: actors.get(name, ()), now_s=2.0, mandate="case 7")
    assert found.held == ("mep0@house0.example",)
    assert {one.hit.seen.value: (one.actors, bool(one.excuse)) for one in found.hits} == {
        HOST: (("alpha",), True),
        "b.stranger.test": (("beta",), False),
    }
    named = {one.value: one.names for one in gather(found) if one.source == "s1"}
    assert named == {"": (), "b.stranger.test": ("beta",)}
    assert len(gaps(found)) == 2  # a mail that is gone, one without a verdict
    entry = list(store.audit_entries())[-1]
    assert (entry.action, entry.mandate) == ("read", "case 7")
    store.close()
