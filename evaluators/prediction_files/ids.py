"""Takes question ids of other harnesses apart, such as conv-26_q0, locomo_0_qa0 or conv0_q0."""

from __future__ import annotations

import re

__all__ = ["split_id"]

_MOST_CHARACTERS = 200
_ID = re.compile(r"(?:(?P<conversation>.*[^_\-:/. ])[_\-:/. ]+)?qa?[_-]?(?P<number>\d{1,6})", re.I)


def split_id(question_id: str | None) -> tuple[str | None, int | None]:
    """Return the conversation and the question's number that an id names; None for each it lacks.

    An id ends in `q` or `qa` and a number; what stands before is the conversation.
    """
    if question_id is None or len(question_id) > _MOST_CHARACTERS:
        return None, None
    found = _ID.fullmatch(question_id)
    if found is None:
        return None, None
    return found["conversation"], int(found["number"])
