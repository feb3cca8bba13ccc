"""Hostile entries: each is refused with a reason, nothing hangs, and the others are unharmed."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.board import Board, read_board
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.run_seal import sealed
from locomo_vqa.scores import Scorer

from .conftest import DAY, Submit

Verified = Callable[[], Board]
Spoil = Callable[[Path], Any]
GOOD = f"good__tiny-1/{DAY}"


@pytest.fixture
def verified(submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Verified:
    return lambda: verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


def _run_text(edit: Callable[[str], str]) -> Spoil:
    def spoil(entry: Path) -> None:
        path = entry / "run.json"
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")

    return spoil


def _predictions(content: bytes) -> Spoil:
    """Replace the predictions, and make the manifest's hash fit."""

    def spoil(entry: Path) -> None:
        path = entry / "predictions.jsonl"
        path.write_bytes(content)
        info = json.loads((entry / "run.json").read_text(encoding="utf-8"))
        info["files"][path.name] = sha256_file(path)
        (entry / "run.json").write_text(json.dumps(info), encoding="utf-8")

    return spoil


def _metadata(text: str) -> Spoil:
    return lambda entry: (entry / "metadata.yaml").write_text(text, encoding="utf-8")


def _stated(old: str, new: str) -> Spoil:
    def spoil(entry: Path) -> None:
        path = entry / "metadata.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return spoil


def _sparse(name: str, size: int) -> Spoil:
    """Make a file of this many bytes that takes no space."""

    def spoil(entry: Path) -> None:
        (entry / name).unlink()
        with (entry / name).open("wb") as stream:
            stream.truncate(size)

    return spoil


def _socket(entry: Path) -> None:
    (entry / "run.json").unlink()
    before = os.getcwd()  # noqa: PTH109
    os.chdir(entry)  # The path of a socket may have 108 characters.
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("run.json")
    finally:
        os.chdir(before)


def _device(entry: Path) -> None:
    (entry / "run.json").unlink()
    try:
        os.mknod(entry / "run.json", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except (OSError, AttributeError):
        pytest.skip("devices can't be made here")


def _folder(entry: Path) -> None:
    (entry / "predictions.jsonl").unlink()
    (entry / "predictions.jsonl").mkdir()


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../escaped", b"0" * 10_000_000)
    return stream.getvalue()


DEEP = "[" * 100_000 + "]" * 100_000
ROW = '{"question_id": "conv-1/t/0", "prediction": "x", "state": "ok", "retrieved": %s}\n'

HOSTILE: dict[str, tuple[Spoil, str]] = {
    "a socket": (_socket, "run.json: is not a regular file."),
    "a device": (_device, "run.json: is not a regular file."),
    "a folder": (_folder, "predictions.jsonl: is not a regular file."),
    "1 GB of predictions": (
        _sparse("predictions.jsonl", 1 << 30),
        "predictions.jsonl: is larger than 256 MiB.",
    ),
    "1 GB of metadata": (_sparse("metadata.yaml", 1 << 30), "metadata.yaml: is larger than"),
    "a deep run.json": (
        lambda entry: (entry / "run.json").write_text(DEEP),
        "run.json: the run's manifest can't be parsed as JSON",
    ),
    "a deep row": (_predictions((ROW % DEEP).encode()), "can't be parsed as JSON"),
    "deep metadata": (_metadata("[" * 60_000), "nested more than 10 deep"),
    "deep metadata by indentation": (
        _metadata("\n".join(f"{' ' * depth}a:" for depth in range(300))),
        "nested more than 10 deep",
    ),
    "an infinite number": (
        _run_text(lambda text: text.replace('"temperature": 0.0', '"temperature": 1e999')),
        "can't be parsed as JSON",
    ),
    "NaN": (
        _run_text(lambda text: text.replace('"temperature": 0.0', '"temperature": NaN')),
        "can't be parsed as JSON",
    ),
    "an infinite latency": (
        _predictions((ROW % '[], "latency_ms": 1e400').encode()),
        "can't be parsed as JSON",
    ),
    "a negative latency": (_predictions((ROW % '[], "latency_ms": -1').encode()), "-1 is less"),
    "zipped predictions": (_predictions(_zip()), "predictions.jsonl"),
    "gzipped predictions": (
        _predictions(gzip.compress(b"0" * 50_000_000)),
        "predictions.jsonl: line 1: is not UTF-8 text",
    ),
    "UTF-16": (_predictions((ROW % "[]").encode("utf-16")), "is not UTF-8 text"),
    "null bytes": (_predictions(b"\0" * 1000), "predictions.jsonl"),
    "rows that are lists": (_predictions(b"[]\n"), "[] is not of type 'object'"),
    "an id that is a number": (
        _predictions(b'{"question_id": 5, "prediction": "x", "state": "ok"}\n'),
        "5 is not of type 'string'",
    ),
    "a key twice in a row": (
        _predictions(b'{"question_id": "a", "question_id": "conv-1/t/0"}\n'),
        "appears twice",
    ),
    "a tag": (_stated("name: bad", "name: !!python/name:os.system"), "constructor for the tag"),
    "bytes": (_stated("name: bad", "name: !!binary aGk="), "!!binary is not allowed."),
    "a set": (
        _stated("contact: ada@example.org", "contact: !!set {a, b}"),
        "!!set is not allowed.",
    ),
    "a merge key": (_stated("submission_type: standard", "<<: {a: 1}"), "a merge key (<<)"),
    "an anchor": (_stated("name: bad", "name: &a bad"), "anchors and aliases are not allowed"),
    "a key that is a number": (
        _stated("submission_type: standard", "submission_type: standard\n5: x"),
        "metadata.yaml",
    ),
    "a key that is a list": (
        _stated("submission_type: standard", "submission_type: standard\n? [a]\n: x"),
        "metadata.yaml",
    ),
    "two documents": (
        _stated("submission_type: standard", "submission_type: standard\n---\na: 1"),
        "metadata.yaml",
    ),
    "an unknown statement": (
        _stated("submission_type: standard", "submission_type: standard\nscores: {v: 100}"),
        "metadata.yaml",
    ),
    "training said to be another": (
        _stated("trained_on_locomo: false", "trained_on_locomo: false\n  training_split: all"),
        "disclosure.training_split is 'all', but trained_on_locomo is not true.",
    ),
    "a date without a year": (
        lambda entry: entry.rename(entry.with_name("9999-99-99")),
        "is not a date",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_entry_is_refused_with_a_reason(
    name: str, submitted: Submit, submissions: Path, verified: Verified, tmp_path: Path
) -> None:
    spoil, problem = HOSTILE[name]
    spoil(submitted(system="bad"))
    submitted(system="good")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    board = verified()
    (bad,) = (entry for entry in board if entry.name != GOOD)
    assert bad.state == "rejected" and bad.scores is None and bad.badge is None
    assert any(problem in sentence for sentence in bad.problems), bad.problems
    assert not any("can't be checked" in sentence for sentence in bad.problems), bad.problems
    assert all(len(sentence) <= 600 for sentence in bad.problems)
    assert board[GOOD].state == "rescored" and board[GOOD].table == "test"
    assert read_board(submissions) == board
    after = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    changed = {path.name for path in after.keys() - before.keys()} | {
        path.name for path in before if before[path] != after.get(path)
    }
    assert changed <= {"board.json", "scores.parquet"}


def test_scores_of_a_submitter_are_never_read(submitted: Submit, verified: Verified) -> None:
    entry = submitted(system="good", answers={"conv-1/v/D1:1/colour": "blue"})
    for name in ("scores.json", "board.json", "scores.parquet", "scores.jsonl"):
        (entry / name).write_text('{"v": 100}', encoding="utf-8")
    assert verified()[GOOD].value("v") == 50


def test_a_forged_board_has_no_effect_on_the_next_verification(
    submitted: Submit, submissions: Path, verified: Verified
) -> None:
    submitted(system="good", answers={"conv-1/v/D1:1/colour": "blue"})
    first = verified()
    (submissions / "board.json").write_text("[" * 100_000, encoding="utf-8")
    (submissions / "scores.parquet").write_bytes(b"PAR1 is what it begins with")
    assert verified() == first


def test_names_that_differ_in_case_or_look_alike_are_noted(
    submitted: Submit, verified: Verified
) -> None:
    submitted(system="Memo", answers={"conv-1/t/0": "a"})
    submitted(system="memo", answers={"conv-1/t/0": "b"}, day=DAY + timedelta(days=-1))
    submitted(system="Mem0", answers={"conv-1/t/0": "c"}, day=DAY + timedelta(days=-2))
    for entry in verified():
        assert any("looks like" in note for note in entry.notes), entry.name


def test_an_edited_predictions_file_with_a_new_hash_breaks_the_seal(
    submitted: Submit, verified: Verified
) -> None:
    """Whoever edits answers must write a new hash into run.json, and so a new seal."""
    entry = submitted(system="good")
    path = entry / "run.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(sealed(info)), encoding="utf-8")
    assert verified()[GOOD].state == "rescored"
    rows = (entry / "predictions.jsonl").read_text(encoding="utf-8").replace("Lisbon", "Porto")
    _predictions(rows.encode())(entry)
    (found,) = verified()
    assert found.problems == ("run.json: was changed after the run: its seal does not match.",)
