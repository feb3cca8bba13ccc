"""Executes update plans, and keeps facts that a broken reply would have lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from .anomalies import AnomalyCounts
from .store import MemoryStore
from .text_matching import has_every_word, stems
from .update_plan import UpdatePlan

__all__ = ["FactSource", "Updater"]


class FactSource:
    """The turns that new facts were extracted from."""

    def __init__(self, time: datetime, turns: Mapping[str, str]) -> None:
        self.time = time
        """The time of the turns."""
        self._stems = {id: set(stems(text)) for id, text in turns.items()}

    def turns_of(self, text: str) -> tuple[str, ...]:
        """Return the turn that shares the most words with a text; ties go to the first."""
        wanted = set(stems(text))
        shared = {id: len(wanted & own) for id, own in self._stems.items()}
        return (max(shared, key=shared.__getitem__),) if shared else ()


class Updater:
    """Applies plans to a store.

    Deletions come first, so a text that a reply both deletes and adds is kept.
    """

    def __init__(self, store: MemoryStore, counts: AnomalyCounts) -> None:
        self.facts_kept = 0
        """The number of facts added because a reply was unreadable or dropped them."""
        self._store = store
        self._counts = counts

    def apply(
        self, plan: UpdatePlan, ids: Mapping[str, str], facts: Sequence[str], source: FactSource
    ) -> None:
        """Apply a plan; `ids` maps short ids to the store's ids."""
        for short in plan.deletes:
            text = self._store.memories[ids[short]].text
            self._store.delete(ids[short], time=source.time, turns=source.turns_of(text))
        for short, text in plan.updates.items():
            if text != self._store.memories[ids[short]].text:
                turns = source.turns_of(text)
                self._store.update(ids[short], text, time=source.time, turns=turns)
        for text in plan.adds:
            if self._store.has(text):
                self._counts.count("known_text")
            else:
                self._add_memory(text, source)
        texts = [*plan.updates.values(), *plan.adds]
        for text in plan.rescued:
            if not has_every_word(texts, text) and not self._store.has(text):
                self._add_memory(text, source)
        if plan.lost:
            self._keep_lost_facts(facts, [*texts, *plan.rescued], source)

    def keep_all(self, facts: Iterable[str], source: FactSource) -> None:
        """Add facts unchanged, skipping those already remembered word for word."""
        self._keep_lost_facts(facts, (), source)

    def _keep_lost_facts(
        self, facts: Iterable[str], texts: Sequence[str], source: FactSource
    ) -> None:
        for fact in facts:
            if not has_every_word(texts, fact) and not self._store.has(fact):
                self.facts_kept += 1
                self._add_memory(fact, source)

    def _add_memory(self, text: str, source: FactSource) -> None:
        self._store.add(text, time=source.time, turns=source.turns_of(text))
