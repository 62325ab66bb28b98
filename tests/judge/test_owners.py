"""Owners that nobody wrote down."""

from __future__ import annotations

from tocsin.judge.owners import unlisted_owner
from tocsin.model.catalogue import HostingGroup
from tocsin.observe.vendors import index_catalogue

CATALOGUE = index_catalogue((), {"freemail": HostingGroup(source="a test", hosts=("free.test",))})


def test_the_domain_stands_for_the_organisation() -> None:
    assert unlisted_owner("ann@house.example", CATALOGUE).organisation == "house.example"


def test_behind_free_mail_everybody_is_alone() -> None:
    assert unlisted_owner("ann@free.test", CATALOGUE).organisation == "ann@free.test"


def test_an_unknown_owner_has_no_address() -> None:
    assert unlisted_owner("", CATALOGUE).addresses == ()
