"""Finds the answer in a vision expert's reply.

An expert may have been trained to give a reason too, as JSON {"answer": …, "reason": …} (MemLoRA,
section 3.3), and small experts often write malformed JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ChatReply, ModelFailed
from locomo_vqa.models.json_replies import json_values, without_slips

__all__ = ["read_visual_answer"]

_MAX_CHARACTERS = 20_000
_MAX_QUOTED_CHARACTERS = 80

_BEGUN = re.compile(r'"answer"\s*:\s*(?:"((?:[^"\\]|\\.)+)"|(-?\d+(?:\.\d+)?)\s*[,}\n])')
"""An answer in JSON that can't be parsed as a whole, such as JSON that is cut off after it."""

_LABEL = re.compile(
    r"(?:^|[\s.;*{'])answer\W{0,4}?\s*(?:[:=]|\bis\b\s*:?)\s*\W{0,4}?(?P<rest>\w.*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""An answer after its label, with the rest of its line."""

_REASON = re.compile(r"\b(?:reason|reasoning|explanation)\b\W{0,4}?\s*[:=]", re.IGNORECASE)
"""The label of a reason, before which an answer ends."""

_JSON_KEY = re.compile(
    r'"(?:answer|reason)"|[\u201c-\u201f](?:answer|reason)[\u201c-\u201f]\s*:'
    r'|^\W*[{\[]\s*(?:["{\u201c-\u201f]|$)'
)
"""Matches only replies in JSON, even those that are cut off at the start."""


def read_visual_answer(reply: ChatReply) -> str:
    """Return the answer in a reply; without JSON or labels, the whole reply is the answer.

    Raises:
        ModelFailed: the reply has no answer.
    """
    text = reply.text[:_MAX_CHARACTERS].strip()
    if reply.finish == "refused":
        return text
    cleaned = without_slips(text)
    values = [each for each in json_values(cleaned, strict=False) if _is_json(each)]
    answers = [_text_of(value["answer"]) for value in _objects(values) if "answer" in value]
    if answers and answers[-1]:
        return answers[-1]
    if begun := _BEGUN.search(cleaned):
        return begun[2] or _unescaped(begun[1])
    labelled = None if _JSON_KEY.search(text) else _LABEL.search(text)
    if labelled:
        return _before_reason(labelled["rest"])
    if values or _JSON_KEY.search(text) or not any(map(str.isalnum, text)):
        shown = " ".join(text.split())[:_MAX_QUOTED_CHARACTERS]
        raise ModelFailed(f"the vision model's reply has no answer ({shown!r})")
    return text


def _before_reason(rest: str) -> str:
    """Return the part of a line before the label of a reason, without punctuation at its end."""
    reason = _REASON.search(rest, 1)
    words = rest[: reason.start()] if reason else rest
    length = len(words)
    while length and not (words[length - 1].isalnum() or words[length - 1] == "_"):
        length -= 1
    return words[:length]


def _is_json(value: Any) -> bool:
    return not isinstance(value, ValueError)


def _objects(values: list[Any]) -> list[dict[str, Any]]:
    """Return the objects among the values, including those in one-item lists."""
    inner = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in values]
    return [value for value in inner if isinstance(value, dict)]


def _text_of(value: Any) -> str:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _unescaped(text: str) -> str:
    try:
        found = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text.strip()
    return clean_text(str(found)).strip()
