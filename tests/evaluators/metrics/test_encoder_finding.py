"""Finding models: folders, the Hub client's cache, and the error where none is found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.evaluators.metrics.encoding.finding import find_model, model_files
from locomo_vqa.evaluators.metrics.encoding.specs import ENCODER_FILES, MINILM, ROBERTA_LARGE
from locomo_vqa.evaluators.metrics.value_cache import ValueCache


def put(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ENCODER_FILES:
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hub's client."""
    monkeypatch.delenv("LOCOMO_VQA_L_MODELS")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize("where", ["all-MiniLM-L6-v2", MINILM.repository, "."])
def test_a_folder_may_hold_the_model_or_be_it(tmp_path: Path, where: str) -> None:
    folder = put(tmp_path / "models" / where)
    assert find_model(MINILM, models=tmp_path / "models").samefile(folder)


def test_a_folder_without_the_model_says_what_to_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "all-MiniLM-L6-v2")
    monkeypatch.setenv("LOCOMO_VQA_L_MODELS", str(tmp_path))
    assert find_model(MINILM) == tmp_path / "all-MiniLM-L6-v2"
    with pytest.raises(MissingResource) as caught:
        find_model(ROBERTA_LARGE, fetch=True)
    assert caught.value.remedy == (
        "Download it: hf download FacebookAI/roberta-large model.safetensors tokenizer.json "
        f"--local-dir {tmp_path / 'roberta-large'}"
    )


@pytest.mark.parametrize("name", ["models--FacebookAI--roberta-large", "models--roberta-large"])
def test_the_cache_of_the_hubs_client_is_used(hub: Path, name: str) -> None:
    folder = put(hub / name / "snapshots" / "abc")
    (hub / name / "refs").mkdir()
    (hub / name / "refs" / "main").write_text("abc")
    assert find_model(ROBERTA_LARGE) == folder
    (folder / "tokenizer.json").unlink()
    with pytest.raises(MissingResource, match="is not on this machine"):
        find_model(ROBERTA_LARGE)


def test_a_model_is_fetched_only_when_asked_for(
    hub: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`hf_hub_download` is replaced: no test talks to the Hub."""
    fetched = []

    def download(repository: str, name: str) -> str:
        fetched.append((repository, name))
        return str(hub / name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(MissingResource):
        find_model(MINILM)
    assert fetched == []
    assert find_model(MINILM, fetch=True) == hub
    assert fetched == [(MINILM.repository, name) for name in ENCODER_FILES]
    assert "Downloading sentence-transformers/all-MiniLM-L6-v2 (91 MB)" in caplog.text


@pytest.mark.parametrize("offline", [False, True])
def test_what_can_not_be_fetched_says_how_to_get_it(
    hub: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    def download(*_: Any) -> str:
        raise ConnectionError("no route\nto the Hub")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    why = "HF_HUB_OFFLINE is set" if offline else "can't be downloaded (ConnectionError: no route)"
    with pytest.raises(MissingResource) as caught:
        find_model(MINILM, fetch=True)
    assert why in caught.value.message
    assert caught.value.remedy == (
        "Download it: hf download sentence-transformers/all-MiniLM-L6-v2 "
        "model.safetensors tokenizer.json; or set `l_models` to a folder with it."
    )


def test_a_changed_file_has_another_hash(tmp_path: Path) -> None:
    """SHA-256 of "abc" and of the empty text, from FIPS 180-4's examples."""
    cache = ValueCache(tmp_path / "values.sqlite")
    folder = put(tmp_path / "model")
    for content in (b"abc", b""):
        (folder / "model.safetensors").write_bytes(content)
        first, again = (model_files(folder, cache).weights for _ in range(2))
        assert first == again
        known = {b"abc": "ba7816bf8f01cfea414140de", b"": "e3b0c44298fc1c149afbf4c8"}
        assert first.startswith(known[content])
        os.utime(folder / "model.safetensors", (1, 1))
