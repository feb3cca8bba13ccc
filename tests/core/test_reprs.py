"""Results in a terminal: each is one short line, however much it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import load_benchmark

SAMPLE = load_benchmark("sample")


class Silent:
    """Says nothing."""

    def open(self, conversation: object, workdir: object, services: object) -> None:
        """Begin."""

    def add(self, turns: object) -> None:
        """Read nothing."""

    def answer(self, question: str, *, now: object) -> str:
        """Answer the same to everything."""
        return "red"


@pytest.mark.slow
def test_what_a_run_leads_to_is_shown_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = lv.run(Silent, benchmark=SAMPLE, out="runs/a", progress=False)
    other = lv.run(Silent, benchmark=SAMPLE, out="runs/b", progress=False)
    assert repr(run) == "<Run of Silent in 'runs/a': 128 ok>"
    scores = lv.score(run, metrics=["v"], progress=False)
    assert repr(scores).startswith("<ScoreReport of a: v=")
    red = sum(q.answer == "red" for q in SAMPLE.visual_questions if q.split == "test")
    value = f"{100 * red / 90:.1f}"
    assert repr(scores["v"]).startswith(
        f"<MetricScores v: {value} over 90 questions, 95 % interval"
    )
    assert repr(lv.compare(run, other, metrics=["v"], progress=False)) == (
        "<Comparison of b with a by v>"
    )
    submission = lv.submit(run, to="submissions", date=None)
    assert repr(submission).startswith("<Submission of Silent in 'submissions/Silent__none/")
    board = lv.verify("submissions", benchmark=SAMPLE, progress=False)
    assert repr(board) == "<Board of 'sample' in 'submissions': 1 rescored>"
    assert repr(board.entries[0]).endswith(": rescored>")
    with pytest.raises(KeyError, match="nobody is not an entry; the entries are Silent__none/"):
        board["nobody"]


@pytest.mark.slow
def test_the_self_test_is_shown_in_a_line() -> None:
    report = lv.check(Silent)
    counts = [sum(r.state == state for r in report.results) for state in ("pass", "fail")]
    assert f"{counts[0]} passed" in repr(report)
    assert f"{counts[1]} failed" in repr(report)
    assert len(repr(report)) < 100


@pytest.mark.slow
def test_an_ablation_is_shown_in_a_line(tmp_path: Path) -> None:
    ablation = lv.ablate(
        Silent,
        benchmark=SAMPLE,
        out=tmp_path / "a",
        images=["pixels", "none"],
        visual=["given"],
        progress=False,
    )
    values = [f"{mode.v.value:.1f}" for mode in ablation.modes]
    assert repr(ablation) == (
        f"<Ablation of Silent: given-pixels V={values[0]}, given-none V={values[1]}>"
    )


@pytest.mark.slow
def test_a_build_is_shown_in_a_line(tmp_path: Path) -> None:
    work = tmp_path / "work"
    build = lv.build("sample", work=work, stages=["ingest"], progress=False)
    assert repr(build) == f"<Build in {str(work)!r}: no images yet>"
    build = lv.build(work=work, stages=["images"], progress=False)
    assert repr(build) == f"<Build in {str(work)!r}: 63 of 63 images fetched>"
    assert repr(build.losses) == "<Losses of 63 URLs: 63 ok>"


def test_losses_are_a_table_in_a_notebook() -> None:
    from locomo_vqa.builders.images.losses import Losses

    losses = Losses(
        urls=1200,
        by_state={"ok": 1198, "unavailable": 2},
        by_host=[],
        reasons=[{"state": "unavailable", "detail": "HTTP 404", "urls": 2}],
        removed=[],
        visual_questions_removed=0,
    )
    assert repr(losses) == "<Losses of 1,200 URLs: 1,198 ok, 2 unavailable>"
    html = losses._repr_html_()
    assert all(cell in html for cell in ("1,198", "unavailable", "HTTP 404"))
    assert losses.to_frame().to_dict("records") == losses.reasons


def test_the_systems_are_a_table_in_a_notebook() -> None:
    found = lv.systems()
    assert repr(found).startswith("<SystemCatalogue: no-memory, bm25,")
    assert found["bm25"].kind == "bundled"
    assert "mem0ai-1" in found._repr_html_()
    with pytest.raises(KeyError, match="'bm52' is not a system; did you mean 'bm25'"):
        found["bm52"]
    assert found.get("bm52") is None
    assert list(found.to_frame()["name"]) == list(found)


def test_a_conversation_is_shown_in_a_line() -> None:
    first = SAMPLE.conversations[0]
    turns = sum(1 for _ in first.turns())
    assert repr(first) == (
        f"<Conversation 'sample-01': {len(first.sessions)} sessions, {turns} turns>"
    )
