"""The tables of MemLoRA (arXiv 2512.04763v1), and the models that it used.

`paper.json` has figures and names, which are facts, each in the table that prints it. None of the
paper's text is in it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError

__all__ = [
    "COLUMNS",
    "TABLES",
    "Paper",
    "PaperModel",
    "PaperRow",
    "PaperTable",
    "load_paper",
    "paper_table",
]

TABLES = ("1", "2", "3", "4", "5", "A6", "A7", "E8", "E9")
"""The tables that can be reproduced, as the paper numbers them."""

COLUMNS: Mapping[str, str] = {
    "l": "L",
    "j": "J",
    "v": "V",
    "size_gib": "size (GiB)",
    "tokens_per_s": "tok/s",
    "tokens_per_answer": "tok/ans",
    "s_per_answer": "s/ans",
    "input_extraction": "extraction, tok in",
    "input_update": "update, tok in",
    "output_extraction": "extraction, tok out",
    "output_update": "update, tok out",
}
"""The title of every column of a table."""

PaperSystem = Literal["mem0", "mem0-captions", "mem0-v", "memlora", "memlora-v"]
"""The bundled system that runs a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperModel:
    """A model of the paper."""

    name: str
    """The name in its tables."""
    id: str
    """The name on the Hugging Face Hub."""
    id_status: Literal["stated", "inferred"]
    """Whether the paper states the id."""
    model: str
    """The model's name here, if it is served as `serve` says."""
    gpus: int
    """The number of GPUs with 80 GB that it needs."""
    stand_in: Mapping[str, Any]
    """The embedded model that can take its part, with the options that it needs."""
    serve: str | None = None
    """The command that serves it; None for a model that is loaded in this process."""
    s_per_answer: float | None = None
    """Seconds per reply in table 3, on one A100; None if it is not in that table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """A row of a table."""

    number: int
    """Its place in the table, from 1."""
    system: PaperSystem
    """What runs it here."""
    model: str
    """The model that answers."""
    values: Mapping[str, float]
    """The printed figures by column; a column that the row leaves out has none."""
    teacher: str | None = None
    """The model that taught the experts; None without experts."""
    large: str | None = None
    """The model that answers in `stages` instead of `model`; None for none."""
    stages: Sequence[str] = ()
    """The text stages with an expert, or with the large model; empty for all."""
    note: str | None = None
    """What a reader must know of the figures."""

    @property
    def label(self) -> str:
        """The row in words."""
        where = f" in {' and '.join(self.stages)}" if self.stages else ""
        if self.teacher is not None:
            seen = ", InternVL3-78B" if self.system == "memlora-v" else ""
            return f"{self.model} + experts from {self.teacher}{seen}{where}"
        return self.model if self.large is None else f"{self.model}, {self.large}{where}"

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that the row needs, apart from the judge."""
        return tuple(filter(None, (self.model, self.large, self.teacher)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """A table."""

    number: str
    """Its number in the paper."""
    title: str
    """What it shows, in our words."""
    section: str
    """The section that explains it."""
    columns: Sequence[str]
    """The columns, as in `COLUMNS`."""
    rows: Sequence[PaperRow]
    """The rows, in the paper's order."""

    @property
    def is_scored(self) -> bool:
        """Whether the columns are scores; otherwise they are sizes, tokens and seconds."""
        return "l" in self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The whole file."""

    source: Mapping[str, str]
    """Title and address."""
    judge: str
    """The model that judges."""
    embedder: str
    """The name of its embedding model here."""
    embedder_serve: str
    """The command that serves it."""
    models: Mapping[str, PaperModel] = field(repr=False)
    """The models, by the name in the tables."""
    locomo: Mapping[str, Any] = field(repr=False)
    """The sizes of LoCoMo's splits."""
    tables: Mapping[str, PaperTable] = field(repr=False)
    """The tables, by number."""


@functools.cache
def load_paper() -> Paper:
    """Return the content of `paper.json`."""
    text = resources.files(__package__).joinpath("paper.json").read_text("utf-8")
    raw = json.loads(text)
    tables = {
        number: PaperTable(
            number=number,
            **{name: table[name] for name in ("title", "section", "columns")},
            rows=[PaperRow(number=n, **row) for n, row in enumerate(table["rows"], 1)],
        )
        for number, table in raw.pop("tables").items()
    }
    models = {name: PaperModel(name=name, **each) for name, each in raw.pop("models").items()}
    return Paper(models=models, tables=tables, **raw)


def paper_table(number: str) -> PaperTable:
    """Return a table by its number, in small or capital letters.

    Raises:
        InputError: the paper has no such table, or it is not one of `TABLES`.
    """
    wanted = number.strip().upper().removeprefix("TABLE").strip()
    if wanted in TABLES:
        return load_paper().tables[wanted]
    close = nearest(wanted, TABLES)
    listed = ", ".join(TABLES)
    raise InputError(
        f"`table` must be one of {listed}, not {number!r}.",
        f"Did you mean {close}?" if close else "Choose one of these tables.",
    )
