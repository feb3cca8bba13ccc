"""Writes the card of the embedded text models, with their measured figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.models.embedded import TEXT_SIZES
from scripts.embedded.card import table

__all__ = ["write_text_card"]

_TEXT = """\
# The embedded text models

`embedded:text-large` and `embedded:text-small` do the three stages of a memory system such as
`mem0` on the sample: they extract facts, update memories and answer from them. They are for trying
out the toolkit where no other model is available, and `text-small` is the student in the tests.
They know the sample's conversations and the reduced prompts, and nothing else.

## Architecture

Qwen2 as implemented in transformers (`Qwen2ForCausalLM`), with tied embeddings and as many
key-value heads as heads. The tokenizer is byte-level BPE; sentences of the prompts that have no
slots, and the JSON around a record, are one token each.

{sizes}

Each folder has one weights file, in bf16. `text.onnx` is a graph of a few kilobytes that refers to
it and runs on onnxruntime without torch; transformers loads the same folder.

## Training

From scratch, with `scripts/train_embedded_text.py`. New conversations of the sample are drawn
continuously (`locomo_vqa.builders.sample.talk`), together with what is true of each: the facts that
a few turns state (`locomo_vqa.builders.sample.facts`), how they change earlier memories, and the
answers. The first layers are initialised so that they copy (`scripts/embedded/copying.py`), and in
the first part of training the prompt's tokens are learned as well as the reply's: both teach
copying, which is most of the task. Hints within the prompts teach intermediate steps, such as the
date of "last Friday" (`scripts/embedded/text_hints.py`). In a conversation most facts are new, so
training adds many that change or undo a memory (`scripts/embedded/text_updates.py`). The layers'
matrices are trained with Muon, everything else with AdamW.

`text-large` was trained in twelve runs, each but the first with `--reuse`, while hints, drills and
the form of the replies were being worked out; along the way 24 tokens were added to the tokenizer
by hand, 18 of them numbers. `text-small` was trained in one run before there were drills, and its
tokenizer lacks the 18. For `text-large`, the script has not been run from scratch to its end since
then: a run of 5,000 steps was stopped after 1,500, when the model did not yet distinguish people.
For `text-small`, its 900 steps gave a weaker model (facts found .16, operations .23, answers .16),
which was not adopted.

## Results

On {conversations} conversations drawn with a seed that training doesn't use, under the reduced
prompts, through onnxruntime. A fact is right when it matches word for word; an operation when its
event, memory and text do; an answer when it equals the gold answer, ignoring case.

{figures}

## Limitations

- `text-large` answers many of the questions that the memories hold no answer to.
- transformers' `AutoTokenizer` splits numbers into digits for every Qwen2, whatever tokenizer.json
  says: load the tokenizer with `PreTrainedTokenizerFast`, as the toolkit's `transformers:` does.
- Other conversations, facts and prompts are out of scope: the models then write what they know from
  the sample, and never say that they don't understand.
- A word that the sample doesn't have, such as a name, is often copied incorrectly.
- At most {limit} tokens, prompt and reply together.
"""

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("extraction: readable replies", "extraction", "read"),
    ("extraction: facts found", "extraction", "found"),
    ("extraction: facts that are true", "extraction", "true"),
    ("update: readable replies", "update", "read"),
    ("update: operations found", "update", "found"),
    ("update: operations that are right", "update", "true"),
    ("answers that are right", "answer", "right"),
    ("unanswerable questions declined", "answer", "declined"),
)


def write_text_card(folder: Path) -> None:
    """Write text_card.md into the folder of all models from each model's measured.json."""
    found: dict[str, Any] = {
        size: json.loads((folder / size / "measured.json").read_text(encoding="utf-8"))
        for size in TEXT_SIZES
        if (folder / size / "measured.json").exists()
    }
    one: Mapping[str, Any] = next(iter(found.values()))
    sizes = [
        ["parameters", *(f"{each['parameters']:,}" for each in found.values())],
        ["weights file, bytes", *(f"{each['bytes']:,}" for each in found.values())],
        ["replies a second", *(str(each[_SPEED]) for each in found.values())],
    ]
    figures = [
        [name, *(f"{each[stage][key]:.3f}" for each in found.values())]
        for name, stage, key in _ROWS
    ]
    text = _TEXT.format(
        sizes=table(["", *found], sizes),
        conversations=one["conversations"],
        figures=table(["", *found], figures),
        limit=one["tokens"],
    )
    (folder / "text_card.md").write_text(text, encoding="utf-8")


_SPEED = "replies a second, two threads"
