"""The function `ablate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import OutputError
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.runs import IMAGE_MODES, VISUAL_MODES, ImageMode, Run, SplitChoice, VisualMode

from ..hosting import DEFAULT_LIMITS
from ..loading import SystemSource
from ..running.harness import Harness, check_run_arguments
from ..running.hosting_settings import HostingSettings
from ..running.metering_settings import MeteringSettings
from ..running.setup import RunSetup, fresh_folder
from .certificate_runs import held_secret
from .modes import check_modes, run_modes
from .result import Ablation

__all__ = ["ablate"]


@checked
def ablate(
    system: SystemSource,
    *,
    benchmark: Benchmark | str | Path,
    out: str | Path | None = None,
    split: SplitChoice = "test",
    images: Sequence[ImageMode] = IMAGE_MODES,
    visual: Sequence[VisualMode] = VISUAL_MODES,
    certificate: bool = True,
    model: str | None = None,
    options: Mapping[str, object] | None = None,
    jobs: int = 1,
    timeout: float = 120.0,
    python: str | Path | None = None,
    env: Sequence[str] = (),
    retry_failed: bool = False,
    read_timeout: float = DEFAULT_LIMITS.read_s,
    answer_timeout: float = DEFAULT_LIMITS.answer_s,
    memory_limit: float | None = None,
    sandbox: bool = False,
    meter: bool = True,
    record: str | Path | None = None,
    replay: str | Path | None = None,
    strict: bool = False,
    prices: str | Path | None = None,
    progress: bool | ProgressCallback = True,
) -> Ablation:
    """Ask a system every visual question under several modes, and compare V with pixels.

    It ends with a verdict on whether the system answers from the picture: `Ablation.certificate`.
    Each mode is a run in its own folder. To resume an interrupted ablation, call it again with
    the same `out`.

    Args:
        system: see `run`.
        benchmark: see `run`.
        out: the folder for the runs and ablation.json; None for a new one under `runs`.
        split: the visual questions to ask.
        images: how images are shown to the system; one run for each.
        visual: whether questions come with their image; one run for each.
        certificate: whether to make the pixel certificate, which says whether the system answers
            from the picture; it needs the image modes pixels, caption and shuffled, and two more
            runs for each way of asking.
        model: see `run`.
        options: see `run`.
        jobs: see `run`.
        timeout: see `run`.
        python: see `run`.
        env: see `run`.
        retry_failed: see `run`.
        read_timeout: see `run`.
        answer_timeout: see `run`.
        memory_limit: see `run`.
        sandbox: see `run`.
        meter: see `run`.
        record: see `run`.
        replay: see `run`.
        strict: see `run`.
        prices: see `run`.
        progress: see `run`.

    Raises:
        InputError: an argument can't be used, or the split has no visual questions.
        SystemLoadError: the system can't be loaded; no question was asked.
        MissingResource: the model is unavailable or stopped responding; finished answers are kept.
        OutputError: `out` holds something else, or can't be written.
    """
    check_modes(images, visual)
    check_run_arguments(split=split, images=images[0], visual=visual[0])
    hosting = HostingSettings.checked(
        python=python,
        env=env,
        jobs=jobs,
        read_timeout=read_timeout,
        answer_timeout=answer_timeout,
        memory_limit=memory_limit,
        sandbox=sandbox,
    )
    metering = MeteringSettings.checked(
        meter=meter, record=record, replay=replay, strict=strict, prices=prices
    )
    folder = None if out is None else Path(out)
    if folder is not None and folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is not a folder.", "Choose another `out`.")
    with nullcontext() if folder is None else held_secret(folder) as held:
        setup = RunSetup.prepare(
            system,
            model=model,
            timeout=timeout,
            options=options,
            hosting=hosting,
            metering=metering,
        )
        harness = Harness(
            system=setup.system,
            benchmark=load_argument(benchmark),
            split=split,
            images=images[0],
            services=setup.services,
            out=folder or fresh_folder(f"{setup.system.name}-ablation"),
            limits=hosting.limits,
            jobs=jobs,
            sandbox=hosting.sandbox,
        )

        def run(one: Harness) -> Run:
            retry = retry_failed and one.crossing is None
            return setup.run(one, retry_failed=retry, progress=progress, out=harness.out)

        return run_modes(
            harness,
            images=images,
            visual=visual,
            certificate=certificate,
            run=run,
            again=retry_failed,
            held=held,
        )
