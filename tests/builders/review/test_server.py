"""The review server as a client sees it that is not the page: what it refuses and what it keeps."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.builders.questions.rows import QuestionRow
from locomo_vqa.builders.review import read_decisions
from locomo_vqa.builders.review.media_type import media_type
from locomo_vqa.builders.review.review import Review
from locomo_vqa.builders.review.server import ReviewServer
from locomo_vqa.errors import OutputError

from .asking import JSON, accept, request


def test_the_list_has_questions_flags_and_decisions(
    server: ReviewServer, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    saved = accept(server.url, rows[1].id)
    assert saved.status == 200
    listed = request(server.url, "questions").json()
    assert listed["benchmark"] == benchmark.name
    assert [found["id"] for found in listed["questions"]] == [row.id for row in rows[:-1]]
    assert listed["questions"][0]["flags"] == [
        "not_self_consistent",
        "guessable",
        "caption_answers",
    ]
    assert listed["questions"][1]["flags"] == []
    shared = next(
        (turn.speaker, turn.text, image.caption)
        for conversation in benchmark.conversations
        for _, turn in conversation.turns()
        for image in turn.images
        if (conversation.id, turn.id) == (rows[0].conversation, rows[0].turn)
    )
    found = listed["questions"][0]["shared"]
    assert (found["speaker"], found["text"], found["caption"]) == shared
    assert listed["decisions"] == {rows[1].id: saved.json()["saved"]}


def test_images_come_by_their_hash_alone(
    server: ReviewServer, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    reply = request(server.url, f"images/{rows[0].image}")
    assert reply.content == benchmark.image_path(rows[0].image).read_bytes()
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    unasked = next(record.sha256 for record in reversed(benchmark.images) if record.sha256)
    assert unasked not in {row.image for row in rows}
    secret = "..%2f..%2fbenchmark.json"
    for name in (unasked, "0" * 64, "../benchmark.json", secret, f"x/../{rows[0].image}", ""):
        reply = request(server.url, f"images/{name}")
        assert (reply.status, list(reply.json())) == (404, ["error"])
    for name in ("..%2fserver.py", "../server.py", "%2e%2e/server.py", "review.py"):
        assert request(server.url, name).status == 404


def test_every_reply_is_strict(server: ReviewServer) -> None:
    for path in ("", "review.js", "questions", "nothing", "/"):
        headers = request(server.url, path).headers
        assert "default-src 'none'; script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert "server" not in headers
    assert request(server.url, "").headers["Content-Type"].startswith("text/html")


def test_without_the_secret_nothing_is_told(server: ReviewServer, rows: list[QuestionRow]) -> None:
    body = {"id": rows[0].id, "decision": "accept"}
    wrong = server.url[:-2] + ("a" if server.url[-2] != "a" else "b") + "/"
    for path in ("/", "/decisions", "/questions", "//", urlsplit(wrong).path + "decisions"):
        for sent in (None, body):
            reply = request(server.url, path, sent)
            assert reply.status == 403
            assert "locomo-vqa build review" in reply.json()["error"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Host": "evil.example"},
        {"Host": ""},
    ],
)
def test_another_site_s_page_may_not_decide(
    headers: dict[str, str], server: ReviewServer, review: Review, rows: list[QuestionRow]
) -> None:
    body = {"id": rows[0].id, "decision": "accept"}
    assert request(server.url, "decisions", body, headers=headers).status == 403
    assert review.decisions() == {}
    assert review.path.read_bytes() == b""


def test_the_page_itself_may(server: ReviewServer, rows: list[QuestionRow]) -> None:
    parts = urlsplit(server.url)
    headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Sec-Fetch-Site": "same-origin"}
    body = {"id": rows[0].id, "decision": "accept"}
    assert request(server.url, "decisions", body, headers=headers).status == 200
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert request(server.url, "", headers=followed).status == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"id": "elsewhere"}, 404, "Question not found"),
        ({"id": None}, 422, "needs the id"),
        ({"decision": "maybe"}, 422, "one of accept, correct, reject, undo"),
        ({"answer": "red"}, 422, "Only a correction"),
        ({"decision": "correct"}, 422, "needs a question and an answer"),
        ({"decision": "correct", "question": "Which?", "answer": "x" * 70000}, 413, "too long"),
    ],
)
def test_a_bad_decision_is_answered_with_a_sentence(
    changes: dict[str, Any],
    status: int,
    sentence: str,
    server: ReviewServer,
    review: Review,
    rows: list[QuestionRow],
) -> None:
    body = {"id": rows[0].id, "decision": "accept", **changes}
    reply = request(server.url, "decisions", body)
    assert reply.status == status
    assert sentence in reply.json()["error"]
    assert review.decisions() == {}


def test_what_is_no_json_is_no_decision(server: ReviewServer) -> None:
    for content in (b"{", b"\xff\xfe", b"[" * 60000, b"7"):
        parts = urlsplit(server.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=200)
        connection.request("POST", parts.path + "decisions", content, JSON)
        assert connection.getresponse().status == 422
        connection.close()


def test_a_decision_that_can_t_be_written_is_not_taken(
    server: ReviewServer, review: Review, rows: list[QuestionRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accept(server.url, rows[0].id).status == 200
    before = review.path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        reply = accept(server.url, rows[1].id)
    assert reply.status == 507 and "No space left" in reply.json()["error"]
    assert review.path.read_bytes() == before
    assert list(review.decisions()) == [rows[0].id]
    assert accept(server.url, rows[1].id).status == 200
    kept = [decision.id for decision in read_decisions(review.path)]
    assert kept == [rows[0].id, rows[1].id]


def test_two_browsers_at_once(
    server: ReviewServer, review: Review, rows: list[QuestionRow]
) -> None:
    start = threading.Barrier(2)

    def browser(verdict: str) -> list[int]:
        start.wait()
        bodies = [{"id": row.id, "decision": verdict} for row in rows[:-1]]
        return [request(server.url, "decisions", body).status for body in bodies]

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(browser, ("accept", "reject")))
    assert statuses == [[200] * (len(rows) - 1)] * 2
    lines = review.path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 * (len(rows) - 1)
    last = {row["id"]: row for row in map(json.loads, lines)}
    assert request(server.url, "decisions").json()["decisions"] == last
    assert {kept.id: asdict(kept) for kept in read_decisions(review.path)} == last


def test_a_port_that_is_taken_is_an_error_with_a_remedy(review: Review) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=f"Port {port} can't be used") as error:
            ReviewServer(review, port=port)
    assert "`port`" in error.value.remedy


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "application/octet-stream"),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "application/octet-stream"),
        (b"<!doctype html>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_bytes_say_what_a_image_is(head: bytes, kind: str) -> None:
    assert media_type(head) == kind
