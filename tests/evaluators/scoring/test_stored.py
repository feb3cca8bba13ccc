"""Scores that a file contains: over its own rows, and where an older NLTK explains a difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.builders.importing import import_locomo
from locomo_vqa.evaluators.scoring import score
from tests.conftest import Cli, real_file
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.category != 5]


def row(number: int, answer: str, bleu: float) -> dict[str, Any]:
    question = TEXT[number]
    return {
        "question": question.question,
        "sample_id": question.conversation,
        "response": answer,
        "bleu_score": bleu,
    }


def test_a_mean_over_other_rows_is_said(tmp_path: Path, cli: Cli) -> None:
    """One answer is quoted, which an older NLTK read as another word; one value is just wrong."""
    golds = [str(q.answer) for q in TEXT[:3]]
    path = tmp_path / "some.json"
    rows = [row(0, golds[0], 1.0), row(1, f"'{golds[1]}'", 0.0), row(2, golds[2], 0.25)]
    path.write_text(json.dumps([*rows, {**rows[0], "question": "Who?", "bleu_score": 0.75}]))
    report = score(path, benchmark=SAMPLE, metrics=["bleu1"], progress=False)
    assert report.document["stored"]["bleu_score"] == {
        "rows": 4,
        "mean": 0.5,
        "equal": 1,
        "older_nltk": 1,
    }
    done = cli("score", path, "--benchmark", "sample", "--metrics", "bleu1")
    assert "the file's own bleu_score: mean 0.5000 of 4 rows, other rows than ours (" in done.stdout
    assert "1 equal to ours; an older NLTK explains 1 that differ" in done.stdout


@pytest.fixture(scope="module")
def locomo(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    folder = tmp_path_factory.mktemp("real") / "locomo"
    import_locomo(real_file("locomo10.json"), out=folder, name="LoCoMo")
    return load_benchmark(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "differing", "reported"),
    [
        ("base_zep_search_results", 2, 0.4909),
        ("memobase_eval_0503_3000", 3, 0.7091),
        ("base_langmem_results", 2, 0.7805),
        ("base_rag_results_-1_k1", 5, 0.8799),
    ],
)
def test_published_files(name: str, differing: int, reported: float, locomo: Benchmark) -> None:
    """The 12 BLEU values that an older NLTK explains (metrics/bleu1.py), and the published J."""
    report = score(
        real_file(f"predictions/{name}.json"),
        benchmark=locomo,
        metrics=["bleu1", "reported_j"],
        progress=False,
    )
    stored = report.document["stored"]["bleu_score"]
    assert (stored["equal"], stored["older_nltk"]) == (1540 - differing, differing)
    value = report["reported_j"].value
    assert value is not None
    assert value / 100 == pytest.approx(reported, abs=5e-5)
