"""Four published files over all of LoCoMo; they are not part of the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.evaluators.prediction_files import read_prediction_file

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("LOCOMO_VQA_SHARED", ROOT.parent / "shared")) / "data"
FILES = sorted((SHARED / "predictions").glob("*.json"))

pytestmark = pytest.mark.skipif(
    not FILES or not (SHARED / "locomo10.json").is_file(),
    reason="LoCoMo and the published predictions are not on this machine (LOCOMO_VQA_SHARED)",
)


@pytest.fixture(scope="module")
def locomo(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    folder = tmp_path_factory.mktemp("locomo") / "folder"
    import_locomo(SHARED / "locomo10.json", out=folder, name="locomo")
    return load_benchmark(folder)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=range(len(FILES)))
def test_all_questions_of_categories_1_to_4(path: Path, locomo: Benchmark) -> None:
    file = read_prediction_file(path, locomo)
    asked = [question for question in locomo.text_questions if question.category != 5]
    assert file.layout == "mem0"
    assert [row.question_id for row in file.predictions] == [question.id for question in asked]
    assert len(file.predictions) == 1540
    assert (file.extra, file.notes) == ((), ())
    assert {name: len(values) for name, values in file.stored.items()} == {
        "f1_score": 1540,
        "bleu_score": 1540,
        "llm_score": 1540,
    }


@pytest.mark.parametrize("path", FILES, ids=range(len(FILES)))
def test_answers_scores_and_golds_are_those_of_the_rows(path: Path, locomo: Benchmark) -> None:
    """The rows of each key are in LoCoMo's order, so order gives the same join as text."""
    raw: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    file = read_prediction_file(path, locomo)
    predictions = {row.question_id: row.prediction for row in file.predictions}
    for number, conversation in enumerate(locomo.conversations):
        asked = [
            question
            for question in locomo.text_questions
            if question.conversation == conversation.id and question.category != 5
        ]
        for question, row in zip(asked, raw[str(number)], strict=True):
            assert predictions[question.id] == row["response"]
            assert question.answer == str(row["answer"])
            assert question.category == int(row["category"])
            assert file.stored["f1_score"][question.id] == row["f1_score"]
