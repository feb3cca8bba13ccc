"""The page in a real browser, worked with keys and mouse, against what lands on the disk."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.builders.questions.rows import QuestionRow, write_questions
from locomo_vqa.builders.review import read_decisions
from locomo_vqa.builders.review.review import Review
from locomo_vqa.builders.review.server import ReviewServer
from tests.browser import Page, needs_chromium, open_chromium

from .conftest import serving

pytestmark = [needs_chromium, pytest.mark.timeout(900)]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page in one browser, shared by all tests."""
    with open_chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def opened(page: Page, server: ReviewServer) -> Page:
    """The page at the review's address, its first question shown."""
    _open(page, server)
    return page


def _open(page: Page, server: ReviewServer) -> None:
    page.complaints.clear()
    page.open(server.url)
    page.wait("document.querySelector('#image img')?.naturalWidth > 0")


def _all_saved(page: Page) -> None:
    page.wait_text("#saved", "all saved")


def _kept(review: Review) -> list[tuple[str, str]]:
    return [(decision.id, decision.decision) for decision in read_decisions(review.path)]


@pytest.mark.slow
def test_the_keys_decide(opened: Page, review: Review, rows: list[QuestionRow]) -> None:
    first, second, third, fourth = rows[:4]
    assert opened.text("#question") == first.question
    assert opened.text("#answer") == first.answer
    assert opened.text("#place") == f"{first.conversation}, turn {first.turn}, {first.split}"
    tags = [first.type, "answers itself differently", "guessable without the image"]
    assert opened.text("#tags").split("\n") == [*tags, "answered by the caption"]
    opened.key("a")
    opened.wait_text("#question", str(second.question))
    opened.key("r")
    opened.wait_text("#question", str(third.question))
    opened.key("c")
    assert opened.evaluate("document.activeElement.id") == "new-question"
    opened.type("#new-question", "Which fruit is it?")
    opened.type("#new-answer", "ripe plum")
    opened.key("Enter")
    opened.wait("document.querySelector('#form-problem').innerText.includes('exactly one word')")
    opened.type("#new-answer", "plum")
    opened.key("Enter")
    opened.wait_text("#question", str(fourth.question))
    opened.key("b")
    opened.wait_text("#question", "Which fruit is it?")
    opened.wait_text(".state", "corrected")
    _all_saved(opened)
    assert opened.text("#counts") == "3 of 24 decided · 1 accepted · 1 corrected · 1 rejected"
    assert _kept(review) == [(first.id, "accept"), (second.id, "reject"), (third.id, "correct")]
    correction = read_decisions(review.path)[-1]
    assert (correction.question, correction.answer) == ("Which fruit is it?", "plum")
    assert opened.evaluate("document.querySelector('#aside').hidden")
    assert opened.complaints == []


@pytest.mark.slow
def test_decisions_on_other_words_are_counted_and_not_shown(
    page: Page, work: Path, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    with Review(work, benchmark) as review:
        review.decide({"id": rows[0].id, "decision": "reject"})
    anew = replace(rows[0], question="Which other sign is on the kite?")
    write_questions(work / "questions.jsonl", [anew, *rows[1:]])
    with Review(work, benchmark) as review, serving(ReviewServer(review)) as server:
        _open(page, server)
        assert page.text("#aside").startswith("1 earlier decision is set aside")
        assert page.text("#question") == anew.question
        assert page.text(".state") == "not decided"
        assert page.text("#counts").startswith("0 of 24 decided")
        assert page.complaints == []


@pytest.mark.slow
def test_back_skip_undo_and_leave(opened: Page, review: Review, rows: list[QuestionRow]) -> None:
    first, second, third = rows[:3]
    opened.key("ArrowRight")
    opened.key("R")
    opened.wait_text("#question", str(third.question))
    opened.key("ArrowLeft")
    opened.wait_text(".state", "rejected")
    _all_saved(opened)
    opened.key("u")
    _all_saved(opened)
    opened.wait_text(".state", "not decided")
    opened.key("c")
    opened.type("#new-answer", "changed")
    opened.key("Escape")
    assert opened.evaluate("document.querySelector('#form').hidden")
    assert opened.text("#answer") == second.answer
    opened.key("b")
    opened.wait_text("#question", str(first.question))
    opened.key("?")
    opened.key("a")
    assert opened.evaluate("document.querySelector('#help').open")
    opened.key("Escape")
    opened.wait("!document.querySelector('#help').open")
    opened.wait_text(".state", "not decided")
    review.close()
    assert _kept(review) == []
    assert review.path.read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.slow
def test_filters_and_buttons(opened: Page, review: Review, rows: list[QuestionRow]) -> None:
    colours = [row for row in rows[:-1] if row.type == "colour"]
    assert len(colours) > 1
    _choose(opened, "#by-type", "colour")
    for place, row in enumerate(colours, 1):
        opened.wait_text("#question", str(row.question))
        assert opened.text("#position") == f"{place} of {len(colours)}"
        opened.click("[data-key=a]")
    opened.wait_text("#message-title", "All decided here")
    _choose(opened, "#by-type", "")
    _choose(opened, "#by-flag", "guessable")
    opened.wait_text("#position", "1 of 1")
    opened.click("[data-key=r]")
    opened.wait_text("#message-title", "All decided here")
    _choose(opened, "#by-flag", "")
    _choose(opened, "#by-decision", "accept")
    opened.wait_text(".state", "accepted")
    _all_saved(opened)
    assert opened.text("#question") == colours[0].question
    assert _kept(review) == [*((row.id, "accept") for row in colours), (rows[0].id, "reject")]


def _place(server: ReviewServer) -> tuple[str, int]:
    parts = urlsplit(server.url)
    assert parts.hostname is not None and parts.port is not None
    return parts.hostname, parts.port


def _choose(page: Page, selector: str, value: str) -> None:
    page.evaluate(
        f"(() => {{ const s = document.querySelector('{selector}'); s.value = '{value}';"
        "s.dispatchEvent(new Event('change')); })()"
    )


@pytest.mark.slow
def test_a_review_goes_on_at_the_first_open_question_and_ends(
    page: Page, review: Review, rows: list[QuestionRow]
) -> None:
    for row in rows[:-2]:
        review.decide({"id": row.id, "decision": "accept"})
    with serving(ReviewServer(review)) as server:
        _open(page, server)
        page.wait_text("#question", str(rows[-2].question))
        page.key("a")
        page.wait_text("#message-title", "All questions are decided")
        page.click("#done")
        page.wait_text("#message-title", "The review has ended")
    with pytest.raises(ConnectionRefusedError), socket.create_connection(_place(server)):
        pass
    assert review.counts()["open"] == 0


@pytest.fixture
def kept() -> Iterator[socket.socket]:
    """A socket that keeps a port free for a server."""
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield made


@pytest.mark.slow
def test_nothing_is_lost_while_the_server_is_gone(
    page: Page,
    review: Review,
    rows: list[QuestionRow],
    monkeypatch: pytest.MonkeyPatch,
    kept: socket.socket,
) -> None:
    monkeypatch.setattr(secrets, "token_urlsafe", lambda length: "known" * 6)
    with serving(ReviewServer(review)) as server:
        _open(page, server)
        place = _place(server)
    kept.bind(place)  # It does not listen, so a server can, but no other process gets the port.
    page.key("a")
    page.wait("!document.querySelector('#trouble').hidden")
    assert "does not answer" in page.text("#trouble")
    assert f"accept {rows[0].id}" in page.text("#trouble")
    page.key("r")
    page.key("b")
    page.wait_text(".state", "rejected")
    page.wait_text("#saved", "saving…")
    assert _kept(review) == []
    with serving(ReviewServer(review, port=place[1])):
        page.click("#retry")
        page.wait("document.querySelector('#trouble').hidden")
        page.wait_text(".state", "rejected")
        _all_saved(page)
    assert _kept(review) == [(rows[0].id, "accept"), (rows[1].id, "reject")]


@pytest.mark.slow
def test_texts_of_models_are_texts(
    page: Page, work: Path, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    hostile = replace(rows[0], question=HOSTILE, answer=HOSTILE, reason=HOSTILE)
    write_questions(work / "questions.jsonl", [hostile, replace(rows[1], id=f"{HOSTILE}'\"#&%")])
    with Review(work, benchmark) as review, serving(ReviewServer(review)) as server:
        _open(page, server)
        assert page.text("#question") == page.text("#answer") == HOSTILE
        page.key("r")
        page.wait_text("#question", str(rows[1].question))
        page.key("a")
        page.wait_text("#message-title", "All questions are decided")
        assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
        assert page.evaluate("document.title") == "LoCoMo-VQA review"
        _all_saved(page)
        assert review.counts()["accepted"] == review.counts()["rejected"] == 1


@pytest.mark.slow
def test_it_fits_a_phone(opened: Page) -> None:
    size = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    opened.command("Emulation.setDeviceMetricsOverride", **size)
    try:
        assert opened.evaluate("document.documentElement.scrollWidth") <= 360
        low, buttons = opened.evaluate(
            "['#answer', '#actions'].map((s) => document.querySelector(s).getBoundingClientRect())"
            ".map((box, n) => (n ? box.top : box.bottom))"
        )
        assert low < buttons
    finally:
        opened.command("Emulation.clearDeviceMetricsOverride")
