"""Turns whatever a system returns into a prediction that every file can hold.

Numbers of numpy and its like become plain ones, a score that is not finite and a count that can't
be one become unknown, and text loses its lone surrogates. What is none of these is refused with
the field's name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from locomo_vqa.files import clean_text
from locomo_vqa.runs import MAX_ANSWER_CHARS, Hit, Prediction, State, Usage
from locomo_vqa.schemas import validate
from locomo_vqa.system import Answer

__all__ = ["MAX_HITS", "prediction_of"]

MAX_HITS = 10_000
"""More retrieved passages are refused: a generator may have no end."""

_MOST_TOKENS = 1 << 53
"""Larger counts are unknown: other readers of JSON can't hold them."""


def prediction_of(question_id: str, returned: object) -> Prediction:
    """Return the prediction that a system's answer is, valid against the schema `prediction`.

    Raises:
        TypeError: the answer, or a field of it, is nothing that can be read as what it should be.
        ValueError: it is too long.
    """
    answer = Answer(text=returned) if isinstance(returned, str) else returned
    if not isinstance(answer, Answer):
        raise TypeError(f"the system answered with {type(returned).__name__}, not with text")
    text = _text(answer.text, "the answer's text")
    if len(text) > MAX_ANSWER_CHARS:
        raise ValueError(f"the answer has {len(text):,} characters, over {MAX_ANSWER_CHARS:,}")
    refused = _flag(answer.refused, "refused")
    state: State = "refused" if refused else "ok" if text.strip() else "empty"
    prediction = Prediction(
        question_id=question_id,
        prediction=None if refused else text,
        state=state,
        retrieved=_hits(answer.retrieved),
        usage=_usage(answer.usage),
        error=(text or "refused") if refused else None,
    )
    validate(prediction.to_row(), "prediction", path=Path("the answer"), remedy="")
    return prediction


def _hits(value: Any) -> tuple[Hit, ...]:
    if value is None:
        return ()
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise _wrong(value, "retrieved", "a sequence of Hit")
    hits = tuple(islice(value, MAX_HITS + 1))
    if len(hits) > MAX_HITS:
        raise ValueError(f"retrieved has more than {MAX_HITS:,} passages")
    return tuple(_hit(hit, f"retrieved[{number}]") for number, hit in enumerate(hits))


def _hit(value: Any, field: str) -> Hit:
    if not isinstance(value, Hit):
        raise _wrong(value, field, "a Hit")
    return Hit(
        text=_text(value.text, f"{field}.text"),
        score=_number(value.score, f"{field}.score"),
        turn=None if value.turn is None else _text(value.turn, f"{field}.turn"),
    )


def _usage(value: Any) -> Usage | None:
    if value is None:
        return None
    if not isinstance(value, Usage):
        raise _wrong(value, "usage", "a Usage")
    counts = {name: _count(getattr(value, name), f"usage.{name}") for name in Usage.__slots__}
    return Usage(**counts)


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _wrong(value, field, "a text")
    return clean_text(str.__str__(value))


def _flag(value: Any, field: str) -> bool:
    if not hasattr(type(value), "__bool__"):
        raise _wrong(value, field, "true or false")
    return bool(value)


def _number(value: Any, field: str) -> float | None:
    """Return a plain number, or None where it is unknown or not finite."""
    if value is None:
        return None
    if not hasattr(type(value), "__float__") and not hasattr(type(value), "__index__"):
        raise _wrong(value, field, "a number")
    try:
        number = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        raise _wrong(value, field, "a number") from None
    return number if math.isfinite(number) else None


def _count(value: Any, field: str) -> int | None:
    """Return a whole number of at least 0, or None for any other number."""
    number = _number(value, field)
    if number is None or number < 0 or number > _MOST_TOKENS or number != int(number):
        return None
    return int(number)


def _wrong(value: Any, field: str, wanted: str) -> TypeError:
    return TypeError(f"{field} is of type {type(value).__name__}, not {wanted}")
