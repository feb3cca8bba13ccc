"""Kills and full disks while answers are judged: equal scores, and no verdict is paid for twice."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import load_benchmark
from tests.core.models.stub_server import Answer, Stub
from tests.dying import Commands
from tests.killing import MOMENTS, KilledCommand
from tests.torture.outcomes import check_full_disk

from .rule_judge import fields_of, judge_by_rules, prompt_of, rule_judge, verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]

IN_FLIGHT = 2
INCOMPLETE = 1
"""How scoring ends where questions have no answer."""
_REQUESTS = re.compile(rb'"asked": (\d+),\s+"stored": (\d+),')
_MINUTE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d UTC")


def judge_or_tell_who_declines(request: dict[str, Any]) -> Answer:
    """Judge by rules; only what says that it doesn't know declines."""
    prompt = prompt_of(request)
    if "gold_answer" in prompt or '"answer"' not in prompt:
        return judge_by_rules(request)
    return verdict("CORRECT" if "know" in fields_of(prompt)["answer"] else "WRONG")


@pytest.fixture(scope="module")
def judge() -> Iterator[Stub]:
    with rule_judge(judge_or_tell_who_declines) as stub:
        yield stub


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few answers, which were scored before by text metrics."""
    folder = tmp_path_factory.mktemp("answers")
    bench = load_benchmark("sample")
    asked = [q for q in bench.text_questions if q.split == "test" and q.index in (0, 1, 15, 16)]
    rows = [
        {"question_id": q.id, "prediction": str(q.answer) if q.index % 2 else "I don't know."}
        | {"retrieved": [{"text": "…", "turn": turn, "score": 0.5} for turn in q.evidence]}
        for q in asked
    ]
    shown = [q for q in bench.visual_questions if q.split == "test"][:4]
    rows += [{"question_id": q.id, "prediction": q.answer} for q in shown]
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lv.score(path, benchmark="sample", metrics=["f1"], progress=False).write(folder / "scores")
    return folder


def test_a_score_that_is_killed_is_that_of_one_that_was_not(
    judge: Stub, answers: Path, run_commands: Commands, tmp_path: Path
) -> None:
    """Text metrics, R, A by a model, and J by two judges, of which one is asked twice."""
    model = judge.spec(f"&in_flight={IN_FLIGHT}")
    command = ["score", "all/answers.jsonl", "--benchmark", "sample", "--out", "all/scores"]
    command += [
        "--split",
        "test",
        "--judge",
        model,
        "--judge",
        "rules",
        "--abstention-judge",
        model,
    ]
    command += ["--judge-passes", "2", "--no-judge-check", "--responses", "kept/r.sqlite"]
    check_kills(command, answers, judge, run_commands, tmp_path, status=INCOMPLETE)


def test_a_judge_check_that_is_killed_is_that_of_one_that_was_not(
    judge: Stub, answers: Path, run_commands: Commands, tmp_path: Path
) -> None:
    model = judge.spec(f"&in_flight={IN_FLIGHT}")
    command = ["judge-check", "--n", "1", "--out", "all/check.json", "--benchmark", "sample"]
    command += ["--judge", model, "--responses", "kept/r.sqlite"]
    check_kills(command, answers, judge, run_commands, tmp_path)


def check_kills(
    command: list[str],
    answers: Path,
    judge: Stub,
    run_commands: Commands,
    tmp_path: Path,
    *,
    status: int = 0,
) -> None:
    paid: Counter[str] = Counter()

    def asked() -> Counter[str]:
        return Counter(json.dumps(request) for request in judge.requests)

    def prepare(root: Path) -> None:
        judge.requests.clear()
        (root / "kept").mkdir()
        shutil.copytree(answers, root / "all")

    def result(root: Path) -> dict[str, bytes]:
        if not paid:
            paid.update(asked())
        return written(root / "all")

    killed = KilledCommand(run_commands, tmp_path, command, prepare, result=result)
    for _ in killed.try_moments(most=MOMENTS // 4, status=status):
        assert not paid - asked()
        assert (asked() - paid).total() <= IN_FLIGHT
    kills = killed.kill_in_a_row(kills=MOMENTS // 2, status=status)
    assert kills
    assert not paid - asked()
    assert (asked() - paid).total() <= IN_FLIGHT * kills
    for full in killed.try_full_disks(most=max(1, MOMENTS // 8), status=status):
        check_full_disk(full, usual=status)
    assert (asked() - paid).total() <= IN_FLIGHT


def written(folder: Path) -> dict[str, bytes]:
    """Return every file, without when a page was made, and how many replies were stored before."""
    return {
        str(path.relative_to(folder)): _MINUTE.sub(b"", _REQUESTS.sub(_add, path.read_bytes()))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _add(found: re.Match[bytes]) -> bytes:
    return b"%d" % (int(found[1]) + int(found[2]))
