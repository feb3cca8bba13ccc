"""The badge `reproduced`: a maintainer's record beside an entry, and how it is made."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.replay import ReplayReport
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.verification import reproduce as reproducing
from locomo_vqa.leaderboard.verification.reproduce import reproduce
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.runs import Prediction, answers_sha256
from locomo_vqa.scores import Scorer

from .conftest import GOLD, TEST, Submit
from .test_entry_checks import check_of

NAME = "echo__tiny-1/2026-08-31"
ANSWERS = answers_sha256([Prediction(question_id=n, prediction=GOLD[n], state="ok") for n in TEST])

Verified = Callable[[], Board]


@pytest.fixture
def verified(submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Verified:
    return lambda: verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Replaces the replay of a bundle; returns the calls' arguments."""

    def use(answers: str = ANSWERS, *different: str) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def replay(bundle: Path, **options: Any) -> ReplayReport:
            calls.append({"bundle": bundle, **options})
            return ReplayReport(questions=5, different=different, answers_sha256=answers)

        monkeypatch.setattr(reproducing, "load_by_name", lambda place: replay)
        return calls

    return use


def write_record(folder: Path, **changes: Any) -> Path:
    """Write a record of a reproduction beside an entry's folder."""
    record = {
        "schema_version": 1,
        "kind": "reproduction",
        "entry": NAME,
        "date": "2026-09-01",
        "answers_sha256": ANSWERS,
        "questions": 5,
        "bundle_sha256": "0" * 64,
        "sandbox": "bubblewrap",
        "versions": {"locomo-vqa": "0.1.0"},
        **changes,
    }
    path = folder.with_name(f"{folder.name}.reproduced.json")
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_the_hash_of_answers_is_that_of_sorted_compact_json() -> None:
    rows = [
        Prediction(question_id="b", prediction=None, state="error", error="x"),
        Prediction(question_id="a", prediction="é", state="ok", latency_ms=1.0),
    ]
    text = '[["a","ok","é"],["b","error",null]]'
    assert answers_sha256(rows) == hashlib.sha256(text.encode()).hexdigest()


def test_a_record_of_the_same_answers_gives_the_badge(
    submitted: Submit, verified: Verified
) -> None:
    entry = submitted()
    assert verified()[NAME].badge == "rescored"
    write_record(entry)
    (found,) = verified()
    assert found.badge == "reproduced" and found.notes == verified()[NAME].notes
    check = check_of(found, "reproduction")
    assert (check.state, check.text) == (
        "passed",
        "All 5 answers were the same when its bundle was replayed on 2026-09-01.",
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"answers_sha256": "1" * 64}, "is about other answers"),
        ({"entry": "other__x/2026-08-31"}, "is about other answers"),
        ({"sandbox": None}, "2026-08-31.reproduced.json: sandbox"),
        ({"questions": "<img src=x>"}, "2026-08-31.reproduced.json: questions"),
    ],
)
def test_another_record_is_flagged_and_gives_no_badge(
    changes: dict[str, Any], text: str, submitted: Submit, verified: Verified
) -> None:
    write_record(submitted(), **changes)
    (found,) = verified()
    assert found.state == "rescored" and found.badge == "rescored"
    assert check_of(found, "reproduction").state == "flagged"
    assert text in check_of(found, "reproduction").text


def test_a_record_that_is_not_a_plain_file_is_flagged(
    submitted: Submit, verified: Verified, tmp_path: Path
) -> None:
    entry = submitted()
    path = write_record(entry)
    path.rename(tmp_path / "elsewhere.json")
    for make in (
        lambda: path.symlink_to(tmp_path / "elsewhere.json"),
        lambda: os.mkfifo(path),
        lambda: path.write_bytes(b"[" * 70_000),
        lambda: path.write_bytes(b"[" * 60_000),
        lambda: path.write_bytes(b'{"questions": NaN}'),
    ):
        make()
        found = verified()[NAME]
        assert found.badge == "rescored"
        assert check_of(found, "reproduction").state == "flagged"
        path.unlink()


def test_reproducing_runs_the_bundle_in_the_sandbox_and_writes_the_record(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    verified: Verified,
    replayed: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    entry = submitted()
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(b"zip")
    calls = replayed()
    done = reproduce(submissions, NAME, bundle=bundle, benchmark=benchmark, progress=False)
    assert calls[0]["sandbox"] is True and calls[0]["bundle"] == bundle
    assert done.record == entry.with_name("2026-08-31.reproduced.json")
    record = json.loads(done.record.read_text(encoding="utf-8"))
    assert record["bundle_sha256"] == hashlib.sha256(b"zip").hexdigest()
    assert record["date"] == datetime.now(UTC).date().isoformat() and record["questions"] == 5
    assert verified()[NAME].badge == "reproduced"
    assert len(list(entry.iterdir())) == 3
    write_record(entry)  # An earlier one stays.
    reproduce(submissions, NAME, bundle=bundle, benchmark=benchmark, progress=False)
    assert json.loads(done.record.read_text(encoding="utf-8"))["date"] == "2026-09-01"


def test_a_record_of_a_later_day_is_not_on_an_earlier_board(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    write_record(submitted())
    badges = {
        day: verify(submissions, benchmark=benchmark, scorer=scorer, as_of=day, progress=False)[
            NAME
        ].badge
        for day in ("2026-08-31", "2026-09-01")
    }
    assert badges == {"2026-08-31": "rescored", "2026-09-01": "reproduced"}


def test_other_answers_are_not_recorded(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    replayed: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    submitted()
    (tmp_path / "b.zip").write_bytes(b"zip")
    arguments = ["reproduce", str(submissions), NAME, "--bundle", str(tmp_path / "b.zip")]
    arguments += ["--benchmark", str(benchmark.folder)]
    for answers, different, text in (
        ("1" * 64, ("conv-1/t/0",), "4 of 5 answers are the same.\n  conv-1/t/0 differs\n"),
        ("1" * 64, (), f"But they are not those of {NAME}"),
    ):
        replayed(answers, *different)
        done = CliRunner().invoke(leaderboard, arguments, standalone_mode=False)
        assert done.return_value == 1 and text in done.output
    assert not (submissions / NAME).with_name("2026-08-31.reproduced.json").exists()


def test_an_entry_that_is_not_there_or_not_acceptable_is_refused(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    replayed: Callable[..., list[dict[str, Any]]],
) -> None:
    calls = replayed()
    with pytest.raises(InputError, match="`entry`: 'x' is not a submission"):
        submitted()
        reproduce(submissions, "x", bundle="b.zip", benchmark=benchmark)
    (submissions / NAME / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="would be rejected"):
        reproduce(submissions, NAME, bundle="b.zip", benchmark=benchmark)
    assert calls == []
