"""Whether the selectors of a rule can match anything in a document, by the names that stand in it."""

from __future__ import annotations

import re
from operator import attrgetter

import turbohtml
from turbohtml import Node

_TAG = attrgetter("tag")
# What asks for more than a name, or for less: pseudo-classes with what they hold, attributes.
_BEYOND_NAMES = re.compile(r"\[[^\]]*\]?|::?[-\w]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\)?)?")
_NAME = re.compile(r"[.#]?(?:[-\w]|[^\x00-\x7f])+")
_PREFIXED = re.compile(r"(?:[-\w]+|\*)?\|")


def names_in(tree: Node) -> set[str]:
    """The names that selectors know elements by: `tag`, `.class` and `#id`, all in lower case."""
    # Newsletters repeat the same few tags and classes: each is looked at once.
    names = {tag.lower() for tag in set(map(_TAG, tree.iter_elements()))}
    classes = " ".join({element.attr("class") or "" for element in tree.select("[class]")})
    names.update(["." + word for word in classes.lower().split()])
    names.update(["#" + (element.attr("id") or "").lower() for element in tree.select("[id]")])
    return names


def may_match(selectors: str, names: frozenset[str] | set[str]) -> bool:
    """Whether some selector of a list names nothing but what is in the document.

    Only presence counts, not the order or nesting of elements, and neither attributes nor pseudo-classes: a
    False is certain, a True is not. Case is ignored, as in quirks mode. Source: Selectors Level 4.
    """
    plain = _PREFIXED.sub("", _BEYOND_NAMES.sub("", selectors)).lower()
    return any(names.issuperset(_NAME.findall(one)) for one in plain.split(","))


def is_selector(text: str) -> bool:
    """Whether the parser of the markup can match elements against a selector.

    It is tried on a document: on an element without one, turbohtml (1.15.4) crashes at `* > p`.
    """
    try:
        turbohtml.parse("<p>", positions=False).select(text)
    except ValueError:
        return False
    return True
