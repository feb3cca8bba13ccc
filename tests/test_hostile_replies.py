"""Bodies that are made to break whatever reads them: each is a failure, or is read, and no more."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest

from locomo_vqa.builders.questions.replies import Declined, Problem, Written, read_reply
from locomo_vqa.builders.questions.rows import QuestionState
from locomo_vqa.errors import MissingResource
from locomo_vqa.evaluators.answering import AnswerModels
from locomo_vqa.evaluators.judging.judge import VerdictState
from locomo_vqa.evaluators.judging.replies import Unreadable, Verdict, read_verdict
from locomo_vqa.evaluators.memory.anomalies import AnomalyCounts
from locomo_vqa.evaluators.memory.embedding import open_embedder
from locomo_vqa.evaluators.memory.replies import ReplyFault, read_facts, read_list
from locomo_vqa.evaluators.memory.vision_replies import read_visual_answer
from locomo_vqa.models.chat import ChatReply, ModelError, ModelFailed
from locomo_vqa.models.completions import read_completion
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.retries import Fault
from locomo_vqa.runs import Usage
from locomo_vqa.system import ConversationInfo, Services
from tests.core.models.stub_server import Answer, Stub, stub_server
from tests.test_reply_forms import FAILED, NOW, READERS

GOOD: dict[str, Any] = {
    "id": "x",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "three"},
        }
    ],
    "usage": {"prompt_tokens": 7, "completion_tokens": 2},
}


def with_message(**message: Any) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return json.dumps({"choices": [choice]}).encode()


def with_content(content: Any) -> bytes:
    return with_message(content=content)


DEEP = "[" * 100_000 + "]" * 100_000
DEEP_OBJECT = '{"facts":' * 100_000 + "1" + "}" * 100_000
EVENT = {"content-type": "text/event-stream"}

BODIES: dict[str, Answer] = {
    name: body if isinstance(body, Answer) else Answer(body)
    for name, body in {
        "nothing": b"",
        "null": b"null",
        "true": b"true",
        "a number": b"7",
        "a text": b'"three"',
        "a list": b"[]",
        "an object": b"{}",
        "not UTF-8": b'{"choices": "\xff\xfe"}',
        "a mark first": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        "deep": DEEP.encode(),
        "deep within": b'{"choices": ' + DEEP.encode() + b"}",
        "deep content": with_content(DEEP),
        "deep object as content": with_content(DEEP_OBJECT),
        "deep and open": with_content("[" * 100_000),
        "deep in a question": with_content('{"question": ' * 50_000),
        "deep in a verdict": with_content('{"verdict": ' + DEEP + "}"),
        "NaN": b'{"choices": [], "usage": NaN}',
        "huge integer": b'{"choices": ' + b"9" * 5000 + b"}",
        "huge integer in content": with_content('{"facts": [' + "9" * 5000 + "]}"),
        "NaN in content": with_content('{"facts": [NaN], "memory": [Infinity], "verdict": NaN}'),
        "huge float in content": with_content('{"facts": [1e999], "memory": [1e999]}'),
        "keys twice": with_content('{"verdict": "CORRECT", "verdict": "WRONG"}'),
        "lone surrogates": with_content('{"facts": ["\ud800"], "question": "\ud800"}'),
        "escaped surrogates": with_content('{"facts": ["\\ud800"], "verdict": "\\ud800"}'),
        "keys that are surrogates": with_content('{"\\ud800": 1, "facts": [{"\\udfff": []}]}'),
        "no choice": b'{"choices": []}',
        "choices null": b'{"choices": null}',
        "choices an object": b'{"choices": {"0": {"message": {"content": "x"}}}}',
        "choices a text": b'{"choices": "x"}',
        "choice null": b'{"choices": [null]}',
        "choice a list": b'{"choices": [[1]]}',
        "no message": b'{"choices": [{}]}',
        "message null": b'{"choices": [{"message": null}]}',
        "message a text": b'{"choices": [{"message": "x"}]}',
        "no content": with_message(role="assistant"),
        "content null": with_content(None),
        "content a number": with_content(3),
        "content an object": with_content({"text": "x"}),
        "content true": with_content(True),
        "parts of unknown types": with_content([{"type": "holograms", "data": 1}]),
        "parts without a type": with_content([{"text": "x"}]),
        "parts null": with_content([None]),
        "parts of numbers": with_content([1, 2]),
        "a text part null": with_content([{"type": "text", "text": None}]),
        "thinking a number": with_content([{"type": "thinking", "thinking": 7}]),
        "thinking within thinking": with_content(
            [{"type": "thinking", "thinking": [{"text": [{"text": [{"text": 1}]}]}]}]
        ),
        "tool calls only": with_message(content=None, tool_calls=[{"id": "x"}]),
        "refusal a list": with_message(content="x", refusal=["no"]),
        "refusal true": with_message(content=None, refusal=True),
        "reasoning a list": with_message(content="three", reasoning_content=["x"]),
        "finish a number": b'{"choices": [{"finish_reason": 5, "message": {"content": "x"}}]}',
        "finish a list": b'{"choices": [{"finish_reason": [], "message": {"content": "x"}}]}',
        "error true": b'{"error": true}',
        "error a list": b'{"error": [1, [2]]}',
        "error with a list as code": b'{"error": {"code": [5], "message": {"a": 1}}}',
        "error with a huge code": b'{"error": {"code": "' + b"9" * 9000 + b'"}}',
        "error with odd digits": '{"error": {"code": "\u0663\u0663\u0663", "message": 5}}'.encode(),
        "error with metadata": b'{"error": {"metadata": {"raw": [1]}, "message": null}}',
        "an event that is null": Answer(b"data: null\n\n", headers=EVENT),
        "an event that is a list": Answer(b"data: [1]\n\n", headers=EVENT),
        "an event that is not JSON": Answer(b"data: {\n\n", headers=EVENT),
        "an event of odd choices": Answer(b'data: {"choices": {"a": 1}}\n\n', headers=EVENT),
        "an event of odd tools": Answer(
            b'data: {"choices": [{"delta": {"tool_calls": [{"index": [1]}]}}]}\n\ndata: [DONE]\n\n',
            headers=EVENT,
        ),
        "a stream that ends early": Answer(
            b'data: {"choices": [{"delta": {"content": "thr"}}]}\n\n', headers=EVENT
        ),
        "a page": Answer(b"<html>Sign in</html>", headers={"content-type": "text/html"}),
        "400 deep": Answer(DEEP.encode(), 400),
        "400 with a list": Answer(b'{"error": [{"code": {}}]}', 400),
        "429 with a list as code": Answer(b'{"error": {"code": ["x"], "type": {"a": 1}}}', 429),
        "status 299": Answer(json.dumps(GOOD).encode(), 299),
    }.items()
}

USAGES = [
    *([], "7", -7, 1e300, True, {"prompt_tokens": "7"}, {"prompt_tokens": -1}),
    {"prompt_tokens": 10**40, "completion_tokens": None},
    {"prompt_tokens": {}, "completion_tokens_details": [1]},
    {"completion_tokens_details": {"reasoning_tokens": "9"}},
]


@pytest.fixture(autouse=True)
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locomo_vqa.models.retries.backoff_s", lambda attempt: 0.0)


STATES: dict[str, tuple[Any, ...]] = {
    "question": (*get_args(QuestionState), "three"),
    "validator": (True, False, FAILED),
    "verdict": (*get_args(VerdictState), FAILED),
}


def is_expected(reader: str, value: Any) -> bool:
    if reader in STATES:
        return value in STATES[reader]
    return isinstance(value, list) or value in (*get_args(ReplyFault), FAILED)


@pytest.fixture(scope="module")
def bodies() -> dict[str, Answer]:
    usages = {f"usage {usage!r}": Answer({**GOOD, "usage": usage}) for usage in USAGES}
    return {**BODIES, **usages}


@pytest.mark.slow
@pytest.mark.parametrize("reader", [*STATES, "extraction", "update"])
def test_every_reader_survives_every_body(
    reader: str, bodies: Mapping[str, Answer], tmp_path: Path
) -> None:
    async def read_all(stub: Stub) -> None:
        model: Any = open_model(stub.spec(), timeout_s=20, tries=1)
        for name, answer in bodies.items():
            stub.respond = lambda _, answer=answer: answer  # type: ignore[misc]
            try:
                value = await READERS[reader][0](model, tmp_path)
            except (ModelError, MissingResource):
                value = FAILED
            assert is_expected(reader, value), (name, value)
        await model.close()

    with stub_server(lambda _: bodies["nothing"]) as stub:
        asyncio.run(read_all(stub))


@pytest.mark.slow
def test_answers_survive_every_body(bodies: Mapping[str, Answer], tmp_path: Path) -> None:
    info = ConversationInfo(id="c", speakers=("Ada", "Ben"), images="pixels")
    with stub_server(lambda _: bodies["nothing"]) as stub, AnswerModels() as models:
        services = Services(llm=parse_endpoint(stub.spec(), timeout_s=200))
        answerer = models.answerer(info, services, tmp_path)
        for name, answer in bodies.items():
            stub.respond = lambda _, answer=answer: answer  # type: ignore[misc]
            for ask in (
                lambda: answerer.answer("How many?", (), now=NOW),
                lambda: answerer.answer_visual("How many?", None),
            ):
                with suppress(ModelError):
                    assert isinstance(ask().text, str), name
        answerer.close()


def test_absurd_usage_costs_no_reply() -> None:
    for usage in USAGES:
        read = read_completion({**GOOD, "usage": usage})
        assert isinstance(read, ChatReply), usage
        assert read.text == "three"
        assert read.usage.input_tokens is None


VECTORS = {"data": [{"index": 0, "embedding": [0.5, 1.0]}], "usage": {"prompt_tokens": 1}}


@pytest.mark.parametrize(
    "body",
    [
        *(answer for answer in BODIES.values() if answer.status == 200),
        *(
            Answer({**VECTORS, "data": data})
            for data in (
                *(None, {}, "x", [], [None], [[0.5]], [{"index": 0}]),
                [{"index": 0, "embedding": None}],
                [{"index": 0, "embedding": "0.5"}],
                [{"index": 0, "embedding": ["0.5", "1"]}],
                [{"index": 0, "embedding": [[0.5]]}],
                [{"index": 0, "embedding": [True, False]}],
                [{"index": 0, "embedding": [1e300, 1]}],
                [{"index": 0, "embedding": [10**400]}],
                [{"index": 0, "embedding": []}],
                [{"index": {}, "embedding": [1]}, {"index": [], "embedding": [1]}],
                VECTORS["data"] * 2,  # type: ignore[operator]
            )
        ),
    ],
)
def test_the_embedder_takes_nothing_but_vectors(body: Answer) -> None:
    async def main(spec: str) -> None:
        embedder = open_embedder(spec)
        try:
            with pytest.raises(ModelError):
                await embedder.embed(["one"])
        finally:
            await embedder.close()

    with stub_server(lambda _: body) as stub:
        asyncio.run(main(stub.spec()))


@pytest.mark.parametrize("usage", USAGES)
def test_absurd_usage_costs_no_vector(usage: Any) -> None:
    async def main(spec: str) -> Usage | None:
        embedder = open_embedder(spec)
        try:
            return (await embedder.embed(["one"]))[1]
        finally:
            await embedder.close()

    with stub_server(lambda _: Answer({**VECTORS, "usage": usage})) as stub:
        found = asyncio.run(main(stub.spec()))
    assert found is not None
    assert found.input_tokens is None


ODD: list[Any] = [
    *(None, True, 0, -1, 10**30, 1.5, "", "x", "error", "length", "7", "\ud800"),
    *([], [None], [[[]]], ["x"], {}, {"a": {}}, {"type": "text"}, {"text": 1}),
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(child, (*path, key))


def _changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    made = copy.deepcopy(value)
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = odd
    return made


WHOLE: dict[str, Any] = {
    **GOOD,
    "error": None,
    "choices": [
        {
            **GOOD["choices"][0],
            "error": None,
            "message": {
                "role": "assistant",
                "refusal": None,
                "reasoning_content": "Hm.",
                "tool_calls": None,
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "three"},
                ],
            },
        }
    ],
}


def test_a_wrong_type_at_any_place_is_a_failure_or_is_read() -> None:
    for path in _places(WHOLE):
        for odd in ODD:
            read = read_completion(_changed(WHOLE, path, odd), limit=9)
            assert isinstance(read, ChatReply | Fault), (path, odd)
            if isinstance(read, ChatReply):
                assert isinstance(read.text, str)
                assert "\ud800" not in read.text


PIECES = [
    *('{"', '"}', "{", "}", "[", "]", ",", ":", '"', "\\", "\\'", "\n", "```", "```json\n", " "),
    *("question", "answer", "reason", "verdict", "CORRECT", "WRONG", "facts", "memory", "null"),
    *("<think>", "</think>", "<|channel|>", "final", "<|message|>", "<|end|>", "analysis"),
    *("assistantfinal", "[THINK]", "[/THINK]", "\\ud800", "NaN", "1e999", "9" * 400, "\u2028"),
]


@pytest.mark.parametrize("seed", range(20))
def test_readers_of_texts_raise_nothing(seed: int) -> None:
    pick = random.Random(seed)
    for _ in range(100):
        text = "".join(pick.choices(PIECES, k=pick.randint(1, 30)))
        reply = ChatReply(text=text, finish=pick.choice(("stop", "length")), usage=Usage())
        assert isinstance(read_reply(text), Written | Declined | Problem)
        assert isinstance(read_verdict(text), Verdict | Unreadable)
        assert isinstance(read_facts(reply, AnomalyCounts()), list | str)
        assert isinstance(read_list(reply, "memory"), list | str)
        with suppress(ModelFailed):
            assert isinstance(read_visual_answer(reply), str)


LONG: dict[str, str] = {
    "blanks in a fence": "```json {}" + " " * 500_000 + "x",
    "blanks after a start": "<|start|>" + " " * 500_000 + "<|channel|>",
    "a channel's long name": "<|channel|>" + "a" * 500_000,
    "quotes that are escaped": '"' + '\\"' * 250_000,
    "openings": '{"a": [' * 70_000,
    "lists within objects": '{"a": [1, 1, 1, 1, 1, 1, 1], "b": ' * 15_000,
    "closings": "</think>" * 60_000,
    "openings of thoughts": "<think>" * 60_000,
    "commas": ", " * 250_000,
    "channels": "<|channel|>a<|message|>" * 20_000,
    "blanks in an answer": "<think>a</think><answer>" + " " * 500_000 + "x",
    "an answer that stutters": "answer: a" + "." * 20_000 + "b " + "." * 20_000 + "c",
    "bare": "analysis[" + "assistantfina" * 40_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_no_text_takes_long_to_read(name: str) -> None:
    begun = time.process_time()
    for text in (LONG[name], '{"question": ' + LONG[name]):
        reply = ChatReply(text=text, finish="stop", usage=Usage())
        read_reply(text)
        read_verdict(text)
        read_list(reply, "memory")
        with suppress(ModelError):
            read_visual_answer(reply)
    assert time.process_time() - begun < 10
