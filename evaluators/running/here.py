"""Runs the conversations of a run in this process, each with a system of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from locomo_vqa.benchmark import Conversation
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.system import Services

from ..answering import AnswerModels
from ..hosting import Host
from .cancellation import CancelScope
from .conversation_run import ConversationRun
from .crossed_images import CrossedImages
from .outcomes import Outcomes
from .plan import Plan
from .requests_in_process import add_requests, requests_in_process
from .sandboxing import sandbox_of
from .view import ConversationView
from .work_folder import ImageCopies, WorkFolder

__all__ = ["Here", "kept_folder"]


class Here:
    """This process: a `Place`."""

    def __init__(self, plan: Plan, scope: CancelScope) -> None:
        self._plan = plan
        self._scope = scope
        self._models: AnswerModels | None = None
        self._stack = ExitStack()

    @property
    def jobs(self) -> int:
        """As the plan says."""
        return self._plan.jobs

    def __enter__(self) -> Self:
        if self._plan.system.only_retrieves:
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
        plan, models = self._plan, self._models
        conversation = next(c for c in plan.benchmark.conversations if c.id == name)
        services = plan.services_for(name) if plan.services_for else plan.services
        with WorkFolder(kept_folder(plan.out, name)) as folder:
            if plan.system.address:
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
                top_k=plan.top_k,
                workdir=folder.work,
                outcomes=outcomes,
                scope=scope or self._scope,
                has_read=plan.has_read,
                budget=plan.budget,
            ).run()
            if whole:
                proxied = plan.requests_of(name) if plan.requests_of else {}
                own = requests_in_process(name, (folder.kept, folder.work))
                outcomes.requested(name, add_requests(proxied, own))
        return whole

    def _host(self, conversation: str, folder: WorkFolder, services: Services) -> Host:
        plan = self._plan
        sandbox = plan.sandbox and sandbox_of(
            plan.sandbox,
            services,
            work=folder.work,
            images=folder.images,
            scratch=folder.scratch,
            hidden=(plan.benchmark.folder, plan.out),
        )
        log = plan.out / "work" / f"{conversation}.log"
        return plan.system.host(plan.limits, log, sandbox, folder.home)

    def _view(self, conversation: Conversation, folder: WorkFolder) -> ConversationView:
        plan, crossed = self._plan, None
        if plan.crossing is not None:
            crossed = CrossedImages(
                plan.benchmark,
                conversation.id,
                plan.crossing,
                copies=folder.images,
                references=folder.references,
            )
        copies = ImageCopies(folder.images)
        return ConversationView(
            plan.benchmark, conversation, plan.images, plan.visual, copies, crossed
        )


def kept_folder(out: Path, conversation: str) -> Path:
    """Return the run's folder for the files that a conversation's system leaves."""
    return out / "work" / conversation
