"""Turns a reply of the update stage into a plan of changes.

A model refers to memories by the short ids that it was shown, so it can't change any others. Every
anomaly in an operation is counted, and none loses a text: a text without a known memory is added,
and if an operation was dropped, so is each new fact that no text contains. A reply without
anomalies is followed exactly: if it doesn't mention a fact, the model considered the fact known or
not worth a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from locomo_vqa.files import clean_text

from .anomalies import Anomaly, AnomalyCounts
from .replies import PLACEHOLDERS
from .text_matching import same_text

__all__ = ["Event", "Operation", "UpdatePlan", "make_update_plan"]

Event = Literal["ADD", "UPDATE", "DELETE", "NONE"]
"""An operation of the update stage: add a memory, change its text, delete it, or keep it.

Source: MemLoRA, appendix A.1, after Mem0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation in a reply, on a memory that was shown."""

    id: str
    """The memory's short id."""
    event: Literal["UPDATE", "DELETE", "NONE"]
    """What happens to the memory."""
    text: str = ""
    """The new text of an UPDATE."""


@dataclass(slots=True, kw_only=True)
class UpdatePlan:
    """The changes in a reply, by short id, in the order in which they are made."""

    deletes: list[str] = field(default_factory=list)
    """Memories to delete."""
    updates: dict[str, str] = field(default_factory=dict)
    """New texts, by memory; none of these memories is deleted."""
    adds: list[str] = field(default_factory=list)
    """Texts to add at the model's request."""
    rescued: list[str] = field(default_factory=list)
    """Texts whose memory is unknown; added unless another text contains them."""
    lost: bool = False
    """Whether any of the model's operations was dropped."""


def make_update_plan(
    entries: Sequence[Any], shown: Mapping[str, str], counts: AnomalyCounts
) -> UpdatePlan:
    """Return the changes that a reply's entries make to the shown memories, by short id."""
    plan = UpdatePlan()
    operations: dict[str, list[Operation]] = {}
    for entry in entries:
        operation = _EntryReader(plan, shown, counts).read(entry)
        if operation is not None:
            operations.setdefault(operation.id, []).append(operation)
    for id, several in operations.items():
        _merge(plan, id, several, counts)
    return plan


@dataclass(frozen=True, slots=True)
class _EntryReader:
    """Reads the entries of a reply; texts that change no shown memory are added to the plan."""

    plan: UpdatePlan
    shown: Mapping[str, str]
    counts: AnomalyCounts

    def read(self, entry: Any) -> Operation | None:
        """Return the operation in an entry, if it is on a shown memory."""
        if not isinstance(entry, dict):
            self._reject("not_an_object", entry)
            return None
        event = _event_of(entry.get("event"))
        if event is None:
            self._reject("unknown_event", entry.get("text"))
        elif event == "ADD":
            self._add(entry)
        else:
            return self._change_or_none(event, entry)
        return None

    def _add(self, entry: Mapping[str, Any]) -> None:
        text = self._text_of(entry)
        if text is None:
            return
        if _id_of(entry) in self.shown:
            self.counts.count("taken_id")
        self.plan.adds.append(text)

    def _change_or_none(
        self, event: Literal["UPDATE", "DELETE", "NONE"], entry: Mapping[str, Any]
    ) -> Operation | None:
        id = _id_of(entry)
        kind = self._id_anomaly(id)
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
        text = self._text_of(entry)
        return None if text is None else Operation(id=str(id), event=event, text=text)

    def _id_anomaly(self, id: str | None) -> Anomaly | None:
        if id is None:
            return "missing_id"
        if id in self.shown:
            return None
        return "unknown_id" if id.isdecimal() else "invented_id"

    def _text_of(self, entry: Mapping[str, Any]) -> str | None:
        """Return the text of an entry; if it has none, count the anomaly."""
        text = entry.get("text")
        if isinstance(text, str) and text.strip() and not _is_placeholder(text):
            return clean_text(text).strip()
        kind: Anomaly = "missing_text"
        if text is not None:
            kind = "text_not_text"
        if isinstance(text, str):
            kind = "placeholder" if _is_placeholder(text) else "empty_text"
        self._reject(kind, None)
        return None

    def _reject(self, kind: Anomaly, text: Any) -> None:
        self.counts.count(kind)
        self.plan.lost = True
        if isinstance(text, str) and text.strip() and not _is_placeholder(text):
            self.plan.rescued.append(clean_text(text).strip())


def _merge(plan: UpdatePlan, id: str, several: Sequence[Operation], counts: AnomalyCounts) -> None:
    """Merge several operations on one memory: keeping it takes precedence over deleting it."""
    kept = [operation for operation in several if operation.event != "DELETE"]
    if kept and len(kept) < len(several):
        counts.count("contradiction")
    remaining = kept or several
    counts.count("duplicate_id", len(remaining) - 1)
    texts = [operation.text for operation in kept if operation.event == "UPDATE"]
    if texts:
        plan.updates[id] = texts[0]
        plan.rescued += [text for text in texts[1:] if not same_text(text, texts[0])]
    elif not kept:
        plan.deletes.append(id)


def _is_placeholder(text: str) -> bool:
    return text.strip() in PLACEHOLDERS


def _event_of(value: Any) -> Event | None:
    name = value.strip().upper() if isinstance(value, str) else ""
    return next((event for event in get_args(Event) if event == name), None)


def _id_of(entry: Mapping[str, Any]) -> str | None:
    id = entry.get("id")
    if isinstance(id, int) and not isinstance(id, bool):
        return str(id)
    return id.strip() or None if isinstance(id, str) else None
