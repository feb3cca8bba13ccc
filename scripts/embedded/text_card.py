"""The card of the embedded text models, with the figures that were measured."""

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
`mem0` on the sample world: they note facts, bring memories up to date and answer from them. They
are there for trying the toolkit out where no other model can be had, and `text-small` is the
student of the tests. They know the sample's talk and the reduced prompts, and nothing else.

## Architecture

Qwen2 as transformers has it (`Qwen2ForCausalLM`), with tied embeddings and as many key-value heads
as heads. The tokenizer is byte-level BPE; sentences of the prompts in which nothing is filled in,
and the JSON around a record, are one token each.

{sizes}

Each folder has one weights file, bf16. `text.onnx` is a graph of some kilobytes that points into
it, and runs on onnxruntime without torch; transformers loads the same folder.

## Training

From scratch, by `scripts/train_embedded_text.py`. Conversations of the sample world are drawn
afresh all the time (`locomo_vqa.builders.sample.talk`), and with them what is true of each: the
facts that a few turns tell (`locomo_vqa.builders.sample.facts`), what they change in what was
remembered so far, and the answers. The first layers begin as layers that copy
(`scripts/embedded/copying.py`), and for the first part of the steps the prompt's own tokens
count as the reply's do: both teach copying, which
is most of the work. Hints within the prompts tell what is meant on the way to the reply, such as
the day that "last Friday" was (`scripts/embedded/text_hints.py`). In a conversation most facts are
new; training asks besides about many that change or undo a memory
(`scripts/embedded/text_updates.py`). The layers' matrices learn by Muon, all the rest by AdamW.

`text-large` was trained in twelve runs, each but the first with `--reuse`, while hints, drills and
the form of the replies were found; on the way 24 tokens were added to the tokenizer by hand, 18 of
them numbers. `text-small` was trained in one run before there were drills, and has the tokenizer
without the 18. The script has not been run from nothing to its end for `text-large` since: a run of
5,000 steps was stopped after 1,500, when it did not yet tell people apart. For `text-small`, its
900 steps gave a weaker one (facts found .16, operations .23, answers .16), which was not taken.

## Measured

On {conversations} conversations drawn with a seed that training doesn't use, under the reduced
prompts, through onnxruntime. A fact is right when it is told word for word; an operation when
event, memory and text are; an answer when it is the gold answer but for case.

{figures}

## Weaknesses

- Of the questions that the memories don't answer, `text-large` answers many all the same.
- transformers' `AutoTokenizer` splits numbers into digits for every Qwen2, whatever tokenizer.json
  says: load the tokenizer by `PreTrainedTokenizerFast`, as the toolkit's `transformers:` does.
- Other talk, other facts and other prompts are out of reach: the models then write what they know
  from the sample's world, and never say that they don't understand.
- A word that the sample doesn't have, such as a name, is often copied wrongly.
- At most {limit} tokens, prompt and reply together.
"""

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("extraction: replies that can be read", "extraction", "read"),
    ("extraction: facts found", "extraction", "found"),
    ("extraction: facts told that are true", "extraction", "true"),
    ("update: replies that can be read", "update", "read"),
    ("update: operations found", "update", "found"),
    ("update: operations made that are right", "update", "true"),
    ("answers right", "answer", "right"),
    ("questions without an answer declined", "answer", "declined"),
)


def write_text_card(folder: Path) -> None:
    """Write text_card.md into the folder of all models, from their measured.json."""
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
