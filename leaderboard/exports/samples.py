"""The samples of a record: a row for each question and metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer
from locomo_vqa.files import sha256_text
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import Prediction

from .identity import RecordIdentity
from .names import SCHEMA_VERSION, evaluation_name, result_id

__all__ = ["SampleWriter", "plain_value"]


def plain_value(value: float) -> float:
    """Return a value of scores.parquet, which has seven digits, without the noise behind them."""
    return float(f"{value:.7g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWriter:
    """Makes the rows of one entry."""

    identity: RecordIdentity
    dataset: str
    """The benchmark's name."""
    questions: Mapping[str, Question]
    """The benchmark's questions by id."""
    with_questions: bool
    """Whether rows have the texts of questions and gold answers."""

    def rows(
        self,
        metrics: Sequence[str],
        values: Mapping[str, Sequence[Any]],
        answers: Mapping[str, Prediction],
    ) -> Iterator[dict[str, Any]]:
        """Yield a row for each question and metric that has a value.

        Args:
            metrics: the metrics that the record has.
            values: the entry's rows of scores.parquet, as columns.
            answers: the entry's answers by question id.
        """
        for number, question_id in enumerate(values["question_id"]):
            shared = self._shared(question_id, values["state"][number], answers.get(question_id))
            for metric in metrics:
                value = values[metric][number]
                if value is not None:
                    yield self._row(shared, metric, plain_value(value))

    def _row(self, shared: Mapping[str, Any], metric: str, value: float) -> dict[str, Any]:
        return {
            **shared,
            "evaluation_name": evaluation_name(self.dataset, metric),
            "evaluation_result_id": result_id(self.identity, metric),
            "evaluation": {"score": value, "is_correct": _is_correct(metric, value)},
        }

    def _shared(self, question_id: str, state: str, answer: Prediction | None) -> dict[str, Any]:
        question = self.questions[question_id]
        gold = gold_answer(question) or ""
        text = answer.prediction if answer is not None else None
        shown = self.with_questions
        return {
            "schema_version": SCHEMA_VERSION,
            "evaluation_id": self.identity.evaluation_id,
            "model_id": self.identity.model_id,
            "sample_id": question_id,
            "sample_hash": sha256_text(question.question + gold),
            "interaction_type": "single_turn",
            "input": {
                "raw": question.question if shown else question_id,
                "reference": [gold] if shown else [],
            },
            "output": {"raw": [] if text is None else [text]},
            "answer_attribution": [] if text is None else [_whole(text)],
            **_costs(answer),
            "error": _error(state, answer),
            "metadata": {"state": state, **_facts(question)},
        }


def _whole(text: str) -> dict[str, Any]:
    """Return the attribution of an answer that is scored unchanged."""
    return {
        "turn_idx": 0,
        "source": "output.raw",
        "extracted_value": text,
        "extraction_method": "none",
        "is_terminal": True,
    }


def _is_correct(metric: str, value: float) -> bool:
    """Return whether an answer is right, by the highest value of the metric if it has degrees."""
    scale = METRICS[metric].scale
    return value >= (scale / 2 if METRICS[metric].proportion else scale)


def _error(state: str, answer: Prediction | None) -> str | None:
    if state in ("ok", "empty"):
        return None
    said = answer.error if answer is not None else None
    return f"{state}: {said}" if said else state


def _costs(answer: Prediction | None) -> dict[str, Any]:
    """Return the tokens of an answer if both numbers are known, and its time."""
    found: dict[str, Any] = {}
    if answer is None:
        return found
    usage = answer.usage
    if usage is not None and usage.input_tokens is not None and usage.output_tokens is not None:
        found["token_usage"] = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
        }
    if answer.latency_ms is not None:
        found["performance"] = {"latency_ms": answer.latency_ms}
    return found


def _facts(question: Question) -> dict[str, str]:
    facts = {"conversation": question.conversation, "split": question.split}
    if isinstance(question, TextQuestion):
        return {**facts, "kind": "text", "category": str(question.category)}
    return {**facts, "kind": "visual", "type": question.type, "image_sha256": question.image}
