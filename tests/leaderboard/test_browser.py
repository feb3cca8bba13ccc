"""The page as a real browser shows it from a file: order of rows, ranks, and strangers' texts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Benchmark
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
    verify(submissions, benchmark=benchmark, scorer=scorer)
    page = build_site(submissions, out=tmp_path / "site") / "index.html"

    def dump(address: str, script: str = "", *, width: int = 1280) -> str:
        if script:  # It stays in the page.
            _insert(page, script)
        return dump_dom(page.as_uri() + address, profile=tmp_path / "profile", width=width)

    return dump


def _insert(page: Path, script: str) -> None:
    """Add a script to the page, and take away the policy that would stop it."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    page.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")


def _order(dom: str) -> list[str]:
    names = re.findall(r'<tr data-entry="(\w+?)[-_]', dom)
    return ["hostile" if name == "script" else name for name in names]


def _ranks(dom: str) -> list[str]:
    return re.findall(r'<td class="rank"[^>]*>([^<]*)</td>', dom)


def _sorted_head(dom: str) -> list[tuple[str, str]]:
    heads = re.findall(r'<th class="(\w+)[^>]*aria-sort="(\w+)"', dom)
    return [head for head in heads if head[1] != "none"]


@pytest.mark.slow
def test_the_default_is_v_in_the_test_split(show: Show) -> None:
    dom = show("")
    assert _order(dom) == ["alpha", "beta", "gamma", "hostile"]
    assert _ranks(dom) == ["1", "2", "2", "4"]
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
        ("#sort=-f1", ["beta", "hostile", "gamma", "alpha"], ["1", "2", "3", "4"]),
        ("#sort=f1&split=test", ["alpha", "gamma", "hostile", "beta"], ["4", "3", "2", "1"]),
        ("#sort=system", ["hostile", "alpha", "beta", "gamma"], ["4", "1", "2", "2"]),
        (
            "#sort=v&split=*",
            ["hostile", "beta", "gamma", "alpha", "omega"],
            ["4", "2", "2", "1", "–"],
        ),
        (
            "#sort=-v&split=*",
            ["alpha", "beta", "gamma", "hostile", "omega"],
            ["1", "2", "2", "4", "–"],
        ),
        ("#sort=f1&split=validation", ["omega"], ["1"]),
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
def test_recalled_v_has_ranks_of_its_own(recaller: None, show: Show) -> None:
    dom = show("")
    assert _order(dom) == ["alpha", "beta", "gamma", "recaller", "hostile"]
    assert _ranks(dom) == ["1", "2", "2", "1", "4"]
    assert "<bdi>pixels, recalled</bdi>" in dom
    dom = show("#sort=-f1")
    assert _order(dom) == ["beta", "recaller", "hostile", "gamma", "alpha"]
    assert _ranks(dom) == ["1", "1", "3", "4", "5"]


@pytest.mark.slow
def test_a_click_sorts_and_a_second_one_turns_the_order(show: Show) -> None:
    dom = show("", "document.querySelector('[data-sort=f1]').click();")
    assert _sorted_head(dom) == [("f1", "descending")]
    assert _order(dom) == ["beta", "hostile", "gamma", "alpha"]
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
        browser.wait("document.querySelectorAll('.chart-track').length === 4")
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
