"""What a mail must hold for a rule to apply at all, as texts to look for: most rules are ruled out by one look.

All values of a field (the hosts of all beacons, say) are joined once a mail, each between line ends. A rule that wants
a host to end in `.outlet.test` can only apply where ".outlet.test" and a line end are found in that text; only then is
the condition itself asked. A rule that wants a network needs some address to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.judge.rules.fields import FIELDS, Field
from tocsin.model.rules import All, AnyOf, Condition, Count, Test

# Joins the values of one field; (its name, the function, texts of which one must be found).
Join = Callable[[Any, Any], str]
Alternative = tuple[str, Join, tuple[str, ...]]
Clause = tuple[Alternative, ...]

_MOST_CLAUSES = 3
_MOST_PIECES = 40  # past that, looking for each costs as much as asking


def needs_of(condition: Condition) -> tuple[Clause, ...]:
    """Clauses that must each have an alternative found; () where nothing can be told beforehand."""
    return _clauses(condition, FIELDS, "")[:_MOST_CLAUSES]


def is_ruled_out(needs: tuple[Clause, ...], mail: Any, context: Any, texts: dict[str, str]) -> bool:
    """Whether some clause has nothing of what it needs; `texts` keeps what was joined for this mail."""
    for clause in needs:
        for name, join, pieces in clause:
            text = texts.get(name)
            if text is None:
                text = texts[name] = join(mail, context)
            if (pieces[0] in text) if len(pieces) == 1 else any(piece in text for piece in pieces):
                break
        else:
            return True
    return False


def _clauses(condition: Condition, fields: Mapping[str, Field], outer: str) -> tuple[Clause, ...]:
    if isinstance(condition, Test):
        return _of_test(condition, fields, outer)
    if isinstance(condition, All):
        return tuple([clause for part in condition.parts for clause in _clauses(part, fields, outer)])
    if isinstance(condition, AnyOf):
        merged: list[Alternative] = []
        for part in condition.parts:
            found = _clauses(part, fields, outer)
            if not found:
                return ()
            merged.extend(found[0])
        return (tuple(merged),)
    if isinstance(condition, Count) and isinstance(condition.of, str) and condition.where is not None:
        items = fields[condition.of].items
        if condition.at_least > 0 and items is not None:
            return _clauses(condition.where, items, condition.of)
    return ()


def _of_test(test: Test, fields: Mapping[str, Field], outer: str) -> tuple[Clause, ...]:
    field = fields.get(test.field)
    if field is None or field.kind != "text" or (outer and field.many):
        return ()
    name = f"{outer}.{test.field}" if outer else test.field
    for word, values in test.operators:
        if word == "cidr":
            return (((name + "/address", _join(field, outer, _joined_addresses), ("\n",)),),)
        if word not in ("equals", "contains", "starts", "ends") or len(values) > _MOST_PIECES:
            continue
        before, after = "\n" * (word in ("equals", "starts")), "\n" * (word in ("equals", "ends"))
        pieces = tuple([before + value.casefold() + after for value in values])
        return (((name, _join(field, outer, _joined), pieces),),)
    return ()


def _join(field: Field, outer: str, joined: Callable[[Any], str]) -> Join:
    get = field.get
    if outer:
        things = FIELDS[outer].get

        def join_things(mail: Any, context: Any) -> str:
            return joined([get(thing, context) or "" for thing in things(mail, context)])

        return join_things
    if field.many:
        return lambda mail, context: joined(get(mail, context))
    return lambda mail, context: joined((get(mail, context) or "",))


def _joined(values: Any) -> str:
    return f"\n{chr(10).join(values)}\n".casefold()


def _joined_addresses(values: Any) -> str:
    """What could be addresses among the values, "" where nothing could."""
    found = [value for value in values if ":" in value or value[-1:].isdigit() or value[-1:] == "]"]
    return _joined(found) if found else ""
