"""Train `embedded:verifier` from scratch: `python scripts/train_embedded_verifier.py`.

It learns to check questions about images: whether what they take for granted is true, and whether
an answer is right. Its examples are questions that `embedded:large` writes about newly drawn
images, and questions that would be true of slightly different ones. Needs the `train` extra, but no
GPU. Writes `locomo_vqa/models/embedded/verifier/`; the same seed and the same versions give nearly
the same weights.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from locomo_vqa.benchmark import QUESTION_TYPES
from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.questions.replies import Written, read_reply
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.builders.sample.truth import is_true
from locomo_vqa.models.embedded import EmbeddedModel, EmbeddedPrompt
from locomo_vqa.models.embedded.verifier import prompt_words
from scripts.embedded.dense import LinearHeads
from scripts.embedded.images import draw_images, load_or_draw
from scripts.embedded.stages import HELD_OUT, TrainingImages
from scripts.embedded.training import MODELS, print_line
from scripts.embedded.verifier_network import (
    ANSWER_WORDS,
    MOST_WORDS,
    WIDTH,
    WORDS,
    VerifierModel,
    export_verifier,
    padded,
)
from scripts.embedded.verifier_turns import VerifierTurn, WrittenQuestion, verifier_turns

RATE = 3e-3
"""AdamW's highest learning rate."""
HARD = 0.25
"""The share of images about which the generator wrote a false gold."""
ALTERED = 0.1
"""The share of images that are altered as real files are; the others are as they were drawn."""
WEIGHTS = {"alike": 16, "colour": 4, "odd count": 4, "odd": 3, "the odd": 2, "kind": 2} | {
    **{"mark": 2, "the mark": 2, "style": 2, "mood": 0.3, "the part": 0.3},
}
"""The weights of the dense labels' losses that are not 1: "alike", how many things have a thing's
colour, is learned last."""
_IDS = {word: number for number, word in enumerate(WORDS)}
_ANSWERS = {word: number for number, word in enumerate(ANSWER_WORDS)}


def main() -> None:
    """Draw images, have questions written about them, and train the network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("embedded-verifier"))
    parser.add_argument("--out", type=Path, default=MODELS / "verifier")
    parser.add_argument("--images", type=int, default=12000)
    parser.add_argument("--steps", type=int, default=3206)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=77)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    arguments.work.mkdir(parents=True, exist_ok=True)
    begun = time.process_time()
    scenes, pixels = load_or_draw(arguments.work, arguments.images, arguments.seed)
    written = _written(arguments.work, pixels, arguments.threads)
    pixels = _mostly_as_drawn(pixels, arguments.seed)
    model = VerifierModel().to(memory_format=torch.channels_last)
    images = TrainingImages(scenes, pixels, torch.arange(49))
    _train(model, images, written, arguments)
    export_verifier(model.eval(), arguments.out)
    print_line(f"{time.process_time() - begun:.0f} CPU seconds")


def _mostly_as_drawn(pixels: np.ndarray, seed: int) -> np.ndarray:
    """Return altered images with most of them replaced by the same ones as they were drawn."""
    _, drawn = draw_images(len(pixels), seed + 1, altered=False)
    altered = np.random.default_rng(seed).random(len(pixels)) < ALTERED
    return np.where(altered[:, None, None, None], pixels, drawn)


def _written(work: Path, pixels: np.ndarray, threads: int) -> list[list[WrittenQuestion]]:
    """Return what `embedded:large` writes about each image; it is kept in the work folder."""
    file = work / f"written-{len(pixels)}.json"
    if not file.exists():
        model = EmbeddedModel("large")
        found = [
            questions
            for first in range(0, len(pixels), 64)
            for questions in _questions(model, pixels[first : first + 64], threads)
        ]
        file.write_text(json.dumps(found), encoding="utf-8")
    return [
        [WrittenQuestion(*each) for each in questions]
        for questions in json.loads(file.read_text(encoding="utf-8"))
    ]


def _questions(
    model: EmbeddedModel, pixels: np.ndarray, threads: int
) -> list[list[tuple[str, str, str]]]:
    prompts = [
        (type, EmbeddedPrompt(generation_prompt(type), png))
        for png in map(_png, pixels)
        for type in QUESTION_TYPES
    ]
    replies = model.generate([prompt for _, prompt in prompts], 64, threads)
    found: list[list[tuple[str, str, str]]] = [[] for _ in pixels]
    for number, ((type, _), reply) in enumerate(zip(prompts, replies, strict=True)):
        read = read_reply(reply)
        if isinstance(read, Written):
            found[number // len(QUESTION_TYPES)].append((type, read.question, read.answer))
    return found


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def _train(
    model: VerifierModel,
    images: TrainingImages,
    written: Sequence[Sequence[WrittenQuestion]],
    arguments: argparse.Namespace,
) -> None:
    """Train the whole network on turns and, like the other models' towers, on dense labels."""
    heads, rng = LinearHeads(WIDTH, WEIGHTS), random.Random(arguments.seed)
    hard = _hard(images.scenes, written)
    parameters = [*model.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": [each for each in parameters if each.ndim > 1], "weight_decay": 0.02},
            {"params": [each for each in parameters if each.ndim < 2], "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
    )
    start = time.process_time()
    for step in _steps(optimizer, arguments.steps):
        indices = images.draw(arguments.batch)
        some = round(HARD * arguments.batch)
        indices[:some] = torch.tensor(rng.choices(hard, k=some))
        loss, dense = _losses(model, heads, images, written, indices, rng)
        (loss + (1.2 if step < 0.6 * arguments.steps else 0.7) * dense).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 25 == 0:
            spent = time.process_time() - start
            print_line(f"{step} loss {loss.item():.3f} {dense.item():.3f} {spent:.0f} CPU seconds")


def _steps(optimizer: torch.optim.Optimizer, count: int) -> Iterator[int]:
    """Yield the steps, with a rate that rises linearly and then falls along a cosine."""
    for step in range(1, count + 1):
        share = 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * step / count))
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, step / 40) * share
        optimizer.zero_grad()
        yield step


def _hard(scenes: Sequence[Scene], written: Sequence[Sequence[WrittenQuestion]]) -> list[int]:
    """Return the training images about which a false gold was written."""
    return [
        number
        for number, scene in enumerate(scenes[:-HELD_OUT])
        if any(not is_true(scene, w.type, w.question, w.answer) for w in written[number])
    ]


def _losses(
    model: VerifierModel,
    heads: LinearHeads,
    images: TrainingImages,
    written: Sequence[Sequence[WrittenQuestion]],
    indices: torch.Tensor,
    rng: random.Random,
) -> tuple[torch.Tensor, torch.Tensor]:
    turns: list[VerifierTurn] = []
    rows: list[int] = []
    for row, index in enumerate(indices.tolist()):
        found = verifier_turns(images.scenes[index], written[index], rng)
        turns += found
        rows += [row] * len(found)
    pixels = images.pixels(indices).contiguous(memory_format=torch.channels_last)
    words = [prompt_words(turn.prompt, MOST_WORDS) for turn in turns]
    ids = padded([[_IDS.get(word, _IDS["<unk>"]) for word in each] for each in words])
    targets = torch.tensor([_ANSWERS[turn.word] for turn in turns])
    with torch.autocast("cpu", torch.bfloat16):
        tokens = model.eyes(pixels).float()
        logits = model.read(tokens[torch.tensor(rows)], ids)
    return F.cross_entropy(logits.float(), targets), heads(tokens, images.labels[indices])


if __name__ == "__main__":
    main()
