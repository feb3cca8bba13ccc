"""Batches the text models' examples; a beginning that examples share is read once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from scripts.embedded.text_conversations import Stage, TextExample
from scripts.embedded.text_examples import training_examples
from scripts.embedded.text_hints import PromptHint
from scripts.embedded.tokenizer import END, PAD

__all__ = ["IGNORED", "TextBatch", "text_batches"]

IGNORED = -100

_WEIGHTS: Mapping[Stage, float] = {"extraction": 2.0, "update": 1.0, "answer": 4.0}
"""The weight of a reply's token: many updates would otherwise dominate the short answers."""

_NUMBER_WEIGHT = 6.0
"""The weight of the number of the memory that a fact changes, which is rare and hard to learn."""

_POOL = 600
"""How many rows are sorted by length before they are split into batches."""

_HIDDEN = -1e9


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Tokens, their targets and the attention mask; all but the mask have shape (rows, length)."""

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    """Added to the attention scores, of shape (rows, 1, length, length)."""
    prompts: torch.Tensor
    """The next token of a prompt."""
    replies: torch.Tensor
    """The next token of a reply."""
    weights: torch.Tensor
    """The weight of each token of a reply."""
    hints: torch.Tensor
    """Tokens that are expected within prompts, of shape (hints, 3): row, position and token."""
    hint_weights: torch.Tensor
    """The weight of each hint."""


class _Expected(NamedTuple):
    """A hint and the token of a prompt that it belongs to."""

    place: int
    token: int
    weight: float


@dataclass(frozen=True, slots=True)
class _Part:
    """The rest of a prompt, its hints, and the reply with the weight of each token."""

    asked: list[int]
    hints: list[_Expected]
    said: list[int]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class _Row:
    """The tokens of a shared beginning, its hints, and what follows it."""

    shared: list[int]
    hints: list[_Expected]
    rest: list[_Part]

    def __len__(self) -> int:
        return len(self.shared) + sum(len(part.asked) + len(part.said) - 1 for part in self.rest)


def text_batches(
    tokenizer: Tokenizer,
    rng: random.Random,
    tokens: int,
    draw: Callable[[random.Random], Iterator[TextExample]] = training_examples,
) -> Iterator[TextBatch]:
    """Yield batches of up to `tokens` tokens; rows of similar length are together."""
    pad = tokenizer.token_to_id(PAD)
    while True:
        pool: list[_Row] = []
        while len(pool) < _POOL:
            pool += _rows(tokenizer, draw(rng))
        pool.sort(key=len)
        batches: list[list[_Row]] = [[]]
        for row in pool:
            if batches[-1] and (len(batches[-1]) + 1) * len(row) > tokens:
                batches.append([])
            batches[-1].append(row)
        rng.shuffle(batches)
        for batch in batches:
            yield _batch(batch, pad)


def _rows(tokenizer: Tokenizer, found: Iterator[TextExample]) -> Iterator[_Row]:
    def beginning(example: TextExample) -> str:
        return example.shared or example.prompt

    for _, group in groupby(found, beginning):
        alike = list(group)
        shared, hints = alike[0].shared, alike[0].hints
        before = "<|im_start|>user\n"
        known = [_moved(each, len(before)) for each in hints if each.place <= len(shared)]
        first, told = _encode(tokenizer, f"{before}{shared}", known)
        rest = [_part(tokenizer, example) for example in alike]
        yield _Row(first, told, rest)


def _part(tokenizer: Tokenizer, example: TextExample) -> _Part:
    prompt, start = example.prompt.removeprefix(example.shared), len(example.shared)
    hints = [_moved(each, -start) for each in example.hints if each.place > start]
    asked, told = _encode(tokenizer, f"{prompt}{END}\n<|im_start|>assistant\n", hints)
    said = tokenizer.encode(f"{example.reply}{END}")
    weights = [_WEIGHTS[example.stage]] * len(said)
    if example.stage == "update":
        weights = [_NUMBER_WEIGHT if token.isdecimal() else 1.0 for token in said.tokens]
    return _Part(asked, told, said.ids, weights)


def _moved(hint: PromptHint, by: int) -> PromptHint:
    return hint._replace(place=hint.place + by)


def _encode(
    tokenizer: Tokenizer, text: str, hints: Sequence[PromptHint]
) -> tuple[list[int], list[_Expected]]:
    """Return a text's tokens, and the tokens that are expected after some of them."""
    found = tokenizer.encode(text)
    ends = {end: place for place, (_, end) in enumerate(found.offsets)}
    words = {word: tokenizer.encode(word).ids[0] for word in {hint.word for hint in hints}}
    return found.ids, [
        _Expected(ends[hint.place], words[hint.word], hint.weight)
        for hint in hints
        if hint.place in ends
    ]


def _batch(rows: Sequence[_Row], pad: int) -> TextBatch:
    size = (len(rows), max(map(len, rows)))
    ids, positions = torch.full(size, pad), torch.zeros(size, dtype=torch.long)
    prompts, replies = torch.full(size, IGNORED), torch.full(size, IGNORED)
    weights = torch.zeros(size)
    parts = torch.full(size, -1)
    hints: list[tuple[int, int, int]] = []
    counting: list[float] = []
    for number, row in enumerate(rows):
        place = len(row.shared)
        ids[number, :place] = torch.tensor(row.shared)
        positions[number, :place] = torch.arange(place)
        prompts[number, : place - 1] = torch.tensor(row.shared[1:])
        parts[number, :place] = 0
        hints += [(number, each.place, each.token) for each in row.hints]
        counting += [each.weight for each in row.hints]
        for part, each in enumerate(row.rest, start=1):
            asked, said = each.asked, each.said
            inputs = torch.tensor([*asked, *said[:-1]])
            here = slice(place, place + len(inputs))
            ids[number, here] = inputs
            positions[number, here] = len(row.shared) + torch.arange(len(inputs))
            parts[number, here] = part
            prompts[number, place : place + len(asked) - 1] = torch.tensor(asked[1:])
            replies[number, place + len(asked) - 1 : here.stop] = torch.tensor(said)
            hints += [(number, place + hint.place, hint.token) for hint in each.hints]
            counting += [hint.weight for hint in each.hints]
            weights[number, place + len(asked) - 1 : here.stop] = torch.tensor(each.weights)
            place = here.stop
    expected = torch.tensor(hints, dtype=torch.long).reshape(-1, 3)
    return TextBatch(
        ids,
        positions,
        _mask(parts),
        prompts,
        replies,
        weights,
        expected,
        torch.tensor(counting, dtype=torch.float),
    )


def _mask(parts: torch.Tensor) -> torch.Tensor:
    """Return a mask: a token sees the shared beginning and its own part, up to itself."""
    length = parts.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool).tril()
    alike = parts[:, :, None] == parts[:, None, :]
    seen = earlier & (alike | (parts[:, None, :] == 0))
    return torch.where(seen, 0.0, _HIDDEN)[:, None]
