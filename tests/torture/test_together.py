"""Two processes on one store, work folder, run folder or board: one is refused, or both are right.

The first pauses at a moment of its work until the second has ended, or has waited for a second.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from tests.core.locomo_example import sample
from tests.dying import Commands, Ended
from tests.evaluators.stub_endpoint import StubEndpoint, completion, stub_endpoint
from tests.killing import hidden_in, moments_of

from .outcomes import fault_of
from .profile import EFFORT
from .test_full_disk import comparable

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="commands are forked"),
]

MOMENTS = max(1, int(3 * EFFORT))
BUSY = ("another process", "already exists", "already has")
"""What the one that is refused says."""


@dataclass(frozen=True)
class Together:
    """Two commands that use one thing."""

    first: str
    second: str
    needs: tuple[str, ...] = ()
    status: int = 0
    same: Callable[[Path], Any] = field(default=comparable)


SCORE = "score run --benchmark sample --metrics f1 --out"
PAIRS = {
    "a run folder": Together(
        "run bm25 --benchmark sample --limit 1 --out out",
        "run bm25 --benchmark sample --limit 1 --out out",
    ),
    "a folder of scores": Together(f"{SCORE} s", f"{SCORE} s", ("run",), status=1),
    "a work folder": Together(
        "build ingest sample --work w",
        "build ingest sample --work w",
        same=lambda root: sorted(path.name for path in (root / "w" / "1-ingested").iterdir()),
    ),
    "a folder of submissions": Together(
        "submit run --to subs --date 2026-08-30",
        "submit run --to subs --date 2026-08-30",
        ("run",),
    ),
    "a board": Together(
        "leaderboard verify subs --benchmark sample",
        "leaderboard verify subs --benchmark sample",
        ("subs",),
    ),
    "a board and its page": Together(
        "leaderboard verify board --benchmark sample",
        "leaderboard build board --out site",
        ("board",),
        same=lambda root: json.loads((root / "board/board.json").read_text())["entries"],
    ),
    "a page": Together(
        "leaderboard build board --out site", "leaderboard build board --out site", ("board",)
    ),
    "a benchmark folder": Together(
        "data import locomo.json --out out", "data import locomo.json --out out", ("locomo.json",)
    ),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    lv.run("bm25", benchmark="sample", out=folder / "run", progress=False)
    lv.submit(folder / "run", to=folder / "subs", date=date(2026, 8, 30))
    shutil.copytree(folder / "subs", folder / "board")
    lv.verify(folder / "board", benchmark="sample", progress=False)
    (folder / "locomo.json").write_text(json.dumps([sample("conv-1")]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", PAIRS)
def test_one_is_refused_or_both_are_right(
    name: str, source: Path, run_commands: Commands, tmp_path: Path
) -> None:
    pair = PAIRS[name]

    def make(folder: str) -> tuple[Path, dict[str, str]]:
        root = tmp_path / folder
        (root / "tmp").mkdir(parents=True)
        for each in pair.needs:
            copy = shutil.copytree if (source / each).is_dir() else shutil.copyfile
            copy(source / each, root / each)
        return root, {"TMPDIR": str(root / "tmp"), "LOCOMO_VQA_CACHE": str(tmp_path / "cache")}

    root, variables = make("calm")
    calm = run_commands.run(*pair.first.split(), root=root, **variables)
    run_commands.run(*pair.second.split(), root=root, **variables)
    assert calm.status in (0, 1), calm.said
    expected = pair.same(root)
    for number in moments_of(calm.moments, MOMENTS):
        root, variables = make(f"at-{number}")
        ended = run_commands.run_beside(
            pair.first.split(), pair.second.split(), root=root, pause_at=number, **variables
        )
        where = f"paused before {number}: {calm.moments[number]}"
        check_ends(ended, where)
        assert pair.same(root) == expected, where
        assert hidden_in(root) == [], where


def check_ends(ended: list[Ended], where: str) -> None:
    """Check that at least one did its work, and that the other did or was refused."""
    said = "\n".join(each.said for each in ended)
    refused = [each for each in ended if each.status == 2]
    assert len(refused) < len(ended), f"{where}: {said}"
    assert all(any(words in each.said for words in BUSY) for each in refused), f"{where}: {said}"
    assert all(fault_of(each) is None for each in ended), f"{where}: {said}"


@pytest.fixture(scope="module")
def endpoint() -> Any:
    verdict = json.dumps({"reasoning": "It is.", "verdict": "CORRECT"})
    with stub_endpoint(lambda request: completion(verdict)) as made:
        yield made


def test_a_store_of_replies_is_shared_and_asks_once(
    endpoint: StubEndpoint, source: Path, run_commands: Commands, tmp_path: Path
) -> None:
    """Two processes with one store ask each question of a judge once between them."""
    command = f"score run --benchmark sample --metrics j --no-judge-check --judge {endpoint.model}"
    for number in (0, 9, 40):
        endpoint.requests.clear()
        root = tmp_path / str(number)
        (root / "tmp").mkdir(parents=True)
        shutil.copytree(source / "run", root / "run")
        ended = run_commands.run_beside(
            f"{command} --responses r.sqlite --out a".split(),
            f"{command} --responses r.sqlite --out b".split(),
            root=root,
            pause_at=number,
            TMPDIR=str(root / "tmp"),
            LOCOMO_VQA_CACHE=str(tmp_path / "cache"),
        )
        assert all(each.status == ended[0].status for each in ended), [e.said for e in ended]
        asked = [json.dumps(request, sort_keys=True) for request in endpoint.requests]
        asked = [request for request in asked if "You grade an answer" in request]
        assert len(asked) == len(set(asked)) > 0
        scores = [(root / out / "judgements.jsonl").read_text() for out in "ab"]
        verdicts = [
            sorted((row["question_id"], row["state"]) for row in map(json.loads, text.splitlines()))
            for text in scores
        ]
        assert verdicts[0] == verdicts[1] != []
