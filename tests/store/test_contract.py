"""What every store does, whatever it is kept in."""

from __future__ import annotations

import random
from contextlib import suppress

import msgspec
import pytest
from tests.store.engines import OWNER, VERDICT, Engine, new_mail, observed

from tocsin.model.intel import Comparison, Hit, Indicator
from tocsin.model.observable import Observable
from tocsin.model.observation import Observation
from tocsin.model.stored import AuditEntry, VerdictVersion
from tocsin.store.interface import DOCUMENT_KINDS, ExerciseRefused, Store, StoreMissing

MANY = 50_000


def indicator(name: str, source: str = "feed", value: str = "evil.example") -> Indicator:
    return Indicator(name, source, Comparison("host", "=", (value,)), f"[domain-name:value = '{value}']")


def opinion(number: int, because: str = "first look") -> VerdictVersion:
    return VerdictVersion(number, 0, 5.0, "first", because, VERDICT)


def hit(number: int, name: str = "i-1", value: str = "evil.example") -> Hit:
    return Hit(name, number, "host", Observable("host", value, "1.2"), 9.0)


class Mishap(Exception):
    """What goes wrong in the middle."""


# Mails ------------------------------------------------------------------------------------------------------


def test_a_mail_comes_back_as_it_was(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=50.0)
    assert store.read(number) == observed(1)
    assert list(store.records()) == [(number, observed(1))]
    (row,) = store.rows()
    assert (row.number, row.sha256, row.owner, row.mailbox) == (number, observed(1).sha256, OWNER, "mail")
    assert (row.time_s, row.stored_s, row.sender) == (1_600_000_001.0, 50.0, "press@outlet.example")
    assert (row.outgoing, row.observer, row.raw) == (False, "1", False)


def test_arrival_counts_before_date(store: Store) -> None:
    store.add([new_mail(1, arrival_s=77.0), new_mail(2, date_s=None)], at_s=0.0)
    assert [row.time_s for row in store.rows()] == [77.0, None]


def test_the_same_mail_of_the_same_owner_is_one(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=50.0)
    again = store.add([new_mail(1, source="copy.mbox#3"), new_mail(1, source="mail/1.eml")], at_s=60.0)
    assert again == [number, number]
    assert store.occurrences(number) == ("mail/1.eml", "copy.mbox#3")
    assert [row.stored_s for row in store.rows()] == [50.0]


def test_one_call_with_the_same_mail_twice_keeps_one(store: Store) -> None:
    numbers = store.add([new_mail(1), new_mail(2), new_mail(1, source="b")], at_s=0.0)
    assert numbers[0] == numbers[2] != numbers[1]
    assert store.occurrences(numbers[0]) == ("mail/1.eml", "b")
    assert len(list(store.rows())) == 2


def test_the_same_mail_of_two_owners_is_two(store: Store) -> None:
    numbers = store.add([new_mail(1), new_mail(1, owner="aide@parliament.example")], at_s=0.0)
    assert store.numbers(observed(1).sha256) == tuple(sorted(numbers))
    assert store.owners() == (("aide@parliament.example", 1), (OWNER, 1))


def test_occurrences_given_are_kept_in_their_order_of_first(store: Store) -> None:
    mail = msgspec.structs.replace(new_mail(1), occurrences=("z", "a", "m"))
    (number,) = store.add([mail], at_s=0.0)
    found = store.occurrences(number)
    assert found[0] == "z"
    assert sorted(found) == ["a", "m", "z"]


def test_another_observer_replaces_the_record_and_what_is_derived(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=50.0)
    newer = msgspec.structs.replace(
        new_mail(1, observer="2", subject="Read anew"),
        digests=(99,),
        texts=(("subject", "read anew"),),
        traits=b"n",
    )
    assert store.add([newer], at_s=60.0) == [number]
    assert store.read(number).subject == "Read anew"
    assert [(row.observer, row.stored_s) for row in store.rows()] == [("2", 50.0)]
    assert list(store.find([1, 7, 99])) == [(99, number)]
    assert list(store.texts("subject")) == [(number, "read anew")]
    assert list(store.texts("url")) == []
    assert list(store.traits()) == [(number, b"n")]


def test_the_same_observer_replaces_nothing(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=0.0)
    store.add([new_mail(1, subject="Not read again")], at_s=0.0)
    assert store.read(number).subject == "Question 1"


def test_batches_are_kept_as_if_one_after_the_other(store: Store) -> None:
    batches = [
        [new_mail(number) for number in range(1, 101)],
        [],
        [
            new_mail(200),
            new_mail(5, source="b"),
            new_mail(6, observer="2", subject="Read anew"),
            new_mail(200),
        ],
        [new_mail(5), new_mail(201)],
    ]
    kept = store.add_all(batches, at_s=5.0)
    assert next(kept) == list(range(1, 101))
    assert len(list(store.rows())) == 100
    assert list(kept) == [[], [101, 5, 6, 101], [5, 102]]
    assert store.read(6).subject == "Read anew"
    assert store.occurrences(5) == ("mail/5.eml", "b")
    assert sorted(store.find([5, 200])) == [(5, 5), (200, 101)]
    assert [row.number for row in store.rows()] == list(range(1, 103))


def test_a_batch_that_fails_leaves_those_before_it(store: Store) -> None:
    stranger = msgspec.structs.replace(observed(3), exercise=True)
    batches = [
        [new_mail(1)],
        [new_mail(2)],
        [new_mail(4), msgspec.structs.replace(new_mail(3), observed=stranger)],
    ]
    kept: list[list[int]] = []
    with pytest.raises(ExerciseRefused):
        kept.extend(store.add_all(batches, at_s=5.0))
    assert kept[:1] == [[1]]
    assert [row.number for row in store.rows()] == [1, 2]
    assert store.add([new_mail(4)], at_s=6.0) == [3]


@pytest.mark.parametrize("observer", ["1", "2"])
def test_marks_of_the_mailbox_and_what_was_done_are_added(store: Store, observer: str) -> None:
    handled = Observation("handled", "defuse", "arrival")
    (number,) = store.add([new_mail(1, flags="U", observations=(handled,))], at_s=0.0)
    store.add([new_mail(1, observer=observer, flags="S")], at_s=0.0)
    assert (store.read(number).flags, store.read(number).observations) == ("S", (handled,))
    store.add([new_mail(1, observer=observer, flags="R")], at_s=0.0)
    store.add([new_mail(1, observer=observer, flags="U")], at_s=0.0)  # marked unread again, and yet once read
    assert store.read(number).flags == "RS"
    (other,) = store.add([new_mail(2)], at_s=0.0)
    store.add([new_mail(2, observer=observer, flags="N", observations=(handled,))], at_s=0.0)
    assert (store.read(other).flags, store.read(other).observations) == ("N", (handled,))


def test_a_mail_is_found_by_the_beginning_of_its_sum(store: Store) -> None:
    first, second, _ = store.add(
        [
            new_mail(1, sha256="abcdef0123" + "0" * 54),
            new_mail(2, sha256="abcdef0177" + "f" * 54),
            new_mail(3, sha256="ffffffffff" + "f" * 54),
        ],
        at_s=0.0,
    )
    assert store.numbers("abcdef01") == (first, second)
    assert store.numbers("ABCDEF012") == (first,)
    assert store.numbers("abcdef0177" + "f" * 54) == (second,)
    assert store.numbers("abcdef0") == ()  # too short to name a mail
    assert store.numbers("nothexadecimal") == ()
    assert store.numbers("a" * 65) == ()


def test_what_was_read_before_is_known_by_place_sum_and_observer(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=0.0)
    store.add([new_mail(1, source="copy")], at_s=0.0)
    sha256 = observed(1).sha256
    assert store.held("mail/1.eml", sha256, "1") == (number,)
    assert store.held("copy", sha256, "1") == (number,)
    assert store.held("elsewhere", sha256, "1") == ()
    assert store.held("mail/1.eml", sha256, "2") == ()
    assert store.held("mail/1.eml", observed(2).sha256, "1") == ()


def test_numbers_that_are_not_there(store: Store) -> None:
    store.add([new_mail(1)], at_s=0.0)
    with pytest.raises(KeyError):
        store.read(99)
    with pytest.raises(KeyError):
        store.keep_raw(99, b"x")
    assert store.raw(99) is None
    assert store.occurrences(99) == ()
    assert list(store.rows([99])) == []
    assert store.verdicts(99) == ()


def test_mails_come_in_the_order_of_numbers_and_only_those_asked_for(store: Store) -> None:
    numbers = store.add([new_mail(n) for n in range(1, 8)], at_s=0.0)
    wanted = [numbers[5], numbers[1], 4444, numbers[3]]
    expected = sorted({*wanted} - {4444})
    assert [row.number for row in store.rows(wanted)] == expected
    assert [number for number, _ in store.records(wanted)] == expected
    assert list(store.traits(wanted)) == [(n, f"traits {numbers.index(n) + 1}".encode()) for n in expected]


def test_raw_mail_is_kept_beside_the_record(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=0.0)
    assert store.raw(number) is None
    raw = random.Random(1).randbytes(1 << 21)
    store.keep_raw(number, b"first")
    store.keep_raw(number, raw)
    assert store.raw(number) == raw
    assert next(iter(store.rows())).raw


def test_text_that_no_database_likes_comes_back_as_it_was(store: Store) -> None:
    odd = "l\u00e4uft \ud800 nul\0 \U0001f512"
    mail = msgspec.structs.replace(
        new_mail(1, subject=odd, source=f"a/{odd}", mailbox=odd, owner=f"{odd}@x.example"),
        texts=(("subject", odd), ("url", f"https://h.example/{odd}")),
    )
    (number,) = store.add([mail], at_s=0.0)
    assert store.read(number) == mail.observed
    assert store.occurrences(number) == (f"a/{odd}",)
    assert store.held(f"a/{odd}", mail.observed.sha256, "1") == (number,)
    assert list(store.texts("subject", "nul\0")) == [(number, odd)]
    assert list(store.texts("url", "\ud800")) == [(number, f"https://h.example/{odd}")]
    assert [(row.owner, row.mailbox) for row in store.rows()] == [(f"{odd}@x.example", odd)]
    store.put("setting", odd, b"\0\xff")
    assert list(store.documents("setting")) == [(odd, b"\0\xff")]


def test_nothing_in_nothing_out(store: Store) -> None:
    assert store.add([], at_s=0.0) == []
    for nothing in (store.rows(), store.records(), store.traits(), store.rows([]), store.find([])):
        assert list(nothing) == []
    assert list(store.texts("url")) == []
    assert store.add_indicators([]) == (0, 0, 0)
    assert store.add_hits([]) == ()
    store.add_verdicts([])
    assert list(store.standing()) == list(store.standing([])) == []
    assert store.erase([]) == 0
    assert store.owners() == ()
    assert list(store.audit_entries()) == []


def test_values_of_more_than_a_megabyte(store: Store) -> None:
    long = "x" * (1 << 20)
    mail = msgspec.structs.replace(new_mail(1), observed=observed(1, subject=long), traits=b"t" * (1 << 21))
    (number,) = store.add([mail], at_s=0.0)
    assert store.read(number).subject == long
    assert list(store.traits()) == [(number, b"t" * (1 << 21))]


def test_many_numbers_in_one_call(store: Store) -> None:
    numbers = store.add([new_mail(n) for n in range(1, 4)], at_s=0.0)
    asked = range(1, MANY + 1)
    assert [row.number for row in store.rows(asked)] == sorted(numbers)
    assert len(list(store.find(asked))) == 6
    assert list(store.standing(asked)) == []
    assert store.erase(asked) == 3


def test_a_bulk_load_knows_what_is_there(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter that spares look-ups is in use from the first call on, and others write and take back."""
    monkeypatch.setattr("tocsin.store.known._PAYS", 10**9)
    first = store.add([new_mail(n) for n in range(1, 400)], at_s=0.0)
    assert store.add([new_mail(n) for n in range(300, 500)], at_s=0.0)[:100] == first[299:]
    other = engine.open()
    theirs = other.add([new_mail(n) for n in range(450, 600)], at_s=0.0)
    assert store.add([new_mail(n) for n in range(500, 600)], at_s=0.0) == theirs[50:]
    with suppress(Mishap), store.transaction():
        store.add([new_mail(n) for n in range(600, 700)], at_s=0.0)
        raise Mishap
    theirs = other.add([new_mail(n) for n in range(650, 750)], at_s=0.0)
    assert store.add([new_mail(n) for n in range(650, 750)], at_s=0.0) == theirs
    assert len(list(store.rows())) == 699
    other.close()


# Observables ------------------------------------------------------------------------------------------------


def test_mails_are_found_by_what_they_show(store: Store) -> None:
    first, second = store.add([new_mail(1), new_mail(2)], at_s=0.0)
    assert sorted(store.find([1, 2, 3])) == [(1, first), (2, second)]
    assert sorted(store.find({7})) == [(7, first), (7, second)]
    edge = [-(2**63), 2**63 - 1]
    third = msgspec.structs.replace(new_mail(3), digests=(*edge, *edge))
    (number,) = store.add([third], at_s=0.0)
    assert sorted(store.find(edge)) == [(edge[0], number), (edge[1], number)]


def test_texts_are_found_by_a_piece_of_them(store: Store) -> None:
    first, second = store.add([new_mail(1), new_mail(22)], at_s=0.0)
    assert list(store.texts("url", "/22.png")) == [(second, "https://beacon-22.example/p/22.png")]
    assert sorted(store.texts("subject")) == [(first, "question 1"), (second, "question 22")]
    assert list(store.texts("mailer")) == []


# Verdicts ---------------------------------------------------------------------------------------------------


def test_opinions_are_added_and_never_changed(store: Store) -> None:
    one, two = store.add([new_mail(1), new_mail(2)], at_s=0.0)
    store.add_verdicts([opinion(one), opinion(two), opinion(one, "looked again")])
    store.add_verdicts([opinion(one, "third")])
    assert [(v.version, v.because) for v in store.verdicts(one)] == [
        (1, "first look"),
        (2, "looked again"),
        (3, "third"),
    ]
    assert [(v.number, v.version) for v in store.standing()] == [(one, 3), (two, 1)]
    assert [(v.number, v.version) for v in store.standing([two, 99])] == [(two, 1)]
    assert store.verdicts(two)[0].verdict == VERDICT


def test_an_opinion_on_a_mail_that_is_not_there(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=0.0)
    with pytest.raises(KeyError):
        store.add_verdicts([opinion(number), opinion(99)])
    assert store.verdicts(number) == ()


# Intelligence -----------------------------------------------------------------------------------------------


def test_indicators_are_added_changed_or_left(store: Store) -> None:
    one, two = indicator("i-1"), indicator("i-2")
    assert store.add_indicators([(one, {1, 2}), (two, ())]) == (2, 0, 0)
    changed = msgspec.structs.replace(one, revoked=True)
    assert store.add_indicators([(changed, {2, 3}), (two, ())]) == (0, 1, 1)
    assert store.indicator("i-1") == changed
    assert store.indicator("i-9") is None
    assert list(store.indicators_by_digest([1, 2, 3])) in (
        [(2, changed), (3, changed)],
        [(3, changed), (2, changed)],
    )
    assert list(store.indicators_to_search()) == [two]


def test_an_indicator_that_is_only_reached_otherwise_is_changed(store: Store) -> None:
    assert store.add_indicators([(indicator("i-1"), {1})]) == (1, 0, 0)
    assert store.add_indicators([(indicator("i-1"), {2})]) == (0, 1, 0)
    assert [digest for digest, _ in store.indicators_by_digest([1, 2])] == [2]


def test_of_one_id_twice_the_last_counts(store: Store) -> None:
    last = indicator("i-1", value="second.example")
    assert store.add_indicators([(indicator("i-1"), {1}), (last, {1})]) == (1, 0, 1)
    assert list(store.indicators()) == [last]


def test_a_source_is_forgotten_and_its_hits_stay(store: Store) -> None:
    (number,) = store.add([new_mail(1)], at_s=0.0)
    store.add_indicators([(indicator("i-1", "a"), {1}), (indicator("i-2", "b"), {1, 2})])
    store.add_hits([hit(number)])
    assert [i.id for i in store.indicators("a")] == ["i-1"]
    assert store.remove_indicators("a") == 1
    assert store.remove_indicators("a") == 0
    assert [i.id for i in store.indicators()] == ["i-2"]
    assert sorted(digest for digest, _ in store.indicators_by_digest([1, 2])) == [1, 2]
    assert list(store.hits()) == [hit(number)]


def test_a_hit_is_new_once(store: Store) -> None:
    one, two = store.add([new_mail(1), new_mail(2)], at_s=0.0)
    assert store.add_hits([hit(one), hit(one)]) == (hit(one),)
    later = msgspec.structs.replace(hit(one), found_s=99.0)
    other = [hit(two), hit(one, "i-2"), hit(one, value="b.evil.example")]
    assert store.add_hits([later, *other]) == tuple(other)
    assert list(store.hits(number=two)) == [hit(two)]
    assert list(store.hits(indicator="i-2")) == [hit(one, "i-2")]
    assert list(store.hits(indicator="i-2", number=two)) == []
    assert len(list(store.hits())) == 4


# Documents, audit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DOCUMENT_KINDS)
def test_documents_are_kept_by_kind_and_id(store: Store, kind: str) -> None:
    store.put(kind, "b", b"1")
    store.put(kind, "a", b"2")
    store.put(kind, "b", b"3")
    assert list(store.documents(kind)) == [("a", b"2"), ("b", b"3")]
    store.remove(kind, "b")
    store.remove(kind, "never there")
    assert store.get(kind, "a") == b"2"
    assert store.get(kind, "b") is None
    assert list(store.documents(next(k for k in DOCUMENT_KINDS if k != kind))) == []


def test_documents_of_no_kind_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="setting"):
        store.put("anything", "a", b"")


def test_audit_entries_come_in_their_order(store: Store) -> None:
    entries = [
        AuditEntry(1.0, "ana", "observe", (1, 900), through=True, count=900, mandate="council decision 7"),
        AuditEntry(2.0, "ben", "read", (3,), detail="\ud800"),
    ]
    for entry in entries:
        store.audit(entry)
    assert list(store.audit_entries()) == entries


# Transactions, erasure, exercises ---------------------------------------------------------------------------


def everything(store: Store, number: int) -> None:
    (kept,) = store.add([new_mail(number, owner=f"{number}@new.example")], at_s=0.0)
    store.add_verdicts([opinion(kept)])
    store.add_indicators([(indicator(f"i-{number}"), {5})])
    store.add_hits([hit(kept, f"i-{number}")])
    store.put("setting", f"s-{number}", b"")
    store.keep_raw(kept, b"raw")
    store.audit(AuditEntry(1.0, "ana", "observe"))


def contents(store: Store) -> tuple[object, ...]:
    return (
        list(store.rows()),
        list(store.records()),
        sorted(store.find([1, 2, 7])),
        list(store.standing()),
        list(store.indicators()),
        list(store.hits()),
        list(store.documents("setting")),
        list(store.audit_entries()),
        store.owners(),
    )


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    everything(store, 1)
    before = contents(store)
    with suppress(Mishap), store.transaction():
        everything(store, 2)
        raise Mishap
    assert contents(store) == before
    with store.transaction():
        everything(store, 2)
    assert len(list(store.rows())) == 2
    assert store.owners() == (("1@new.example", 1), ("2@new.example", 1))


def test_a_part_that_fails_does_not_undo_the_rest(store: Store) -> None:
    with store.transaction():
        everything(store, 1)
        with suppress(Mishap), store.transaction():
            everything(store, 2)
            raise Mishap
        with pytest.raises(ExerciseRefused):
            store.add([new_mail(3), new_mail(4, exercise=True)], at_s=0.0)
        everything(store, 5)
    assert [row.owner for row in store.rows()] == ["1@new.example", "5@new.example"]


def test_numbers_are_never_used_again(store: Store) -> None:
    (first,) = store.add([new_mail(1)], at_s=0.0)
    store.erase([first])
    (second,) = store.add([new_mail(1)], at_s=0.0)
    assert second > first


def test_erasing_leaves_nothing_of_a_mail(store: Store) -> None:
    everything(store, 1)
    everything(store, 2)
    one, two = (row.number for row in store.rows())
    assert store.erase([one, 999]) == 1
    assert [row.number for row in store.rows()] == [two]
    assert sorted(store.find([1, 2, 7])) == [(2, two), (7, two)]
    assert [number for number, _ in store.texts("url")] == [two]
    assert store.verdicts(one) == ()
    assert store.occurrences(one) == ()
    assert store.raw(one) is None
    assert [found.number for found in store.hits()] == [two]
    assert store.numbers(observed(1).sha256) == ()
    assert store.owners() == (("2@new.example", 1),)
    assert len(list(store.indicators())) == 2
    assert len(list(store.audit_entries())) == 2


def test_practice_and_real_mail_do_not_mix(store: Store, engine: Engine) -> None:
    with pytest.raises(ExerciseRefused, match="practice"):
        store.add([new_mail(1), new_mail(2, exercise=True)], at_s=0.0)
    assert list(store.rows()) == []
    assert not store.exercise


def test_a_practice_store_takes_practice_alone(engine: Engine) -> None:
    store = engine.open(create=True, exercise=True)
    assert store.exercise
    store.add([new_mail(1, exercise=True)], at_s=0.0)
    with pytest.raises(ExerciseRefused, match="practice"):
        store.add([new_mail(2)], at_s=0.0)
    store.close()
    reopened = engine.open()
    assert reopened.exercise
    reopened.close()


# Opening, and other processes -------------------------------------------------------------------------------


def test_what_is_kept_is_there_when_opened_again(engine: Engine) -> None:
    store = engine.open(create=True)
    everything(store, 1)
    before = contents(store)
    store.close()
    again = engine.open(create=True)
    assert contents(again) == before
    assert again.encrypted == (engine.name == "sqlite-encrypted")
    again.close()


def test_there_is_no_store(engine: Engine) -> None:
    with pytest.raises(StoreMissing):
        engine.open()


def test_others_read_while_one_writes(store: Store, engine: Engine) -> None:
    everything(store, 1)
    reading = (
        "print(len(list(store.rows())), len(list(store.find([7]))), flush=True); sys.stdin.readline();" * 2
    )
    reader = engine.elsewhere(reading)
    assert reader.stdout is not None
    assert reader.stdin is not None
    with store.transaction():
        everything(store, 2)
        assert reader.stdout.readline() == "1 1\n"
    reader.stdin.write("go\n")
    reader.stdin.flush()
    assert reader.stdout.readline() == "2 2\n"
    reader.communicate("end\n")


def test_two_that_write_in_turn_do_not_disturb_each_other(store: Store, engine: Engine) -> None:
    other = engine.open()
    for number in range(1, 9):
        everything((store, other)[number % 2], number)
    assert contents(store) == contents(other)
    assert len({row.number for row in store.rows()}) == 8
    other.close()


def test_a_writer_that_is_killed_loses_only_what_it_had_not_finished(store: Store, engine: Engine) -> None:
    writer = engine.elsewhere(
        "store.add([new_mail(n) for n in range(1, 300)], at_s=0.0)\n"
        "with store.transaction():\n"
        "    store.add([new_mail(n) for n in range(300, 600)], at_s=0.0)\n"
        "    print('amid', flush=True); time.sleep(60)\n"
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "amid\n"
    writer.kill()
    writer.communicate()
    again = engine.open()
    assert [mail.sha256 for _, mail in again.records()] == [observed(n).sha256 for n in range(1, 300)]
    assert len(list(again.find([7]))) == 299
    everything(again, 700)
    again.close()
