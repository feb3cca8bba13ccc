"""The same checkpoints in transformers: it loads them, and replies what the runtime replies."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from locomo_vqa.benchmark import QUESTION_TYPES
from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.sample.painter import paint
from locomo_vqa.models.embedded import SIZES, EmbeddedModel, EmbeddedPrompt, Size
from locomo_vqa.models.embedded.pixels import to_pixels
from locomo_vqa.prompts import answer_visual
from scripts.embedded.measure import fresh_scenes, png, questions
from tests.conftest import ROOT

MODELS = ROOT / "locomo_vqa" / "models" / "embedded"
SCENES = fresh_scenes(32, seed=30_000_001)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> Size:
    """Either size, where torch and transformers are there."""
    pytest.importorskip("torch", reason="needs the models extra")
    pytest.importorskip("transformers", reason="needs the models extra")
    found: Size = request.param
    return found


@pytest.fixture(scope="module")
def loaded(size: Size) -> Any:
    """The checkpoint as transformers loads it, in float32."""
    import torch
    from transformers import InternVLForConditionalGeneration

    torch.set_num_threads(1)
    model, report = InternVLForConditionalGeneration.from_pretrained(
        MODELS / size, dtype=torch.float32, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    return model.eval()


@pytest.fixture(scope="module")
def processors(size: Size) -> tuple[Any, Any]:
    """The tokenizer and the image processor; InternVL's joint one would need torchvision."""
    from transformers import AutoTokenizer, GotOcr2ImageProcessorPil

    folder = MODELS / size
    return AutoTokenizer.from_pretrained(folder), GotOcr2ImageProcessorPil.from_pretrained(folder)


def test_pixels_are_those_of_the_image_processor(processors: tuple[Any, Any]) -> None:
    _, images = processors
    for side in (112, 224, 320):
        file = png(paint(SCENES[0], side))
        with Image.open(io.BytesIO(file)) as image:
            theirs = images(image, return_tensors="pt")["pixel_values"][0].numpy()
        np.testing.assert_allclose(to_pixels(file), theirs, atol=1e-5)


def _greedy(loaded: Any, processors: tuple[Any, Any], prompt: EmbeddedPrompt, room: int) -> str:
    import torch

    tokenizer, _ = processors
    content = [{"type": "image"}] if prompt.image else []
    content.append({"type": "text", "text": prompt.text})
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
    )
    shown = "<img>" + "<IMG_CONTEXT>" * loaded.config.image_seq_length + "</img>"
    text = text.replace("<IMG_CONTEXT>", shown)
    inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
    inputs.pop("token_type_ids", None)
    if prompt.image:
        inputs["pixel_values"] = torch.from_numpy(to_pixels(prompt.image))[None]
    with torch.no_grad():
        ids = loaded.generate(**inputs, max_new_tokens=room, do_sample=False)
    reply: str = tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return reply


def test_replies_are_those_of_transformers(
    size: Size, loaded: Any, processors: tuple[Any, Any]
) -> None:
    asked = questions(SCENES)[::5]
    prompts = [
        EmbeddedPrompt(answer_visual(item.question), png(paint(scene))) for scene, _, item in asked
    ]
    prompts += [
        EmbeddedPrompt(generation_prompt(type), png(paint(scene)))
        for scene, type in zip(SCENES, QUESTION_TYPES * 4, strict=True)
    ]
    prompts += [EmbeddedPrompt(answer_visual(item.question)) for _, _, item in asked[:5]]
    assert len({prompt.image for prompt in prompts}) > 30
    ours = EmbeddedModel(size).generate(prompts, 48)
    assert ours == [_greedy(loaded, processors, prompt, 48) for prompt in prompts]


def test_the_joint_processor_loads_without_its_video_part(
    size: Size, loaded: Any, processors: tuple[Any, Any]
) -> None:
    from transformers import InternVLProcessor, ProcessorMixin

    class Images(InternVLProcessor):  # type: ignore[misc]
        def __init__(
            self, image_processor: Any = None, tokenizer: Any = None, image_seq_length: int = 256
        ) -> None:
            ProcessorMixin.__init__(self, image_processor, tokenizer)
            self.image_seq_length = image_seq_length

    processor = Images.from_pretrained(MODELS / size)
    assert processor.image_seq_length == loaded.config.image_seq_length
    assert processor.tokenizer.context_image_token == "<IMG_CONTEXT>"
