"""L: the mean of four parts with public reference implementations; caching; missing models."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.evaluators.metrics import l_parts, rouge1
from locomo_vqa.evaluators.metrics.encoding.encoder import Encoder
from locomo_vqa.evaluators.metrics.l_settings import LSettings
from locomo_vqa.evaluators.metrics.semantics import Semantics
from locomo_vqa.evaluators.metrics.table import open_l_metrics
from locomo_vqa.evaluators.metrics.value_cache import ValueCache, cache_file
from tests.evaluators.metrics.references import (
    NEGATIVE,
    OWN_PAIRS,
    bert_score_values,
    sentence_transformers_values,
)

PAIRS = [NEGATIVE, *OWN_PAIRS[:-1]]


@pytest.fixture
def settings(minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LSettings:
    monkeypatch.setenv("LOCOMO_VQA_CACHE", str(tmp_path / "cache"))
    return LSettings(preset="minilm", models=minilm)


def no_encoding(*_: Any) -> Any:
    raise AssertionError("a text was encoded")


@pytest.mark.slow
def test_it_is_the_mean_of_the_four_references(
    settings: LSettings, minilm: Path, nltk_wordnet: Any
) -> None:
    from nltk.translate.meteor_score import meteor_score  # type: ignore[import-untyped]
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    scorer = RougeScorer(["rouge1"], use_stemmer=True)
    parts = [
        [float(scorer.score(gold, text)["rouge1"].fmeasure) for text, gold in PAIRS],
        [meteor_score([g.split()], t.split(), wordnet=nltk_wordnet) for t, g in PAIRS],
        bert_score_values(PAIRS, minilm, 6),
        sentence_transformers_values(PAIRS, minilm),
    ]
    expected = [fmean(four) for four in zip(*parts, strict=True)]
    metrics = open_l_metrics(settings)
    assert metrics["l"].score_all(PAIRS) == pytest.approx(expected, abs=1e-5)
    assert metrics["bertscore"].score_all(PAIRS) == pytest.approx(parts[2], abs=1e-5)
    assert metrics["sbert"].score_all(PAIRS) == pytest.approx(parts[3], abs=1e-5)


def test_an_identical_answer_of_one_word(settings: LSettings) -> None:
    """ROUGE-1 1, METEOR 0.5, BERTScore 1, SBERT 1: 0.875; a blank answer is worth nothing."""
    pairs = [("tennis", "tennis"), ("", "tennis")]
    assert open_l_metrics(settings)["l"].score_all(pairs) == pytest.approx([0.875, 0], abs=1e-6)


@pytest.mark.slow
def test_a_second_scoring_encodes_nothing(
    settings: LSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_l_metrics(settings)["l"].score_all(PAIRS)
    monkeypatch.setattr(Encoder, "states", no_encoding)
    again = open_l_metrics(settings)
    assert again["l"].score_all(PAIRS[::-1]) == first[::-1]
    for part in ("bertscore", "sbert"):
        assert len(again[part].score_all(PAIRS)) == len(PAIRS)
    with pytest.raises(AssertionError, match="a text was encoded"):
        again["bertscore"].score_all([("tea", "milk")])


@pytest.mark.slow
def test_without_the_cache_nothing_is_kept(minilm: Path, settings: LSettings) -> None:
    metrics = open_l_metrics(LSettings(preset="minilm", models=minilm, cache=False))
    metrics["l"].score_all(PAIRS[:2])
    assert not cache_file().exists()


def test_within_a_scoring_each_part_is_computed_once(
    minilm: Path, settings: LSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = open_l_metrics(LSettings(preset="minilm", models=minilm, cache=False))
    metrics["l"].score_all(PAIRS[:2])
    monkeypatch.setattr(Encoder, "states", no_encoding)
    assert len(metrics["sbert"].score_all(PAIRS[:2])) == 2
    monkeypatch.setattr(l_parts, "_MEMORY", 0)
    with pytest.raises(AssertionError, match="a text was encoded"):
        metrics["sbert"].score_all(PAIRS[:2])


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_cache_that_is_damaged_costs_time_only(settings: LSettings, content: bytes) -> None:
    cache_file().parent.mkdir(parents=True)
    cache_file().write_bytes(content)
    values = open_l_metrics(settings)["l"].score_all([("tennis", "tennis")])
    assert values == pytest.approx([0.875], abs=1e-6)


def test_values_that_can_not_be_are_not_believed(
    settings: LSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ValueCache, "get", lambda self, keys: dict.fromkeys(keys, 7.0) if len(keys) > 1 else {}
    )
    values = open_l_metrics(settings)["l"].score_all([("tennis", "tennis"), ("tea", "tea")])
    assert values == pytest.approx([0.875, 0.875], abs=1e-6)


def test_the_signature_names_the_preset_and_all_parts(settings: LSettings) -> None:
    signature = open_l_metrics(settings)["l"].signature
    assert signature.startswith("l:mean,preset=minilm|rouge1:f1")
    assert rouge1.METRIC.signature in signature
    assert all(f"; {part}:" in signature for part in ("meteor", "bertscore", "sbert"))
    assert "sha256=53aa51172d142c89" in signature


def test_nothing_is_worth_0_because_a_model_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingResource, match="hf download FacebookAI/roberta-large"):
        open_l_metrics(LSettings(models=tmp_path))
    with pytest.raises(MissingResource, match="hf download sentence-transformers/all-MiniLM-L6"):
        open_l_metrics(LSettings(preset="minilm", models=tmp_path))


@pytest.mark.slow
def test_the_paper_preset_takes_each_part_from_its_own_encoder(
    minilm: Path, settings: LSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With MiniLM under RoBERTa's name: roberta-large itself has 1.4 GB and is not here."""
    from dataclasses import replace

    from locomo_vqa.evaluators.metrics import semantics
    from locomo_vqa.evaluators.metrics.encoding.specs import MINILM

    stand_in = replace(MINILM, repository="FacebookAI/roberta-large")
    monkeypatch.setattr(semantics, "PRESETS", {"paper": stand_in, "minilm": MINILM})
    asked: list[tuple[str, int]] = []
    states = Encoder.states

    def counted(self: Encoder, inputs: Any) -> Any:
        asked.append((self.spec.repository, len(inputs)))
        return states(self, inputs)

    monkeypatch.setattr(Encoder, "states", counted)
    opened = Semantics("paper", models=minilm, cache=ValueCache(None))
    assert opened.together("sbert") == ("sbert",)
    values = opened.compute(("bertscore", "sbert"), [("tea", "milk"), ("tea", "coffee")])
    assert asked == [("FacebookAI/roberta-large", 3), (MINILM.repository, 3)]
    same = Semantics("minilm", models=minilm, cache=ValueCache(None))
    assert values == same.compute(("bertscore", "sbert"), [("tea", "milk"), ("tea", "coffee")])
