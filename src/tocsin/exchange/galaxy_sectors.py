"""How the MISP galaxy calls sectors and countries, in our words and in ISO 3166."""

from __future__ import annotations

# What is not here ("Private sector", "Infrastructure", "Business") says too little to be compared.
_CALLED = {
    "government": (
        "government", "government, administration", "government administration", "government institutions",
        "government agencies and services", "intelligence", "security service", "justice",
    ),
    "diplomacy": ("diplomacy", "diplomatic", "embassies"),
    "parliament": ("parliament", "parliaments", "legislature"),
    "political-party": ("political party", "political parties"),
    "defence": ("defense", "defence", "defense industrial base", "defense contractor", "defense contractors"),
    "military": ("military",),
    "press": ("media", "news - media", "journalist", "journalists", "media and entertainment", "press"),
    "think-tank": ("think tanks", "think tank"),
    "academia": (
        "education", "universities", "academia - university", "research - innovation", "scientific research",
        "higher education", "academia",
    ),
    "ngo": ("civil society", "ngos", "ngo", "non-profit organisation", "non-profit organization"),
    "dissidents": (
        "dissidents", "dissident", "activists", "opposition",
        "pro-democracy and human rights political organizations",
    ),
    "lawyers": ("legal", "lawyers", "law firms"),
    "religion": ("religious organization", "religious organizations", "religion"),
    "international-organisation": ("intergovernmental", "international organizations"),
    "technology": (
        "technology", "high-tech", "high tech", "information technology", "semiconductor industry", "electronic",
        "electronics manufacturers",
    ),
    "energy": ("energy", "energy company", "electric", "oil", "gas", "petroleum"),
    "telecoms": ("telecoms", "telecomms", "telecommunications"),
    "finance": ("finance", "financial", "financial services", "bank", "banks", "payment", "investment"),
    "health": (
        "health", "healthcare", "medical", "biomedical", "pharmaceuticals", "pharmacy",
        "covid-19 research organizations",
    ),
    "manufacturing": (
        "manufacturing", "critical manufacturing", "industrial", "engineering", "civil engineering", "chemical",
        "automotive",
    ),
    "transport": ("transportation", "transportation systems", "maritime", "rail", "logistics"),
    "crypto-currency": ("cryptocurrency",),
    "aviation": ("aviation", "aerospace"),
}  # fmt: skip
SECTOR_OF = {called: sector for sector, words in _CALLED.items() for called in words}

# Where the galaxy's names of countries are not those of CLDR.
_ALSO = {
    "bosnia and herzegovina": "BA", "burma": "MM", "cape verde": "CV", "czech republic": "CZ", "hong kong": "HK",
    "iran (islamic republic of)": "IR", "ivory coast": "CI", "korea (democratic people's republic of)": "KP",
    "korea (republic of)": "KR", "macao": "MO", "macau": "MO", "myanmar": "MM", "palestine": "PS",
    "republic of korea": "KR", "russian federation": "RU", "swaziland": "SZ", "syrian arab republic": "SY",
    "the netherlands": "NL", "the philippines": "PH", "trinidad and tobago": "TT", "turkey": "TR", "türkiye": "TR",
    "uk": "GB", "united states of america": "US", "us": "US", "usa": "US", "viet nam": "VN", "vietnam": "VN",
}  # fmt: skip


def country_codes() -> dict[str, str]:
    """ISO 3166 alpha-2 codes by the English names of countries in lower case, as CLDR has them, and usual others."""
    from babel import Locale  # a tenth of a second, which only who reads a galaxy should pay

    named = {
        name.casefold(): code
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code not in ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ")
    }
    return named | _ALSO
