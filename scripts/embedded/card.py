"""Writes the card of both embedded models, with their measured figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import QUESTION_TYPES
from locomo_vqa.models.embedded import SIZES

__all__ = ["table", "write_card"]

_TEXT = """\
# The embedded models

`embedded:large` and `embedded:small` are vision-language models for trying out the toolkit where no
other model is available: in its tests, and in the demo. They know the sample's drawn images and the
project's own prompts, and nothing else. Don't use them to judge anything real.

## Architecture

InternVL as implemented in transformers (`InternVLForConditionalGeneration`): a vision transformer,
pixel shuffle and a two-layer projector, and a Qwen2 text model with tied embeddings. Images are 112
by 112 pixels, patches are 8 by 8, and an image is 49 tokens. The tokenizer is byte-level BPE;
sentences that the project's prompts repeat word for word are one token each.

{sizes}

Each folder has one weights file, in bf16. `vision.onnx` and `text.onnx` are graphs of a few
kilobytes that refer to it and run on onnxruntime without torch; transformers loads the same folder.

## Training

From scratch, on images drawn by `locomo_vqa.builders.sample.painter`, with
`python scripts/train_embedded.py large small`, which also wrote this file. First, the vision tower
learns from labels of the image's tokens: what is there, its colour, mark and part, mood, style and
counts. Then the tower stays unchanged, every image is encoded once more, and the text model learns
to answer the sample's questions and to write them under the prompts of `locomo_vqa.prompts` and
`locomo_vqa.builders`. Some prompts are worded differently, some have the caption instead of the
image or beside it, and some have no image at all, which teaches what is likely. Some of the images
are larger, smaller or darker, have a dark background, or were JPEG files. The layers' matrices are
trained with Muon, everything else with AdamW. `small` has a quarter of the parameters and was
trained for a shorter time.

`large` took half an hour on two busy cores, `small` four minutes.

## Results

On {scenes} scenes drawn with a seed that training doesn't use, under the real prompts, through
onnxruntime. Shares of questions of each type that are answered correctly:

{answers}

Of the questions that each model writes, the share that is true of the image (judged by
`locomo_vqa.builders.sample.truth`: the answer is right and the question has no false premise), and,
for the types that don't apply to every image, how often it declines where it should and writes
where it should:

{writes}

## Limitations

- Anything outside the sample is out of scope: photographs, other objects, other questions. The
  models then answer with one of the words that they know, and never say that they don't know.
- Prompts worded differently from those in training often fail.
- Where a type's figure is no better than "without image or caption", the model guesses.
- Images are seen at 112 pixels: small objects are the hardest.
- At most {limit} tokens, prompt and reply together.
"""

_FIGURES = "measured.json"


def write_card(folder: Path) -> None:
    """Write card.md into the folder of both models from each model's measured.json."""
    found = {
        size: json.loads((folder / size / _FIGURES).read_text(encoding="utf-8"))
        for size in SIZES
        if (folder / size / _FIGURES).exists()
    }
    one: Mapping[str, Any] = next(iter(found.values()))
    text = _TEXT.format(
        sizes=_sizes(found),
        scenes=one["scenes"],
        limit=one["tokens"],
        answers=_answers(found),
        writes=_writes(found),
    )
    (folder / "card.md").write_text(text, encoding="utf-8")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _sizes(found: Mapping[str, Any]) -> str:
    rows = [
        ["parameters", *(f"{each['parameters']:,}" for each in found.values())],
        ["weights file, bytes", *(f"{each['bytes']:,}" for each in found.values())],
        ["answers a second", *(str(each[_SPEED]) for each in found.values())],
    ]
    return table(["", *found], rows)


_SPEED = "answers a second, two threads"


def _answers(found: Mapping[str, Any]) -> str:
    def row(name: str, *keys: str) -> list[str]:
        cells = []
        for each in found.values():
            value = each
            for key in keys:
                value = value[key]
            cells.append(f"{value:.3f}")
        return [name, *cells]

    rows = [row(type, "answers", type) for type in (*QUESTION_TYPES, "all")]
    variants = next(iter(found.values()))["answers by variant"]
    rows += [row(f"all, {name}", "answers by variant", name) for name in variants]
    rows.append(row("all, from the caption alone", "answers from the caption", "all"))
    rows.append(row("all, without image or caption", "answers without the image", "all"))
    return table(["", *found], rows)


def _writes(found: Mapping[str, Any]) -> str:
    head = ["", *(f"{size}: {key}" for size in found for key in ("true", "declines", "writes"))]
    rows = []
    for type in (*QUESTION_TYPES, "all"):
        cells = [type]
        for each in found.values():
            shares = each["writes"][type]
            cells += [f"{shares[k]:.3f}" if k in shares else "" for k in _SHARES]
        rows.append(cells)
    return table(head, rows)


_SHARES = ("true", "declined", "kept")
