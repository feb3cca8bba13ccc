"""Carries a plan out, and sees to it that no fact is lost by a broken reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from .anomalies import AnomalyCounts
from .store import MemoryStore
from .text_matching import covers, terms
from .update_plan import UpdatePlan

__all__ = ["Source", "Updater"]


class Source:
    """The turns that new facts come from, each with its words."""

    def __init__(self, time: datetime, turns: Mapping[str, str]) -> None:
        self.time = time
        """When they were said."""
        self._words = {id: set(terms(text)) for id, text in turns.items()}

    def turns_of(self, text: str) -> tuple[str, ...]:
        """Return the turn that shares the most words with a text; of equals the first."""
        words = set(terms(text))
        shared = {id: len(words & theirs) for id, theirs in self._words.items()}
        return (max(shared, key=shared.__getitem__),) if shared else ()


class Updater:
    """Changes a store by plans.

    Deletions come first, so that a text which is deleted and added in one reply stays.
    """

    def __init__(self, store: MemoryStore, counts: AnomalyCounts) -> None:
        self.facts_kept = 0
        """Facts that were added because a reply was unreadable, or lost them."""
        self._store = store
        self._counts = counts

    def carry_out(
        self, plan: UpdatePlan, ids: Mapping[str, str], facts: Sequence[str], source: Source
    ) -> None:
        """Do what a plan says; `ids` are the store's ids by short id."""
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
                self._add(text, source)
        told = [*plan.updates.values(), *plan.adds]
        for text in plan.rescued:
            if not covers(told, text) and not self._store.has(text):
                self._add(text, source)
        if plan.lost:
            self._keep(facts, [*told, *plan.rescued], source)

    def keep_all(self, facts: Iterable[str], source: Source) -> None:
        """Add facts as they are, those that are remembered word for word left out."""
        self._keep(facts, (), source)

    def _keep(self, facts: Iterable[str], told: Sequence[str], source: Source) -> None:
        for fact in facts:
            if not covers(told, fact) and not self._store.has(fact):
                self.facts_kept += 1
                self._add(fact, source)

    def _add(self, text: str, source: Source) -> None:
        self._store.add(text, time=source.time, turns=source.turns_of(text))
