"""Outlets bear no name that people, ministries and shops bear too: their mail claims no outlet."""

from __future__ import annotations

import pytest

from tocsin.app.names import load_names
from tocsin.model.names import KnownName
from tocsin.observe.names import compile_names, find_in_name

MEDIA = {"agency", "newspaper", "broadcaster", "magazine", "online"}
OUTLETS: list[KnownName] = [entry for entry in load_names().entries if entry.kind in MEDIA]
BOOK = compile_names(OUTLETS)


@pytest.mark.parametrize(
    "name",
    [
        "Wilfried Maes",
        "Marianne Peeters",
        "Malcolm Forbes",
        "Agnès Rossel",
        "Leta Smith",
        "Wafa Benali",
        "B. T. Jansen",
        "Ministry of Foreign Affairs",
        "House Foreign Affairs Committee",
        "Foreign Policy Research Institute",
        "Cumhuriyet Halk Partisi",
        "Göttinger Tageblatt",
        "Galleria d'Arte Moderna",
        "Croce Rossa Internazionale",
        "Referat Internationale Politik",
        "Hotel Dolomiten",
        "Norwegian Refugee Council",
        "Apache Software Foundation",
        "Managed Detection (MDR)",
        "Challenges Team",
        "People and Culture",
        "Nature Reserve",
        "Focus Group",
        "Open Time",
    ],
)
def test_everyday_names_claim_no_outlet(name: str) -> None:
    assert find_in_name(BOOK, name) == []


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Ann Peeters (Knack redactie)", "knack"),
        ("VRT NWS", "vrt"),
        ("Jan Janssens | De Standaard", "de-standaard"),
        ("Le Soir - rédaction", "le-soir"),
        ("Reuters Brussels", "reuters"),
        ("Marie Dupont, AFP", "agence-france-presse"),
        ("POLITICO Brussels Playbook", "politico-europe"),
        ("The Guardian", "the-guardian"),
        ("Radio Free Asia", "radio-free-asia"),
        ("Iran International newsroom", "iran-international"),
    ],
)
def test_an_outlet_in_a_display_name_is_known(name: str, id_: str) -> None:
    assert id_ in find_in_name(BOOK, name)
