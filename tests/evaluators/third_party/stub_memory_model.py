"""A stub of a model server for the packages' prompts and ours: it replies by rules.

It knows no language. Extraction keeps every line of the dialogue as a fact, with the day that the
prompt names, so that a wrong day shows; an update adds every fact; a vector is a bag of words; a
image is described by its colour; a question is answered with the first passage.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.serving import QuietHandler, serve_handler

from .stub_bundled_replies import bundled_reply
from .stub_structured_replies import structured_reply

DIMENSIONS = 384

_WORD = re.compile(r"[a-z0-9]+")
_COLOURS = {"red": (208, 32, 32), "blue": (32, 64, 208), "green": (24, 144, 56)}


class StubMemoryModel:
    """The server's address, and every request it got, as (path, body)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.broken = ""
        """A part of a path: requests to it fail."""
        self.spared: list[str] = []
        """What is embedded anyway."""
        self.broken_prompt = ""
        """A part of a prompt: requests with it fail."""
        self.strangers: list[str] = []
        """Where somebody wanted to go who took this server for a proxy."""

    @property
    def model(self) -> str:
        """The name for --model."""
        return f"openai:{self.url}/v1?model=stub"

    def prompts(self) -> list[str]:
        """Return the text of every chat request."""
        return [_prompt(body) for path, body in self.requests if path.endswith("completions")]

    def exchanges(self) -> list[tuple[str, list[bytes], str]]:
        """Return the text, the images and the reply of every chat request."""
        return [
            (_prompt(body), _image_bytes(body), _message(body)["content"])
            for path, body in self.requests
            if path.endswith("completions")
        ]


@contextmanager
def stub_memory_model() -> Iterator[StubMemoryModel]:
    """Serve on a free port of 127.0.0.1 until the block ends."""

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._send(200, {"object": "list", "data": [{"id": "stub", "object": "model"}]})

        def do_CONNECT(self) -> None:
            stub.strangers.append(self.path)
            self._send(403, {"error": {"message": "this is no proxy"}})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.requests.append((self.path, body))
            chat = self.path.endswith("completions")
            failing = stub.broken and stub.broken in self.path and body.get("input") != stub.spared
            if failing or (stub.broken_prompt and chat and stub.broken_prompt in _prompt(body)):
                self._send(400, {"error": {"message": "the stub was told to fail"}})
            elif self.path.endswith("/embeddings"):
                self._send(200, _embedded(body))
            else:
                self._send(200, _completion(_message(body)))

        def _send(self, status: int, answer: Any) -> None:
            self.reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    with serve_handler(Handler) as url:
        stub = StubMemoryModel(url)
        yield stub


def _prompt(body: dict[str, Any]) -> str:
    texts = []
    for message in body["messages"]:
        content = message.get("content") or ""
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        texts += [part["text"] for part in parts if part["type"] == "text"]
    return "\n".join(texts)


def _message(body: dict[str, Any]) -> dict[str, Any]:
    prompt, images = _prompt(body), _images(body)
    if "Extract facts from the following chunk." in prompt:
        return {"content": json.dumps({"facts": _timed_facts(prompt, images)})}
    own = bundled_reply(prompt, images)
    if own is not None:
        return {"content": own}
    if images:
        return {"content": f"A picture of a {images[-1]} square."}
    if body.get("tools"):
        return _tool_calls(prompt)
    reply = structured_reply(body, prompt)
    if reply is not None:
        return {"content": reply}
    if "The new retrieved facts are mentioned" in prompt:
        return {"content": json.dumps(_update(prompt))}
    if "## New Messages" in prompt:
        said = prompt.split("## New Messages")[-1].split("## Observation Date")[0]
        told = prompt.split("## Observation Date\n")[-1].split("\n")[0]
        facts = [f"{line} (on {told})" for line in _lines(said)]
        memory = [{"id": str(n), "text": fact} for n, fact in enumerate(facts)]
        return {"content": json.dumps({"memory": memory})}
    if '"memory list"' in prompt:
        said = prompt.rpartition("Conversation:")[2]
        facts = re.findall(r"^(?:user|assistant):(.+)$", said, re.MULTILINE)
        listed = [{"key": f"{n}", "value": fact, "tags": []} for n, fact in enumerate(facts)]
        return {"content": json.dumps({"memory list": listed, "summary": ""})}
    if "Today's date is" in prompt:
        told = re.findall(r"Today's date is (\S+)\.", prompt)[-1]
        facts = [f"{line} (on {told})" for line in _lines(prompt.rpartition("Input:")[2])]
        return {"content": json.dumps({"facts": facts})}
    passages = re.findall(r"^- (.*)$", prompt, re.MULTILINE)
    return {"content": passages[0] if passages else "No information available."}


def _lines(dialogue: str) -> list[str]:
    found = re.findall(r"^(?:user|assistant): (.+)$", dialogue, re.MULTILINE)
    return [line for line in found if line.strip()]


def _update(prompt: str) -> dict[str, Any]:
    facts = ast.literal_eval(prompt.split("The new retrieved facts")[1].split("```")[1].strip())
    return {
        "memory": [
            {"id": f"new-{number}", "text": fact, "event": "ADD"}
            for number, fact in enumerate(facts)
        ]
    }


def _tool_calls(prompt: str) -> dict[str, Any]:
    """Reply to langmem: a call of its tool `Memory` for every line of the session."""
    session = prompt.rpartition("<session_")[2].partition(">")[2].partition("</session_")[0]
    lines = [line for line in session.splitlines() if ": " in line]
    calls = [
        {
            "id": f"call-{number}",
            "type": "function",
            "function": {"name": "Memory", "arguments": json.dumps({"content": line})},
        }
        for number, line in enumerate(lines)
    ]
    return {"content": "", "tool_calls": calls} if calls else {"content": "Nothing."}


def _timed_facts(prompt: str, images: list[str]) -> list[dict[str, Any]]:
    """Reply to hindsight: a fact for every line of the chunk, and for every image in it."""
    told = re.findall(r"^Event Date: .*\((\d{4}-\d\d-\d\d)T", prompt, re.MULTILINE)[-1]
    lines = [line for line in prompt.rpartition("\nContent:\n")[2].splitlines() if ": " in line]
    facts = [*lines, *(f"A picture of a {image} square." for image in images)]
    unknown = dict.fromkeys(("when", "where", "who", "why"), "N/A")
    return [
        {"what": f"{fact} (on {told})", **unknown, "fact_type": "world", "entities": []}
        for fact in facts
    ]


def _images(body: dict[str, Any]) -> list[str]:
    """Return the colours of the middles of the images."""
    found = []
    for data in _image_bytes(body):
        from PIL import Image

        with Image.open(io.BytesIO(data)) as opened:
            image = opened.convert("RGB")
        middle = image.getpixel((image.width // 2, image.height // 2))
        assert isinstance(middle, tuple)
        found.append(_nearest(middle))
    return found


def _image_bytes(body: dict[str, Any]) -> list[bytes]:
    contents = [m["content"] for m in body["messages"] if isinstance(m.get("content"), list)]
    parts = [part for content in contents for part in content if part["type"] == "image_url"]
    return [base64.b64decode(part["image_url"]["url"].partition(",")[2]) for part in parts]


def _nearest(colour: tuple[int, ...]) -> str:
    return min(_COLOURS, key=lambda name: _distance(_COLOURS[name], colour))


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=False))


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [
        {"object": "embedding", "index": place, "embedding": _vector(text)}
        for place, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": sum(map(len, texts)), "total_tokens": sum(map(len, texts))}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _vector(text: str) -> list[float]:
    """Return a bag of words, of length 1."""
    vector = [0.0] * DIMENSIONS
    for word in set(_WORD.findall(text.lower())):
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        vector[place % DIMENSIONS] += min(len(word), 8) / 8
    length = sum(value * value for value in vector) ** 0.5
    return [value / length for value in vector] if length else [1.0, *vector[1:]]


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", **message}}
    return {
        "id": "stub",
        "object": "chat.completion",
        "created": 0,
        "model": "stub",
        "choices": [choice],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
    }
