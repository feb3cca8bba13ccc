"""Every form of reply against everything that reads replies: the right value, or a failure."""

from __future__ import annotations

import asyncio
import json
import re
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


def curly(text: str) -> str:
    """Return JSON with curly quotes, as a word processor writes them."""
    return re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text)


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
    "seed": says("<seed:think>DRAFT</seed:think>"),
    "thought": says("<thought>\nDRAFT\n</thought>\n"),
    "upper case": says("<THINK>DRAFT</THINK>"),
    "begin and end": says("<|begin_of_thought|>DRAFT<|end_of_thought|>"),
    "begin and end of both": says(
        "<|begin_of_thought|>DRAFT<|end_of_thought|>\n\n<|begin_of_solution|>",
        "<|end_of_solution|>",
    ),
    "START and END": says(
        "<|START_THINKING|>DRAFT<|END_THINKING|><|START_RESPONSE|>", "<|END_RESPONSE|>"
    ),
    "unused tokens": says("<unused94>thought\nDRAFT<unused95>"),
    "an answer after a thought": says("<think>DRAFT</think>\n<answer>\n", "\n</answer>"),
    "an answer after an orphan": says("DRAFT\n</think>\n<answer>", "</answer>\n"),
    "channels, start first": says(
        "<|start|>assistant<|channel|>analysis<|message|>DRAFT<|end|>"
        "<|start|>assistant<|channel|>final<|message|>"
    ),
    "channels, constrained": says(
        "<|channel|>analysis<|message|>DRAFT<|end|><|start|>assistant"
        "<|channel|>final <|constrain|>json<|message|>",
        "<|return|>",
    ),
    "channels, commentary": says(
        "<|channel|>commentary to=functions.see <|constrain|>json<|message|>DRAFT<|call|>"
        "<|start|>assistant<|channel|>final<|message|>"
    ),
    "channel final alone": says("<|channel|>final<|message|>"),
    "bare, small letters": says("analysiswe see DRAFT.assistantfinal"),
    "bare, assistant first": says("assistantanalysisWe see DRAFT.assistantfinal"),
    "channel of Gemma": says("<|channel>thought\nDRAFT? No.\n<channel|>"),
    "empty channel of Gemma": says("<|channel>thought\n<channel|>", "<turn|>"),
    "channel of Gemma, first open": says("thought\nDRAFT\n<channel|>"),
    "phrases of Granite": says(
        "Here is my thought process:\nDRAFT, I think.\n\nHere is my response:\n"
    ),
    "phrases of Granite, short": says("Here's my thought process: DRAFT Here's my response: "),
    "box": says("<|begin_of_box|>", "<|end_of_box|>"),
    "box after a thought": says("<think>DRAFT</think>\n<|begin_of_box|>", "<|end_of_box|>\n"),
    "box in a sentence": says("So it is <|begin_of_box|>", "<|end_of_box|>."),
    "box in a thought": says("<think><|begin_of_box|>DRAFT<|end_of_box|>?</think>"),
    "box, end of text": says("<|begin_of_box|>", "<|end_of_box|><|endoftext|>"),
    "end im_end": says("", "<|im_end|>"),
    "end /s": says("", "</s>"),
    "end eot_id": says("", "<|eot_id|>\n"),
    "end end_of_turn": says("", "\n<end_of_turn>\n<end_of_turn>"),
    "end end": says("", "<|end|>"),
    "end return": says("", "<|return|>"),
    "end after a thought": says("<think>DRAFT<|im_end|></think>\n", "<|im_end|>\n</s>"),
    "end after an answer": says("<think>DRAFT</think><answer>", "</answer></s>"),
    "reasoning parts": lambda good, draft: (
        {
            "content": [
                {"type": "reasoning", "text": draft},
                {"type": "redacted_thinking", "data": draft},
                {"type": "output_text", "text": good},
            ]
        },
        "stop",
    ),
    "reasoning_content and a tag": lambda good, draft: (
        {"content": f"<think>{draft}</think>{good}", "reasoning_content": draft},
        "stop",
    ),
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
    "channel of Gemma cut off": cut("<|channel>thought\nDRAFT looks"),
    "channel of Gemma, no end": says("<|channel>thought\n"),
    "phrases of Granite cut off": cut("Here is my thought process: DRAFT or"),
    "nothing but an end": lambda good, draft: (
        {"content": "<|channel>thought\n" + draft + "<channel|><turn|>"},
        "stop",
    ),
    "bare channel cut off": cut("analysisWe see DRAFT"),
    "words, then a thought cut off": cut("DRAFT <think>or"),
    "thought and no words": lambda good, draft: ({"content": f"<think>{draft}</think>"}, "stop"),
    "reasoning_content alone": nothing("length", reasoning_content="I weigh this"),
    "reasoning alone": nothing("stop", reasoning="I weigh this"),
    "no content, cut off": nothing("length"),
    "reasoning_content, empty content": lambda good, draft: (
        {"content": "", "reasoning_content": draft},
        "stop",
    ),
    "reasoning_content, cut off, blank content": lambda good, draft: (
        {"content": "\n", "reasoning_content": draft},
        "length",
    ),
    "thinking parts alone": lambda good, draft: (
        {"content": [{"type": "thinking", "thinking": draft}]},
        "stop",
    ),
    "START cut off": cut("<|START_THINKING|>DRAFT"),
    "channel commentary alone": cut("<|channel|>commentary<|message|>DRAFT"),
    "an empty answer": lambda good, draft: (
        {"content": f"<think>{draft}</think><answer></answer>"},
        "stop",
    ),
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
    "fenced, upper case": says("```JSON\n", "\n```"),
    "fenced twice": says("````\n```json\n", "\n```\n````"),
    "fenced, with a preface": says("Here it is:\n\n```\n", "\n```\n"),
    "fenced after an orphan": says("DRAFT</think>\n```json\n", "\n```"),
    "fenced in an answer": says("<think>DRAFT</think><answer>```json\n", "\n```</answer>"),
    "fenced in the channel final": says(
        "<|channel|>analysis<|message|>DRAFT<|end|><|start|>assistant<|channel|>final<|message|>"
        "```json\n",
        "\n```<|return|>",
    ),
    "a fence within": lambda good, draft: (
        {"content": "```json\n" + good.replace("One. Two.", "One ```x``` two.") + "\n```"},
        "stop",
    ),
    "curly quotes": lambda good, draft: ({"content": curly(good)}, "stop"),
    "curly quotes, one kind": lambda good, draft: (
        {"content": good.replace('"', "\u201c")},
        "stop",
    ),
    "curly quotes, fenced": lambda good, draft: (
        {"content": f"```json\n{curly(good)}\n```"},
        "stop",
    ),
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


def as_stream(message: Message, finish: str) -> str:
    """Return a message as the events of a stream: texts three characters at a time."""
    deltas: list[dict[str, Any]] = [{"role": "assistant"}]
    for key, value in message.items():
        if isinstance(value, str) and value:
            deltas += [{key: value[i : i + 3]} for i in range(0, len(value), 3)]
        else:
            deltas.append({key: value})
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": finish})
    events = [*({"choices": [c]} for c in choices), {"usage": {"completion_tokens": 7}}]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


@pytest.mark.parametrize("form", [*GOOD, *NO_REPLY, *SLIPS])
def test_a_stream_is_read_as_the_whole_reply_is(form: str) -> None:
    message, finish = {**GOOD, **NO_REPLY, **SLIPS}[form](_verdict("CORRECT"), _verdict("WRONG"))
    choice = {"index": 0, "finish_reason": finish, "message": message}
    whole = read_completion({"choices": [choice], "usage": {"completion_tokens": 7}}, limit=9)
    streamed = read_completion(as_stream(message, finish), limit=9)
    if isinstance(whole, Fault) and isinstance(streamed, Fault):
        assert type(streamed.error) is type(whole.error)
        assert str(streamed.error) == str(whole.error)
        assert streamed.error.usage == whole.error.usage
    else:
        assert streamed == whole
