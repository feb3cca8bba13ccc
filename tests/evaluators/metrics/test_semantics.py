"""BERTScore and SBERT on all-MiniLM-L6-v2 equal bert-score's and sentence-transformers' values."""

from __future__ import annotations

import asyncio
import hashlib
import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.evaluators.memory import open_embedder
from locomo_vqa.evaluators.metrics import semantics
from locomo_vqa.evaluators.metrics.encoding import encoder
from locomo_vqa.evaluators.metrics.encoding.encoder import Encoder
from locomo_vqa.evaluators.metrics.encoding.specs import MINILM, ROBERTA_LARGE
from locomo_vqa.evaluators.metrics.l_settings import Preset
from locomo_vqa.evaluators.metrics.semantics import Semantics
from locomo_vqa.evaluators.metrics.value_cache import ValueCache
from tests.evaluators.metrics.references import (
    NEGATIVE,
    OWN_PAIRS,
    Pairs,
    bert_score_values,
    sentence_transformers_values,
)

BOTH = ("bertscore", "sbert")
TEXTS = [
    "Ana adopted a grey dog named Rex on 8 May 2023.",
    "  Ben bakes bread.\n",
    "Ben bakes bread.",
    "",
    "word " * 600,
    "Ça va, Zoë? 🙂",
]


@pytest.fixture(scope="module")
def ours(minilm: Path) -> Semantics:
    return Semantics("minilm", models=minilm, cache=ValueCache(None))


def check(ours: Semantics, pairs: Pairs, minilm: Path) -> None:
    values = ours.compute(BOTH, pairs)
    assert values["bertscore"] == pytest.approx(bert_score_values(pairs, minilm, 6), abs=1e-5)
    assert values["sbert"] == pytest.approx(sentence_transformers_values(pairs, minilm), abs=1e-5)


@pytest.mark.slow
def test_our_own_sentences(ours: Semantics, minilm: Path) -> None:
    check(ours, [*OWN_PAIRS, NEGATIVE], minilm)


@pytest.mark.slow
def test_published_answers(
    ours: Semantics, minilm: Path, published_rows: list[dict[str, Any]]
) -> None:
    rows = [(str(row["response"]), str(row["answer"])) for row in published_rows]
    pairs = [pair for pair in rows if all(text.strip() for text in pair)]
    check(ours, random.Random(3).sample(pairs, 120), minilm)


@pytest.mark.slow
def test_a_value_does_not_depend_on_the_other_pairs(
    ours: Semantics, minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bert-score's own batch moves the pair with negative similarities by 0.008."""
    pairs = [NEGATIVE, *OWN_PAIRS[:-1]]
    padded = bert_score_values(pairs, minilm, 6, batch_size=len(pairs))[0]
    single = bert_score_values([NEGATIVE], minilm, 6)[0]
    assert abs(padded - single) > 0.005
    assert ours.compute(BOTH, pairs)["bertscore"][0] == pytest.approx(single, abs=1e-5)
    together = ours.compute(BOTH, pairs)
    monkeypatch.setattr(semantics, "CHUNK_TOKENS", 40)
    monkeypatch.setattr(encoder, "BATCH_TOKENS", 8)
    for part, values in ours.compute(BOTH, pairs).items():
        assert values == pytest.approx(together[part], abs=1e-6)


@pytest.mark.parametrize("blank", ["", "   ", "\n\t "])
def test_a_blank_text_is_worth_nothing(ours: Semantics, blank: str) -> None:
    pairs = [(blank, "tea"), ("tea", blank), (blank, blank), ("tea", "tea")]
    for values in ours.compute(BOTH, pairs).values():
        assert values == pytest.approx([0, 0, 0, 1], abs=1e-6)
    assert ours.compute(BOTH, []) == {"bertscore": [], "sbert": []}


def test_a_text_without_tokens_is_worth_nothing_to_bertscore(ours: Semantics) -> None:
    """U+200B is not white space in Python, and the tokenizer drops it."""
    assert "\u200b".strip()
    assert ours.compute(["bertscore"], [("\u200b", "tea")]) == {"bertscore": [0.0]}


def test_each_text_is_encoded_once_for_both_parts(
    ours: Semantics, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, ...]] = []
    states = Encoder.states

    def counted(self: Encoder, inputs: Any) -> Any:
        seen.extend(inputs)
        return states(self, inputs)

    monkeypatch.setattr(Encoder, "states", counted)
    ours.compute(BOTH, [("tea", "coffee"), ("Tea ", "milk"), ("coffee", "tea")])
    assert len(seen) == len(set(seen)) == 3


def test_the_signature_names_model_layer_and_hash(ours: Semantics) -> None:
    """The hash is the one that the Hub shows for model.safetensors."""
    known = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert ours.signature("bertscore") == (
        "bertscore:f1,layer=6,idf=no,rescaled=no,padding=none,"
        f"model=sentence-transformers/all-MiniLM-L6-v2,sha256={known}|equals=bert-score-0.3.13"
    )
    assert f"max-tokens=256,model={MINILM.repository},sha256={known}" in ours.signature("sbert")


def test_without_roberta_the_error_names_the_other_preset(minilm: Path, tmp_path: Path) -> None:
    (tmp_path / "all-MiniLM-L6-v2").symlink_to(minilm)
    with pytest.raises(MissingResource, match=r"has no roberta-large .*`l_preset` to minilm"):
        Semantics("paper", models=tmp_path, cache=ValueCache(None)).files_of("bertscore")
    with pytest.raises(InputError, match=r"not the (tokenizer|weights file) of FacebookAI/rob"):
        Semantics("paper", models=minilm, cache=ValueCache(None)).files_of("bertscore")


@pytest.mark.parametrize("preset", ["paper", "minilm"])
def test_sbert_finds_the_package_of_its_encoder(
    preset: Preset, minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCOMO_VQA_L_MODELS")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    found = Semantics(preset, cache=ValueCache(None)).files_of("sbert")
    assert found.folder.samefile(minilm)


def test_another_models_tokenizer_says_so(minilm: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to(minilm / "model.safetensors")
    text = (minilm / "tokenizer.json").read_text(encoding="utf-8")
    swapped = text.replace('"the":1996', '"the":1997', 1)
    assert swapped != text
    (tmp_path / "tokenizer.json").write_text(swapped, encoding="utf-8")
    with pytest.raises(InputError, match=r"it makes \[101, 1997, 4937, 2938, 102\]"):
        Encoder(MINILM, tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="can't be read"):
        Encoder(MINILM, tmp_path)


def test_the_shipped_graphs_are_what_the_script_writes() -> None:
    from scripts.make_encoder_graphs import build_graph

    for spec in (MINILM, ROBERTA_LARGE):
        shipped = encoder.GRAPHS / f"{spec.graph}.onnx"
        assert shipped.read_bytes() == build_graph(spec)


def test_vectors_have_length_one() -> None:
    """States (3, 4) and (0, 0): mean (1.5, 2), length 2.5, so (0.6, 0.8)."""
    from locomo_vqa.evaluators.metrics.sbert import embedding

    states = np.array([[[3.0, 4.0], [0.0, 0.0]]], np.float32)
    assert embedding(states).tolist() == [pytest.approx([0.6, 0.8])]


@pytest.mark.slow
def test_the_embedder_s_vectors_equal_those_of_sentence_transformers(
    minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCOMO_VQA_L_MODELS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        wanted = SentenceTransformer(str(minilm), device="cpu").encode(TEXTS)
    embedder = open_embedder("minilm")
    vectors, usage = asyncio.run(embedder.embed(TEXTS))
    assert (vectors.shape, vectors.dtype, usage) == ((6, 384), np.float32, None)
    np.testing.assert_allclose(vectors, wanted, atol=2e-6)
    np.testing.assert_array_equal(vectors[1], vectors[2])
    weights = hashlib.sha256((minilm / "model.safetensors").read_bytes()).hexdigest()
    model = f"sentence-transformers/all-MiniLM-L6-v2@{weights[:12]}"
    assert embedder.record == {"name": "minilm", "model": model}
