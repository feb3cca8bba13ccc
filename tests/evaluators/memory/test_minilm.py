"""The embedder `minilm` gives the vectors of sentence-transformers."""

from __future__ import annotations

import asyncio
import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.evaluators.memory import open_embedder
from locomo_vqa.evaluators.memory.minilm_files import find_minilm
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.systems.dense import Dense

TEXTS = [
    "Ana adopted a grey dog named Rex on 8 May 2023.",
    "  Ben bakes bread.\n",
    "Ben bakes bread.",
    "",
    "word " * 600,
    "Ça va, Zoë? 🙂",
]
ENDPOINT = "openai:http://127.0.0.1:9/v1?model=x"


@pytest.mark.slow
def test_vectors_equal_those_of_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCOMO_VQA_L_MODELS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        wanted = SentenceTransformer(str(find_minilm()), device="cpu").encode(TEXTS)
    embedder = open_embedder("minilm")
    vectors, usage = asyncio.run(embedder.embed(TEXTS))
    assert (vectors.shape, vectors.dtype, usage) == ((6, 384), np.float32, None)
    np.testing.assert_allclose(vectors, wanted, atol=2e-6)
    np.testing.assert_array_equal(vectors[1], vectors[2])
    weights = hashlib.sha256((find_minilm() / "model.safetensors").read_bytes()).hexdigest()
    model = f"sentence-transformers/all-MiniLM-L6-v2@{weights[:12]}"
    assert embedder.record == {"name": "minilm", "model": model}


def test_without_the_encoder_a_run_is_refused_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOCOMO_VQA_L_MODELS", str(tmp_path))
    with pytest.raises(MissingResource, match="has no all-MiniLM-L6-v2") as error:
        MemorySettings.from_options({"embedder": "minilm"}, model=ENDPOINT)
    assert error.value.remedy.startswith(
        "Download it: hf download sentence-transformers/all-MiniLM"
    )
    with pytest.raises(MissingResource):
        Dense.check_options({"embedder": "minilm"}, ENDPOINT)


def test_a_misspelt_name_is_refused() -> None:
    with pytest.raises(InputError, match="must be lexical, minilm, or openai:") as error:
        MemorySettings.from_options({"embedder": "minlm"}, model=ENDPOINT)
    assert error.value.remedy == "Did you mean 'minilm'?"
