"""How the embedded text models learn: examples of all three stages, drawn afresh all the time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import Qwen2ForCausalLM

from scripts.embedded.learner import Learner
from scripts.embedded.text_examples import Example, examples
from scripts.embedded.tokenizer import END, PAD

__all__ = ["TextPlan", "learn_text"]

IGNORED = -100
_POOL = 600
"""Examples that are sorted by length before they are cut into batches."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """How long a model of one size learns; tokens are those of a step of all processes."""

    steps: int
    tokens: int


def learn_text(
    model: Qwen2ForCausalLM,
    tokenizer: Tokenizer,
    plan: TextPlan,
    *,
    seed: int,
    share: int,
    say: Callable[[str], None],
    checkpoint: Path | None,
) -> None:
    """Train a model; `share` is the number of processes, each of which takes part of a step."""
    learner = Learner({"model": model})
    source = _batches(tokenizer, random.Random(seed), plan.tokens // share)
    start = time.monotonic()
    for step in learner.steps(plan.steps):
        ids, targets = next(source)
        with torch.autocast("cpu", torch.bfloat16):
            hidden = model.model(input_ids=ids).last_hidden_state
            here = targets != IGNORED
            logits = model.lm_head(hidden[here])
        loss = F.cross_entropy(logits.float(), targets[here])
        learner.learn(loss)
        if step % 25 == 0:
            right = (logits.argmax(-1) == targets[here]).float().mean().item()
            spent = time.monotonic() - start
            say(f"text {step} loss {loss.item():.3f} tokens right {right:.3f} {spent:.0f} s")
        if checkpoint and (step % 200 == 0 or step == plan.steps):
            torch.save(model.state_dict(), checkpoint)


def _batches(
    tokenizer: Tokenizer, rng: random.Random, tokens: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield tokens and targets, examples of one length together, lengths in mixed order."""
    pad = tokenizer.token_to_id(PAD)
    while True:
        pool: list[tuple[list[int], list[int]]] = []
        while len(pool) < _POOL:
            pool += [_encode(tokenizer, example) for example in examples(rng)]
        pool.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        batches: list[list[tuple[list[int], list[int]]]] = [[]]
        for pair in pool:
            length = len(pair[0]) + len(pair[1])
            if batches[-1] and (len(batches[-1]) + 1) * length > tokens:
                batches.append([])
            batches[-1].append(pair)
        rng.shuffle(batches)
        for batch in batches:
            yield _padded(batch, pad)


def _padded(
    batch: list[tuple[list[int], list[int]]], pad: int
) -> tuple[torch.Tensor, torch.Tensor]:
    length = max(len(asked) + len(replied) for asked, replied in batch) - 1
    ids = torch.full((len(batch), length), pad)
    targets = torch.full((len(batch), length), IGNORED)
    for row, (asked, replied) in enumerate(batch):
        size = len(asked) + len(replied) - 1
        ids[row, :size] = torch.tensor([*asked, *replied[:-1]])
        targets[row, len(asked) - 1 : size] = torch.tensor(replied)
    return ids, targets


def _encode(tokenizer: Tokenizer, example: Example) -> tuple[list[int], list[int]]:
    asked = f"<|im_start|>user\n{example.prompt}{END}\n<|im_start|>assistant\n"
    return tokenizer.encode(asked).ids, tokenizer.encode(f"{example.reply}{END}").ids
