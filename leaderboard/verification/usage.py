"""What an entry's answers took, by the metering proxy's record in its run.json."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa.runs import Prediction

__all__ = ["usage_of"]


def usage_of(run: Mapping[str, Any], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Return the totals of a run's calls, and the median time of an answer.

    The totals include reading the conversations; calls without a reply count as calls. Tokens are
    None if the endpoint did not count those of every call, and the price if one is not known.
    """
    calls: Mapping[str, Any] = (run.get("calls") or {}).get("overall") or {}
    counted = bool(calls) and not calls["uncounted"]
    latencies = [
        each.latency_ms
        for each in predictions
        if each.state in ("ok", "empty") and each.latency_ms is not None
    ]
    return {
        "calls": calls.get("calls"),
        "failed_calls": calls.get("failed"),
        "input_tokens": calls["input_tokens"] if counted else None,
        "output_tokens": calls["output_tokens"] if counted else None,
        "price": calls.get("cost_usd"),
        "currency": "USD" if calls.get("cost_usd") is not None else None,
        "latency_ms": statistics.median(latencies) if latencies else None,
    }
