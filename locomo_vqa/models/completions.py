"""Reads what an endpoint returns with status 200: a reply, or a failure reported as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from locomo_vqa.json_gate import BadValue, load_json
from locomo_vqa.models.chat import ChatReply, Finish, ModelDenied, ModelFailed, ThoughtsOnly
from locomo_vqa.models.reported_failures import reported_failure, shown_words
from locomo_vqa.models.retries import Fault
from locomo_vqa.models.thoughts import reply_of
from locomo_vqa.runs import Usage

__all__ = ["join_stream", "parse_completion", "read_completion", "token_count"]

_MOST_TOKENS = 1 << 40

_LINE_END = re.compile(r"\r\n|\n|\r")
"""A stream's lines end so; texts may have other line breaks, such as U+2028."""
_THOUGHT_KEYS = ("reasoning_content", "reasoning", "thinking")


def parse_completion(content: bytes) -> Any:
    """Return a reply's parsed JSON, or its text if it is a stream or a web page.

    Raises:
        BadValue: it is JSON that must not be used.
    """
    try:
        return load_json(content)
    except BadValue:
        raise
    except ValueError:
        return content.decode("utf-8", "replace")


def read_completion(completion: Any, *, limit: int | None = None) -> ChatReply | Fault:
    """Read a completion, which may be any JSON, the text of a stream, or a page of a website.

    `limit` is the most tokens that the reply could have.
    """
    if isinstance(completion, str) and completion.lstrip()[:1] == "<":
        words = f"the endpoint sent a web page instead of a reply: {shown_words(completion)}"
        return Fault(error=ModelDenied(words), again=False)
    try:
        if isinstance(completion, str):
            completion = join_stream(completion)
        if fault := reported_failure(completion):
            return fault
        choice = completion["choices"][0]
        if fault := reported_failure(choice):
            return fault
        counted = completion.get("usage")
        reply = _reply(choice, counted if isinstance(counted, Mapping) else {}, limit)
    except (AttributeError, IndexError, KeyError, TypeError):
        words = f"the endpoint's reply is not a chat completion: {shown_words(completion)}"
        wrong = ModelFailed(words)
        return Fault(error=wrong, again=False)
    return Fault(error=reply, again=False) if isinstance(reply, ThoughtsOnly) else reply


def _reply(choice: Any, counted: Any, limit: int | None) -> ChatReply | ThoughtsOnly:
    message = choice["message"]
    refusal = message.get("refusal")
    said, thought = _parts(message)
    reason = choice.get("finish_reason")
    usage = Usage(
        input_tokens=token_count(counted.get("prompt_tokens")),
        output_tokens=token_count(counted.get("completion_tokens")),
        calls=1,
    )
    finish: Finish = "length" if reason == "length" else "stop"
    if refusal or reason == "content_filter":
        return reply_of(refusal or said, finish="refused", usage=usage)
    if finish == "length" and not said.strip() and "content" not in message:
        return ThoughtsOnly.at(limit, cut=True, usage=usage)
    if finish == "length" and not said.strip() and message["content"] is None:
        return ThoughtsOnly.at(limit, cut=True, usage=usage)
    if finish == "length" and not said.strip() and _hidden_thoughts(counted):
        return ThoughtsOnly.at(limit, cut=True, usage=usage)
    if not thought and "content" not in message:
        raise KeyError("content")
    return reply_of(said, finish=finish, usage=usage, thought=thought, limit=limit)


def _parts(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the words and the thoughts of a message, whose content may be a list of parts."""
    content = message.get("content") or ""
    said: list[str] = []
    thoughts = [
        value for key in _THOUGHT_KEYS if isinstance(value := message.get(key), str) and value
    ][:1]
    if isinstance(content, str):
        said.append(content)
    else:
        for part in content if isinstance(content, list) else _wrong():
            kind = part.get("type")
            if kind in ("text", "output_text"):
                said.append(part["text"])
            elif kind in ("thinking", "reasoning"):
                thoughts.append(_text_within(part.get(kind) or part.get("text") or ""))
    return "".join(said), "\n".join(thoughts)


def _wrong() -> Iterable[Any]:
    raise TypeError("content")


def _text_within(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "".join(_text_within(part.get("text", "")) for part in value)


def join_stream(stream: str) -> Any:
    """Return the completion that the events of a stream add up to; anything else unchanged.

    Raises:
        ValueError: an event is not JSON.
        AttributeError: an event is not an object.
        TypeError: it has parts of other types than the API's.
    """
    whole: dict[str, Any] = {"object": "chat.completion"}
    text: list[str] = []
    thought: list[str] = []
    calls = _ToolCalls()
    reason = refusal = None
    ended = said_something = False
    lines = [line[5:].strip() for line in _LINE_END.split(stream) if line.startswith("data:")]
    for line in lines:
        if ended := line == "[DONE]":
            break
        event = load_json(line)
        if event.get("error"):
            return event
        whole |= {key: event[key] for key in ("id", "created", "model", "usage") if event.get(key)}
        for choice in (event.get("choices") or ())[:1]:
            delta = choice.get("delta") or choice.get("message") or {}
            said, thoughts = _parts(delta)
            said_something = said_something or isinstance(delta.get("content"), str | list)
            text.append(said)
            thought.append(thoughts)
            refusal = delta.get("refusal") or refusal
            calls.add(delta.get("tool_calls") or ())
            reason = choice.get("finish_reason") or reason
    if not lines:
        return stream
    if not ended and reason is None:
        return {"error": {"message": "the stream ended early", "code": 502}}
    message = {
        "role": "assistant",
        "content": "".join(text) if said_something else None,
        "reasoning_content": "".join(thought),
        "refusal": refusal,
        **calls.to_json(),
    }
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {**whole, "choices": [choice]}


class _ToolCalls:
    """The tool calls that the pieces of a stream add up to, by their index."""

    def __init__(self) -> None:
        self._ids: dict[int, str] = {}
        self._names: dict[int, list[str]] = {}
        self._arguments: dict[int, list[str]] = {}

    def add(self, deltas: Iterable[Any]) -> None:
        """Add one piece of the stream."""
        for delta in deltas:
            index, function = delta.get("index", 0), delta.get("function") or {}
            self._ids[index] = delta.get("id") or self._ids.get(index, "")
            self._names.setdefault(index, []).append(function.get("name") or "")
            self._arguments.setdefault(index, []).append(function.get("arguments") or "")

    def to_json(self) -> dict[str, Any]:
        """Return a message's field `tool_calls`, or nothing without any calls."""
        calls = [
            {
                "id": id,
                "type": "function",
                "function": {
                    "name": "".join(self._names[index]),
                    "arguments": "".join(self._arguments[index]),
                },
            }
            for index, id in self._ids.items()
        ]
        return {"tool_calls": calls} if calls else {}


def _hidden_thoughts(counted: Mapping[str, Any]) -> bool:
    """Return whether tokens were counted for thoughts that the server does not show."""
    details = counted.get("completion_tokens_details")
    return isinstance(details, Mapping) and bool(token_count(details.get("reasoning_tokens")))


def token_count(value: Any) -> int | None:
    """Return the value if it can be a number of tokens, else None."""
    number = isinstance(value, int) and not isinstance(value, bool)
    return value if number and 0 <= value < _MOST_TOKENS else None
