"""Examples of updating memories for the embedded text models.

`updates` follows a conversation as a memory system does. `drills` adds more of the same for
training: in a conversation most facts are new, and the hard part is to find the memory that a fact
changes. Several sets of facts share one list of memories, which is read once.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.builders.sample.facts import changed_fact
from locomo_vqa.evaluators.memory.prompts import update_prompt
from scripts.embedded.text_conversations import (
    Key,
    LabelledConversation,
    Memories,
    StatedFact,
    TextExample,
    remember,
)
from scripts.embedded.text_hints import change_hints, memory_hints, number_hints

__all__ = ["drills", "updates"]

_SETS = 3
"""Sets of new facts per list of memories in a drill."""

_GIVEN_UP: Mapping[str, str] = {
    "plan": "{me} gave up the plan to {plan}.",
    "hobby": "{me} gave up {hobby[name]}.",
    "language": "{me} gave up learning {language[name]}.",
    "volunteer": "{me} stopped helping at {cause}.",
}
"""Facts that undo others: the sample has none, but people say such things."""


@dataclass(frozen=True, slots=True)
class _NewFact:
    """A new fact, the memory it is about, and the operation that follows."""

    text: str
    key: Key = None
    event: str = "ADD"
    """ADD, UPDATE, DELETE, or NONE if the fact is already known."""


def updates(conversation: LabelledConversation, rng: random.Random) -> Iterator[TextExample]:
    """Yield examples of new facts against the memories so far."""
    memories: Memories = {}
    for lines in conversation.sessions:
        facts = [fact for _, found in lines for fact in found]
        rng.shuffle(facts)
        while facts:
            size = rng.choice((1, 1, 2, 2, 3))
            part, facts = facts[:size], facts[size:]
            if rng.random() < 0.5 or any(fact.changes in memories for fact in part):
                yield _update(conversation, memories, part, rng)
            for fact in part:
                remember(memories, fact)


def _update(
    conversation: LabelledConversation,
    memories: Mapping[Key, str],
    facts: Sequence[StatedFact],
    rng: random.Random,
) -> TextExample:
    new = [_classified(fact, memories) for fact in facts]
    if memories and rng.random() < 0.12:
        known = rng.choice(list(memories.items()))
        new.append(_NewFact(known[1], known[0], "NONE"))
    new += [each for each in _given_up(conversation, memories) if rng.random() < 0.2]
    rng.shuffle(new)
    shown = _retrieved(memories, [each.key for each in new if each.event != "ADD"], rng)
    return _example({key: memories[key] for key in shown}, new)


def drills(conversation: LabelledConversation, rng: random.Random) -> Iterator[TextExample]:
    """Yield examples whose facts mostly change, undo or repeat a memory."""
    memories: Memories = {}
    for number, lines in enumerate(conversation.sessions):
        for _, found in lines:
            for fact in found:
                remember(memories, fact)
        keys = rng.sample(list(memories), min(len(memories), rng.randint(3, 18)))
        shown = {key: memories[key] for key in keys}
        after = [turn for lines in conversation.sessions[number + 1 :] for turn in lines]
        later = [fact for _, found in after for fact in found]
        changing = [_classified(fact, shown) for fact in later if fact.changes in shown]
        new = [_classified(fact, shown) for fact in later if fact.changes not in memories]
        known = [_NewFact(text, key, "NONE") for key, text in shown.items()]
        others = [
            *_given_up(conversation, shown),
            *_sample_up_to(new, 4, rng),
            *_sample_up_to(known, 1, rng),
        ]
        yield from _examples(shown, changing, others, rng)


def _sample_up_to(found: Sequence[_NewFact], count: int, rng: random.Random) -> list[_NewFact]:
    return rng.sample(found, min(len(found), count))


def _examples(
    shown: Mapping[Key, str],
    changing: Sequence[_NewFact],
    others: Sequence[_NewFact],
    rng: random.Random,
) -> Iterator[TextExample]:
    for _ in range(_SETS):
        chosen = _sample_up_to(changing, rng.choice((0, 1, 1, 2)), rng)
        chosen += _sample_up_to(others, rng.choice((0, 1, 1, 2)), rng)
        rng.shuffle(chosen)
        keys = [each.key for each in chosen if each.event != "ADD"]
        if chosen and len(set(keys)) == len(keys):
            yield _example(shown, chosen)


def _classified(fact: StatedFact, memories: Mapping[Key, str]) -> _NewFact:
    if fact.changes in memories:
        return _NewFact(fact.text, fact.changes, "UPDATE")
    if fact.text in memories.values():
        return _NewFact(fact.text, next(k for k in memories if memories[k] == fact.text), "NONE")
    return _NewFact(fact.text)


def _given_up(conversation: LabelledConversation, memories: Mapping[Key, str]) -> list[_NewFact]:
    found = []
    for number, thread in enumerate(conversation.threads):
        sentence = _GIVEN_UP.get(thread.story.topic)
        if sentence and (number, 0) in memories:
            text = sentence.format(me=conversation.names[thread.owner], **thread.values)
            found.append(_NewFact(text, (number, 0), "DELETE"))
    return found


def _retrieved(memories: Mapping[Key, str], needed: Sequence[Key], rng: random.Random) -> list[Key]:
    """Return what retrieval might return: the relevant memories among others."""
    others = [key for key in memories if key not in needed]
    count = min(len(others), rng.randint(0, 14))
    keys = [*dict.fromkeys(needed), *rng.sample(others, count)]
    rng.shuffle(keys)
    return keys


def _example(shown: Mapping[Key, str], new: Sequence[_NewFact]) -> TextExample:
    ids = {key: str(number) for number, key in enumerate(shown)}
    prompt = update_prompt({ids[key]: shown[key] for key in shown}, [each.text for each in new])
    start = prompt.index("New facts: ")
    about = [(each.text, "new" if each.event == "ADD" else ids[each.key]) for each in new]
    known = [*memory_hints(prompt[:start]), *number_hints(prompt[:start])]
    return TextExample(
        "update",
        prompt,
        json.dumps({"memory": list(_operations(shown, ids, new))}, ensure_ascii=False),
        prompt[:start],
        (*known, *change_hints(prompt, start, about)),
    )


def _operations(
    shown: Mapping[Key, str], ids: Mapping[Key, str], new: Sequence[_NewFact]
) -> Iterator[dict[str, str]]:
    """Yield the operations; the event comes first because the text depends on it."""
    for each in new:
        if each.event == "ADD":
            yield {"event": "ADD", "text": each.text, "id": "new"}
        elif each.event != "NONE":
            old = shown[each.key]
            text = old if each.event == "DELETE" else changed_fact(old, each.text)
            yield {"event": each.event, "text": text, "id": ids[each.key]}
