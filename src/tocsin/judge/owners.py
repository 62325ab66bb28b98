"""Who owns a mailbox when nobody wrote it down."""

from __future__ import annotations

from tocsin.model.catalogue import Catalogue
from tocsin.model.people import Owner
from tocsin.observe.vendors import hosting_group


def unlisted_owner(address: str, catalogue: Catalogue | None = None) -> Owner:
    """An owner known by address alone: its domain is taken for the organisation.

    Behind a free mail service everybody is an organisation of their own, so the address itself stands for
    it. An empty address gives an owner that nothing is remembered about.
    """
    if not address:
        return Owner(addresses=())
    domain = address.rpartition("@")[2]
    free = catalogue is not None and hosting_group(catalogue, domain) == "freemail"
    return Owner(addresses=(address,), name=address, organisation=address if free or not domain else domain)
