"""J and L on the board, computed by the evaluators' scorer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard.results import result_rows
from locomo_vqa.leaderboard.summary import remarks, summary_rows
from locomo_vqa.scores import CorrectedValue, Estimate, Interval, MetricScores, Scores
from tests.conftest import Cli
from tests.evaluators.judging.rule_judge import rule_judge

from .conftest import Submit


def test_j_by_rules_counts_missing_answers_and_says_who_judged(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark
) -> None:
    """Of the three text questions of the test split, one is right, one wrong, one unanswered."""
    submitted(answers={"conv-1/t/0": "kites, blue", "conv-1/t/1": "Porto", "conv-2/t/0": None})
    board = lv.verify(submissions, benchmark=benchmark, judge="rules", progress=False)
    (entry,) = board
    assert entry.value("j") == pytest.approx(100 / 3)
    assert entry.scores is not None
    assert entry.scores["metrics"]["j"]["signature"].startswith("j:judge=rules-1,rubric=lenient")
    assert any("judged by rules-1" in text for text in remarks(board))
    strict = lv.verify(
        submissions, benchmark=benchmark, judge="rules", rubric="strict", progress=False
    )
    assert strict.entries[0].value("j") == pytest.approx(100 / 3)
    page = (lv.build_site(board, out=submissions.parent / "site") / "index.html").read_text()
    assert '"judge": "rules-1"' in page or '"judge":"rules-1"' in page


def test_r_is_computed_from_the_submitted_passages(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark
) -> None:
    """Every answer lists the turn D1:1 alone; the one that failed counts as nothing found."""
    submitted(answers={"conv-2/t/0": None})
    (entry,) = lv.verify(submissions, benchmark=benchmark, progress=False)
    asked = [q for q in benchmark.text_questions if q.split == "test" and q.category != 5]
    found = ["D1:1" in q.evidence and q.id != "conv-2/t/0" for q in asked if q.evidence]
    whole = [each and len(q.evidence) == 1 for each, q in zip(found, asked, strict=True)]
    assert entry.value("r_any") == pytest.approx(100 * sum(found) / len(found))
    assert entry.value("r_complete") == pytest.approx(100 * sum(whole) / len(found))
    assert 0 < sum(found) < len(found)
    (row,) = result_rows([entry])
    assert row["scores"]["r_any"]["n"] == len(found)


@pytest.mark.slow
def test_a_judge_that_is_not_there_leaves_j_without_a_value(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark, cli: Cli
) -> None:
    submitted()
    command = ("leaderboard", "verify", submissions, "--benchmark", benchmark.folder)
    done = cli(*command, "--judge", "openai:http://127.0.0.1:9/v1?model=x")
    assert done.returncode == 1, done.stderr
    assert "3 answers have no verdict from the judge (no server answers" in done.stdout
    (entry,) = lv.verify(submissions, benchmark=benchmark, judge="rules", progress=False)
    assert entry.value("j") == 100


@pytest.mark.parametrize("argument", [{"rubric": "strict"}, {"responses": "replies.sqlite"}])
def test_a_setting_of_a_judge_without_a_judge_is_refused(
    argument: dict[str, Any], submitted: Submit, submissions: Path, benchmark: lv.Benchmark
) -> None:
    submitted()
    (name,) = argument
    with pytest.raises(InputError, match=f"`{name}` is given, but not `judge`") as error:
        lv.verify(submissions, benchmark=benchmark, progress=False, **argument)
    assert "rules" in error.value.remedy
    assert not (submissions / "board.json").exists()


def test_answered_questions_are_counted_by_kind(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark
) -> None:
    """Without any answer to a text question, F1 is 0 for ranking, and the page shows no dot."""
    submitted(system="mute", answers=dict.fromkeys(("conv-1/t/0", "conv-1/t/1", "conv-2/t/0")))
    (row,) = result_rows(lv.verify(submissions, benchmark=benchmark, progress=False))
    assert (row["scores"]["f1"]["value"], row["scores"]["f1"]["answered"]) == (0, 0)
    assert (row["scores"]["v"]["value"], row["scores"]["v"]["answered"]) == (100, 2)


@pytest.mark.slow
def test_l_by_the_packaged_encoder(
    submitted: Submit,
    submissions: Path,
    benchmark: lv.Benchmark,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LOCOMO_VQA_L_MODELS")
    submitted()
    without, packaged = (
        lv.verify(submissions, benchmark=benchmark, l_preset=preset, progress=False).entries[0]
        for preset in ("paper", "minilm")
    )
    assert without.value("l") is None
    # All answers are the gold answers, so every part is 1, but METEOR's penalty for one chunk of
    # n words is 0.5 / n ** 3.
    meteor = sum(1 - 0.5 / words**3 for words in (3, 1, 2)) / 3
    assert packaged.value("l") == pytest.approx(25 * (3 + meteor), abs=1e-3)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("judge", ""), ("rubric", "kind"), ("judge_timeout", 0), ("l_preset", "tiny")],
)
def test_wrong_settings(
    argument: str, value: object, submitted: Submit, submissions: Path, benchmark: lv.Benchmark
) -> None:
    submitted()
    settings: dict[str, object] = {"judge": "rules", argument: value}
    with pytest.raises(InputError, match=argument):
        lv.verify(submissions, benchmark=benchmark, progress=False, **settings)  # type: ignore[arg-type]
    assert not (submissions / "board.json").exists()


def test_a_j_whose_judge_accepts_wrong_answers_has_a_mark_and_no_rank(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark, scorer: Any
) -> None:
    span = Interval(low=20.0, high=60.0, level=0.95, method="x", clusters=2)
    corrected = CorrectedValue(
        value=41.0, interval=span, false_accept=0.3, false_reject=0.0, lenient=True
    )

    def lenient(*args: Any, **options: Any) -> Scores:
        scores: Scores = scorer(*args, **options)
        whole = Estimate(value=58.7, interval=span, n=3)
        j = MetricScores(
            state="ok", signature="j:judge=kind", scale=100.0, overall=whole, corrected=corrected
        )
        return replace(scores, metrics={**scores.metrics, "j": j})

    submitted()
    board = lv.verify(submissions, benchmark=benchmark, scorer=lenient, progress=False)
    (row,) = summary_rows(board)
    assert row[-2] == "58.7*"
    assert remarks(board)[1].startswith("A J with a * has no rank: ")
    (entry,) = result_rows(board)
    assert entry["scores"]["j"]["unranked"].startswith("No rank: ")
    assert entry["scores"]["j"]["corrected"] == {"value": 41.0, "low": 20.0, "high": 60.0}
    assert "unranked" not in entry["scores"]["v"]


def test_a_j_from_a_sample_says_so_on_the_board(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark
) -> None:
    submitted()
    board = lv.verify(
        submissions, benchmark=benchmark, judge="rules", judge_sample=2, progress=False
    )
    (entry,) = board
    assert entry.scores is not None
    assert entry.scores["metrics"]["j"]["signature"].endswith(",sample=2,seed=0")
    assert "J is estimated from a sample of 2 of 3 questions." in remarks(board)
    assert result_rows(board)[0]["scores"]["j"]["sampled_of"] == 3
    values = board.question_scores().column("j").to_pylist()
    assert sorted(value for value in values if value is not None) == [100, 100]
    with pytest.raises(InputError, match="`judge_sample` is given, but not `judge`"):
        lv.verify(submissions, benchmark=benchmark, judge_sample=2, progress=False)


@pytest.mark.slow
def test_verifying_again_asks_the_judge_nothing(
    submitted: Submit, submissions: Path, benchmark: lv.Benchmark, tmp_path: Path
) -> None:
    submitted()
    with rule_judge() as stub:
        settings: dict[str, Any] = {
            "judge": stub.spec(),
            "responses": tmp_path / "responses.sqlite",
            "benchmark": benchmark,
            "progress": False,
        }
        first = lv.verify(submissions, **settings)
        asked = len(stub.requests)
        assert asked > 3
        assert lv.verify(submissions, **settings) == first
        assert len(stub.requests) == asked
        submitted(system="another", answers={"conv-1/t/0": "a red kite"})
        lv.verify(submissions, **settings)
        assert len(stub.requests) == asked + 1
