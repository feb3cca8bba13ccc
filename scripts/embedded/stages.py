"""The two stages of training: what is where in a picture, then questions about it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import DynamicCache, InternVLForConditionalGeneration

from locomo_vqa.builders.sample.scenes import Scene
from scripts.embedded.batches import IGNORED, Batch, Packer
from scripts.embedded.dense import Probe, labels
from scripts.embedded.learner import Learner

__all__ = ["Plan", "Pool", "look", "talk", "watch"]

Say = Callable[[str], None]

HELD_OUT = 500
"""Pictures at the end of the pool that are only measured on."""

_LOOK = 64
"""Pictures that are looked at together, where nothing is learned from them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast a model of one size learns; batches are those of all processes."""

    watch_steps: int
    watch_batch: int
    talk_steps: int
    talk_batch: int

    def shared(self, processes: int) -> Plan:
        """Return one process's share of the plan."""
        return replace(
            self,
            watch_batch=self.watch_batch // processes,
            talk_batch=self.talk_batch // processes,
        )


class Pool:
    """Scenes, their pictures, and what each token of a picture should know."""

    def __init__(self, scenes: Sequence[Scene], pixels: np.ndarray, order: torch.Tensor) -> None:
        self.scenes = scenes
        self._pixels = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        self.labels = labels(scenes, order)

    def draw(self, count: int) -> torch.Tensor:
        """Return indices of pictures to learn from."""
        return torch.randint(0, len(self.scenes) - HELD_OUT, (count,))

    def held_out(self) -> torch.Tensor:
        """Return indices of the pictures that are only measured on."""
        return torch.arange(len(self.scenes) - HELD_OUT, len(self.scenes))

    def pixels(self, indices: torch.Tensor, *, shaken: bool = True) -> torch.Tensor:
        """Return pictures as the vision tower takes them; shaken, they move and have noise."""
        values = self._pixels[indices].float().div_(127.5).sub_(1)
        if not shaken:
            return values
        down, across = (int(torch.randint(-2, 3, ())) for _ in range(2))
        padded = F.pad(values, (2, 2, 2, 2), mode="replicate")
        moved = padded[:, :, 2 + down : 114 + down, 2 + across : 114 + across]
        return moved + 0.03 * torch.randn_like(moved)


def watch(
    model: InternVLForConditionalGeneration, probe: Probe, pool: Pool, plan: Plan, say: Say
) -> None:
    """Train the vision tower and the projector on dense labels."""
    inner = model.model
    seeing = {"vision_tower": inner.vision_tower, "projector": inner.multi_modal_projector}
    learner = Learner({**seeing, "probe": probe})
    start = time.monotonic()
    for step in learner.steps(plan.watch_steps):
        indices = pool.draw(plan.watch_batch)
        with torch.autocast("cpu", torch.bfloat16):
            tokens = model.model.get_image_features(pool.pixels(indices)).pooler_output
        loss = probe(tokens.float(), pool.labels[indices])
        learner.learn(loss)
        if step % 25 == 0:
            say(f"watch {step} loss {loss.item():.3f} {time.monotonic() - start:.0f} s")
        if step % 100 == 0:
            say(f"watch held out {_seen(model, probe, pool)}")
    say(f"watch held out {_seen(model, probe, pool)}")


def _seen(model: InternVLForConditionalGeneration, probe: Probe, pool: Pool) -> dict[str, float]:
    """Return the share of labels that are right on the pictures held out."""
    indices = pool.held_out()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        pixels = pool.pixels(indices, shaken=False)
        tokens = model.model.get_image_features(pixels).pooler_output
        return probe.accuracy(tokens.float(), pool.labels[indices])


@torch.no_grad()
def look(model: InternVLForConditionalGeneration, pool: Pool, times: int, say: Say) -> torch.Tensor:
    """Return the tokens of every picture, shaken anew each time: (times, pictures, tokens, width).

    The second stage leaves the tower as it is, so each picture is looked at once and not at every
    step.
    """
    start, found = time.monotonic(), []
    for _ in range(times):
        for first in range(0, len(pool.scenes) - HELD_OUT, _LOOK):
            indices = torch.arange(first, min(first + _LOOK, len(pool.scenes) - HELD_OUT))
            with torch.autocast("cpu", torch.bfloat16):
                tokens = model.model.get_image_features(pool.pixels(indices)).pooler_output
            found.append(tokens.bfloat16())
    say(f"looked at {len(pool.scenes)} pictures, {time.monotonic() - start:.0f} s")
    return torch.cat(found).unflatten(0, (times, -1))


def talk(
    model: InternVLForConditionalGeneration,
    pool: Pool,
    seen: torch.Tensor,
    plan: Plan,
    tokenizer: Tokenizer,
    *,
    seed: int,
    say: Say,
    checkpoint: Path | None,
) -> None:
    """Train the text model on turns about pictures that were looked at before.

    The weights go to `checkpoint` now and then, and at the end.
    """
    packer, rng = Packer(tokenizer), random.Random(seed)
    learner = Learner({"language_model": model.model.language_model})
    start = time.monotonic()
    for step in learner.steps(plan.talk_steps):
        indices = pool.draw(plan.talk_batch)
        batch = packer.batch([pool.scenes[int(index)] for index in indices], rng)
        shown = seen[torch.randint(0, len(seen), (len(indices),)), indices]
        with torch.autocast("cpu", torch.bfloat16):
            loss = _told(model, shown.float(), batch)
        learner.learn(loss)
        if step % 25 == 0:
            say(f"talk {step} loss {loss.item():.3f} {time.monotonic() - start:.0f} s")
        if checkpoint and (step % 100 == 0 or step == plan.talk_steps):
            torch.save(model.state_dict(), checkpoint)


def _told(
    model: InternVLForConditionalGeneration, pictures: torch.Tensor, batch: Batch
) -> torch.Tensor:
    """Return the mean loss of the replies; each picture goes through the text model once."""
    text, embed = model.model.language_model, model.get_input_embeddings()
    start = embed(batch.start).expand(len(pictures), -1, -1)
    start = torch.cat([start[:, :2], start[:, 2:3], pictures.to(start.dtype), start[:, -1:]], 1)
    shown = text(inputs_embeds=start, use_cache=True).past_key_values
    logits, targets = [], []
    for group in batch.groups:
        past = DynamicCache()
        if group.picture:
            for k, layer in enumerate(shown.layers):
                past.update(layer.keys[group.rows], layer.values[group.rows], k)
        first = start.shape[1] if group.picture else 0
        positions = torch.arange(first, first + group.ids.shape[1])[None]
        output = text(inputs_embeds=embed(group.ids), past_key_values=past, position_ids=positions)
        here = group.targets != IGNORED
        logits.append(model.lm_head(output.last_hidden_state[here]))
        targets.append(group.targets[here])
    return F.cross_entropy(torch.cat(logits).float(), torch.cat(targets))
