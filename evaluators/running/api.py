"""The function `run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.context_budget import parse_context
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.repeats import RepeatFrom, Repeats
from locomo_vqa.runs import ImageMode, Run, SplitChoice, VisualMode
from locomo_vqa.workers import connected, parse_workers

from ..hosting import DEFAULT_LIMITS
from ..loading import SystemSource
from .harness import Harness, check_run_arguments
from .hosting_settings import HostingSettings
from .metering_settings import MeteringSettings
from .repeating import RepeatSettings, run_repeats
from .setup import RunSetup, fresh_folder

__all__ = ["PreparedRun", "prepare_run", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRun:
    """A run whose arguments are checked and whose system is loaded."""

    setup: RunSetup
    """The system, with its services."""
    harness: Harness
    """What is asked, and where it is written."""
    repeats: RepeatSettings | None
    """How often it is made; None for a single run."""
    retry_failed: bool
    """Whether failed questions are asked again."""
    progress: bool | ProgressCallback
    """Whether progress is shown."""

    def run(self) -> Run | Repeats:
        """Make the run, or all repeats.

        Raises:
            MissingResource: the cluster can't be used.
        """
        again, progress, workers = self.retry_failed, self.progress, self.setup.workers
        with connected(workers) if workers.ray else nullcontext():
            if self.repeats is None:
                return self.setup.run(self.harness, retry_failed=again, progress=progress)
            return run_repeats(
                self.setup, self.harness, self.repeats, retry_failed=again, progress=progress
            )


@overload
def run(
    system: SystemSource, *, benchmark: Benchmark | str | Path, repeat: int, **settings: Any
) -> Repeats: ...
@overload
def run(
    system: SystemSource,
    *,
    benchmark: Benchmark | str | Path,
    out: str | Path | None = None,
    split: SplitChoice = "test",
    images: ImageMode = "pixels",
    visual: VisualMode = "given",
    twins: bool = False,
    model: str | None = None,
    options: Mapping[str, object] | None = None,
    jobs: int = 1,
    workers: str | None = None,
    limit: int | None = None,
    top_k: int = 10,
    context: int | str | None = None,
    timeout: float = 120.0,
    python: str | Path | None = None,
    env: Sequence[str] = (),
    repeat: None = None,
    seed: int = 1,
    repeat_from: RepeatFrom = "memory",
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
    budget: float | None = None,
    progress: bool | ProgressCallback = True,
) -> Run: ...
@checked  # type: ignore[misc]  # The first overload leaves out what the second names.
def run(
    system: SystemSource,
    *,
    benchmark: Benchmark | str | Path,
    out: str | Path | None = None,
    split: SplitChoice = "test",
    images: ImageMode = "pixels",
    visual: VisualMode = "given",
    twins: bool = False,
    model: str | None = None,
    options: Mapping[str, object] | None = None,
    jobs: int = 1,
    workers: str | None = None,
    limit: int | None = None,
    top_k: int = 10,
    context: int | str | None = None,
    timeout: float = 120.0,
    python: str | Path | None = None,
    env: Sequence[str] = (),
    repeat: int | None = None,
    seed: int = 1,
    repeat_from: RepeatFrom = "memory",
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
    budget: float | None = None,
    progress: bool | ProgressCallback = True,
) -> Run | Repeats:
    """Run a memory system on a benchmark, and return its answers.

    A system that a new process can import runs in its own processes, one for each conversation: a
    crash, hang, or leak affects only that conversation. A class from a notebook or script, or an
    object that a function makes, runs in this process. To resume an interrupted run, call this
    again with the same `out`; no question is asked twice.

    Args:
        system: a class, a function that makes a system for each conversation, the name of a
            bundled or third-party system, `module:Class`, or the http address of a server.
        benchmark: a benchmark, its folder, `sample`, or `org/name` on the Hugging Face Hub.
        out: the run folder; None for a new one under `runs`.
        split: the split whose questions to ask: `train`, `validation`, `test`, or `all`.
        images: how images are shown to the system: `pixels`, `caption`, `none`, or `shuffled`.
        visual: whether a visual question comes with its image (`given`) or not (`recalled`).
        twins: with `visual` recalled, whether to ask about images that were never shared, too, in
            questions that look like the others; for A, see docs/scores.md.
        model: the model's name, such as `openai:<base URL>?model=<name>`.
        options: the system's options, by name.
        jobs: how many conversations run at once; with Ray, on each node.
        workers: where conversations are run: `asyncio` or None for this machine, `ray` for the Ray
            cluster that this machine belongs to, or `ray:ADDRESS`. See docs/cluster.md.
        limit: for a trial, how many questions of each conversation to ask, half of them visual.
        top_k: the number of passages to request from a retrieval-only system.
        context: how much of its memory the system may hand to the answering model with a question,
            in tokens: a number, or a text such as `256`, `4k` or `16k`; None for no limit. Passages
            of a retrieval-only system are cut, best first.
        timeout: the time limit of one call to the model, in seconds.
        python: the interpreter of the environment that a `module:Class` is installed in.
        env: the names of environment variables to hand on to the system's processes, which get
            none but those that Python and libraries need.
        repeat: how often to run, each time in a folder of its own in `out`; None for a single run.
            Runs that are there are kept, so that a larger number adds runs.
        seed: the seed of the first repeat, for an endpoint that takes one; each further repeat's
            is larger by 1.
        repeat_from: what each repeat makes again: `memory`, which is everything, or `answers`, for
            which what the endpoint replied while conversations were read is taken from the first.
        retry_failed: whether to ask failed questions again.
        read_timeout: the time limit for starting, reading a session, and flushing, in seconds each.
        answer_timeout: the time limit of one answer, in seconds.
        memory_limit: the total memory of a conversation's processes, in gigabytes.
        sandbox: whether the system's processes see only their environment, their folder, and the
            proxy's address; needs bubblewrap. What `options` and `env` name can be read.
        meter: count the calls to an endpoint, in `calls.jsonl` of the run folder.
        record: record the endpoint's replies in this file.
        replay: replay the replies in this file; request missing ones, and add them to it.
        strict: with `replay`, refuse requests without a recorded reply.
        prices: a table of model prices, instead of the bundled one.
        budget: what the run's calls may cost in all, in US dollars; it stops in order before more
            is spent, and a later call with a larger budget goes on.
        progress: whether to show progress, or a function to call with it.

    Returns:
        The run, with its folder, run.json, the predictions, and the benchmark; with `repeat`,
        `Repeats` of such runs, which `score` and `compare` take together.

    Raises:
        InputError: an argument or the benchmark can't be used; no question was asked.
        SystemLoadError: the system can't be loaded; no question was asked.
        MissingResource: the model is unavailable or stopped responding; finished answers are kept.
        BudgetReached: the calls cost what `budget` allows; what was done is kept.
        OutputError: `out` holds something else, or can't be written.
    """
    return prepare_run(**locals()).run()


def prepare_run(
    system: SystemSource,
    *,
    benchmark: Benchmark | str | Path,
    out: str | Path | None = None,
    split: SplitChoice = "test",
    images: ImageMode = "pixels",
    visual: VisualMode = "given",
    twins: bool = False,
    model: str | None = None,
    options: Mapping[str, object] | None = None,
    jobs: int = 1,
    workers: str | None = None,
    limit: int | None = None,
    top_k: int = 10,
    context: int | str | None = None,
    timeout: float = 120.0,
    python: str | Path | None = None,
    env: Sequence[str] = (),
    repeat: int | None = None,
    seed: int = 1,
    repeat_from: RepeatFrom = "memory",
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
    budget: float | None = None,
    progress: bool | ProgressCallback = True,
) -> PreparedRun:
    """Check the arguments of `run`, load the system, and return the run before anything is asked.

    Raises:
        InputError, SystemLoadError, MissingResource: as `run`.
    """
    where = parse_workers(workers)
    check_run_arguments(
        split=split, images=images, visual=visual, twins=twins, limit=limit, top_k=top_k
    )
    parse_context(context)
    repeats = RepeatSettings.checked(repeat=repeat, seed=seed, repeat_from=repeat_from)
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
        meter=meter, record=record, replay=replay, strict=strict, prices=prices, budget=budget
    )
    setup = RunSetup.prepare(
        system,
        model=model,
        timeout=timeout,
        options=options,
        hosting=hosting,
        metering=metering,
        context=context,
        workers=where,
    )
    harness = Harness(
        system=setup.system,
        benchmark=load_argument(benchmark),
        split=split,
        images=images,
        services=setup.services,
        out=fresh_folder(setup.system.name) if out is None else Path(out),
        visual=visual,
        twins=twins,
        limits=hosting.limits,
        jobs=jobs,
        limit=limit,
        top_k=top_k,
        sandbox=hosting.sandbox,
    )
    return PreparedRun(
        setup=setup, harness=harness, repeats=repeats, retry_failed=retry_failed, progress=progress
    )
