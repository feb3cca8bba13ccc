"""A benchmark on the Hub: the real client against a server that speaks its calls."""

from __future__ import annotations

import json
from pathlib import Path

from locomo_vqa.benchmark_folder import SAMPLE_FOLDER
from tests.conftest import Cli
from tests.core.hub_server import hub_server


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
        assert "org/other: there is no such folder here" in done.stderr
        assert "Traceback" not in done.stderr
