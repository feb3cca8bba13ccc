"""The first table of a comparison, and its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.evaluators.cli.options import names_by_reason
from locomo_vqa.evaluators.comparing import compare
from locomo_vqa.evaluators.comparing.comparer import compare_sides
from locomo_vqa.evaluators.scoring import score
from tests.browser import needs_chromium, open_chromium
from tests.conftest import Cli
from tests.evaluators.comparing.test_compare import SAMPLE, side, write

GOLD = {q.id: q.answer for q in SAMPLE.visual_questions}
CONVERSATIONS = list(dict.fromkeys(q.conversation for q in SAMPLE.visual_questions))


def third(tmp_path: Path) -> Path:
    """Return a file that answers every visual question of three conversations of ten."""
    asked = [q for q in SAMPLE.visual_questions if q.conversation in CONVERSATIONS[:3]]
    return write(
        tmp_path / "third.jsonl", dict.fromkeys(GOLD, "-") | {q.id: q.answer for q in asked}
    )


def whole(tmp_path: Path, name: str = "whole.jsonl") -> Path:
    return write(tmp_path / name, dict(GOLD))


def nothing(tmp_path: Path) -> Path:
    return write(tmp_path / "nothing.jsonl", dict.fromkeys(GOLD, "-"))


def test_systems_by_metrics(tmp_path: Path) -> None:
    """Nothing is right, everything is right, and three conversations are right."""
    sides = [side(path, "v") for path in (nothing(tmp_path), whole(tmp_path), third(tmp_path))]
    overview = compare_sides(sides, SAMPLE, split="all", metrics=["v"]).overview()
    assert overview.metrics == ("v",)
    right = sum(q.conversation in CONVERSATIONS[:3] for q in SAMPLE.visual_questions)
    values = [row.values["v"] for row in overview.rows]
    assert values == pytest.approx([0, 100, 100 * right / len(GOLD)])
    assert [row.cell("v").strip() for row in overview.rows][:2] == ["0.0", "*100.0"]
    assert [row.system for row in overview.rows] == ["nothing.jsonl", "whole.jsonl", "third.jsonl"]
    assert overview.rows[0].cell("j") == "–"


@pytest.mark.slow
def test_a_j_by_rules_is_marked_in_tables_plot_and_page(tmp_path: Path) -> None:
    text = [q for q in SAMPLE.text_questions if q.category != 5]
    reports = [
        score(
            {q.id: q.answer if q.index % 3 == keep else "zzz" for q in text},
            benchmark=SAMPLE,
            metrics=["j", "f1"],
            judge="rules",
            judge_check=False,
            progress=False,
        )
        for keep in (0, 1)
    ]
    comparison = compare(*reports)
    assert comparison.overview().titles == ("J (by rules)", "F1")
    assert "J (by rules)" in comparison._repr_html_()
    figure = comparison.plot(tmp_path / "plot.svg")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["J (by rules)", "F1"]
    assert "J (by rules)" in (tmp_path / "plot.svg").read_text(encoding="utf-8")
    comparison.write(tmp_path / "page")
    page = (tmp_path / "page" / "comparison.html").read_text(encoding="utf-8")
    assert page.count("J (by rules)") >= 2


def test_the_command_begins_with_it(tmp_path: Path, cli: Cli) -> None:
    files = [nothing(tmp_path), whole(tmp_path)]
    done = cli("compare", *files, "--benchmark", "sample", "--metrics", "v", "--out", "c")
    first = done.stdout.index("System")
    assert first < done.stdout.index("V: B minus A")
    assert "A  nothing.jsonl" in done.stdout[first:]
    assert {path.name for path in (tmp_path / "c").iterdir()} == {
        "comparison.json",
        "comparison.png",
        "comparison.html",
    }


@needs_chromium
@pytest.mark.slow
def test_the_page_is_whole_on_a_phone_and_strangers_texts_stay_texts(tmp_path: Path) -> None:
    hostile = whole(tmp_path, "<img src=x onerror=alert(1)>.jsonl")
    done = compare(nothing(tmp_path), hostile, benchmark="sample", metrics=["v"], progress=False)
    settings = f"They differ in their settings: experts {'a1b2' * 30}."
    replace(done, notes=[*done.notes, settings]).write(tmp_path / "c")
    with open_chromium(tmp_path / "profile") as page:
        for width in (320, 390, 1280):
            page.resize(width)
            page.open((tmp_path / "c" / "comparison.html").as_uri())
            page.wait("document.querySelector('#overview td') !== null")
            assert page.overflow() == []
        assert "onerror=alert(1)" in page.text("#overview")
        assert page.evaluate("document.querySelectorAll('img').length") == 1
        page.wait("document.querySelector('#plot').naturalWidth > 100")
        assert page.complaints == []


def test_a_reason_that_metrics_share_is_said_once() -> None:
    reasons = {"l": "No encoder.", "j": "No judge.", "bertscore": "No encoder."}
    assert names_by_reason(reasons) == [
        ("L and BERTScore are", "No encoder."),
        ("J is", "No judge."),
    ]
    shared = dict.fromkeys(("l", "bertscore", "sbert"), "No encoder.")
    assert names_by_reason(shared) == [("L, BERTScore and SBERT are", "No encoder.")]
