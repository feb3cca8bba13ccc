"""The worker by itself, spoken to over its pipes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa import runs, worker
from tests.evaluators.hosting.hosted import write_system

FILE = Path(worker.__file__)

NOISY = """
import os, subprocess, sys

class Own(Echo):
    def answer(self, question, *, now):
        print("printed")
        sys.stdout.write("no end of line")
        os.write(1, b'{"id": 3, "result": "forged"}\\n')
        subprocess.run([sys.executable, "-c", "print('started')"], check=True)
        assert sys.stdin.read() == ""
        if question == "fork":
            child = os.fork()
            if child == 0:
                raise SystemExit("from the child")
            os.waitpid(child, 0)
        return question + " " + now.isoformat() + " " + type(now).__module__
"""

NOW = {"$": "datetime", "value": "2023-05-08T13:56:00"}


def start(spec: str, folder: Path) -> dict[str, Any]:
    return {"call": "start", "system": spec, "paths": [], "folder": str(folder), "version": "0"}


def talk(folder: Path, *requests: dict[str, Any], flags: tuple[str, ...] = ()) -> list[Any]:
    """Send requests to a worker and return its replies; nothing else may be on its output."""
    lines = [json.dumps({"id": n, **request}) for n, request in enumerate(requests, 1)]
    done = subprocess.run(
        [sys.executable, *flags, str(FILE)],
        input="\n".join(lines) + "\n",
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["id"] for reply in replies] == list(range(1, len(requests) + 1))
    return replies


def test_it_needs_the_standard_library_only_and_its_output_is_its_own(tmp_path: Path) -> None:
    spec = write_system(tmp_path, "noisy", NOISY)
    opening = {
        "call": "open",
        "conversation": {"$": "ConversationInfo", "fields": {"id": "c", "speakers": ["A", "B"]}},
        "workdir": {"$": "Path", "value": str(tmp_path)},
        "services": {"$": "Services", "fields": {"llm": None}},
    }
    asked = [{"call": "answer", "question": words, "now": NOW} for words in ("plain", "fork")]
    replies = talk(tmp_path, start(spec, tmp_path), opening, *asked, flags=("-I", "-S"))
    assert replies[0]["result"]["name"] == "Own"
    assert replies[0]["result"]["version"] == "1"
    assert "search" not in replies[0]["result"]["methods"]
    texts = [reply["result"]["text"] for reply in replies[2:]]
    assert texts == [f"{words} 2023-05-08T13:56:00 datetime" for words in ("plain", "fork")]


def test_an_exception_is_told_with_its_type_words_and_traceback(tmp_path: Path) -> None:
    text = """
class Own(Echo):
    def flush(self):
        raise ValueError("x\\ud800" * 2000)
"""
    spec = write_system(tmp_path, "failing", text)
    opening = {"call": "open", "conversation": None, "workdir": None, "services": None}
    *_, failed, unknown = talk(
        tmp_path, start(spec, tmp_path), opening, {"call": "flush"}, {"call": "dream"}
    )
    assert failed["error"]["state"] == "error"
    assert failed["error"]["reason"].startswith("ValueError: ")
    assert len(failed["error"]["reason"]) == 2000
    assert "in flush" in failed["traceback"]
    assert "\ud800" not in failed["error"]["reason"] + failed["traceback"]
    assert unknown["error"]["reason"].startswith("AttributeError")


TIMEOUTS = (
    "TimeoutError()",
    "asyncio.TimeoutError()",
    "socket.timeout()",
    "futures.TimeoutError()",
)


@pytest.mark.parametrize("error", TIMEOUTS)
def test_a_timeout_of_any_library_is_one(error: str, tmp_path: Path) -> None:
    imports = "import asyncio, socket\nfrom concurrent import futures\n"
    text = f"{imports}\nclass Own(Echo):\n    def flush(self):\n        raise {error}\n"
    spec = write_system(tmp_path, "late", text)
    opening = {"call": "open", "conversation": None, "workdir": None, "services": None}
    assert talk(tmp_path, start(spec, tmp_path), opening, {"call": "flush"})[-1]["error"] == {
        "state": "timeout",
        "reason": f"{eval_name(error)}: ",
        "unreachable": False,
    }


def eval_name(error: str) -> str:
    """Return the class's name in this Python, where all four are one from 3.11 on."""
    return "TimeoutError" if sys.version_info >= (3, 11) else error.partition("(")[0]


def test_the_file_is_python_3_8() -> None:
    source = FILE.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    modules = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert modules <= set(sys.stdlib_module_names)


def test_its_copy_of_a_limit_is_the_toolkit_s() -> None:
    assert worker.MAX_ANSWER_CHARS == runs.MAX_ANSWER_CHARS


OBJECTS: dict[str, Any] = {
    "an object": type("Reply", (), {"text": "red"})(),
    "a dict": {"text": "red", "usage": {"input_tokens": 3}, "retrieved": [{"text": "t"}]},
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_answer_may_be_anything_with_a_text(name: str) -> None:
    answer = worker.plain_answer(OBJECTS[name])
    assert (answer["text"], answer["refused"]) == ("red", False)
    if name == "a dict":
        assert answer["usage"] == {"input_tokens": 3, "output_tokens": None, "calls": None}
        assert answer["retrieved"] == [{"text": "t", "score": None, "turn": None}]


def test_a_passage_may_be_a_text_only_where_passages_are_asked_for() -> None:
    found = worker.plain_hits(["one", {"text": "two", "score": 1}], "the hits", texts=True)
    assert [(hit["text"], hit["score"]) for hit in found] == [("one", None), ("two", 1.0)]
    with pytest.raises(TypeError, match=r"retrieved\[0\] is of type str"):
        worker.plain_hits(["one"], "retrieved")
