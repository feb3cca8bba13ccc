"""Has a memory system read conversations and answer questions, and records every outcome.

A failed conversation affects only its own questions. An answer is in the journal before the
conversation's next question is asked, so a killed run can resume where it stopped. The number of
concurrent conversations does not change the answers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from locomo_vqa.arguments import check_choice, check_number
from locomo_vqa.benchmark import VisualQuestion
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.runs import (
    FAILED,
    IMAGE_MODES,
    VISUAL_MODES,
    Run,
    SplitChoice,
    State,
)
from locomo_vqa.toolkit_code import toolkit_code

from ..hosting.isolation import isolated_process_state
from .cancellation import CancelScope, run_concurrently
from .environment_record import check_toolkit
from .here import Here, kept_folder
from .journal import Journal
from .listener import NullListener, RunListener
from .outcomes import RecordedOutcomes
from .plan import MakePlace, Plan
from .run_folder import JOURNAL, begin_run, describe_run, finish_run, keeping_known, open_run
from .spending import budget_reached
from .view import check_images
from .work_folder import collect_leftovers

__all__ = ["Harness", "check_run_arguments"]

_MAX_PASSAGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness(Plan):
    """A run of one system on one split of a benchmark, written to one folder."""

    place: MakePlace = Here
    """Where the conversations are run."""

    def __post_init__(self) -> None:
        """Check the arguments before any question is asked."""
        assert (self.images == "crossed") == (self.crossing is not None)
        check_run_arguments(
            split=self.split,
            images="pixels" if self.crossing else self.images,
            visual=self.visual,
            twins=self.twins,
            limit=self.limit,
            top_k=self.top_k,
        )
        check_number("jobs", self.jobs, low=1, whole=True)

    def run(
        self,
        *,
        retry_failed: bool = False,
        listener: RunListener | None = None,
        only: Collection[str] | None = None,
    ) -> Run:
        """Ask every question without an answer, and write the run folder.

        Args:
            retry_failed: whether to ask failed questions again (states timeout, error,
                not_ingested), after those that were never asked.
            listener: called during the run.
            only: ask no other questions than these ids; the run stays unfinished while others are
                left, and has the predictions that are known.

        Raises:
            InputError: the split has no questions, an image of the benchmark is missing, or no
                other image can replace one that is shuffled.
            OutputError: the folder holds something else, can't be written, or another process is
                writing it.
            MissingResource: the endpoint stopped answering; finished answers are kept.
            BudgetReached: the calls cost what they may; finished answers are kept.
        """
        listener = listener or NullListener()
        questions = self.questions()
        check_images(self.benchmark, {q.conversation: None for q in questions}, self.images)
        manifest = describe_run(
            self.system,
            self.benchmark,
            self.split,
            self.images,
            self.services,
            self.visual,
            twins=self.twins,
            limit=self.limit,
            top_k=self.top_k,
            sandbox=self.sandbox,
            crossing=self.crossing,
        )
        if self.repeat is not None:
            manifest["repeat"] = dict(self.repeat)
        open_run(self.out, manifest)
        fixed = self._with_absolute_paths()
        with isolated_process_state(), Journal(fixed.out / JOURNAL) as journal:
            begin_run(fixed.out, manifest)
            for name in {question.conversation for question in questions}:
                collect_leftovers(kept_folder(fixed.out, name))
            pending = _pending(questions, journal, FAILED if retry_failed else frozenset())
            if only is not None:
                pending = _limited(pending, only)
            total = len(questions) if only is None else sum(map(len, pending.values()))
            listener.started(total, total - sum(map(len, pending.values())))
            if pending:
                if self.budget.reached:
                    raise self._budget_reached(journal, questions)
                check_toolkit(journal.toolkit)
                journal.begin(retry_failed=retry_failed, toolkit=toolkit_code())
            with keeping_known(fixed.out, [q.id for q in questions], journal.predictions):
                whole = fixed._ask_all(pending, journal, listener)
                if not whole:
                    raise self._budget_reached(journal, questions)
            known = journal.predictions
            predictions = tuple(known[q.id] for q in questions if q.id in known)
            if len(predictions) < len(questions):
                return Run(
                    folder=self.out,
                    info=manifest,
                    predictions=predictions,
                    benchmark=self.benchmark,
                )
            record = {
                "environment": journal.environment,
                "attempts": journal.calls_of_run,
                **({"toolkit": journal.toolkit} if journal.toolkit else {}),
            }
            info = finish_run(fixed.out, manifest, predictions, record)
        return Run(folder=self.out, info=info, predictions=predictions, benchmark=self.benchmark)

    def questions(self) -> list[Question]:
        """Return the questions of the run.

        Raises:
            InputError: the split has none.
        """
        questions = questions_of(self.benchmark, self.split, twins=self.twins)
        if not questions:
            raise InputError(
                f"{self.benchmark.name}: the split {self.split!r} has no questions.",
                "Choose another `split`, or all.",
            )
        grouped = _by_conversation(questions)
        return [
            question
            for group in grouped.values()
            for question in _first_questions(group, self.limit)
        ]

    def _budget_reached(self, journal: Journal, questions: Sequence[Question]) -> BudgetReached:
        done = sum(question.id in journal.predictions for question in questions)
        part = None if self.repeat is None else self.out.name
        out = self.out if self.repeat is None else self.out.parent  # The folder of the whole call.
        return budget_reached(self.budget, done=done, total=len(questions), out=out, part=part)

    def _with_absolute_paths(self) -> Harness:
        """Return this harness with paths that don't depend on the working directory."""
        folder = self.benchmark.folder.absolute()
        return replace(
            self, out=self.out.absolute(), benchmark=replace(self.benchmark, folder=folder)
        )

    def _ask_all(
        self, pending: Mapping[str, Sequence[Question]], journal: Journal, listener: RunListener
    ) -> bool:
        """Ask, and return whether every conversation ended: False if the budget ended some."""
        outcomes = RecordedOutcomes(
            journal,
            listener,
            requires=self.system.requires,
            watches_endpoint=self.services.llm is not None or self.system.address,
        )
        scope = CancelScope()
        stopped: list[str] = []
        with self.place(self, scope) as place:

            def converse(name: str, questions: Sequence[Question]) -> None:
                if self.budget.reached or not place.converse(name, questions, outcomes):
                    stopped.append(name)

            tasks = [partial(converse, name, asked) for name, asked in pending.items()]
            run_concurrently(tasks, jobs=place.jobs, scope=scope)
        with contextlib.suppress(OSError):
            (self.out / "work").rmdir()  # Only if no system left any files.
        return not stopped


def check_run_arguments(
    *,
    split: str,
    images: str,
    visual: str,
    twins: bool = False,
    limit: int | None = None,
    top_k: int = 10,
) -> None:
    """Check the arguments that determine what a run asks and shows.

    Raises:
        InputError: the value of an argument is not allowed.
    """
    check_choice("split", split, get_args(SplitChoice))
    check_choice("images", images, IMAGE_MODES)
    check_choice("visual", visual, VISUAL_MODES)
    if not isinstance(twins, bool):
        raise InputError(f"`twins` must be True or False, not {twins!r}.", "Correct `twins`.")
    if twins and visual != "recalled":
        raise InputError(
            "`twins` are questions about images that must be recalled, but `visual` is "
            f"{visual!r}.",
            "Choose `visual` recalled, or leave `twins` out.",
        )
    if limit is not None:
        check_number("limit", limit, low=1, whole=True)
    check_number("top_k", top_k, low=1, high=_MAX_PASSAGES, whole=True)


def _pending(
    questions: Sequence[Question], journal: Journal, again: Collection[State]
) -> dict[str, list[Question]]:
    """Return the questions without an outcome, or with a state in `again`, by conversation.

    Failed questions come last, because they may end the system again.
    """
    known = {id: prediction.state for id, prediction in journal.predictions.items()}
    pending = [q for q in questions if q.id not in known or known[q.id] in again]
    pending.sort(key=lambda question: known.get(question.id) in ("timeout", "error"))
    order = {question.conversation: None for question in questions}
    grouped = _by_conversation(pending)
    return {name: grouped[name] for name in order if name in grouped}


def _limited(
    pending: Mapping[str, Sequence[Question]], only: Collection[str]
) -> dict[str, list[Question]]:
    kept = {name: [q for q in asked if q.id in only] for name, asked in pending.items()}
    return {name: asked for name, asked in kept.items() if asked}


def _first_questions(questions: Sequence[Question], limit: int | None) -> list[Question]:
    """Return the questions of a trial: as many visual as text questions, if there are enough."""
    if limit is None:
        return list(questions)
    visual = [q for q in questions if isinstance(q, VisualQuestion)]
    text = [q for q in questions if not isinstance(q, VisualQuestion)]
    asked = min(len(visual), max(limit // 2, limit - len(text)))
    chosen: list[Question] = [*text[: limit - asked], *visual[:asked]]
    names = {question.id for question in chosen}
    return [question for question in questions if question.id in names]


def _by_conversation(questions: Sequence[Question]) -> dict[str, list[Question]]:
    grouped: dict[str, list[Question]] = {}
    for question in questions:
        grouped.setdefault(question.conversation, []).append(question)
    return grouped
