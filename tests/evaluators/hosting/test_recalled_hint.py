"""A system with a parameter `recalled` gets the hint wherever it runs; others work without it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.hosting import DEFAULT_LIMITS, Host, HttpHost, ProcessHost, in_process
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.system import RecalledImage, Services, ShownImage
from tests.evaluators.hosting.hosted import write_system
from tests.evaluators.hosting.memory_server import MemoryServer, serving
from tests.evaluators.recording import SAMPLE

HINT = RecalledImage(speaker="Ada", date=date(2023, 5, 7), ordinal=2, count=3)
CONVERSATION = SAMPLE.conversations[0]
VIEW = ConversationView(SAMPLE, CONVERSATION, "none", "recalled")
SAYS = "Ada 2023-05-07 2/3"


class Hinted:
    """Answers with the hint; it has no `flush` and no `close`."""

    def open(self, conversation: Any, workdir: Path, services: Services) -> None: ...

    def add(self, turns: Any) -> None: ...

    def answer(self, question: str, *, now: Any) -> str:
        return "answer"

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: Any,
        recalled: RecalledImage | None = None,
    ) -> str:
        if recalled is None:
            return "no hint"
        return f"{recalled.speaker} {recalled.date.isoformat()} {recalled.ordinal}/{recalled.count}"


class Plain(Hinted):
    """Has no such parameter."""

    def answer_visual(self, question: str, *, image: Any, now: Any) -> str:  # type: ignore[override]
        return "plain"


class Smallest:
    """Has what is required and nothing more."""

    def open(self, conversation: Any, workdir: Path, services: Services) -> None: ...

    def add(self, turns: Any) -> None: ...

    def answer(self, question: str, *, now: Any) -> str:
        return f"asked: {question}"


def asked(host: Host, workdir: Path, recalled: RecalledImage | None) -> str:
    """Run a conversation in a host, and return what was answered to a visual question."""
    workdir.mkdir(parents=True)
    try:
        for failure in (
            host.start(),
            host.open(VIEW.info, workdir, Services()),
            host.flush(),
        ):
            assert failure is None
        answer = host.answer_visual("What is it?", image=None, now=VIEW.now, recalled=recalled)
        assert isinstance(answer, dict), answer
        assert host.close() is None
        return str(answer["text"])
    finally:
        host.end()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "said"), [(Hinted, SAYS), (Plain, "plain"), (Smallest, "asked: What is it?")]
)
def test_in_this_process_and_in_one_of_its_own(system: type, said: str, tmp_path: Path) -> None:
    here = in_process(system)(DEFAULT_LIMITS, tmp_path / "log")
    assert asked(here, tmp_path / "here", HINT) == said
    there = ProcessHost(f"{__name__}:{system.__name__}")
    assert asked(there, tmp_path / "there", HINT) == said


@pytest.mark.slow
def test_a_given_image_comes_without_a_hint(tmp_path: Path) -> None:
    assert asked(ProcessHost(f"{__name__}:Hinted"), tmp_path / "w", None) == "no hint"


def test_search_gets_the_hint_where_it_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
    def search(self, query, k, now, recalled=None):
        return [f"{recalled.speaker} {recalled.ordinal}"] if recalled else []
"""
    spec = write_system(tmp_path, "hinted_search", f"\n\nclass Own(Echo):{text}")
    monkeypatch.chdir(tmp_path)
    host = ProcessHost(spec)
    try:
        assert host.start() is None
        assert host.open(VIEW.info, tmp_path, Services()) is None
        found = host.search("kite", 3, now=VIEW.now, recalled=HINT)
        assert isinstance(found, tuple)
        assert [hit.text for hit in found] == ["Ada 2"]
        assert host.search("kite", 3, now=VIEW.now) == ()
    finally:
        host.end()


def test_over_http_every_question_has_the_field(tmp_path: Path) -> None:
    with serving(MemoryServer()) as server:
        asked(HttpHost(server.url), tmp_path / "w", HINT)
        asked(HttpHost(server.url), tmp_path / "v", None)
    bodies = [body for _, path, body, *_ in server.log if path.endswith("/answer_visual")]
    assert json.loads(json.dumps(bodies[0]["recalled"])) == {
        "speaker": "Ada",
        "date": "2023-05-07",
        "ordinal": 2,
        "count": 3,
    }
    assert bodies[1]["recalled"] is None
