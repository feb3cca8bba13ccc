"""Training samples: prompts with the expected replies, in the chat format that trainers read."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.benchmark import Split
from locomo_vqa.files import read_jsonl, write_jsonl
from locomo_vqa.schemas import validate

from ..examples import Example

__all__ = [
    "DATA_SPLITS",
    "STAGES",
    "Sample",
    "Samples",
    "Stage",
    "read_samples",
    "sample_file",
    "write_samples",
]

Stage = Literal["extraction", "update", "generation", "vision"]
"""What an expert is trained for."""
STAGES: tuple[Stage, ...] = get_args(Stage)

DATA_SPLITS: tuple[Split, ...] = ("train", "validation")
"""The splits that data is made from; the test split is never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One prompt with its reply."""

    id: str
    """Its source: a question's id, or `<conversation>/<stage>/<number>`."""
    conversation: str
    """The conversation's id."""
    prompt: str
    """The user's turn."""
    reply: str
    """The model's turn."""
    image: str | None = None
    """The image before the prompt, as the name of a file in `images/`."""

    def to_row(self) -> dict[str, Any]:
        """Return the sample in the chat format."""
        text = {"type": "text", "text": self.prompt}
        content: Any = self.prompt
        if self.image is not None:
            content = [{"type": "image", "image": f"images/{self.image}"}, text]
        return {
            "id": self.id,
            "conversation": self.conversation,
            "messages": [
                {"role": "user", "content": content},
                {"role": "assistant", "content": self.reply},
            ],
        }


@dataclass(slots=True)
class Samples:
    """The samples of one stage, by split, and counts of dropped and repaired replies."""

    stage: Stage
    by_split: dict[Split, list[Sample]] = field(
        default_factory=lambda: {split: [] for split in DATA_SPLITS}
    )
    dropped: Counter[str] = field(default_factory=Counter)
    """Replies that gave no sample, by reason."""
    repaired: Counter[str] = field(default_factory=Counter)
    """The number of cleaned replies by kind of repair; one reply may count several times."""

    def draw(self, most: int) -> None:
        """Keep at most this many training samples, and the same share of the validation samples.

        The same samples are always drawn; the order is kept, and the others count as `not_drawn`.
        """
        available = len(self.by_split["train"])
        if available <= most:
            return
        for split, found in self.by_split.items():
            share = -(-len(found) * most // available)
            drawn = random.Random(f"{self.stage} {split}").sample(range(len(found)), share)
            self.dropped["not_drawn"] += len(found) - share
            self.by_split[split] = [found[number] for number in sorted(drawn)]

    def to_json(self) -> dict[str, Any]:
        """Return the numbers of samples and of dropped and repaired replies."""
        return {
            "samples": {split: len(found) for split, found in self.by_split.items()},
            "dropped": dict(sorted(self.dropped.items())),
            "repaired": dict(sorted(self.repaired.items())),
        }


def sample_file(folder: Path, stage: Stage, split: Split) -> Path:
    """Return the file with the samples of a stage and a split."""
    return folder / stage / f"{split}.jsonl"


def write_samples(folder: Path, samples: Samples) -> None:
    """Write the samples of a stage, a file for each split.

    Raises:
        OutputError: a file can't be written.
    """
    for split, found in samples.by_split.items():
        path = sample_file(folder, samples.stage, split)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(path, [sample.to_row() for sample in found])


def read_samples(folder: Path, stage: Stage, split: Split) -> list[Example]:
    """Return the examples in the file of a stage and a split; an empty list if it is missing.

    Raises:
        InputError: the file can't be read, or a line has the wrong fields.
    """
    path = sample_file(folder, stage, split)
    if not path.is_file():
        return []
    return list(_examples(folder, path, read_jsonl(path, what="the training data")))


def _examples(
    folder: Path, path: Path, rows: Sequence[tuple[int, Any]] | Iterable[tuple[int, Any]]
) -> Iterable[Example]:
    for number, row in rows:
        remedy = "Make the data again."
        validate(row, "training_sample", path=path, place=f"line {number}", remedy=remedy)
        asked, said = (message["content"] for message in row["messages"])
        yield Example(prompt=_text_of(asked), reply=said, image=_image_of(asked, folder))


def _text_of(content: str | Sequence[Mapping[str, str]]) -> str:
    return content if isinstance(content, str) else content[-1]["text"]


def _image_of(content: str | Sequence[Mapping[str, str]], folder: Path) -> Path | None:
    return None if isinstance(content, str) else folder / content[0]["image"]
