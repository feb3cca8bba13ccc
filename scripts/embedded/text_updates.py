"""How memories are brought up to date: what the embedded text models are asked, and should reply.

`updates` follows a conversation as a memory system does. `drills` asks more of the same, for
training: in a conversation most facts are new, and what is hard is to find the memory that a fact
changes. Several sets of facts meet one list of memories, which is read once.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.builders.sample.facts import changed_fact
from locomo_vqa.evaluators.memory.prompts import update_prompt
from scripts.embedded.text_hints import change_hints, memory_hints, number_hints
from scripts.embedded.text_life import Example, Fact, Key, Life, Memory, remember

__all__ = ["drills", "updates"]

_SETS = 3
"""Sets of new facts that a drill asks about one list of memories."""

_GIVEN_UP: Mapping[str, str] = {
    "plan": "{me} gave up the plan to {plan}.",
    "hobby": "{me} gave up {hobby[name]}.",
    "language": "{me} gave up learning {language[name]}.",
    "volunteer": "{me} stopped helping at {cause}.",
}
"""Facts that undo another; nobody says them in the sample, but people do."""


@dataclass(frozen=True, slots=True)
class _New:
    """A new fact, the memory it is about, and what is to be done."""

    text: str
    key: Key = None
    event: str = "ADD"
    """NONE where it is known."""


def updates(life: Life, rng: random.Random) -> Iterator[Example]:
    """Yield new facts of parts of the talk against what was remembered so far."""
    memory: Memory = {}
    for lines in life.sessions:
        facts = [fact for _, found in lines for fact in found]
        rng.shuffle(facts)
        while facts:
            size = rng.choice((1, 1, 2, 2, 3))
            part, facts = facts[:size], facts[size:]
            if rng.random() < 0.5 or any(fact.changes in memory for fact in part):
                yield _update(life, memory, part, rng)
            for fact in part:
                remember(memory, fact)


def _update(
    life: Life,
    memory: Mapping[Key, str],
    told: Sequence[Fact],
    rng: random.Random,
) -> Example:
    new = [_told(fact, memory) for fact in told]
    if memory and rng.random() < 0.12:
        known = rng.choice(list(memory.items()))
        new.append(_New(known[1], known[0], "NONE"))
    new += [each for each in _given_up(life, memory) if rng.random() < 0.2]
    rng.shuffle(new)
    shown = _shown(memory, [each.key for each in new if each.event != "ADD"], rng)
    return _example({key: memory[key] for key in shown}, new)


def drills(life: Life, rng: random.Random) -> Iterator[Example]:
    """Yield sets of facts that mostly change, undo or repeat a memory of one list."""
    memory: Memory = {}
    for number, lines in enumerate(life.sessions):
        for _, found in lines:
            for fact in found:
                remember(memory, fact)
        keys = rng.sample(list(memory), min(len(memory), rng.randint(3, 18)))
        shown = {key: memory[key] for key in keys}
        after = [turn for lines in life.sessions[number + 1 :] for turn in lines]
        later = [fact for _, found in after for fact in found]
        changing = [_told(fact, shown) for fact in later if fact.changes in shown]
        new = [_told(fact, shown) for fact in later if fact.changes not in memory]
        known = [_New(text, key, "NONE") for key, text in shown.items()]
        others = [*_given_up(life, shown), *_some(new, 4, rng), *_some(known, 1, rng)]
        yield from _sets(shown, changing, others, rng)


def _some(found: Sequence[_New], count: int, rng: random.Random) -> list[_New]:
    return rng.sample(found, min(len(found), count))


def _sets(
    shown: Mapping[Key, str],
    changing: Sequence[_New],
    others: Sequence[_New],
    rng: random.Random,
) -> Iterator[Example]:
    for _ in range(_SETS):
        chosen = _some(changing, rng.choice((0, 1, 1, 2)), rng)
        chosen += _some(others, rng.choice((0, 1, 1, 2)), rng)
        rng.shuffle(chosen)
        keys = [each.key for each in chosen if each.event != "ADD"]
        if chosen and len(set(keys)) == len(keys):
            yield _example(shown, chosen)


def _told(fact: Fact, memory: Mapping[Key, str]) -> _New:
    if fact.changes in memory:
        return _New(fact.text, fact.changes, "UPDATE")
    if fact.text in memory.values():
        return _New(fact.text, next(k for k in memory if memory[k] == fact.text), "NONE")
    return _New(fact.text)


def _given_up(life: Life, memory: Mapping[Key, str]) -> list[_New]:
    found = []
    for number, thread in enumerate(life.threads):
        sentence = _GIVEN_UP.get(thread.story.topic)
        if sentence and (number, 0) in memory:
            text = sentence.format(me=life.names[thread.owner], **thread.values)
            found.append(_New(text, (number, 0), "DELETE"))
    return found


def _shown(memory: Mapping[Key, str], needed: Sequence[Key], rng: random.Random) -> list[Key]:
    """Return what retrieval might bring: the memories that matter among others."""
    others = [key for key in memory if key not in needed]
    count = min(len(others), rng.randint(0, 14))
    keys = [*dict.fromkeys(needed), *rng.sample(others, count)]
    rng.shuffle(keys)
    return keys


def _example(shown: Mapping[Key, str], new: Sequence[_New]) -> Example:
    ids = {key: str(number) for number, key in enumerate(shown)}
    prompt = update_prompt({ids[key]: shown[key] for key in shown}, [each.text for each in new])
    start = prompt.index("New facts: ")
    about = [(each.text, "new" if each.event == "ADD" else ids[each.key]) for each in new]
    known = [*memory_hints(prompt[:start]), *number_hints(prompt[:start])]
    return Example(
        "update",
        prompt,
        json.dumps({"memory": list(_operations(shown, ids, new))}, ensure_ascii=False),
        prompt[:start],
        (*known, *change_hints(prompt, start, about)),
    )


def _operations(
    shown: Mapping[Key, str], ids: Mapping[Key, str], new: Sequence[_New]
) -> Iterator[dict[str, str]]:
    """Yield operations; the event comes first, since the text depends on it."""
    for each in new:
        if each.event == "ADD":
            yield {"event": "ADD", "text": each.text, "id": "new"}
        elif each.event != "NONE":
            old = shown[each.key]
            text = old if each.event == "DELETE" else changed_fact(old, each.text)
            yield {"event": each.event, "text": text, "id": ids[each.key]}
