"""The judge of rules: verdicts by hand, the check, and its agreement with published verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.evaluators.judging.agreement import cohen_kappa
from locomo_vqa.evaluators.judging.rules import compare_words
from tests.conftest import Cli, real_file

ASKED = "When did Ana move to the house by the lake?"


@pytest.mark.parametrize(
    ("gold", "answer", "lenient", "strict"),
    [
        ("7 May 2023", "May 7th, 2023", True, True),
        ("7 May 2023", "on 2023-05-07", True, True),
        ("7 May 2023", "5 July 2023", False, False),
        ("7 May 2023", "in May 2023", False, False),
        ("a red kite", "She flew kites.", True, False),
        ("a red kite", "She moved to the house by the lake.", False, False),
        ("two dogs", "2 dogs", True, True),
        ("Yes", "Yeah, she did.", True, True),
        ("Yes", "No.", False, False),
        ("a kite", "Either a kite or a drum.", True, False),
        ("the lake", "the lake", True, True),
        ("the lake", "the sea", False, False),
        ("a kite", "", False, False),
        ("the", "the", False, False),
        ("a kite", "It is definitely not a kite.", False, False),
        ("a kite", "Wrong: a kite is false.", False, False),
        ("not a kite", "It was not a kite.", True, True),
        ("a kite", "\uff4b\uff49\uff54\uff45", True, True),
        ("a kite", "ki\u200bte", True, True),
        ("a kite", "kite " + "drum " * 100, False, False),
        ("a kite", "ink, oil, a kite, tea, rice, milk, salt, corn, rye, oats", False, False),
        (
            "a kite",
            "ink or oil or kite or tea or rye or milk or gin or jam or ale or fig",
            False,
            False,
        ),
        ("a kite", "ink, oil, a kite, tea, rice, milk, salt, corn, rye", True, True),
        ("a, b, c, d, red kite", "a, b, c, d, e, f, g, h, i, red kite", True, True),
    ],
)
def test_verdicts_by_hand(gold: str, answer: str, lenient: bool, strict: bool) -> None:
    assert compare_words(ASKED, gold, answer, strict=False)[0] is lenient
    assert compare_words(ASKED, gold, answer, strict=True)[0] is strict


@pytest.mark.parametrize("rubric", ["lenient", "strict"])
def test_it_is_measured_like_any_judge(rubric: Any) -> None:
    found = lv.judge_check("rules", benchmark="sample", rubric=rubric, n=10, progress=False)
    assert (found.false_accept, found.false_reject, found.unscored) == (0, 0, 0)
    assert found.document["judge"]["identity"]["backend"] == "rules"
    assert found.document["prompt_sha256"] is None


def test_its_j_says_that_it_is_by_rules(cli: Cli, tmp_path: Path) -> None:
    questions = [q for q in lv.load_benchmark("sample").text_questions if q.category != 5]
    answers = {q.id: q.answer if n % 2 else "zzz" for n, q in enumerate(questions)}
    report = lv.score(answers, benchmark="sample", metrics=["j"], judge="rules", progress=False)
    assert report["j"].value == pytest.approx(100 * (len(questions) // 2) / len(questions))
    assert report["j"].signature == "j:judge=rules-1,rubric=lenient,missing=wrong"
    assert any("by rules" in note for note in report.document["notes"])
    rows = [{"question_id": id, "prediction": answer} for id, answer in answers.items()]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    run = cli("score", "a.json", "--benchmark", "sample", "--metrics", "j", "--judge", "rules")
    assert run.returncode == 0, run.stderr
    assert "by rules" in run.stdout


def test_it_agrees_with_published_verdicts() -> None:
    path = real_file("predictions/base_zep_search_results.json")
    rows = [row for rows in json.loads(path.read_text()).values() for row in rows]
    pairs = []
    for row in rows:
        texts = (row["question"], str(row["answer"]), str(row["response"]))
        pairs.append((compare_words(*texts, strict=False)[0], bool(row["llm_score"])))
    assert sum(ours == theirs for ours, theirs in pairs) / len(pairs) > 0.87
    assert (cohen_kappa(pairs) or 0) > 0.75
