"""Systems that a test writes to a file and runs as a user would, and what is left of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.hosting.sandbox import SandboxTool, find_sandbox_tool
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.running.harness import Harness
from locomo_vqa.runs import Prediction
from locomo_vqa.system import Services
from tests.evaluators.recording import SAMPLE

TALK = replace(SAMPLE, visual_questions=())
"""The sample without its visual questions."""

ECHO = '''
class Echo:
    """Remembers the last turn; needs nothing but Python."""

    version = "1"

    def open(self, conversation, workdir, services):
        self.info, self.workdir, self.services = conversation, workdir, services
        self.turns = []

    def add(self, turns):
        self.turns += turns

    def flush(self):
        pass

    def answer(self, question, *, now):
        return self.turns[-1].text

    def answer_visual(self, question, *, image, now):
        return "red"

    def close(self):
        pass
'''


def write_system(folder: Path, module: str, text: str) -> str:
    """Write a module whose class `Own` may build on `Echo`, and return its name for `run`."""
    (folder / f"{module}.py").write_text(ECHO + text)
    return f"{module}:Own"


def hosted(
    spec: str,
    out: Path,
    *,
    python: Path | None = None,
    env: Sequence[str] = (),
    **fields: Any,
) -> Harness:
    """Return a harness of a system in processes of its own, on the sample.

    Without a limit, it asks four text questions of each conversation.
    """
    few = {} if "limit" in fields else {"limit": 4, "benchmark": TALK}
    given: dict[str, Any] = {"split": "all", "images": "pixels", **few, **fields}
    given.setdefault("services", Services())
    given.setdefault("benchmark", SAMPLE)
    system = load_system(spec, python=python, env=env, sandbox=given.get("sandbox"))
    return Harness(system=system, out=out, **given)


def sandbox_tool() -> SandboxTool:
    """Return what closes processes off on this machine, or skip the test where nothing can."""
    try:
        return find_sandbox_tool()
    except InputError as error:
        pytest.skip(error.message)


def by_conversation(predictions: tuple[Prediction, ...]) -> dict[str, list[Prediction]]:
    """Return predictions in order, by the conversation's id."""
    grouped: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        grouped.setdefault(prediction.question_id.split("/")[0], []).append(prediction)
    return grouped


def carrying(variable: str) -> list[str]:
    """Return the command lines of living processes that were given a variable of this text."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and variable.encode() in (process / "environ").read_bytes():
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                if state not in "ZX":
                    found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def wait_until_gone(variable: str, *, seconds: float = 20) -> list[str]:
    """Return what still carries a variable when nothing does any more, or after some time."""
    deadline = time.monotonic() + seconds
    while (left := carrying(variable)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left
