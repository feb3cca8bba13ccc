"""The pages of two entries and of questions, as a real browser shows them from a file."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.leaderboard.site.build import build_site
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import FEW_CONVERSATIONS, Scorer
from locomo_vqa.statistics.paired import paired_difference
from tests.browser import Page, needs_chromium, open_chromium

pytestmark = [needs_chromium, pytest.mark.slow]

Submit = Callable[..., Path]
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
ALPHA, BETA = "alpha__tiny-1/2026-08-31", "beta__tiny-1/2026-08-31"


@pytest.fixture
def site(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer, tmp_path: Path
) -> Path:
    """The site of two entries: alpha answers two questions wrongly, beta gives no answer to one."""
    answers = {"conv-1/t/0": HOSTILE, "conv-1/v/D1:1/colour": "blue"}
    submitted(system="alpha", answers=answers)
    submitted(system="beta", answers={"conv-1/t/0": None})
    verify(submissions, benchmark=benchmark, scorer=scorer)
    return build_site(submissions, out=tmp_path / "site", benchmark=benchmark)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A browser whose console stays empty."""
    with open_chromium(tmp_path / "profile") as page:
        yield page
        assert page.complaints == []


def _open(page: Page, site: Path, address: str, width: int = 1280) -> None:
    page.resize(width)
    page.open(f"{site.as_uri()}/{address}")
    page.wait("document.readyState === 'complete'")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_two_entries_are_compared(width: int, site: Path, page: Page) -> None:
    _open(page, site, "compare.html", width)
    page.wait("document.getElementById('comparison')?.hidden === false")
    cells = page.evaluate("""[...document.querySelector('#differences tbody').rows].map((row) =>
        [...row.cells].slice(1).map((cell) => cell.innerText))""")
    # V: conv-1 0 and conv-2 100 of alpha, both 100 of beta. F1: conv-1 has two questions.
    assert cells[0][:3] == ["50.0", "100.0", "+50.0"]
    assert cells[0][4:] == ["none", "2", "2"]
    assert cells[3][:2] == ["0.667", "0.667"]
    assert cells[4:] == [["alpha: This board's scorer doesn't have the metric."]] * 2
    assert "the smallest possible p is 2 / 2^2 = 0.5" in page.text("#why-no-p")
    assert "No judge is configured." in page.text("#differences")
    assert page.overflow() == []
    page.click("#swap")
    page.wait("document.querySelector('#differences td:nth-child(4)').innerText === '-50.0'")
    assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('a')") == BETA
    page.evaluate("history.back()")
    page.wait("document.querySelector('#differences td:nth-child(4)').innerText === '+50.0'")
    page.evaluate("location.hash = '#a=none'")
    page.wait_text("#problem", "none is not an accepted entry.")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_questions_are_browsed(width: int, site: Path, page: Page) -> None:
    _open(page, site, "questions.html", width)
    page.wait_text("#shown", "5 of 5 questions")
    page.evaluate("document.getElementById('answers').value = 'wrong'")
    page.evaluate("document.getElementById('answers').dispatchEvent(new Event('change'))")
    page.wait_text("#shown", "1 of 5 questions")
    page.click("#list a")
    page.wait("document.getElementById('question')?.hidden === false")
    rows = page.evaluate("""[...document.querySelector('#given tbody').rows].map((row) =>
        [...row.cells].map((cell) => cell.innerText.split('\\n')[0]))""")
    assert sorted(rows) == [
        [HOSTILE, "✗ wrong", "0.000", "alpha"],
        ["no answer: error", "✗ wrong", "0.000", "beta"],
    ]
    assert page.text("#gold") == "a blue kite"
    assert page.overflow() == []
    page.evaluate("history.back()")
    if width < 960:
        page.wait("document.getElementById('question').hidden")
    else:  # Beside the list there is always a question.
        page.wait("!location.hash.includes('question=')")
    page.wait_text("#shown", "1 of 5 questions")
    page.evaluate("location.hash = '#group=colour&conversation=conv-1'")
    page.wait("document.querySelector('#list a').hash.includes('group=colour')")
    assert page.text("#shown") == "1 of 5 questions"
    page.evaluate("document.querySelector('#list a').focus()")
    page.key("Enter")
    page.wait("document.querySelector('#question img')?.naturalWidth === 2")
    assert page.text("#gold") == "red"
    assert page.overflow() == []


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_has_barriers(dark: bool, site: Path, page: Page) -> None:
    page.darken(dark)
    for address, shown in (
        ("index.html#columns=v+j+f1+v.colour+answers+calls+standing", "#results tbody td"),
        (f"entry.html#entry={ALPHA}", "#scores tbody td"),
        ("compare.html", "#differences tbody td"),
        ("questions.html#question=conv-1/v/D1:1/colour", "#question img"),
        ("questions.html#question=nothing", "#problem:not([hidden])"),
    ):
        for width in (390, 1280):
            _open(page, site, address, width)
            page.wait(f"document.querySelector('{shown}') !== null")
            opened = "for (const one of document.querySelectorAll('details')) one.open = true"
            page.evaluate(opened)
            assert page.barriers() == [], address
            assert page.overflow() == [], address


def test_a_site_without_the_benchmark_says_how_to_get_questions(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    tmp_path: Path,
    page: Page,
) -> None:
    submitted()
    verify(submissions, benchmark=benchmark, scorer=scorer)
    _open(page, build_site(submissions, out=tmp_path / "site"), "questions.html")
    page.wait("!document.getElementById('problem').hidden")
    assert "leaderboard build FOLDER --benchmark NAME" in page.text("#problem")


def _random_case(seed: int) -> tuple[dict[str, Any], dict[str, Any], float | None]:
    """Return two sides' values by conversation and question, and the width of their range."""
    draw = random.Random(seed)
    kind = draw.choice(("flags", "shares", "equal", "shifted"))
    sides: list[dict[str, dict[str, float]]] = [{}, {}]
    for conversation in range(draw.choice((1, 2, 3, 5, 6, 7, 10, 13, 30, 31))):
        for question in range(draw.randint(1, 6)):
            left = draw.random() if kind == "shares" else draw.choice((0.0, 100.0))
            right = {
                "flags": draw.choice((0.0, 100.0)),
                "shares": draw.random(),
                "equal": left,
                "shifted": left + 0.125,
            }[kind]
            for side, value in zip(sides, (left, right), strict=True):
                side.setdefault(f"c{conversation}", {})[f"q{question}"] = value
    width = None if draw.random() < 0.3 else 1.0 if kind == "shares" else 100.0
    return sides[0], sides[1], width


def test_paired_differences_are_those_of_the_toolkit(site: Path, page: Page) -> None:
    _open(page, site, "compare.html")
    page.wait("document.getElementById('comparison')?.hidden === false")
    cases = [_random_case(seed) for seed in range(300)]
    pairs = [
        [[[*left[name].values()], [*right[name].values()]] for name in left]
        for left, right, _ in cases
    ]
    asked = _asked(site, conversations=31)
    quantiles = {**asked, "few": FEW_CONVERSATIONS}
    script = """([cases, widths, quantiles]) => cases.map((groups, place) =>
        pairedDifference(groups, quantiles, widths[place]))"""
    given = json.dumps([pairs, [width for *_, width in cases], quantiles])
    found = page.evaluate(f"({script})({given})")
    for case, got in zip(cases, found, strict=True):
        expected = paired_difference(case[0], case[1], width=case[2])
        for name in ("baseline", "other", "difference", "p"):
            assert got[name] == pytest.approx(getattr(expected, name), abs=1e-9), case
        ends = (
            None if expected.interval is None else (expected.interval.low, expected.interval.high)
        )
        interval = got["interval"] and (got["interval"]["low"], got["interval"]["high"])
        assert interval == pytest.approx(ends, abs=1e-9), case
        assert (got["conversations"], got["questions"]) == (
            expected.conversations,
            expected.questions,
        )


def _asked(site: Path, *, conversations: int) -> dict[str, Any]:
    """Return the quantiles that the site has, with those of more conversations from SciPy."""
    from scipy.stats import t

    (file,) = site.glob("data-*/asked.js")
    text = file.read_text(encoding="utf-8").partition("','")[2].rpartition("')")[0]
    quantiles: dict[str, Any] = json.loads(text)["quantiles"]
    assert quantiles["t"] == pytest.approx([t.ppf(0.975, 1)])
    return {**quantiles, "t": [t.ppf(0.975, degrees) for degrees in range(1, conversations)]}


HISTORY = """- event: withdrawn
  date: '2026-09-01'
  who: ada@example.org
  why: The answers are 2 < 3 & "wrong".
"""


def test_what_happened_to_an_entry_is_shown(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    tmp_path: Path,
    page: Page,
) -> None:
    submitted(system="alpha")
    folder = submitted(system="beta")
    folder.with_name(f"{folder.name}.history.yaml").write_text(HISTORY, encoding="utf-8")
    verify(submissions, benchmark=benchmark, scorer=scorer)
    site = build_site(submissions, out=tmp_path / "site")
    _open(page, site, "index.html")
    page.wait_text("#shown", "1 of 2 entries")
    page.click("#show-all")
    page.wait_text("#shown", "2 of 2 entries")
    assert page.text("tr.withdrawn .tag") == "withdrawn"
    _open(page, site, f"entry.html#entry={BETA}")
    page.wait("document.getElementById('entry')?.hidden === false")
    said = 'The answers are 2 < 3 & "wrong". (ada@example.org)'
    assert page.text("#history").split("\n") == ["2026-09-01: withdrawn", said]
