"""An endpoint that does its work and repeats its key in every form, in replies and in errors."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.probes import known_images, known_probes
from tests.evaluators.distilling.scripted_teacher import reads
from tests.serving import QuietHandler, serve_handler

__all__ = ["KEY", "EchoEndpoint", "echo_endpoint", "probe_answer"]

KEY = "sk-planted/Q7x+0123456789-abcdef"

FORMS: tuple[Callable[[str], str], ...] = (
    lambda key: key,
    lambda key: f"Bearer {key}",
    lambda key: quote(key, safe=""),
    lambda key: "".join(f"\\u{ord(c):04x}" for c in key[:4]) + key[4:],
    lambda key: "".join(f"&#{ord(c)};" for c in key),
    lambda key: html.escape(key).replace("/", "\\/"),
    lambda key: base64.b64encode(f"user:{key}".encode()).decode("ascii"),
    lambda key: key.encode().hex(),
)


class EchoEndpoint:
    """Its address, and how it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls = 0
        self._lock = threading.Lock()

    def model(self, mode: str = "answers") -> str:
        """Return the model's name; `mode` is `answers` or the status of every reply."""
        return f"openai:{self.url}/{mode}/v1?model=m"

    def next_form(self, key: str) -> str:
        """Return the key in the next form."""
        with self._lock:
            self.calls += 1
            return FORMS[self.calls % len(FORMS)](key)


@contextmanager
def echo_endpoint() -> Iterator[EchoEndpoint]:
    """Serve on a free port of 127.0.0.1 until the block ends."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.say(200, {"object": "list", "data": []})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            key = self.headers["authorization"].removeprefix("Bearer ")
            form = endpoint.next_form(key)
            mode = self.path.split("/")[1]
            if mode.isdigit():
                words = f"{'x' * 250} wrong key: {form}; {key}"
                self.say(int(mode), {"error": {"message": words, "code": key}})
            elif self.path.endswith("/embeddings"):
                rows = [
                    {"index": number, "embedding": [1.0, float(len(text))], "note": form}
                    for number, text in enumerate(request["input"])
                ]
                self.say(200, {"data": rows, "model": key, "usage": {"prompt_tokens": 1}})
            else:
                message = {"role": "assistant", "content": _words(request, form)}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                usage = {"prompt_tokens": 7, "completion_tokens": 2, "note": key}
                self.say(200, {"id": key, "model": form, "choices": [choice], "usage": usage})

        def say(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            sent = str(self.headers.get("authorization"))
            headers = {"content-type": "application/json", "x-said": sent, "x-request-id": sent}
            self.reply(status, data, headers)

    with serve_handler(Handler) as url:
        endpoint = EchoEndpoint(url)
        yield endpoint


def _parts(request: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    content = request["messages"][0]["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return parts, " ".join(part.get("text", "") for part in parts)


def probe_answer(request: dict[str, Any]) -> str | None:
    """Return the right answer if a request is a probe of what a model can do, else None."""
    if "zanzibar_7" in json.dumps(request.get("response_format") or {}):
        return '{"zanzibar_7": "ultramarine"}'
    parts, text = _parts(request)
    images = any(part["type"] == "image_url" for part in parts)
    return _known_answer(parts, text) if images else None


def _words(request: dict[str, Any], form: str) -> str:
    """Return what the reader of the reply can use, with the key wherever text is free."""
    _, text = _parts(request)
    if found := probe_answer(request):
        return found if found.startswith("{") else f"{found} {form}"
    if read := reads(ChatRequest(text=text, max_tokens=1)):
        return _with_key(read, form)
    if "Kind of question" in text:
        return json.dumps({"question": f"What is by {form}?", "answer": "cups", "reason": form})
    if "gold_answer" in text:
        return json.dumps({"reasoning": f"It says {form}.", "verdict": "CORRECT"})
    return f"blue {form}"


def _with_key(read: str, form: str) -> str:
    """Return a reply of a memory's stages with the key in each of its texts."""
    document = json.loads(read)
    if "facts" in document:
        return json.dumps({"facts": [f"{fact} {form}" for fact in document["facts"]]})
    for entry in document["memory"]:
        entry["text"] += f" {form}"
    return json.dumps(document)


def _known_answer(parts: list[dict[str, Any]], text: str) -> str | None:
    shown = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    data = base64.b64decode(re.sub("^[^,]*,", "", shown[0]))
    for probe in known_probes():
        if probe.question in text and known_images()[probe.image].data == data:
            return probe.expected
    return None
