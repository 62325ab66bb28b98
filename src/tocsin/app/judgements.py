"""Signed judgements: what an analyst answers for, checked whenever it is read, and never overwritten."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

import msgspec

from tocsin.app.analysts import analysts, id_of, is_signed, sign
from tocsin.app.claims import load_claims
from tocsin.app.states import state_in
from tocsin.attribute.assess import BANDS
from tocsin.attribute.hypotheses import STANDING, TITLES
from tocsin.model.actor import Actor
from tocsin.model.assessment import LEVELS
from tocsin.model.campaign import Campaign
from tocsin.model.claim import Claim
from tocsin.model.judgement import CONFIDENCES, Analyst, Judgement, Signed, Standing
from tocsin.store.interface import Store

_PREFIX = b"tocsin judgement 1\0"
_LONGEST = 20_000
_MOST = 500
_LISTED = 3  # withdrawn claims that are named
_GRADE = frozenset(f"{source}{information}" for source in "ABCDEF" for information in "123456")

_decoder = msgspec.msgpack.Decoder(Judgement)


class JudgementError(ValueError):
    """A judgement cannot be signed, found or taken back as asked; the message says what was expected."""


def likelihood_range(text: str) -> tuple[int, int]:
    """Percent, low and high, of ICD-203 words ("very likely") or a range within one row ("80-90"). JudgementError."""
    edges = [round(edge * 100) for edge, _ in BANDS]
    rows = {
        words: (low or 1, high - 1 if high < 100 else 99)
        for (_, words), low, high in zip(BANDS, edges, [*edges[1:], 100], strict=True)
    }
    wanted = " ".join(text.split()).lower()
    if wanted in rows:
        return rows[wanted]
    numbers = [part.strip(" %") for part in wanted.replace("–", "-").split("-")]
    expected = f"expected one of {', '.join(rows)}, or percent within one of these rows, as in 80-90"
    if len(numbers) not in (1, 2) or not all(part.isascii() and part.isdigit() for part in numbers):
        raise JudgementError(f"--likelihood {text}: {expected}")
    low, high = int(numbers[0]), int(numbers[-1])
    if not 1 <= low <= high <= 99:
        raise JudgementError(f"--likelihood {text}: nothing is certain or impossible: 1 to 99; {expected}")
    if not any(first <= low and high <= last for first, last in rows.values()):
        raise JudgementError(f"--likelihood {text}: spans several rows of words; {expected}")
    return low, high


def band_words(judgement: Judgement) -> str:
    """The ICD-203 words for a judgement's likelihood."""
    return next(words for edge, words in reversed(BANDS) if judgement.low >= round(edge * 100))


def draft(
    campaign: Campaign,
    wish: Judgement,
    actors: Sequence[Actor],
    evidence: Collection[tuple[str, str]],
    claims: Collection[Claim] = (),
    mail_alone: Collection[tuple[str, str]] = (),
) -> Judgement:
    """What would be signed: `wish` checked and completed. Raises JudgementError.

    `evidence` are kinds and values at hand, `mail_alone` those of them that nothing but the mails themselves shows;
    `claims` are those at hand that `wish` may name.
    """
    if not campaign.members:
        raise JudgementError(f"{campaign.id}: has no mails; there is nothing to judge")
    titles = {**TITLES, **{one.id: one.name for one in actors}}
    if wish.hypothesis not in titles:
        raise JudgementError(
            f"--hypothesis {wish.hypothesis}: is no actor's id here; expected {', '.join(STANDING)}, or an id that "
            "tocsin actors list shows. A state is no actor: who sponsors whom is a claim (tocsin claims add)"
        )
    state = "" if wish.hypothesis in STANDING else state_in(titles[wish.hypothesis])
    if state:
        raise JudgementError(
            f"--hypothesis {wish.hypothesis}: its name, {titles[wish.hypothesis]}, holds a state or nationality "
            f"({state}); name the actor alone in its profile. Who sponsors whom is a claim (tocsin claims add)"
        )
    for what, value, known in (
        ("--confidence", wish.confidence, CONFIDENCES),
        ("--level", wish.level, LEVELS),
    ):
        if value not in known:
            raise JudgementError(f"{what} {value}: expected one of {', '.join(known)}")
    if wish.level in ("resembles", "actor") and wish.hypothesis in STANDING:
        raise JudgementError(f"--level {wish.level}: is about an actor; --hypothesis names none")
    if wish.level not in ("resembles", "actor") and wish.hypothesis not in STANDING:
        raise JudgementError(
            f"--level {wish.level}: names no actor; use resembles or actor with --hypothesis"
        )
    if not wish.basis.strip():
        raise JudgementError("--basis: say what the judgement rests on; it is signed with it")
    for what, text in (("--basis", wish.basis), ("--alternatives", wish.alternatives)):
        if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise JudgementError(f"{what}: expected UTF-8 of at most {_LONGEST:,} characters")
    if max(len(wish.evidence), len(wish.claims), len(wish.grades)) > _MOST:
        raise JudgementError(f"a judgement names at most {_MOST} pieces of evidence, claims and grades")
    names = {f"{kind} {value}" for kind, value in evidence}
    for name in (*wish.evidence, *(what for what, _ in wish.grades)):
        if name not in names:
            raise JudgementError(f"{name}: is no evidence of {campaign.id}; tocsin attribute lists it")
    for what, grade in wish.grades:
        if grade not in _GRADE:
            raise JudgementError(
                f"--grade {what}={grade}: expected a source A to F and information 1 to 6, as B2"
            )
        if grade[1] == "1" and len(wish.evidence) + len(wish.claims) < 2:
            raise JudgementError(
                f"--grade {what}={grade}: 1 means confirmed by others; name what confirms it too"
            )
    carried = _carried(wish, claims) or _tied(wish, {f"{kind} {value}" for kind, value in mail_alone})
    if wish.level == "actor" and not carried:
        raise JudgementError(
            "--level actor: mail alone shows habits that anybody can copy; name infrastructure evidence or a claim "
            "that attributes it to this actor or confirms that (--evidence, --claim), or use --level resembles. A host "
            "that no intelligence lists counts where you grade it yourself (--grade)"
        )
    if wish.level == "actor" and wish.confidence == "low":
        raise JudgementError(
            "--level actor: low confidence does not carry an actor's name; use --level resembles"
        )
    return msgspec.structs.replace(
        wish,
        id="",
        campaign=campaign.id,
        members=tuple(sorted({one.sha256 for one in campaign.members})),
        evidence=tuple(dict.fromkeys(wish.evidence)),
        claims=tuple(dict.fromkeys(wish.claims)),
        grades=tuple(dict(wish.grades).items()),
        title=titles[wish.hypothesis],
        basis=wish.basis.strip(),
        alternatives=wish.alternatives.strip(),
        signature=b"",
    )


def _tied(wish: Judgement, mail_alone: Collection[str]) -> bool:
    """Whether infrastructure that is named was tied by somebody: by intelligence, or by the signer's own grade."""
    judged = {what for what, grade in wish.grades if grade[0] != "F" and grade[1] in "123"}
    named = [name for name in wish.evidence if name.startswith("infrastructure ")]
    return any(name not in mail_alone or name in judged for name in named)


def _carried(wish: Judgement, claims: Collection[Claim]) -> bool:
    """Whether a claim that is named speaks for the hypothesis. Raises JudgementError for one that cannot be named."""
    known = {one.id: one for one in claims}
    named = []
    for id in wish.claims:
        if id not in known:
            raise JudgementError(f"--claim {id}: there is no such claim; tocsin claims list shows them")
        if known[id].withdrawn_s is not None:
            raise JudgementError(f"--claim {id}: was withdrawn ({known[id].withdrawn_because}); leave it out")
        named.append(known[id])
    return any(one.kind in ("attribution", "confirmation") and one.actor == wish.hypothesis for one in named)


def sign_judgement(store: Store, drafted: Judgement, analyst: Analyst, passphrase: str = "") -> Judgement:
    """Sign and keep a draft. Raises AnalystError, PassphraseNeeded."""
    unsigned = msgspec.structs.replace(drafted, analyst=analyst.id, id="", signature=b"")
    message = _message(unsigned)
    kept = msgspec.structs.replace(unsigned, id=_id(message), signature=sign(analyst, message, passphrase))
    store.put("judgement", kept.id, msgspec.msgpack.encode(kept))
    return kept


def withdrawal(store: Store, wanted: str, because: str, *, now_s: float) -> Judgement:
    """A draft that takes a judgement back, by its id or the beginning of one. Raises JudgementError."""
    one = find_judgement(judgements(store), wanted).judgement
    if one.withdraws:
        raise JudgementError(f"{one.id}: takes another one back itself; sign a new judgement instead")
    if not because.strip():
        raise JudgementError("--because: say why it is taken back")
    return msgspec.structs.replace(
        one, id="", signed_s=now_s, withdraws=one.id, basis=because.strip()[:_LONGEST], signature=b""
    )


def find_judgement(found: Collection[Signed], wanted: str) -> Signed:
    """The judgement with this id, or one that begins so. Raises JudgementError."""
    near = [one for one in found if wanted.strip() and one.judgement.id.startswith(wanted.strip())]
    if len(near) != 1:
        why = "several judgements begin so" if near else "there is no such judgement"
        raise JudgementError(f"{wanted}: {why}; tocsin judgements list shows them")
    return near[0]


def judgements(
    store: Store, campaign: Campaign | None = None, campaigns: Collection[Campaign] = ()
) -> tuple[Signed, ...]:
    """All judgements, or those on one campaign under any of its ids, each checked; the newest first.

    Each is held against `campaign`, or that of `campaigns` which bears its id now.
    """
    known = {one.id: one for one in analysts(store)}
    loaded = _load(store)
    gone = {
        one.withdraws: one
        for one in loaded
        if one.withdraws and _flaw(one, known.get(one.analyst)) == "" and _own(one, loaded)
    }
    if campaign is not None:
        names = {campaign.id, *campaign.aliases}
        loaded = [one for one in loaded if one.campaign in names]
    now = {alias: each for each in campaigns for alias in each.aliases} | {
        each.id: each for each in campaigns
    }
    withdrawn = {one.id: one for one in load_claims(store) if one.withdrawn_s is not None}
    found = [
        _rested(_checked(one, known.get(one.analyst), gone, campaign or now.get(one.campaign)), withdrawn)
        for one in loaded
    ]
    return tuple(sorted(found, key=lambda one: (-one.judgement.signed_s, one.judgement.id)))


def standing_judgement(store: Store, campaign: Campaign) -> Standing:
    """What analysts hold of a campaign now.

    Of each analyst the newest judgement that was not taken back is asked: where it no longer counts, because mails left
    the campaign, what it replaced does not come back. Where analysts agree on who it is, the one that says least of it
    stands (the lowest likelihood, then the weaker level); where they disagree, none does.
    """
    found = judgements(store, campaign)
    last: dict[str, Signed] = {}
    for one in found:
        if one.authentic and not one.withdrawn and not one.judgement.withdraws:
            last.setdefault(one.judgement.analyst, one)
    newest = {analyst: one for analyst, one in last.items() if one.counts}
    if not newest:
        return Standing(all=found)
    if len({one.judgement.hypothesis for one in newest.values()}) > 1:
        return Standing(all=found, disagree=True)
    least = min(
        newest.values(),
        key=lambda one: (
            LEVELS.index(one.judgement.level),
            one.judgement.high,
            CONFIDENCES.index(one.judgement.confidence),
            one.judgement.id,
        ),
    )
    return Standing(least.judgement, least.analyst, found)


def grades_given(found: Collection[Signed]) -> dict[str, tuple[str, str]]:
    """Grades that analysts gave, by the evidence's kind and value: the newest one and who gave it."""
    given: dict[str, tuple[str, str]] = {}
    for one in sorted(found, key=lambda each: each.judgement.signed_s):
        if one.counts and not one.judgement.withdraws:
            who = one.analyst.name if one.analyst is not None else one.judgement.analyst
            given.update({what: (grade, who) for what, grade in one.judgement.grades})
    return given


def _load(store: Store) -> list[Judgement]:
    found = []
    for id, body in store.documents("judgement"):
        try:
            one = _decoder.decode(body)
        except msgspec.DecodeError:
            one = Judgement(id, "", (), "", 0.0, "unknown", "", 1, 1, "low", "none", "")
        found.append(msgspec.structs.replace(one, id=id))
    return found


def _checked(
    one: Judgement, analyst: Analyst | None, gone: dict[str, Judgement], campaign: Campaign | None
) -> Signed:
    flaw = _flaw(one, analyst)
    if flaw:
        return Signed(one, analyst, False, flaw)
    if one.id in gone:
        why = f"taken back by its signer ({gone[one.id].id}): {gone[one.id].basis}"
        return Signed(one, analyst, False, why, withdrawn=True, authentic=True)
    if campaign is None or one.withdraws:
        return Signed(one, analyst, True, authentic=True)
    now = {member.sha256 for member in campaign.members}
    lost = len(set(one.members) - now)
    if lost:
        return Signed(
            one,
            analyst,
            False,
            f"signed on {len(one.members)} mails, {lost} of which are no longer in the campaign",
            authentic=True,
        )
    later = len(now - set(one.members))
    note = f"signed on {len(one.members)} mails; the campaign now has {len(now)}" if later else ""
    return Signed(one, analyst, True, note, later, authentic=True)


def _rested(one: Signed, withdrawn: Mapping[str, Claim]) -> Signed:
    """The judgement with a word on claims that it rests on and that were withdrawn since; whether it counts stays."""
    lost = tuple(id for id in one.judgement.claims if id in withdrawn)
    if not lost or one.withdrawn or one.judgement.withdraws:
        return one
    listed = "; ".join(f"{id} ({withdrawn[id].withdrawn_because})" for id in lost[:_LISTED])
    more = f" and {len(lost) - _LISTED} more" if len(lost) > _LISTED else ""
    said = f"it rests on {'a claim that was' if len(lost) == 1 else f'{len(lost)} claims that were'} withdrawn since"
    problem = "; ".join(filter(None, (one.problem, f"{said}: {listed}{more}")))
    return msgspec.structs.replace(one, problem=problem, lost_claims=lost)


def _flaw(one: Judgement, analyst: Analyst | None) -> str:
    """Why a judgement does not count, "" where it does."""
    if analyst is None:
        return "its signer is not known to this store"
    if id_of(analyst.public_key) != analyst.id:
        return "the key entered for its signer is another than the one that gave the signer's id"
    message = _message(msgspec.structs.replace(one, id="", signature=b""))
    if one.id != _id(message) or not is_signed(analyst, message, one.signature):
        return "the signature does not fit: it was changed after it was signed, or was never signed"
    if analyst.retired_s is not None and one.signed_s > analyst.retired_s:
        return "it is dated after its signer's key was retired"
    return ""


def _own(one: Judgement, loaded: Collection[Judgement]) -> bool:
    """Whether a withdrawal is by the signer of what it takes back."""
    return any(each.id == one.withdraws and each.analyst == one.analyst for each in loaded)


def _message(unsigned: Judgement) -> bytes:
    return _PREFIX + msgspec.msgpack.encode([getattr(unsigned, name) for name in Judgement.__struct_fields__])


def _id(message: bytes) -> str:
    return "j-" + blake2b(message, digest_size=6).hexdigest()
