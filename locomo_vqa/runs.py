"""A run: what a memory system answered, and what makes that verifiable.

run.json            the description: system, answerer, data set, versions, counts, hashes
journal.jsonl       every attempt in chronological order, append-only
predictions.jsonl   one row per question, in the benchmark's order, made from the journal
scores.json         the scores, once it is scored (scores.jsonl: by question)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, read_json, read_jsonl, sha256_file, sha256_text
from locomo_vqa.plain_rows import plain_row
from locomo_vqa.run_seal import is_unchanged
from locomo_vqa.schemas import validate

if TYPE_CHECKING:
    from locomo_vqa.benchmark import Benchmark

__all__ = [
    "FAILED",
    "IMAGE_MODES",
    "MAX_ANSWER_CHARS",
    "STATES",
    "VISUAL_MODES",
    "Hit",
    "ImageMode",
    "Prediction",
    "Run",
    "ShownMode",
    "SplitChoice",
    "State",
    "Usage",
    "VisualMode",
    "answers_sha256",
    "asked_twins",
    "count_states",
    "hit_from_row",
    "prediction_from_row",
    "read_predictions",
    "read_run",
    "visual_handling",
]

State = Literal["ok", "empty", "refused", "timeout", "error", "not_ingested"]
"""The outcome of a question:

ok             there is an answer
empty          the answer is empty
refused        the system, or its model, declined to answer
timeout        no answer came in time
error          the system failed while answering
not_ingested   the system was not asked, because it had failed while reading the conversation or
               had ended at an earlier question
"""
STATES: tuple[State, ...] = get_args(State)

ShownMode = Literal["pixels", "caption", "none"]
"""What a system knows it is shown of an image: its pixels, its BLIP caption, or nothing."""

ImageMode = Literal["pixels", "caption", "none", "shuffled", "crossed"]
"""What a system is shown of an image:

pixels     its pixels
caption    its BLIP caption as text
none       nothing
shuffled   the pixels of an image of another conversation, always the same one, as if it were the
           right one
crossed    for some images the right pixels, for the others those of another conversation's image,
           as coins fall that only the harness knows; in the two runs of a certificate
"""
IMAGE_MODES: tuple[ImageMode, ...] = ("pixels", "caption", "none", "shuffled")
"""The modes that a run can be asked for; only a certificate's runs are crossed."""

VisualMode = Literal["given", "recalled"]
"""How a visual question is asked:

given      with its image, as the paper measures V
recalled   without it: the image was seen only when the conversation was read, and the question
           says whose image of which day it is about
"""
VISUAL_MODES: tuple[VisualMode, ...] = get_args(VisualMode)

FAILED: frozenset[State] = frozenset({"timeout", "error", "not_ingested"})
"""The states that may be resolved by asking again."""

MAX_ANSWER_CHARS = 1_000_000
"""The longest answer in a run or on the board, in characters; published ones reach 191,238."""

SplitChoice = Literal["train", "validation", "test", "all"]
"""The questions that are asked or scored: one split, or all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that a system retrieved for a question."""

    text: str
    """The passage."""
    score: float | None = None
    """The system's own score for it, which can't be compared between systems."""
    turn: str | None = None
    """The turn that it comes from, or the latest of several, if the system knows it."""
    turns: tuple[str, ...] = ()
    """The ids of all turns that it comes from, if they are several."""
    sessions: tuple[int, ...] = ()
    """The numbers of the sessions that it comes from, if the system knows no more."""

    def to_row(self) -> dict[str, Any]:
        """Return the passage as a line of predictions.jsonl holds it, without empty lists."""
        row: dict[str, Any] = {"text": self.text, "score": self.score, "turn": self.turn}
        if self.turns:
            row["turns"] = list(self.turns)
        if self.sessions:
            row["sessions"] = list(self.sessions)
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The cost of an answer."""

    input_tokens: int | None = None
    """Tokens sent, as the endpoint counted them."""
    output_tokens: int | None = None
    """Tokens received, as the endpoint counted them."""
    calls: int | None = None
    """Requests made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A system's final answer to one question."""

    question_id: str
    """The question's id."""
    prediction: str | None
    """The answer; None unless the state is `ok` or `empty`."""
    state: State
    """The outcome of the question."""
    retrieved: tuple[Hit, ...] = ()
    """The passages that the answer is based on, best first."""
    confidence: float | None = None
    """How sure the system is of its answer, from 0 to 1; None if it doesn't say."""
    usage: Usage | None = None
    """The tokens and calls that the answer took, if known."""
    latency_ms: float | None = None
    """Wall time of the answer in milliseconds."""
    error: str | None = None
    """Why there is no answer."""
    context_tokens: int | None = None
    """The tokens of the memory that the answering model was handed, counted with the tokenizer that
    run.json names; None if not known."""

    def to_row(self) -> dict[str, Any]:
        """Return the prediction as a line of predictions.jsonl."""
        row = plain_row(replace(self, retrieved=()))
        if self.context_tokens is None:
            del row["context_tokens"]
        if self.confidence is None:
            del row["confidence"]
        return {**row, "retrieved": [hit.to_row() for hit in self.retrieved]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run folder."""

    folder: Path
    """The run folder."""
    info: Mapping[str, Any]
    """The content of run.json."""
    predictions: tuple[Prediction, ...]
    """One per question, in file order."""
    benchmark: Benchmark | None = field(default=None, compare=False)
    """What it ran on, if it ran in this process; `score` then needs no benchmark."""

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {state}" for state, n in count_states(self.predictions).items())
        name = self.info["system"]["name"]
        return f"<Run of {name} in {str(self.folder)!r}: {counts or 'no questions'}>"

    def _repr_html_(self) -> str:
        from locomo_vqa.html_table import html_table

        system, dataset = self.info["system"], self.info["dataset"]
        shown = f"{self.info['image_handling']}, {visual_handling(self.info)}"
        rows = [
            ("system", " ".join(filter(None, (system["name"], system["version"])))),
            ("model", self.info["answerer"]["model"]),
            ("benchmark", f"{dataset['id']}, {dataset['split']}"),
            ("images", shown),
            ("folder", self.folder),
            ("questions", f"{len(self.predictions):,}"),
            *((f"– {state}", f"{n:,}") for state, n in count_states(self.predictions).items()),
        ]
        return html_table(["Run", ""], rows)


def hit_from_row(row: Mapping[str, Any]) -> Hit:
    """Build a passage from a row that is valid against the schema `prediction`."""
    return Hit(
        text=row["text"],
        score=row.get("score"),
        turn=row.get("turn"),
        turns=tuple(row.get("turns", ())),
        sessions=tuple(row.get("sessions", ())),
    )


def prediction_from_row(row: Mapping[str, Any]) -> Prediction:
    """Build a prediction from a line that is valid against the schema `prediction`."""
    usage = row.get("usage")
    known = {
        name: row.get(name) for name in ("confidence", "latency_ms", "error", "context_tokens")
    }
    return Prediction(
        question_id=row["question_id"],
        prediction=row["prediction"],
        state=row["state"],
        retrieved=tuple(map(hit_from_row, row.get("retrieved", ()))),
        usage=Usage(**{key: usage.get(key) for key in Usage.__slots__}) if usage else None,
        **known,
    )


def read_predictions(path: Path) -> tuple[Prediction, ...]:
    """Read a predictions.jsonl.

    Raises:
        InputError: a line is not valid, or a question has two rows.
    """
    remedy = "Write the file as described in docs/formats.md."
    predictions: dict[str, Prediction] = {}
    for number, row in read_jsonl(path, what="the predictions file"):
        validate(row, "prediction", path=path, place=f"line {number}", remedy=remedy)
        prediction = prediction_from_row(row)
        if prediction.question_id in predictions:
            raise InputError(
                f"{path}: line {number}: the question {prediction.question_id} already has a row.",
                "Keep one row for each question.",
            )
        predictions[prediction.question_id] = prediction
    return tuple(predictions.values())


def read_run(folder: Path) -> Run:
    """Read a finished run folder and check it against its own manifest.

    Raises:
        InputError: it is not a run folder, is unfinished, or was changed after it was written.
    """
    info = read_json(folder / "run.json", what="the run's manifest")
    validate(info, "run", path=folder / "run.json", remedy="Run the system again.")
    if not is_unchanged(info):
        raise InputError(
            f"{folder / 'run.json'}: was changed after the run: its seal does not match.",
            "Restore the file, or run the system again.",
        )
    path = folder / "predictions.jsonl"
    if path.exists() and not path.is_file():
        raise InputError(
            f"{path}: is not a regular file.",
            "Restore the file, or run the system again in another folder.",
        )
    if info["counts"] is None or not path.is_file():
        raise InputError(
            f"{folder}: the run is not finished: some questions were not asked.",
            "Run the same `locomo-vqa run` command again; it continues where it stopped.",
        )
    if info["files"].get(path.name) != sha256_file(path):
        raise InputError(
            f"{path}: was changed after the run: run.json has a different hash.",
            "Restore the file, or run the system again.",
        )
    return Run(folder=folder, info=info, predictions=read_predictions(path))


def answers_sha256(predictions: Sequence[Prediction]) -> str:
    """Return the SHA-256 of answers and states by question, whatever their order and times."""
    rows = sorted((each.question_id, each.state, each.prediction) for each in predictions)
    return sha256_text(canonical_json(rows))


def visual_handling(info: Mapping[str, Any]) -> VisualMode:
    """Return how visual questions were asked, from run.json or metadata.yaml (default `given`)."""
    mode: VisualMode = info.get("visual_handling", "given")
    return mode


def asked_twins(info: Mapping[str, Any]) -> bool:
    """Return whether a run asked visual twins, from run.json."""
    return info.get("twins") is not None


def count_states(predictions: Sequence[Prediction]) -> dict[str, int]:
    """Return the number of predictions in each state that occurs."""
    return {
        state: number
        for state in STATES
        if (number := sum(prediction.state == state for prediction in predictions))
    }
