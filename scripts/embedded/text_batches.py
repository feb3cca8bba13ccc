"""Batches of the text models' examples: what examples share at their beginning is read once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from tokenizers import Tokenizer

from scripts.embedded.text_examples import Example, Stage, examples
from scripts.embedded.tokenizer import END, PAD

__all__ = ["IGNORED", "TextBatch", "text_batches"]

IGNORED = -100

_WEIGHTS: Mapping[Stage, float] = {"extraction": 1.0, "update": 1.0, "answer": 4.0}
"""How much a reply's token counts; answers are short, and would else hardly count."""

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
    """The next token of a reply, and the hints within a prompt."""
    weights: torch.Tensor
    """How much a reply's token counts."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A prompt's rest, its hints, and the reply with how much each token counts."""

    asked: list[int]
    hints: dict[int, int]
    said: list[int]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class _Row:
    """Tokens of a beginning, its hints, and what follows it."""

    shared: list[int]
    hints: dict[int, int]
    rest: list[_Part]

    def __len__(self) -> int:
        return len(self.shared) + sum(len(part.asked) + len(part.said) - 1 for part in self.rest)


def text_batches(tokenizer: Tokenizer, rng: random.Random, tokens: int) -> Iterator[TextBatch]:
    """Yield batches of so many tokens, rows of one length together, lengths in mixed order."""
    pad = tokenizer.token_to_id(PAD)
    while True:
        pool: list[_Row] = []
        while len(pool) < _POOL:
            pool += _rows(tokenizer, examples(rng))
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
        known = [(len(before) + at, word) for at, word in hints if at <= len(shared)]
        first, told = _encode(tokenizer, f"{before}{shared}", known)
        rest = [_part(tokenizer, example) for example in alike]
        yield _Row(first, told, rest)


def _part(tokenizer: Tokenizer, example: Example) -> _Part:
    prompt, start = example.prompt.removeprefix(example.shared), len(example.shared)
    hints = [(at - start, word) for at, word in example.hints if at > start]
    asked, told = _encode(tokenizer, f"{prompt}{END}\n<|im_start|>assistant\n", hints)
    said = tokenizer.encode(f"{example.reply}{END}")
    weights = [_WEIGHTS[example.stage]] * len(said)
    if example.stage == "update":
        weights = [_MATCHED if token.isdecimal() else 1.0 for token in said.tokens]
    return _Part(asked, told, said.ids, weights)


def _encode(
    tokenizer: Tokenizer, text: str, hints: Sequence[tuple[int, str]]
) -> tuple[list[int], dict[int, int]]:
    """Return tokens, and the tokens that are expected after some of them."""
    found = tokenizer.encode(text)
    ends = {end: place for place, (_, end) in enumerate(found.offsets)}
    expected = {ends[at]: tokenizer.encode(word).ids[0] for at, word in hints if at in ends}
    return found.ids, expected


def _batch(rows: Sequence[_Row], pad: int) -> TextBatch:
    size = (len(rows), max(map(len, rows)))
    ids, positions = torch.full(size, pad), torch.zeros(size, dtype=torch.long)
    prompts, replies = torch.full(size, IGNORED), torch.full(size, IGNORED)
    weights = torch.zeros(size)
    parts = torch.full(size, -1)
    for number, row in enumerate(rows):
        place = len(row.shared)
        ids[number, :place] = torch.tensor(row.shared)
        positions[number, :place] = torch.arange(place)
        prompts[number, : place - 1] = torch.tensor(row.shared[1:])
        parts[number, :place] = 0
        weights[number, :place] = 1.0
        for at, word in row.hints.items():
            replies[number, at] = word
        for part, each in enumerate(row.rest, start=1):
            asked, said = each.asked, each.said
            inputs = torch.tensor([*asked, *said[:-1]])
            here = slice(place, place + len(inputs))
            ids[number, here] = inputs
            positions[number, here] = len(row.shared) + torch.arange(len(inputs))
            parts[number, here] = part
            prompts[number, place : place + len(asked) - 1] = torch.tensor(asked[1:])
            replies[number, place + len(asked) - 1 : here.stop] = torch.tensor(said)
            weights[number, here] = 1.0
            for at, word in each.hints.items():
                replies[number, place + at] = word
            weights[number, place + len(asked) - 1 : here.stop] = torch.tensor(each.weights)
            place = here.stop
    return TextBatch(ids, positions, _mask(parts), prompts, replies, weights)


def _mask(parts: torch.Tensor) -> torch.Tensor:
    """A token sees those before it, of the shared beginning and of its own part."""
    length = parts.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool).tril()
    alike = parts[:, :, None] == parts[:, None, :]
    seen = earlier & (alike | (parts[:, None, :] == 0))
    return torch.where(seen, 0.0, _HIDDEN)[:, None]
