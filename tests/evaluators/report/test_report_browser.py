"""The report as a real browser shows it from a file: strangers' texts, order, filters, pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark import CATEGORIES
from locomo_vqa.evaluators.report.page import write_report
from locomo_vqa.evaluators.scoring import ScoreReport
from locomo_vqa.scores import Bounds, MetricScores, RowScore
from tests.browser import dump_dom, needs_chromium, open_chromium
from tests.evaluators.report.sheets import ADVERSARIAL, TEXT, VISUAL, sheet_of

pytestmark = needs_chromium

HOSTILE = (
    "</script><script>document.title='owned'</script>"
    "<img src=x onerror=\"document.title='owned'\"><!--"
)
ODD = "a\0b\N{RIGHT-TO-LEFT OVERRIDE}c\u2028d"
LONG = "word " * 200_000
Show = Callable[..., str]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of V 100 for the first visual question, 0 for others; F1 1, 1/2 and 0."""
    folder = tmp_path_factory.mktemp("report")
    half = TEXT[1]
    gold = str(half.answer)
    hit = {"text": HOSTILE, "score": 1.5, "turn": HOSTILE}
    sheet = sheet_of(
        folder,
        {
            VISUAL[0].id: VISUAL[0].answer,
            VISUAL[1].id: {
                "prediction": HOSTILE,
                "state": "ok",
                "retrieved": [hit],
                "latency_ms": 5,
            },
            VISUAL[2].id: {"prediction": None, "state": "error", "error": HOSTILE},
            TEXT[0].id: str(TEXT[0].answer),
            half.id: f"{gold} " + " ".join(f"other{n}" for n in range(len(gold.split()))),
            TEXT[2].id: ODD,
            TEXT[3].id: LONG,
            ADVERSARIAL[0].id: HOSTILE,
        },
    )
    write_report(folder / "report.html", judged(sheet))
    return folder / "report.html"


def judged(sheet: ScoreReport) -> ScoreReport:
    """Return a sheet as a judge would leave it that has no verdict on one answer."""
    rate = {"value": 0.125, "interval": None, "n": 40, "errors": 5}
    counts = {"correct": 9, "wrong": 4, "unscored": 1, "not_answered": 14}
    judge = {
        **{"name": HOSTILE, "counts": counts, "overall": {"value": None}},
        "check": {"false_accept": rate, "false_reject": {**rate, "value": None}},
    }
    judging = {"rubric": "strict", "judges": [judge]}
    metric = MetricScores(
        state="incomplete",
        reason=HOSTILE,
        scale=100,
        unscored=1,
        bounds=Bounds(low=32.1, high=35.7),
    )
    metrics = {**sheet.document["metrics"], "j": asdict(metric)}
    rows = [
        RowScore(question_id=TEXT[2].id, metric="j", value=None, state="unscored"),
        RowScore(question_id=TEXT[0].id, metric="j", value=100.0, state="ok"),
    ]
    said = {"question_id": TEXT[2].id, "judge": "m", "state": "unscored", "reasoning": HOSTILE}
    return replace(
        sheet,
        document={**sheet.document, "metrics": metrics, "judging": judging},
        scores=replace(sheet.scores, by_question=[*sheet.scores.by_question, *rows]),
        judgements=[said],
    )


@pytest.fixture
def show(page: Path, tmp_path: Path) -> Show:
    """Returns the page's DOM for an address, after its script, and perhaps one more, has run."""

    def dump(address: str = "", script: str = "", *, policy: bool = False) -> str:
        text = page.read_text(encoding="utf-8")
        if script:
            text = text if policy else re.sub(r"<meta http-equiv=[^>]*>", "", text)
            text = text.replace("</body>", f"<script>{script}</script></body>")
        shown = tmp_path / "shown.html"
        shown.write_text(text, encoding="utf-8")
        dom = dump_dom(shown.as_uri() + address, profile=tmp_path / "profile")
        dom = re.sub(r' data-label="[^"]*"', "", dom)
        return re.sub(r'<script type="application/json".*?</script>', "", dom, flags=re.DOTALL)

    return dump


VISIT = """
(async () => {
  const seen = [];
  for (const address of %s) {
    await new Promise((done) => {
      window.addEventListener("hashchange", done, { once: true });
      location.hash = address;
    });
    const listed = [...document.querySelectorAll("article")].map((one) => one.dataset.question);
    seen.push([listed, document.getElementById("found").textContent]);
  }
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
})();
"""
"""Goes to one address after the other and notes which questions are listed."""

BY_HAND = """
const form = document.getElementById("filters");
const set = (name, value) => {
  form.elements[name].value = value;
  form.elements[name].dispatchEvent(new Event("input", { bubbles: true }));
};
set("group", "visual");
set("sort", "order");
setTimeout(() => form.elements.turn.click(), 100);
setTimeout(() => document.querySelectorAll(".pages button")[1].click(), 200);
"""
"""Chooses the visual questions, in the benchmark's order, backwards, the second page."""


@pytest.mark.slow
def test_hostile_texts_are_texts(show: Show) -> None:
    everything = "document.querySelectorAll('details').forEach((one) => { one.open = true; });"
    dom = show("#group=visual&sort=order", everything)
    assert re.findall(r'data-question="([^"]*)"', dom) == [q.id for q in VISUAL[:25]]
    assert "<title>answers.jsonl – LoCoMo-VQA report</title>" in dom
    as_text = html.escape(HOSTILE, quote=False)
    assert f"<dd><bdi>{as_text}</bdi></dd>" in dom.replace(' class="wrong"', "")
    assert f"<dt>Error</dt><dd><bdi>{as_text}</bdi></dd>" in dom
    assert f"<bdi>{as_text} · score 1.5</bdi>" in dom  # A retrieved passage's turn, and its text.
    assert f"<span><bdi>{as_text}</bdi></span>" in dom
    assert "onerror" not in dom.replace(as_text, "")
    images = re.findall(r"<img ([^>]*)>", dom)
    assert len(images) == 25
    assert all('src="data:image/webp;base64,' in image for image in images)


@pytest.mark.slow
def test_what_a_judge_left_open_is_shown(show: Show) -> None:
    everything = "document.querySelectorAll('details').forEach((one) => { one.open = true; });"
    dom = show("#state=unscored", everything)
    as_text = html.escape(HOSTILE, quote=False)
    assert re.findall(r'data-question="([^"]*)"', dom) == [TEXT[2].id]
    wanted = "no value yet, 1 answer without a verdict, between 32.1 and 35.7: "
    assert f"{wanted}<bdi>{as_text}</bdi>" in dom
    assert f"<th><bdi>{as_text}</bdi></th><td>strict</td>" in dom.replace(' scope="row"', "")
    assert '12.5 %<span class="small">n = 40</span>' in dom
    assert f"<bdi>m</bdi> · unscored</span><span><bdi>{as_text}</bdi></span>" in dom
    assert '<dt>J</dt><dd><span class="soft">unscored</span>' in dom


@pytest.mark.slow
def test_unseen_characters_have_names_and_long_answers_are_cut(show: Show) -> None:
    dom = show("#group=text/" + CATEGORIES[TEXT[2].category])
    unseen = '<span class="unseen">{}</span>'.format
    assert f"<bdi>a{unseen('U+0000')}b{unseen('U+202E')}c{unseen('U+2028')}d</bdi>" in dom
    dom = show("#sort=-length")
    assert "cut here: 1,000,000 characters in all" in dom
    assert len(dom) < 200_000


@pytest.mark.slow
def test_the_address_decides_what_is_listed(show: Show) -> None:
    unanswered = [q.id for q in VISUAL[2:]]
    adversarial = [q.id for q in ADVERSARIAL]
    first = {
        # Descending by a metric: the best, then the others, then questions it is not for.
        "#sort=-v": [VISUAL[0].id],
        "#sort=-f1": [TEXT[0].id, TEXT[1].id],
        "#sort=-length&group=text": [TEXT[3].id],
        # A question without a latency comes last in either order.
        "#sort=latency": [VISUAL[1].id],
        "#sort=-latency": [VISUAL[1].id],
        "#state=error": [VISUAL[2].id],
        "#group=text/adversarial": adversarial,
        f"#q={VISUAL[3].id}": [VISUAL[3].id],
        # Without an answer is worse than with a wrong one.
        "#group=visual": unanswered[:25],
        "#group=visual&page=99": [*unanswered[75:], VISUAL[1].id, VISUAL[0].id],
    }
    dom = show("", VISIT % json.dumps([*first, "#q=no+such+words"]))
    (text,) = re.findall(r'<pre id="seen">([^<]*)</pre>', dom)
    *seen, nothing = json.loads(html.unescape(text))
    for (address, wanted), (listed, _) in zip(first.items(), seen, strict=True):
        assert listed[: len(wanted)] == wanted, address
    found = dict(zip(first, (words for _, words in seen), strict=True))
    asked = len(TEXT) + len(VISUAL) + len(ADVERSARIAL)
    assert found["#state=error"] == f"1–1 of 1 question, chosen of {asked}."
    assert found["#sort=-v"] == f"1–25 of {asked} questions."
    assert nothing == [[], "No question fits."]


@pytest.mark.slow
def test_filters_and_pages_work_by_hand_and_other_scripts_don_t_run(show: Show) -> None:
    dom = show("", BY_HAND)
    listed = re.findall(r'data-question="([^"]*)"', dom)
    assert listed == [q.id for q in reversed(VISUAL)][25:50]
    dom = show("", "document.title = 'owned'", policy=True)
    assert "<title>answers.jsonl – LoCoMo-VQA report</title>" in dom
    assert 'id="overall"' in dom and ">missing</th>" in dom


@pytest.mark.slow
def test_no_choice_of_a_metric_is_too_wide_for_a_small_phone(page: Path, tmp_path: Path) -> None:
    choose = """[...document.querySelectorAll(".card-head select")].map((select) =>
        [...select.options].map((option) => {
          select.value = option.value;
          select.dispatchEvent(new Event("change", { bubbles: true }));
          return document.documentElement.scrollWidth;
        })).flat()"""
    with open_chromium(tmp_path / "profile") as browser:
        browser.resize(320)
        browser.open(page.as_uri())
        browser.wait("document.querySelector('.enlarge img') !== null")
        widths = browser.evaluate(choose)
    assert len(widths) >= 2
    assert set(widths) == {320}


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_an_image_is_enlarged_and_every_table_is_whole(
    width: int, page: Path, tmp_path: Path
) -> None:
    with open_chromium(tmp_path / "profile") as browser:
        browser.resize(width)
        browser.open(page.as_uri())
        browser.wait("document.querySelector('.enlarge img')?.naturalWidth > 0")
        assert browser.overflow() == []
        small = browser.evaluate("document.querySelector('.enlarge img').clientWidth")
        browser.evaluate("document.querySelector('.enlarge').click()")
        browser.wait("document.querySelector('#viewer img').naturalWidth > 0")
        large = browser.evaluate("document.querySelector('#viewer img').clientWidth")
        assert large > 1.9 * small
        assert large <= width
        browser.evaluate("document.querySelector('#viewer').click()")
        assert browser.evaluate("document.querySelector('#viewer').open") is False
        assert browser.complaints == []
