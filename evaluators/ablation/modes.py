"""Runs a system under every combination of modes, and compares each with pixels.

Each mode is a run in its own folder, `<visual>-<images>`. Each difference is between two runs of
the same system on the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from locomo_vqa.arguments import check_choices
from locomo_vqa.benchmark import Benchmark, VisualQuestion
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import write_json
from locomo_vqa.runs import (
    IMAGE_MODES,
    VISUAL_MODES,
    ImageMode,
    Run,
    VisualMode,
    read_predictions,
)
from locomo_vqa.schemas import validate
from locomo_vqa.statistics.paired import paired_difference

from ..running.harness import Harness
from ..running.view import check_images
from ..scoring import ScoreReport, score
from .badge import write_badge
from .certificate import Certificate, certify
from .certificate_file import CERTIFICATE_FILE, certificate_document, runs_of
from .certificate_runs import NEEDED, HeldSecret, crossed_runs, held_secret, secret_of_coins
from .pairing import paired_answers
from .result import Ablation, ModeDifference, ModeScores

__all__ = ["ABLATION_FILE", "check_modes", "run_modes"]

ABLATION_FILE = "ablation.json"
"""The name of the result file, which is next to the run folders."""


def check_modes(images: Sequence[ImageMode], visual: Sequence[VisualMode]) -> None:
    """Check that both arguments are lists of allowed modes.

    Raises:
        InputError: a value is not allowed, or a list is empty.
    """
    check_choices("images", images, IMAGE_MODES)
    check_choices("visual", visual, VISUAL_MODES)


def run_modes(
    harness: Harness,
    *,
    images: Sequence[ImageMode],
    visual: Sequence[VisualMode],
    certificate: bool = True,
    run: Callable[[Harness], Run] = lambda harness: harness.run(),
    again: bool = False,
    held: HeldSecret | None = None,
) -> Ablation:
    """Run a system under every combination of modes, score V, and write ablation.json.

    Only visual questions are asked. Answers from an earlier call are kept, so the same call resumes
    where it was interrupted.

    Args:
        harness: the system, the benchmark, and the split. Its `out` is the folder for all runs; its
            own modes are replaced.
        images: how images are shown; one run for each.
        visual: how visual questions are asked; one run for each.
        certificate: whether to make the pixel certificate, if `images` has what it needs; two more
            runs for each way of asking.
        run: a function that runs one harness.
        again: whether a certificate's runs are made again, with new coins, if a question failed.
        held: the secret of interrupted runs, if the caller has taken it off the disk.

    Raises:
        InputError: the split has no visual questions, or an image mode isn't possible.
        OutputError: the folder holds something else, or runs of another system or benchmark.
    """
    check_modes(images, visual)
    images, visual = list(dict.fromkeys(images)), list(dict.fromkeys(visual))
    asked = [q for q in harness.benchmark.visual_questions if harness.split in ("all", q.split)]
    if not asked:
        raise InputError(
            f"{harness.benchmark.name}: the split {harness.split!r} has no visual questions.",
            "Choose another `split`, or a benchmark with visual questions.",
        )
    _check_folder(harness.out)
    for mode in images:
        check_images(harness.benchmark, {q.conversation: None for q in asked}, mode)
    with held_secret(harness.out) if held is None else nullcontext(held) as coins:
        modes = [_run_mode(harness, run, one, asked_as) for asked_as in visual for one in images]
        certificates: tuple[Certificate, ...] = ()
        if certificate and set(NEEDED) <= set(images):
            certificates = _certify(harness, asked, modes, run, coins, again=again)
    ablation = Ablation(
        folder=harness.out,
        modes=tuple(modes),
        differences=tuple(_differences_from_pixels(modes)),
        certificates=certificates,
    )
    document, path = ablation.to_json(), harness.out / ABLATION_FILE
    validate(document, "ablation", path=path, remedy="Please report this.")
    write_json(path, document)
    if ablation.certificate is not None:
        write_badge(ablation, harness.benchmark.name)
    return ablation


def _run_mode(
    harness: Harness, run: Callable[[Harness], Run], images: ImageMode, visual: VisualMode
) -> ModeScores:
    out = harness.out / f"{visual}-{images}"
    benchmark = _asked_of(harness.benchmark, out)
    one = replace(harness, out=out, images=images, visual=visual, benchmark=benchmark)
    return _score_mode(run(one), harness.benchmark, images=images, visual=visual)


def _certify(
    harness: Harness,
    asked: Sequence[VisualQuestion],
    modes: Sequence[ModeScores],
    run: Callable[[Harness], Run],
    held: HeldSecret,
    *,
    again: bool,
) -> tuple[Certificate, ...]:
    """Make the certificate of each way of asking, and write certificate.json and the badge."""
    captions = {mode.visual: mode.run for mode in modes if mode.images == "caption"}
    only = replace(harness, benchmark=replace(harness.benchmark, text_questions=()))
    secret = secret_of_coins(held, harness.out, list(captions), again=again)
    crossed = {visual: crossed_runs(only, run, visual=visual, secret=secret) for visual in captions}
    document = certificate_document(
        secret, [runs_of(*crossed[visual], caption) for visual, caption in captions.items()]
    )
    path = harness.out / CERTIFICATE_FILE
    validate(document, "certificate", path=path, remedy="Please report this.")
    write_json(path, document)
    held.value = None
    return tuple(
        certify(
            paired_answers(
                asked,
                (crossed[visual][0].predictions, crossed[visual][1].predictions),
                caption.predictions,
                visual=visual,
                secret=secret,
            ),
            visual=visual,
        )
        for visual, caption in captions.items()
    )


def _check_folder(out: Path) -> None:
    for name, kind in (("run.json", "run"), ("benchmark.json", "benchmark")):
        if (out / name).exists():
            raise OutputError(f"{out}: is the folder of a {kind}.", "Choose another `out`.")


def _asked_of(benchmark: Benchmark, out: Path) -> Benchmark:
    """Return the benchmark without its text questions, unless a finished run in `out` has them."""
    predictions = out / "predictions.jsonl"
    texts = {question.id for question in benchmark.text_questions}
    if predictions.exists() and any(
        prediction.question_id in texts for prediction in read_predictions(predictions)
    ):
        return benchmark
    return replace(benchmark, text_questions=())


def _score_mode(
    run: Run, benchmark: Benchmark, *, images: ImageMode, visual: VisualMode
) -> ModeScores:
    report = score(run, benchmark=benchmark, metrics=["v"], progress=False)
    report.write()
    return ModeScores(
        visual=visual,
        images=images,
        run=run,
        v=report["v"],
        values=_values_by_conversation(report, benchmark),
    )


def _values_by_conversation(
    report: ScoreReport, benchmark: Benchmark
) -> dict[str, dict[str, float]]:
    conversations = {q.id: q.conversation for q in benchmark.visual_questions}
    values: dict[str, dict[str, float]] = {}
    for row in report.scores.by_question:
        if row.value is not None:
            values.setdefault(conversations[row.question_id], {})[row.question_id] = row.value
    return values


def _differences_from_pixels(modes: Sequence[ModeScores]) -> Iterable[ModeDifference]:
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
