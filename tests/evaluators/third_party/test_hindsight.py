"""What hindsight's adapter does before and after the package; `test_packages` has the rest."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from locomo_vqa.evaluators.third_party.recipe import PACKAGE_FOLDER
from locomo_vqa.system import ConversationInfo, Endpoint, Services

LLM = Endpoint(base_url="http://127.0.0.1:9/c/conv-26/llm/v1", model="m", api_key="k")
LENT = Services(llm=LLM, options={"embedder": "e5"})


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(PACKAGE_FOLDER / "adapters")
    return importlib.import_module("hindsight_engine")


def test_root_is_told_to_have_somebody_else_start_the_run(
    adapter: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    info = ConversationInfo(id="conv-26", speakers=("Ada", "Ben"), images="none")
    with pytest.raises(RuntimeError, match="refuses to run as root: start the run as another user"):
        adapter.Hindsight().open(info, tmp_path, LENT)
    assert list(tmp_path.iterdir()) == []


def test_it_asks_the_endpoints_that_it_is_lent_and_no_other(adapter: ModuleType) -> None:
    settings = adapter._settings(LENT, sees=True)
    addresses = {name: value for name, value in settings.items() if "://" in value}
    assert addresses == {
        "HINDSIGHT_API_LLM_BASE_URL": "http://127.0.0.1:9/c/conv-26/extraction/v1",
        "HINDSIGHT_API_EMBEDDINGS_OPENAI_BASE_URL": "http://127.0.0.1:9/c/conv-26/embedding/v1",
    }
    assert settings["HINDSIGHT_API_EMBEDDINGS_OPENAI_MODEL"] == "e5"
    assert settings["HINDSIGHT_API_LLM_VISION"] == "true"
    assert adapter._settings(LENT, sees=False)["HINDSIGHT_API_LLM_VISION"] == "false"


def test_a_passage_begins_with_the_day_and_says_when_it_happened(adapter: ModuleType) -> None:
    fact = SimpleNamespace(
        text="Ada ran a race",
        document_id="conv-26-3",
        mentioned_at="2023-05-08T13:56:00+00:00",
        occurred_start="2023-05-07T00:00:00Z",
    )
    assert adapter._as_hit(fact) == {
        "text": "8 May 2023: Ada ran a race (on 7 May 2023)",
        "sessions": [3],
    }
    fact.occurred_start = "2023-05-08T00:00:00Z"
    assert adapter._as_hit(fact)["text"] == "8 May 2023: Ada ran a race"
    fact.occurred_start = fact.mentioned_at = None
    fact.document_id = None
    assert adapter._as_hit(fact) == {"text": "Ada ran a race", "sessions": []}
