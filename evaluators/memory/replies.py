"""Finds the JSON that a model was asked for in what it said."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ChatReply

from .anomalies import Anomaly, AnomalyCounts

__all__ = ["ReplyFault", "read_facts", "read_list"]

ReplyFault = Literal["broken_json", "truncated_json", "not_a_list", "refused"]
"""Why a reply as a whole can't be used; see `Anomaly`."""

MAX_CHARS = 200_000
"""Of a longer reply the end is read, because models think before they answer."""

_MAX_STARTS = 2000
_THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_DECODER = json.JSONDecoder()
_ESCAPE = len(r"\u0000")


def read_list(reply: ChatReply, key: str) -> list[Any] | ReplyFault:
    """Return the list under `key` of the last JSON object that has it, or why there is none.

    What a model says before and after it is passed over: thinking, fences, explanations. A list of
    its own, without the object around it, is taken as well, where nothing else was broken.
    """
    if reply.finish == "refused":
        return "refused"
    text = _THINKING.sub("", reply.text[-MAX_CHARS:])
    values, fault = _values(text)
    for value in reversed(values):
        if isinstance(value, dict) and isinstance(value.get(key), list):
            found: list[Any] = value[key]
            return found
    if fault is not None:
        return fault
    if values and isinstance(values[-1], list):
        return values[-1]
    if values:
        return "not_a_list"
    return "truncated_json" if reply.finish == "length" else "broken_json"


def read_facts(reply: ChatReply, counts: AnomalyCounts) -> list[str] | ReplyFault:
    """Return the facts of an extraction, each once, or why they can't be read."""
    found = read_list(reply, "facts")
    if isinstance(found, str):
        return found
    facts: list[str] = []
    for item in found:
        fact = _fact(item, counts)
        if fact in facts:
            counts.count("duplicate_fact")
        elif fact is not None:
            facts.append(fact)
    return facts


def _fact(item: Any, counts: AnomalyCounts) -> str | None:
    kind: Anomaly | None = None
    if item is None or item == "" or item in ([], {}):
        kind, text = "empty_fact", ""
    elif isinstance(item, str):
        text = clean_text(item).strip()
        kind = None if text else "empty_fact"
    else:
        kind, text = "fact_not_text", _words(item)
    if kind is not None:
        counts.count(kind)
    return text or None


def _words(item: Any) -> str:
    """Return what an item says: the one text of an object, or its JSON."""
    if isinstance(item, dict):
        texts = [value for value in item.values() if isinstance(value, str) and value.strip()]
        if len(texts) == 1:
            return clean_text(texts[0]).strip()
    return clean_text(json.dumps(item, ensure_ascii=False))


def _values(text: str) -> tuple[list[Any], ReplyFault | None]:
    """Return the JSON objects and lists in a text, and what is wrong where one can't be read."""
    values: list[Any] = []
    fault: ReplyFault | None = None
    place = _next(text, 0)
    for _ in range(_MAX_STARTS):
        if place is None:
            break
        try:
            value, end = _DECODER.raw_decode(text, place)
            values.append(value)
        except json.JSONDecodeError as error:
            end = place + 1
            if fault is None or _at_the_end(error, text):
                fault = "truncated_json" if _at_the_end(error, text) else "broken_json"
        except RecursionError:
            return values, "broken_json"
        place = _next(text, end)
    return values, fault


def _next(text: str, start: int) -> int | None:
    places = [place for mark in "{[" if (place := text.find(mark, start)) >= 0]
    return min(places, default=None)


def _at_the_end(error: json.JSONDecodeError, text: str) -> bool:
    """Tell whether a text ends before its JSON does: also within a literal, or an escape."""
    rest = text[error.pos :].strip()
    if error.msg.startswith("Invalid \\u"):
        return len(rest) < _ESCAPE
    literal = any(word.startswith(rest) for word in ("null", "true", "false", "-"))
    return literal or error.msg.startswith("Unterminated")
