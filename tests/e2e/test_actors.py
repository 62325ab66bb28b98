"""`tocsin actors`: what is published of whom, with whose word, and profiles of one's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.running import WRONG_USE, Result, run
from tests.e2e.test_scan import records
from tocsin.app.actor_toml import MAX_BYTES, ProfileError, decode_profile
from tocsin.app.actors import called, check_profiles, load_profiles, shipped_profiles
from tocsin.attribute.signs import SECTORS, SIGN, THEMES
from tocsin.model.actor import STATEMENT_KINDS, Actor

HERON = """
name = "Grey Heron"

[references]
attack = "G9001"

[[alias]]
name = "TA9000"
by = "Desk of the Ore Post"

[[alias]]
name = "Night Bird"
ambiguous = true
also = ["Brown Owl"]

[sources.desk-2026]
title = "Notes on the mails of May 2026"
publisher = "Desk of the Ore Post"
date = 2026-06-02
url = "https://desk.example/notes"

[[sign]]
id = ["hidden-beacon", "asks-nothing"]
text = "Each mail had a hidden picture and asked for nothing."
sources = "desk-2026"

[[infrastructure]]
host = "News.Heron.example"
text = "Pictures came from there until the domain was sold."
sources = ["desk-2026"]
until = "2026-05-20"

[[target]]
sector = "parliament"
country = ["BE", "NL"]
text = "Members of two parliaments were written to."
sources = ["desk-2026"]
"""
# What would name a state or a people as the one behind; countries that were written to may be named.
BEHIND = re.compile(
    r"\b(?:Chinese|Russian|Iranian|North Korean|Indian|Pakistani|Vietnamese|Belarusian|Turkish"
    r"|DPRK|PRC|GRU|FSB|SVR|MSS|IRGC|MOIS|RGB|ministry of state security|intelligence service|nexus|state[- ]sponsored"
    r"|state[- ]backed|government[- ]backed|(?:China|Russia|Iran|Korea|India|Belarus)-(?:based|linked|aligned))\b",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(
    r"\b(?:safe|clean|hacked|infected|compromised|victims?|spied on|urgent|certain)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def shipped() -> tuple[Actor, ...]:
    return shipped_profiles()


def words(result: Result) -> str:
    return " ".join(result.stdout.decode().split())


def actors(home: Path, *arguments: str | Path, code: int = 0) -> Result:
    result = run("actors", *arguments, home=home)
    assert result.returncode == code, result.stderr
    return result


def mistakes(folder: Path, text: str, name: str = "grey-heron.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    found = check_profiles(folder / name).mistakes
    assert all(name in mistake for mistake in found)
    return "\n".join(found)


def test_every_shipped_statement_is_sourced_dated_and_comparable(shipped: tuple[Actor, ...]) -> None:
    assert len(shipped) >= 18
    assert any(actor.kind == "criminal" for actor in shipped)
    for actor in shipped:
        assert actor.names[0].name
        assert len(actor.statements) >= 5, actor.id
        for one in actor.statements:
            where = f"{actor.id}: {one.text}"
            assert one.kind in STATEMENT_KINDS
            assert one.text.endswith((".", "”.")), where
            assert one.sources, where
            for source in one.sources:
                assert all(
                    (source.title, source.publisher, source.url.startswith(("https://", "http://")))
                ), where
                assert re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", source.date), where
            match one.kind:
                case "technique":
                    assert re.fullmatch(r"T\d{4}(\.\d{3})?", one.value)
                case "sign":
                    assert one.value in SIGN
                case "theme":
                    assert one.value in THEMES
                case "target":
                    kind, _, value = one.value.partition(":")
                    assert value in SECTORS if kind == "sector" else re.fullmatch("[A-Z]{2}", value)


def test_shipped_profiles_name_no_state_as_sponsor_and_keep_to_plain_words(
    shipped: tuple[Actor, ...],
) -> None:
    for actor in shipped:
        said = [actor.note, *(one.text for one in actor.statements)]
        said += [text for name in actor.names for text in (name.note, *name.also)]
        for text in said:
            assert not FORBIDDEN.search(text), f"{actor.id}: {text}"
        titles = [source.title for one in actor.statements for source in one.sources]
        for text in (*said, *titles):
            assert not BEHIND.search(text), f"{actor.id}: {text}"


def test_names_that_several_actors_bear_are_marked(shipped: tuple[Actor, ...]) -> None:
    assert load_profiles().problems == ()
    marked = {name.name for actor in shipped for name in actor.names if name.ambiguous}
    assert {"Charming Kitten", "Lazarus Group", "APT43"} <= marked
    assert all(name.also or name.note for actor in shipped for name in actor.names if name.ambiguous)


def test_list_and_show(tmp_path: Path) -> None:
    listed = words(actors(tmp_path, "list"))
    assert "apt31" in listed
    assert "ZIRCONIUM" in listed
    assert "Charming Kitten ?" in listed
    found = records(actors(tmp_path, "list", "--json").stdout)
    assert len(found) == len(shipped_profiles())
    by_alias = records(actors(tmp_path, "show", "violet typhoon", "--json").stdout)
    assert [one["id"] for one in by_alias] == ["apt31"]
    assert by_alias == records(actors(tmp_path, "show", "G0128", "--json").stdout)
    told = words(actors(tmp_path, "show", "apt31"))
    assert "hidden-beacon Opening the mail was enough" in told
    assert "hxxps://blogs[.]microsoft[.]com" in told
    assert "https://" not in told
    assert "not a sample of mail" in told


def test_an_ambiguous_name_lists_its_bearers_and_is_refused(tmp_path: Path) -> None:
    result = actors(tmp_path, "show", "Charming Kitten", code=WRONG_USE)
    said = result.stderr.decode()
    assert result.stdout == b""
    assert "apt42:" in said
    assert "magic-hound:" in said
    assert "several actors are called so" in said
    assert "did you mean 'Violet Typhoon'" in actors(
        tmp_path, "show", "Violet Thypoon", code=WRONG_USE
    ).stderr.decode().replace("\n", " ")
    actors(tmp_path, "show", "lazarus-group")  # an id means itself, whoever else is called so


def test_profiles_of_ones_own_add_to_the_shipped_ones_and_replace_them(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "grey-heron.toml").write_text(HERON, encoding="utf-8")
    _, _, rest = HERON.partition("[sources")
    added = f"[sources{rest.partition('[[infra')[0]}denied = true\n"
    (own / "apt31.toml").write_text(added, encoding="utf-8")
    (own / "apt40.toml").write_text('name = "APT40"\nreplace = true\n', encoding="utf-8")
    checked = words(actors(tmp_path, "check", own))
    assert "8 statements on 3 actors: can be used" in checked
    assert "adds to apt31" in checked

    before = {actor.id: actor for actor in load_profiles().actors}
    profiles = load_profiles(own)
    after = {actor.id: actor for actor in profiles.actors}
    assert after["apt40"].statements == ()
    assert set(before["apt31"].statements) < set(after["apt31"].statements)
    (new,) = {one.sources[0].publisher for one in after["apt31"].statements} - {
        one.sources[0].publisher for one in before["apt31"].statements
    }
    assert new == "Desk of the Ore Post"
    heron = after["grey-heron"]
    assert [name.name for name in heron.names] == ["Grey Heron", "TA9000", "Night Bird"]
    assert {one.value for one in heron.statements} == {
        "hidden-beacon", "asks-nothing", "news.heron.example", "sector:parliament", "country:BE", "country:NL",
    }  # fmt: skip
    assert called("ta 9000", profiles).actor is heron
    assert called("Night Bird", profiles).candidates == (heron,)

    told = words(actors(tmp_path, "show", "APT31", "--actors", own))
    assert "not its habit: hidden-beacon, asks-nothing" in told
    (tmp_path / "settings.toml").write_text('actors = "own"\n', encoding="utf-8")
    told = words(actors(tmp_path, "show", "TA9000", "--config", tmp_path / "settings.toml"))
    assert "news[.]heron[.]example" in told
    assert "until 2026-05-20" in told


def test_attack_and_galaxy_files_are_known_by_content(tmp_path: Path) -> None:
    (tmp_path / "grey-heron.toml").write_text(HERON, encoding="utf-8")
    group = {
        "external_id": "G9001",
        "source_name": "mitre-attack",
        "url": "https://attack.mitre.org/groups/G9001",
    }
    bundle = {
        "type": "bundle",
        "objects": [
            {
                "type": "intrusion-set",
                "id": "intrusion-set--11111111-1111-4111-8111-111111111111",
                "name": "Marsh Heron",
                "aliases": ["Marsh Heron", "Reed Group"],
                "external_references": [group],
            }
        ],
    }
    galaxy = {
        "type": "threat-actor",
        "values": [{"value": "Brown Owl", "uuid": "22222222-2222-4222-8222-222222222222", "meta": {}}],
    }
    (tmp_path / "a.json").write_text(json.dumps(bundle), encoding="utf-8")
    (tmp_path / "b.json").write_text("\ufeff" + json.dumps(galaxy), encoding="utf-8")
    profiles = load_profiles(tmp_path)
    heron = called("Reed Group", profiles).actor
    assert heron is not None
    assert heron.id == "grey-heron"
    assert "brown-owl" in {actor.id for actor in profiles.actors}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "Grey Heron"', 'nam = "Grey Heron"', "did you mean 'name'"),
        ('name = "Grey Heron"', "", "name is missing"),
        ('name = "Grey Heron"', 'name = "Grey Heron"\ncountry = "XX"', "names no state"),
        ('name = "Grey Heron"', 'name = "Grey Heron"\nkind = "state"', "expected one of group, criminal"),
        ('name = "Grey Heron"', 'name = "Grey\\u001bHeron"', "control character U+001B"),
        ("date = 2026-06-02", "", 'date is missing; write when it was published, as in date = "2024-05"'),
        ("date = 2026-06-02", 'date = "2026-13"', "expected a day, month or year"),
        ("date = 2026-06-02", "date = true", "expected a day, month or year"),
        ('"https://desk.example/notes"', '"javascript:alert(1)"', "expected https"),
        ('sources = "desk-2026"\n', "", "sources is missing; name who published it"),
        ('sources = "desk-2026"', "sources = []", "sources is an empty list"),
        ('sources = "desk-2026"', 'sources = "desk-206"', "did you mean 'desk-2026'"),
        ('"hidden-beacon"', '"hiden-beacon"', "did you mean 'hidden-beacon'"),
        ('sector = "parliament"', 'sector = "parlament"', "did you mean 'parliament'"),
        ('"BE"', '"be"', "two capitals"),
        ('"News.Heron.example"', '"hxxp://news[.]heron[.]example"', "without scheme, path or brackets"),
        ('until = "2026-05-20"', 'until = "soon"', "until is 'soon'"),
        ('also = ["Brown Owl"]', "", "who else is called so"),
        ("[[sign]]", '[[technique]]\nid = "1598"\ntext = "x"\nsources = "desk-2026"\n[[sign]]', "T1598.003"),
        ("[[sign]]", "[[sign]]\nwho = 1", "unknown key 'who'"),
        ("[[sign]]", "[sign]", "expected [[sign]] tables"),
        ("attack =", "attck =", "did you mean 'attack'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert mistakes(tmp_path, HERON) == ""
    assert old in HERON
    assert said in mistakes(tmp_path, HERON.replace(old, new, 1))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "lower case" in mistakes(tmp_path, HERON, "Grey Heron.toml")
    assert "dots" in mistakes(tmp_path, "a" + ".a" * 100_000 + " = 1")
    assert "not valid TOML" in mistakes(tmp_path, "x = " + "[" * 50_000)
    assert "not valid TOML" in mistakes(tmp_path, "x = " + "9" * 6_000)
    assert "larger" in mistakes(tmp_path, "#" * (MAX_BYTES + 1))
    assert "neither an ATT&CK bundle" in mistakes(tmp_path, "{}", "x.json")
    assert "is not JSON" in mistakes(tmp_path, '{"objects": [', "x.json")
    assert "expected an ATT&CK bundle" in mistakes(tmp_path, '{"type": "bundle", "objects": 5}', "x.json")
    (tmp_path / "empty").mkdir()
    assert "no profiles here" in str(check_profiles(tmp_path / "empty").mistakes)
    actors(tmp_path, "check", tmp_path / "nothing", code=WRONG_USE)
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "X"\nsponsor = "Y"\n', encoding="utf-8")
    assert "names no state" in words(actors(tmp_path, "check", bad, code=1))
    (record,) = records(actors(tmp_path, "check", bad, "--json", code=1).stdout)
    assert record["valid"] is False
    assert len(record["mistakes"]) == 1
    assert b"names no state" in actors(tmp_path, "list", "--actors", bad, code=WRONG_USE).stderr


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="[]{}=\"'.,\n #abs-1é\x00", max_size=80), st.integers(0, len(HERON)))
def test_no_profile_makes_it_fail(piece: str, at: int) -> None:
    text = HERON[:at] + piece + HERON[at:]
    try:
        written = decode_profile(text.encode(), "x.toml", "x", "x.toml")
    except ProfileError as error:
        told = error.mistakes
    else:
        told = (written.actor.id,)
    assert told
    assert all(0 < len(mistake) < 3_000 for mistake in told)


def test_the_page_lists_every_sign_theme_and_sector() -> None:
    page = (Path(__file__).parents[2] / "docs" / "actors.md").read_text(encoding="utf-8")
    assert [id_ for id_, sign in SIGN.items() if f"| `{id_}` | {sign.text} |" not in page] == []
    assert [word for word in (*THEMES, *SECTORS) if f"`{word}`" not in page] == []
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert len(decode_profile(example.encode(), "grey-heron.toml", "grey-heron", "x").actor.statements) == 5
