"""Runs the conversations of a harness in this process, each with a system of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from locomo_vqa.benchmark import Conversation
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.system import Services

from ..answering import AnswerModels
from ..hosting import Host
from .cancellation import CancelScope
from .conversation_run import ConversationRun
from .crossed_images import CrossedImages
from .outcomes import Outcomes, RecordedOutcomes
from .requests_in_process import add_requests, requests_in_process
from .sandboxing import sandbox_of
from .view import ConversationView
from .work_folder import ImageCopies, WorkFolder

if TYPE_CHECKING:
    from .harness import Harness

__all__ = ["Here", "MakePlace", "Place", "kept_folder"]


class Place(Protocol):
    """Where the conversations of a run are run; a context manager."""

    @property
    def jobs(self) -> int:
        """The number of conversations that run at once."""

    def converse(
        self, name: str, questions: Sequence[Question], outcomes: RecordedOutcomes
    ) -> bool:
        """Run one conversation; callable from several threads.

        Returns:
            Whether every question was asked; False if the budget refused a call.

        Raises:
            as `ConversationRun.run`.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class MakePlace(Protocol):
    """Makes the place for a harness, whose paths are absolute."""

    def __call__(self, harness: Harness, scope: CancelScope) -> Place:
        """Return a place, which ends everything in it when the scope is cancelled."""


class Here:
    """This process: a `Place`."""

    def __init__(self, harness: Harness, scope: CancelScope) -> None:
        self._harness = harness
        self._scope = scope
        self._models: AnswerModels | None = None
        self._stack = ExitStack()

    @property
    def jobs(self) -> int:
        """As the harness says."""
        return self._harness.jobs

    def __enter__(self) -> Self:
        if self._harness.system.only_retrieves:
            self._models = self._stack.enter_context(AnswerModels())
            self._stack.enter_context(self._scope.on_cancel(self._models.stop))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def converse(
        self,
        name: str,
        questions: Sequence[Question],
        outcomes: Outcomes,
        scope: CancelScope | None = None,
    ) -> bool:
        """Run one conversation, which ends when the place's scope is cancelled, or `scope`."""
        harness, models = self._harness, self._models
        conversation = next(c for c in harness.benchmark.conversations if c.id == name)
        services = harness.services_for(name) if harness.services_for else harness.services
        with WorkFolder(kept_folder(harness.out, name)) as folder:
            if harness.system.address:
                folder.share()
            view = self._view(conversation, folder)
            answerer = models.answerer(view.info, services, folder.kept) if models else None
            whole = ConversationRun(
                name=name,
                questions=questions,
                host=self._host(name, folder, services),
                view=view,
                services=services,
                answerer=answerer,
                top_k=harness.top_k,
                workdir=folder.work,
                outcomes=outcomes,
                scope=scope or self._scope,
                has_read=harness.has_read,
                budget=harness.budget,
            ).run()
            if whole:
                proxied = harness.requests_of(name) if harness.requests_of else {}
                own = requests_in_process(name, (folder.kept, folder.work))
                outcomes.requested(name, add_requests(proxied, own))
        return whole

    def _host(self, conversation: str, folder: WorkFolder, services: Services) -> Host:
        harness = self._harness
        sandbox = harness.sandbox and sandbox_of(
            harness.sandbox,
            services,
            work=folder.work,
            images=folder.images,
            scratch=folder.scratch,
            hidden=(harness.benchmark.folder, harness.out),
        )
        log = harness.out / "work" / f"{conversation}.log"
        return harness.system.host(harness.limits, log, sandbox, folder.home)

    def _view(self, conversation: Conversation, folder: WorkFolder) -> ConversationView:
        harness, crossed = self._harness, None
        if harness.crossing is not None:
            crossed = CrossedImages(
                harness.benchmark,
                conversation.id,
                harness.crossing,
                copies=folder.images,
                references=folder.references,
            )
        copies = ImageCopies(folder.images)
        return ConversationView(
            harness.benchmark, conversation, harness.images, harness.visual, copies, crossed
        )


def kept_folder(out: Path, conversation: str) -> Path:
    """Return the run's folder for the files that a conversation's system leaves."""
    return out / "work" / conversation
