"""The two stages of training: what is where in a picture, then questions about it."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import distributed, nn
from transformers import DynamicCache, InternVLForConditionalGeneration

from locomo_vqa.sample.scenes import Scene
from scripts.embedded.batches import IGNORED, Batch, Packer
from scripts.embedded.dense import Probe, labels

__all__ = ["Plan", "Pool", "talk", "watch"]

Say = Callable[[str], None]

HELD_OUT = 500
"""Pictures at the end of the pool that are only measured on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast a model of one size learns; batches are those of all processes."""

    watch_steps: int
    watch_batch: int
    talk_steps: int
    talk_batch: int
    watch_rate: float = 1.5e-3
    talk_rate: float = 1.5e-3
    asked: float = 0.5
    """Share of the pictures in the second stage that have turns; the others only have labels."""
    tower_scale: float = 0.5
    """The vision tower's learning rate in the second stage, as a share of the others'."""
    dense_share: float = 1.0
    """Weight of the first stage's loss in the second one."""

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


def _rates(
    optimizer: torch.optim.Optimizer, steps: int, rate: float, warm: int = 60
) -> Iterator[int]:
    """Count the steps, with a learning rate that rises and then falls as a cosine does."""
    for step in range(1, steps + 1):
        share = 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / warm) * share * group.get("scale", 1.0)
        yield step


def _learn(
    loss: torch.Tensor, optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter]
) -> None:
    optimizer.zero_grad()
    loss.backward()
    if distributed.is_initialized():
        _share([each.grad for each in parameters if each.grad is not None])
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


def _share(gradients: list[torch.Tensor]) -> None:
    """Make each gradient the mean over the processes."""
    flat = torch.cat([each.flatten() for each in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    first = 0
    for each in gradients:
        each.copy_(flat[first : first + each.numel()].view_as(each))
        first += each.numel()


def watch(
    model: InternVLForConditionalGeneration, probe: Probe, pool: Pool, plan: Plan, say: Say
) -> None:
    """Train the vision tower and the projector on dense labels."""
    seeing = [model.model.vision_tower, model.model.multi_modal_projector, probe]
    parameters = [each for part in seeing for each in part.parameters()]
    optimizer = torch.optim.AdamW(parameters, weight_decay=0.02, betas=(0.9, 0.98))
    start = time.monotonic()
    for step in _rates(optimizer, plan.watch_steps, plan.watch_rate):
        indices = pool.draw(plan.watch_batch)
        with torch.autocast("cpu", torch.bfloat16):
            tokens = model.model.get_image_features(pool.pixels(indices)).pooler_output
        loss = probe(tokens.float(), pool.labels[indices])
        _learn(loss, optimizer, parameters)
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


def talk(
    model: InternVLForConditionalGeneration,
    probe: Probe,
    pool: Pool,
    plan: Plan,
    tokenizer: Tokenizer,
    *,
    seed: int,
    say: Say,
    checkpoint: Path | None,
) -> None:
    """Train the whole model on turns, and go on with the dense labels.

    The weights go to `checkpoint` now and then, and at the end.
    """
    packer, rng = Packer(tokenizer), random.Random(seed)
    parameters = [*model.parameters(), *probe.parameters()]
    optimizer = torch.optim.AdamW(_groups(model, probe, plan), betas=(0.9, 0.98))
    start = time.monotonic()
    for step in _rates(optimizer, plan.talk_steps, plan.talk_rate):
        indices = pool.draw(plan.talk_batch)
        asked = indices[: max(1, round(len(indices) * plan.asked))]
        batch = packer.batch([pool.scenes[int(index)] for index in asked], rng)
        with torch.autocast("cpu", torch.bfloat16):
            tokens = model.model.get_image_features(pool.pixels(indices)).pooler_output
            told = _told(model, tokens[: len(asked)], batch)
        dense = probe(tokens.float(), pool.labels[indices])
        _learn(told + plan.dense_share * dense, optimizer, parameters)
        if step % 25 == 0:
            spent = time.monotonic() - start
            say(f"talk {step} loss {told.item():.3f} dense {dense.item():.3f} {spent:.0f} s")
        if checkpoint and (step % 100 == 0 or step == plan.talk_steps):
            torch.save(model.state_dict(), checkpoint)
            say(f"talk held out {_seen(model, probe, pool)}")


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


def _groups(model: nn.Module, probe: nn.Module, plan: Plan) -> list[dict[str, object]]:
    """Parameters by weight decay, which vectors and embeddings have none of, and by rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, each in [*model.named_parameters(), *probe.named_parameters()]:
        decay = 0.0 if each.ndim < 2 or "embed" in name else 0.05
        scale = plan.tower_scale if "vision_tower" in name else 1.0
        groups.setdefault((decay, scale), []).append(each)
    return [
        {"params": each, "weight_decay": decay, "scale": scale}
        for (decay, scale), each in groups.items()
    ]
