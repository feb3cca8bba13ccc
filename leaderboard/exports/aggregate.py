"""The record of an entry: who ran what, and a result for each metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.metric_names import METRICS, MetricInfo
from locomo_vqa.runs import visual_handling
from locomo_vqa.statistics.intervals import clustered_mean

from ..board import Board
from ..board_entry import Entry
from ..results import BOARD_METRICS
from .identity import RecordIdentity
from .judge import llm_scoring
from .names import SCHEMA_VERSION, evaluation_name, result_id

__all__ = ["aggregate", "scored_metrics"]

_ID_NOTE = "in the form of version 4, computed from the entry so that it is the same each time"
_RIGHT = {
    True: "the answer is accepted",
    False: "the score is the highest possible: the metric has degrees, and no threshold of its own",
}


def scored_metrics(entry: Entry) -> list[str]:
    """Return the metrics that an entry has a value in, in the board's order.

    A is left out: a result must be the mean of its samples, and a question's part of A does not
    score its answer.
    """
    return [
        name
        for name in BOARD_METRICS
        if entry.value(name) is not None and not METRICS[name].contributes
    ]


def aggregate(
    entry: Entry,
    identity: RecordIdentity,
    *,
    board: Board,
    organization: str,
    hub_dataset: str | None,
    values: Mapping[str, Sequence[Any]],
) -> dict[str, Any]:
    """Return an accepted entry's record, without the reference to its samples.

    Args:
        entry: the entry.
        identity: its ids.
        board: the board that it is on.
        organization: who maintains the board.
        hub_dataset: the benchmark's repository on the Hub, if it has one.
        values: the entry's rows of scores.parquet, as columns.
    """
    source = _source(entry, board, hub_dataset)
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": identity.evaluation_id,
        "retrieved_timestamp": identity.timestamp,
        "source_metadata": {
            "source_name": f"Leaderboard of {board.dataset}",
            "source_type": "evaluation_run",
            "source_organization_name": organization,
            "evaluator_relationship": "third_party",
            "additional_details": _strings(
                {
                    "entry": entry.name,
                    "badge": entry.badge,
                    "table": entry.table,
                    "standing": entry.standing,
                    "answers_from": (entry.source or {}).get("url") or "the submitter",
                    "uuid": _ID_NOTE,
                    **{f"sha256 {name}": value for name, value in entry.files.items()},
                }
            ),
        },
        "eval_library": {"name": "locomo-vqa", "version": __version__},
        "model_info": _model(entry, identity),
        "evaluation_results": [
            _result(entry, name, identity, board.dataset, source, values)
            for name in scored_metrics(entry)
        ],
    }


def _model(entry: Entry, identity: RecordIdentity) -> dict[str, Any]:
    metadata = entry.metadata or {}
    system, answerer = metadata["system"], metadata["answerer"]
    own = (answerer["model"] or "").startswith("embedded:")
    shown = f" ({answerer['model']})" if answerer["model"] else ""
    known = {} if identity.developer == "unknown" else {"developer": identity.developer}
    return {
        "name": f"{system['name']}{shown}",
        "id": identity.model_id,
        **known,
        "additional_details": {
            "deployment_type": "self_deployed" if own else "unknown",
            "model_availability": "open_weights" if own else "unknown",
            **_strings(
                {
                    "system": system["name"],
                    "system_version": system["version"],
                    "system_url": system.get("url"),
                    "system_commit": system.get("commit"),
                    "answerer": answerer["model"],
                    "provider": answerer.get("provider"),
                    "image_handling": metadata["image_handling"],
                    "visual_handling": visual_handling(metadata),
                    "submission_type": metadata["submission_type"],
                    "trained_on_locomo": metadata["disclosure"]["trained_on_locomo"],
                }
            ),
        },
    }


def _source(entry: Entry, board: Board, hub_dataset: str | None) -> dict[str, Any]:
    details = _strings({"revision": board.revision, "split": entry.split})
    if hub_dataset is None:
        kind: dict[str, Any] = {"source_type": "other"}
    else:
        kind = {"source_type": "hf_dataset", "hf_repo": hub_dataset}
        if entry.split != "all":
            kind["hf_split"] = entry.split
    return {"dataset_name": board.dataset, **kind, "additional_details": details}


def _result(
    entry: Entry,
    metric: str,
    identity: RecordIdentity,
    dataset: str,
    source: Mapping[str, Any],
    values: Mapping[str, Sequence[Any]],
) -> dict[str, Any]:
    assert entry.scores is not None and entry.metadata is not None
    scores = entry.scores["metrics"][metric]
    temperature = entry.metadata["answerer"].get("temperature")
    arguments = {} if temperature is None else {"generation_args": {"temperature": temperature}}
    return {
        "evaluation_result_id": result_id(identity, metric),
        "evaluation_name": evaluation_name(dataset, metric),
        "source_data": dict(source),
        "metric_config": _metric(metric, scores),
        "score_details": {
            "score": scores["overall"]["value"],
            "details": _details(scores),
            "uncertainty": _uncertainty(scores["overall"], metric, values),
        },
        **({"generation_config": arguments} if arguments else {}),
    }


def _metric(name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    info = METRICS[name]
    judged = llm_scoring(scores["signature"]) if name == "j" else None
    return {
        "evaluation_description": info.meaning,
        "metric_id": f"locomo-vqa.{name}",
        "metric_name": info.title,
        "metric_kind": "accuracy" if info.proportion else name,
        "metric_unit": _unit(info),
        "lower_is_better": False,
        "score_type": "continuous",
        "min_score": info.lowest * info.scale,
        "max_score": info.scale,
        **({"llm_scoring": judged} if judged else {}),
        "additional_details": _strings(
            {"signature": scores["signature"], "is_correct": _RIGHT[info.proportion]}
        ),
    }


def _unit(info: MetricInfo) -> str:
    if info.proportion:
        return "percent"
    return "points" if info.scale > 1 else "proportion"


def _details(scores: Mapping[str, Any]) -> dict[str, str]:
    """Return the values by category, type and conversation, and J corrected, as text."""
    found = {
        f"{group}.{name}": f"{estimate['value']} (n={estimate['n']})"
        for group in ("by_category", "by_type", "by_conversation")
        for name, estimate in scores[group].items()
        if estimate["value"] is not None
    }
    corrected = scores.get("corrected")
    if corrected is not None:
        for name in ("value", "false_accept", "false_reject", "lenient"):
            found[f"corrected.{name}"] = str(corrected[name])
    return found


def _uncertainty(
    overall: Mapping[str, Any], metric: str, values: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """Return the interval of a score, and its standard error over conversations."""
    found: dict[str, Any] = {"num_samples": overall["n"]}
    interval = overall["interval"]
    if interval is not None:
        found["confidence_interval"] = {
            "lower": interval["low"],
            "upper": interval["high"],
            "confidence_level": interval["level"],
            "method": f"{interval['method']}, {interval['clusters']} conversations",
        }
    if METRICS[metric].contributes:
        return found  # Its error is not that of a mean.
    by_conversation: dict[str, list[float]] = {}
    for name, value in zip(values["conversation"], values[metric], strict=True):
        if value is not None:
            by_conversation.setdefault(name, []).append(value)
    if (mean := clustered_mean(by_conversation)) is not None:
        found["standard_error"] = {
            "value": mean.error,
            "method": f"clustered by conversation, {mean.clusters} conversations",
        }
    return found


def _strings(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return facts as text, as the format wants them, without those that are not known."""
    return {name: _text(value) for name, value in facts.items() if value is not None}


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
