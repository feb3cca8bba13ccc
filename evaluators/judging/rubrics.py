"""Builds a judge's prompt: a rubric, and the texts to compare, safely quoted as JSON.

Every text is a JSON string on its own line. Characters that could close a string, a fence, or a
chat turn (quotes, line breaks, brackets, backticks, invisible ones) are written as JSON escapes,
so that no answer can end its string early or look like a model's special token.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from locomo_vqa.prompts import fill, prompt_hash, prompt_text

__all__ = [
    "MAX_CHARS",
    "PROMPTS",
    "RUBRICS",
    "JudgePrompt",
    "Rubric",
    "data_block",
    "judge_prompt",
    "rubric_hash",
    "rubric_prompt",
]

Rubric = Literal["lenient", "strict"]
"""How strictly an answer is compared with the gold answer:

lenient   correct when it touches on what the gold answer names (as in Mem0's evaluation, which
          the paper's appendix uses for J)
strict    correct when it has every fact of the gold answer and contradicts none
"""
RUBRICS: tuple[Rubric, ...] = get_args(Rubric)

PROMPTS: Mapping[Rubric, str] = {"lenient": "judge_lenient_v1", "strict": "judge_strict_v1"}
"""The prompt file of each rubric."""

MAX_CHARS = 4000
"""The length in characters after which a question, gold answer, or answer is cut and marked."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_ESCAPED = frozenset("<>[]{}`")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """A prompt for a judge."""

    text: str
    """The prompt."""
    cut: tuple[str, ...]
    """The names of the texts that were cut."""


def judge_prompt(rubric: Rubric, *, question: str, gold: str, answer: str) -> JudgePrompt:
    """Return the prompt that asks for a verdict on one answer."""
    fields = {"question": question, "gold_answer": gold, "answer": answer}
    cut = tuple(name for name, text in fields.items() if len(text) > MAX_CHARS)
    text = fill(_PACKAGE, PROMPTS[rubric], data=data_block(fields)).strip()
    return JudgePrompt(text, cut)


def data_block(fields: Mapping[str, str]) -> str:
    """Return texts as a JSON object, one per line; the key `cut` names texts that were cut."""
    shown = {name: text[:MAX_CHARS] for name, text in fields.items()}
    cuts = [
        f"{name}: only the first {MAX_CHARS:,} of {len(text):,} characters are here"
        for name, text in fields.items()
        if len(text) > MAX_CHARS
    ]
    if cuts:
        shown["cut"] = "; ".join(cuts)
    lines = ",\n".join(f'  "{name}": {_encode(text)}' for name, text in shown.items())
    return f"{{\n{lines}\n}}"


def rubric_prompt(rubric: Rubric) -> tuple[str, str]:
    """Return a rubric's prompt, with a name in place of the texts, and its SHA-256."""
    return prompt_text(_PACKAGE, PROMPTS[rubric]), rubric_hash(rubric)


def rubric_hash(rubric: Rubric) -> str:
    """Return the SHA-256 of a rubric's prompt file."""
    return prompt_hash((_PACKAGE, PROMPTS[rubric]))


def _encode(text: str) -> str:
    """Return a JSON string that decodes to exactly `text`."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(_escape(c) if _must_escape(c) else c for c in quoted)


def _must_escape(character: str) -> bool:
    return character in _ESCAPED or unicodedata.category(character) in _UNSEEN


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return f"\\u{ord(character):04x}"
    return json.dumps(character)[1:-1]
