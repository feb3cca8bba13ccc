"""The same system and questions under several modes: what of V rests on the pictures.

Every mode is a run of its own, in `<visual>-<images>/`, and each is compared with the run that saw
the pixels: a difference between two runs of one system on the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import write_json
from locomo_vqa.runs import (
    FAILED,
    ImageMode,
    Run,
    VisualMode,
    count_states,
    read_predictions,
)
from locomo_vqa.schemas import validate
from locomo_vqa.scores import FEW_CONVERSATIONS, MetricScores

from .running.harness import Harness
from .running.view import check_images
from .scoring.report import ScoreReport, score_source, write_scores
from .statistics.paired import PairedDifference, paired_difference

__all__ = ["ABLATION_FILE", "Ablation", "ModeDifference", "ModeScores", "ablate", "signed"]

ABLATION_FILE = "ablation.json"
"""Its name, beside the runs."""

_LEVEL = 0.05

_ADDED: Mapping[ImageMode, str] = {
    "caption": "what the pixels add to their captions",
    "none": "what the pixels add to what can be guessed or read",
    "shuffled": "what the right picture adds to somebody else's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeScores:
    """V of one run."""

    visual: VisualMode
    """Whether the questions came with their picture."""
    images: ImageMode
    """What was shown of pictures."""
    run: Run
    """What was answered."""
    v: MetricScores
    """With its interval, and by conversation."""
    values: Mapping[str, Mapping[str, float]]
    """The worth of each answer by question, by conversation."""

    @property
    def states(self) -> dict[str, int]:
        """How many visual questions are in each state."""
        asked = {question for group in self.values.values() for question in group}
        return count_states([p for p in self.run.predictions if p.question_id in asked])

    @property
    def failed(self) -> int:
        """How many visual questions failed; they count as wrong."""
        return sum(number for state, number in self.states.items() if state in FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeDifference:
    """V with pixels less V in another mode, on the same questions."""

    visual: VisualMode
    """Whether the questions came with their picture."""
    baseline: ImageMode
    """The other mode."""
    paired: PairedDifference
    """The difference: above 0 where pixels are better."""

    @property
    def reading(self) -> str:
        """One sentence: the difference, how sure it is, and what it is a measure of."""
        paired = self.paired
        facts = [f"{self.visual}: pixels − {self.baseline} = {signed(paired.difference)}"]
        if paired.interval is not None:
            low, high = paired.interval.low, paired.interval.high
            facts.append(f"95 % interval {signed(low)} … {signed(high)}")
        if paired.p is not None:
            facts.append(f"p = {paired.p:.3f}")
            facts += ["which may be chance"] if paired.p >= _LEVEL else []
        elif paired.conversations < FEW_CONVERSATIONS:
            facts.append(f"no p-value with {paired.conversations} conversations")
        return f"{', '.join(facts)}: {_ADDED[self.baseline]}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """One system under several modes."""

    modes: tuple[ModeScores, ...]
    """In the order in which they ran."""
    differences: tuple[ModeDifference, ...]
    """Every other mode against pixels; none where pixels were not run."""

    def to_json(self) -> dict[str, Any]:
        """Return the content of ablation.json."""
        info = self.modes[0].run.info
        return {
            "schema_version": 1,
            "kind": "ablation",
            "system": info["system"],
            "answerer": info["answerer"],
            "dataset": {name: info["dataset"][name] for name in ("id", "revision", "split")},
            "modes": [_mode_row(mode) for mode in self.modes],
            "differences": [_difference_row(difference) for difference in self.differences],
        }


def ablate(
    harness: Harness,
    *,
    images: Sequence[ImageMode],
    visual: Sequence[VisualMode],
    run: Callable[[Harness], Run] = lambda harness: harness.run(),
) -> Ablation:
    """Run a system under every combination of modes, score V, and write ablation.json.

    Only visual questions are asked. What a folder of an earlier call has answered is kept, so the
    same call goes on where it was interrupted.

    Args:
        harness: the system, the benchmark and the split; its `out` is the folder of all runs, and
            its own modes are replaced.
        run: runs one harness; for a caller that shows progress.

    Raises:
        InputError: the split has no visual questions, or a mode can't be shown.
        OutputError: the folder is of another kind, or has runs of another system or data set.
    """
    asked = [q for q in harness.benchmark.visual_questions if harness.split in ("all", q.split)]
    if not asked:
        raise InputError(
            f"{harness.benchmark.name}: the split {harness.split!r} has no visual questions.",
            "Choose another --split, or a benchmark with visual questions.",
        )
    _check_folder(harness.out)
    for mode in images:
        check_images(harness.benchmark, {q.conversation: None for q in asked}, mode)
    modes = []
    for way in visual:
        for mode in images:
            out = harness.out / f"{way}-{mode}"
            benchmark = _asked_of(harness.benchmark, out)
            one = replace(harness, out=out, images=mode, visual=way, benchmark=benchmark)
            modes.append(_scored(run(one), harness.benchmark, images=mode, visual=way))
    ablation = Ablation(modes=tuple(modes), differences=tuple(_differences(modes)))
    document, path = ablation.to_json(), harness.out / ABLATION_FILE
    validate(document, "ablation", path=path, remedy="Please report this.")
    write_json(path, document)
    return ablation


def signed(difference: float) -> str:
    """Return a difference of percentages with its sign and one digit after the point."""
    text = f"{difference:+.1f}"
    return "0.0" if text[1:] == "0.0" else text.replace("-", "−")


def _check_folder(out: Path) -> None:
    for name, kind in (("run.json", "run"), ("benchmark.json", "benchmark")):
        if (out / name).exists():
            raise OutputError(f"{out}: is a {kind} folder.", "Choose another --out.")


def _asked_of(benchmark: Benchmark, out: Path) -> Benchmark:
    """Return the benchmark without text questions, unless a finished run in `out` has them."""
    predictions = out / "predictions.jsonl"
    texts = {question.id for question in benchmark.text_questions}
    if predictions.exists() and any(
        prediction.question_id in texts for prediction in read_predictions(predictions)
    ):
        return benchmark
    return replace(benchmark, text_questions=())


def _scored(run: Run, benchmark: Benchmark, *, images: ImageMode, visual: VisualMode) -> ModeScores:
    sheet = score_source(run.folder, benchmark, metrics=["v"])
    write_scores(run.folder, sheet, own=True)
    return ModeScores(
        visual=visual,
        images=images,
        run=run,
        v=sheet.scores.metrics["v"],
        values=_values(sheet, benchmark),
    )


def _values(sheet: ScoreReport, benchmark: Benchmark) -> dict[str, dict[str, float]]:
    conversations = {q.id: q.conversation for q in benchmark.visual_questions}
    values: dict[str, dict[str, float]] = {}
    for row in sheet.scores.by_question:
        if row.value is not None:
            values.setdefault(conversations[row.question_id], {})[row.question_id] = row.value
    return values


def _differences(modes: Sequence[ModeScores]) -> Iterable[ModeDifference]:
    pixels = {mode.visual: mode for mode in modes if mode.images == "pixels"}
    for mode in modes:
        if mode.images != "pixels" and mode.visual in pixels:
            yield ModeDifference(
                visual=mode.visual,
                baseline=mode.images,
                paired=paired_difference(
                    mode.values, pixels[mode.visual].values, width=mode.v.scale
                ),
            )


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
