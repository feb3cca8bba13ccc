"""`judge_check` and `score(judge=…)` in a program, also where an event loop runs already."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.judging import judge_check
from locomo_vqa.evaluators.scoring import score
from tests.evaluators.judging.rule_judge import rule_judge
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]


@pytest.mark.slow
def test_a_judge_is_measured_and_then_judges(tmp_path: Path) -> None:
    """The judge of rules errs never; every second answer is the gold answer: J is 50."""
    answers = {q.id: q.answer if n % 2 else "zzz" for n, q in enumerate(TEXT)}
    replies = tmp_path / "replies.sqlite"
    with rule_judge() as stub:

        async def in_a_notebook() -> None:
            """A notebook's cell runs inside an event loop."""
            made = judge_check(
                stub.spec(), benchmark="sample", n=1, responses=replies, progress=False
            )
            assert (made.false_accept, made.false_reject, made.unscored) == (0, 0, 0)
            assert made.write(tmp_path / "check.json").is_file()
            assert {"gold", "vague", "injection"} <= set(made.to_frame()["kind"])
            assert "false accepts" in made._repr_html_()

        asyncio.run(in_a_notebook())
        scores = score(
            answers,
            benchmark=SAMPLE,
            split="test",
            metrics=["j"],
            judge=stub.spec(),
            judge_check=tmp_path / "check.json",
            responses=replies,
            progress=False,
        )
    assert scores["j"].value == 50
    assert scores.document["judging"]["judges"][0]["check"]["n"] == 1
    assert len(scores.judgements) == len(TEXT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"rubric": "kind"}, "`rubric` must be one of"), ({"n": 0}, "`n` must be a whole number")],
)
def test_a_wrong_argument_is_refused_first(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        judge_check("no such judge", benchmark="nowhere", **arguments)  # type: ignore[arg-type]
