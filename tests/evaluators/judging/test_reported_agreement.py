"""A judge's verdicts compared with those that a file already carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo_vqa.evaluators.scoring import score
from tests.conftest import Cli
from tests.evaluators.judging.rule_judge import rule_judge
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]


@pytest.mark.slow
def test_kappa_with_the_files_own_verdicts(tmp_path: Path, cli: Cli) -> None:
    """Answers 0, 4, 8, … are right and judged so; the file accepts 0, 2, 4, … (and not the last).

    Of n answers, a = n/4 are accepted by both and d = n/2 by neither; kappa by its definition.
    """
    path = tmp_path / "answers.json"
    count = len(TEXT) // 4 * 4
    rows = [
        {
            "question": q.question,
            "sample_id": q.conversation,
            "gold_answer": q.answer,
            "response": q.answer if n % 4 == 0 else "zzz",
            "llm_score": int(n % 2 == 0),
        }
        for n, q in enumerate(TEXT[:count])
    ]
    rows[-1]["llm_score"] = None
    path.write_text(json.dumps(rows), encoding="utf-8")
    with rule_judge() as stub:
        report = score(
            path,
            benchmark=SAMPLE,
            split="test",
            metrics=["j", "reported_j"],
            judge=stub.spec(),
            judge_check=False,
            responses=tmp_path / "replies.sqlite",
            progress=False,
        )
        done = cli(
            *("score", path, "--benchmark", "sample", "--split", "test", "--metrics", "j"),
            *("--judge", stub.spec(), "--no-judge-check"),
            *("--responses", tmp_path / "replies.sqlite"),
        )
    (pair,) = report.document["judging"]["agreement"]
    n = count - 1
    both, ours, theirs = count // 4, count // 4, count // 2
    agreed = (n - (theirs - both)) / n
    chance = (ours * theirs + (n - ours) * (n - theirs)) / n**2
    assert (pair["n"], pair["left_out"]) == (n, 1)
    assert pair["kappa"] == pytest.approx((agreed - chance) / (1 - chance))
    assert pair["judges"][1] == "the file's own verdicts (judge unknown)"
    assert report["j"].value == pytest.approx(100 * both / len(TEXT))
    assert report["reported_j"].value == pytest.approx(100 * theirs / len(TEXT))
    assert "the file's own verdicts (judge unknown) agree on" in done.stdout
