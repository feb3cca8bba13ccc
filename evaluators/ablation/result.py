"""The result of an ablation: V for each mode, and the differences from pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.html_table import html_table
from locomo_vqa.runs import FAILED, ImageMode, Run, VisualMode, count_states
from locomo_vqa.scores import FEW_CONVERSATIONS, MetricScores
from locomo_vqa.statistics.paired import PairedDifference
from locomo_vqa.text import counted

from .certificate import Certificate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ablation", "ModeDifference", "ModeScores", "signed"]

_LEVEL = 0.05

_ADDED: Mapping[ImageMode, str] = {
    "caption": "what the pixels add to their captions",
    "none": "what the pixels add to what can be guessed or read",
    "shuffled": "what the right image adds to one of another conversation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeScores:
    """The V score of one run."""

    visual: VisualMode
    """Whether the questions came with their image."""
    images: ImageMode
    """How images were shown."""
    run: Run
    """The run and its answers."""
    v: MetricScores
    """V with its interval, overall and by conversation."""
    values: Mapping[str, Mapping[str, float]]
    """The value of each answer, by conversation and question."""

    @property
    def states(self) -> dict[str, int]:
        """The number of visual questions in each state."""
        asked = {question for group in self.values.values() for question in group}
        return count_states([p for p in self.run.predictions if p.question_id in asked])

    @property
    def failed(self) -> int:
        """The number of visual questions that failed; they count as wrong."""
        return sum(number for state, number in self.states.items() if state in FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeDifference:
    """V with pixels minus V in another mode, on the same questions."""

    visual: VisualMode
    """Whether the questions came with their image."""
    baseline: ImageMode
    """The other mode."""
    paired: PairedDifference
    """The difference: above 0 if pixels are better."""

    @property
    def reading(self) -> str:
        """One sentence with the difference, its uncertainty, and what it measures."""
        paired = self.paired
        facts = [f"{self.visual}: pixels − {self.baseline} = {signed(paired.difference)}"]
        if paired.interval is not None:
            low, high = paired.interval.low, paired.interval.high
            facts.append(f"95 % interval {signed(low)} … {signed(high)}")
        if paired.p is not None:
            facts.append(f"p = {paired.p:.3f}")
            facts += ["which may be chance"] if paired.p >= _LEVEL else []
        elif paired.conversations < FEW_CONVERSATIONS:
            facts.append(f"no p-value with {counted(paired.conversations, 'conversation')}")
        return f"{', '.join(facts)}: {_ADDED[self.baseline]}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """One system under several modes."""

    folder: Path
    """The folder that contains the runs and ablation.json."""
    modes: tuple[ModeScores, ...]
    """In the order in which they ran."""
    differences: tuple[ModeDifference, ...]
    """Pixels minus each other mode; empty if pixels were not run."""
    certificates: tuple[Certificate, ...] = ()
    """The pixel certificate of each way of asking; empty if none was made."""

    @property
    def certificate(self) -> Certificate | None:
        """Whether the system answers from the picture, where questions come with it if asked so."""
        return next(iter(self.certificates), None)

    def __repr__(self) -> str:
        values = ", ".join(
            f"{mode.visual}-{mode.images} V="
            + ("–" if mode.v.value is None else f"{mode.v.value:.1f}")
            for mode in self.modes
        )
        return f"<Ablation of {self.modes[0].run.info['system']['name']}: {values}>"

    def to_frame(self) -> pd.DataFrame:
        """Return V as a data frame with one row per mode; interval ends have their own columns."""
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=_COLUMNS)

    def _repr_html_(self) -> str:
        rows = [
            (row[0], row[1], *("–" if v is None else f"{v:.1f}" for v in row[2:5]), row[5], row[6])
            for row in self._rows()
        ]
        return html_table(
            ["Visual", "Images"],
            rows,
            numbers=["V", "Low", "High", "n", "Failed"],
            caption=f"V of {self.modes[0].run.info['system']['name']}, 95 % intervals",
            notes=[
                *(difference.reading for difference in self.differences),
                *(f"{each.reading} {each.scope}" for each in self.certificates),
            ],
        )

    def _rows(self) -> list[tuple[Any, ...]]:
        return [
            (
                mode.visual,
                mode.images,
                mode.v.overall.value,
                mode.v.overall.interval.low if mode.v.overall.interval else None,
                mode.v.overall.interval.high if mode.v.overall.interval else None,
                mode.v.overall.n,
                mode.failed,
            )
            for mode in self.modes
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the content of ablation.json."""
        info, found = self.modes[0].run.info, self.certificates
        return {
            "schema_version": 1,
            "kind": "ablation",
            "system": info["system"],
            "answerer": info["answerer"],
            "dataset": {name: info["dataset"][name] for name in ("id", "revision", "split")},
            "modes": [_mode_row(mode) for mode in self.modes],
            "differences": [_difference_row(difference) for difference in self.differences],
            **({"certificates": [each.to_json() for each in found]} if found else {}),
        }


_COLUMNS = ["visual", "images", "v", "low", "high", "n", "failed"]


def signed(difference: float) -> str:
    """Return a difference in percentage points with its sign and one decimal."""
    text = f"{difference:+.1f}"
    return "0.0" if text[1:] == "0.0" else text.replace("-", "−")


def _mode_row(mode: ModeScores) -> dict[str, Any]:
    return {
        "visual_handling": mode.visual,
        "image_handling": mode.images,
        "folder": mode.run.folder.name,
        "predictions_sha256": mode.run.info["files"]["predictions.jsonl"],
        "signature": mode.v.signature,
        "v": asdict(mode.v.overall),
        "by_conversation": {name: asdict(one) for name, one in mode.v.by_conversation.items()},
        "states": mode.states,
        "failed": mode.failed,
    }


def _difference_row(difference: ModeDifference) -> dict[str, Any]:
    paired = asdict(difference.paired)
    return {
        "visual_handling": difference.visual,
        "baseline": difference.baseline,
        "other": "pixels",
        "baseline_v": paired.pop("baseline"),
        "pixels_v": paired.pop("other"),
        **paired,
        "reading": difference.reading,
    }
