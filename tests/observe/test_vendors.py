import re
import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from publicsuffixlist import PublicSuffixList

from tocsin.app.catalogue import (
    CatalogueError,
    decode_shipped_vendors,
    load_catalogue,
)
from tocsin.model.catalogue import Catalogue, HostingGroup, Vendor
from tocsin.observe.vendors import (
    find_sender_vendor,
    find_vendor,
    hosting_group,
    index_catalogue,
    vendor_by_header,
    vendor_by_path,
)

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_RESERVED = (".example", ".test", ".invalid")


def _data(name: str) -> str:
    return resources.files("tocsin").joinpath("data", name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    """What is shipped about real services; those of the exercises are fictional."""
    whole = load_catalogue()
    real = [vendor for vendor in whole.vendors if not vendor.id.startswith("exercise-")]
    return index_catalogue(real, whole.hosting)


def test_the_services_of_exercises_live_on_reserved_names() -> None:
    fictional = [vendor for vendor in load_catalogue().vendors if vendor.id.startswith("exercise-")]
    assert fictional
    hosts = [host for vendor in fictional for host in (*vendor.hosts, *vendor.senders)]
    assert [host for host in hosts if not host.endswith(_RESERVED)] == []


def test_the_list_is_long_and_every_id_is_unique(shipped: Catalogue) -> None:
    ids = [vendor.id for vendor in shipped.vendors]
    assert len(ids) >= 250
    assert len(set(ids)) == len(ids)


def test_the_quick_reader_agrees_with_tomllib() -> None:
    text = _data("vendors.toml")
    assert decode_shipped_vendors(text) == msgspec.convert(tomllib.loads(text)["vendor"], list[Vendor])


@pytest.mark.parametrize(
    "text",
    [
        '[[vendor]]\nid = "a"\n',
        "[[vendor]]\nid = 'a'\nname = \"A\"\n",
        '[[vendor]]\nid = "a"\nhost = ["a.example"]\n',
    ],
)
def test_the_quick_reader_refuses_what_is_not_a_vendor(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_shipped_vendors(text)


def test_every_host_is_a_lower_case_name_below_a_public_suffix(shipped: Catalogue) -> None:
    suffixes = PublicSuffixList()
    wrong = [
        (vendor.id, host)
        for vendor in shipped.vendors
        for host in (*vendor.hosts, *vendor.senders)
        if not _HOST.fullmatch(host) or suffixes.privatesuffix(host) is None
    ]
    assert wrong == []


def test_no_host_is_claimed_by_two_vendors(shipped: Catalogue) -> None:
    claims = Counter(host for vendor in shipped.vendors for host in {*vendor.hosts, *vendor.senders})
    assert [host for host, count in claims.items() if count > 1] == []
    for vendor in shipped.vendors:
        assert len(set(vendor.hosts)) == len(vendor.hosts), vendor.id
        assert len(set(vendor.senders)) == len(vendor.senders), vendor.id


def test_every_vendor_has_hosts_and_an_https_source(shipped: Catalogue) -> None:
    assert [vendor.id for vendor in shipped.vendors if not vendor.hosts] == []
    assert [vendor.id for vendor in shipped.vendors if not vendor.source.startswith("https://")] == []


def test_paths_and_headers_belong_to_one_vendor(shipped: Catalogue) -> None:
    paths = [path for vendor in shipped.vendors for path in vendor.paths]
    headers = [header for vendor in shipped.vendors for header in vendor.headers]
    assert len(set(paths)) == len(paths)
    assert len(set(headers)) == len(headers)
    assert [header for header in headers if header != header.lower()] == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("mailchimp.com", "mailchimp"),
        ("us1.list-manage.com", "mailchimp"),
        ("US1.List-Manage.COM.", "mailchimp"),
        ("notmailchimp.com", None),
        ("mailchimp.com.attacker.example", None),
        ("mailchimp.com.", "mailchimp"),
        ("com", None),
        ("", None),
        (".", None),
        ("192.0.2.1", None),
        ("v2-dot-yamm-track.appspot.com", "yamm"),
        ("yamm-track-dot-someone.appspot.com", None),
    ],
)
def test_hosts_match_on_label_boundaries(shipped: Catalogue, host: str, expected: str | None) -> None:
    found = find_vendor(shipped, host)
    assert (found.id if found else None) == expected


def test_the_longest_suffix_decides() -> None:
    outer = Vendor("outer", "Outer", "esp", ("mail.example",), "https://mail.example/")
    inner = Vendor("inner", "Inner", "crm", ("crm.mail.example",), "https://mail.example/")
    catalogue = index_catalogue([inner, outer], {})
    assert find_vendor(catalogue, "a.crm.mail.example") == inner
    assert find_vendor(catalogue, "a.mail.example") == outer


def test_senders_are_looked_up_apart_from_hosts(shipped: Catalogue) -> None:
    sender = find_sender_vendor(shipped, "mail12.suw11.mcsv.net")
    assert sender is not None
    assert sender.id == "mailchimp"
    assert find_vendor(shipped, "mail12.suw11.mcsv.net") is None


def test_a_vendors_own_host_counts_as_its_sender_unless_another_names_it() -> None:
    first = Vendor("first", "First", "esp", ("a.example",), "https://a.example/")
    second = Vendor("second", "Second", "esp", ("b.example",), "https://b.example/", ("mta.a.example",))
    catalogue = index_catalogue([first, second], {})
    assert find_sender_vendor(catalogue, "a.example") == first
    assert find_sender_vendor(catalogue, "x.mta.a.example") == second


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/track/open.php?u=1f&id=2b", "mailchimp"),
        ("/wf/open?upn=u001.abc", "sendgrid"),
        ("/lists/ut.php?u=0123", "phplist"),
        ("/p/rp/0a1b2c3d4e5f6071.png?mi_u=20317&cell=3", "movable-ink"),
        ("/p/cp/9f8e7d6c/o.gif?cell=3&mi_u=20317", "movable-ink"),
        ("/tr/op/gTsT4LAPnX62R5", "brevo"),
        ("/ss/o/ltzzm0tTsDh4aJ/41z/Pvt5wVdHQs/ho.gif", "sendgrid"),
        ("/e/eo?_t=5f8d78d817c9&_m=be0a7a5d", "iterable"),
        ("/acton/o/1234/s-0001/l-0002/0003/endline.gif", "act-on"),
        ("/museum/acton/opening.jpg?semi_u=3", None),
        ("/?mailpoet_router&endpoint=track&action=open&data=x", "mailpoet"),
        ("/images/logo.png?width=600", None),
        ("", None),
    ],
)
def test_open_beacons_on_customers_domains_are_known_by_path(
    shipped: Catalogue, path: str, expected: str | None
) -> None:
    found = vendor_by_path(shipped, path)
    assert (found.id if found else None) == expected


def test_every_path_is_found_again(shipped: Catalogue) -> None:
    for vendor in shipped.vendors:
        for path in vendor.paths:
            assert vendor_by_path(shipped, f"/x{path}1") == vendor, path


def test_headers_are_looked_up_whatever_their_case(shipped: Catalogue) -> None:
    found = vendor_by_header(shipped, "X-SG-EID")
    assert found is not None
    assert found.id == "sendgrid"
    assert vendor_by_header(shipped, "X-Mailer") is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("somebody.duckdns.org", "dynamic-dns"),
        ("page.netlify.app", "free-hosting"),
        ("bit.ly", "url-shorteners"),
        ("d111.cloudfront.net", "cloud"),
        ("drive.google.com", "file-hosts"),
        ("gmx.de", "freemail"),
        ("notgmx.de", None),
        ("news.example", None),
    ],
)
def test_rentable_hosting_is_told_by_group(shipped: Catalogue, host: str, expected: str | None) -> None:
    assert hosting_group(shipped, host) == expected


def test_no_hosting_suffix_stands_in_two_groups_or_is_a_vendors(shipped: Catalogue) -> None:
    hosts = [host for group in shipped.hosting.values() for host in group.hosts]
    assert len(set(hosts)) == len(hosts)
    assert [host for host in hosts if not _HOST.fullmatch(host)] == []
    assert [host for host in hosts if host in shipped.by_host] == []


def test_exercise_services_live_on_reserved_domains_only(shipped: Catalogue) -> None:
    document = tomllib.loads(_data("exercise-aliases.toml"))
    hosts = [host for entry in document["vendor"] for host in (*entry["hosts"], *entry["senders"])]
    hosts += [host for group in document["hosting"].values() for host in group["hosts"]]
    assert len(document["vendor"]) >= 14
    assert [host for host in hosts if not host.endswith(_RESERVED)] == []
    assert all(entry["id"].startswith("exercise-") for entry in document["vendor"])
    assert all(entry["source"] == "fictional: exercises only" for entry in document["vendor"])
    assert find_vendor(shipped, hosts[0]) is None


def test_exercise_services_are_known_in_evaluation() -> None:
    catalogue = load_catalogue()
    found = find_vendor(catalogue, "track.bulkwell.example")
    assert found is not None
    assert found.kind == "esp"
    assert hosting_group(catalogue, "post.test") == "freemail"
    assert hosting_group(catalogue, "gmx.de") == "freemail"


_ENTRY = (
    '[[vendor]]\nid = "ours"\nname = "Ours"\nkind = "esp"\nhosts = ["ours.example"]\nsource = "own list"\n'
)


def _write(directory: Path, text: str) -> Path:
    path = directory / "vendors.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_operators_vendor_is_added_and_its_claims_win(tmp_path: Path) -> None:
    text = _ENTRY.replace('"ours.example"', '"ours.example", "list-manage.com"')
    catalogue = load_catalogue(
        _write(tmp_path, text + '[hosting.freemail]\nsource = "x"\nhosts = ["town.example"]\n')
    )
    for host, expected in (
        ("t.ours.example", "ours"),
        ("us1.list-manage.com", "ours"),
        ("mailchimp.com", "mailchimp"),
    ):
        found = find_vendor(catalogue, host)
        assert found is not None
        assert found.id == expected
    assert hosting_group(catalogue, "town.example") == "freemail"
    assert hosting_group(catalogue, "gmail.com") == "freemail"


def test_an_operators_vendor_replaces_ours_of_the_same_id(tmp_path: Path) -> None:
    catalogue = load_catalogue(_write(tmp_path, _ENTRY.replace('"ours"', '"mailchimp"')))
    assert find_vendor(catalogue, "mailchimp.com") is None
    assert sum(vendor.id == "mailchimp" for vendor in catalogue.vendors) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vendor = 1", ["[[vendor]]"]),
        ("[[vendr]]\nid = 'a'", ["unknown key 'vendr'", "[[vendor]]"]),
        ("[[vendor]\n", ["not valid TOML"]),
        (
            _ENTRY + "host = ['a.example']\n",
            ["vendor 1 ('ours')", "unknown key 'host'", "did you mean 'hosts'"],
        ),
        (_ENTRY.replace('"esp"', '"newletter"'), ["vendor 1 ('ours')", "did you mean 'newsletter'"]),
        (_ENTRY.replace('"esp"', "5"), ["vendor 1 ('ours')", "kind"]),
        (_ENTRY.replace('"esp"', "['esp']"), ["vendor 1 ('ours')", "kind"]),
        (_ENTRY.replace('name = "Ours"\n', ""), ["vendor 1 ('ours')", "`name`"]),
        (_ENTRY.replace('["ours.example"]', '"ours.example"'), ["vendor 1 ('ours')", "hosts"]),
        (_ENTRY.replace("ours.example", "https://ours.example/"), ["vendor 1 ('ours')", "without scheme"]),
        (_ENTRY.replace("ours.example", "Ours.example"), ["'Ours.example'", "lower-case"]),
        (_ENTRY.replace("ours.example", "com"), ["'com'", "with a dot"]),
        (_ENTRY.replace('["ours.example"]', "[]"), ["at least one host"]),
        (_ENTRY.replace('"ours"', '"Our Mailer"'), ["'Our Mailer'", "kebab case"]),
        (_ENTRY + "paths = ['/']\n", ["paths has '/'"]),
        (_ENTRY + "headers = ['X-Ours']\n", ["headers has 'X-Ours'", "lower-case"]),
        (_ENTRY + _ENTRY, ["vendor 2 ('ours')", "twice"]),
        ("vendor = ['mailchimp']", ["vendor 1"]),
        ("[hosting.freemial]\nsource = 'x'\nhosts = []", ["'freemial'", "did you mean 'freemail'"]),
        ("[hosting.freemail]\nhosts = []", ["'freemail'", "source"]),
        ("[hosting.freemail]\nsource = 'x'\nhosts = ['*.a.example']", ["'freemail'", "'*.a.example'"]),
    ],
)
def test_a_bad_list_is_refused_with_file_entry_and_expectation(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(path)
    message = str(caught.value)
    assert str(path) in message
    assert [part for part in said if part not in message] == [], message


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=re.escape("nowhere.toml: cannot be read")):
        load_catalogue(tmp_path / "nowhere.toml")


def test_an_empty_catalogue_knows_nothing() -> None:
    catalogue = index_catalogue([], {"freemail": HostingGroup("none", ())})
    assert find_vendor(catalogue, "a.example") is None
    assert vendor_by_path(catalogue, "/track/open.php?u=1") is None
    assert hosting_group(catalogue, "a.example") is None
