"""Makes a plan for the memory out of what a model replied in the update stage.

A model names memories by the short ids that it was shown, so it can't reach any other. Whatever is
wrong with an operation is counted, and no text is lost by it: a text whose memory can't be told
is added, and after a reply that lost something each new fact that no text covers is added too.
A reply in which nothing is wrong is taken at its word: a fact that it does not mention is one that
the model found to be known, or not worth a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from locomo_vqa.files import clean_text

from .anomalies import Anomaly, AnomalyCounts
from .text_matching import same

__all__ = ["Event", "Operation", "UpdatePlan", "make_update_plan"]

Event = Literal["ADD", "UPDATE", "DELETE", "NONE"]
"""What a reply does: a new memory, a new text for one, its end, or nothing. Source: MemLoRA,
appendix A.1, after Mem0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a reply, on a memory that was shown."""

    id: str
    """The short id."""
    event: Literal["UPDATE", "DELETE", "NONE"]
    """What is done with it."""
    text: str = ""
    """The new text of an UPDATE."""


@dataclass(slots=True, kw_only=True)
class UpdatePlan:
    """What a reply does to the memory, by short ids; to be done in this order."""

    deletes: list[str] = field(default_factory=list)
    """Memories to delete."""
    updates: dict[str, str] = field(default_factory=dict)
    """Memories with their new texts; none of them is deleted."""
    adds: list[str] = field(default_factory=list)
    """Texts to add, as the model wants it."""
    rescued: list[str] = field(default_factory=list)
    """Texts to add unless they are covered, because their place can't be told."""
    lost: bool = False
    """Whether something that the model meant to do was not done."""


def make_update_plan(
    entries: Sequence[Any], shown: Mapping[str, str], counts: AnomalyCounts
) -> UpdatePlan:
    """Return what the entries of a reply do to the memories that were shown, by short id."""
    plan = UpdatePlan()
    operations: dict[str, list[Operation]] = {}
    for entry in entries:
        operation = _Reading(plan, shown, counts).read(entry)
        if operation is not None:
            operations.setdefault(operation.id, []).append(operation)
    for id, several in operations.items():
        _settle(plan, id, several, counts)
    return plan


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads one entry; what needs no memory goes to the plan at once."""

    plan: UpdatePlan
    shown: Mapping[str, str]
    counts: AnomalyCounts

    def read(self, entry: Any) -> Operation | None:
        """Return the operation on a shown memory that an entry is, if it is one."""
        if not isinstance(entry, dict):
            self._reject("not_an_object", entry)
            return None
        event = _event(entry.get("event"))
        if event is None:
            self._reject("unknown_event", entry.get("text"))
        elif event == "ADD":
            self._add(entry)
        else:
            return self._change(event, entry)
        return None

    def _add(self, entry: Mapping[str, Any]) -> None:
        text = self._text(entry)
        if text is None:
            return
        if _id(entry) in self.shown:
            self.counts.count("taken_id")
        self.plan.adds.append(text)

    def _change(
        self, event: Literal["UPDATE", "DELETE", "NONE"], entry: Mapping[str, Any]
    ) -> Operation | None:
        id = _id(entry)
        kind = self._wrong_id(id)
        if event == "NONE":
            if kind is not None:
                self.counts.count(kind)
                return None
            return Operation(id=str(id), event=event)
        if kind is not None:
            self._reject(kind, entry.get("text") if event == "UPDATE" else None)
            return None
        if event == "DELETE":
            return Operation(id=str(id), event=event)
        text = self._text(entry)
        return None if text is None else Operation(id=str(id), event=event, text=text)

    def _wrong_id(self, id: str | None) -> Anomaly | None:
        if id is None:
            return "missing_id"
        if id in self.shown:
            return None
        return "unknown_id" if id.isdecimal() else "invented_id"

    def _text(self, entry: Mapping[str, Any]) -> str | None:
        """Return an entry's text; where there is none, the anomaly is counted."""
        text = entry.get("text")
        if isinstance(text, str) and text.strip():
            return clean_text(text).strip()
        kind: Anomaly = "missing_text"
        if text is not None:
            kind = "empty_text" if isinstance(text, str) else "text_not_text"
        self._reject(kind, None)
        return None

    def _reject(self, kind: Anomaly, text: Any) -> None:
        self.counts.count(kind)
        self.plan.lost = True
        if isinstance(text, str) and text.strip():
            self.plan.rescued.append(clean_text(text).strip())


def _settle(plan: UpdatePlan, id: str, several: Sequence[Operation], counts: AnomalyCounts) -> None:
    """Decide between the operations on one memory: keeping it goes before deleting it."""
    kept = [operation for operation in several if operation.event != "DELETE"]
    if kept and len(kept) < len(several):
        counts.count("contradiction")
    remaining = kept or several
    counts.count("duplicate_id", len(remaining) - 1)
    texts = [operation.text for operation in kept if operation.event == "UPDATE"]
    if texts:
        plan.updates[id] = texts[0]
        plan.rescued += [text for text in texts[1:] if not same(text, texts[0])]
    elif not kept:
        plan.deletes.append(id)


def _event(value: Any) -> Event | None:
    name = value.strip().upper() if isinstance(value, str) else ""
    return next((event for event in get_args(Event) if event == name), None)


def _id(entry: Mapping[str, Any]) -> str | None:
    id = entry.get("id")
    if isinstance(id, int) and not isinstance(id, bool):
        return str(id)
    return id.strip() or None if isinstance(id, str) else None
