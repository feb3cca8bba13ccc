"""Writes a comparison as one page, which needs no network, server, or other files."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from locomo_vqa.html_json import json_for_html
from locomo_vqa.local_paths import public_value
from locomo_vqa.page import read_asset, render_page

from .believable import believable_sentence
from .metric_comparison import MetricComparison
from .overview import make_overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["comparison_page"]

_GENERATOR = "locomo-vqa compare"


def comparison_page(
    *,
    dataset: Mapping[str, str],
    names: Sequence[str],
    metrics: Sequence[MetricComparison],
    notes: Sequence[str],
    plot: Figure,
) -> str:
    """Return the page: systems by metrics first, then a table for each metric and system.

    Args:
        dataset: name, revision and split of the data.
        names: the systems' names, the baseline first.
        metrics: as in `Comparison.metrics`.
        notes: sentences to read first.
        plot: the differences as a figure.
    """
    overview = make_overview(names, metrics)
    data = {
        "title": f"{', '.join(names[1:])} against {names[0]}",
        "dataset": f"{dataset['id']}, revision {dataset['revision'][:12]}, {dataset['split']}",
        "overview": {
            "heads": ["System", *overview.titles],
            "rows": [
                [f"{letter}  {row.system}", *(row.cell(name) for name in overview.metrics)]
                for letter, row in zip(ascii_uppercase, overview.rows, strict=False)
            ],
        },
        "starred": any(row.starred for row in overview.rows),
        "notes": list(notes),
        "differences": [_difference(one, names) for one in metrics],
        "signatures": list(dict.fromkeys(one.signature for one in metrics)),
    }
    site = (__package__, "site")
    return render_page(
        title="LoCoMo-VQA comparison",
        generator=_GENERATOR,
        body=read_asset(*site, "comparison.html"),
        style=read_asset(*site, "comparison.css"),
        script=read_asset(*site, "comparison.js"),
        data_id="comparison-data",
        data=json_for_html({**public_value(data), "plot": _png(plot)}),
        images=True,
    )


def _difference(one: MetricComparison, names: Sequence[str]) -> dict[str, Any]:
    digits = 1 if one.scale == 100 else 4
    groups = {"all questions": one.overall, **{n: g.result for n, g in one.groups.items()}}
    return {
        "title": f"{one.title}: {names[one.other]} minus {names[0]}",
        "heads": ["Questions", "n", names[0], names[one.other], "difference", "95 % interval"],
        "rows": [
            [
                name,
                f"{result.questions:,}",
                f"{result.baseline:.{digits}f}",
                f"{result.other:.{digits}f}",
                f"{result.difference:+.{digits}f}",
                f"{result.interval.low:+.{digits}f} … {result.interval.high:+.{digits}f}"
                if result.interval
                else "–",
            ]
            for name, result in groups.items()
        ],
        "believable": believable_sentence(one),
    }


def _png(plot: Figure) -> str:
    buffer = io.BytesIO()
    plot.savefig(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
