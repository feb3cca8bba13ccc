"""The function `distill_memlora`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from locomo_vqa.arguments import check_choice, check_choices, check_number, check_option_names
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.models.names import parse_name
from locomo_vqa.progress import ProgressCallback, progress_reporter

from ...judging.settings import JudgeSettings
from ...memory import (
    MEMORY_OPTIONS,
    RUN_ONLY_OPTIONS,
    MemorySettings,
    refuse_own_prompts,
    student_base,
)
from ..lora_settings import LoraSettings
from ..out_folder import locked_out
from ..readiness import check_before_data
from .data import DataMaker, read_data_record
from .observations import OBSERVATIONS
from .result import MemLoraDistillation
from .samples import STAGES, Stage
from .search import Search
from .space import candidate_name, read_space
from .training import train_candidates
from .trials import TrialRunner
from .vision_data import VisionTarget

__all__ = ["PHASES", "MemLoraDistillation", "Phase", "distill_memlora"]

Phase = Literal["data", "train", "search"]
"""What is done:

data     the teacher's replies become training data
train    an adapter is trained for every stage and every setting of the search space
search   the best combination is chosen on the validation split, and tested once
"""
PHASES: tuple[Phase, ...] = get_args(Phase)

_LONGEST_TIMEOUT_S = 86_400
_MOST_COMBINED = 8


@checked
def distill_memlora(
    benchmark: Benchmark | str | Path,
    *,
    student: str,
    out: str | Path,
    teacher: str | None = None,
    locomo: str | Path | None = None,
    only: Phase | None = None,
    stages: Sequence[Stage] | None = None,
    options: Mapping[str, str] | None = None,
    search_space: str | Path | None = None,
    vision_target: VisionTarget = "answer-and-reason",
    samples: int | None = None,
    top: int = 2,
    judge: str | None = None,
    jobs: int = 1,
    timeout: float = 120.0,
    progress: bool | ProgressCallback = True,
) -> MemLoraDistillation:
    """Train MemLoRA's experts for a small model, and choose the best of them.

    The same call continues where the last one stopped. If the teacher could not read a
    conversation, the later phases do not run. Only the train and validation splits are used before
    the experts are chosen.

    Args:
        benchmark: the benchmark, its folder, or its name.
        student: the name of the model that gets the experts: `transformers:…` or `embedded:…`.
        out: the folder to write to; its `experts` is what the system `memlora` runs.
        teacher: the name of the model that extracts and updates, or `locomo-observations`; needed
            for the data of the text stages.
        locomo: LoCoMo's own file, for the teacher `locomo-observations`.
        only: the only phase to run; None runs all.
        stages: the stages that get an expert; None for all that the benchmark and the student
            allow.
        options: options of mem0's pipeline for the student.
        search_space: a TOML file with the settings to try; None for the package's own.
        vision_target: what the vision expert learns to reply.
        samples: how many training samples of each stage are drawn, with the same share of the
            validation samples; None for all.
        top: how many candidates of each stage are combined.
        judge: a judge's model; with one, J chooses the text experts, otherwise F1.
        jobs: how many conversations a trial runs at once.
        timeout: the seconds that one request to the teacher may take.
        progress: whether to show bars, or a callback.

    Raises:
        InputError: an argument can't be used, or a phase needs an earlier one.
        OutputError: the folder has results of other arguments, or can't be written.
        MissingResource: a model can't be used on this machine, or its server does not answer.
    """
    if only is not None:
        check_choice("only", only, PHASES)
    check_choice("vision_target", vision_target, get_args(VisionTarget))
    _check_numbers(timeout=timeout, samples=samples, top=top, jobs=jobs)
    JudgeSettings.checked(judge=judge)
    if stages is not None:
        check_choices("stages", stages, STAGES)
    loaded, folder = load_argument(benchmark), Path(out)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is not a folder.", "Choose another `out`.")
    base = student_base(student, parameter="student")
    options = dict(options or {})
    known = [name for name in MEMORY_OPTIONS if name not in RUN_ONLY_OPTIONS]
    check_option_names("the distillation", options, known)
    settings = MemorySettings.from_options(options, model=student, system="the distillation")
    refuse_own_prompts(settings)
    space = read_space(None if search_space is None else Path(search_space))
    phases = PHASES if only is None else (only,)
    wanted = _stages(stages, loaded)
    if "data" in phases:
        _check_teacher(teacher, locomo, wanted)
        check_before_data(loaded, base, wanted, trains="train" in phases)
    result = MemLoraDistillation(out=folder)
    with locked_out(folder), progress_reporter(progress) as report:
        if "data" in phases:
            result.data = DataMaker(
                benchmark=loaded,
                teacher=teacher or "none",
                settings=settings,
                stages=wanted,
                vision_target=vision_target,
                locomo=None if locomo is None else Path(locomo),
                samples=samples,
                timeout_s=timeout,
                progress=report,
            ).make(folder)
            if result.failures:
                return result
        if phases != ("data",):
            wanted = _made_stages(folder, stages)
        if "train" in phases:
            result.candidates = train_candidates(base, space, wanted, folder, progress=report)
        if "search" in phases:
            runner = TrialRunner(
                student=student,
                benchmark=loaded,
                options=options,
                out=folder,
                judge=judge,
                jobs=jobs,
            )
            candidates = {stage: _names(space[stage]) for stage in wanted}
            result.search = Search(
                runner=runner, candidates=candidates, top=top, progress=report
            ).run()
    return result


def _check_numbers(*, timeout: float, samples: int | None, top: int, jobs: int) -> None:
    check_number("timeout", timeout, low=0.1, high=_LONGEST_TIMEOUT_S)
    if samples is not None:
        check_number("samples", samples, low=1, whole=True)
    check_number("top", top, low=1, high=_MOST_COMBINED, whole=True)
    check_number("jobs", jobs, low=1, whole=True)


def _stages(stages: Sequence[Stage] | None, benchmark: Benchmark) -> tuple[Stage, ...]:
    """Return the stages that get data, in the order of the pipeline."""
    if stages is None:
        return STAGES if benchmark.visual_questions else STAGES[:-1]
    if "vision" in stages and not benchmark.visual_questions:
        raise InputError(
            f"`stages`: {benchmark.name} has no visual questions.",
            "Leave vision out, or build a benchmark with them.",
        )
    return tuple(stage for stage in STAGES if stage in stages)


def _check_teacher(teacher: str | None, locomo: str | Path | None, stages: Sequence[Stage]) -> None:
    if set(stages) == {"vision"}:
        return
    if teacher is None:
        raise InputError(
            "The data of the text stages needs a `teacher`.",
            f"Name a model, or {OBSERVATIONS} with LoCoMo's own file as `locomo`.",
        )
    if teacher == OBSERVATIONS:
        if locomo is None:
            raise InputError(
                f"`teacher` {OBSERVATIONS} needs LoCoMo's own file.",
                "Give locomo10.json as `locomo`.",
            )
        return
    parse_name(teacher, parameter="teacher")


def _made_stages(folder: Path, stages: Sequence[Stage] | None) -> tuple[Stage, ...]:
    """Return the stages that have data.

    Raises:
        InputError: the data is missing, or lacks one of the named stages.
    """
    made: list[Stage] = list(read_data_record(folder / "data")["stages"])
    for stage in stages or ():
        if stage not in made:
            raise InputError(
                f"{folder / 'data'}: has no data of the stage {stage}.",
                "Make it in another `out`, or leave the stage out.",
            )
    return tuple(stage for stage in made if stages is None or stage in stages)


def _names(candidates: Sequence[LoraSettings]) -> list[str]:
    return [candidate_name(settings) for settings in candidates]
