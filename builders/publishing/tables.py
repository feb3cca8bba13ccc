"""The three tables of a published data set: their features and their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import CATEGORIES, Benchmark, Conversation, TextQuestion, VisualQuestion
from locomo_vqa.image_decoding import read_image_bytes, readable_image
from locomo_vqa.numerals import number_of

from .facts import QUALITY_COLUMNS

if TYPE_CHECKING:
    from datasets import Features  # type: ignore[import-untyped,unused-ignore]

__all__ = ["Table", "tables_of"]

_WORDS = 1024
"""An upper bound on the bytes of a question's or turn's text, for planning files."""

Quality = Mapping[str, Mapping[str, bool | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One configuration of the data set."""

    features: Features
    """The columns, as `datasets` features."""
    items: Sequence[Any]
    """Questions or conversations, in the benchmark's order; each has a `split`."""
    row: Callable[[Any], dict[str, Any]]
    """Converts an item to a row."""
    size: Callable[[Any], int]
    """Estimates how many bytes an item's row takes, without building it."""


def tables_of(
    benchmark: Benchmark, quality: Quality, reviewed: Mapping[str, str], images: Path
) -> dict[str, Table]:
    """Return the table of each configuration.

    `reviewed` is `ReviewFact.published`, and `images` the folder of the images' files.
    """
    asked = {question.image for question in benchmark.visual_questions}
    files = {sha256: images / benchmark.image_path(sha256).name for sha256 in asked}
    sizes = {sha256: path.stat().st_size for sha256, path in files.items()}
    return {
        "visual": Table(
            features=_visual_features(),
            items=benchmark.visual_questions,
            row=lambda question: _visual_row(
                question, files[question.image], quality, reviewed.get(question.id)
            ),
            size=lambda question: sizes[question.image] + _WORDS,
        ),
        "text": Table(
            features=_text_features(),
            items=benchmark.text_questions,
            row=_text_row,
            size=lambda question: _WORDS,
        ),
        "conversations": Table(
            features=_conversation_features(),
            items=benchmark.conversations,
            row=asdict,
            size=_conversation_size,
        ),
    }


def _visual_row(
    question: VisualQuestion, path: Path, quality: Quality, review: str | None
) -> dict[str, Any]:
    checks = quality.get(question.id, {})
    return {
        **asdict(question),
        "image": {"bytes": readable_image(read_image_bytes(path)), "path": path.name},
        "image_sha256": question.image,
        "number": number_of(question.answer),
        **{column: checks.get(column) for column in QUALITY_COLUMNS},
        "review": review,
    }


def _text_row(question: TextQuestion) -> dict[str, Any]:
    row = asdict(question)
    erratum = row.pop("erratum") or {"kind": None, "changes_score": None}
    return {
        **row,
        "category_name": CATEGORIES[question.category],
        "erratum_kind": erratum["kind"],
        "erratum_changes_score": erratum["changes_score"],
    }


def _conversation_size(conversation: Conversation) -> int:
    return sum(_WORDS + len(turn.text) for _, turn in conversation.turns())


def _visual_features() -> Features:
    from datasets import Features, Image, Value

    text = Value("string")
    return Features(
        {
            "id": text,
            "conversation": text,
            "turn": text,
            "image": Image(),
            "image_sha256": text,
            "type": text,
            "question": text,
            "answer": text,
            "number": Value("int64"),
            "reason": text,
            "split": text,
            **{column: Value("bool") for column in QUALITY_COLUMNS},
            "review": text,
        }
    )


def _text_features() -> Features:
    from datasets import Features, List, Value

    text = Value("string")
    return Features(
        {
            "id": text,
            "conversation": text,
            "index": Value("int32"),
            "category": Value("int8"),
            "category_name": text,
            "question": text,
            "answer": text,
            "adversarial_answer": text,
            "evidence": List(text),
            "split": text,
            "duplicate_of": text,
            "erratum_kind": text,
            "erratum_changes_score": Value("bool"),
        }
    )


def _conversation_features() -> Features:
    from datasets import Features, List, Value

    text = Value("string")
    image = {"url": text, "sha256": text, "state": text, "caption": text}
    turn = {"id": text, "speaker": text, "text": text, "images": List(image)}
    session = {"number": Value("int32"), "time": Value("timestamp[s]"), "turns": List(turn)}
    return Features({"id": text, "split": text, "speakers": List(text), "sessions": List(session)})
