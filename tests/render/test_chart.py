"""Charts adapt to how much there is, draw nothing that is not there and hide nothing that is."""

from __future__ import annotations

import re

import pytest

from tests.render import factories
from tocsin.model.scan import Month, SiteCount
from tocsin.render.chart import MAX_BARS, draw_timeline, round_above, timeline
from tocsin.render.destinations import SHOWN_SITES, draw_sites, sides


@pytest.mark.parametrize(
    ("number", "unit", "bars"),
    [
        (1, "month", 1),
        (12, "month", 12),
        (36, "month", 36),
        (37, "quarter", 13),
        (100, "quarter", 34),
        (120, "year", 11),
        (240, "year", 21),
        (600, "2 years", 26),
    ],
)
def test_time_is_grouped_so_that_bars_stay_wide(number: int, unit: str, bars: int) -> None:
    line = timeline(factories.months(1975, 3, number))
    assert (line.unit, len(line.bars)) == (unit, bars)


@pytest.mark.parametrize("number", [1, 5, 24, 37, 240, 1200])
def test_grouping_loses_no_mail(number: int) -> None:
    months = factories.months(1900, 7, number)
    line = timeline(months)
    assert len(line.bars) <= MAX_BARS
    assert sum(bar.known for bar in line.bars) == sum(month.vendors for month in months)
    assert sum(bar.strangers for bar in line.bars) == sum(month.strangers for month in months)
    assert sum(bar.alerts for bar in line.bars) == sum(month.alerts for month in months)


def test_months_without_mail_are_gaps_unlike_months_without_beacons() -> None:
    line = timeline(
        [Month("2021-01", 5, 2, 0, 0), Month("2021-02", 7, 0, 0, 0), Month("2021-05", 1, 0, 1, 0)]
    )
    assert [bar.mails for bar in line.bars] == [5, 7, None, None, 1]
    assert draw_timeline(line).count('class="gap"') == 2


@pytest.mark.parametrize("number", [1, 2, 6, 9, 12, 24, 36, 60, 240, 600, 6000])
def test_axis_has_few_labels_and_at_least_one(number: int) -> None:
    labels = [bar.label for bar in timeline(factories.months(1400, 2, number)).bars if bar.label]
    assert 1 <= len(labels) <= 10
    assert len(set(labels)) == len(labels)


def test_broken_dates_do_not_squeeze_the_rest() -> None:
    usual = factories.months(2020, 1, 24)
    line = timeline((Month("1970-01", 1, 0, 0, 0), *usual, Month("9999-12", 1, 0, 1, 1)))
    assert len(line.bars) == 24
    assert [month.month for month in line.far] == ["1970-01", "9999-12"]


def test_a_long_pause_with_much_mail_before_it_stays() -> None:
    line = timeline((*factories.months(2005, 1, 12), *factories.months(2020, 1, 12)))
    assert not line.far
    assert line.bars[0].title == "2005"


def test_no_months_give_no_picture() -> None:
    assert draw_timeline(timeline(())) == ""


def test_one_mail_is_seen_beside_a_thousand() -> None:
    picture = draw_timeline(timeline([Month("2021-01", 1001, 1000, 1, 1)]))
    assert [float(tall) for tall in re.findall(r'class="stranger"[^>]* height="([\d.]+)"', picture)] == [4.0]
    assert "▲" in picture


def test_strangers_are_told_from_known_without_colour() -> None:
    picture = draw_timeline(timeline(factories.months(2021, 1, 6)))
    assert 'fill="url(#timeline-hatch)" class="stranger"' in picture
    assert "url(#" not in re.sub(r"<[^>]*stranger[^>]*>", "", picture)


def test_description_names_totals_and_alerted_months() -> None:
    picture = draw_timeline(timeline([Month("2021-01", 9, 4, 3, 2), Month("2021-02", 9, 4, 1, 0)]))
    assert "January 2021 to February 2021. 8 mails with beacons of known services" in picture
    assert "4 mails with a beacon to a stranger. Alerts: January 2021: 2." in picture


@pytest.mark.parametrize(
    ("value", "top"), [(1, 1), (3, 4), (4, 4), (5, 6), (7, 8), (9, 10), (51, 60), (199, 200), (801, 1000)]
)
def test_axis_ends_at_a_round_number(value: int, top: int) -> None:
    assert round_above(value) == top


def test_sites_with_alerts_are_never_left_out() -> None:
    sites = [SiteCount(f"host-{n}.test", "", 100 - n, 0) for n in range(30)] + [
        SiteCount("rare.test", "", 1, 1)
    ]
    known, others = sides([*sites, SiteCount("", "Veldpost", 5, 0)])
    assert [site.vendor for site in known] == ["Veldpost"]
    assert len(others) == SHOWN_SITES
    assert others[-1].site == "rare.test"


def test_a_site_that_sent_the_mail_itself_is_no_stranger() -> None:
    own = draw_sites([SiteCount("gemeente.test", "", 10, 0, 10)], 10, "a", "Title")
    mixed = draw_sites([SiteCount("gemeente.test", "", 10, 0, 6)], 10, "a", "Title")
    assert 'class="stranger"' not in own
    assert 'class="stranger"' in mixed
    assert 'class="known"' in mixed
    assert "6 of them sent by that site itself" in mixed


def test_bars_stay_inside_the_picture() -> None:
    picture = draw_sites(
        [SiteCount("a.test", "", 1000, 0, 999), SiteCount("b.test", "", 1, 1)], 1000, "a", "Title"
    )
    for left, wide in re.findall(r'<rect [^>]*x="([\d.]+)%"[^>]* width="([\d.]+)%"', picture):
        assert float(left) + float(wide) <= 100
