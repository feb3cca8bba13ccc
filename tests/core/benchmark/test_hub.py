"""A benchmark on the Hub: the real client against a server that speaks its calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo_vqa.benchmark.locate import SAMPLE_FOLDER
from tests.conftest import Cli
from tests.core.hub_server import hub_server


@pytest.mark.slow
def test_a_benchmark_is_downloaded_and_checked(cli: Cli, tmp_path: Path) -> None:
    with hub_server("org/name", SAMPLE_FOLDER) as url:
        environment = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "cache")}
        done = cli("data", "info", "org/name", "--json", **environment)
        assert done.returncode == 0, done.stderr
        manifest = json.loads((SAMPLE_FOLDER / "benchmark.json").read_text())
        assert json.loads(done.stdout)["manifest"] == manifest
        done = cli("run", "bm25", "--benchmark", "org/name", "--out", "run", **environment)
        assert done.returncode == 0, done.stderr
        done = cli("data", "info", "org/other", **environment)
        assert done.returncode == 2
        assert "org/other: is not a local folder" in done.stderr
        assert "the Hugging Face Hub has no data set of that name" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_name_is_a_folder_or_a_data_set_and_both_are_said(cli: Cli, tmp_path: Path) -> None:
    """Nothing listens at port 9; then the client is set to stay offline."""
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "cache")}
    for environment in (nowhere, {**nowhere, "HF_HUB_OFFLINE": "1"}):
        done = cli("run", "bm25", "--benchmark", "a/b", "--out", "run", **environment)
        assert done.returncode == 2
        assert "a/b: is not a local folder, and the Hugging Face Hub can't be reached" in (
            done.stderr
        )
        assert "For a folder, check the path; for a data set, check the network" in done.stderr
        assert "Traceback" not in done.stderr
    (tmp_path / "a" / "b").mkdir(parents=True)
    done = cli("data", "info", "a/b", **nowhere)
    assert "a/b: is not a benchmark folder" in done.stderr
