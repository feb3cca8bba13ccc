"""Runs, scores and builds again and again in one process: no descriptor, thread or memory stays."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

import locomo_vqa as lv
from locomo_vqa.builders.importing import import_locomo
from tests.core.locomo_example import sample

from .profile import EFFORT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TIMES = max(4, int(8 * EFFORT))
MOST_BYTES_A_TIME = 1 << 20
"""The most memory that may stay of each repetition, caches that are still filling included."""


def _run_and_score(folder: Path) -> None:
    run = lv.run("bm25", benchmark="sample", limit=1, out=folder / "run", progress=False)
    scores = lv.score(run, metrics=["f1", "v"], progress=False)
    assert scores["f1"].value is not None


def _submit_and_verify(folder: Path) -> None:
    lv.submit(folder.parent / "whole", to=folder / "subs")
    board = lv.verify(folder / "subs", benchmark="sample", progress=False)
    lv.build_site(board, out=folder / "site")


def _import_and_refuse(folder: Path) -> None:
    """Import, and fail on a file that is damaged, which must close it too."""
    import_locomo(folder.parent / "locomo.json", out=folder / "bench")
    (folder / "bench" / "conversations.jsonl").write_text("{", encoding="utf-8")
    for read in (lv.load_benchmark, lambda path: lv.score(path, benchmark="sample")):
        with pytest.raises(lv.InputError):
            read(folder / "bench")


def _build(folder: Path) -> None:
    """Build as far as no model is needed."""
    lv.build("sample", work=folder / "work", stages=["ingest", "images", "split"], progress=False)


WORK: dict[str, Callable[[Path], Any]] = {
    "run and score": _run_and_score,
    "submit and verify": _submit_and_verify,
    "import and refuse": _import_and_refuse,
    "build": _build,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("flat")
    lv.run("bm25", benchmark="sample", out=made / "whole", progress=False)
    (made / "locomo.json").write_text(json.dumps([sample("conv-1")]), encoding="utf-8")
    return made


@pytest.mark.parametrize("name", WORK)
def test_nothing_stays(name: str, folder: Path) -> None:
    process = psutil.Process()

    def repeat(part: str, times: int) -> tuple[int, int, int]:
        for number in range(times):
            here = folder / f"{name}-{part}-{number}"
            here.mkdir()
            WORK[name](here)
        gc.collect()
        return process.num_fds(), process.num_threads(), process.memory_info().rss

    before = repeat("warm", 3)
    after = repeat("again", TIMES)
    assert after[0] <= before[0]
    assert after[1] <= before[1]
    assert after[2] - before[2] < TIMES * MOST_BYTES_A_TIME + (8 << 20)
