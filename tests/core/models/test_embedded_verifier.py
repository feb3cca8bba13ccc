"""The embedded verifier: how it reads prompts, and that numpy does what torch does."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from locomo_vqa.builders.questions.verification import (
    again_prompt,
    premise_prompt,
    verdict_prompt,
)
from locomo_vqa.builders.sample.painter import paint
from locomo_vqa.builders.sample.scenes import Scene, make_scene
from locomo_vqa.errors import InputError
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed, ModelImage
from locomo_vqa.models.embedded.verifier import VerifierNetwork, VerifierPrompt, read_prompt
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import probe
from locomo_vqa.prompts import answer_visual
from tests.conftest import ROOT

FOLDER = ROOT / "locomo_vqa" / "models" / "embedded" / "verifier"
QUESTION = "How many boats are there?"


def image_of(scene: Scene) -> bytes:
    file = io.BytesIO()
    paint(scene).save(file, "PNG")
    return file.getvalue()


def test_prompts_are_read() -> None:
    assert read_prompt(premise_prompt(QUESTION)) == VerifierPrompt("premise", QUESTION)
    assert read_prompt(verdict_prompt(QUESTION, "two")) == VerifierPrompt(
        "verdict", QUESTION, "two"
    )
    assert read_prompt(again_prompt(QUESTION)) == VerifierPrompt("ask", QUESTION)
    assert read_prompt(answer_visual(QUESTION)) == VerifierPrompt("ask", QUESTION)
    assert read_prompt("Name a colour.") == VerifierPrompt("ask", "Name a colour.")


def test_it_is_smaller_than_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 1_000_000


def test_it_passes_the_check_with_known_answers_and_needs_an_image() -> None:
    async def run() -> None:
        model = open_model("embedded:verifier")
        found = await probe(model)
        assert found.sees and found.json_schema == "refused"
        with pytest.raises(ModelFailed, match="answers about one image, not 0"):
            await model.ask(ChatRequest(text=QUESTION))
        broken = ModelImage(sha256="0" * 64, media_type="image/png", data=b"no image")
        with pytest.raises(ModelFailed, match="can't be decoded"):
            await model.ask(ChatRequest(text=QUESTION, images=(broken,)))
        await model.close()

    asyncio.run(run())


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(InputError, match="no option 'threads'"):
        open_model("embedded:verifier?threads=2")


def test_other_thresholds_make_it_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored replies of a verifier that decides otherwise are not used again."""

    def revision() -> str:
        return str(open_model("embedded:verifier").identity()["revision"])

    before = revision()
    assert revision() == before
    monkeypatch.setattr("locomo_vqa.models.embedded.verifier.DECISION", (0.0, 4.0, 0.5))
    assert revision() != before


def test_the_same_image_is_seen_once_and_any_text_gets_a_word() -> None:
    image = ModelImage(sha256="1" * 64, media_type="image/png", data=image_of(make_scene(RNG)))

    async def run() -> list[ChatReply]:
        model = open_model("embedded:verifier")
        texts = ["", "?", "\x00" * 5, "word " * 5000, "Question: \nGiven answer: \n", QUESTION]
        requests = [ChatRequest(text=text, images=(image,)) for text in texts]
        replies = [await model.ask(request) for request in requests]
        await model.close()
        return replies

    assert all(reply.text and reply.finish == "stop" for reply in asyncio.run(run()))


RNG = random.Random(5)


class FixedNetwork(VerifierNetwork):
    """A network whose logits are given: of yes, no, "two" and "three" for each check."""

    def __init__(self, **logits: list[float]) -> None:
        self.given = logits
        self._words = {"words": [], "answers": ["yes", "no", "two", "three"]}

    def logits(
        self, prompts: Sequence[VerifierPrompt], images: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        return np.array([self.given[prompt.check] for prompt in prompts], np.float32)


@pytest.mark.parametrize(
    ("given", "premise", "word"),
    [
        ("two", 3.0, "yes"),  # 2 + 3 + (9 - 6) / 2 = 6.5
        ("two", 0.4, "no"),  # 2 + 0.4 + (9 - 6) / 2 = 3.9
        ("three", 3.0, "no"),  # 2 + 3 + (6 - 9) / 2 = 3.5
        ("Two ", 3.0, "yes"),
        ("many", 6.0, "no"),  # Counts as the least likely: 2 + 6 + (0 - 9) / 2 = 3.5
    ],
)
def test_a_verdict_adds_up_what_the_network_knows(given: str, premise: float, word: str) -> None:
    network = FixedNetwork(verdict=[2, 0, 0, 0], premise=[premise, 0, 0, 0], ask=[0, 0, 9, 6])
    verdict = VerifierPrompt("verdict", QUESTION, given)
    prompts = [VerifierPrompt("ask", QUESTION), verdict]
    seen = np.zeros((49, 1), np.float32)
    assert network.answer(prompts, [seen] * 2) == ["two", word]


@pytest.mark.parametrize(("odds", "word"), [(0.6, "yes"), (0.4, "no")])
def test_a_premise_is_false_only_with_clear_odds(odds: float, word: str) -> None:
    prompt = VerifierPrompt("premise", QUESTION)
    network = FixedNetwork(premise=[odds, 0, 0, 0])
    assert network.answer([prompt], [np.zeros((49, 1), np.float32)]) == [word]


@pytest.mark.slow
def test_numpy_runs_the_network_as_torch_does(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from locomo_vqa.models.embedded.pixels import to_pixels
    from locomo_vqa.models.embedded.verifier import prompt_words
    from scripts.embedded import verifier_network as trained

    torch.manual_seed(0)
    model = trained.VerifierModel()
    image = image_of(make_scene(RNG))
    pixels = torch.from_numpy(to_pixels(image))[None]
    for _ in range(3):  # So that batch normalisation has statistics to fold.
        model.eyes(pixels + 0.1 * torch.randn_like(pixels).expand(4, -1, -1, -1))
    model.eval()
    trained.export_verifier(model, tmp_path)
    network = VerifierNetwork(tmp_path)
    prompts = [VerifierPrompt("verdict", QUESTION, "two"), VerifierPrompt("ask", "What?")]
    rows = [
        [max(0, trained.WORDS.index(word)) if word in trained.WORDS else 1 for word in words]
        for words in (prompt_words(prompt, trained.MOST_WORDS) for prompt in prompts)
    ]
    with torch.inference_mode():
        tokens = model.eyes(pixels)
        expected = model.read(tokens.expand(2, -1, -1), trained.padded(rows)).numpy()
        seen = model.norm(tokens)[0].numpy()
    assert np.abs(network.see(image) - seen).max() < 0.05
    logits = network.logits(prompts, [network.see(image)] * 2)
    assert np.abs(logits - expected).max() < 0.05
