"""The shipped lists of names: every entry is well formed, and well-known facts are in them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib import resources
from typing import get_args

import msgspec
import pytest
from publicsuffixlist import PublicSuffixList

from tocsin.app.names import decode_shipped_names
from tocsin.model.names import KnownName, NameKind
from tocsin.observe.names import compile_names, find_in_name

FILES = ("outlets.toml", "institutions.toml")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
SUFFIXES = PublicSuffixList(accept_unknown=False)

# Staff of several titles write from these.
HOUSES = {
    "axelspringer.com",
    "axelspringer.de",
    "bonniernews.se",
    "condenast.com",
    "dpgmedia.be",
    "dpgmedia.nl",
    "funkemedien.de",
    "gedi.it",
    "ipmgroup.be",
    "mediafin.be",
    "mediahuis.be",
    "mediahuis.nl",
    "news.co.uk",
    "postmedia.com",
    "reachplc.com",
    "ringier.ch",
    "rossel.be",
    "roularta.be",
    "sanoma.fi",
    "schibsted.no",
    "schibsted.se",
    "tamedia.ch",
}

WELL_KNOWN = [
    ("Agence France-Presse", "afp.com"),
    ("Reuters", "reuters.com"),
    ("Associated Press", "apnews.com"),
    ("Belga News Agency", "belga.be"),
    ("Deutsche Presse-Agentur", "dpa.com"),
    ("Agencia EFE", "efe.com"),
    ("ANSA", "ansa.it"),
    ("Anadolu Agency", "aa.com.tr"),
    ("Xinhua", "xinhuanet.com"),
    ("De Standaard", "standaard.be"),
    ("De Morgen", "demorgen.be"),
    ("Het Laatste Nieuws", "hln.be"),
    ("Gazet van Antwerpen", "gva.be"),
    ("Het Belang van Limburg", "hbvl.be"),
    ("De Tijd", "tijd.be"),
    ("Le Soir", "lesoir.be"),
    ("La Libre Belgique", "lalibre.be"),
    ("L'Avenir", "lavenir.net"),
    ("GrenzEcho", "grenzecho.net"),
    ("VRT", "vrt.be"),
    ("RTBF", "rtbf.be"),
    ("Knack", "knack.be"),
    ("The Brussels Times", "brusselstimes.com"),
    ("Politico Europe", "politico.eu"),
    ("EUobserver", "euobserver.com"),
    ("Euronews", "euronews.com"),
    ("The Guardian", "theguardian.com"),
    ("The Guardian", "guardian.co.uk"),
    ("Financial Times", "ft.com"),
    ("BBC", "bbc.co.uk"),
    ("The New York Times", "nytimes.com"),
    ("The Wall Street Journal", "wsj.com"),
    ("Le Monde", "lemonde.fr"),
    ("Der Spiegel", "spiegel.de"),
    ("Süddeutsche Zeitung", "sueddeutsche.de"),
    ("El País", "elpais.com"),
    ("Corriere della Sera", "corriere.it"),
    ("Neue Zürcher Zeitung", "nzz.ch"),
    ("de Volkskrant", "volkskrant.nl"),
    ("Radio Free Asia", "rfa.org"),
    ("Voice of America", "voanews.com"),
    ("Radio Free Europe/Radio Liberty", "rferl.org"),
    ("Bitter Winter", "bitterwinter.org"),
    ("Hong Kong Free Press", "hongkongfp.com"),
    ("South China Morning Post", "scmp.com"),
    ("Iran International", "iranintl.com"),
    ("Meduza", "meduza.io"),
    ("Bellingcat", "bellingcat.com"),
    ("Ukrainska Pravda", "pravda.com.ua"),
    ("The Diplomat", "thediplomat.com"),
]

WELL_KNOWN_INSTITUTIONS = [
    ("Belgian Chamber of Representatives", "dekamer.be"),
    ("Belgian Chamber of Representatives", "lachambre.be"),
    ("Belgian Senate", "senate.be"),
    ("Flemish Parliament", "vlaamsparlement.be"),
    ("Parliament of Wallonia", "parlement-wallonie.be"),
    ("Parliament of the Brussels-Capital Region", "parlement.brussels"),
    ("Parliament of the German-speaking Community of Belgium", "pdg.be"),
    ("FPS Foreign Affairs of Belgium", "diplomatie.belgium.be"),
    ("FPS Foreign Affairs of Belgium", "diplobel.fed.be"),
    ("Belgian Defence", "mil.be"),
    ("Centre for Cybersecurity Belgium", "safeonweb.be"),
    ("Belgian State Security Service", "vsse.be"),
    ("KU Leuven", "kuleuven.be"),
    ("Egmont Institute", "egmontinstitute.be"),
    ("European Parliament", "europarl.europa.eu"),
    ("European Commission", "ec.europa.eu"),
    ("European External Action Service", "eeas.europa.eu"),
    ("European Union Agency for Cybersecurity", "enisa.europa.eu"),
    ("German Bundestag", "bundestag.de"),
    ("National Assembly of France", "assemblee-nationale.fr"),
    ("House of Representatives of the Netherlands", "tweedekamer.nl"),
    ("UK Parliament", "parliament.uk"),
    ("U.S. Department of State", "state.gov"),
    ("Legislative Yuan", "ly.gov.tw"),
    ("German Federal Foreign Office", "auswaertiges-amt.de"),
    ("United Nations", "un.org"),
    ("Council of Europe", "coe.int"),
    ("North Atlantic Treaty Organization", "nato.int"),
    ("Chatham House", "chathamhouse.org"),
    ("Mercator Institute for China Studies", "merics.org"),
    ("Carnegie Endowment for International Peace", "carnegieendowment.org"),
    ("Amnesty International", "amnesty.org"),
    ("Human Rights Watch", "hrw.org"),
    ("Inter-Parliamentary Alliance on China", "ipac.global"),
    ("World Uyghur Congress", "uyghurcongress.org"),
    ("International Campaign for Tibet", "savetibet.org"),
    ("Central Tibetan Administration", "tibet.net"),
]


def text_of(file: str) -> str:
    path = resources.files("tocsin").joinpath("data", file)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def read_names(file: str) -> list[KnownName]:
    return msgspec.convert(tomllib.loads(text_of(file)).get("name", []), list[KnownName])


OUTLETS = read_names("outlets.toml")
INSTITUTIONS = read_names("institutions.toml")
INSTITUTION_BOOK = compile_names(INSTITUTIONS)
MEDIA = {"agency", "newspaper", "broadcaster", "magazine", "online"}
ALL = [entry for file in FILES for entry in read_names(file)]


def repeated(values: list[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)


def test_there_are_outlets_enough() -> None:
    assert len(OUTLETS) >= 250
    assert sum(entry.country == "BE" for entry in OUTLETS) >= 60


def test_the_quick_reading_of_a_file_is_that_of_toml() -> None:
    assert decode_shipped_names(text_of("outlets.toml")) == OUTLETS


def test_ids_are_kebab_case_and_unique_over_both_files() -> None:
    assert repeated([entry.id for entry in ALL]) == []
    assert [e.id for e in ALL if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", e.id)] == []


def test_kinds_are_known_and_outlets_are_media() -> None:
    assert {entry.kind for entry in ALL} <= set(get_args(NameKind))
    assert {entry.kind for entry in OUTLETS} <= MEDIA


def test_domains_are_hosts_under_a_known_suffix() -> None:
    assert [entry.id for entry in ALL if not entry.domains] == []
    domains = [domain for entry in ALL for domain in entry.domains]
    assert [d for d in domains if not HOST.fullmatch(d) or d.startswith("www.")] == []
    assert [d for d in domains if SUFFIXES.publicsuffix(d) is None] == []
    # a parliament or a government may be a public suffix itself, an outlet is not
    assert [d for e in OUTLETS for d in e.domains if SUFFIXES.privatesuffix(d) is None] == []


def test_no_domain_of_an_outlet_stands_twice_but_that_of_its_house() -> None:
    shared = repeated([domain for entry in OUTLETS for domain in entry.domains])
    assert set(shared) <= HOUSES
    assert [e.id for e in OUTLETS if len(set(e.domains)) < len(e.domains)] == []
    elsewhere = {domain for entry in ALL if entry not in OUTLETS for domain in entry.domains}
    assert elsewhere.isdisjoint(domain for entry in OUTLETS for domain in entry.domains)


def test_every_source_is_a_public_page() -> None:
    assert [e.id for e in ALL if not re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]{2,}/\S*", e.source)] == []


def test_countries_are_codes() -> None:
    assert [e.id for e in ALL if e.country and not re.fullmatch(r"[A-Z]{2}", e.country)] == []


def test_names_and_aliases_are_long_enough_and_not_shared() -> None:
    assert [e.id for e in ALL for alias in e.aliases if len(alias) < 3 or alias != alias.strip()] == []
    spelled = [name.casefold() for e in OUTLETS for name in (e.name, *e.aliases)]
    assert repeated(spelled) == []


def test_no_outlet_owns_a_domain_where_anyone_gets_an_address() -> None:
    free = {
        "gmail.com",
        "outlook.com",
        "t-online.de",
        "uol.com.br",
        "globo.com",
        "sky.com",
        "onet.pl",
        "gmx.net",
    }
    assert free.isdisjoint(domain for entry in ALL for domain in entry.domains)


@pytest.mark.parametrize(("name", "domain"), WELL_KNOWN)
def test_a_well_known_outlet_has_its_domain(name: str, domain: str) -> None:
    (entry,) = [entry for entry in OUTLETS if entry.name == name]
    assert domain in entry.domains


def test_there_are_institutions_of_every_kind() -> None:
    assert len(INSTITUTIONS) >= 500
    assert sum(entry.country == "BE" for entry in INSTITUTIONS) >= 100
    assert {entry.kind for entry in INSTITUTIONS} == set(get_args(NameKind)) - MEDIA
    assert decode_shipped_names(text_of("institutions.toml")) == INSTITUTIONS


def test_every_member_state_has_its_parliament_and_its_foreign_ministry() -> None:
    states = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
    wanted = set(re.findall(r"\w\w", states + " GB US CA AU NZ CH NO IS UA MD GE TW JP KR"))
    parliaments = {entry.country for entry in INSTITUTIONS if entry.kind == "parliament"}
    ministries = {
        entry.country
        for entry in INSTITUTIONS
        if re.search("Foreign|Global Affairs|Department of State", entry.name)
    }
    assert wanted - parliaments == set()
    assert wanted - ministries == set()


def test_no_name_of_an_institution_is_shared() -> None:
    spelled = [n for e in INSTITUTIONS for n in {n.casefold() for n in (e.name, *e.aliases)}]
    assert repeated(spelled) == []
    assert {n.casefold() for e in OUTLETS for n in (e.name, *e.aliases)}.isdisjoint(spelled)


def test_institutions_of_the_union_write_from_its_domain() -> None:
    union = [entry for entry in INSTITUTIONS if entry.kind == "eu" and entry.id != "eu-eib"]
    assert [e.id for e in union if not e.domains[0].endswith(".europa.eu")] == []


@pytest.mark.parametrize(
    "name",
    [
        "Women in Trade",
        "Chamber of Commerce",
        "Antwerp Migration Museum",
        "Peter Groen",
        "Le Défi",
        "Les citoyens engagés",
        "White House Black Market",
        "Oxford University Press",
        "Kim Lane for US Senate",
        "Iris from Who Cares",
        "Unia Sport Club",
        "Impact Hub Brussels",
        "Mairie de Chambre",
    ],
)
def test_everyday_names_claim_no_institution(name: str) -> None:
    assert find_in_name(INSTITUTION_BOOK, name) == []


@pytest.mark.parametrize(("name", "domain"), WELL_KNOWN_INSTITUTIONS)
def test_a_well_known_institution_has_its_domain(name: str, domain: str) -> None:
    (entry,) = [entry for entry in INSTITUTIONS if entry.name == name]
    assert domain in entry.domains
    assert entry.id in find_in_name(INSTITUTION_BOOK, name)
