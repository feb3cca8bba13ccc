"""Turns whatever a system returns into a prediction that can be written to any file.

The rules are in `locomo_vqa.worker`, which applies them in the system's process; they are applied
again here, because neither a process nor a server can be trusted.
"""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.runs import Hit, Prediction, State, Usage, hit_from_row
from locomo_vqa.schemas import validate
from locomo_vqa.worker import MAX_HITS, plain_answer, plain_hits

__all__ = ["MAX_HITS", "hits_of", "prediction_of"]


def prediction_of(question_id: str, returned: object) -> Prediction:
    """Return a system's answer as a prediction that is valid against the schema `prediction`.

    Raises:
        TypeError: the answer, or a field of it, has the wrong type.
        ValueError: the answer is too long.
    """
    answer = plain_answer(returned)
    text, refused = answer["text"], answer["refused"]
    state: State = "refused" if refused else "ok" if text.strip() else "empty"
    prediction = Prediction(
        question_id=question_id,
        prediction=None if refused else text,
        state=state,
        retrieved=tuple(map(hit_from_row, answer["retrieved"])),
        confidence=answer["confidence"],
        usage=None if answer["usage"] is None else Usage(**answer["usage"]),
        error=(text or "refused") if refused else None,
        context_tokens=answer.get("context_tokens"),
    )
    validate(prediction.to_row(), "prediction", path=Path("the answer"), remedy="")
    return prediction


def hits_of(returned: object) -> tuple[Hit, ...]:
    """Return the passages that a system found, each a `Hit`, a similar dict, or a string.

    Raises:
        TypeError: an element is not a passage.
        ValueError: there are too many passages.
    """
    return tuple(map(hit_from_row, plain_hits(returned, "the hits", texts=True)))
