"""Campaigns out of mails, as a store hands them over."""

from __future__ import annotations

import random
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judge.factories import DAY_S, NOON_S, mail, pixel, sender, token, vouched
from tocsin.link.identity import Earlier, name_campaigns
from tocsin.link.linking import Entry, Linker, link
from tocsin.link.traits import pack, unpack
from tocsin.model.campaign import Campaign, Decision
from tocsin.model.observation import Content, Observed


def digest_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def entry(name: str, found: Observed, owner: str = "", likelihood: float = 0.5) -> Entry:
    found = msgspec.structs.replace(found, sha256=digest_of(name), message_id=f"{name}@outlet.test")
    return Entry(found.sha256, owner or f"{name}@house.example", pack(found), likelihood=likelihood)


def called(name: str, host: str, days: float = 0.0, **values: object) -> Entry:
    """A mail from a freemail persona of its own that calls this host."""
    secret = sha256(name.encode()).hexdigest()[:20]
    found = mail(
        pixel(f"https://{host}/o/{secret}.gif", personal=token(secret)),
        sender=sender(f"{name}@free.example", name=f"Persona {name}"),
        date_s=NOON_S + days * DAY_S,
        arrival_s=NOON_S + days * DAY_S,
        subject=f"A word from {name}",
        **values,
    )
    return entry(name, found)


def members(found: tuple[Campaign, ...]) -> list[set[str]]:
    return sorted(({one.sha256 for one in campaign.members} for campaign in found), key=min)


def test_mails_that_call_one_unknown_host_are_one_campaign() -> None:
    (campaign,) = link(
        [called("a", "c.stray.test"), called("b", "c.stray.test", 3), called("x", "o.other.test")]
    )
    assert {one.sha256 for one in campaign.members} == {digest_of("a"), digest_of("b")}
    assert campaign.people == ("a@house.example", "b@house.example")
    assert (campaign.first_seen_s, campaign.last_seen_s) == (NOON_S, NOON_S + 3 * DAY_S)
    strongest = max(campaign.links, key=lambda one: one.weight)
    assert (strongest.reason, strongest.shared) == ("beacon-host", "c.stray.test")
    assert "c.stray.test" in strongest.text
    assert all(one.a < one.b for one in campaign.links)


def test_a_host_that_many_senders_use_ties_nobody() -> None:
    entries = []
    for number in range(40):
        found = mail(
            pixel(f"https://count.popular.test/{number}.gif"),
            sender=vouched(f"news@site{number}.test", name=f"Outlet {number}"),
            subject=f"Issue of outlet {number} on its own matters",
        )
        entries.append(entry(f"m{number}", found))
    assert link(entries) == ()


def test_a_copied_article_and_a_common_service_tie_nobody() -> None:
    def copy(name: str, host: str) -> Entry:
        found = mail(
            pixel(f"https://{host}/p.gif"),
            sender=sender(
                f"{name}@{name}.test", name=f"Writer {name}", service="exercise-sendrail", mailer="Sendrail 2"
            ),
            subject="Port concession goes back to committee",
            content=Content(text_length=900, text_hash="c0ffee", article=True),
        )
        return entry(name, found)

    assert link([copy("one", "a.first.test"), copy("two", "b.second.test")]) == ()


def test_near_copies_of_a_text_are_tied_when_something_else_speaks() -> None:
    sketch = bytes(range(48))

    def letter(name: str, changed: bytes = b"") -> Entry:
        found = mail(
            pixel(f"https://{name}.dyn{name}.test/p.gif"),
            sender=sender(f"{name}@{name}.test", reply_to="one.box@free.example"),
            content=Content(text_length=900, text_sketch=changed + sketch[len(changed) :]),
        )
        return entry(name, found)

    (campaign,) = link([letter("one"), letter("two", b"\xff\xff\xff\xff")])
    assert {"near-text", "reply-address"} <= {one.reason for one in campaign.links}


def test_mails_that_nobody_suspects_are_not_listed() -> None:
    entries = [called(name, "c.stray.test") for name in "ab"]
    calm = [msgspec.structs.replace(one, likelihood=0.01) for one in entries]
    assert link(calm) == ()
    (campaign,) = link([calm[0], entries[1]])
    assert (len(campaign.members), campaign.likelihood) == (2, 0.5)
    assert len(link([msgspec.structs.replace(calm[0], indicator=True), calm[1]])) == 1


def test_the_same_bytes_in_two_mailboxes_are_one_campaign_with_two_readers() -> None:
    one = called("a", "c.stray.test")
    (campaign,) = link([one, msgspec.structs.replace(one, owner="other@house.example")])
    assert campaign.people == ("a@house.example", "other@house.example")
    assert len(campaign.members) == 2


def test_traits_survive_packing_and_foreign_bytes_are_refused() -> None:
    traits = unpack(called("a", "c.stray.test").traits)
    assert traits.calls
    assert "c.stray.test" in traits.values
    for bad in (
        b"",
        b"\x00",
        b"\x93\x01\x02\x03",
        msgspec.msgpack.encode(msgspec.structs.replace(traits, version=99)),
    ):
        with pytest.raises(ValueError, match="traits"):
            unpack(bad)


POOL = [
    called(f"{host}{number}", f"c.{host}.test", number)
    for host in ("ash", "elm", "oak")
    for number in range(5)
]
POOL += [
    entry(
        f"n{number}",
        mail(pixel("https://c.elm.test/x.gif"), sender=vouched(f"n@news{number}.test")),
        likelihood=0,
    )
    for number in range(12)
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, len(POOL) - 1)), max_size=40), st.randoms())
def test_updates_in_any_order_equal_a_rebuild(steps: list[tuple[bool, int]], rng: random.Random) -> None:
    linker = Linker()
    held: dict[str, Entry] = {}
    for number, (adding, at) in enumerate(steps):
        one = POOL[at]
        if adding:
            linker.update([one])
            held[one.sha256] = one
        else:
            linker.update(removed=[(one.sha256, one.owner)])
            held.pop(one.sha256, None)
        if number % 7 == 3:
            linker.campaigns()
    shuffled = list(held.values())
    rng.shuffle(shuffled)
    assert linker.campaigns() == link(shuffled)


def test_popularity_that_comes_later_loosens_a_tie_and_going_tightens_it_again() -> None:
    pair = [called("a", "c.stray.test"), called("b", "c.stray.test")]
    crowd = [
        entry(
            f"n{n}",
            mail(pixel("https://c.stray.test/x.gif"), sender=vouched(f"n@news{n}.test")),
            likelihood=0,
        )
        for n in range(60)
    ]
    linker = Linker()
    linker.update(pair)
    before = linker.campaigns()
    assert len(before) == 1
    linker.update(crowd)
    assert linker.campaigns() == ()
    linker.update(removed=[(one.sha256, one.owner) for one in crowd])
    assert linker.campaigns() == before


def said(id: str, action: str, at_s: float = 1.0, **values: object) -> Decision:
    return Decision(id, at_s, "analyst", action, **values)  # type: ignore[arg-type]


def test_a_merge_stands_until_it_is_undone() -> None:
    entries = [called(name, "c.stray.test") for name in "ab"] + [
        called(name, "o.other.test") for name in "cd"
    ]
    apart = members(link(entries))
    assert len(apart) == 2
    merge = said("d1", "merge", mails=(digest_of("a"), digest_of("d")))
    (campaign,) = link(entries, decisions=[merge])
    assert len(campaign.members) == 4
    assert any(one.reason == "analyst" for one in campaign.links)
    assert len(link(entries, decisions=[merge, said("d2", "undo", 2.0, undoes="d1")])) == 2
    again = said("d3", "undo", 3.0, undoes="d2")
    assert len(link(entries, decisions=[merge, said("d2", "undo", 2.0, undoes="d1"), again])) == 1


def test_a_split_holds_against_later_mail() -> None:
    entries = [called(name, "c.stray.test") for name in "abcd"]
    left, right = ("a", "b"), ("c", "d")
    split = said("d1", "split", mails=tuple(map(digest_of, left)), others=tuple(map(digest_of, right)))
    for extra in ([], [called("e", "c.stray.test")]):
        found = members(link(entries + extra, decisions=[split]))
        assert len(found) == 2
        for group in found:
            assert not ({digest_of("a"), digest_of("b")} & group and {digest_of("c"), digest_of("d")} & group)
    assert len(link(entries, decisions=[split, said("d2", "undo", 2.0, undoes="d1")])) == 1
    merged = said("d3", "merge", 3.0, mails=(digest_of("a"), digest_of("c")))
    assert len(link(entries, decisions=[split, merged])) == 1


def test_ids_stay_with_most_members_and_merged_ones_become_aliases() -> None:
    first = [Earlier("c-old", ("a", "b", "c")), Earlier("c-two", ("x", "y"), ("c-before",))]
    assert name_campaigns([["a", "b", "c", "x", "y", "z"]], first) == [("c-old", ("c-before", "c-two"))]
    split = name_campaigns([["a"], ["b", "c"]], first[:1])
    assert split[1] == ("c-old", ())
    assert split[0][0].startswith("c-")
    assert split[0][0] != "c-old"
    assert name_campaigns([["b", "c"], ["a"]], first[:1]) == split[::-1]


def test_ids_persist_as_members_come_and_go() -> None:
    entries = [called(name, "c.stray.test") for name in "abc"]
    (before,) = link(entries)
    earlier = [Earlier(before.id, tuple(one.sha256 for one in before.members))]
    grown = [*entries[1:], *(called(name, "c.stray.test") for name in "defg")]
    (after,) = link(grown, earlier)
    assert after.id == before.id
