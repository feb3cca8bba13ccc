"""Says in words what the ranks of a board mean, for the terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from locomo_vqa.metric_names import METRICS, metric_title

__all__ = ["TABLE_TITLES", "rank_remarks", "rank_text"]

TABLE_TITLES = {
    "test": "the test split",
    "all": "all conversations",
    "test-custom": "custom submissions on the test split",
    "all-custom": "custom submissions on all conversations",
}
"""What each table of `Table` holds."""

_MEANING = (
    "#1–3 after a value is the range of ranks that the data allow, among comparable entries: "
    "differences within it may be due to the choice of conversations."
)


def rank_text(low: int, high: int) -> str:
    """Return a range of ranks, as #1–3, or #1 if it is certain."""
    return f"#{low}" if low == high else f"#{low}–{high}"


def rank_remarks(
    rankings: Mapping[str, Mapping[str, Any]], metrics: tuple[str, ...]
) -> Iterator[str]:
    """Yield a sentence for each table about pairs that are separated, or why there are no ranks.

    Args:
        rankings: see `Board.rankings`.
        metrics: the metrics to speak of.
    """
    any_ranks = False
    for table, by_metric in rankings.items():
        found = [
            (metric_title(metric), METRICS[metric].scale, comparison)
            for metric in metrics
            if metric in by_metric
            for comparison in by_metric[metric]["comparisons"]
            if len(comparison["entries"]) > 1
        ]
        reasons: dict[str, list[str]] = {}
        for title, _, comparison in found:
            if comparison["reason"]:
                reasons.setdefault(comparison["reason"], []).append(title)
        for reason, titles in reasons.items():
            shown = ", ".join(dict.fromkeys(titles))
            yield f"No ranks by {shown} on {TABLE_TITLES[table]}. {reason}"
        ranked = [_visible_text(*one) for one in found if not one[2]["reason"]]
        if ranked:
            any_ranks = True
            yield f"Pairs separated on {TABLE_TITLES[table]}: {'; '.join(ranked)}."
    if any_ranks:
        yield _MEANING


def _visible_text(title: str, scale: float, comparison: Mapping[str, Any]) -> str:
    pairs, visible = comparison["pairs"], comparison["smallest_visible"]
    found = f"{pairs['separated']:,} of {pairs['of']:,} by {title}"
    if visible is None:
        return found
    digits = 1 if scale >= 100 else 3
    return f"{found}, which differ by more than {visible:.{digits}f}"
