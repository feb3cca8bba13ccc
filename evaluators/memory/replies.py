"""Finds the requested JSON in a model's reply."""

from __future__ import annotations

import json
from typing import Any, Literal

from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ChatReply
from locomo_vqa.models.json_replies import json_values, without_slips
from locomo_vqa.models.thoughts import split_thought

from .anomalies import Anomaly, AnomalyCounts

__all__ = ["PLACEHOLDERS", "ReplyFault", "read_facts", "read_list"]

ReplyFault = Literal["broken_json", "truncated_json", "not_a_list", "refused", "placeholder"]
"""Why a whole reply can't be used; see `Anomaly`."""

PLACEHOLDERS = frozenset({"fact", "what to keep"})
"""What the reduced prompts show in place of a text; base models repeat it."""

_MAX_CHARACTERS = 200_000
"""Only the end of a longer reply is read, because models reason before they answer."""

_ESCAPE_LENGTH = len(r"\u0000")


def read_list(reply: ChatReply, key: str) -> list[Any] | ReplyFault:
    """Return the list under `key` in the last JSON object that has it, or the reply's fault.

    Reasoning, code fences and explanations around it are ignored. A bare list without the object
    is also accepted if no other JSON in the reply is broken.
    """
    if reply.finish == "refused":
        return "refused"
    text = split_thought(reply.text[-_MAX_CHARACTERS:], cut=reply.finish == "length").words
    values, fault = _json_values(text)
    if (found := _list_under(key, values)) is not None:
        return found
    if fault == "broken_json" and reply.finish != "length":
        repaired, left = _json_values(without_slips(text), strict=False)
        if left is None and (found := _list_under(key, repaired)) is not None:
            return found
    if fault is not None:
        return fault
    if values and isinstance(values[-1], list):
        return values[-1]
    if values:
        return "not_a_list"
    return "truncated_json" if reply.finish == "length" else "broken_json"


def _list_under(key: str, values: list[Any]) -> list[Any] | None:
    """Return the list under `key` in the last object that has it, even if inside a list."""
    for value in reversed(values):
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
        if isinstance(value, dict) and isinstance(value.get(key), list):
            found: list[Any] = value[key]
            return found
    return None


def read_facts(reply: ChatReply, counts: AnomalyCounts) -> list[str] | ReplyFault:
    """Return the facts in an extraction without duplicates, or the reply's fault."""
    found = read_list(reply, "facts")
    if isinstance(found, str):
        return found
    facts: list[str] = []
    for item in found:
        fact = _fact_of(item, counts)
        if fact in facts:
            counts.count("duplicate_fact")
        elif fact is not None:
            facts.append(fact)
    if not facts and any(isinstance(item, str) and _is_placeholder(item) for item in found):
        return "placeholder"
    return facts


def _fact_of(item: Any, counts: AnomalyCounts) -> str | None:
    kind: Anomaly | None = None
    if item is None or item == "" or item in ([], {}):
        kind, text = "empty_fact", ""
    elif isinstance(item, str):
        text = clean_text(item).strip()
        if _is_placeholder(text):
            kind, text = "placeholder", ""
        elif not text:
            kind = "empty_fact"
    else:
        kind, text = "fact_not_text", _content_of(item)
    if kind is not None:
        counts.count(kind)
    return text or None


def _is_placeholder(text: str) -> bool:
    return text.strip() in PLACEHOLDERS


def _content_of(item: Any) -> str:
    """Return the content of an item: an object's only text, or its JSON."""
    if isinstance(item, dict):
        texts = [value for value in item.values() if isinstance(value, str) and value.strip()]
        if len(texts) == 1:
            return clean_text(texts[0]).strip()
    return clean_text(json.dumps(item, ensure_ascii=False))


def _json_values(text: str, *, strict: bool = True) -> tuple[list[Any], ReplyFault | None]:
    """Return the JSON objects and lists in a text, and a fault if one can't be read."""
    values: list[Any] = []
    fault: ReplyFault | None = None
    for value in json_values(text, strict=strict):
        if not isinstance(value, ValueError):
            values.append(value)
        elif not isinstance(value, json.JSONDecodeError):
            fault = fault or "broken_json"
        elif fault is None or _is_cut_off(value, text):
            fault = "truncated_json" if _is_cut_off(value, text) else "broken_json"
    return values, fault


def _is_cut_off(error: json.JSONDecodeError, text: str) -> bool:
    """Return whether a text ends before its JSON does, even within a literal or an escape."""
    rest = text[error.pos :].strip()
    if error.msg.startswith("Invalid \\u"):
        return len(rest) < _ESCAPE_LENGTH
    literal = any(word.startswith(rest) for word in ("null", "true", "false", "-"))
    return literal or error.msg.startswith("Unterminated")
