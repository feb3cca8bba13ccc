"""`data import` and `data info`, as a user gives them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo_vqa.schemas import validate
from tests.conftest import Cli, real_file, tree
from tests.core.locomo_example import sample


@pytest.fixture
def locomo(tmp_path: Path) -> Path:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps([sample("conv-1"), sample("conv-2")]), encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_report_is_printed_and_written(locomo: Path, cli: Cli, tmp_path: Path) -> None:
    done = cli("data", "import", locomo, "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    validate(written, "import_report", path=tmp_path, remedy="")
    assert {key: printed[key] for key in written} == written
    assert len(printed["details"]) == 26
    table = cli("data", "info", "out").stdout
    assert "conv-1" in table
    assert "Ada, Ben" in table
    info = json.loads(cli("data", "info", "out", "--json").stdout)
    assert info["manifest"]["revision"] == printed["revision"]


@pytest.mark.slow
def test_errata(locomo: Path, cli: Cli, tmp_path: Path) -> None:
    entry = {"conversation": "conv-1", "index": 0, "error_type": "WRONG", "changes_score": True}
    errata = tmp_path / "errata.json"
    errata.write_text(json.dumps({"errata": [entry]}))
    done = cli("data", "import", locomo, "--out", "out", "--errata", errata, "--json")
    assert json.loads(done.stdout)["errata"] == {"issues": 1, "change_score": 1}
    for bad, message in {
        json.dumps({"errata": [entry, entry]}): "conv-1/t/0 is listed twice",
        json.dumps(
            {"errata": [{**entry, "index": 99}]}
        ): "has no question conv-1/t/99, which the errata name",
        json.dumps({"errata": [{**entry, "index": "0"}]}): "errata[0].index",
        "[]": "is not of type 'object'",
    }.items():
        errata.write_text(bad)
        done = cli("data", "import", locomo, "--out", "other", "--errata", errata)
        assert done.returncode == 2
        assert message in done.stderr
        assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_an_output_that_is_there_is_kept(locomo: Path, cli: Cli, tmp_path: Path) -> None:
    assert cli("data", "import", locomo, "--out", "out").returncode == 0
    before = tree(tmp_path / "out")
    done = cli("data", "import", locomo, "--out", "out")
    assert done.returncode == 2
    assert "already exists" in done.stderr
    assert tree(tmp_path / "out") == before
    (tmp_path / "empty").mkdir()
    assert cli("data", "import", locomo, "--out", "empty").returncode == 0
    assert cli("data", "import", locomo, "--out", "new/deep/out").returncode == 0


@pytest.mark.parametrize("cut", [10, 1000, -2])
def test_a_truncated_file_leaves_nothing(locomo: Path, cli: Cli, tmp_path: Path, cut: int) -> None:
    locomo.write_text(locomo.read_text()[:cut])
    done = cli("data", "import", locomo, "--out", "out")
    assert done.returncode == 2
    assert "cut off" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["locomo.json"]


@pytest.mark.slow
def test_the_real_errata(cli: Cli, tmp_path: Path) -> None:
    errata = real_file("errata.json")
    locomo = real_file("locomo10.json")
    done = cli("data", "import", locomo, "--out", "out", "--errata", errata, "--json")
    report = json.loads(done.stdout)
    assert report["errata"] == {"issues": 156, "change_score": 99}
