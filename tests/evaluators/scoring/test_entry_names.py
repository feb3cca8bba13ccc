"""What a submission is called in its scores and its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo_vqa.evaluators.scoring.entry_names import entry_name, source_name
from tests.conftest import Cli


def entry(folder: Path, text: str) -> Path:
    place = folder / "Best-Memory__none" / "2026-01-02"
    place.mkdir(parents=True)
    (place / "metadata.yaml").write_text(text, encoding="utf-8")
    return place


def test_a_submission_has_its_own_name(tmp_path: Path) -> None:
    place = entry(tmp_path, "system:\n  name: 'Best Memory'\n  version: '1'\ncontact: null\n")
    assert entry_name(place) == "Best Memory"
    assert source_name(place) == "Best-Memory__none/2026-01-02"
    assert source_name(tmp_path) == tmp_path.name
    assert entry_name(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "system: name",
        "- system",
        "system: {name: [a, b]}",
        "system: {name: a, name: b}",
        "system: {version: 1}",
        "a: &a [*a]",
        "{",
        "!!python/object/apply:os.getcwd []",
        "",
    ],
)
def test_a_file_of_something_else_has_no_name(text: str, tmp_path: Path) -> None:
    assert entry_name(entry(tmp_path, text)) is None


@pytest.mark.slow
def test_the_report_of_an_entry_bears_its_name(cli: Cli, tmp_path: Path) -> None:
    assert cli("run", "bm25", "--benchmark", "sample", "--out", "r").returncode == 0
    done = cli("submit", "r", "--to", "s", "--name", "Best Memory", "--date", "2026-01-02")
    assert done.returncode == 0
    place = "s/Best-Memory__none/2026-01-02"
    done = cli("score", place, "--benchmark", "sample", "--metrics", "v", "--report", "x.html")
    assert "Best-Memory__none/2026-01-02 (run) on sample" in done.stdout
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert '"title":"Best Memory"' in page
    assert '["Submission","Best-Memory__none/2026-01-02"]' in page
