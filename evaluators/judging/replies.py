"""Reads the verdict in a judge's reply, or determines why it can't be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from locomo_vqa.files import clean_text
from locomo_vqa.json_gate import DuplicateKey
from locomo_vqa.models.json_replies import load_reply
from locomo_vqa.models.thoughts import split_thought

from .rubrics import VerdictKey

__all__ = ["READING", "Unreadable", "Verdict", "read_verdict", "verdict_schema"]

READING = "json|fence|label"
"""The accepted forms of a reply, for signatures: an object, a code fence, or one label."""

_FENCE = re.compile(
    r"(?P<before>[^{}`]*+)(?:```+(?:json\w*+|javascript)?\s*+)++"
    r"(?P<object>\[?\s*+\{.*\}\s*+\]?)(?:\s*+```+)++",
    re.DOTALL | re.IGNORECASE,
)
_LABEL = re.compile(r"\W*(?:(?:verdict|label)\W+)?(?P<label>correct|wrong)\W*", re.IGNORECASE)
_ANY_LABEL = re.compile(r"\b(?:correct|wrong|incorrect)\b", re.IGNORECASE)
_ASK_JSON = 'Reply with one JSON object with the texts "reasoning" and "{key}", and nothing else.'
_ASK_ONE = 'Decide: the "{key}" must be either "CORRECT" or "WRONG", and be given once.'


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's decision."""

    correct: bool
    """Whether the judge accepts the answer."""
    reasoning: str
    """The judge's reason; empty if the reply is only a label."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply without a clear verdict."""

    reason: Literal["unparsable", "both_labels"]
    """Whether the reply names no verdict, or both."""
    objection: str
    """The message that asks the judge again."""


def verdict_schema(key: VerdictKey = "verdict") -> Mapping[str, Any]:
    """Return the JSON schema of a reply, for backends with guided decoding."""
    return {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            key: {"type": "string", "enum": ["CORRECT", "WRONG"]},
        },
        "required": ["reasoning", key],
        "additionalProperties": False,
    }


def read_verdict(text: str, key: VerdictKey = "verdict") -> Verdict | Unreadable:
    """Read a reply whose object has the verdict under `key`.

    An object within other text may be quoted from the answer, so it doesn't count as the verdict. A
    reply must be a single object, a code fence with one object after a preface that names no
    verdict, or a single label.
    """
    text = split_thought(clean_text(text)).words.strip()
    if label := _LABEL.fullmatch(text):
        return Verdict(label["label"].lower() == "correct", "")
    if fence := _FENCE.fullmatch(text):
        if _ANY_LABEL.search(fence["before"]):
            return _unparsable(key)
        text = fence["object"]
    try:
        value = load_reply(text)
    except ValueError as error:
        if isinstance(error, DuplicateKey) and error.key == key:
            return Unreadable("both_labels", _ASK_ONE.format(key=key))
        named = {word.upper() for word in _ANY_LABEL.findall(text)}
        if {"CORRECT", "WRONG"} <= named:
            return Unreadable("both_labels", _ASK_ONE.format(key=key))
        return _unparsable(key)
    return _verdict(value, key)


def _unparsable(key: VerdictKey) -> Unreadable:
    return Unreadable("unparsable", _ASK_JSON.format(key=key))


def _verdict(value: Any, key: VerdictKey) -> Verdict | Unreadable:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    said = value.get(key) if isinstance(value, dict) else None
    if not isinstance(said, str):
        return _unparsable(key)
    label = said.strip().upper()
    if label not in ("CORRECT", "WRONG"):
        both = "CORRECT" in label and "WRONG" in label
        return Unreadable("both_labels" if both else "unparsable", _ASK_ONE.format(key=key))
    reasoning = value.get("reasoning")
    return Verdict(label == "CORRECT", reasoning.strip() if isinstance(reasoning, str) else "")
