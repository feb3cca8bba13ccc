"""Sums up what a system asked for: models, temperatures, seeds and instructions, by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .calls import Call
from .stages import CallStage

__all__ = ["Asked", "what_was_asked"]

_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answered calls of one stage with the same model, temperature and seed."""

    stage: CallStage
    """The purpose of the calls."""
    model: str | None
    """The model that they named."""
    temperature: float | None
    """The temperature that they asked for; None if they left it to the endpoint."""
    seed: int | None
    """The seed; None without one. Different seeds of one stage are counted as None."""
    calls: int
    """The number of calls."""
    images: int
    """The number of images in them."""
    instructions: int
    """The number of different instructions to the model."""
    instructions_sha256: tuple[str, ...]
    """The most frequent ones, at most eight, by their SHA-256."""
    answered: tuple[str, ...]
    """The models that the replies named, most frequent first, at most eight."""

    def to_json(self) -> dict[str, Any]:
        """Return the entry for run.json."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return {
            **row,
            "instructions_sha256": list(self.instructions_sha256),
            "answered": list(self.answered),
        }


def what_was_asked(calls: Iterable[Call]) -> tuple[Asked, ...]:
    """Group the answered requests with a body, sorted by stage and by number of calls."""
    groups: dict[tuple[CallStage, str | None, float | None], list[Call]] = {}
    for call in calls:
        if call.outcome == "ok" and call.method != "GET":
            groups.setdefault((call.stage, call.model, call.temperature), []).append(call)
    found = [_asked(*key, group) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda one: (one.stage, -one.calls, one.model or "")))


def _asked(
    stage: CallStage, model: str | None, temperature: float | None, calls: list[Call]
) -> Asked:
    seeds = {call.seed for call in calls}
    hashes = Counter(c.instructions_sha256 for c in calls if c.instructions_sha256 is not None)
    answered = Counter(c.answered for c in calls if c.answered is not None)
    return Asked(
        stage=stage,
        model=model,
        temperature=temperature,
        seed=seeds.pop() if len(seeds) == 1 else None,
        calls=len(calls),
        images=sum(call.images for call in calls),
        instructions=len(hashes),
        instructions_sha256=tuple(digits for digits, _ in hashes.most_common(_MOST)),
        answered=tuple(name for name, _ in answered.most_common(_MOST)),
    )
