"""Makes training targets of a teacher's replies: the minimal JSON, without what is redundant.

Source: MemLoRA's data generation (arXiv 2512.04763, algorithm B2): an update expert does not learn
to repeat unchanged memories, or the former text of a memory that changes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from locomo_vqa.models.chat import ChatReply

from ...memory.replies import PLACEHOLDERS

__all__ = ["count_repairs", "extraction_target", "update_target"]

_EVENTS = ("ADD", "UPDATE", "DELETE")
_KEPT = ("id", "event", "text")


def extraction_target(facts: Sequence[str]) -> str:
    """Return the reply that an extraction expert learns."""
    return json.dumps({"facts": list(facts)}, ensure_ascii=False)


def update_target(
    entries: Sequence[Any], prompt: str, repaired: Counter[str]
) -> tuple[str | None, str | None]:
    """Return the reply that an update expert learns, or None and the reason.

    Args:
        entries: the operations in the teacher's reply.
        prompt: what the teacher was asked, which shows the ids of memories.
        repaired: counts what was left out.
    """
    operations: list[dict[str, str]] = []
    for entry in entries:
        if not isinstance(entry, dict):
            return None, "operation_not_an_object"
        event = str(entry.get("event", "")).strip().upper()
        if event in ("NONE", "NOOP"):
            repaired["none_left_out"] += 1
            continue
        if reason := _fault(entry, event, prompt):
            return None, reason
        if "old_memory" in entry:
            repaired["old_memory_left_out"] += 1
        operations.append(_minimal(entry, event))
    return json.dumps({"memory": operations}, ensure_ascii=False), None


def count_repairs(reply: ChatReply, target: str, repaired: Counter[str]) -> None:
    """Count the removals around the JSON of a reply."""
    if reply.thought:
        repaired["thoughts_removed"] += 1
    text = reply.text.strip()
    if text.startswith("```"):
        repaired["fence_removed"] += 1
    elif not text.startswith(("{", "[")):
        repaired["prose_removed"] += 1
    elif text != target:
        repaired["json_rewritten"] += 1


def _fault(entry: dict[str, Any], event: str, prompt: str) -> str | None:
    text, id = entry.get("text"), entry.get("id")
    if event not in _EVENTS:
        return "unknown_event"
    if event != "DELETE" and not (isinstance(text, str) and text.strip()):
        return "operation_without_text"
    if isinstance(text, str) and text.strip() in PLACEHOLDERS:
        return "placeholder"
    if event != "ADD" and json.dumps({"id": str(id)})[1:-1] not in prompt:
        return "unknown_memory"
    return None


def _minimal(entry: dict[str, Any], event: str) -> dict[str, str]:
    """Return an operation with what is needed, in the teacher's order of keys."""
    wanted = {**entry, "event": event}
    kept = {key: str(value).strip() for key, value in wanted.items() if key in _KEPT}
    if event == "DELETE":
        kept.pop("text", None)
    return kept
