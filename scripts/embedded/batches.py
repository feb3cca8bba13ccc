"""Turns as tensors: a picture's tokens once, and every turn about it on its own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from tokenizers import Tokenizer

from locomo_vqa.builders.sample.scenes import Scene
from scripts.embedded.architecture import GRID
from scripts.embedded.tokenizer import CONTEXT, END, PAD
from scripts.embedded.turns import Turn, turns

__all__ = ["IGNORED", "Batch", "Group", "Packer"]

GROUPS = 4
"""Groups that the turns of a batch are sorted into, so that little is padding."""

IGNORED = -100
"""A target that is not learned: what is the prompt's, or padding."""


@dataclass(frozen=True, slots=True)
class Group:
    """Turns of similar length: tokens and targets (turns, length), padded on the right."""

    ids: torch.Tensor
    targets: torch.Tensor
    rows: torch.Tensor
    """Which picture each turn is about."""
    picture: bool
    """Whether the turns see it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The tokens that stand before every turn about a picture, and the turns in groups."""

    start: torch.Tensor
    groups: list[Group]


class Packer:
    """Turns scenes into batches."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._pad = tokenizer.token_to_id(PAD)
        self._seen: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """Return a text's tokens, remembered."""
        if text not in self._seen:
            self._seen[text] = self._tokenizer.encode(text).ids
        return self._seen[text]

    @cached_property
    def _start(self) -> torch.Tensor:
        text = f"<|im_start|>user\n<img>{CONTEXT * GRID**2}</img>"
        return torch.tensor(self._tokenizer.encode(text).ids)

    def batch(self, scenes: Sequence[Scene], rng: random.Random) -> Batch:
        """Return the turns of scenes, grouped by length, and those without a picture."""
        found = [(row, turn) for row, scene in enumerate(scenes) for turn in turns(scene, rng)]
        seeing = [each for each in found if each[1].picture]
        seeing.sort(key=lambda each: sum(map(len, self._tokens(each[1]))))
        size = -(-len(seeing) // GROUPS)
        parts = [seeing[k : k + size] for k in range(0, len(seeing), size)]
        parts.append([each for each in found if not each[1].picture])
        return Batch(self._start, [self._group(part) for part in parts if part])

    def _group(self, part: Sequence[tuple[int, Turn]]) -> Group:
        rows, pairs = [row for row, _ in part], [self._tokens(turn) for _, turn in part]
        length = max(len(asked) + len(replied) for asked, replied in pairs) - 1
        ids = torch.full((len(part), length), self._pad)
        targets = torch.full((len(part), length), IGNORED)
        for k, (asked, replied) in enumerate(pairs):
            size = len(asked) + len(replied) - 1
            ids[k, :size] = torch.tensor([*asked, *replied[:-1]])
            targets[k, len(asked) - 1 : size] = torch.tensor(replied)
        return Group(ids, targets, torch.tensor(rows), part[0][1].picture)

    def _tokens(self, turn: Turn) -> tuple[list[int], list[int]]:
        start = "\n" if turn.picture else "<|im_start|>user\n"
        asked = self.encode(f"{start}{turn.prompt}{END}\n<|im_start|>assistant\n")
        return asked, self.encode(f"{turn.reply}{END}")
