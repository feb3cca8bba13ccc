"""Measures how often an embedded text model is right in each stage, on unseen conversations."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from locomo_vqa.models.embedded import EmbeddedModel, EmbeddedPrompt
from scripts.embedded.text_conversations import TextExample
from scripts.embedded.text_examples import NO_ANSWER, examples

__all__ = ["held_out", "measure_text"]

_REPLY_TOKENS = 200
SEED = 20_000_003
"""A seed that training does not use."""


def held_out(conversations: int, seed: int = SEED) -> list[TextExample]:
    """Return examples from conversations that training does not use."""
    rng = random.Random(seed)
    return [example for _ in range(conversations) for example in examples(rng)]


def measure_text(model: EmbeddedModel, conversations: int = 12, seed: int = SEED) -> dict[str, Any]:
    """Return the shares of facts, operations and answers that are right.

    "found" is recall and "true" is precision, over whole sentences and whole operations. An answer
    is right when it is the gold answer, ignoring case.
    """
    cases = held_out(conversations, seed)
    start = time.monotonic()
    prompts = [EmbeddedPrompt(case.prompt) for case in cases]
    replies = model.generate(prompts, _REPLY_TOKENS, threads=2)
    spent = time.monotonic() - start
    pairs = list(zip(cases, replies, strict=True))
    return {
        "conversations": conversations,
        "replies a second, two threads": round(len(cases) / spent, 1),
        "extraction": _overlap(pairs, "extraction", "facts"),
        "update": _overlap(pairs, "update", "memory"),
        "answer": _answers(pairs),
    }


def _overlap(pairs: Sequence[tuple[TextExample, str]], stage: str, key: str) -> dict[str, float]:
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


def _answers(pairs: Sequence[tuple[TextExample, str]]) -> dict[str, float]:
    asked = [(c.reply.strip(), reply.strip()) for c, reply in pairs if c.stage == "answer"]
    told = [gold.lower() == reply.lower() for gold, reply in asked if gold != NO_ANSWER]
    none = [gold == reply for gold, reply in asked if gold == NO_ANSWER]
    return {
        "prompts": len(asked),
        "right": round(sum(told) / len(told), 3),
        "declined": round(sum(none) / len(none), 3),
    }
