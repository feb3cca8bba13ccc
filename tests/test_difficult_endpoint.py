"""One endpoint that differs in everything, and every caller of models as a command."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.files import read_jsonl
from locomo_vqa.models.chat import ChatRequest
from tests.conftest import Cli
from tests.evaluators.distilling.scripted_teacher import reads
from tests.serving import QuietHandler, serve_handler

SAMPLE = load_benchmark("sample")


class Difficult:
    """What the endpoint was asked, and how often it refused."""

    def __init__(self) -> None:
        self.url = ""
        self.refused: Counter[str] = Counter()
        self.taken = 0

    def spec(self, model: str = "m") -> str:
        return (
            f"openai:{self.url}/v1?model={model}&api-version=2024-10-21&max_tokens=900"
            "&body.enable_thinking=false"
        )

    def objection(self, path: str, body: dict[str, Any]) -> str | None:
        """Return why a request is refused; all but the last two can be learned."""
        if path.endswith("/embeddings"):
            if len(body["input"]) > 4:
                return "batch size is invalid, it should not be larger than 4."
            return "Unknown parameter: encoding_format" if "encoding_format" in body else None
        if "max_tokens" in body:
            return "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        if body.get("temperature", 1) != 1:
            return "Unsupported value: 'temperature' does not support 0. Only the default (1)."
        if '["string", "null"]' in json.dumps(body):
            return "Invalid schema for response_format: a list of types is not supported."
        if "response_format" in body:
            return "This response_format type is unavailable now"
        if not body.get("stream"):
            return "This model only supports stream mode, please enable the stream parameter."
        if "stream_options" in body:
            return "stream_options: Extra inputs are not permitted"
        if body.get("enable_thinking") is not False:
            return "enable_thinking is missing"
        return None if body.get("max_completion_tokens") == 900 else "the limit is another"


def _words(body: dict[str, Any]) -> str:
    content = body["messages"][0]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    images = [] if isinstance(content, str) else content[:-1]
    if "gold_answer" in text:
        return json.dumps({"reasoning": "Compared.", "verdict": "CORRECT"})
    if "Kind of question" in text:
        said = {"question": "How many cups are there?", "answer": "three", "reason": "Counted."}
        return json.dumps(said)
    if (images and "balloons" in text) or "umbrella?" in text:
        return _seen(images, text)
    return reads(ChatRequest(text=text)) or "three"


def _seen(images: list[Any], text: str) -> str:
    from base64 import b64decode

    from locomo_vqa.models.probes import known_images

    data = b64decode(images[0]["image_url"]["url"].partition(",")[2])
    known = [image.data for image in known_images()]
    number = known.index(data) if data in known else 0
    return (
        ("two", "five", "three")[number] if "balloons" in text else ("green", "", "yellow")[number]
    )


@contextmanager
def difficult_endpoint() -> Iterator[Difficult]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.reply(200, b'{"data": []}', {"Content-Type": "application/json"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path, _, query = self.path.partition("?")
            why = endpoint.objection(path, body)
            if query != "api-version=2024-10-21" or not self.headers.get("api-key"):
                why = "api-version is missing"
            if why is not None:
                endpoint.refused[why] += 1
                refusal = json.dumps({"error": {"message": why}}).encode()
                self.reply(400, refusal, {"Content-Type": "application/json"})
            elif path.endswith("/embeddings"):
                endpoint.taken += 1
                self.reply(200, _vectors(body), {"Content-Type": "application/json"})
            else:
                endpoint.taken += 1
                self.reply(200, _events(_words(body)), {"Content-Type": "text/event-stream"})

    endpoint = Difficult()
    with serve_handler(Handler) as url:
        endpoint.url = url
        yield endpoint


def _vectors(body: dict[str, Any]) -> bytes:
    data = [
        {"index": n, "embedding": [float(len(text)), 1.0]} for n, text in enumerate(body["input"])
    ]
    return json.dumps({"data": data}).encode()


def _events(words: str) -> bytes:
    deltas: list[dict[str, Any]] = [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "two?"}]}]},
        *({"content": [{"type": "text", "text": words[i : i + 7]}]} for i in range(0, 999, 7)),
    ]
    events = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return text.encode()


def states(folder: Path) -> Counter[str]:
    return Counter(row["state"] for _, row in read_jsonl(folder / "predictions.jsonl", what="it"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "more"),
    [
        ("bm25", ()),
        ("full-context", ()),
        ("no-memory", ()),
        ("mem0-v", ("--option", "prompts=reduced", "--option", "window=12")),
        ("dense", ("--option", "embedder")),
    ],
)
def test_a_run_is_answered(system: str, more: tuple[str, ...], tmp_path: Path, cli: Cli) -> None:
    with difficult_endpoint() as endpoint:
        options = [*more[:1], f"embedder={endpoint.spec('e')}"] if "embedder" in more else more
        arguments = ["--benchmark", "sample", "--split", "validation", "--limit", "1"]
        for number in (1, 2):
            done = cli(
                *("run", system, *arguments, "--model", endpoint.spec(), *options),
                *("--out", f"run-{number}"),
                LOCOMO_VQA_CACHE=str(tmp_path / "cache"),
            )
            assert done.returncode == 0, done.stderr
            assert set(states(tmp_path / f"run-{number}")) == {"ok"}
            if number == 1:
                assert max(endpoint.refused.values()) <= 8, endpoint.refused
                endpoint.refused.clear()
        assert not endpoint.refused


@pytest.mark.slow
def test_a_build_and_a_scoring_are_answered(tmp_path: Path, cli: Cli) -> None:
    cache = str(tmp_path / "cache")
    with difficult_endpoint() as endpoint:
        done = cli(
            *("build", "run", "sample", "--work", "w", "--generator", endpoint.spec()),
            *("--validator", endpoint.spec()),
            LOCOMO_VQA_CACHE=cache,
            timeout=280,
        )
        assert done.returncode == 0, done.stderr
        assert max(endpoint.refused.values()) <= 2 * 32
        endpoint.refused.clear()
        rows = [row for _, row in read_jsonl(tmp_path / "w" / "questions.jsonl", what="it")]
        assert {row["state"] for row in rows} == {"ok"}
        run = cli("run", "bm25", "--benchmark", "sample", "--split", "test", "--limit", "2",
                  "--model", endpoint.spec(), "--out", "run", LOCOMO_VQA_CACHE=cache)  # fmt: skip
        assert run.returncode == 0, run.stderr
        done = cli(
            *("score", "run", "--metrics", "j", "--no-judge-check", "--judge", endpoint.spec()),
            *("--benchmark", "sample"),
            LOCOMO_VQA_CACHE=cache,
        )
        assert "J " in done.stdout, done.stderr
        assert "unscored" not in done.stdout.replace("0 unscored", "")
        assert not endpoint.refused
