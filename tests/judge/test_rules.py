"""An operator's own rules: what they can ask, what is refused, and how they weigh in a verdict."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import msgspec
import pytest
import yaml

from tests.judge.factories import beacon, content, context, letter, link, mail, pixel, sender, token
from tocsin.app.weights import load_weights
from tocsin.judge.context import Seen
from tocsin.judge.rules.book import compile_rules, hits
from tocsin.judge.rules.fields import FIELDS
from tocsin.judge.rules.match import compile_condition
from tocsin.judge.rules.parse import parse_rules
from tocsin.judge.verdict import judge
from tocsin.model.message import Defect
from tocsin.model.observation import Observation, Observed
from tocsin.model.rules import Rule
from tocsin.model.scan import Judged
from tocsin.render.records import full_record

HEAD = "rules:\n  - id: one\n    title: The mail is one of those.\n    source: A test.\n    weight: 2.0\n"
SATURDAY_S = datetime(2026, 3, 7, 22, 30, tzinfo=UTC).timestamp()


def zone(name: str) -> tzinfo:
    if name != "Test/East":
        raise ValueError("this machine knows no such time zone")
    return timezone(timedelta(hours=2))


def rules(text: str) -> tuple[Rule, ...]:
    found = parse_rules(text, "own.yaml", zone)
    assert found.errors == ()
    return found.rules


def rule(match: str, **changes: Any) -> Rule:
    """A rule with this condition, written as one line of YAML."""
    (found,) = rules(HEAD + f"    match: {match}\n")
    return msgspec.structs.replace(found, **changes)


def applies(match: str, observed: Observed, **facts: Any) -> bool:
    found, failed = hits(compile_rules([rule(match)]), observed, context(observed, **facts))
    assert failed == []
    return bool(found)


def errors(text: str) -> str:
    found = parse_rules(text, "own.yaml", zone)
    return "\n".join(found.errors)


SOME = mail(
    pixel("https://a.stranger.test/p.gif", vendor=None, personal=token()),
    beacon("https://img.service.test/x.png", vendor="some-service"),
    link("https://203.0.113.9/login"),
    subject="An Interview on Thursday",
    sender=sender(
        "press7@desk.outlet.test", name="Some Writer", relays=("mx.house.example", "[192.0.2.77]", "2001:db8::5"),
        dmarc="pass", dkim_domains=("outlet.test",),
    ),
    content=content(asks=("interview", "reply"), attachments=2, headline=True, language="no"),
    observations=(Observation("claims-role", "journalist", "1"), Observation("yara", "Kit", "2")),
    defects=(Defect("bare-cr", "text"),),
    date_s=SATURDAY_S,
    arrival_s=None,
)  # fmt: skip

YES = [
    "{subject: an interview on thursday}",
    "{subject: {contains: INTERVIEW}}",
    "{subject: {contains: [nothing, thursday]}}",
    "{subject: {starts: an int, ends: day}}",
    "{subject: {contains: Interview, case: true}}",
    '{subject: {regex: "inter.*thurs"}}',
    '{sender.address: {regex: "^press[0-9]+@"}}',
    "{mail.subject: {present: true}}",
    "{from: press7@desk.outlet.test}",
    "{from_name: some writer}",
    "{sender.domain: {ends: .outlet.test}}",
    "{sender.dkim_domains: outlet.test}",
    "{sender.relays: {cidr: 192.0.2.0/24}}",
    '{sender.relays: {cidr: "2001:db8::/32"}}',
    "{sender.list_id: {present: false}}",
    "{sender.list_unsubscribe: false}",
    "{content.language: no}",
    "{content.asks: [meeting, interview]}",
    "{content.attachments: 2}",
    "{content.attachments: {more: 1, less: 3}}",
    "{content.attachments: {at_least: 2, at_most: 2}}",
    "{content.headline: true}",
    "{size: {less: 1000000}}",
    "{date: {after: 2026-03-07, before: 2026-03-08}}",
    "{date: {weekday: sat}}",
    "{date: {weekday: sunday, zone: Test/East}}",
    "{date: {hours: 22:00-06:00}}",
    '{date: {hours: 0-1, zone: "+02:00"}}',
    "{date: {present: true}}",
    "{arrival: {present: false}}",
    "{beacons: {hidden: true}}",
    "{beacons: {host: {ends: .stranger.test}, personal.kind: high-entropy}}",
    "{beacons: {vendor: {present: false}, trigger: open}}",
    "{beacons: {host: {cidr: 203.0.113.0/24}}}",
    "{beacons: {leaks: client}}",
    "{count: {of: beacons, at_least: 3}}",
    "{count: {of: beacons, where: {trigger: open}, at_least: 2, at_most: 2}}",
    "{count: {of: beacons, where: {host: unheard.test}, at_most: 0}}",
    "{count: {of: sender.relays, where: {cidr: [192.0.2.0/24, '2001:db8::/32']}, at_least: 2}}",
    "{count: {of: to, at_most: 1}}",
    "{count: {of: [{subject: {contains: interview}}, {content.headline: true}, {size: 1}], at_least: 2}}",
    "{observations: {kind: claims-role, value: journalist}}",
    "{observations: {kind: yara, value: Kit}}",
    "{defects: {code: bare-cr}}",
    "{all: [{content.headline: true}, {any: [{size: 1}, {content.article: false}]}]}",
    "{not: {any: [{size: 1}, {content.article: true}]}}",
    "{not: {sender.dmarc: fail}}",
    "{not: {beacons: {host: unheard.test}}}",
    "{content.headline: true, subject: {contains: interview}}",
    "{owner: reader@house.example}",
]
NO = [
    "{subject: interview}",
    "{subject: {contains: INTERVIEW, case: true}}",
    '{subject: {regex: "^interview"}}',
    "{sender.domain: {ends: .outlet.test.example}}",
    "{sender.relays: {cidr: 198.51.100.0/24}}",
    "{content.attachments: {more: 2}}",
    "{content.asks: payment}",
    "{date: {hours: 06:00-22:00}}",
    "{date: {weekday: sat, zone: Test/East}}",
    "{arrival: {after: 2000-01-01}}",
    "{beacons: {host: {ends: .stranger.test}, hidden: false}}",
    "{count: {of: beacons, at_least: 4}}",
    "{count: {of: [{size: 1}, {size: 2}, {content.headline: true}], at_least: 2}}",
    "{count: {of: [{content.headline: true}, {content.article: false}], at_most: 1}}",
    "{not: {content.headline: true}}",
    "{subject: an interview on thursday, size: 1}",
]


@pytest.mark.parametrize("match", YES)
def test_applies(match: str) -> None:
    assert applies(match, SOME)


@pytest.mark.parametrize("match", NO)
def test_does_not_apply(match: str) -> None:
    assert not applies(match, SOME)


@pytest.mark.parametrize(
    "match",
    [
        "{sender.dmarc: fail}",
        "{not: {sender.dmarc: pass}}",
        "{not: {sender.spf: pass}}",
        "{not: {sender.domain: {ends: .house.example}}}",
        "{not: {arrival: {after: 2020-01-01}}}",
        "{not: {all: [{sender.dmarc: pass}, {subject: {present: true}}]}}",
        "{count: {of: [{not: {sender.dmarc: pass}}, {not: {sender.spf: pass}}], at_least: 1}}",
    ],
)
def test_what_is_not_recorded_is_no_sign(match: str) -> None:
    assert not applies(match, mail(sender=sender("", name="A B"), arrival_s=None))


def test_a_past_that_is_not_known_is_no_sign() -> None:
    match = "{not: {context.wrote_to_address: true}}"
    assert not applies(match, SOME, history_known=False)
    assert applies(match, SOME, history_known=True)
    assert applies("{context.earlier_mails: {more: 2}}", SOME, address=Seen(mails=3), history_known=True)


def test_strange_values_in_a_mail_fail_no_rule() -> None:
    strange = mail(
        beacon(host="[::", url="x"), subject="a\udc80b\n", sender=sender(relays=("999.1.1.1", "[", "")),
        date_s=1e18, arrival_s=-1e18,
    )  # fmt: skip
    assert not applies("{beacons: {host: {cidr: 10.0.0.0/8}}}", strange)
    assert not applies("{sender.relays: {cidr: 10.0.0.0/8}}", strange)
    assert not applies("{date: {weekday: [mon, tue, wed, thu, fri, sat, sun]}}", strange)
    assert not applies("{arrival: {hours: 0-23}}", strange)
    assert applies('{subject: {regex: "^a.b"}}', strange)


def test_a_hostile_subject_takes_no_longer_than_its_length() -> None:
    assert not applies('{subject: {regex: "(a+)+$"}}', mail(subject="a" * 1_000_000 + "!"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("match: {sender.domian: x.test}", "unknown field 'sender.domian'; did you mean 'sender.domain'?"),
        ("match: {domain: x.test}", "did you mean"),
        (
            "match: {subject: {contians: x}}",
            "unknown operator 'contians' for subject, which is a text; did you mean",
        ),
        ("match: {size: {contains: 3}}", "unknown operator 'contains' for size, which is a number"),
        ("match: {size: big}", "size is 'big'; expected a number"),
        ("match: {content.headline: 1}", "expected true or false"),
        ("match: {subject: true}", "expected a text, in quotes"),
        ("match: {date: 2026-01-01}", "expected one of before, after"),
        ("match: {date: {after: soon}}", "expected a day or time"),
        ("match: {date: {hours: late}}", "expected hours such as 22:00-06:00"),
        ("match: {date: {hours: 5-5}}", "no span of the day"),
        ("match: {date: {weekday: caturday}}", "did you mean 'saturday'?"),
        ("match: {date: {hours: 1-2, zone: Mars/North}}", "no such time zone"),
        ("match: {sender.relays: {cidr: 192.0.2.1/24}}", "is no network"),
        ('match: {subject: {regex: "a("}}', "is not a regular expression here"),
        ('match: {subject: {regex: "(?=a)"}}', "no look-around"),
        ('match: {subject: {regex: "(a{1000}){1000}"}}', "is not a regular expression here"),
        ("match: {subject: {contains: []}}", "empty list"),
        ('match: {subject: {contains: ""}}', "present: false"),
        ("match: {beacons: {hots: x}}", "unknown field 'hots'; did you mean 'host'?"),
        ("match: {beacons: {technique: imge}}", "did you mean 'image'?"),
        ("match: {beacons: {trigger: {equals: [open, clik]}}}", "did you mean 'click'?"),
        ("match: {count: {of: subject, at_least: 1}}", "is no list that can be counted"),
        ("match: {count: {of: beacons}}", "neither at_least nor at_most"),
        ("match: {count: {of: beacons, at_least: 3, at_most: 1}}", "swap them"),
        ("match: {count: {of: beacons, at_least: -1}}", "whole number"),
        ("match: {all: []}", "expected conditions"),
        ("match: [a]", "put `all:` or `any:` above it"),
        ("match: {}", "expected a field"),
        ("match: {verdict.class: bulk}", "unknown field"),
        ("match: {exercise: true}", "unknown field"),
        ("macth: {size: 1}", "unknown key 'macth' in a rule; did you mean 'match'?"),
        ("title: Again.\n    match: {size: 1}", "stands here twice"),
        ("match: {size: 1}\n    examples: {hit: [{file: a, mail: b}]}", "expected one of mail, file, fields"),
        ("match: {size: 1}\n    examples: {hit: [{fields: {sise: 1}}]}", "did you mean 'size'?"),
        ("match: {size: 1}\n    examples: {hits: []}", "did you mean 'hit'?"),
        ("match: {size: 1}\n    indicator: often", "expected true or false"),
    ],
)
def test_mistakes_are_said_with_line_and_remedy(body: str, expected: str) -> None:
    said = errors(HEAD + "    " + body + "\n")
    assert expected in said
    assert said.startswith("own.yaml, line ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "holds 0 YAML documents"),
        ("rules: []\n---\nrules: []\n", "holds 2 YAML documents"),
        ("- a\n", "expected a mapping with a list under `rules:`"),
        ("rule: []\n", "did you mean 'rules'?"),
        ("rules: {}\n", "expected a list"),
        ("rules:\n\t- id: a\n", "is not YAML"),
        ("rules: [\n", "is not YAML"),
        ('rules: ["\\ud800"]\n', "is not YAML" if yaml.__with_libyaml__ else "half a character"),
        ("rules: \x00\n", "is not YAML"),
        ("a: &a [x]\nb: *a\n", "anchors and aliases"),
        ("rules: !!python/object/apply:os.system [x]\n", "tags such as"),
        ("rules: " + "[" * 2000, "nested more than"),
        (HEAD.replace("2.0", "9") + "    match: {size: 1}\n", "expected nats from -6 to 6"),
        (HEAD.replace("2.0", "0") + "    match: {size: 1}\n", "the rule would say nothing"),
        (HEAD.replace("2.0", ".nan") + "    match: {size: 1}\n", "expected a number"),
        (HEAD.replace("2.0", "{phising: 1}") + "    match: {size: 1}\n", "did you mean 'phishing'?"),
        (HEAD.replace("id: one", "id: One Rule") + "    match: {size: 1}\n", "expected words joined by -"),
        (HEAD.replace("those.", "those") + "    match: {size: 1}\n", "ends with a full stop"),
        (HEAD.replace("    source: A test.\n", "") + "    match: {size: 1}\n", "no source"),
        (HEAD, "no match"),
    ],
)
def test_files_that_are_no_rules_are_refused(text: str, expected: str) -> None:
    assert expected in errors(text)


def test_a_file_that_would_grow_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20))
    assert "anchors and aliases" in errors(bomb)


def test_a_pattern_of_a_megabyte_is_refused() -> None:
    assert "expected at most 2,000" in errors(
        HEAD + f'    match: {{subject: {{regex: "{"a" * 1_000_000}"}}}}\n'
    )


def test_each_mistake_of_a_file_is_said_and_an_id_is_taken_once() -> None:
    one = HEAD.removeprefix("rules:\n")
    said = errors(
        "rules:\n"
        + one
        + "    match: {size: x}\n"
        + one
        + "    match: {size: 1}\n"
        + one
        + "    match: {size: 2}\n"
    )
    assert "expected a number" in said
    assert "stands in own.yaml, line 7 already" in said


def test_fields_are_those_that_are_published() -> None:
    verdict = judge(SOME, context(SOME), load_weights())
    record = msgspec.to_builtins(full_record(Judged(SOME, verdict, "reader@house.example", ("x",))))
    for name, field in FIELDS.items():
        if name.startswith("context."):
            continue
        group, _, last = name.rpartition(".")
        place = record[group] if group else {**record["mail"], **record}
        assert last in place, name
        for inner in field.items or ():
            thing = place[last][0]
            assert inner.split(".")[0] in thing, f"{name}.{inner}"


def test_hits_stand_among_the_reasons() -> None:
    weights = load_weights()
    observed = letter()
    book = compile_rules([rule("{subject: {present: true}}", indicator=True)])
    without = judge(observed, context(observed), weights)
    verdict = judge(observed, context(observed), weights, rules=book)
    (reason,) = [reason for reason in verdict.for_ if reason.detector == "rule:one"]
    assert (reason.text, reason.weight, reason.where) == ("The mail is one of those.", 2.0, "Subject")
    assert verdict.log_odds == pytest.approx(without.log_odds + 2.0)
    assert verdict.indicator
    assert not without.indicator


def test_rules_together_are_held_to_their_cap() -> None:
    weights = load_weights()
    observed = letter()
    many = [rule("{subject: {present: true}}", id=f"r{n}", reconnaissance=6.0) for n in range(10)]
    verdict = judge(observed, context(observed), weights, rules=compile_rules(many))
    total = sum(reason.weight for reason in verdict.for_ if reason.detector.startswith("rule:"))
    assert total == pytest.approx(weights.caps["rules"], abs=0.1)


def test_a_rule_against_is_shown_against() -> None:
    observed = letter()
    book = compile_rules([rule("{subject: {present: true}}", reconnaissance=-3.0)])
    verdict = judge(observed, context(observed), load_weights(), rules=book)
    assert [reason.weight for reason in verdict.against if reason.detector == "rule:one"] == [-3.0]


def test_a_hit_on_the_other_question_is_shown_with_nothing_to_its_weight() -> None:
    observed = letter()
    book = compile_rules([rule("{subject: {present: true}}", reconnaissance=0.0, phishing=1.0)])
    verdict = judge(observed, context(observed), load_weights(), rules=book)
    assert verdict.class_ != "phishing"
    assert [reason.weight for reason in verdict.for_ if reason.detector == "rule:one"] == [0.0]


def test_a_yara_match_is_a_reason_with_its_part() -> None:
    observed = mail(observations=(Observation("yara", "Kit", "2"), Observation("yara", "Kit", "3")))
    book = compile_rules([Rule("Kit", "The mail bears a known mark.", "A test.", "k.yar, line 1", 1.5)])
    verdict = judge(observed, context(observed), load_weights(), rules=book)
    assert [(r.detector, r.where) for r in verdict.for_ if r.detector.startswith("rule:")] == [
        ("rule:Kit", "2")
    ]


def test_what_was_not_read_is_held_against_no_rule() -> None:
    observed = mail(unread=True, not_evaluated=("It was not read.",))
    book = compile_rules([rule("{not: {beacons: {hidden: true}}}")])
    assert judge(observed, context(observed), load_weights(), rules=book).for_ == ()


def test_a_rule_that_fails_is_said() -> None:
    observed = msgspec.structs.replace(letter(), subject=5)
    book = compile_rules([rule("{subject: {contains: x}}")])
    found, failed = hits(book, observed, context(letter()))
    assert found == []
    assert [text.partition(" (")[0] for text in failed] == ["Your rule one failed on this mail"]


@pytest.mark.parametrize(
    ("match", "place"),
    [
        ("{sender.domain: desk.outlet.test}", "From"),
        ("{all: [{context.own: false}, {beacons: {host: a.stranger.test}}]}", "a.stranger.test"),
        ("{any: [{subject: nothing}, {sender.relays: {cidr: 192.0.2.0/24}}]}", "Received"),
        ("{observations: {kind: yara}}", "2"),
        ("{content.headline: true}", "body"),
        ("{not: {size: 1}}", ""),
    ],
)
def test_a_hit_names_the_place_it_rests_on(match: str, place: str) -> None:
    ((_, finding),), _ = hits(compile_rules([rule(match)]), SOME, context(SOME))
    assert finding.where == place


def test_looking_first_changes_no_answer() -> None:
    dice = random.Random(7)
    texts = [
        "",
        "a.stranger.test",
        "A.STRANGER.TEST",
        "192.0.2.77",
        "[192.0.2.77]",
        "Straße",
        "ΑΣ",
        "x\ny",
        "İ",
    ]
    hit = 0
    for _ in range(400):
        word, value = dice.choice(["equals", "contains", "starts", "ends"]), dice.choice(texts[1:7])
        plain = f'{{{dice.choice(["subject", "sender.relays"])}: {{{word}: "{value}"}}}}'
        inner = f'{{beacons: {{host: {{{word}: ["{value}", zz]}}, hidden: true}}}}'
        chosen = rule(
            dice.choice(
                [
                    plain,
                    inner,
                    f"{{not: {plain}}}",
                    f"{{any: [{plain}, {inner}]}}",
                    f"{{all: [{plain}, {inner}]}}",
                ]
            )
        )
        observed = mail(
            pixel("https://q.test/", host=dice.choice(texts)), subject=dice.choice(texts),
            sender=sender(relays=(dice.choice(texts), dice.choice(texts))),
        )  # fmt: skip
        assert chosen.condition is not None
        answer = bool(compile_condition(chosen.condition)(observed, context(observed)))
        assert bool(hits(compile_rules([chosen]), observed, context(observed))[0]) is answer
        hit += answer
    assert hit > 50
