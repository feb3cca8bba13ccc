"""Entries with a pixel certificate: what is sent, recomputed, shown, and refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.ablation import Ablation
from locomo_vqa.evaluators.ablation.modes import run_modes
from locomo_vqa.leaderboard import build_site
from locomo_vqa.leaderboard.board import Board, read_board
from locomo_vqa.leaderboard.board_entry import EntryCheck
from locomo_vqa.leaderboard.records.results_csv import results_csv
from locomo_vqa.leaderboard.results import result_rows
from locomo_vqa.leaderboard.submission.submit import submit
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import Run
from tests.evaluators.recording import SAMPLE, harness, recorder

from .conftest import ExactScorer

pytestmark = pytest.mark.slow

VISUAL = replace(SAMPLE, text_questions=())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Ablation]:
    """A run on the sample's test split, and an ablation, by a system that always says `red`."""
    folder = tmp_path_factory.mktemp("made")
    run = harness(recorder(), folder / "run").run()
    one = replace(harness(recorder(), folder / "ablation"), benchmark=VISUAL)
    ablation = run_modes(one, images=["pixels", "caption", "shuffled"], visual=["given"])
    return run, ablation


def verified(folder: Path) -> Board:
    return verify(folder, benchmark=SAMPLE, scorer=ExactScorer(), progress=False)


def check_of(board: Board) -> EntryCheck:
    (entry,) = board
    return next(check for check in entry.checks if check.name == "certificate")


def test_the_board_computes_the_verdict_again(made: tuple[Run, Ablation], tmp_path: Path) -> None:
    run, ablation = made
    folder = tmp_path / "submissions"
    sent = submit(run, to=folder, ablation=ablation, contact="me@example.org", benchmark=SAMPLE)
    assert sorted(path.name for path in Path(sent).iterdir()) == [
        "certificate.json",
        "metadata.yaml",
        "predictions.jsonl",
        "run.json",
    ]
    board = verified(folder)
    (entry,) = board
    assert ablation.certificate is not None and entry.state == "rescored"
    assert entry.certificate == json.loads(json.dumps(ablation.certificate.to_json()))
    assert entry.certificate is not None and entry.certificate["verdict"] == "refuted"
    assert check_of(board).state == "passed"
    assert read_board(folder).entries == board.entries
    assert board.to_frame()["certificate"].tolist() == ["refuted"]
    site = build_site(board, out=tmp_path / "site")
    shown = "".join(p.read_text(encoding="utf-8") for p in Path(site).rglob("*.js*"))
    assert "Answers from the picture: refuted: 90 of 90 answers are the same" in shown
    again = submit(run, to=folder, ablation=ablation.folder, contact="me@example.org")
    assert not again.is_new


def test_without_a_certificate_an_entry_is_not_tested(
    made: tuple[Run, Ablation], tmp_path: Path
) -> None:
    submit(made[0], to=tmp_path / "s")
    board = verified(tmp_path / "s")
    assert board.entries[0].certificate is None
    assert check_of(board).state == "not_done"
    (row,) = result_rows(board)
    assert row["certificate"] == "not tested"
    head, line = results_csv([row]).splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=False))
    assert "certificate" in cells and ",not tested," in line


def changed(document: dict[str, Any], role: str, **changes: Any) -> None:
    part = document["asked"][0]["runs"][role]
    info = {key: value for key, value in part["run"].items() if key != "seal"} | changes
    part["run"] = sealed(info)


def test_a_certificate_of_another_system_is_refused(
    made: tuple[Run, Ablation], tmp_path: Path
) -> None:
    run, ablation = made
    folder = tmp_path / "ablation"
    shutil.copytree(ablation.folder, folder)
    document = json.loads((folder / "certificate.json").read_text())
    for role in ("first", "second", "caption"):
        system = {**run.info["system"], "version": "2"}
        changed(document, role, system=system)
    (folder / "certificate.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"and the run differ in system\."):
        submit(run, to=tmp_path / "s", ablation=folder)
    with pytest.raises(InputError, match=r"has no certificate\.json"):
        submit(run, to=tmp_path / "s", ablation=tmp_path)
    with pytest.raises(InputError, match="is one of the two runs of a certificate"):
        submit(ablation.folder / "given-crossed-1", to=tmp_path / "s")
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(secret="0" * 64), "the secret is not that of the run 'first'"),
        (
            lambda d: d["asked"][0]["runs"]["first"]["answers"].pop(),
            "the run 'first' has other answers than its run.json says",
        ),
        (lambda d: d.update(kind="other"), "kind"),
        (
            lambda d: changed(d, "caption", answerer={**_ANSWERER, "model": "another"}),
            "its runs have another answerer than the entry",
        ),
        (
            lambda d: changed(d, "second", dataset=_of_split(d, "train")),
            "its runs have another split than the entry",
        ),
    ],
)
def test_a_certificate_that_is_wrong_counts_as_none(
    made: tuple[Run, Ablation], tmp_path: Path, change: Any, message: str
) -> None:
    run, ablation = made
    sent = submit(run, to=tmp_path / "s", ablation=ablation)
    path = Path(sent) / "certificate.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    board = verified(tmp_path / "s")
    (entry,) = board
    assert entry.state == "rescored" and entry.certificate is None
    assert check_of(board).state == "flagged" and message in check_of(board).text


_ANSWERER = {"model": None, "provider": None, "temperature": None, "prompt_sha256": None}


def _of_split(document: dict[str, Any], split: str) -> dict[str, Any]:
    return {**document["asked"][0]["runs"]["second"]["run"]["dataset"], "split": split}
