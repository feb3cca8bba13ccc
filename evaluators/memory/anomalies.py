"""What can be wrong with a model's replies, each kind counted; none of it costs a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["ANOMALIES", "Anomaly", "AnomalyCounts"]

Anomaly = Literal[
    "broken_json",
    "truncated_json",
    "not_a_list",
    "refused",
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
]
"""Of a whole reply, which is then asked for again:

broken_json     it has no JSON in it
truncated_json  its JSON ends too early
not_a_list      its JSON has no list where one was asked for
refused         the model, or its server, declined

Of a fact in a reply of the extraction:

fact_not_text   it is no text; what it says is kept as JSON
empty_fact      it has no characters; left out
duplicate_fact  the reply has it already; left out

Of an operation in a reply of the update:

not_an_object   it is no object; a text is added as a memory
unknown_event   its event is missing, or none of the four; its text is added as a memory
missing_id      it changes a memory and does not say which; its text is added as a memory
unknown_id      its id is a number that no shown memory has; its text is added as a memory
invented_id     its id is no number at all, and no shown memory's; its text is added as a memory
taken_id        it adds a memory under the id of one that was shown; a new id is given
duplicate_id    an operation on that memory stands in the reply already; a new text is added
contradiction   the memory is deleted and kept in one reply; it is kept
missing_text    it should bring a text and has none; nothing is changed
text_not_text   its text is something else than text; nothing is changed
empty_text      its text has no characters; nothing is changed
known_text      it adds what is remembered word for word; nothing is changed
"""
ANOMALIES: tuple[Anomaly, ...] = get_args(Anomaly)


class AnomalyCounts:
    """How often each kind was met."""

    def __init__(self) -> None:
        self._counts: dict[Anomaly, int] = dict.fromkeys(ANOMALIES, 0)

    def count(self, kind: Anomaly, times: int = 1) -> None:
        """Note that a kind was met."""
        self._counts[kind] += times

    def met(self) -> Mapping[Anomaly, int]:
        """Return the kinds that were met, and how often."""
        return {kind: times for kind, times in self._counts.items() if times}
