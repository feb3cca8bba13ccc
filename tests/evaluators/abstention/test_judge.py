"""A model that decides which answers decline: its verdicts make A, and its errors are printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.abstention.judge import phrasings
from locomo_vqa.evaluators.cli.score_tables import print_scores
from tests.core.models.stub_server import Answer, completion
from tests.evaluators.judging.rule_judge import fields_of, prompt_of, rule_judge, verdict
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.split == "test"]


def judge_of_one_word(request: dict[str, Any]) -> Answer:
    """Take for declining what has the word "mention", which no other judge would."""
    if "response_format" in request and "ultramarine" in json.dumps(request["response_format"]):
        return completion(json.dumps({"zanzibar_7": "ultramarine"}))
    fields = fields_of(prompt_of(request))
    assert set(fields) == {"question", "answer"}
    if fields["answer"] == "mumble":
        return completion("I cannot say.")
    return verdict("CORRECT" if "mention" in fields["answer"] else "WRONG")


def scored(answers: dict[str, str], tmp_path: Path, **options: Any) -> tuple[Any, int]:
    with rule_judge(judge_of_one_word) as stub:
        report = lv.score(
            answers,
            benchmark=SAMPLE,
            split="test",
            metrics=["a"],
            abstention_judge=stub.spec(),
            responses=tmp_path / "replies.sqlite",
            progress=False,
            **options,
        )
        return report, len(stub.requests)


@pytest.mark.slow
def test_its_verdicts_make_a_and_its_errors_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rules take "Unknown" for declining and this judge does not; "I mention red" reversed."""
    answers = {q.id: "I mention red." if q.category == 5 else "Unknown" for q in TEXT}
    report, _ = scored(answers, tmp_path)
    assert report["a"].value == 100
    rules = lv.score(answers, benchmark=SAMPLE, split="test", metrics=["a"], progress=False)
    assert rules["a"].value == -100
    assert report["a"].signature.startswith("a:declined=judge:")
    assert "judge_declines_v1" in report["a"].signature
    missed = sum(row["declines"] and "mention" not in row["answer"] for row in phrasings())
    false = sum(not row["declines"] and "mention" in row["answer"] for row in phrasings())
    judge = report.abstention["judge"]
    assert judge["missed"] == {"errors": missed, "n": 134}
    assert judge["false"] == {"errors": false, "n": 126}
    print_scores(report)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"it missed {missed} of 134 that decline, and took {false} of 126 others" in printed


@pytest.mark.slow
def test_an_answer_without_a_verdict_leaves_a_without_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = phrasings()[:4]
    monkeypatch.setattr("locomo_vqa.evaluators.abstention.judge.phrasings", lambda: few)
    answers = {q.id: "not mentioned" if q.category == 5 else "red" for q in TEXT}
    answers[TEXT[0].id] = "mumble"
    report, _ = scored(answers, tmp_path)
    assert report["a"].state == "not_computed"
    assert report["a"].reason == "The judge gave no verdict on 1 of the answers."
    assert report.abstention is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": ["f1"], "abstention_judge": "openai:http://127.0.0.1:9/v1?model=x"}, "leaves"),
        ({"abstention_judge": "nothing"}, "abstention_judge"),
        ({"responses": "replies.sqlite"}, "no effect"),
    ],
)
def test_a_wrong_argument_is_refused_first(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        lv.score({TEXT[0].id: "red"}, benchmark=SAMPLE, progress=False, **arguments)
