"""One answer judged: asked again a bounded number of times, and never a verdict without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from locomo_vqa.evaluators.judging.judge import MAX_ASKS, Judge, Judgement, ToJudge
from locomo_vqa.evaluators.judging.session import (
    GIVE_UP_AFTER,
    UNREADABLE_AT_MOST,
    JudgeSession,
    _Fuse,
    judge_all,
    open_session,
)
from locomo_vqa.models import retries
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelFailed,
    ModelTimeout,
    ModelUnreachable,
    ThoughtsOnly,
)
from locomo_vqa.progress import ignore_progress
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.evaluators.judging.rule_judge import verdict

ITEM = ToJudge(id="q", question="When?", gold="7 May 2023", answer="on the 7th")
RIGHT = '{"reasoning": "Same.", "verdict": "CORRECT"}'


class Scripted:
    """A model that gives replies in order: for what no real model does on demand."""

    name = "scripted"
    in_flight = 2

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.requests: list[ChatRequest] = []

    def identity(self) -> Mapping[str, Any]:
        return {"backend": "test", "model": "m", "revision": "0123456789abcdef"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, ChatReply):
            return reply
        return ChatReply(
            text=reply, finish="stop", usage=Usage(input_tokens=100, output_tokens=7, calls=1)
        )

    async def close(self) -> None: ...


def judged(*replies: Any, **options: Any) -> tuple[Judgement, list[ChatRequest]]:
    model = Scripted(*replies)
    return asyncio.run(Judge(model, "lenient", **options).judge(ITEM)), model.requests


def test_a_verdict_is_kept_with_its_reason_and_its_cost() -> None:
    judgement, (request,) = judged(RIGHT)
    assert judgement == Judgement(
        id="q",
        state="correct",
        reasoning="Same.",
        replies=(RIGHT,),
        usage=Usage(input_tokens=100, output_tokens=7, calls=1),
    )
    assert request.temperature == 0
    assert request.schema is not None
    assert judged(RIGHT, guided=False)[1][0].schema is None


def test_what_can_t_be_read_is_asked_again_with_the_objection() -> None:
    judgement, requests = judged("Hm.", "CORRECT and WRONG", "WRONG")
    assert judgement.state == "wrong"
    assert judgement.replies == ("Hm.", "CORRECT and WRONG", "WRONG")
    assert judgement.usage == Usage(input_tokens=300, output_tokens=21, calls=3)
    assert [reply for reply, _ in requests[2].replies] == ["Hm.", "CORRECT and WRONG"]
    assert requests[0].text == requests[2].text


@pytest.mark.parametrize(
    ("replies", "reason", "asked"),
    [
        (["Hm."] * 9, "unparsable", MAX_ASKS),
        ([""] * 9, "unparsable", MAX_ASKS),
        (["<html>"] * 9, "unparsable", MAX_ASKS),
        (["CORRECT or WRONG"] * 9, "both_labels", MAX_ASKS),
        ([ModelTimeout("no reply in 1 s")], "timeout", 1),
        ([ModelUnreachable("gone")], "unreachable", 1),
        ([ModelFailed("400")], "failed", 1),
        (["Hm.", ModelFailed("400")], "failed", 2),
        ([ChatReply(text=RIGHT, finish="refused", usage=Usage())], "refused", 1),
    ],
)
def test_without_a_verdict_an_answer_is_unscored(
    replies: list[Any], reason: str, asked: int
) -> None:
    judgement, requests = judged(*replies)
    assert (judgement.state, judgement.reason) == ("unscored", reason)
    assert judgement.reasoning is None
    assert len(requests) == asked
    said = [reply for reply in replies[:asked] if not isinstance(reply, Exception)]
    assert len(judgement.replies) == len(said)


def test_thoughts_that_were_cut_off_are_paid_for() -> None:
    thoughts = Usage(input_tokens=100, output_tokens=2048, calls=1)
    cut = ThoughtsOnly.at(2048, cut=True, usage=thoughts)
    assert judged(cut)[0].usage == thoughts
    judgement, _ = judged("Hm.", cut)
    assert judgement.usage == Usage(input_tokens=200, output_tokens=2055, calls=2)


def test_the_signature_names_what_can_change_j() -> None:
    judge = Judge(Scripted(), "strict")
    assert judge.signature.startswith(
        "j:judge=test:m@0123456789ab,rubric=strict,prompt=judge_strict_v1/"
    )
    assert judge.signature.endswith(
        ",temperature=0,cut=4000,asks=3,reply=json|fence|label,missing=wrong"
    )


def items(number: int) -> list[ToJudge]:
    return [ToJudge(id=str(i), question="Q?", gold="red", answer=f"{i}") for i in range(number)]


async def run(spec: str, path: Path, number: int) -> tuple[list[Judgement], JudgeSession]:
    with ResponseStore(path) as store:
        async with open_session(spec, "lenient", store=store, timeout_s=100) as session:
            return await judge_all(
                session, items(number), step="s", progress=ignore_progress
            ), session


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "backoff_s", lambda attempt: 0.0)


def test_a_server_that_dies_is_given_up_and_what_it_said_is_kept(
    tmp_path: Path, no_waiting: None
) -> None:
    judged_before = 40

    def dies(request: dict[str, Any]) -> Answer:
        return verdict("CORRECT") if len(stub.requests) <= judged_before else Answer({}, 500)

    with stub_server(dies) as stub:
        spec = stub.spec("&in_flight=1")
        judgements, _ = asyncio.run(run(spec, tmp_path / "r", 300))
    states = [judgement.state for judgement in judgements]
    assert states.count("correct") == judged_before - 1  # The first request is the probe's.
    assert states.count("unscored") == 300 - states.count("correct")
    assert {j.reason for j in judgements if j.state == "unscored"} == {"failed", "unreachable"}
    tries = 5
    assert len(stub.requests) == judged_before + tries * GIVE_UP_AFTER
    (told,) = {j.error for j in judgements if j.reason == "unreachable"}
    assert told is not None and told.startswith("given up after 20 failures in a row")


@pytest.mark.parametrize("at_once", (1, 2, 8, 19))
def test_a_server_that_is_gone_gets_no_more_requests(at_once: int) -> None:
    """Those under way count, so it does not matter which of them fails first."""
    calls = 0

    class Gone:
        name, in_flight = "gone", at_once

        async def ask(self, request: ChatRequest) -> ChatReply:
            nonlocal calls
            calls += 1
            await asyncio.sleep((calls * 7 % 5) / 1000)
            raise ModelFailed("gone")

    async def ask_all() -> None:
        fuse, slots = _Fuse(cast(ChatModel, Gone())), asyncio.Semaphore(at_once)

        async def ask_one() -> None:
            async with slots:
                await fuse.ask(ChatRequest(text="?"))

        outcomes = await asyncio.gather(*(ask_one() for _ in range(100)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes].count(ModelFailed) == GIVE_UP_AFTER

    asyncio.run(ask_all())
    assert calls == GIVE_UP_AFTER


def test_without_a_server_the_store_still_answers(tmp_path: Path, no_waiting: None) -> None:
    with stub_server(lambda request: verdict("WRONG")) as stub:
        spec = stub.spec()
        first, _ = asyncio.run(run(spec, tmp_path / "r", 5))
    again, _ = asyncio.run(run(spec, tmp_path / "r", 8))
    assert again[:5] == first
    assert [judgement.reason for judgement in again[5:]] == ["unreachable"] * 3


def test_a_server_that_refuses_schemas_is_asked_without(tmp_path: Path) -> None:
    def picky(request: dict[str, Any]) -> Answer:
        refused = Answer({"error": {"message": "no response_format"}}, 400)
        return refused if "response_format" in request else verdict("CORRECT")

    with stub_server(picky) as stub:
        (judgement,), session = asyncio.run(run(stub.spec(), tmp_path / "r", 1))
    assert judgement.state == "correct"
    assert session.json_schema == "refused"


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (lambda _: Answer(b"<html>502</html>", headers={"content-type": "text/html"}), "failed"),
        (lambda _: completion(""), "unparsable"),
        (lambda _: completion(None, refusal="I will not."), "refused"),
        (lambda _: completion("x", finish="content_filter"), "refused"),
    ],
)
def test_strange_servers_give_no_verdict(
    respond: Callable[[dict[str, Any]], Answer], reason: str, tmp_path: Path
) -> None:
    with stub_server(respond) as stub:
        (judgement,), _ = asyncio.run(run(stub.spec(), tmp_path / "r", 1))
    assert (judgement.state, judgement.reason) == ("unscored", reason)


def test_what_could_not_be_read_is_asked_anew_by_the_next_command(tmp_path: Path) -> None:
    with stub_server(lambda _: completion("Both were compared.")) as stub:
        (first, *_), _ = asyncio.run(run(stub.spec(), tmp_path / "r", 2))
        assert first.reason == "unparsable"
        before = len(stub.requests)
        stub.respond = lambda _: verdict("CORRECT")
        judgements, session = asyncio.run(run(stub.spec(), tmp_path / "r", 2))
        assert {judgement.state for judgement in judgements} == {"correct"}
        assert session.renewed == 2
        assert len(stub.requests) - before <= 3
        asked = len(stub.requests)
        judgements, session = asyncio.run(run(stub.spec(), tmp_path / "r", 2))
        assert {judgement.state for judgement in judgements} == {"correct"}
        assert (session.renewed, session.reused) == (0, 3)
        assert len(stub.requests) == asked


def test_a_judge_of_which_nothing_can_be_read_is_given_up_with_a_reply_shown(
    tmp_path: Path,
) -> None:
    with stub_server(lambda _: completion("Both were compared.")) as stub:
        judgements, _ = asyncio.run(run(stub.spec("&in_flight=1"), tmp_path / "r", 40))
    assert len(stub.requests) <= 3 * (UNREADABLE_AT_MOST + 2) + 1
    (told,) = {judgement.error for judgement in judgements if judgement.error}
    assert told is not None
    assert "'Both were compared.'" in told


def test_a_judge_that_refuses_every_request_is_asked_once(tmp_path: Path) -> None:
    with stub_server(lambda _: Answer({"error": {"message": "Wrong key"}}, 401)) as stub:
        judgements, session = asyncio.run(run(stub.spec(), tmp_path / "r", 40))
    assert len(stub.requests) == session.asked == 1
    assert {judgement.reason for judgement in judgements} == {"failed"}
    assert all("Wrong key" in (judgement.error or "") for judgement in judgements)


def test_only_requests_that_were_sent_are_counted(tmp_path: Path) -> None:
    calls = iter(range(100))

    def respond(_: dict[str, Any]) -> Answer:
        wrong_key = Answer({"error": {"message": "The key expired"}}, 401)
        return completion("Both.") if next(calls) < 7 else wrong_key

    with stub_server(respond) as stub:
        spec = stub.spec("&in_flight=1")
        _, session = asyncio.run(run(spec, tmp_path / "r", 40))
        sent = len(stub.requests)
        assert sent == session.asked < 12
        calls = iter(range(100, 200))
        judgements, session = asyncio.run(run(spec, tmp_path / "r", 40))
        assert len(stub.requests) - sent == session.asked == session.renewed < 3
        assert {judgement.reason for judgement in judgements} == {"failed"}


def test_the_next_command_asks_an_endpoint_without_schemas_nothing_again(tmp_path: Path) -> None:
    def picky(request: dict[str, Any]) -> Answer:
        refused = Answer({"error": {"message": "response_format is not supported"}}, 400)
        return refused if "response_format" in request else verdict("CORRECT")

    with stub_server(picky) as stub:
        for _ in range(2):
            _, session = asyncio.run(run(stub.spec(), tmp_path / "r", 3))
            assert session.json_schema == "refused"
            paid = len(stub.requests)
        assert (session.asked, session.reused) == (0, 4)
        assert paid == len(stub.requests)
