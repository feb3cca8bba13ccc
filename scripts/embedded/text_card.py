"""Writes the card of the embedded text model, with its training and its measured figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.embedded.card import table

__all__ = ["write_text_card"]

_NAME = "text-large"

_TEXT = """\
# The embedded text model

`embedded:text-large` does the three text stages of a memory system such as `mem0` on the sample: it
extracts facts, updates memories and answers from them. It is for trying out the toolkit where no
other model is available. It knows the sample's conversations and the reduced prompts, and nothing
else. The student, which does the same carelessly, has a card of its own (`student_card.md`).

## Architecture

Qwen2 as implemented in transformers (`Qwen2ForCausalLM`), with tied embeddings and as many
key-value heads as heads. The tokenizer is byte-level BPE; sentences of the prompts that have no
slots, and the JSON around a record, are one token each.

{size}

The folder has one weights file, in bf16. `text.onnx` is a graph of a few kilobytes that refers to
it and runs on onnxruntime without torch; transformers loads the same folder.

## Training

{run}

New conversations of the sample are drawn continuously (`locomo_vqa.builders.sample.talk`), together
with what is true of each: the facts that a few turns state (`locomo_vqa.builders.sample.facts`),
how they change earlier memories, and the answers. The first layers are initialised so that they
copy (`scripts/embedded/copying.py`), and in the first part of training the prompt's tokens are
learned as well as the reply's: both teach copying, which is most of the task. Hints within the
prompts teach intermediate steps, such as the date of "last Friday"
(`scripts/embedded/text_hints.py`). In a conversation most facts are new, so training adds many that
change or undo a memory (`scripts/embedded/text_updates.py`). The layers' matrices are trained with
Muon, everything else with AdamW.

## Results

On {conversations} conversations drawn with a seed that training doesn't use, under the reduced
prompts, through onnxruntime. A fact is right when it matches word for word; an operation when its
event, memory and text do; an answer when it equals the gold answer, ignoring case.

{figures}

## Limitations

- It reads memories as `mem0` writes them. Over whole turns, such as `bm25` finds, it is hardly ever
  right.
- transformers' `AutoTokenizer` splits numbers into digits for every Qwen2, whatever tokenizer.json
  says: load the tokenizer with `PreTrainedTokenizerFast`, as the toolkit's `transformers:` does.
- Other conversations, facts and prompts are out of scope: the model then writes what it knows from
  the sample, and never says that it doesn't understand.
- A word that the sample doesn't have, such as a name, is often copied incorrectly.
- At most {limit} tokens, prompt and reply together.
"""

_ONE_RUN = """\
From scratch, in one run of the script, which also wrote this file:

    python scripts/train_embedded_text.py --steps {steps} --tokens {tokens_a_step} --seed {seed}

It took {minutes} minutes of a busy machine, {processor_minutes} of them on the processor ({threads}
thread of an {processor} server, no GPU, torch {torch})."""

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
    """Write text_card.md into the folder of all models, from the text model's measured.json."""
    found: Mapping[str, Any] = json.loads(
        (folder / _NAME / "measured.json").read_text(encoding="utf-8")
    )
    size = [
        ["parameters", f"{found['parameters']:,}"],
        ["weights file, bytes", f"{found['bytes']:,}"],
        ["replies a second, two threads", str(found["replies a second, two threads"])],
    ]
    text = _TEXT.format(
        size=table(["", _NAME], size),
        run=_ONE_RUN.format(
            **{name.replace(" ", "_"): value for name, value in found["training"].items()}
        ),
        conversations=found["conversations"],
        figures=table(
            ["", _NAME], [[name, f"{found[stage][key]:.3f}"] for name, stage, key in _ROWS]
        ),
        limit=found["tokens"],
    )
    (folder / "text_card.md").write_text(text, encoding="utf-8")
