"""The embedded verifier in torch; `locomo_vqa.models.embedded.verifier` runs its weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from locomo_vqa.builders.sample.scenes import COLOURS, PARTS, UNUSUAL
from locomo_vqa.builders.sample.visual_questions import ANSWERS, PHRASINGS, plural
from locomo_vqa.models.embedded.verifier import HEADS, VOCABULARY, WEIGHTS, words_of

__all__ = [
    "ANSWER_WORDS",
    "MOST_WORDS",
    "WIDTH",
    "WORDS",
    "VerifierModel",
    "export_verifier",
    "padded",
]

WIDTH = 88
MOST_WORDS = 24
"""The most words of a prompt, with its marks."""
_LAYERS = 2
_CHANNELS = (24, 48, 48, 80, 80, WIDTH, WIDTH)
_STRIDES = (2, 2, 1, 2, 1, 2, 1)

ANSWER_WORDS = (
    "yes",
    "no",
    *sorted({a for each in ANSWERS.values() for a in each} - {"yes", "no"}),
)
"""The words that it can say."""


def _vocabulary() -> list[str]:
    texts = [text for phrasings in PHRASINGS.values() for text in phrasings]
    words = {word for text in texts for word in words_of(_without_slots(text))}
    words |= {name for kind in (*PARTS, *UNUSUAL) for name in (kind, plural(kind))}
    words |= {*PARTS.values(), *COLOURS, "is", "are", "do", "does", "a", "an", *ANSWER_WORDS}
    marks = ["<pad>", "<unk>", "<ask>", "<premise>", "<verdict>", "<answer>"]
    return [*marks, *sorted(words)]


def _without_slots(text: str) -> str:
    first, *others = text.split("{")
    return " ".join([first, *(part.partition("}")[2] for part in others)])


WORDS = _vocabulary()
"""The words that it knows, and the marks of a prompt."""


class VerifierModel(nn.Module):
    """Convolutions that see, and attention that reads a question beside what they see."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = _Eyes()
        self.norm = nn.LayerNorm(WIDTH)
        self.emb = nn.Embedding(len(WORDS), WIDTH)
        nn.init.normal_(self.emb.weight, std=0.1)
        self.place = nn.Parameter(torch.randn(MOST_WORDS, WIDTH) * 0.02)
        self.layers = nn.ModuleList(_Layer() for _ in range(_LAYERS))
        self.last = nn.LayerNorm(WIDTH)
        self.out = nn.Linear(WIDTH, len(ANSWER_WORDS))

    def read(self, tokens: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return logits over `ANSWER_WORDS`, from (rows, 49, width) and (rows, words)."""
        shown = (ids != 0)[:, None, None, :]
        values = self.emb(ids) + self.place[: ids.shape[1]]
        seen = self.norm(tokens)
        for layer in self.layers:
            values = layer(values, seen, shown)
        found: torch.Tensor = self.out(self.last(values[:, 0]))
        return found


class _Eyes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        sizes = zip((3, *_CHANNELS), _CHANNELS, _STRIDES, strict=False)
        for number, (inputs, outputs, stride) in enumerate(sizes, 1):
            kernel = 5 if number == 1 else 3
            convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
            setattr(self, f"c{number}", nn.Sequential(convolution, nn.BatchNorm2d(outputs)))
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.pos = nn.Parameter(torch.randn(49, WIDTH) * 0.02)
        self.look = _Look()

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        for number, stride in enumerate(_STRIDES, 1):
            made = getattr(self, f"c{number}")(values)
            values = F.relu(made + values if stride == 1 else made)
        tokens = values.flatten(2).transpose(1, 2)
        mixed = tokens + self.mix(tokens.mean(1, keepdim=True)) + self.pos
        found: torch.Tensor = self.look(mixed)
        return found


class _Attention(nn.Module):
    def __init__(self, inner: int = WIDTH) -> None:
        super().__init__()
        self.q, self.k = nn.Linear(WIDTH, inner), nn.Linear(WIDTH, inner)
        self.v, self.o = nn.Linear(WIDTH, inner), nn.Linear(inner, WIDTH)

    def attend(
        self, values: torch.Tensor, others: torch.Tensor, shown: torch.Tensor | None
    ) -> torch.Tensor:
        asked, keys, read = (
            part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
            for part in (self.q(values), self.k(others), self.v(others))
        )
        made = F.scaled_dot_product_attention(asked, keys, read, attn_mask=shown)
        found: torch.Tensor = self.o(made.transpose(1, 2).flatten(2))
        return found


class _Look(_Attention):
    """Tokens look at each other, so that each can know how many are like it."""

    def __init__(self) -> None:
        super().__init__(WIDTH // 2)
        self.norm = nn.LayerNorm(WIDTH)
        nn.init.normal_(self.o.weight, std=0.02)
        nn.init.zeros_(self.o.bias)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        seen = self.norm(tokens)
        return tokens + self.attend(seen, seen, None)


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.n1, self.n2, self.n3 = (nn.LayerNorm(WIDTH) for _ in range(3))
        self.self, self.cross = _Attention(), _Attention()
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(
        self, values: torch.Tensor, seen: torch.Tensor, shown: torch.Tensor
    ) -> torch.Tensor:
        own = self.n1(values)
        values = values + self.self.attend(own, own, shown)
        values = values + self.cross.attend(self.n2(values), seen, None)
        found: torch.Tensor = values + self.down(F.gelu(self.up(self.n3(values))))
        return found


def export_verifier(model: VerifierModel, folder: Path) -> None:
    """Write the weights in 16 bits, with batch normalisation folded into the convolutions."""
    state, made = model.state_dict(), {}
    for number in range(1, len(_CHANNELS) + 1):
        name = f"eyes.c{number}"
        weight, bias, mean, spread = (
            state[f"{name}.1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = weight / torch.sqrt(spread + 1e-5)
        made[f"{name}.weight"] = state[f"{name}.0.weight"] * scale[:, None, None, None]
        made[f"{name}.bias"] = bias - mean * scale
    made |= {name: each for name, each in state.items() if not name.startswith("eyes.c")}
    folder.mkdir(parents=True, exist_ok=True)
    halves = {
        name: each.half().contiguous(memory_format=torch.contiguous_format)
        for name, each in made.items()
    }
    save_file(halves, folder / WEIGHTS)
    vocabulary = {"words": WORDS, "answers": list(ANSWER_WORDS)}
    text = json.dumps(vocabulary, indent=2)
    (folder / VOCABULARY).write_text(f"{text}\n", encoding="utf-8")


def padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return rows of ids as one tensor, padded on the right with 0."""
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    return ids
