"""A key that an endpoint splits over the texts of its replies is in nothing that is written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.evaluators.proxy.split_replies import SPLIT
from tests.serving import QuietHandler, serve_handler

from .echo import KEY, probe_answer
from .searching import find_secret, has_secret
from .small_build import write_small_build

pytestmark = pytest.mark.slow

END = KEY[len(KEY) // 2 :]


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The model of an endpoint that passes probes and splits its key in another way each time."""
    forms = itertools.cycle(SPLIT.values())

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.reply(200, b'{"object": "list", "data": []}', {"content-type": "application/json"})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if answer := probe_answer(request):
                message = {"role": "assistant", "content": answer}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                body = json.dumps({"choices": [choice]}).encode()
                self.reply(200, body, {"content-type": "application/json"})
                return
            gives = next(forms)(self.headers["authorization"].removeprefix("Bearer "))
            assert isinstance(gives.body, bytes)
            self.reply(gives.status, gives.body, gives.headers)

    with serve_handler(Handler) as url:
        yield f"openai:{url}/v1?model=m"


@pytest.mark.parametrize("command", ["judge-check", "score", "build", "distill", "run", "no-meter"])
def test_a_split_key_is_nowhere(command: str, model: str, cli: Cli, tmp_path: Path) -> None:
    environment = {"OPENAI_API_KEY": KEY, "LOCOMO_VQA_CACHE": str(tmp_path / "cache")}
    at = ("--benchmark", "sample")
    run = ("run", "full-context", *at, "--split", "validation", "--limit", "17", "--model", model)
    recipe = write_small_build(tmp_path / "in", generator=model, validator=model)
    work = ("--work", "work", "--out", "dataset", "--mirror", tmp_path / "in" / "mirror")
    student = ("--student", "embedded:student", "--threshold", "0", "--option", "window=40")
    if command == "score":
        cli("run", "bm25", *at, "--split", "validation", "--out", "bm25", **environment)
    commands: dict[str, tuple[str | Path, ...]] = {
        "judge-check": ("judge-check", *at, "--judge", model, "--out", "measured.json"),
        "score": ("score", "bm25", *at, "--metrics", "j", "--judge", model, "--no-judge-check"),
        "build": ("build", "run", recipe, *work),
        "distill": ("distill", "duomem", *at, *student, "--teacher", model, "--out", "out"),
        "run": (*run, "--out", "run", "--record", "replies.db"),
        "no-meter": (*run, "--out", "run", "--no-meter"),
    }
    done = cli(*commands[command], **environment)
    said = done.stdout + done.stderr
    assert done.returncode in (1, 2), said
    assert "repeats the key" in said + "".join(
        path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()
    )
    assert find_secret(END, tmp_path) == []
    assert not has_secret(END, said)
