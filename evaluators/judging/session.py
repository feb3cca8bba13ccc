"""Opens a judge behind the response store, and has it judge many answers."""

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
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import Honoured, probe
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.responses import ResponseStore, StoredModel

from ..metrics.value_cache import cache_file
from .judge import Judge, Judgement, ToJudge
from .rubrics import Rubric

__all__ = [
    "GIVE_UP_AFTER",
    "JudgeSession",
    "judge_all",
    "open_session",
    "response_path",
]

GIVE_UP_AFTER = 20
"""Failures in a row after which a judge is not asked any more, so that a dead server ends soon."""

UNREADABLE_AT_MOST = 8
"""Answers without a verdict after which a judge of which nothing could be read is given up."""

_MAX_SHOWN = 200


class _Fuse:
    """A model that is not asked any more after `GIVE_UP_AFTER` failures in a row.

    One refusal that holds for every request (a wrong key, name or address) is enough.

    Once a request has failed, those under way are counted as failures until their outcome is
    known; others wait for it, so a server that is gone gets no more requests than that.
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
        """Return whether the requests under way are as many failures as end it all."""
        return self._failures > 0 and self._failures + self._under_way >= GIVE_UP_AFTER


def _not_sent(error: ModelError) -> ModelError:
    """Return the error of a request that is not made because of an earlier one's."""
    blocked = type(error)(str(error))
    blocked.sent = False
    return blocked


class JudgeSession:
    """A judge that is open: it answers from the store where it can."""

    def __init__(
        self, judge: Judge, model: StoredModel, json_schema: Honoured, fuse: _Fuse
    ) -> None:
        self.judge = judge
        self._fuse = fuse
        self._read = 0
        self._unread = 0
        self.json_schema = json_schema
        """What the backend does with a JSON schema."""
        self._model = model

    @property
    def name(self) -> str:
        """The judge's name, as it was given."""
        return self._model.name

    @property
    def identity(self) -> Mapping[str, Any]:
        """What distinguishes the judge's replies from another judge's."""
        return self._model.identity()

    @property
    def asked(self) -> int:
        """Requests that the model itself was sent."""
        return self._model.asked

    @property
    def renewed(self) -> int:
        """Requests that were asked again, because an earlier reply could not be used."""
        return self._model.renewed

    def note(self, judgement: Judgement) -> None:
        """Give the judge up once nothing of what it says can be read, with one reply shown."""
        unread = judgement.reason in ("unparsable", "both_labels")
        self._read += judgement.state != "unscored"
        self._unread += unread
        if unread and not self._read and self._unread >= UNREADABLE_AT_MOST:
            reply = " ".join(judgement.replies[-1].split())[:_MAX_SHOWN]
            self._fuse.blown = self._fuse.blown or ModelFailed(
                f"given up: none of its first {self._unread} answers holds a verdict, "
                f"such as {reply!r}"
            )

    @property
    def reused(self) -> int:
        """Requests that the store answered."""
        return self._model.reused


@asynccontextmanager
async def open_session(
    spec: str, rubric: Rubric, *, store: ResponseStore, timeout_s: float = 120.0
) -> AsyncIterator[JudgeSession]:
    """Open a judge by its model's name, ask it what it does with a JSON schema, and close it.

    A judge that can't be asked opens anyway: its stored replies are used, and the
    other answers are unscored.

    Raises:
        InputError: the name is wrong.
        MissingResource: packages or weights are not on this machine.
    """
    fuse = _Fuse(await asyncio.to_thread(open_model, spec, timeout_s=timeout_s, parameter="judge"))
    try:
        model = StoredModel(fuse, store)
        json_schema: Honoured = "unknown"
        try:
            json_schema = (await probe(model, images=False)).json_schema
        except MissingResource as error:
            fuse.blown = fuse.blown or ModelUnreachable(error.message)
        judge = Judge(model, rubric, guided=json_schema != "refused")
        yield JudgeSession(judge, model, json_schema, fuse)
    finally:
        await fuse.close()


async def judge_all(
    session: JudgeSession, items: Sequence[ToJudge], *, step: str, progress: ProgressCallback
) -> list[Judgement]:
    """Judge many answers at once and return the judgements in the answers' order."""
    done: dict[str, Judgement] = {}
    at_once = 2 * session.judge.model.in_flight
    progress(step, 0, len(items))
    async for item, judgement in gather_bounded(items, session.judge.judge, at_once=at_once):
        done[item.id] = judgement
        session.note(judgement)
        progress(step, len(done), len(items))
    return [done[item.id] for item in items]


def response_path(given: Path | None) -> Path:
    """Return where judges' replies are kept: the file given, or the user's cache folder's.

    Raises:
        OutputError: its folder can't be created.
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
