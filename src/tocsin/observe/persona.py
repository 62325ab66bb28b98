"""Who the writer claims to be: by the From name, the signature and the words of introduction."""

from __future__ import annotations

from tocsin.observe.phrases import PhraseIndex, find_kinds
from tocsin.observe.words import join_words, split_words

_INTRODUCTIONS = tuple(
    f" {cue} ".encode()
    for cue in (
        "i am|i m|my name is|we are|on behalf of|i work|i write for|writing for|i report|here from|"
        "je suis|nous sommes|je m appelle|mon nom est|au nom de|je travaille|j écris pour|"
        "ik ben|wij zijn|mijn naam is|namens|ik werk|ik schrijf voor|"
        "ich bin|wir sind|mein name ist|im namen|ich arbeite|ich schreibe"
    ).split("|")
)
_HEAD = 600  # characters in which people introduce themselves
_REACH = 160  # bytes after the words of introduction
_SIGNATURE = 600  # characters at the end


def find_persona(index: PhraseIndex, name: str, text: str) -> dict[str, str]:
    """The roles claimed, each with where: "from", "signature" or "introduction" (the first that holds).

    Role words in the midst of a text are what it speaks of, not who speaks: they don't count.
    """
    found: dict[str, str] = {}
    if name:
        words = split_words(name)
        for kind in find_kinds(index, join_words(words), set(words)):
            found[kind] = "from"
    signature = split_words(_signature(text))
    for kind in find_kinds(index, join_words(signature), set(signature)):
        found.setdefault(kind, "signature")
    head = split_words(text[:_HEAD])
    if not index.keys.isdisjoint(head):
        line = join_words(head)
        for cue in _INTRODUCTIONS:
            at = line.find(cue)
            if at >= 0:
                said = line[at + len(cue) - 1 : at + len(cue) + _REACH].rpartition(b" ")[0] + b" "
                for kind in find_kinds(index, said, set(said.split())):
                    found.setdefault(kind, "introduction")
    return {kind: found[kind] for kind in index.kinds if kind in found}


def _signature(text: str) -> str:
    """The last 600 characters, less the quoted mail that a reply drags along."""
    tail = text[-_SIGNATURE:]
    return tail if "\n>" not in tail else "\n".join(line for line in tail.split("\n") if line[:1] != ">")
