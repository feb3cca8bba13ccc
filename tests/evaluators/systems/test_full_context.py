"""full-context: what it sends, and which state each fault of an endpoint becomes."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.systems.full_context import MAX_RECALLED_IMAGES, FullContext
from locomo_vqa.files import read_jsonl
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import ConversationInfo, RecalledImage, Services, ShownImage, ShownTurn
from tests.conftest import Cli
from tests.evaluators.stub_endpoint import Responder, completion, stub_endpoint

RUN = ("run", "full-context", "--benchmark", "sample", "--split", "validation", "--out", "run")


def states(folder: Path) -> set[tuple[str, str | None]]:
    rows = read_jsonl(folder / "predictions.jsonl", what="it")
    return {(row["state"], row["prediction"]) for _, row in rows}


@pytest.mark.slow
def test_the_conversation_its_images_and_the_question_are_sent(tmp_path: Path, cli: Cli) -> None:
    with stub_endpoint(lambda request: completion(" Blue. ")) as endpoint:
        done = cli(*RUN, "--model", endpoint.model)
    assert done.returncode == 0, done.stderr
    assert states(tmp_path / "run") == {("ok", "Blue.")}
    sample = load_benchmark("sample")
    conversation = next(c for c in sample.conversations if c.split == "validation")
    _, request, *_ = endpoint.requests  # The first one tries whether the model takes images.
    parts = request["messages"][0]["content"]
    text = "".join(part.get("text", "") for part in parts)
    for _, turn in conversation.turns():
        assert f"{turn.speaker}: {turn.text}" in text
    first = next(q for q in sample.text_questions if q.split == "validation")
    assert text.rstrip().endswith(f"Question: {first.question}\nAnswer:")
    sent = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    shared = [image.sha256 for _, turn in conversation.turns() for image in turn.images]
    images = [base64.b64decode(url.removeprefix("data:image/png;base64,")) for url in sent]
    originals = [sample.image_path(str(sha)).read_bytes() for sha in shared]
    assert [_pixels(image) for image in images] == [_pixels(image) for image in originals]
    assert request["temperature"] == 0
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["answerer"]["model"] == "stub"
    assert run["answerer"]["provider"] == endpoint.url.removeprefix("http://")
    row = read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")[0][1]
    assert row["usage"] == {"input_tokens": 7, "output_tokens": 2, "calls": 1}


@pytest.mark.slow
def test_a_caption_takes_the_place_of_the_image(tmp_path: Path, cli: Cli) -> None:
    with stub_endpoint(lambda request: completion("blue")) as endpoint:
        assert cli(*RUN, "--model", endpoint.model, "--images", "caption").returncode == 0
    sent = json.dumps(endpoint.requests)
    assert "image_url" not in sent
    sample = load_benchmark("sample")
    captions = {
        image.caption
        for conversation in sample.conversations
        if conversation.split == "validation"
        for _, turn in conversation.turns()
        for image in turn.images
    }
    assert all(f"[shares {caption}]" in sent for caption in captions)
    assert all(f"The picture shows: {caption}." in sent for caption in captions)


@pytest.mark.slow
def test_a_recalled_image_is_sent_with_the_conversation(tmp_path: Path) -> None:
    """Twenty images, five a day by two people; the first day's are sent, and the latest."""
    days = [datetime(2023, 5, day) for day in (7, 17, 27, 30)]
    turns = [
        [_shares(tmp_path, f"D{number}:{place}", time, place) for place in range(1, 6)]
        for number, time in enumerate(days, start=1)
    ]
    info = ConversationInfo(id="c", speakers=("Ada", "Ben"), images="pixels", visual="recalled")
    question = "About the first of the three pictures that Ada shared on 7 May 2023: What is it?"
    with stub_endpoint(lambda request: completion("kite")) as endpoint:
        system = FullContext()
        system.open(info, tmp_path, Services(llm=parse_endpoint(endpoint.model, timeout_s=30)))
        for session in turns:
            system.add(session)
        recalled = RecalledImage(speaker="Ada", date=days[0].date(), ordinal=1, count=3)
        said = system.answer_visual(question, image=None, now=days[-1], recalled=recalled)
        assert said.text == "kite"
        assert [hit.turn for hit in said.retrieved][:4] == ["D1:5", "D1:3", "D1:1", "D1:4"]
        assert len(said.retrieved) == MAX_RECALLED_IMAGES
        (whole,) = system.answer("What is it?", now=days[-1]).retrieved
        assert whole.turns == tuple(turn.id for session in turns for turn in session)[::-1]
        system.close()
    request = endpoint.requests[0]
    parts = request["messages"][0]["content"]
    sent = [part["image_url"]["url"].partition(",")[2] for part in parts if "image_url" in part]
    colours = [_pixels(base64.b64decode(data))[:2] for data in sent]
    names = [f"D{day}:{place}" for day, place in colours]
    assert len(names) == MAX_RECALLED_IMAGES == 16
    assert names == [t.id for session in turns for t in session if t.id in names]
    # All of the day, then Ada's of the other days (nine), then Ben's latest two.
    assert [name for name in names if name.startswith("D1")] == [t.id for t in turns[0]]
    assert {f"D{day}:{place}" for day in (2, 3, 4) for place in (1, 3, 5)} < set(names)
    assert {"D4:4", "D4:2"} < set(names)
    text = "".join(part.get("text", "") for part in parts)
    assert text.count("[shares a picture]") == 4
    assert f"Question: {question}" in text
    assert "Sunday, 7 May 2023" in text
    before = parts[[part.get("type") for part in parts].index("image_url") - 1]["text"]
    assert before.endswith("Ada: picture D1:1")


def _pixels(image: bytes) -> bytes:
    return Image.open(BytesIO(image)).convert("RGB").tobytes()


def _shares(folder: Path, name: str, time: datetime, place: int) -> ShownTurn:
    """A turn with an image whose colour says its day and its place."""
    path = folder / f"{name}.png"
    Image.new("RGB", (8, 8), (int(name[1]), place, 0)).save(path)
    return ShownTurn(
        id=name,
        session=int(name[1]),
        time=time,
        speaker="Ada" if place % 2 else "Ben",
        role="user" if place % 2 else "assistant",
        text=f"picture {name}",
        images=(ShownImage(path=path, media_type="image/png", caption=None),),
    )


FAULTS: dict[str, tuple[Responder, str, int]] = {
    "an error of the server": (lambda r: (400, {"error": {"message": "too long"}}), "error", 1),
    "no choices": (lambda r: (200, {"id": "x", "object": "chat.completion"}), "error", 1),
    "silence": (lambda r: (200, 5.0), "timeout", 1),
    "nothing": (lambda r: completion(""), "empty", 0),
    "null": (lambda r: completion(None), "empty", 0),
    "a refusal": (lambda r: completion(None, refusal="I can't help with that."), "refused", 0),
    "a filter": (lambda r: completion("", finish_reason="content_filter"), "refused", 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_a_state_and_never_an_answer(name: str, tmp_path: Path, cli: Cli) -> None:
    respond, state, status = FAULTS[name]
    calls = 0

    def sometimes(request: dict[str, Any]) -> tuple[int, Any]:
        nonlocal calls
        calls += 1
        return respond(request) if calls <= 4 else completion("fine")

    with stub_endpoint(sometimes) as endpoint:
        limit = "1" if state == "timeout" else "100"
        done = cli(*RUN, "--model", endpoint.model, "--timeout", limit)
    assert done.returncode == status, done.stderr
    rows = [row for _, row in read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")]
    assert (rows[0]["state"], rows[-1]["state"]) == (state, "ok")
    assert rows[0]["prediction"] in (None, "")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_web_page_ends_the_run_at_once_with_its_words(tmp_path: Path, cli: Cli) -> None:
    """An address that serves pages is a wrong one: no other question is asked there."""
    calls: list[dict[str, Any]] = []

    def page(request: dict[str, Any]) -> tuple[int, Any]:
        calls.append(request)
        return 200, b"<html>busy</html>"

    with stub_endpoint(page) as endpoint:
        done = cli(*RUN, "--model", endpoint.model)
    assert done.returncode == 2
    assert "a web page instead of a reply: <html>busy</html>" in done.stderr
    assert len(calls) == 2  # The first one tries whether the model takes images.
    journal = read_jsonl(tmp_path / "run" / "journal.jsonl", what="the journal")
    assert [row["state"] for _, row in journal if "question_id" in row] == ["error"]


@pytest.mark.slow
def test_a_server_that_goes_away_stops_the_run_and_it_can_go_on(tmp_path: Path, cli: Cli) -> None:
    class Gone(Exception):
        pass

    count = 0

    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        nonlocal count
        count += 1
        if count > 5:
            raise Gone  # The connection breaks without a reply.
        return completion("fine")

    with stub_endpoint(respond) as endpoint:
        done = cli(*RUN, "--model", endpoint.model)
        assert done.returncode == 2
        assert "no longer answers" in done.stderr
        assert "--retry-failed" in done.stderr
        count = -1000
        done = cli(*RUN, "--model", endpoint.model, "--retry-failed")
    assert done.returncode == 0, done.stderr
    assert states(tmp_path / "run") == {("ok", "fine")}


@pytest.mark.slow
def test_wrong_models_are_refused_before_anything_is_written(tmp_path: Path, cli: Cli) -> None:
    for model, message in {
        "": "is not a model",
        "openai:http://127.0.0.1:9/v1": "does not name a model",
        "openai:127.0.0.1:9/v1?model=x": "is not an endpoint's name",
        "gpt-4": "is not a model",
        "openai:http://127.0.0.1:9/v1?model=x": "no server answers",
    }.items():
        done = cli(*RUN, "--model", model)
        assert done.returncode == 2
        assert message in done.stderr
    done = cli(*RUN)
    assert done.returncode == 2
    assert "but --model is missing" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("count", [1.5, -1])
def test_an_endpoint_that_can_t_count_is_no_failure(count: float, tmp_path: Path, cli: Cli) -> None:
    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        status, body = completion("fine")
        return status, {**body, "usage": {"prompt_tokens": count, "completion_tokens": 2}}

    with stub_endpoint(respond) as endpoint:
        done = cli(*RUN, "--model", endpoint.model)
    assert done.returncode == 0, done.stderr
    row = read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")[0][1]
    assert row["usage"] == {"input_tokens": None, "output_tokens": 2, "calls": 1}
