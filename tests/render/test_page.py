"""The page stands alone, shows hostile mail as text, says what it left out, and can be read in every way."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import pairwise

import html5lib
import msgspec
import pytest

from tests.render import factories
from tocsin.model.scan import Judged, Month, Summary
from tocsin.render import words
from tocsin.render.page import FULL_ALERTS, render_page
from tocsin.render.style import POLICY, STYLE

PAGES = {
    "alerts": (factories.summary(exercise=True), factories.alerts()),
    "no alert": (factories.empty(), []),
    "hostile": (factories.hostile_summary(), [factories.hostile()]),
    "one month": (factories.summary(months=factories.months(2021, 1, 1)), factories.alerts()),
    "240 months": (factories.summary(months=factories.months(2002, 3, 240)), factories.alerts()),
    "nothing read": (
        factories.summary(
            mails=0,
            unique=0,
            alerts=0,
            beaconing=0,
            mailboxes=(),
            months=(),
            sites=(),
            classes={},
            first_s=None,
            last_s=None,
        ),
        [],
    ),
}
ELEMENTS = (
    "html head meta title style body a header p strong main div h1 h2 h3 h4 dl dt dd section ol ul li nav "
    "span bdi table caption thead tbody tr th td details summary figure figcaption svg desc defs pattern "
    "rect line text tspan article small code blockquote footer br"
)


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return render_page(*PAGES[request.param])


def parsed(page: str) -> ElementTree.Element:
    """The tree as browsers build it; a parse error fails, so that all of them build the same."""
    root: ElementTree.Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return root


def name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def visible_text(root: ElementTree.Element) -> str:
    return " ".join(text(child) for child in root if name(child) == "body")


def by_name(root: ElementTree.Element, *names: str) -> Iterator[ElementTree.Element]:
    return (element for element in root.iter() if name(element) in names)


def test_page_holds_only_known_elements_and_no_way_out(page: str) -> None:
    root = parsed(page)
    ids = {element.get("id") for element in root.iter()}
    assert {name(element) for element in root.iter()} <= set(ELEMENTS.split())
    for element in root.iter():
        for attribute, value in element.attrib.items():
            attribute = attribute.rpartition("}")[2].lower()
            assert not attribute.startswith("on"), f"{name(element)} {attribute}"
            assert attribute not in (
                "src",
                "srcset",
                "style",
                "action",
                "ping",
                "background",
                "poster",
                "data",
            )
            assert "//" not in value, f"{name(element)} {attribute}={value}"
            if attribute == "href":
                assert value.startswith("#")
                assert value[1:] in ids
            if "url(" in value:
                assert re.fullmatch(r"url\(#[a-z\-]+\)", value)
                assert value[5:-1] in ids


def test_style_loads_nothing() -> None:
    assert not re.search(r"url\s*\(|@import|@font-face|image-set|//|\\|<", STYLE, re.IGNORECASE)


def test_policy_is_strict_and_first(page: str) -> None:
    metas = list(by_name(parsed(page), "meta"))
    assert metas[0].get("charset") == "utf-8"
    assert metas[1].get("http-equiv") == "Content-Security-Policy"
    assert metas[1].get("content") == POLICY == "default-src 'none'; style-src 'unsafe-inline'"
    contents = {meta.get("name"): meta.get("content", "") for meta in metas}
    assert contents["referrer"] == "no-referrer"
    assert "noindex" in contents["robots"]


def test_headings_go_down_one_step_at_a_time(page: str) -> None:
    levels = [int(name(element)[1]) for element in by_name(parsed(page), "h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_screen_readers_find_their_way(page: str) -> None:
    root = parsed(page)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert root.get("lang") == "en"
    assert len(ids) == len(set(ids))
    first = next(by_name(root, "a"))
    assert first.get("class") == "skip"
    assert first.get("href", "")[1:] in ids
    assert [name(element) for element in by_name(root, "main", "footer")] == ["main", "footer"]
    for element in root.iter():
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert set(element.get(attribute, "").split()) <= set(ids)


def test_every_picture_is_told_in_words(page: str) -> None:
    for picture in by_name(parsed(page), "svg"):
        children = {name(child): child for child in picture}
        assert text(children["title"])
        assert text(children["desc"])
        assert picture.get("aria-hidden") == "true" or picture.get("role") == "img"


def test_every_table_has_a_caption_and_scopes(page: str) -> None:
    for table in by_name(parsed(page), "table"):
        assert text(next(by_name(table, "caption")))
        assert all(header.get("scope") in ("row", "col") for header in by_name(table, "th"))


def test_charts_have_their_numbers_as_tables() -> None:
    summary = factories.summary()
    tables = {
        text(next(by_name(t, "caption"))): t for t in by_name(parsed(render_page(summary, [])), "table")
    }
    rows = [[text(cell) for cell in row] for row in by_name(tables["Mails by month"], "tr")][1:]
    assert len(rows) == 24
    assert rows[0] == ["January 2020", "94", "0", "48", "0"]
    assert rows[6] == ["July 2020", "no mail"]
    sites = [
        [text(cell) for cell in row] for row in by_name(tables["Destinations, those with alerts first"], "tr")
    ][1:]
    assert sites[0] == ["dailyworldpress[.]example", "other", "4", "0", "3"]
    assert len(sites) == len(summary.sites)


def test_page_answers_before_it_explains() -> None:
    root = parsed(render_page(*PAGES["alerts"]))
    heads = [text(element) for element in by_name(root, "h1", "h2")]
    assert heads == [
        "4 of 1,187 mails need a look.",
        "What to do now",
        "The mails that need a look",
        "What we read",
        "What we could not read or check",
        "When mails that phone home arrived",
        "Whom they would tell",
        "The alerts one by one",
        "How to read the numbers",
    ]
    assert words.EXERCISE in visible_text(root)
    assert words.EXERCISE not in render_page(factories.summary(), factories.alerts())


def test_index_leads_to_every_alert() -> None:
    root = parsed(render_page(*PAGES["alerts"]))
    links = [a.get("href") for nav in by_name(root, "nav") for a in by_name(nav, "a")]
    assert links == ["#alert-1", "#alert-2", "#alert-3", "#alert-4"]
    assert [article.get("id") for article in by_name(root, "article")] == [link[1:] for link in links if link]


def test_an_alert_shows_its_evidence() -> None:
    judged = factories.judged()
    article = text(next(by_name(parsed(render_page(factories.summary(), [judged])), "article")))
    mail = judged.observed
    for expected in (
        "Very likely reconnaissance (93 %)",
        mail.subject,
        "desk@freemail[.]example",
        "12 Jan 2021 09:18 UTC",
        "amina.verlinde@parlement[.]example",
        "loads a hidden picture",
        "hxxps://img[.]dailyworldpress[.]example/o/7f3c",
        "the reader's address",
        "only in Apple Mail, Thunderbird",
        "asks for a receipt",
        "the network address",
        "+2.80",
        "−1.20",
        "6 reasons for, 2 against, 1 not checked",
        "whether the sender is genuine was not evaluated",
        "The last boundary of the multipart is missing.",
        mail.sha256,
        "/home/amina/Mail/parliament.mbox#@48213",
        "Lawmakers will next week debate",
        "Read the full story",
    ):
        assert expected in article


def test_first_three_alerts_are_unfolded_and_each_ends_with_advice() -> None:
    articles = list(by_name(parsed(render_page(*PAGES["alerts"])), "article"))
    unfolded = [[details.get("open") is not None for details in by_name(a, "details")] for a in articles]
    assert unfolded == [[True, True]] * 3 + [[False, False]]
    assert all(text(list(article)[-1]).startswith(words.ADVICE_LINE) for article in articles)
    assert words.ADVICE_PHISHING in text(list(articles[3])[-1])


def test_hostile_mail_is_shown_as_text() -> None:
    root = parsed(render_page(*PAGES["hostile"]))
    body = visible_text(root)
    assert "</style><script>alert(1)</script>" in body
    assert "⟨U+202E⟩" in body
    assert "⟨U+0000⟩" in body
    assert "⟨U+001B⟩" in body
    assert "⟨U+DCE9⟩" in body
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", body)
    assert len(max(body.split(), key=len)) <= 1100
    assert "10,2" in body  # a token that was cut says how long it was


def test_page_can_be_written_as_utf_8() -> None:
    assert render_page(*PAGES["hostile"]).encode("utf-8")


def test_text_from_mail_is_isolated_in_direction() -> None:
    subject = "שלום Parliament"
    root = parsed(render_page(factories.summary(), [factories.judged(subject=subject)]))
    isolated = [text(element) for element in by_name(root, "bdi")]
    assert isolated.count(subject) == 2  # in the index and in the article


def test_no_address_on_the_page_can_be_clicked_or_copied_into_a_browser(page: str) -> None:
    body = visible_text(parsed(page))
    assert not re.search(r"https?://|ftp://", body, re.IGNORECASE)
    for host in (
        "evil.example",
        "evil.test",
        "dailyworldpress.example",
        "freemail.example",
        "parlement.example",
    ):
        assert host not in body


def test_alerts_past_the_cap_are_counted() -> None:
    alerts = [factories.judged(number) for number in range(FULL_ALERTS + 3)]
    root = parsed(render_page(factories.summary(unique=900, alerts=len(alerts)), alerts))
    assert len(list(by_name(root, "article"))) == FULL_ALERTS
    assert visible_text(root).count("3 more alerts are not on this page; --json lists all.") == 2


def test_page_without_alert_says_what_that_means() -> None:
    root = parsed(render_page(*PAGES["no alert"]))
    body = visible_text(root)
    assert "We found no sign of reconnaissance or phishing in what we could read." in body
    assert words.MISS_RATE in body
    assert "a password-protected archive" in body
    assert "17 mails could not be checked in full" in body
    assert not list(by_name(root, "article", "nav"))


def test_page_without_mail_says_so() -> None:
    root = parsed(render_page(*PAGES["nothing read"]))
    assert text(next(by_name(root, "h1"))) == "No mail was read."
    assert not list(by_name(root, "figure"))


def test_interrupted_scan_says_so() -> None:
    page = render_page(factories.summary(interrupted=True), [])
    assert words.INTERRUPTED in visible_text(parsed(page))


def test_likelihood_never_claims_certainty() -> None:
    judged = factories.judged(verdict=factories.verdict(likelihood=1.0, band="almost certain"))
    body = visible_text(parsed(render_page(factories.summary(), [judged])))
    assert "Almost certain reconnaissance (over 99 %)" in body
    assert "100 %" not in body


def test_a_mail_that_drowns_its_reader_does_not_drown_the_page() -> None:
    many = tuple(factories.beacon(url=f"https://host-{n}.test/p") for n in range(5_000))
    page = render_page(factories.summary(), [factories.judged(beacons=many)])
    assert len(page) < 100_000
    assert "more places; <code>--json</code> lists all." in page


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_colours_have_enough_contrast(scheme: str) -> None:
    roots = re.findall(r":root\{([^}]*)\}", STYLE)
    colours = {
        key: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:])
        for key, value in re.findall(
            r"--(\w+):(#[0-9a-f]{6}|#[0-9a-f]{3})\b", roots[["light", "dark", "print"].index(scheme)]
        )
    }
    for front, backs, least in (
        ("ink", ("paper", "card", "faint", "tint"), 4.5),
        ("soft", ("paper", "card"), 4.5),
        ("accent", ("paper", "card"), 4.5),
        ("known", ("card",), 3.0),
        ("hatch", ("card",), 3.0),
    ):
        for back in backs:
            assert contrast(colours[front], colours[back]) >= least, f"{front} on {back}"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, 1..21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_same_values_give_the_same_page() -> None:
    summary: Summary = factories.summary()
    alerts: list[Judged] = factories.alerts()
    assert render_page(summary, alerts) == render_page(summary, alerts)


def test_undated_and_far_mails_are_said() -> None:
    months = (Month("1970-01", 1, 0, 0, 0), *factories.months(2020, 1, 24), Month("2038-01", 2, 0, 1, 1))
    summary = msgspec.structs.replace(
        factories.summary(months=months), unique=5 + sum(m.mails for m in months)
    )
    body = visible_text(parsed(render_page(summary, [])))
    assert "5 mails without a usable date." in body
    assert "3 mails dated far from the rest (1970-01: 1; 2038-01: 2, 1 alert)." in body
