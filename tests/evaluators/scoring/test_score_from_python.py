"""`score` as a researcher calls it: whatever holds predictions goes in, a report comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.runs import Prediction
from locomo_vqa.schemas import validate
from tests.evaluators.recording import SAMPLE, harness, recorder

VISUAL = SAMPLE.visual_questions
ANSWERS = {q.id: q.answer if place % 2 else "zzz" for place, q in enumerate(VISUAL)}
RIGHT = sum(q.answer == ANSWERS[q.id] for q in VISUAL)


def frame(answers: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({"question_id": list(answers), "prediction": list(answers.values())})


def rows(answers: dict[str, Any]) -> list[Prediction]:
    return [Prediction(question_id=id, prediction=text, state="ok") for id, text in answers.items()]


def fields(answers: dict[str, Any]) -> dict[str, Any]:
    return {id: {"prediction": text, "latency_ms": 2.5} for id, text in answers.items()}


@pytest.mark.slow
@pytest.mark.parametrize("shape", [dict, frame, rows, fields])
def test_predictions_in_hand_are_scored_like_their_file(shape: Any, tmp_path: Path) -> None:
    scores = lv.score(shape(ANSWERS), benchmark="sample", metrics=["v"])
    assert scores["v"].value == pytest.approx(100 * RIGHT / len(VISUAL))
    path = tmp_path / "predictions.jsonl"
    path.write_text(
        "".join(
            json.dumps({"question_id": id, "prediction": text, "state": "ok"}) + "\n"
            for id, text in ANSWERS.items()
        )
    )
    of_file = lv.score(path, benchmark=SAMPLE, metrics=["v"])
    assert scores["v"] == of_file["v"]
    validate(dict(scores.document), "scores", path=path, remedy="")


def test_a_run_needs_no_benchmark_and_neither_does_a_folder_of_the_sample(tmp_path: Path) -> None:
    made = harness(recorder(), tmp_path / "run").run()
    by_folder = lv.score(tmp_path / "run", metrics=["v"])
    assert by_folder.benchmark.revision == SAMPLE.revision
    assert by_folder.document["dataset"]["split"] == "test"
    assert lv.score(made, metrics=["v"])["v"] == by_folder["v"]
    with pytest.raises(InputError, match="`benchmark` must be given"):
        lv.score(ANSWERS, metrics=["v"])


def test_a_report_shows_itself() -> None:
    scores = lv.score(ANSWERS, benchmark=SAMPLE, metrics=["v", "f1"])
    assert list(scores) == ["v", "f1"]
    assert len(scores) == 2 and "v" in scores
    value = f"{100 * RIGHT / len(VISUAL):.1f}"
    assert repr(scores) == f"<ScoreReport of predictions: v={value}>"
    html = scores._repr_html_()
    assert value in html and "not computed: No row answers a text question" in html
    with pytest.raises(KeyError, match="rouge1 was not scored; the metrics are v, f1"):
        scores["rouge1"]
    table = scores.to_frame()
    assert len(table) == len(VISUAL)
    assert table["value"].mean() == pytest.approx(scores["v"].value)
    first = table[table["question_id"] == VISUAL[0].id].iloc[0]
    assert (first["conversation"], first["metric"], first["state"]) == ("sample-01", "v", "ok")


def test_a_report_is_written_where_it_is_told(tmp_path: Path) -> None:
    scores = lv.score(ANSWERS, benchmark=SAMPLE, metrics=["v"])
    assert scores.write(tmp_path / "scores") == tmp_path / "scores"
    names = {path.name for path in (tmp_path / "scores").iterdir()}
    assert names == {"failures.jsonl", "scores.json", "scores.jsonl", "scores.parquet"}
    other = lv.score({VISUAL[0].id: "red"}, benchmark=SAMPLE, metrics=["v"])
    with pytest.raises(OutputError, match="scores of other predictions"):
        other.write(tmp_path / "scores")
    with pytest.raises(InputError, match="`folder` must be given"):
        scores.write()


def test_states_and_blanks_are_states_and_not_answers() -> None:
    """Of 90 test questions one is right, one failed, and one is blank; the others are missing."""
    first, second, third = [q for q in questions_of(SAMPLE, "test") if "/v/" in q.id][:3]
    table = pd.DataFrame(
        {
            "question_id": [first.id, second.id, third.id],
            "prediction": [first.answer, None, " "],
            "state": ["ok", "timeout", "ok"],
        }
    )
    scores = lv.score(table, benchmark=SAMPLE, split="test", metrics=["v"])
    assert scores["v"].value == pytest.approx(100 / 90)
    assert scores.scores.rows.states == {"ok": 1, "empty": 1, "timeout": 1}
    assert scores.scores.rows.missing == 87
    assert scores.failed == 1
    assert "1 answer is blank." in scores.notes and "1 row failed: 1 timeout." in scores.notes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "tst"}, r"`split` must be one of train, validation, test, all, not 'tst'"),
        ({"metrics": ["bleu"]}, r"`metrics` may contain l, j, .*v, .*f1, bleu1, not 'bleu'.*bleu1"),
        ({"metrics": []}, r"`metrics` must be a list"),
        ({"rubric": "kind"}, r"`rubric` must be one of lenient, strict"),
        ({"l_preset": "large"}, r"`l_preset` must be one of paper, minilm"),
        ({"threads": 0}, r"`threads` must be a whole number of at least 1"),
        ({"judge": "x", "metrics": ["v"]}, r"`judge` is given, but `metrics` leaves J out"),
        ({"judge_check": "check.json"}, r"`judge_check` is given, but not `judge`"),
        ({"judge": ["x", "x"]}, r"`judge` names one model twice"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_read(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        lv.score("nowhere", benchmark="nowhere", **arguments)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"sample-99/t/0": "x"}, r"The benchmark sample has no question 'sample-99/t/0'; its ids"),
        ({VISUAL[0].id: None}, r"the answer must be a string, not None"),
        ({VISUAL[0].id: 3}, r"the answer must be a string, not 3"),
        ({VISUAL[0].id: {"prediction": "x", "state": "fine"}}, r"`state` must be one of ok, empty"),
        ({}, r"There are no predictions"),
        ({3: "x"}, r"id must be a string, not 3"),
        (rows(ANSWERS) * 2, r"is answered twice"),
        (["x"], r"x: the predictions file does not exist"),
        ([b"x"], r"bytes can't be scored. Give a run, a path, a dict"),
        (7, r"int can't be scored"),
        (pd.DataFrame({"id": ["x"]}), r"no column question_id or prediction; it has id"),
        (frame({VISUAL[0].id: float("nan")}), r"the answer must be a string"),
        ({VISUAL[0].id: "x" * 1_000_001}, r"1,000,001 characters; the limit is 1,000,000"),
    ],
)
def test_what_can_t_be_scored_says_what_can(source: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        lv.score(source, benchmark=SAMPLE, metrics=["v"])


def test_a_report_needs_no_terminal_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []
    lv.score(ANSWERS, benchmark=SAMPLE, metrics=["v"], progress=lambda step, *_: seen.append(step))
    assert capsys.readouterr() == ("", "")
    assert seen == []
