"""How often an embedded text model is right in each stage, on conversations it never saw."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from locomo_vqa.models.embedded import EmbeddedModel, EmbeddedPrompt
from scripts.embedded.text_examples import NO_ANSWER, examples
from scripts.embedded.text_life import Example

__all__ = ["held_out", "measure_text"]

_ROOM = 200
SEED = 20_000_003
"""Training does not use it."""


def held_out(lives: int, seed: int = SEED) -> list[Example]:
    """Return what is asked, and should be replied, about fresh conversations."""
    rng = random.Random(seed)
    return [example for _ in range(lives) for example in examples(rng)]


def measure_text(model: EmbeddedModel, lives: int = 12, seed: int = SEED) -> dict[str, Any]:
    """Return the shares of facts, operations and answers that are right.

    "facts found" is recall and "facts true" precision over whole sentences; an operation is right
    when event, id and text are; an answer when it is the gold answer but for case.
    """
    cases = held_out(lives, seed)
    start = time.monotonic()
    prompts = [EmbeddedPrompt(case.prompt) for case in cases]
    replies = model.generate(prompts, _ROOM, threads=2)
    spent = time.monotonic() - start
    pairs = list(zip(cases, replies, strict=True))
    return {
        "conversations": lives,
        "replies a second, two threads": round(len(cases) / spent, 1),
        "extraction": _overlap(pairs, "extraction", "facts"),
        "update": _overlap(pairs, "update", "memory"),
        "answer": _answers(pairs),
    }


def _overlap(pairs: Sequence[tuple[Example, str]], stage: str, key: str) -> dict[str, float]:
    right = wanted = given = read = cases = 0
    for case, reply in pairs:
        if case.stage != stage:
            continue
        gold, said = _items(case.reply, key), _items(reply, key)
        cases += 1
        read += said is not None
        expected, found = Counter(gold or ()), Counter(said or ())
        right += (expected & found).total()
        wanted += expected.total()
        given += found.total()
    return {
        "prompts": cases,
        "read": round(read / cases, 3),
        "found": round(right / wanted, 3),
        "true": round(right / max(1, given), 3),
    }


def _items(reply: str, key: str) -> list[str] | None:
    try:
        return [json.dumps(item, sort_keys=True) for item in json.loads(reply)[key]]
    except (ValueError, KeyError, TypeError):
        return None


def _answers(pairs: Sequence[tuple[Example, str]]) -> dict[str, float]:
    asked = [(c.reply.strip(), reply.strip()) for c, reply in pairs if c.stage == "answer"]
    told = [gold.lower() == reply.lower() for gold, reply in asked if gold != NO_ANSWER]
    none = [gold == reply for gold, reply in asked if gold == NO_ANSWER]
    return {
        "prompts": len(asked),
        "right": round(sum(told) / len(told), 3),
        "declined": round(sum(none) / len(none), 3),
    }
