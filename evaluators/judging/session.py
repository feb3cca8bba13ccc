"""Opens a judge with the response store, and has it judge many answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from locomo_vqa.errors import MissingResource, OutputError
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelDenied,
    ModelError,
    ModelFailed,
    ModelUnreachable,
)
from locomo_vqa.models.metered import metered
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import Honoured, probe
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.responses import ResponseStore, StoredModel

from ..metrics.value_cache import cache_file
from .judge import Judge, Judgement, ToJudge
from .names import check_judge
from .rubrics import Rubric, RubricPrompt, bundled_rubric
from .rules import RULES, VERSION, RuleJudge, rule_rubric

__all__ = [
    "GIVE_UP_AFTER",
    "JudgeSession",
    "judge_all",
    "open_session",
    "response_path",
]

GIVE_UP_AFTER = 20
"""The failures in a row after which a judge is given up, so that a dead server wastes no time."""

UNREADABLE_AT_MOST = 8
"""The unreadable answers after which a judge without a single readable one is given up."""

_MAX_SHOWN = 200


class _Fuse:
    """A circuit breaker: stops asking a model after `GIVE_UP_AFTER` failures in a row.

    One refusal that applies to every request (a wrong key, name or address) is enough.

    After a failure, the requests in progress count as failures until their outcome is known, and
    others wait for it, so a dead server gets no more requests than that.
    """

    def __init__(self, model: ChatModel) -> None:
        self.name = model.name
        self.in_flight = model.in_flight
        self.blown: ModelError | None = None
        self._model = model
        self._failures = 0
        self._under_way = 0
        self._outcome = asyncio.Event()

    def identity(self) -> Mapping[str, Any]:
        return self._model.identity()

    async def ask(self, request: ChatRequest) -> ChatReply:
        while self.blown is None and self._may_be_gone():
            await self._outcome.wait()
        if self.blown is not None:
            raise _not_sent(self.blown)
        self._under_way += 1
        try:
            reply = await self._model.ask(request)
        except ModelError as error:
            self._failures += 1
            if isinstance(error, ModelDenied):
                self.blown = error
            elif self._failures >= GIVE_UP_AFTER and self.blown is None:
                self.blown = ModelUnreachable(
                    f"given up after {GIVE_UP_AFTER} failures in a row; the last: {error}"
                )
            raise
        else:
            self._failures = 0
            return reply
        finally:
            self._under_way -= 1
            self._outcome.set()
            self._outcome = asyncio.Event()

    async def close(self) -> None:
        await self._model.close()

    def _may_be_gone(self) -> bool:
        """Return whether the limit is reached if all requests in progress fail."""
        return self._failures > 0 and self._failures + self._under_way >= GIVE_UP_AFTER


def _not_sent(error: ModelError) -> ModelError:
    """Return the error of a request that is not made because of an earlier one's."""
    blocked = type(error)(str(error))
    blocked.sent = False
    return blocked


class JudgeSession:
    """An open judge; this one is the judge of rules, and sends no requests."""

    def __init__(self, judge: Judge | RuleJudge, json_schema: Honoured = "unknown") -> None:
        self.judge = judge
        self.json_schema = json_schema
        """How the backend treats a JSON schema."""

    @property
    def name(self) -> str:
        """The judge's name, as given."""
        return RULES

    @property
    def identity(self) -> Mapping[str, Any]:
        """The entries that distinguish the judge's replies from another judge's."""
        return {"backend": RULES, "model": RULES, "version": VERSION}

    @property
    def asked(self) -> int:
        """The number of requests sent to the model."""
        return 0

    @property
    def renewed(self) -> int:
        """The number of requests that were repeated because an earlier reply was unusable."""
        return 0

    @property
    def reused(self) -> int:
        """The number of requests answered from the store."""
        return 0

    def note(self, judgement: Judgement) -> None:
        """Consider each judgement, to give up a judge that can't judge."""


class _ModelSession(JudgeSession):
    """A model as the judge, which answers from the store if possible."""

    def __init__(
        self, judge: Judge, model: StoredModel, json_schema: Honoured, fuse: _Fuse
    ) -> None:
        super().__init__(judge, json_schema)
        self._fuse = fuse
        self._read = 0
        self._unread = 0
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._model.identity()

    @property
    def asked(self) -> int:
        return self._model.asked

    @property
    def renewed(self) -> int:
        return self._model.renewed

    @property
    def reused(self) -> int:
        return self._model.reused

    def note(self, judgement: Judgement) -> None:
        """Give the judge up if none of its first replies can be read; the error shows one."""
        unread = judgement.reason in ("unparsable", "both_labels")
        self._read += judgement.state != "unscored"
        self._unread += unread
        if unread and not self._read and self._unread >= UNREADABLE_AT_MOST:
            reply = " ".join(judgement.replies[-1].split())[:_MAX_SHOWN]
            self._fuse.blown = self._fuse.blown or ModelFailed(
                f"given up: none of its first {self._unread} answers holds a verdict, "
                f"such as {reply!r}"
            )


@asynccontextmanager
async def open_session(
    spec: str,
    rubric: Rubric | RubricPrompt,
    *,
    store: ResponseStore,
    timeout_s: float = 120.0,
    kind: type[Judge] = Judge,
    parameter: str = "judge",
) -> AsyncIterator[JudgeSession]:
    """Open a judge by its model's name or `rules`, and close it.

    A model is first probed for how it treats a JSON schema.

    An unreachable judge opens anyway: its stored replies are used, and the other answers are
    unscored. `kind` is what a model judges, and `parameter` the argument that names it.

    Raises:
        InputError: the name is not valid, or the judge of rules is given a prompt.
        MissingResource: packages or weights are not on this machine.
        BudgetReached: a call does not fit into the budget of the `metering` around this.
    """
    if spec == RULES:
        prompt = rubric if isinstance(rubric, RubricPrompt) else bundled_rubric(rubric)
        yield JudgeSession(RuleJudge(rule_rubric(prompt)))
        return
    check_judge(spec)
    opened = await asyncio.to_thread(open_model, spec, timeout_s=timeout_s, parameter=parameter)
    fuse = _Fuse(metered(opened, spec, role=parameter))
    try:
        model = StoredModel(fuse, store)
        json_schema: Honoured = "unknown"
        try:
            json_schema = (await probe(model, images=False)).json_schema
        except MissingResource as error:
            fuse.blown = fuse.blown or ModelUnreachable(error.message)
        judge = kind(model, rubric, guided=json_schema != "refused")
        yield _ModelSession(judge, model, json_schema, fuse)
    finally:
        await fuse.close()


async def judge_all(
    session: JudgeSession, items: Sequence[ToJudge], *, step: str, progress: ProgressCallback
) -> list[Judgement]:
    """Judge many answers concurrently, and return the judgements in the answers' order."""
    done: dict[str, Judgement] = {}
    at_once = 2 * session.judge.in_flight
    progress(step, 0, len(items))
    async for item, judgement in gather_bounded(items, session.judge.judge, at_once=at_once):
        done[item.id] = judgement
        session.note(judgement)
        progress(step, len(done), len(items))
    return [done[item.id] for item in items]


def response_path(given: Path | None) -> Path:
    """Return the file for judges' replies: the given one, or one in the user's cache folder.

    Raises:
        OutputError: the folder can't be created.
    """
    path = given or cache_file().with_name("judge-responses.sqlite")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path.parent}: the folder can't be created ({error.strerror}).",
            "Name another file as `responses`.",
        ) from None
    return path
