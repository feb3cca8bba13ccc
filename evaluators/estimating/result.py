"""The result of an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.budget import dollars
from locomo_vqa.html_table import html_table
from locomo_vqa.text import counted, duration

from .project import Figure
from .stages import StageEstimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RunEstimate"]

_NAMES = ("calls", "tokens_in", "tokens_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEstimate:
    """What a whole run will take, with what its first part took."""

    system: str
    """The system's name."""
    folder: Path
    """The run folder: the run goes on there, and pays for nothing again."""
    sample: tuple[str, ...]
    """The conversations that the estimate is made from."""
    conversations: int
    """How many the run reads."""
    asked: int
    """How many questions of these conversations have an outcome."""
    questions: int
    """How many the run asks."""
    stages: tuple[StageEstimate, ...]
    """The estimate of each stage; the last is `all`. Empty if no model was asked."""
    seconds: Figure
    """The wall time, with the conversations that run at once."""
    spent: float | None
    """What the calls have cost so far in US dollars; None if unknown."""
    prices: str
    """The table of prices, and its newest day."""
    unpriced: tuple[str, ...]
    """The models whose price is unknown, as "model at host"."""
    here: tuple[str, ...]
    """Those of them on this machine."""

    @property
    def total(self) -> StageEstimate | None:
        """All stages together; None if no model was asked."""
        return self.stages[-1] if self.stages else None

    @property
    def cost(self) -> float | None:
        """What the whole run will cost in US dollars; None if that is unknown."""
        return self.total.cost.value if self.total and self.total.cost else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures mean, in sentences."""
        read = " and ".join(self.sample)
        said = [
            f"From {read} (of {counted(self.conversations, 'conversation')}) and "
            f"{self.asked:,} of {counted(self.questions, 'question')}. ± is about 95 %, if the "
            "other conversations are like these, apart from their sessions, turns, text and images."
        ]
        elsewhere = [name for name in self.unpriced if name not in self.here]
        if elsewhere:
            said.append(f"No price is known for {', '.join(elsewhere)} ({self.prices}).")
        if self.here:
            said.append(
                f"{', '.join(self.here)} is on this machine: it costs time only, unless it passes "
                "requests on; give prices if it does."
            )
        if not self.stages:
            said.append("No call to a model was seen, so only the time is estimated.")
        return tuple(said)

    def __repr__(self) -> str:
        calls = self.total.calls.value if self.total else 0.0
        return (
            f"<RunEstimate of {self.system!r}: {calls:,.0f} calls, {self.cost_text}, "
            f"{duration(self.seconds.value)}, in {str(self.folder)!r}>"
        )

    @property
    def cost_text(self) -> str:
        """The price of the whole run in words."""
        if self.total is None or (self.cost == 0.0 and not self.unpriced):
            return "time only"
        if self.cost is None:
            only_here = set(self.unpriced) <= set(self.here)
            return "time only" if only_here else "price unknown"
        return dollars(self.cost)

    def to_json(self) -> dict[str, Any]:
        """Return a document that is valid against the schema `estimate`."""
        return {
            "schema_version": 1,
            "kind": "estimate",
            **{name: getattr(self, name) for name in ("system", "conversations", "questions")},
            "folder": str(self.folder),
            "sample": list(self.sample),
            "asked": self.asked,
            "stages": [
                {
                    "stage": stage.stage,
                    **{name: _with_value(getattr(stage, name)) for name in _NAMES},
                    "cost_usd": None if stage.cost is None else _with_value(stage.cost),
                }
                for stage in self.stages
            ],
            "seconds": _with_value(self.seconds),
            "spent_usd": self.spent,
            "prices": self.prices,
            "unpriced": list(self.unpriced),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each stage, and one for all.

        Columns: stage; calls, tokens_in, tokens_out and cost_usd (the whole run, NaN if unknown);
        and each of them with the suffix `_plus_minus`.
        """
        import pandas as pd

        rows = []
        for stage in self.stages:
            row: dict[str, Any] = {"stage": stage.stage}
            for name in (*_NAMES, "cost"):
                figure: Figure | None = getattr(stage, name)
                shown = "cost_usd" if name == "cost" else name
                row[shown] = None if figure is None else figure.value
                row[f"{shown}_plus_minus"] = None if figure is None else figure.doubt
            rows.append(row)
        names = [f"{n}{end}" for n in (*_NAMES, "cost_usd") for end in ("", "_plus_minus")]
        return pd.DataFrame(rows, columns=["stage", *names])

    def table(self) -> list[tuple[str, ...]]:
        """Return the cells of a row for each stage: stage, calls, tokens in and out, price."""
        return [
            (
                stage.stage,
                *(_shown(getattr(stage, name)) for name in _NAMES),
                "–" if stage.cost is None or self._costs_time_only(stage) else _price(stage.cost),
            )
            for stage in self.stages
        ]

    def _costs_time_only(self, stage: StageEstimate) -> bool:
        return stage.cost is not None and not stage.cost.value and not stage.cost.doubt

    def _repr_html_(self) -> str:
        return html_table(
            ["Stage"],
            self.table(),
            numbers=["calls", "tokens in", "tokens out", "$"],
            caption=f"{self.system}: {self.cost_text}, about {duration(self.seconds.value)}",
            notes=self.notes,
        )


def _with_value(figure: Figure) -> dict[str, float]:
    return {"value": figure.value, **asdict(figure)}


def _shown(figure: Figure) -> str:
    return f"{figure.value:,.0f}{_doubt(figure)}"


def _price(figure: Figure) -> str:
    return f"{dollars(figure.value).removeprefix('$')}{_doubt(figure)}"


def _doubt(figure: Figure) -> str:
    if not figure.value or not figure.doubt:
        return ""
    return f" ± {max(1, round(100 * figure.doubt / figure.value))} %"


def makespan(lengths: Sequence[float], jobs: int) -> float:
    """Return how long conversations take if `jobs` of them run at once, in their order."""
    free = [0.0] * max(1, jobs)
    for length in lengths:
        free[free.index(min(free))] += length
    return max(free)
