"""The function `estimate_run`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_choice, check_number
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.budget import Budget, dollars
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, write_json
from locomo_vqa.notes import note
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted
from locomo_vqa.timestamps import utc_now

from ..loading import SystemSource
from ..running.api import PreparedRun, prepare_run, run
from ..running.listener import NullListener
from ..running.metering import CALLS_FILE, read_price_table
from ..running.spending import count_earlier_calls
from .project import Figure, Known, OfSeconds, project
from .result import RunEstimate, makespan
from .sample import EstimateSample, choose_sample
from .seen import read_seen
from .stages import estimate_stages, units_of

__all__ = ["ESTIMATE_FILE", "estimate_run"]

ESTIMATE_FILE = "estimate.json"
"""The name of the file in a run folder that has the estimate."""

_OWN = ("system", "benchmark", "out", "progress")


@checked
def estimate_run(
    system: SystemSource,
    *,
    benchmark: Benchmark | str | Path,
    out: str | Path | None = None,
    sample_questions: int = 10,
    progress: bool | ProgressCallback = True,
    **settings: Any,
) -> RunEstimate:
    """Estimate the calls, tokens, time and price of a run, by making its first part.

    Two conversations are read, a short one and one of median length, and some questions of each are
    asked, in the run folder: `run` with the same arguments and this `out` goes on there, and pays
    for nothing again. An estimate whose sample is already answered there makes no calls.

    Args:
        system: as for `run`.
        benchmark: as for `run`.
        out: the run folder; None for a new one under `runs`, which the estimate names.
        sample_questions: how many questions to ask of each of the two conversations, half of them
            visual.
        progress: as for `run`.
        settings: the other arguments of `run`, of which `budget` limits what the estimate costs.

    Raises:
        InputError: as for `run`; or none of the conversations could be read.
        BudgetReached: the sample costs more than `budget`; what was done is kept.
    """
    check_number("sample_questions", sample_questions, low=1, whole=True)
    names = [name for name in inspect.signature(run).parameters if name not in _OWN]
    for name in settings:
        check_choice("settings", name, names)
    if settings.get("repeat") is not None:
        raise InputError(
            "`repeat`: an estimate is of a single run.",
            "Leave it out: each repeat costs about as much again.",
        )
    arguments = {"benchmark": benchmark, "out": out, "progress": progress, **settings}
    prepared = prepare_run(system, **_with_defaults(arguments))
    harness = prepared.harness
    asked = _by_conversation(harness.questions())
    conversations = [each for each in harness.benchmark.conversations if each.id in asked]
    sample = choose_sample(conversations, asked, sample_questions)
    known = Known(conversations=conversations, questions=asked, seen={})
    marks = _Marks(sample, known, prepared.setup.metering.budget, _marks_of(harness.out))
    prepared.setup.run(
        harness,
        retry_failed=prepared.retry_failed,
        progress=progress,
        only=sample.questions,
        also=marks,
    )
    return _estimated(prepared, known, marks.times)


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `run`, with its defaults."""
    parameters = inspect.signature(run).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}
    return {**defaults, **given}


def _by_conversation(questions: Sequence[Question]) -> dict[str, list[Question]]:
    grouped: dict[str, list[Question]] = {}
    for question in questions:
        grouped.setdefault(question.conversation, []).append(question)
    return grouped


class _Marks(NullListener):
    """Says what the estimate is about to do, and notes when each session was read."""

    def __init__(
        self,
        sample: EstimateSample,
        known: Known,
        budget: float | None,
        times: Mapping[str, list[str]],
    ) -> None:
        self._sample = sample
        self._known = known
        self._budget = budget
        self.times = dict(times)

    def started(self, total: int, done: int) -> None:
        """Say what will be asked, before anything is."""
        if not total:
            return
        whole = sum(map(len, self._known.questions.values()))
        most = (
            f"At most {dollars(self._budget)} is spent."
            if self._budget is not None
            else "What that costs is not known before; a budget limits it."
        )
        note(
            f"The estimate reads {' and '.join(self._sample.conversations)}, of "
            f"{counted(len(self._known.conversations), 'conversation')}, and asks {total:,} of "
            f"{counted(whole, 'question')}. {most}"
        )

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Begin a conversation."""
        self.times[conversation] = [utc_now()]

    def read(self, conversation: str, turns: int) -> None:
        """Note when a session was read."""
        self.times[conversation].append(utc_now())


def _marks_of(out: Path) -> dict[str, list[str]]:
    """Return when an earlier estimate in the folder read its conversations."""
    with suppress(InputError):
        found = read_json(out / ESTIMATE_FILE, what="the estimate")
        validate(found, "estimate", path=out / ESTIMATE_FILE, remedy="Remove it.")
        return {name: list(times) for name, times in found.get("readings", {}).items()}
    return {}


def _estimated(prepared: PreparedRun, known: Known, marks: Mapping[str, list[str]]) -> RunEstimate:
    harness = prepared.harness
    prices = read_price_table(prepared.setup.metering)
    homes = {q.id: name for name, questions in known.questions.items() for q in questions}
    known = replace(known, seen=read_seen(harness.out, homes, marks, prices))
    if not known.read():
        raise InputError(
            f"{harness.out}: the conversations of the estimate could not be read.",
            "See the states in journal.jsonl, and repeat the call with `retry_failed`.",
        )
    units = [unit for unit in units_of(known) if unit.sent is None or unit.came is None]
    budget = Budget()
    count_earlier_calls(budget, harness.out / CALLS_FILE, prices)
    estimate = RunEstimate(
        system=harness.system.name,
        folder=harness.out,
        sample=tuple(each.id for each in known.read()),
        conversations=len(known.conversations),
        asked=sum(len(known.seen[each.id].questions) for each in known.read()),
        questions=sum(map(len, known.questions.values())),
        stages=tuple(estimate_stages(known)),
        seconds=_wall_time(known, harness.jobs),
        spent=budget.known_spent,
        prices=f"{prices.name} of {prices.dated}",
        unpriced=tuple(f"{unit.model} at {unit.provider}" for unit in units),
        here=tuple(f"{unit.model} at {unit.provider}" for unit in units if unit.is_here),
    )
    write_json(harness.out / ESTIMATE_FILE, {**estimate.to_json(), "readings": dict(marks)})
    return estimate


def _wall_time(known: Known, jobs: int) -> Figure:
    figure, by_conversation = project(known, OfSeconds())
    whole = makespan(list(by_conversation.values()), jobs)
    return figure.times(whole / figure.value if figure.value else 1.0)
