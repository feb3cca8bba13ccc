"""Kills while answers are judged: the same scores, and no verdict that is paid for twice."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from locomo_vqa.benchmark import load_benchmark
from tests.dying import Commands
from tests.killing import KilledCommand, snapshot

from .rule_judge import rule_judge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]

IN_FLIGHT = 2
COMMANDS = {
    "score": ["score", "answers.jsonl", "--metrics", "v", "--metrics", "j", "--out", "scores"],
    "judge-check": ["judge-check", "--n", "1", "--out", "check.json"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_judge_said_is_paid_for_once(
    name: str, run_commands: Commands, tmp_path: Path
) -> None:
    def prepare(root: Path) -> None:
        stub.requests.clear()
        rows = [
            {"question_id": question.id, "prediction": str(question.answer)}
            for question in load_benchmark("sample").text_questions
            if question.split == "test" and question.index < 2
        ]
        (root / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    with rule_judge() as stub:
        model = stub.spec(f"&in_flight={IN_FLIGHT}")
        command = [*COMMANDS[name], "--benchmark", "sample", "--judge", model]
        command += ["--responses", "responses.sqlite"]
        command += ["--no-judge-check"] if name == "score" else []
        killed = KilledCommand(run_commands, tmp_path, command, prepare, result=_result)
        for _ in killed.try_moments(status=1 if name == "score" else 0):  # Rows are missing.
            asked = Counter(json.dumps(request) for request in stub.requests)
            assert asked.total() - len(asked) <= IN_FLIGHT


def _result(root: Path) -> dict[str, object]:
    """Return the files, without how many replies came from the store."""
    found = snapshot(root)
    for document in found.get("scores/scores.json", ()):
        for judge in document["judging"]["judges"]:
            del judge["requests"]
    return found
