"""Train the embedded student from scratch: `python scripts/train_embedded_student.py`.

The student is one small model that sees images and does the text stages of a memory system, all of
them badly: what MemLoRA's experts start from. Needs the `train` extra, but no GPU.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import InternVLForConditionalGeneration

sys.path.insert(0, str(Path(__file__).parent.parent))

from locomo_vqa.models.embedded import EmbeddedModel
from scripts.embedded.architecture import make_student, token_order
from scripts.embedded.batches import TurnBatcher
from scripts.embedded.dense import LinearHeads
from scripts.embedded.export import export
from scripts.embedded.images import load_or_draw
from scripts.embedded.learner import Learner
from scripts.embedded.measure import answers, fresh_scenes
from scripts.embedded.stages import (
    TrainingImages,
    TrainingPlan,
    encode_images,
    reply_loss,
    train_vision,
)
from scripts.embedded.student_examples import student_examples, student_turns
from scripts.embedded.student_tokenizer import make_student_tokenizer
from scripts.embedded.text_batches import text_batches
from scripts.embedded.text_learning import text_losses
from scripts.embedded.text_measure import measure_text
from scripts.embedded.training import MODELS, Log, print_line, write_figures

_MATRIX_RATE, _OTHER_RATE = 3e-3, 3e-3


def train(arguments: argparse.Namespace) -> InternVLForConditionalGeneration:
    """Train the vision tower, then the language model on both kinds of tasks at once."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    tokenizer = make_student_tokenizer()
    model = make_student(tokenizer)
    model.set_attn_implementation("eager")
    heads = LinearHeads(model.config.text_config.hidden_size)
    scenes, pixels = load_or_draw(arguments.work, arguments.images, arguments.seed)
    images = TrainingImages(scenes, pixels, token_order(model))
    first = arguments.work / "student-vision.pt"
    if first.exists():
        model.load_state_dict(torch.load(first, weights_only=True))
    else:
        plan = TrainingPlan(
            vision_steps=arguments.vision_steps, vision_batch=32, text_steps=0, text_batch=0
        )
        train_vision(model, heads, images, plan, print_line)
        torch.save(model.state_dict(), first)
    encoded = encode_images(model, images, 1, print_line)
    _train_language(model, images, encoded, tokenizer, arguments, print_line)
    return model


def _train_language(
    model: InternVLForConditionalGeneration,
    images: TrainingImages,
    encoded: torch.Tensor,
    tokenizer: Tokenizer,
    arguments: argparse.Namespace,
    log: Log,
) -> None:
    learner = Learner(
        {"language_model": model.model.language_model},
        matrix_rate=_MATRIX_RATE,
        other_rate=_OTHER_RATE,
    )
    rng = random.Random(arguments.seed + 7)
    texts, batcher = (
        text_batches(tokenizer, rng, arguments.tokens, student_examples),
        TurnBatcher(tokenizer),
    )
    start = time.monotonic()
    for step in learner.steps(arguments.steps):
        indices = images.draw(arguments.pictures)
        scenes = [images.scenes[int(index)] for index in indices]
        seen = batcher.batch(scenes, rng, student_turns)
        tokens = encoded[0, indices]
        reading = 1.0 if step <= 0.3 * arguments.steps else 0.0
        with torch.autocast("cpu", torch.bfloat16):
            image_loss = reply_loss(model, tokens.float(), seen)
            text_loss, right = text_losses(
                model.model.language_model, model.lm_head, next(texts), reading
            )
        learner.learn(text_loss + 0.5 * image_loss)
        if step % 25 == 0:
            spent = time.monotonic() - start
            losses = f"text {text_loss.item():.3f} right {right:.3f} images {image_loss.item():.3f}"
            log(f"{step} {losses} {spent:.0f} s")
        if step % 100 == 0 or step == arguments.steps:
            torch.save(model.state_dict(), arguments.work / "student.pt")


def main() -> None:
    """Train and export the student."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("embedded-training"))
    parser.add_argument("--out", type=Path, default=MODELS / "student")
    parser.add_argument("--images", type=int, default=6_000)
    parser.add_argument("--vision-steps", type=int, default=500)
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--tokens", type=int, default=3072, help="tokens of text a step")
    parser.add_argument("--pictures", type=int, default=8, help="images a step")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--export", action="store_true", help="only export the last weights")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.export:
        model = make_student(make_student_tokenizer())
        model.load_state_dict(torch.load(arguments.work / "student.pt", weights_only=True))
    else:
        model = train(arguments)
    export(model, make_student_tokenizer(), arguments.out)
    student = EmbeddedModel("student", folder=arguments.out)
    figures = measure_text(student) | {"answers": answers(student, fresh_scenes(300))}
    write_figures(arguments.out, figures)


if __name__ == "__main__":
    main()
