"""The two stages of training: what is where in an image, then questions about it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import DynamicCache, InternVLForConditionalGeneration

from locomo_vqa.builders.sample.scenes import Scene
from scripts.embedded.batches import IGNORED, ImageBatch, TurnBatcher
from scripts.embedded.dense import LinearHeads, labels
from scripts.embedded.learner import Learner
from scripts.embedded.training import Log

__all__ = [
    "TrainingImages",
    "TrainingPlan",
    "encode_images",
    "reply_loss",
    "train_text",
    "train_vision",
]

HELD_OUT = 500
"""The number of images at the end that are held out for measuring."""

_ENCODED_AT_ONCE = 64
"""How many images are encoded together when nothing is learned from them."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long a model of one size is trained; batch sizes are summed over the processes."""

    vision_steps: int
    vision_batch: int
    text_steps: int
    text_batch: int

    def shared(self, processes: int) -> TrainingPlan:
        """Return the plan for one of the processes."""
        return replace(
            self,
            vision_batch=self.vision_batch // processes,
            text_batch=self.text_batch // processes,
        )


class TrainingImages:
    """Scenes, their images, and the labels of every token."""

    def __init__(self, scenes: Sequence[Scene], pixels: np.ndarray, order: torch.Tensor) -> None:
        self.scenes = scenes
        self._pixels = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        self.labels = labels(scenes, order)

    def draw(self, count: int) -> torch.Tensor:
        """Return random indices of training images."""
        return torch.randint(0, len(self.scenes) - HELD_OUT, (count,))

    def held_out(self) -> torch.Tensor:
        """Return the indices of the held-out images."""
        return torch.arange(len(self.scenes) - HELD_OUT, len(self.scenes))

    def pixels(self, indices: torch.Tensor, *, jitter: bool = True) -> torch.Tensor:
        """Return images as the vision tower expects them; jitter shifts them and adds noise."""
        values = self._pixels[indices].float().div_(127.5).sub_(1)
        if not jitter:
            return values
        down, across = (int(torch.randint(-2, 3, ())) for _ in range(2))
        padded = F.pad(values, (2, 2, 2, 2), mode="replicate")
        moved = padded[:, :, 2 + down : 114 + down, 2 + across : 114 + across]
        return moved + 0.03 * torch.randn_like(moved)


def train_vision(
    model: InternVLForConditionalGeneration,
    heads: LinearHeads,
    images: TrainingImages,
    plan: TrainingPlan,
    log: Log,
) -> None:
    """Train the vision tower and the projector on dense labels."""
    inner = model.model
    seeing = {"vision_tower": inner.vision_tower, "projector": inner.multi_modal_projector}
    learner = Learner({**seeing, "heads": heads})
    start = time.monotonic()
    for step in learner.steps(plan.vision_steps):
        indices = images.draw(plan.vision_batch)
        with torch.autocast("cpu", torch.bfloat16):
            tokens = model.model.get_image_features(images.pixels(indices)).pooler_output
        loss = heads(tokens.float(), images.labels[indices])
        learner.learn(loss)
        if step % 25 == 0:
            log(f"vision {step} loss {loss.item():.3f} {time.monotonic() - start:.0f} s")
        if step % 100 == 0:
            log(f"vision held out {_held_out_accuracy(model, heads, images)}")
    log(f"vision held out {_held_out_accuracy(model, heads, images)}")


def _held_out_accuracy(
    model: InternVLForConditionalGeneration, heads: LinearHeads, images: TrainingImages
) -> dict[str, float]:
    """Return the share of labels that are right on the held-out images."""
    indices = images.held_out()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        pixels = images.pixels(indices, jitter=False)
        tokens = model.model.get_image_features(pixels).pooler_output
        return heads.accuracy(tokens.float(), images.labels[indices])


@torch.no_grad()
def encode_images(
    model: InternVLForConditionalGeneration, images: TrainingImages, times: int, log: Log
) -> torch.Tensor:
    """Return the tokens of every image, with new jitter each time: (times, images, tokens, width).

    The second stage does not change the tower, so each image is encoded once, not at every step.
    """
    start, found, count = time.monotonic(), [], len(images.scenes) - HELD_OUT
    for _ in range(times):
        for first in range(0, count, _ENCODED_AT_ONCE):
            indices = torch.arange(
                first, min(first + _ENCODED_AT_ONCE, len(images.scenes) - HELD_OUT)
            )
            with torch.autocast("cpu", torch.bfloat16):
                tokens = model.model.get_image_features(images.pixels(indices)).pooler_output
            found.append(tokens.bfloat16())
    log(f"encoded {len(images.scenes)} images, {time.monotonic() - start:.0f} s")
    return torch.cat(found).unflatten(0, (times, -1))


def train_text(
    model: InternVLForConditionalGeneration,
    images: TrainingImages,
    encoded: torch.Tensor,
    plan: TrainingPlan,
    tokenizer: Tokenizer,
    *,
    seed: int,
    log: Log,
    checkpoint: Path | None,
) -> None:
    """Train the text model on turns about encoded images.

    The weights are saved to `checkpoint` at intervals and at the end.
    """
    batcher, rng = TurnBatcher(tokenizer), random.Random(seed)
    learner = Learner({"language_model": model.model.language_model})
    start = time.monotonic()
    for step in learner.steps(plan.text_steps):
        indices = images.draw(plan.text_batch)
        batch = batcher.batch([images.scenes[int(index)] for index in indices], rng)
        tokens = encoded[torch.randint(0, len(encoded), (len(indices),)), indices]
        with torch.autocast("cpu", torch.bfloat16):
            loss = reply_loss(model, tokens.float(), batch)
        learner.learn(loss)
        if step % 25 == 0:
            log(f"text {step} loss {loss.item():.3f} {time.monotonic() - start:.0f} s")
        if checkpoint and (step % 100 == 0 or step == plan.text_steps):
            torch.save(model.state_dict(), checkpoint)


def reply_loss(
    model: InternVLForConditionalGeneration, images: torch.Tensor, batch: ImageBatch
) -> torch.Tensor:
    """Return the mean loss of the replies; each image goes through the text model once."""
    text, embed = model.model.language_model, model.get_input_embeddings()
    start = embed(batch.start).expand(len(images), -1, -1)
    start = torch.cat([start[:, :2], start[:, 2:3], images.to(start.dtype), start[:, -1:]], 1)
    shown = text(inputs_embeds=start, use_cache=True).past_key_values
    logits, targets = [], []
    for group in batch.groups:
        past = DynamicCache()
        if group.with_image:
            for k, layer in enumerate(shown.layers):
                past.update(layer.keys[group.rows], layer.values[group.rows], k)
        first = start.shape[1] if group.with_image else 0
        positions = torch.arange(first, first + group.ids.shape[1])[None]
        output = text(inputs_embeds=embed(group.ids), past_key_values=past, position_ids=positions)
        here = group.targets != IGNORED
        logits.append(model.lm_head(output.last_hidden_state[here]))
        targets.append(group.targets[here])
    return F.cross_entropy(torch.cat(logits).float(), torch.cat(targets))
