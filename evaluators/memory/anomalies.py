"""Anomalies in a model's replies; each kind is counted, and none makes the system lose a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["ANOMALIES", "Anomaly", "AnomalyCounts"]

Anomaly = Literal[
    "broken_json",
    "truncated_json",
    "not_a_list",
    "refused",
    "placeholder",
    "fact_not_text",
    "empty_fact",
    "duplicate_fact",
    "not_an_object",
    "unknown_event",
    "missing_id",
    "unknown_id",
    "invented_id",
    "taken_id",
    "duplicate_id",
    "contradiction",
    "missing_text",
    "text_not_text",
    "empty_text",
    "known_text",
    "no_answer",
]
"""Of a whole reply, which is then requested again:

broken_json     it contains no valid JSON
truncated_json  its JSON ends too early
not_a_list      its JSON has no list where one was requested
refused         the model or its server declined
placeholder     it repeats the placeholders of the prompt in place of facts

Of a fact in an extraction reply:

fact_not_text   it is not a string; its content is kept as JSON
empty_fact      it is empty; left out
duplicate_fact  the reply already contains it; left out

Of an operation in an update reply:

not_an_object   it is not an object; a text is added as a memory
unknown_event   its event is missing or not one of the four; its text is added as a memory
missing_id      it changes a memory without naming it; its text is added as a memory
unknown_id      its id is a number that no shown memory has; its text is added as a memory
invented_id     its id is neither a number nor shown; its text is added as a memory
taken_id        it adds a memory under the id of a shown one; a new id is used
duplicate_id    the reply already has an operation on that memory; a new text is added
contradiction   the reply both deletes and keeps the memory; it is kept
missing_text    it needs a text and has none; nothing is changed
text_not_text   its text is not a string; nothing is changed
empty_text      its text is empty; nothing is changed
placeholder     its text is the prompt's placeholder for a text; nothing is changed
known_text      it adds a text that is already remembered word for word; nothing is changed

Of a vision expert's reply about an image:

no_answer       it has no answer; the question's state is "error"
"""
ANOMALIES: tuple[Anomaly, ...] = get_args(Anomaly)


class AnomalyCounts:
    """How often each kind of anomaly occurred."""

    def __init__(self) -> None:
        self._counts: dict[Anomaly, int] = dict.fromkeys(ANOMALIES, 0)

    def count(self, kind: Anomaly, times: int = 1) -> None:
        """Add occurrences of a kind."""
        self._counts[kind] += times

    def nonzero(self) -> Mapping[Anomaly, int]:
        """Return the kinds that occurred, and how often."""
        return {kind: times for kind, times in self._counts.items() if times}
