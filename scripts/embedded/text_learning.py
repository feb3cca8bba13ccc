"""Trains the embedded text model on ever new examples of all three stages."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn
from transformers import Qwen2ForCausalLM

from scripts.embedded.learner import Learner
from scripts.embedded.text_batches import IGNORED, TextBatch, text_batches
from scripts.embedded.training import Log

__all__ = ["TextPlan", "TextTraining", "schedule", "text_losses", "train_text_model"]

MATRIX_RATE, OTHER_RATE = 3e-3, 3e-3
"""Learning rates of the layers' matrices, and of everything else."""

WARM, STEADY = 60, 0.7
"""The steps in which learning rates rise, and the share of all steps after which they fall."""

SAVED_EVERY = 100
"""The number of steps between two checkpoints."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """How long a model is trained."""

    steps: int
    tokens: int
    """The tokens of a step, prompts and replies together."""
    minutes: float | None = None
    """Train for about as long, in as many steps as fit; the record says how many."""
    reading: float = 1.0
    """Weight of the prompt's tokens in the first steps, which teaches copying sooner."""
    reading_steps: int = 250
    """The number of steps in which prompts are learned too."""
    hints: float = 3.0
    """How much more hints weigh until the rates fall: most replies need what hints teach."""


@dataclass(frozen=True, slots=True)
class TextTraining:
    """How much a model was trained, over all processes that went on with it."""

    steps: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0


def train_text_model(
    model: Qwen2ForCausalLM,
    tokenizer: Tokenizer,
    plan: TextPlan,
    *,
    seed: int,
    log: Log,
    checkpoint: Path,
) -> TextTraining:
    """Train a model, and return how long it took.

    Its weights and the optimisers' state are saved to `checkpoint` at intervals and at the end.
    If the file exists, training goes on from there, with the batches that would have come next; a
    plan in minutes can't be continued.

    Raises:
        ValueError: `checkpoint` is of another plan or seed.
    """
    model.config._attn_implementation = "eager"  # Flash attention has a slow backward pass on CPUs.
    learner = Learner({"model": model}, matrix_rate=MATRIX_RATE, other_rate=OTHER_RATE)
    source = text_batches(tokenizer, random.Random(seed), plan.tokens)
    key = {**asdict(plan), "seed": seed}
    before = _load(checkpoint, key, model, learner)
    clock = _Clock(before)
    step = 0
    for step, share in schedule(plan):
        batch = next(source)
        if step <= before.steps:
            continue
        learner.set_rates(share)
        reading = plan.reading if step <= plan.reading_steps else 0.0
        hints = plan.hints if share == 1 or step <= WARM else 1.0
        with torch.autocast("cpu", torch.bfloat16):
            loss, right = text_losses(model.model, model.lm_head, batch, reading, hints)
        learner.learn(loss)
        if step % 25 == 0:
            spent = clock.so_far(step).seconds
            log(f"text {step} loss {loss.item():.3f} tokens right {right:.3f} {spent:.0f} s")
        if step % SAVED_EVERY == 0:
            _save(checkpoint, key, model, learner, clock.so_far(step))
    found = clock.so_far(step)
    _save(checkpoint, key, model, learner, found)
    return found


def _save(
    path: Path, key: Mapping[str, Any], model: nn.Module, learner: Learner, done: TextTraining
) -> None:
    state = {
        "plan": dict(key),
        "done": asdict(done),
        "model": model.state_dict(),
        "learner": learner.state_dict(),
    }
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _load(path: Path, key: Mapping[str, Any], model: nn.Module, learner: Learner) -> TextTraining:
    """Load a checkpoint, if there is one, and return what was done."""
    if not path.exists():
        return TextTraining()
    state = torch.load(path, weights_only=True)
    if state["plan"] != dict(key):
        raise ValueError(f"{path} is of another plan: {state['plan']}. Choose another work folder.")
    model.load_state_dict(state["model"])
    learner.load_state_dict(state["learner"])
    return TextTraining(**state["done"])


class _Clock:
    """Adds the time of this process to that of the processes before it."""

    def __init__(self, before: TextTraining) -> None:
        self._before = before
        self._start, self._worked = time.monotonic(), time.process_time()

    def so_far(self, steps: int) -> TextTraining:
        return TextTraining(
            steps=steps,
            seconds=self._before.seconds + time.monotonic() - self._start,
            processor_seconds=self._before.processor_seconds + time.process_time() - self._worked,
        )


def schedule(plan: TextPlan) -> Iterator[tuple[int, float]]:
    """Yield every step with its share of the highest rates: they rise, stay, and fall to nothing.

    How long they fall depends on how long they stayed: `minutes` and the number of steps that it
    came to give the same schedule.
    """
    start, step = time.monotonic(), 0
    steps, steady = plan.steps, round(STEADY * plan.steps)
    while step < steady:
        step += 1
        if plan.minutes and time.monotonic() - start > 60 * STEADY * plan.minutes:
            steps, steady = round(step / STEADY), step
        yield step, min(1.0, step / WARM)
    falling = steps - steady
    for left in range(falling, 0, -1):
        yield step + 1 + falling - left, left / (falling + 1)


def text_losses(
    text: nn.Module, head: nn.Module, batch: TextBatch, reading: float, hints: float = 1.0
) -> tuple[torch.Tensor, float]:
    """Return the loss of a batch, with `reading` times that of its prompts and `hints` times the
    weight of its hints, and the share of reply tokens predicted correctly.
    """
    hidden = text(
        input_ids=batch.ids,
        position_ids=batch.positions,
        attention_mask=batch.mask,
        use_cache=False,
    ).last_hidden_state
    loss, right = _loss(head, hidden, batch, hints)
    if reading:
        loss = loss + reading * _reading_loss(head, hidden, batch.prompts)
    return loss, right


def _loss(
    head: nn.Module, hidden: torch.Tensor, batch: TextBatch, hinting: float
) -> tuple[torch.Tensor, float]:
    """Return the loss of replies and hints, and the share of reply tokens predicted correctly."""
    here = batch.replies != IGNORED
    row, place, expected = batch.hints.unbind(1)
    # Several hints may be at one place, which is predicted once.
    places, which = torch.unique(row * hidden.shape[1] + place, return_inverse=True)
    logits = head(torch.cat([hidden[here], hidden.flatten(0, 1)[places]])).float()
    targets = batch.replies[here]
    said = len(targets)
    right = (logits[:said].argmax(-1) == targets).float().mean().item()
    found = logits.log_softmax(-1)
    replies = found[torch.arange(said), targets] * batch.weights[here]
    hints = found[said + which, expected] * batch.hint_weights * hinting
    weight = batch.weights.sum() + batch.hint_weights.sum() * hinting
    return -(replies.sum() + hints.sum()) / weight, right


def _reading_loss(head: nn.Module, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    here = targets != IGNORED
    return F.cross_entropy(head(hidden[here]).float(), targets[here])
