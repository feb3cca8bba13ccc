"""`judge_passes`: the same answers judged several times, and the noise of the judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.scoring import score
from tests.evaluators.judging.rule_judge import (
    fields_of,
    judge_by_rules,
    judged_prompts,
    prompt_of,
    rule_judge,
    verdict,
)
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]
SETTINGS: dict[str, Any] = {
    "benchmark": SAMPLE,
    "split": "test",
    "metrics": ["j"],
    "judge_check": False,
    "progress": False,
}


@pytest.mark.slow
def test_each_pass_asks_again_and_none_is_paid_for_twice(tmp_path: Path) -> None:
    """The judge changes its mind on one question, the second time it is asked."""
    answers = {q.id: str(q.answer) for q in TEXT}
    doubted = str(TEXT[0].question)
    asked = 0

    def respond(request: dict[str, Any]) -> Any:
        nonlocal asked
        if "gold_answer" in prompt_of(request) and doubted in str(
            fields_of(prompt_of(request)).values()
        ):
            asked += 1
            return verdict("WRONG" if asked == 2 else "CORRECT")
        return judge_by_rules(request)

    settings = {**SETTINGS, "responses": tmp_path / "replies.sqlite", "judge_passes": 3}
    with rule_judge(respond) as stub:
        found = score(answers, judge=stub.spec(), **settings)
        assert len(judged_prompts(stub)) == 3 * len(TEXT)
        again = score(answers, judge=stub.spec(), **settings)
        assert len(judged_prompts(stub)) == 3 * len(TEXT)
    assert found["j"].value == 100
    assert found.noise == again.noise is not None
    j = found.noise["metrics"]["j"]
    assert j["passes"] == 3
    parts = [part["sources"] for part in j["parts"]]
    assert parts == [["conversations", "memory", "answering"], ["judge"]]
    # Scores 100, 100 - d, 100 have the variance d ** 2 / 3.
    assert j["parts"][-1]["variance"] == pytest.approx((100 / len(TEXT)) ** 2 / 3, rel=0.5)


def test_rules_have_no_passes() -> None:
    with pytest.raises(InputError, match="`judge_passes` is for a model"):
        score({TEXT[0].id: "x"}, judge="rules", judge_passes=2, **SETTINGS)
    with pytest.raises(InputError, match="`judge_passes` is given, but not `judge`"):
        score(
            {TEXT[0].id: "x"}, judge_passes=2, **{**SETTINGS, "metrics": None, "judge_check": True}
        )
