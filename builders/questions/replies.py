"""Parses a generator's reply: a question with its answer, a refusal, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from locomo_vqa.files import clean_text
from locomo_vqa.models.json_replies import json_values, without_slips
from locomo_vqa.models.thoughts import split_thought

from .rules import check_question

__all__ = ["EXAMPLE", "QUESTION_SCHEMA", "Declined", "Problem", "Written", "read_reply"]

QUESTION_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "question": {"type": ["string", "null"]},
        "answer": {"type": ["string", "null"]},
        "reason": {"type": "string"},
    },
    "required": ["question", "answer", "reason"],
    "additionalProperties": False,
}
"""The JSON Schema of a reply, for backends with guided decoding."""

EXAMPLE = "In which hand does the woman by the door carry her umbrella?"
"""The question in the prompt, which weak models repeat."""


_MAX_WHOLE = 1e15
"""Larger floats are not read as whole numbers: not every whole number is a float."""


@dataclass(frozen=True, slots=True)
class Written:
    """A question that passed every check."""

    question: str
    answer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The generator says that the image offers nothing for such a question."""

    reason: str


@dataclass(frozen=True, slots=True)
class Problem:
    """The reply can't be used."""

    objection: str
    """What is wrong with it; the next request to the generator includes this sentence."""


def read_reply(text: str) -> Written | Declined | Problem:
    """Parse a reply; its JSON may be in a code fence, or follow thoughts and a preface."""
    words = split_thought(text).words
    found = next(_question_objects(words), None)
    found = found or next(_question_objects(without_slips(words), strict=False), None)
    if found is None:
        return Problem("The reply must be one JSON object and nothing else.")
    question, answer = found.get("question"), found.get("answer")
    answer = _as_text(answer)
    reason = found.get("reason")
    reason = clean_text(reason).strip() if isinstance(reason, str) else ""
    if question is None and answer is None and "question" in found:
        return Declined(reason)
    if not isinstance(question, str) or not isinstance(answer, str):
        return Problem('The JSON object must have the texts "question", "answer" and "reason".')
    question, answer = clean_text(question).strip(), clean_text(answer).strip().removesuffix(".")
    objection = check_question(question, answer)
    if question == EXAMPLE:
        objection = "The question must be about this picture, and not the example."
    if objection:
        return Problem(objection)
    if not reason:
        return Problem('The "reason" must be a sentence.')
    return Written(question=question, answer=answer, reason=reason)


def _as_text(answer: Any) -> Any:
    """Return a whole number as its digits, also 3.0; anything else unchanged.

    A truth value stays what it is, and is refused: a model that means "yes" may mean "true".
    """
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return answer
    if isinstance(answer, float) and not (answer.is_integer() and abs(answer) < _MAX_WHOLE):
        return str(answer)
    return str(int(answer))


def _question_objects(text: str, *, strict: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text that have a question, also in a list of one."""
    for value in json_values(text, strict=strict):
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
        if isinstance(value, dict) and ("question" in value or "answer" in value):
            yield value
