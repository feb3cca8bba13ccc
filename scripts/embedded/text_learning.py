"""Trains the embedded text models on ever new examples of all three stages."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn
from transformers import Qwen2ForCausalLM

from scripts.embedded.learner import Learner
from scripts.embedded.text_batches import IGNORED, TextBatch, text_batches
from scripts.embedded.training import Log

__all__ = ["TextPlan", "text_losses", "train_text_model"]

MATRIX_RATE, OTHER_RATE = 3e-3, 3e-3
"""Learning rates of the layers' matrices, and of everything else."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """How long a model of one size is trained; `tokens` is the sum over processes, per step."""

    steps: int
    tokens: int
    reading: float = 1.0
    """Weight of the prompt's tokens in the first part of training."""
    reading_part: float = 0.3
    """The share of steps in which prompts are learned too, which teaches copying sooner."""


def train_text_model(
    model: Qwen2ForCausalLM,
    tokenizer: Tokenizer,
    plan: TextPlan,
    *,
    seed: int,
    processes: int,
    log: Log,
    checkpoint: Path | None,
) -> None:
    """Train a model in one of `processes` processes, each of which takes part of a step."""
    model.config._attn_implementation = "eager"  # Flash attention has a slow backward pass on CPUs.
    learner = Learner({"model": model}, matrix_rate=MATRIX_RATE, other_rate=OTHER_RATE)
    source = text_batches(tokenizer, random.Random(seed), plan.tokens // processes)
    start = time.monotonic()
    for step in learner.steps(plan.steps):
        batch = next(source)
        reading = plan.reading if step <= plan.reading_part * plan.steps else 0.0
        with torch.autocast("cpu", torch.bfloat16):
            loss, right = text_losses(model.model, model.lm_head, batch, reading)
        learner.learn(loss)
        if step % 25 == 0:
            spent = time.monotonic() - start
            log(f"text {step} loss {loss.item():.3f} tokens right {right:.3f} {spent:.0f} s")
        if checkpoint and (step % 200 == 0 or step == plan.steps):
            torch.save(model.state_dict(), checkpoint)


def text_losses(
    text: nn.Module, head: nn.Module, batch: TextBatch, reading: float
) -> tuple[torch.Tensor, float]:
    """Return the loss of a batch, with `reading` times that of its prompts, and the share of reply
    tokens predicted correctly.
    """
    hidden = text(
        input_ids=batch.ids,
        position_ids=batch.positions,
        attention_mask=batch.mask,
        use_cache=False,
    ).last_hidden_state
    loss, right = _loss(head, hidden, batch)
    if reading:
        loss = loss + reading * _reading_loss(head, hidden, batch.prompts)
    return loss, right


def _loss(head: nn.Module, hidden: torch.Tensor, batch: TextBatch) -> tuple[torch.Tensor, float]:
    """Return the loss of replies and hints, and the share of reply tokens predicted correctly."""
    here = batch.replies != IGNORED
    row, place, expected = batch.hints.unbind(1)
    targets = torch.cat([batch.replies[here], expected])
    weights = torch.cat([batch.weights[here], batch.hint_weights])
    logits = head(torch.cat([hidden[here], hidden[row, place]])).float()
    said = int(here.sum())
    right = (logits[:said].argmax(-1) == targets[:said]).float().mean().item()
    losses = F.cross_entropy(logits, targets, reduction="none")
    return (losses * weights).sum() / weights.sum(), right


def _reading_loss(head: nn.Module, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    here = targets != IGNORED
    return F.cross_entropy(head(hidden[here]).float(), targets[here])
