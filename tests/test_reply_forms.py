"""Every form of reply against everything that reads replies: the right value, or a failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.questions.answering import Trial, answer_all
from locomo_vqa.builders.questions.rows import QuestionRow
from locomo_vqa.builders.questions.writing import image_places, write_all
from locomo_vqa.evaluators.answering import Answerer, AnswerModels
from locomo_vqa.evaluators.judging.judge import Judge, ToJudge
from locomo_vqa.evaluators.memory.anomalies import AnomalyCounts
from locomo_vqa.evaluators.memory.replies import read_facts, read_list
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError
from locomo_vqa.models.completions import read_completion
from locomo_vqa.models.retries import Fault
from locomo_vqa.system import ConversationInfo, Services

SAMPLE = load_benchmark("sample")
PLACE = next(image_places(SAMPLE))
NOW = datetime(2023, 5, 8)
FAILED = "failed"

Message = Mapping[str, Any]
Form = Callable[[str, str], tuple[Message, str]]
"""Makes a message and its reason to finish, of the right words and a draft that was thought."""


def says(before: str, after: str = "") -> Form:
    return lambda good, draft: ({"content": before.replace("DRAFT", draft) + good + after}, "stop")


def cut(text: str) -> Form:
    return lambda good, draft: ({"content": text.replace("DRAFT", draft)}, "length")


def apart(key: str) -> Form:
    return lambda good, draft: ({"content": good, key: draft}, "stop")


def nothing(finish: str, **message: Any) -> Form:
    return lambda good, draft: ({"content": None, **message}, finish)


GOOD: dict[str, Form] = {
    "plain": says(""),
    "blanks around": says("\n  ", "\n\n"),
    "whole thought": says("<think>DRAFT?</think>\n"),
    "empty thought": says("<think>\n\n</think>\n\n"),
    "orphan": says("Maybe DRAFT? No.\n</think>\n\n"),
    "orphan, no line": says("DRAFT</think>"),
    "thinking": says("<thinking>DRAFT</thinking>"),
    "THINK": says("[THINK]DRAFT[/THINK]"),
    "triangles": says("\u25c1think\u25b7DRAFT\u25c1/think\u25b7"),
    "two thoughts": says("<think>DRAFT</think>\n<think>DRAFT</think>"),
    "nested": says("<think>a <think>DRAFT</think> b</think>"),
    "channels": says(
        "<|channel|>analysis<|message|>DRAFT<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|return|>",
    ),
    "channels, first open": says("DRAFT<|end|><|start|>assistant<|channel|>final<|message|>"),
    "bare channels": says('analysis"DRAFT" is wrong.assistantfinal'),
    "bare, commentary": says("analysisWe see DRAFT.assistantcommentaryDRAFTassistantfinal"),
    "reasoning_content": apart("reasoning_content"),
    "reasoning": apart("reasoning"),
    "parts": lambda good, draft: (
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": draft}]},
                {"type": "text", "text": good},
            ]
        },
        "stop",
    ),
}
NO_REPLY: dict[str, Form] = {
    "thought cut off": cut("<think>Maybe DRAFT? Wait"),
    "THINK cut off": cut("[THINK]DRAFT"),
    "channel cut off": cut("<|channel|>analysis<|message|>DRAFT"),
    "bare channel cut off": cut("analysisWe see DRAFT"),
    "words, then a thought cut off": cut("DRAFT <think>or"),
    "thought and no words": lambda good, draft: ({"content": f"<think>{draft}</think>"}, "stop"),
    "reasoning_content alone": nothing("length", reasoning_content="I weigh this"),
    "reasoning alone": nothing("stop", reasoning="I weigh this"),
    "no content, cut off": nothing("length"),
    "engine error": lambda good, draft: ({"content": draft}, "error"),
}
SLIPS: dict[str, Form] = {
    "fenced": says("```json\n", "\n```"),
    "list of one": says("[", "]"),
    "last comma": lambda good, draft: ({"content": good[:-1] + ",}"}, "stop"),
    "raw line break": lambda good, draft: (
        {"content": good.replace("One. Two.", "One.\nTwo.")},
        "stop",
    ),
    "apostrophe": lambda good, draft: ({"content": good.replace("It's", "It\\'s")}, "stop"),
    "fenced after a thought": says("<think>DRAFT</think>\n```json\n", "\n```"),
}


class Told:
    """A model whose endpoint sends one message."""

    name = "openai:http://127.0.0.1:9/v1?model=told"
    in_flight = 2

    def __init__(self, message: Message, finish: str) -> None:
        choice = {"index": 0, "finish_reason": finish, "message": message}
        self._completion = {"choices": [choice], "usage": {"completion_tokens": 7}}

    def identity(self) -> Mapping[str, Any]:
        return {"backend": "openai", "model": "told"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        read = read_completion(self._completion, limit=request.max_tokens)
        if isinstance(read, Fault):
            raise read.error
        return read

    async def close(self) -> None:
        pass


async def question(model: Told, _: Path) -> Any:
    (row,) = [r async for r in write_all(model, SAMPLE, [PLACE], ["count"], attempts=1)]
    return row.answer if row.state == "ok" else row.state


async def validator(model: Told, _: Path) -> Any:
    row = QuestionRow(
        id="c/v/t/count",
        conversation=PLACE.conversation,
        turn=PLACE.turn,
        image=PLACE.image,
        type="count",
        split=PLACE.split,
        state="ok",
        question="How many cups?",
        answer="three",
    )
    (result,) = [r async for r in answer_all(model, SAMPLE, [Trial(row=row, shown="image")])]
    return result.correct if result.error is None else FAILED


async def verdict(model: Told, _: Path) -> Any:
    item = ToJudge(id="q", question="How many?", gold="three", answer="three")
    judgement = await Judge(model, "lenient").judge(item)
    return FAILED if judgement.reason == "failed" else judgement.state


async def extraction(model: Told, _: Path) -> Any:
    return read_facts(await model.ask(ChatRequest(text="?")), AnomalyCounts())


async def update(model: Told, _: Path) -> Any:
    return read_list(await model.ask(ChatRequest(text="?")), "memory")


async def answer(model: Told, folder: Path) -> Any:
    return await asyncio.to_thread(_answered, model, folder, False)


async def vision(model: Told, folder: Path) -> Any:
    return await asyncio.to_thread(_answered, model, folder, True)


def _answered(model: Told, folder: Path, visual: bool) -> str:
    info = ConversationInfo(id="c", speakers=("Ada", "Ben"), images="pixels")
    with AnswerModels() as models:
        answerer = Answerer(models, info, Services(model=model.name), model, folder)
        try:
            if visual:
                return answerer.answer_visual("How many?", None).text
            return answerer.answer("How many?", (), now=NOW).text
        finally:
            answerer.close()


def _asked(count: str) -> str:
    words = {"question": "How many cups?", "answer": count, "reason": "It's so. One. Two."}
    return json.dumps(words)


def _verdict(label: str) -> str:
    return json.dumps({"reasoning": "It's so. One. Two.", "verdict": label})


READERS: dict[str, tuple[Callable[[Told, Path], Any], str, str, Any]] = {
    "question": (question, _asked("three"), _asked("two"), "three"),
    "validator": (validator, "three", "two", True),
    "verdict": (verdict, _verdict("CORRECT"), _verdict("WRONG"), "correct"),
    "extraction": (
        extraction,
        json.dumps({"note": "It's so. One. Two.", "facts": ["three"]}),
        json.dumps({"facts": ["two"]}),
        ["three"],
    ),
    "update": (
        update,
        json.dumps({"note": "It's so. One. Two.", "memory": [{"id": "0", "event": "NONE"}]}),
        json.dumps({"memory": [{"id": "0", "event": "DELETE"}]}),
        [{"id": "0", "event": "NONE"}],
    ),
    "answer": (answer, "three", "two", "three"),
    "vision": (vision, "three", "two", "three"),
}
JSON_READERS = ("question", "verdict", "extraction", "update")


def read(reader: str, form: Form, folder: Path) -> Any:
    call, good, draft, _ = READERS[reader]
    try:
        return asyncio.run(call(Told(*form(good, draft)), folder))
    except ModelError:
        return FAILED


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("form", GOOD)
def test_the_words_are_read(form: str, reader: str, tmp_path: Path) -> None:
    assert read(reader, GOOD[form], tmp_path) == READERS[reader][3]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("form", NO_REPLY)
def test_what_holds_no_words_is_a_failure(form: str, reader: str, tmp_path: Path) -> None:
    assert read(reader, NO_REPLY[form], tmp_path) == FAILED


@pytest.mark.parametrize("reader", JSON_READERS)
@pytest.mark.parametrize("form", SLIPS)
def test_slips_in_json_are_read(form: str, reader: str, tmp_path: Path) -> None:
    assert read(reader, SLIPS[form], tmp_path) == READERS[reader][3]
