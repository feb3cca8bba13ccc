"""Targets of training from a teacher's replies: minimal, and never from a broken reply."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from locomo_vqa.evaluators.distilling.memlora.cleaning import (
    count_repairs,
    extraction_target,
    update_target,
)
from locomo_vqa.models.chat import ChatReply
from locomo_vqa.models.thoughts import reply_of
from locomo_vqa.runs import Usage

PROMPT = 'Memories now: [{"id": "0", "text": "Ana has a dog."}, {"id": "12", "text": "…"}]'


def target(entries: list[Any]) -> tuple[Any, str | None, dict[str, int]]:
    repaired: Counter[str] = Counter()
    text, reason = update_target(entries, PROMPT, repaired)
    return (None if text is None else json.loads(text)["memory"]), reason, dict(repaired)


def test_none_and_old_memories_are_left_out() -> None:
    entries = [
        {"id": "0", "text": "Ana has a cat.", "event": "update", "old_memory": "Ana has a dog."},
        {"id": "12", "text": "…", "event": "NONE"},
        {"id": "new", "text": " Ben is ill. ", "event": "ADD", "confidence": 0.9},
        {"id": 12, "event": "DELETE", "text": "…"},
    ]
    operations, reason, repaired = target(entries)
    assert operations == [
        {"id": "0", "text": "Ana has a cat.", "event": "UPDATE"},
        {"id": "new", "text": "Ben is ill.", "event": "ADD"},
        {"id": "12", "event": "DELETE"},
    ]
    assert reason is None
    assert repaired == {"none_left_out": 1, "old_memory_left_out": 1}


def test_nothing_to_do_is_learned_as_such() -> None:
    assert target([{"id": "0", "event": "NONE", "text": "Ana has a dog."}])[0] == []
    assert target([])[0] == []


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("Ana has a cat.", "operation_not_an_object"),
        ({"text": "Ana has a cat."}, "unknown_event"),
        ({"event": "MERGE", "text": "…"}, "unknown_event"),
        ({"event": "ADD"}, "operation_without_text"),
        ({"event": "ADD", "text": "  "}, "operation_without_text"),
        ({"event": "UPDATE", "id": "0", "text": 3}, "operation_without_text"),
        ({"event": "UPDATE", "id": "7", "text": "…"}, "unknown_memory"),
        ({"event": "UPDATE", "id": "1", "text": "…"}, "unknown_memory"),
        ({"event": "DELETE"}, "unknown_memory"),
        ({"event": "UPDATE", "id": "0", "text": "what to keep"}, "placeholder"),
    ],
)
def test_a_reply_with_a_broken_operation_is_dropped(entry: Any, reason: str) -> None:
    good = {"event": "ADD", "text": "Ben is ill."}
    assert target([good, entry])[:2] == (None, reason)


@pytest.mark.parametrize(
    ("reply", "repairs"),
    [
        ('{"facts": ["a"]}', set()),
        ('{"facts":["a"]}', {"json_rewritten"}),
        ('```json\n{"facts": ["a"]}\n```', {"fence_removed"}),
        ('Here they are: {"facts": ["a"]}', {"prose_removed"}),
        ('<think>Is it?</think>{"facts": ["a"]}', {"thoughts_removed"}),
        (
            "<|channel|>analysis<|message|>Is it?<|end|><|start|>assistant<|channel|>final"
            '<|message|>{"facts": ["a"]}',
            {"thoughts_removed"},
        ),
        ('analysisIs it?assistantfinal{"facts": ["a"]}', {"thoughts_removed"}),
    ],
)
def test_what_was_around_the_json_is_counted(reply: str, repairs: set[str]) -> None:
    read = reply_of(reply, finish="stop", usage=Usage(), limit=99)
    assert isinstance(read, ChatReply)
    repaired: Counter[str] = Counter()
    count_repairs(read, extraction_target(["a"]), repaired)
    assert set(repaired) == repairs
