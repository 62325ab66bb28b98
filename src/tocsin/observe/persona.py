"""Who the writer claims to be: by the From name, the signature and the words of introduction."""

from __future__ import annotations

from collections.abc import Set

from tocsin.observe.phrases import PhraseIndex, find_kinds
from tocsin.observe.words import join_words, split_words

_CUES = (
    "i am, i m, my name is, we are, on behalf of, i work, i write for, writing for, i report, here from, "
    "je suis, nous sommes, je m appelle, mon nom est, au nom de, je travaille, j écris pour, "
    "ik ben, wij zijn, mijn naam is, namens, ik werk, ik schrijf voor, "
    "ich bin, wir sind, mein name ist, im namen, ich arbeite, ich schreibe"
)
_INTRODUCTIONS = tuple([join_words(split_words(cue)) for cue in _CUES.split(",")])
_HEAD = 100  # words in which people introduce themselves
_REACH = 160  # bytes after the words of introduction
_SIGNATURE = 600  # characters at the end
_SIGNATURE_WORDS = 100


def find_persona(
    index: PhraseIndex, name: str, text: str, words: list[bytes], distinct: Set[bytes]
) -> dict[str, str]:
    """The roles claimed, each with where: "from", "signature" or "introduction" (the first that holds).

    `words` are those of `text` (`observe.words`), of its start and end at least, `distinct` those of them that
    stand in phrases (`PhraseBook.words`). Role words in the midst of a text are what it speaks of, not who speaks:
    they don't count.
    """
    found: dict[str, str] = {}
    if name:
        named = split_words(name)
        if not index.keys.isdisjoint(named):
            for kind in find_kinds(index, join_words(named), set(named)):
                found[kind] = "from"
    if index.keys.isdisjoint(distinct):
        return found
    tail = text[-_SIGNATURE:]
    signature = words[-_SIGNATURE_WORDS:] if "\n>" not in tail else split_words(_unquoted(tail))
    if not index.keys.isdisjoint(signature):
        for kind in find_kinds(index, join_words(signature), set(signature)):
            found.setdefault(kind, "signature")
    if not index.keys.isdisjoint(words[:_HEAD]):
        line = join_words(words[:_HEAD])
        for cue in _INTRODUCTIONS:
            at = line.find(cue)
            if at >= 0:
                said = line[at + len(cue) - 1 : at + len(cue) + _REACH].rpartition(b" ")[0] + b" "
                for kind in find_kinds(index, said, set(said.split())):
                    found.setdefault(kind, "introduction")
    return {kind: found[kind] for kind in index.kinds if kind in found} if len(found) > 1 else found


def _unquoted(tail: str) -> str:
    """A text without the quoted mail that a reply drags along."""
    return "\n".join(line for line in tail.split("\n") if line[:1] != ">")
