"""The page as a real browser shows it from a file: order of rows, ranks, and strangers' texts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.site.build import build_site
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer
from tests.browser import dump_dom, needs_chromium, open_chromium

pytestmark = [needs_chromium, pytest.mark.slow]

Submit = Callable[..., Path]
Show = Callable[..., str]
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
V1, V2, T1, T2, T3 = (
    "conv-1/v/D1:1/colour",
    "conv-2/v/D1:1/colour",
    "conv-1/t/0",
    "conv-1/t/1",
    "conv-2/t/0",
)


@pytest.fixture
def show(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    tmp_path: Path,
) -> Show:
    """Returns the page's DOM for an address, after its script has run.

    V and F1 of the four entries of `test`: alpha 100 and 0, beta 50 and 1, gamma 50 and 1/3,
    hostile 0 and 2/3. One entry is of `validation`, which has no images: omega, F1 1.
    """
    submitted(system="alpha", answers={T1: "x", T2: "x", T3: "x"})
    submitted(system="beta", answers={V1: "x"})
    submitted(system="gamma", answers={V2: "x", T1: "x", T2: "x"})
    submitted(system=HOSTILE, name=HOSTILE, model="m", answers={V1: "x", V2: "x", T3: HOSTILE})
    submitted(system="omega", split="validation")
    (submitted(system="broken") / "run.json").write_text(HOSTILE, encoding="utf-8")
    board = verify(submissions, benchmark=benchmark, scorer=scorer)
    ranked = replace(board, rankings=_invented_ranks(board))
    page = build_site(ranked, out=tmp_path / "site") / "index.html"

    def dump(address: str, script: str = "", *, width: int = 1280) -> str:
        if script:  # It stays in the page.
            _insert(page, script)
        return dump_dom(page.as_uri() + address, profile=tmp_path / "profile", width=width)

    return dump


def _invented_ranks(board: Board) -> dict[str, Any]:
    """Return ranks by V in the test split: alpha is first, and the others are tied or below."""
    by_system = {"alpha": (1, 1, "a"), "beta": (2, 3, "b"), "gamma": (2, 3, "b")}
    names = [entry.name for entry in board if entry.table == "test"]
    entries = {
        name: {"rank": [low, high], "group": group, "comparison": 0}
        for name in names
        for low, high, group in [by_system.get(name.partition("__")[0], (3, 4, "bc"))]
    }
    ranked = {
        "entries": names,
        "pairs": {"separated": 4, "of": 6},
        "smallest_visible": 25.0,
        "reason": None,
    }
    unranked = {**ranked, "reason": "Two conversations give no ranks."}
    return {
        "test": {
            "v": {"entries": entries, "comparisons": [ranked]},
            "f1": {"entries": {}, "comparisons": [unranked]},
        }
    }


def _insert(page: Path, script: str) -> None:
    """Add a script to the page, and take away the policy that would stop it."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    page.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")


def _order(dom: str) -> list[str]:
    names = re.findall(r'<tr[^>]* data-entry="(\w+?)[-_]', dom)
    return ["hostile" if name == "script" else name for name in names]


def _ranks(dom: str) -> list[str]:
    """Return each row's ranks, and behind them the letters of its groups."""
    cells = re.findall(r'<td class="rank"[^>]*>([^<]*)(?:<span class="small">(\w*)</span>)?', dom)
    return ["".join(cell) for cell in cells]


def _sorted_head(dom: str) -> list[tuple[str, str]]:
    heads = re.findall(r'<th class="(\w+)[^>]*aria-sort="(\w+)"', dom)
    return [head for head in heads if head[1] != "none"]


@pytest.mark.slow
def test_the_default_is_v_in_the_test_split(show: Show) -> None:
    dom = show("")
    assert _order(dom) == ["alpha", "beta", "gamma", "hostile"]
    assert _ranks(dom) == ["1a", "2–3b", "2–3b", "3–4bc"]
    assert "By V, the data separate 4 of 6 pairs of entries, which differ by more than 25.0." in dom
    assert _sorted_head(dom) == [("v", "descending")]
    assert re.search(r"<td[^>]*>50\.0<span[^>]*>± 10\.0</span>", dom)
    assert re.search(r"<td[^>]*>0\.0<span[^>]*>\[0\.0, 10\.0\]</span>", dom)
    assert 'title="No judge is configured."' in dom and "not computed" in dom
    note = re.search(r'<p class="legend" id="few">([^<]*)</p>', dom)
    assert note is not None
    assert note[1].startswith(
        "4 of 4 entries are scored on fewer than 6 conversations (the fewest: 2)."
    )
    # Strangers' texts are texts: the title is ours, and no element came of them.
    assert "<title>LoCoMo-VQA leaderboard</title>" in dom
    assert f"<bdi>{html.escape(HOSTILE, quote=False)}</bdi>" in dom
    assert "<img" not in dom
    assert "broken__tiny-1/2026-08-31" in dom and "is not valid JSON" in dom


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "order", "ranks"),
    [
        ("#sort=-f1", ["beta", "hostile", "gamma", "alpha"], ["–"] * 4),
        ("#sort=f1&board=test", ["alpha", "gamma", "hostile", "beta"], ["–"] * 4),
        ("#sort=system", ["hostile", "alpha", "beta", "gamma"], ["3–4bc", "1a", "2–3b", "2–3b"]),
        (
            "#sort=v&board=*",
            ["hostile", "beta", "gamma", "alpha", "omega"],
            ["3–4bc", "2–3b", "2–3b", "1a", "–"],
        ),
        (
            "#sort=-v&board=*",
            ["alpha", "beta", "gamma", "hostile", "omega"],
            ["1a", "2–3b", "2–3b", "3–4bc", "–"],
        ),
        ("#sort=f1&board=unranked", ["omega"], ["–"]),
    ],
)
def test_the_address_decides_what_is_shown(
    address: str, order: list[str], ranks: list[str], show: Show
) -> None:
    dom = show(address)
    assert _order(dom) == order
    assert _ranks(dom) == ranks


@pytest.fixture
def recaller(submitted: Submit) -> None:
    """One more entry, whose images were recalled: V 50 and F1 1."""
    submitted(system="recaller", visual_handling="recalled", answers={V1: "x"})


@pytest.mark.slow
def test_recalled_images_are_marked_and_can_be_chosen(recaller: None, show: Show) -> None:
    dom = show("")
    assert _order(dom) == ["alpha", "beta", "gamma", "recaller", "hostile"]
    assert "<bdi>pixels, recalled</bdi>" in dom
    dom = show("#images=pixels%2C+recalled")
    assert _order(dom) == ["recaller"]
    assert '<span id="shown" role="status">1 of 6 entries</span>' in dom


@pytest.mark.slow
def test_a_click_sorts_and_a_second_one_turns_the_order(show: Show) -> None:
    dom = show("", "document.querySelector('[data-sort=f1]').click();")
    assert _sorted_head(dom) == [("f1", "descending")]
    assert _order(dom) == ["beta", "hostile", "gamma", "alpha"]
    assert "Two conversations give no ranks." in dom
    dom = show("#sort=-f1")
    assert _sorted_head(dom) == [("f1", "ascending")]
    assert _order(dom) == ["alpha", "gamma", "hostile", "beta"]


@pytest.fixture
def unseen(submitted: Submit) -> None:
    """One more entry, whose answerer's name has characters that can't be seen."""
    submitted(system="odd", model="a\u202eb\x1bc\u2028d\u00ade\U000e0041")


@pytest.mark.slow
def test_characters_that_are_not_seen_are_named(unseen: None, show: Show) -> None:
    assert (
        '<bdi>a<span class="unseen">U+202E</span>b<span class="unseen">U+001B</span>c'
        '<span class="unseen">U+2028</span>d<span class="unseen">U+00AD</span>e'
        '<span class="unseen">U+E0041</span></bdi>'
    ) in show("")


WIDTHS = """
const seen = document.createElement("pre");
const page = document.documentElement;
seen.textContent = `${page.scrollWidth - page.clientWidth} too wide in ${window.innerWidth}`;
document.body.append(seen);
"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 500])  # No window of the browser is narrower.
def test_the_page_fits_its_window(width: int, show: Show) -> None:
    assert f"<pre>0 too wide in {width}</pre>" in show("", WIDTHS, width=width)


@pytest.mark.slow
def test_a_script_that_is_not_the_page_s_own_does_not_run(show: Show, tmp_path: Path) -> None:
    page = tmp_path / "site" / "index.html"
    text = page.read_text(encoding="utf-8")
    attack = "<script>document.title = 'owned'</script>"
    page.write_text(text.replace("</body>", f"{attack}</body>"), encoding="utf-8")
    assert "<title>LoCoMo-VQA leaderboard</title>" in show("")


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_column_is_whole_on_a_phone_and_on_a_screen(
    width: int, show: Show, tmp_path: Path
) -> None:
    show("")
    with open_chromium(tmp_path / "phone") as page:
        page.resize(width)
        page.open((tmp_path / "site" / "index.html").as_uri())
        page.wait("document.querySelector('#results tbody td') !== null")
        assert page.overflow() == []
        label = "document.querySelector('td.number').dataset.label"
        assert page.evaluate(label) == "V"
        before = f"getComputedStyle({label.rpartition('.dataset')[0]}, '::before').content"
        assert (page.evaluate(before) != "none") == (width < 600)


@pytest.mark.slow
def test_the_plot_has_no_dot_where_nothing_was_answered(
    submitted: Submit, submissions: Path, benchmark: Benchmark, tmp_path: Path
) -> None:
    """A value of 0 for lack of any answer measures nothing; the table and the rank keep it."""
    submitted(system="mute", answers=dict.fromkeys((T1, T2, T3)))
    submitted(system="wrong", answers=dict.fromkeys((T1, T2, T3), "x"))
    board = verify(submissions, benchmark=benchmark, progress=False)
    page = build_site(board, out=tmp_path / "site") / "index.html"
    with open_chromium(tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        browser.wait("document.querySelectorAll('.chart-track').length > 0")
        tracks = browser.evaluate(
            "[...document.querySelectorAll('.chart-track')].map((track) =>"
            "[track.dataset.metric, track.querySelectorAll('.chart-line b').length,"
            " track.innerText.trim()])"
        )
    assert sorted(tracks) == [
        ["F1", 0, "no answers"],
        ["F1", 1, "0.000"],
        ["V", 1, "100.0"],
        ["V", 1, "100.0"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "order"),
    [
        ("#search=GAMMA", ["gamma"]),
        ("#search=tiny+2026", ["alpha", "beta", "gamma"]),
        ("#search=nothing", []),
        (
            "#badge=reproduced&images=nonsense&rows=-3&columns=",
            ["alpha", "beta", "gamma", "hostile"],
        ),
    ],
)
def test_a_search_narrows_and_nonsense_is_ignored(
    address: str, order: list[str], show: Show
) -> None:
    assert _order(show(address)) == order


@pytest.mark.slow
def test_typing_choosing_and_going_back_change_view_and_address(show: Show, tmp_path: Path) -> None:
    show("")
    with open_chromium(tmp_path / "keys") as page:
        page.open((tmp_path / "site" / "index.html").as_uri())
        page.wait("document.querySelector('#results tbody td') !== null")
        page.type("#search", "alpha")
        page.wait_text("#shown", "1 of 5 entries")
        page.evaluate("document.getElementById('chooser').open = true")
        page.click("[data-column=conversations]")
        page.wait("document.querySelector('[data-sort=conversations]') !== null")
        assert page.evaluate("document.activeElement.dataset.column") == "conversations"
        page.evaluate("document.querySelector('[data-sort=f1]').focus()")
        page.key("Enter")
        page.wait("document.querySelector('th.f1').ariaSort === 'descending'")
        assert page.evaluate("document.activeElement.dataset.sort") == "f1"
        shown = page.evaluate("new URLSearchParams(location.hash.slice(1)).get('search')")
        assert shown == "alpha"
        page.evaluate("history.back()")
        page.wait("document.querySelector('th.v').ariaSort === 'descending'")
        page.evaluate("history.back()")
        page.wait("document.querySelector('[data-sort=conversations]') === null")
        assert page.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_an_entry_has_a_page(width: int, show: Show, tmp_path: Path) -> None:
    show("")
    with open_chromium(tmp_path / "entry") as page:
        page.resize(width)
        page.open((tmp_path / "site" / "index.html").as_uri())
        page.wait("document.querySelector('#results tbody a') !== null")
        page.evaluate("document.querySelector('tr[data-entry^=script] a').click()")
        page.wait("document.getElementById('entry')?.hidden === false")
        assert page.text("#title") == f"{HOSTILE} 1.0"
        assert page.evaluate("document.title") == f"{HOSTILE} – LoCoMo-VQA leaderboard"
        assert "0.667" in page.text("#scores")
        assert "not trained on LoCoMo" in page.text("#checks")
        assert page.evaluate("document.querySelectorAll('img, script[src]').length") == 0
        assert page.overflow() == []
        page.evaluate("location.hash = '#entry=nobody'")
        page.wait_text("#problem", "nobody is not an accepted entry.")
        assert page.complaints == []


def test_a_j_from_a_sample_says_of_how_many_questions(
    submitted: Submit, submissions: Path, benchmark: Benchmark, tmp_path: Path
) -> None:
    submitted(system="alpha")
    board = verify(submissions, benchmark=benchmark, judge="rules", judge_sample=2, progress=False)
    page = build_site(board, out=tmp_path / "site") / "index.html"
    shown = dump_dom(page.as_uri() + "#metric=j", profile=tmp_path / "profile")
    assert "sample of 2 of 3" in shown
    assert "sample=2,seed=0" in shown
