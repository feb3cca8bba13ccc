"""What is worth remembering of what people in the sample world say: the truth of extraction."""

from __future__ import annotations

from collections.abc import Mapping

from .plot import Thread

__all__ = ["CHANGES", "FACTS", "changed", "fact_of", "time_phrase"]

FACTS: Mapping[tuple[str, int], str] = {
    ("job", 0): "{me} works as a {job[title]} at {job[place]}.",
    ("job", 1): "{me} started a new job as a {job2[title]} at {job2[place]} {on}.",
    ("home", 0): "{me} lives in {city[name]}, {flat}.",
    ("home", 1): "{me} moved to {city2[name]} {on}.",
    ("pet", 0): "{me} adopted a {pet} called {name} {on}.",
    ("pet", 1): "{me}'s {pet} is called {name2} now.",
    ("hobby", 0): "{me} began with {hobby[name]} {on}.",
    ("hobby", 1): "{me} bought {hobby[gear]} for {hobby[name]} {on}.",
    ("plan", 0): "{me} is planning to {plan} {on}.",
    ("allergy", 0): "{me} is allergic to {food[to]}.",
    ("visitor", 0): "{me}'s {kin} {name} came to visit {on}.",
    ("book", 0): "{me} read the novel {book[title]}, about {book[about]}.",
    ("bargains", 0): "{me} bought {thing} for {price} euros at the flea market.",
    ("bargains", 1): "{me} bought {thing2} on a second visit to the flea market.",
    ("races", 0): "{me} ran {race} {on} and came {rank}.",
    ("races", 1): "{me} ran {race2} {on}.",
    ("language", 0): "{me} is learning {language[name]} every {day} evening.",
    ("trip", 0): "{me} travelled to {city[name]} {on}.",
    ("dish", 0): "{me}'s favourite dish is {dish}.",
    ("dish", 1): "{you}'s favourite dish is {dish} too.",
    ("volunteer", 0): "{me} volunteers at {cause} every {day}.",
    ("concert", 0): "{me} saw {band} {on}.",
    ("mishap", 0): "{me}'s {gadget} fell {mishap} {on} and broke.",
    ("outing", 0): "{me} went to {place} with {name} {on}.",
}
"""By topic and exchange; `{on}` is the time that is told, worked out."""

CHANGES: Mapping[tuple[str, int], int] = {("job", 1): 0, ("home", 1): 0, ("pet", 1): 0}
"""Exchanges whose fact changes the fact of an earlier exchange of the same story."""

_PLACES = {
    "boat": "the harbour festival",
    "house": "the street fair",
    "hat": "the hat market",
    "box": "the gift fair",
    "balloon": "the balloon parade",
    "car": "the car show",
    "cake": "the baking contest",
    "kite": "the kite festival",
}


def fact_of(thread: Thread, beat: int, names: tuple[str, str]) -> str:
    """Return the fact that an exchange of a story tells; `names` are the two speakers'."""
    topic, _, kind = thread.story.topic.partition("-")
    words = dict(thread.values)
    if kind:
        words["place"] = _PLACES[kind]
    moment = thread.answers.get(f"date{beat}")
    return FACTS[topic, beat].format(
        **words,
        me=names[thread.owner],
        you=names[1 - thread.owner],
        on="" if moment is None else time_phrase(moment),
    )


def changed(old: str, new: str) -> str:
    """Return a memory after a change: the new fact, and what was so before."""
    return f"{new} Before: {old}"


def time_phrase(moment: str | int) -> str:
    """Return a time as a fact tells it: "on 2 May 2023", "in May 2023", "in 2019"."""
    text = str(moment)
    if text.startswith("The week before "):
        return f"in the week before {text.removeprefix('The week before ')}"
    return f"on {text}" if text[0].isdigit() and " " in text else f"in {text}"
