"""Rankings as TREC runs and data frames are scored like the same rankings in JSON."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError

BENCHMARK = lv.load_benchmark("sample")
ASKED = [question for question in BENCHMARK.text_questions if question.category != 5]
SECOND = [
    (question.id, turn, place)
    for question in ASKED
    for place, turn in enumerate(["D99:1", *question.evidence], 1)
]
"""Rankings with the evidence from the second place on: none at 1, all at 5."""


def recalls(source: Any) -> tuple[float | None, float | None]:
    found = lv.score(source, benchmark=BENCHMARK, metrics=["r_any", "r_complete"]).retrieval
    assert found is not None
    return found.value("any", 1), found.value("complete", 5)


def trec_lines() -> list[str]:
    """Return the lines worst first: trec_eval goes by the score, and not by rank or order."""
    return [f"{q} Q0 {turn} 7 {-place / 2:.3e} mine" for q, turn, place in reversed(SECOND)]


def test_a_trec_run_is_ordered_by_its_scores(tmp_path: Path) -> None:
    path, packed = tmp_path / "run.trec", tmp_path / "run.gz"
    path.write_text("\n".join(trec_lines()) + "\n", encoding="utf-8")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert recalls(path) == recalls(packed) == (0.0, 100.0)


@pytest.mark.parametrize("line", ["x Q0 D1:1 1 nan t", "x Q0 D1:1 1 2.0", "x Q0 D1:1 1 1e999 t"])
def test_a_line_that_is_not_of_a_trec_run_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "run.trec"
    path.write_text("\n".join([*trec_lines()[:3], line]), encoding="utf-8")
    with pytest.raises(InputError, match="line 4 is not a line of a TREC run"):
        recalls(path)


@pytest.mark.parametrize(
    ("columns", "sign"),
    [(("question_id", "turn", "rank"), 1), (("qid", "docno", "score"), -1)],
)
def test_a_data_frame_has_a_row_for_each_turn(columns: tuple[str, str, str], sign: int) -> None:
    rows = [(question, turn, sign * place) for question, turn, place in reversed(SECOND)]
    assert recalls(pd.DataFrame(rows, columns=list(columns))) == (0.0, 100.0)


def test_a_data_frame_has_a_list_for_each_question() -> None:
    rows = [(question.id, ["D99:1", *question.evidence]) for question in ASKED]
    assert recalls(pd.DataFrame(rows, columns=["question_id", "retrieved"])) == (0.0, 100.0)


def test_a_rank_that_is_not_a_number_is_named() -> None:
    frame = pd.DataFrame([(*SECOND[0][:2], float("nan"))], columns=["qid", "docid", "rank"])
    with pytest.raises(InputError, match="column rank has nan"):
        recalls(frame)
