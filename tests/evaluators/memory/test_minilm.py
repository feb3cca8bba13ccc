"""The embedder `minilm` before a run; `metrics/test_semantics.py` compares its vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.systems.dense import Dense

ENDPOINT = "openai:http://127.0.0.1:9/v1?model=x"


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
