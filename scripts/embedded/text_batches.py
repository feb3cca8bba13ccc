"""Batches of the text models' examples: what examples share at their beginning is read once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from scripts.embedded.text_examples import lessons
from scripts.embedded.text_hints import Hint
from scripts.embedded.text_life import Example, Stage
from scripts.embedded.tokenizer import END, PAD

__all__ = ["IGNORED", "TextBatch", "text_batches"]

IGNORED = -100

_WEIGHTS: Mapping[Stage, float] = {"extraction": 2.0, "update": 1.0, "answer": 4.0}
"""How much a reply's token counts; answers are short and updates many, and would else be all."""

_MATCHED = 6.0
"""How much the number of the memory counts that a fact changes: few do, and it is the hard part."""

_POOL = 600
"""Rows that are sorted by length before they are cut into batches."""

_HIDDEN = -1e9


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Tokens, what follows each, and who sees whom; of shape (rows, length) but for the mask."""

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    """What is added to attention, of shape (rows, 1, length, length)."""
    prompts: torch.Tensor
    """The next token of a prompt."""
    replies: torch.Tensor
    """The next token of a reply."""
    weights: torch.Tensor
    """How much a reply's token counts."""
    hints: torch.Tensor
    """Tokens that are expected within prompts, of shape (hints, 3): row, place and token."""
    hint_weights: torch.Tensor
    """How much each hint counts."""


class _Expected(NamedTuple):
    """A hint, at a token of a prompt."""

    place: int
    token: int
    weight: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A prompt's rest, its hints, and the reply with how much each token counts."""

    asked: list[int]
    hints: list[_Expected]
    said: list[int]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class _Row:
    """Tokens of a beginning, its hints, and what follows it."""

    shared: list[int]
    hints: list[_Expected]
    rest: list[_Part]

    def __len__(self) -> int:
        return len(self.shared) + sum(len(part.asked) + len(part.said) - 1 for part in self.rest)


def text_batches(tokenizer: Tokenizer, rng: random.Random, tokens: int) -> Iterator[TextBatch]:
    """Yield batches of so many tokens, rows of one length together, lengths in mixed order."""
    pad = tokenizer.token_to_id(PAD)
    while True:
        pool: list[_Row] = []
        while len(pool) < _POOL:
            pool += _rows(tokenizer, lessons(rng))
        pool.sort(key=len)
        batches: list[list[_Row]] = [[]]
        for row in pool:
            if batches[-1] and (len(batches[-1]) + 1) * len(row) > tokens:
                batches.append([])
            batches[-1].append(row)
        rng.shuffle(batches)
        for batch in batches:
            yield _batch(batch, pad)


def _rows(tokenizer: Tokenizer, found: Iterator[Example]) -> Iterator[_Row]:
    def beginning(example: Example) -> str:
        return example.shared or example.prompt

    for _, group in groupby(found, beginning):
        alike = list(group)
        shared, hints = alike[0].shared, alike[0].hints
        before = "<|im_start|>user\n"
        known = [_moved(each, len(before)) for each in hints if each.place <= len(shared)]
        first, told = _encode(tokenizer, f"{before}{shared}", known)
        rest = [_part(tokenizer, example) for example in alike]
        yield _Row(first, told, rest)


def _part(tokenizer: Tokenizer, example: Example) -> _Part:
    prompt, start = example.prompt.removeprefix(example.shared), len(example.shared)
    hints = [_moved(each, -start) for each in example.hints if each.place > start]
    asked, told = _encode(tokenizer, f"{prompt}{END}\n<|im_start|>assistant\n", hints)
    said = tokenizer.encode(f"{example.reply}{END}")
    weights = [_WEIGHTS[example.stage]] * len(said)
    if example.stage == "update":
        weights = [_MATCHED if token.isdecimal() else 1.0 for token in said.tokens]
    return _Part(asked, told, said.ids, weights)


def _moved(hint: Hint, by: int) -> Hint:
    return hint._replace(place=hint.place + by)


def _encode(
    tokenizer: Tokenizer, text: str, hints: Sequence[Hint]
) -> tuple[list[int], list[_Expected]]:
    """Return tokens, and the tokens that are expected after some of them."""
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
    """A token sees those before it, of the shared beginning and of its own part."""
    length = parts.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool).tril()
    alike = parts[:, :, None] == parts[:, None, :]
    seen = earlier & (alike | (parts[:, None, :] == 0))
    return torch.where(seen, 0.0, _HIDDEN)[:, None]
