"""What the three systems make of images, over a scripted stub instead of a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Conversation, load_benchmark
from locomo_vqa.evaluators.memory import stage_models
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.evaluators.systems.mem0 import Mem0, Mem0Captions, Mem0V
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.runs import ImageMode, VisualMode
from locomo_vqa.system import Services

from .scripted import Scripted

SAMPLE = load_benchmark("sample")
CONVERSATION = next(c for c in SAMPLE.conversations if c.split == "validation")
QUESTIONS = [q for q in SAMPLE.visual_questions if q.conversation == CONVERSATION.id]
CAPTION = "a drawing of some cars on a street"
"""Of the conversation's first image, in D1:8."""


def script(request: ChatRequest) -> str:
    if "facts" in request.text:
        return '{"facts": []}'
    return "A grey drawing." if "one sentence" in request.text else "heart"


class Told:
    """A system that has read a conversation, and the models it asked."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        folder: Path,
        make: type[Mem0],
        images: ImageMode = "pixels",
        visual: VisualMode = "given",
        conversation: Conversation = CONVERSATION,
        **options: str,
    ) -> None:
        self.models: dict[str, Scripted] = {}
        patch.setattr(stage_models, "open_model", self.open)
        self.showing = ConversationView(SAMPLE, conversation, images, visual)
        self.system = make()
        folder.mkdir(exist_ok=True)
        services = Services(model="transformers:stub", options={"prompts": "reduced", **options})
        self.system.open(self.showing.info, folder, services)
        for session in self.showing.sessions():
            self.system.add(session)
        self.system.flush()
        self.read = {name: list(model.requests) for name, model in self.models.items()}

    def open(self, name: str, *, parameter: str = "model") -> Scripted:
        return self.models.setdefault(name, Scripted(script))

    def ask(self, question: Any) -> ChatRequest:
        """Ask about an image and return the request that was made."""
        answer = self.system.answer_visual(
            self.showing.question_text(question),
            image=self.showing.question_image(question),
            now=self.showing.now,
            recalled=self.showing.recalled(question),
        )
        assert answer.text == "heart"
        return max(self.models.values(), key=lambda model: len(model.requests)).requests[-1]

    def extractions(self) -> str:
        return "\n".join(r.text for r in self.read["transformers:stub"] if "facts" in r.text)


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    made: list[Told] = []

    def one(make: type[Mem0], *args: Any, **options: Any) -> Told:
        made.append(Told(monkeypatch, tmp_path / str(len(made)), make, *args, **options))
        return made[-1]

    yield one
    for told in made:
        told.system.close()


@pytest.mark.slow
def test_every_recalled_image_of_the_sample_is_found_again(tell: Any) -> None:
    """The question names person, day and place; the stub remembers nothing of what was said."""
    for conversation in SAMPLE.conversations:
        told = tell(Mem0V, "pixels", "recalled", conversation, shared_images="keep")
        questions = [q for q in SAMPLE.visual_questions if q.conversation == conversation.id]
        assert questions
        for question in questions:
            (image,) = told.ask(question).images
            assert image.sha256 == question.image


def test_a_recalled_image_is_found_whatever_the_question_says(tell: Any) -> None:
    told = tell(Mem0V, "pixels", "recalled", shared_images="keep")
    for question in QUESTIONS:
        told.system.answer_visual(
            "What is it?",
            image=None,
            now=told.showing.now,
            recalled=told.showing.recalled(question),
        )
        (request,) = told.models.values()
        assert [image.sha256 for image in request.requests[-1].images] == [question.image]


def test_a_given_image_is_looked_at(tell: Any) -> None:
    told = tell(Mem0V, shared_images="keep")
    for question in QUESTIONS[:3]:
        request = told.ask(question)
        assert [image.sha256 for image in request.images] == [question.image]
        assert question.question in request.text
    assert all(not request.images for request in told.read["transformers:stub"])


def test_the_extraction_sees_images_or_reads_what_they_show(tell: Any) -> None:
    shared = [i.sha256 for _, turn in CONVERSATION.turns() for i in turn.images]
    told = tell(Mem0V, shared_images="see")
    requests = told.read["transformers:stub"]
    assert [p.sha256 for request in requests for p in request.images] == shared
    assert told.extractions().count("[shares a picture]") == len(shared)

    told = tell(Mem0V, vision="transformers:eye")
    assert all(not request.images for request in told.read["transformers:stub"])
    assert {p.sha256 for r in told.read["transformers:eye"] for p in r.images} == set(shared)
    assert told.extractions().count("[shares A grey drawing]") == len(shared)
    question = QUESTIONS[0]
    told.system.answer_visual(
        question.question, image=told.showing.question_image(question), now=told.showing.now
    )
    assert told.models["transformers:eye"].requests[-1].images[0].sha256 == question.image


def test_captions_take_the_place_of_images(tell: Any) -> None:
    told = tell(Mem0Captions, "caption")
    assert f"[shares {CAPTION}]" in told.extractions()
    request = told.ask(QUESTIONS[0])
    assert request.images == ()
    assert f"The picture shows: {CAPTION}." in request.text

    told = tell(Mem0Captions, "caption", "recalled")
    assert f"The picture shows: {CAPTION}." in told.ask(QUESTIONS[0]).text

    told = tell(Mem0Captions, "pixels")
    assert told.ask(QUESTIONS[0]).images == ()
    assert "[shares" not in told.extractions()


def test_mem0_passes_images_and_captions_over(tell: Any) -> None:
    for images in ("pixels", "caption"):
        told = tell(Mem0, images)
        assert "[shares" not in told.extractions()
        request = told.ask(QUESTIONS[0])
        assert request.images == ()
        assert request.text.startswith("- none\nQuestion: ")
        assert CAPTION not in request.text


def test_embedded_models_get_what_they_learned() -> None:
    from locomo_vqa.evaluators.memory.settings import MemorySettings

    text = "embedded:text-large"
    embedded = MemorySettings.from_options({"vision": "embedded:large"}, model=text)
    assert (embedded.prompts, embedded.shared_images) == ("reduced", "keep")
    assert (embedded.top_k, embedded.update_k, embedded.reply_tokens) == (10, 8, 200)
    other = MemorySettings.from_options({}, model="openai:http://127.0.0.1:9/v1?model=x")
    assert (other.prompts, other.shared_images) == ("long", "see")
    assert (other.top_k, other.update_k, other.window) == (30, 5, 2)
    assert MemorySettings.from_options({"prompts": "long"}, model=text).prompts == "long"
