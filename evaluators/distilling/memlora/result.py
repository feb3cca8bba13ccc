"""The result of a distillation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .samples import Stage
from .search import EXPERTS

__all__ = ["MemLoraDistillation"]


@dataclass(slots=True, kw_only=True)
class MemLoraDistillation:
    """The result of a distillation."""

    out: Path
    """The folder."""
    data: Mapping[str, Any] | None = None
    """The content of data/data.json; None if the phase did not run."""
    candidates: Mapping[Stage, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """The training records, by stage and candidate."""
    search: Mapping[str, Any] | None = None
    """The content of search.json; None if the phase did not run."""

    @property
    def experts(self) -> Path:
        """The folder of the chosen experts."""
        return self.out / EXPERTS

    @property
    def failures(self) -> Mapping[str, str]:
        """Why conversations could not be read by the teacher, by id."""
        return dict(self.data["failed"]) if self.data is not None else {}

    def to_json(self) -> dict[str, Any]:
        """Return the main figures of the phases that ran."""
        figures: dict[str, Any] = {"out": str(self.out)}
        if self.data is not None:
            figures["data"] = {"counts": self.data["counts"], "failed": self.data["failed"]}
        if self.candidates:
            figures["candidates"] = {
                stage: {name: _losses(record) for name, record in found.items()}
                for stage, found in self.candidates.items()
            }
        if self.search is not None:
            names = ("chosen", "trials", "tested")
            figures["search"] = {name: self.search[name] for name in names}
        return figures


def _losses(record: Mapping[str, Any]) -> dict[str, Any]:
    best = record["epochs"][record["best_epoch"] - 1]
    return {
        "epochs": len(record["epochs"]),
        "best_epoch": record["best_epoch"],
        "validation_loss": best["validation_loss"],
        "validation_loss_before": record["validation_loss_before"],
    }
