"""Batches turns as tensors: each image's tokens once, and every turn about it separately."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from tokenizers import Tokenizer

from locomo_vqa.builders.sample.scenes import Scene
from scripts.embedded.architecture import GRID
from scripts.embedded.tokenizer import CONTEXT, END, PAD
from scripts.embedded.training_turns import TrainingTurn, training_turns

__all__ = ["IGNORED", "ImageBatch", "TurnBatcher", "TurnGroup"]

GROUPS = 4
"""The number of groups by length within a batch, to reduce padding."""

IGNORED = -100
"""The target of tokens that are not learned: those of prompts and padding."""


@dataclass(frozen=True, slots=True)
class TurnGroup:
    """Turns of similar length: tokens and targets (turns, length), padded on the right."""

    ids: torch.Tensor
    targets: torch.Tensor
    rows: torch.Tensor
    """Which image each turn is about."""
    with_image: bool
    """Whether the turns see the image."""


@dataclass(frozen=True, slots=True)
class ImageBatch:
    """The tokens that precede every turn about an image, and the turns in groups."""

    start: torch.Tensor
    groups: list[TurnGroup]


class TurnBatcher:
    """Makes batches of turns about scenes."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._pad = tokenizer.token_to_id(PAD)
        self._encoded: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """Return a text's tokens, which are cached."""
        if text not in self._encoded:
            self._encoded[text] = self._tokenizer.encode(text).ids
        return self._encoded[text]

    @cached_property
    def _start(self) -> torch.Tensor:
        text = f"<|im_start|>user\n<img>{CONTEXT * GRID**2}</img>"
        return torch.tensor(self._tokenizer.encode(text).ids)

    def batch(
        self,
        scenes: Sequence[Scene],
        rng: random.Random,
        draw: Callable[[Scene, random.Random], Sequence[TrainingTurn]] = training_turns,
    ) -> ImageBatch:
        """Return the turns about scenes, grouped by length, and those without an image."""
        found = [(row, turn) for row, scene in enumerate(scenes) for turn in draw(scene, rng)]
        with_image = [each for each in found if each[1].with_image]
        with_image.sort(key=lambda each: sum(map(len, self._tokens(each[1]))))
        size = -(-len(with_image) // GROUPS)
        parts = [with_image[k : k + size] for k in range(0, len(with_image), size)]
        parts.append([each for each in found if not each[1].with_image])
        return ImageBatch(self._start, [self._group(part) for part in parts if part])

    def _group(self, part: Sequence[tuple[int, TrainingTurn]]) -> TurnGroup:
        rows, pairs = [row for row, _ in part], [self._tokens(turn) for _, turn in part]
        length = max(len(asked) + len(replied) for asked, replied in pairs) - 1
        ids = torch.full((len(part), length), self._pad)
        targets = torch.full((len(part), length), IGNORED)
        for k, (asked, replied) in enumerate(pairs):
            size = len(asked) + len(replied) - 1
            ids[k, :size] = torch.tensor([*asked, *replied[:-1]])
            targets[k, len(asked) - 1 : size] = torch.tensor(replied)
        return TurnGroup(ids, targets, torch.tensor(rows), part[0][1].with_image)

    def _tokens(self, turn: TrainingTurn) -> tuple[list[int], list[int]]:
        start = "\n" if turn.with_image else "<|im_start|>user\n"
        asked = self.encode(f"{start}{turn.prompt}{END}\n<|im_start|>assistant\n")
        return asked, self.encode(f"{turn.reply}{END}")
