"""Serves a GGUF and its LoRA adapters with llama.cpp: the backend `openai:` chooses by name.

`python serve.py base.gguf --lora extraction=extraction.gguf --lora generation=generation.gguf`
answers `/v1/chat/completions` on 127.0.0.1, for the models `base`, `extraction` and `generation`.
The base model is in memory once, and one request is answered at a time. A base model does not end
its replies, so they end at their first line break, or when they go round in circles. Needs
llama-cpp-python, and nothing of this project, so that it can run in an environment of its own.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BASE = "base"
"""The name of the model without an adapter."""

_CONTEXT, _BATCH = 4096, 256
_FIELDS = ("max_tokens", "temperature", "top_p", "seed", "stop", "response_format")
"""What a request may set."""

_DEFAULTS: Mapping[str, Any] = {"max_tokens": 256, "temperature": 0.0, "stop": ["\n"]}

_CIRCLE, _TIMES = 32, 3
"""A reply ends when its last 32 tokens have occurred three times."""


class Served:
    """A model with several adapters, of which one answers at a time."""

    def __init__(self, base: Path, adapters: Mapping[str, Path], threads: int) -> None:
        import llama_cpp

        self._library = llama_cpp
        self._model = llama_cpp.Llama(
            str(base),
            n_ctx=_CONTEXT,
            n_batch=_BATCH,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=False,
        )
        known = self._model.metadata
        self._format = llama_cpp.llama_chat_format.Jinja2ChatFormatter(
            template=known["tokenizer.chat_template"],
            bos_token=self._text_of(int(known["tokenizer.ggml.bos_token_id"])),
            eos_token=self._text_of(int(known["tokenizer.ggml.eos_token_id"])),
        )
        self._adapters = {name: self._load(path) for name, path in adapters.items()}
        self._active = BASE
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """The names of the served models."""
        return [BASE, *self._adapters]

    def reply(self, request: Mapping[str, Any]) -> Any:
        """Return a chat completion in the format of OpenAI's API."""
        settings = {name: request[name] for name in _FIELDS if request.get(name) is not None}
        text = self._format(messages=request["messages"]).prompt
        prompt = self._model.tokenize(text.encode(), add_bos=False, special=True)
        with self._lock:
            self._activate(request["model"])
            found = self._model.create_completion(
                prompt,
                stopping_criteria=lambda ids, _: goes_in_circles(ids[len(prompt) :]),
                **{**_DEFAULTS, **settings},
            )
        (choice,) = found["choices"]
        message = {"role": "assistant", "content": choice["text"]}
        choices = [{"index": 0, "message": message, "finish_reason": choice["finish_reason"]}]
        return {
            "id": found["id"],
            "object": "chat.completion",
            "created": found["created"],
            "model": request["model"],
            "choices": choices,
            "usage": found["usage"],
        }

    def _text_of(self, token: int) -> str:
        return str(self._model.detokenize([token], special=True).decode())

    def _load(self, path: Path) -> Any:
        adapter = self._library.llama_adapter_lora_init(self._model.model, str(path).encode())
        if adapter is None:
            raise SystemExit(f"{path}: llama.cpp can't load this adapter")
        return adapter

    def _activate(self, name: str) -> None:
        if name == self._active:
            return
        chosen = [] if name == BASE else [self._adapters[name]]
        adapters = (self._library.llama_adapter_lora_p_ctypes * len(chosen))(*chosen)
        scales = (ctypes.c_float * len(chosen))(*(1.0 for _ in chosen))
        context = self._model.ctx
        if self._library.llama_set_adapters_lora(context, adapters, len(chosen), scales):
            raise RuntimeError(f"llama.cpp can't use the adapter {name}")
        self._model.reset()  # What it remembers of the last prompt is another adapter's.
        self._active = name


def goes_in_circles(tokens: Sequence[int]) -> bool:
    """Return whether the end of a reply has occurred several times in it."""
    if len(tokens) < _CIRCLE + _TIMES - 1:
        return False
    reply = [int(token) for token in tokens]
    end = reply[-_CIRCLE:]
    starts = range(len(reply) - _CIRCLE + 1)
    return sum(reply[start : start + _CIRCLE] == end for start in starts) >= _TIMES


class _Handler(BaseHTTPRequestHandler):
    served: Served
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        models = [{"id": name, "object": "model"} for name in self.served.names]
        self._send(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        try:
            request = json.loads(self.rfile.read(length))
            if request["model"] not in self.served.names:
                self._send(404, {"error": {"message": f"no model {request['model']!r} here"}})
                return
            self._send(200, self.served.reply(request))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            # Such as a prompt that is too long.
            self._send(400, {"error": {"message": f"{type(error).__name__}: {error}"}})

    def log_message(self, format: str, *args: Any) -> None:
        """Write no line for each request."""

    def _send(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Read the command line, and serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("--lora", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    adapters = {
        name: Path(file) for name, _, file in (each.partition("=") for each in arguments.lora)
    }
    _Handler.served = Served(arguments.base, adapters, arguments.threads)
    with ThreadingHTTPServer(("127.0.0.1", arguments.port), _Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1 serves {', '.join(_Handler.served.names)}")
        server.serve_forever()


if __name__ == "__main__":
    main()
