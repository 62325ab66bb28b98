"""The detectors, in the order in which their reasons are shown; adding one is one line here and one in
weights.toml.
"""

from __future__ import annotations

from types import ModuleType

from tocsin.judge.detectors import (
    agenda,
    aligned_history,
    announced_drill,
    asks_for_action,
    attachment_lure,
    automatic,
    beacon_alone,
    borrowed_name,
    both_addresses,
    bulk_mechanics,
    calls_its_relay,
    changed_beacon_host,
    claimed_name,
    claims_thread,
    concealment,
    copied_article,
    credential_ask,
    deceptive_link,
    discussion_list,
    dmarc_fail_lax,
    domain_for_calls,
    empty_check,
    event_near,
    fan_out,
    file_path_ntlm,
    follow_up_click,
    freemail_reply_to,
    hidden_recipients,
    identity_mismatch,
    known_vendor,
    list_headers,
    lone_link,
    look_alike,
    machine_unnamed,
    no_beacon,
    no_relation,
    nothing_offered,
    odd_host,
    only_familiar,
    ordinary_pictures,
    own_address_each,
    own_domain_forged,
    own_mail,
    owner_wrote_first,
    past_the_service,
    payment_ask,
    personal_token,
    private_tracker,
    receipt_probe,
    regular_sender,
    role_from_outside,
    same_organisation,
    sender_unlike_reply,
    several_personas,
    subscribed,
    subscriber_footer,
    transactional,
    unknown_beacon_host,
    unlikely_clock,
    unpublished_address,
    wide_readership,
    young_domain,
)
from tocsin.judge.detectors.interface import Detector


def _listed(*modules: ModuleType) -> tuple[Detector, ...]:
    return tuple(Detector(m.__name__.rpartition(".")[2].replace("_", "-"), m.detect) for m in modules)


# About the call itself: only for mail that calls a host, or that follows an alert.
CALL_DETECTORS = _listed(
    several_personas,
    beacon_alone,
    empty_check,
    unknown_beacon_host,
    odd_host,
    concealment,
    file_path_ntlm,
    personal_token,
    receipt_probe,
    changed_beacon_host,
    calls_its_relay,
    domain_for_calls,
    past_the_service,
    private_tracker,
    own_address_each,
    both_addresses,
    copied_article,
    agenda,
    event_near,
    bulk_mechanics,
    known_vendor,
    ordinary_pictures,
    only_familiar,
    wide_readership,
    asks_for_action,
)
# About sender, relation and request: for every mail that offers anything to act on.
MAIL_DETECTORS = _listed(
    fan_out,
    no_relation,
    follow_up_click,
    look_alike,
    claimed_name,
    identity_mismatch,
    borrowed_name,
    own_domain_forged,
    dmarc_fail_lax,
    freemail_reply_to,
    sender_unlike_reply,
    hidden_recipients,
    machine_unnamed,
    unlikely_clock,
    role_from_outside,
    credential_ask,
    payment_ask,
    deceptive_link,
    lone_link,
    nothing_offered,
    attachment_lure,
    list_headers,
    subscriber_footer,
    discussion_list,
    transactional,
    announced_drill,
    aligned_history,
    regular_sender,
    subscribed,
    claims_thread,
    unpublished_address,
    young_domain,
)
# Cheap and telling: for every mail.
ALWAYS_DETECTORS = _listed(no_beacon, own_mail, owner_wrote_first, same_organisation, automatic)

# For mail that calls nowhere by itself.
LETTER_DETECTORS = MAIL_DETECTORS + ALWAYS_DETECTORS
DETECTORS = CALL_DETECTORS + LETTER_DETECTORS
