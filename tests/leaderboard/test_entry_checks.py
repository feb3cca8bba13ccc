"""The checks of an entry: each has a state, and says what it found."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.board_entry import Entry, EntryCheck
from locomo_vqa.leaderboard.site.build import build_site
from locomo_vqa.leaderboard.verification.checklist import CHECKS
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.run_seal import sealed
from locomo_vqa.scores import Scorer

from .conftest import Submit

Verified = Callable[[], Board]


@pytest.fixture
def verified(submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Verified:
    return lambda: verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


def check_of(entry: Entry, name: str) -> EntryCheck:
    """Return one check of an entry."""
    return next(check for check in entry.checks if check.name == name)


def attempt(answers: int, *, retry_failed: bool = False) -> dict[str, Any]:
    """Return a call of the run, as run.json records it."""
    time = "2026-08-31T09:00:00.000+00:00"
    return {"began": time, "ended": time, "retry_failed": retry_failed, "answers": answers}


def edit_run(entry: Path, **changes: Any) -> None:
    """Change an entry's run.json, and seal it."""
    path = entry / "run.json"
    info = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(sealed(info)), encoding="utf-8")


def edit_disclosure(entry: Path, **changes: Any) -> None:
    """Change what an entry's metadata.yaml states about training."""
    path = entry / "metadata.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["disclosure"].update(changes)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_every_check_has_a_result(submitted: Submit, verified: Verified) -> None:
    submitted(system="good")
    (submitted(system="bad") / "run.json").unlink()
    bad, good = verified()
    assert [check.name for check in good.checks] == list(CHECKS) == [c.name for c in bad.checks]
    assert good.kind == "run" and good.badge == "rescored" and good.table == "test"
    assert bad.badge is None and bad.table is None
    assert check_of(bad, "files") == EntryCheck(
        name="files", state="failed", text="run.json: is missing."
    )
    assert check_of(bad, "rows").state == "not_done"
    assert check_of(good, "rows") == EntryCheck(
        name="rows", state="passed", text="5 rows of the split test."
    )
    assert {
        check.state for check in good.checks if check.name in ("files", "formats", "hashes")
    } == {"passed"}


@pytest.mark.parametrize(
    ("attempts", "state", "text"),
    [
        ([attempt(5)], "passed", "1 call of the run, each question once."),
        ([attempt(3), attempt(2)], "passed", "2 calls of the run, each question once."),
        ([attempt(5), attempt(2, retry_failed=True)], "flagged", "2 failed questions were asked"),
        ([attempt(5), attempt(1)], "flagged", "answers were asked for again and replaced"),
        ([attempt(3)], "flagged", "a part of the journal is missing"),
    ],
)
def test_selective_reruns_and_missing_attempts_are_shown(
    attempts: list[dict[str, Any]], state: str, text: str, submitted: Submit, verified: Verified
) -> None:
    edit_run(submitted(), record={"environment": None, "attempts": attempts})
    (entry,) = verified()
    check = check_of(entry, "attempts")
    assert check.state == state and text in check.text
    assert any(text in note for note in entry.notes) == (state == "flagged")


def test_a_record_that_was_changed_later_is_refused(submitted: Submit, verified: Verified) -> None:
    entry = submitted()
    edit_run(entry, record={"environment": None, "attempts": [attempt(5)]})
    text = (entry / "run.json").read_text(encoding="utf-8")
    (entry / "run.json").write_text(text.replace('"answers": 5', '"answers": 4'), encoding="utf-8")
    (found,) = verified()
    assert check_of(found, "hashes").state == "failed"
    assert found.problems == ("run.json: was changed after the run: its seal does not match.",)


def test_what_is_not_stated_about_training_leaves_an_entry_unranked(
    submitted: Submit, verified: Verified
) -> None:
    edit_disclosure(submitted(system="a"), trained_on_locomo=None)
    edit_disclosure(submitted(system="b"), trained_on_locomo=True)
    edit_disclosure(submitted(system="c"), trained_on_locomo=True, training_split="train")
    edit_disclosure(submitted(system="d"), training_split="train")
    a, b, c, d = verified()
    assert [entry.table for entry in (a, b, c, d)] == [None, None, "test", None]
    assert a.unranked is not None and "not stated whether" in a.unranked
    assert b.unranked is not None and "on which conversations" in b.unranked
    assert [check_of(entry, "training").state for entry in (a, b, c, d)] == [
        "flagged",
        "flagged",
        "passed",
        "failed",
    ]
    assert d.problems == (
        "metadata.yaml: disclosure.training_split is 'train', but trained_on_locomo is not true.",
    )


def test_usage_is_the_proxy_s_and_unknown_without_it(submitted: Submit, verified: Verified) -> None:
    calls = {
        "calls": 12,
        "failed": 2,
        "replayed": 0,
        "approximated": 0,
        "uncounted": 0,
        "input_tokens": 3000,
        "cached_tokens": 0,
        "output_tokens": 40,
        "cost_usd": 0.02,
        "known_cost_usd": 0.02,
        "paid_usd": 0.02,
        "unpriced": 0,
        "latency_ms": None,
        "first_byte_ms": None,
    }
    summary = {"by_stage": {}, "by_conversation": {}, "unpriced_models": [], "prices": "bundled"}
    edit_run(submitted(system="a"), calls={"overall": calls, **summary})
    uncounted = {**calls, "uncounted": 1, "cost_usd": None}
    edit_run(submitted(system="b"), calls={"overall": uncounted, **summary})
    submitted(system="c")
    a, b, c = (entry.usage for entry in verified())
    assert a == {
        "calls": 12,
        "failed_calls": 2,
        "input_tokens": 3000,
        "output_tokens": 40,
        "price": 0.02,
        "currency": "USD",
        "latency_ms": None,
    }
    assert b is not None and b["calls"] == 12 and b["input_tokens"] is b["price"] is None
    assert c is not None and set(c.values()) == {None}


def test_a_run_that_is_not_clean_is_marked_in_every_table(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    lost = {"requests": 10, "lost": 9, "clean": False, "reasons": {"broken": 9}}
    stages = {"conv-1": {"answer": {"requests": 10, "lost": 9}}}
    edit_run(submitted(system="broken"), model_calls={"lost": {**lost, "by_conversation": stages}})
    submitted(system="whole")
    board = verified()
    broken, whole = board
    assert (broken.clean, whole.clean) == (False, True)
    site = build_site(board, out=tmp_path / "site")
    with (site / "results.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["clean"] for row in csv.DictReader(stream)] == ["no", "yes"]
    assert board.to_frame()["clean"].tolist() == [False, True]
    page = (site / "index.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="board-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    assert [entry["clean"] for entry in data["entries"]] == [False, True]
